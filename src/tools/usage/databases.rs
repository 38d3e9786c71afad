//! The client programs of PostgreSQL, MariaDB and MySQL.

use std::sync::OnceLock;

use super::listed::Listed;
use super::{Style, wordings};

/// A client of PostgreSQL; `line` is its line of the text.
const fn postgres(names: &'static [&'static str], line: &'static str) -> Listed {
    Listed {
        names,
        text: include_str!("lists/postgres.txt"),
        only: Some(line),
        style: Style::Gnu,
        code: 1,
        manner: wordings::postgres,
        read: OnceLock::new(),
    }
}

/// A client of MariaDB and MySQL; `line` is its line of the text.
const fn mysql(names: &'static [&'static str], line: &'static str) -> Listed {
    Listed {
        names,
        text: include_str!("lists/mysql.txt"),
        only: Some(line),
        style: Style::MySql,
        code: 2,
        manner: wordings::mysql,
        read: OnceLock::new(),
    }
}

/// `psql`.
pub static PSQL: Listed = postgres(&["psql"], "psql");

/// `pg_dump`.
pub static PG_DUMP: Listed = postgres(&["pg_dump"], "pg_dump");

/// `pg_dumpall`.
pub static PG_DUMPALL: Listed = postgres(&["pg_dumpall"], "pg_dumpall");

/// `pg_restore`.
pub static PG_RESTORE: Listed = postgres(&["pg_restore"], "pg_restore");

/// `pg_basebackup`.
pub static PG_BASEBACKUP: Listed = postgres(&["pg_basebackup"], "pg_basebackup");

/// `pg_isready`.
pub static PG_ISREADY: Listed = {
    // 1 and 2 are answers of it (pg_isready(1)).
    let mut pg_isready = postgres(&["pg_isready"], "pg_isready");
    pg_isready.code = 3;
    pg_isready
};

/// `createdb`.
pub static CREATEDB: Listed = postgres(&["createdb"], "createdb");

/// `dropdb`.
pub static DROPDB: Listed = postgres(&["dropdb"], "dropdb");

/// `createuser`.
pub static CREATEUSER: Listed = postgres(&["createuser"], "createuser");

/// `dropuser`.
pub static DROPUSER: Listed = postgres(&["dropuser"], "dropuser");

/// `vacuumdb`.
pub static VACUUMDB: Listed = postgres(&["vacuumdb"], "vacuumdb");

/// `reindexdb`.
pub static REINDEXDB: Listed = postgres(&["reindexdb"], "reindexdb");

/// `mysql`.
pub static MYSQL: Listed = mysql(&["mysql", "mariadb"], "mysql|mariadb");

/// `mysqldump`.
pub static MYSQLDUMP: Listed = mysql(&["mysqldump", "mariadb-dump"], "mysqldump|mariadb-dump");

/// `mysqladmin`.
pub static MYSQLADMIN: Listed = mysql(&["mysqladmin", "mariadb-admin"], "mysqladmin|mariadb-admin");

/// `mysqlcheck`.
pub static MYSQLCHECK: Listed = mysql(&["mysqlcheck", "mariadb-check"], "mysqlcheck|mariadb-check");

/// `mysqlshow`.
pub static MYSQLSHOW: Listed = mysql(&["mysqlshow", "mariadb-show"], "mysqlshow|mariadb-show");

/// `mysqlimport`.
pub static MYSQLIMPORT: Listed =
    mysql(&["mysqlimport", "mariadb-import"], "mysqlimport|mariadb-import");
