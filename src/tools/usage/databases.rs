//! The client programs of PostgreSQL, MariaDB and MySQL.

use std::sync::OnceLock;

use super::listed::Listed;
use super::{Style, wordings};

const POSTGRES: &str = include_str!("lists/postgres.txt");
const MYSQL_TEXT: &str = include_str!("lists/mysql.txt");

/// `psql`.
pub static PSQL: Listed = Listed {
    names: &["psql"],
    text: POSTGRES,
    only: Some("psql"),
    style: Style::Gnu,
    code: 1,
    manner: wordings::postgres,
    read: OnceLock::new(),
};

/// `pg_dump`.
pub static PG_DUMP: Listed = Listed {
    names: &["pg_dump"],
    text: POSTGRES,
    only: Some("pg_dump"),
    style: Style::Gnu,
    code: 1,
    manner: wordings::postgres,
    read: OnceLock::new(),
};

/// `pg_dumpall`.
pub static PG_DUMPALL: Listed = Listed {
    names: &["pg_dumpall"],
    text: POSTGRES,
    only: Some("pg_dumpall"),
    style: Style::Gnu,
    code: 1,
    manner: wordings::postgres,
    read: OnceLock::new(),
};

/// `pg_restore`.
pub static PG_RESTORE: Listed = Listed {
    names: &["pg_restore"],
    text: POSTGRES,
    only: Some("pg_restore"),
    style: Style::Gnu,
    code: 1,
    manner: wordings::postgres,
    read: OnceLock::new(),
};

/// `pg_basebackup`.
pub static PG_BASEBACKUP: Listed = Listed {
    names: &["pg_basebackup"],
    text: POSTGRES,
    only: Some("pg_basebackup"),
    style: Style::Gnu,
    code: 1,
    manner: wordings::postgres,
    read: OnceLock::new(),
};

/// `pg_isready`.
pub static PG_ISREADY: Listed = Listed {
    names: &["pg_isready"],
    text: POSTGRES,
    only: Some("pg_isready"),
    style: Style::Gnu,
    code: 3,
    manner: wordings::postgres,
    read: OnceLock::new(),
};

/// `createdb`.
pub static CREATEDB: Listed = Listed {
    names: &["createdb"],
    text: POSTGRES,
    only: Some("createdb"),
    style: Style::Gnu,
    code: 1,
    manner: wordings::postgres,
    read: OnceLock::new(),
};

/// `dropdb`.
pub static DROPDB: Listed = Listed {
    names: &["dropdb"],
    text: POSTGRES,
    only: Some("dropdb"),
    style: Style::Gnu,
    code: 1,
    manner: wordings::postgres,
    read: OnceLock::new(),
};

/// `createuser`.
pub static CREATEUSER: Listed = Listed {
    names: &["createuser"],
    text: POSTGRES,
    only: Some("createuser"),
    style: Style::Gnu,
    code: 1,
    manner: wordings::postgres,
    read: OnceLock::new(),
};

/// `dropuser`.
pub static DROPUSER: Listed = Listed {
    names: &["dropuser"],
    text: POSTGRES,
    only: Some("dropuser"),
    style: Style::Gnu,
    code: 1,
    manner: wordings::postgres,
    read: OnceLock::new(),
};

/// `vacuumdb`.
pub static VACUUMDB: Listed = Listed {
    names: &["vacuumdb"],
    text: POSTGRES,
    only: Some("vacuumdb"),
    style: Style::Gnu,
    code: 1,
    manner: wordings::postgres,
    read: OnceLock::new(),
};

/// `reindexdb`.
pub static REINDEXDB: Listed = Listed {
    names: &["reindexdb"],
    text: POSTGRES,
    only: Some("reindexdb"),
    style: Style::Gnu,
    code: 1,
    manner: wordings::postgres,
    read: OnceLock::new(),
};

/// `mysql`.
pub static MYSQL: Listed = Listed {
    names: &["mysql", "mariadb"],
    text: MYSQL_TEXT,
    only: Some("mysql|mariadb"),
    style: Style::MySql,
    code: 2,
    manner: wordings::mysql,
    read: OnceLock::new(),
};

/// `mysqldump`.
pub static MYSQLDUMP: Listed = Listed {
    names: &["mysqldump", "mariadb-dump"],
    text: MYSQL_TEXT,
    only: Some("mysqldump|mariadb-dump"),
    style: Style::MySql,
    code: 2,
    manner: wordings::mysql,
    read: OnceLock::new(),
};

/// `mysqladmin`.
pub static MYSQLADMIN: Listed = Listed {
    names: &["mysqladmin", "mariadb-admin"],
    text: MYSQL_TEXT,
    only: Some("mysqladmin|mariadb-admin"),
    style: Style::MySql,
    code: 2,
    manner: wordings::mysql,
    read: OnceLock::new(),
};

/// `mysqlcheck`.
pub static MYSQLCHECK: Listed = Listed {
    names: &["mysqlcheck", "mariadb-check"],
    text: MYSQL_TEXT,
    only: Some("mysqlcheck|mariadb-check"),
    style: Style::MySql,
    code: 2,
    manner: wordings::mysql,
    read: OnceLock::new(),
};

/// `mysqlshow`.
pub static MYSQLSHOW: Listed = Listed {
    names: &["mysqlshow", "mariadb-show"],
    text: MYSQL_TEXT,
    only: Some("mysqlshow|mariadb-show"),
    style: Style::MySql,
    code: 2,
    manner: wordings::mysql,
    read: OnceLock::new(),
};

/// `mysqlimport`.
pub static MYSQLIMPORT: Listed = Listed {
    names: &["mysqlimport", "mariadb-import"],
    text: MYSQL_TEXT,
    only: Some("mysqlimport|mariadb-import"),
    style: Style::MySql,
    code: 2,
    manner: wordings::mysql,
    read: OnceLock::new(),
};
