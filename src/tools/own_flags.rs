//! Flags of single programs of a described family, where the same letter means something else.

use super::tool::{Flag, Role, attached, flag, value};

const PSQL: &[Flag] = &[
    value('c', "command", Role::Sql),
    value('L', "log-file", Role::Target),
    value('o', "output", Role::Target),
    value('R', "record-separator", Role::Text),
    value('T', "table-attr", Role::Text),
    flag('X', "no-psqlrc"),
    flag('a', "echo-all"),
    flag('e', "echo-queries"),
    flag('n', "no-readline"),
    flag('S', "single-line"),
];

const MYSQL: &[Flag] = &[
    attached('p', "password"),
    value('D', "database", Role::Text),
    value('P', "port", Role::Text),
    value('\0', "init-command", Role::Sql),
    value('\0', "tee", Role::Target),
    value('\0', "pager", Role::Command),
    flag('c', "comments"),
    flag('f', "force"),
    flag('n', "unbuffered"),
    flag('v', "verbose"),
    flag('j', "syslog"),
    flag('U', "safe-updates"),
    flag('X', "xml"),
    flag('a', ""),
];

const MYSQLDUMP: &[Flag] = &[
    attached('p', "password"),
    value('P', "port", Role::Text),
    value('r', "result-file", Role::Target),
    value('T', "tab", Role::Target),
    value('w', "where", Role::Text),
    value('\0', "default-character-set", Role::Text),
    value('\0', "ignore-table", Role::Text),
    value('\0', "ignore-database", Role::Text),
    value('\0', "set-gtid-purged", Role::Text),
    value('\0', "system", Role::Text),
    value('\0', "max-allowed-packet", Role::Text),
    flag('A', "all-databases"),
    flag('B', "databases"),
    flag('R', "routines"),
    flag('E', "events"),
    flag('x', "lock-all-tables"),
    flag('d', "no-data"),
    flag('t', "no-create-info"),
    flag('a', "create-options"),
    flag('c', "complete-insert"),
    flag('e', "extended-insert"),
    flag('f', "force"),
    flag('F', "flush-logs"),
    flag('n', "no-create-db"),
    flag('v', "verbose"),
    flag('X', "xml"),
];

const MYSQLBINLOG: &[Flag] = &[
    attached('p', "password"),
    value('P', "port", Role::Text),
    value('r', "result-file", Role::Target),
    value('d', "database", Role::Text),
    value('j', "start-position", Role::Text),
    value('l', "local-load", Role::Target),
    value('o', "offset", Role::Text),
    value('\0', "stop-position", Role::Text),
    value('\0', "start-datetime", Role::Text),
    value('\0', "stop-datetime", Role::Text),
    value('\0', "server-id", Role::Text),
    value('T', "table", Role::Text),
    flag('R', "read-from-remote-server"),
    flag('t', "to-last-log"),
    flag('\0', "raw"),
    flag('\0', "stop-never"),
    flag('f', "force-read"),
    flag('F', "force-if-open"),
    flag('D', "disable-log-bin"),
    flag('v', "verbose"),
];

const COPIER: &[Flag] = &[
    attached('p', "password"),
    value('h', "datadir", Role::Target),
    value('S', "socket", Role::Text),
    value('P', "port", Role::Text),
    value('\0', "parallel", Role::Text),
    value('\0', "stream", Role::Text),
    value('\0', "incremental-basedir", Role::Source),
    value('\0', "incremental-dir", Role::Source),
    value('\0', "tmpdir", Role::Target),
];

const MYDUMPER: &[Flag] = &[
    attached('p', "password"),
    value('o', "outputdir", Role::Target),
    value('d', "directory", Role::Source),
    value('B', "database", Role::Text),
    value('t', "threads", Role::Text),
    value('T', "tables-list", Role::Text),
    value('s', "statement-size", Role::Text),
    value('r', "rows", Role::Text),
    value('x', "regex", Role::Text),
    value('L', "logfile", Role::Target),
    flag('o', "overwrite-tables"),
];

const MYSQLADMIN: &[Flag] = &[
    attached('p', "password"),
    value('c', "count", Role::Text),
    value('i', "sleep", Role::Text),
    flag('f', "force"),
    flag('v', "verbose"),
    flag('n', ""),
];

const PG_DUMP: &[Flag] = &[
    value('n', "schema", Role::Text),
    value('N', "exclude-schema", Role::Text),
    value('t', "table", Role::Text),
    value('T', "exclude-table", Role::Text),
    value('Z', "compress", Role::Text),
    value('E', "encoding", Role::Text),
    value('S', "superuser", Role::Text),
    value('e', "extension", Role::Text),
    flag('a', "data-only"),
    flag('c', "clean"),
    flag('v', "verbose"),
    flag('X', ""),
];

const PG_RESTORE: &[Flag] = &[
    value('n', "schema", Role::Text),
    value('t', "table", Role::Text),
    value('T', "trigger", Role::Text),
    value('I', "index", Role::Text),
    value('P', "function", Role::Text),
    value('L', "use-list", Role::Source),
    value('S', "superuser", Role::Text),
    flag('a', "data-only"),
    flag('c', "clean"),
    flag('e', "exit-on-error"),
    flag('v', "verbose"),
];

const PG_BASEBACKUP: &[Flag] = &[
    value('X', "wal-method", Role::Text),
    value('c', "checkpoint", Role::Text),
    value('T', "tablespace-mapping", Role::Text),
    value('S', "slot", Role::Text),
    flag('P', "progress"),
    flag('v', "verbose"),
    flag('n', "no-clean"),
];

const PG_VERIFYBACKUP: &[Flag] = &[
    value('i', "ignore", Role::Text),
    value('m', "manifest-path", Role::Source),
    value('w', "wal-directory", Role::Source),
    flag('e', "exit-on-error"),
    flag('n', "no-parse-wal"),
    flag('q', "quiet"),
    flag('s', "skip-checksums"),
];

const VACUUMDB: &[Flag] = &[
    value('t', "table", Role::Text),
    value('n', "schema", Role::Text),
    value('P', "parallel", Role::Text),
    flag('a', "all"),
    flag('e', "echo"),
    flag('f', "full"),
    flag('F', "freeze"),
    flag('q', "quiet"),
    flag('v', "verbose"),
    flag('z', "analyze"),
    flag('Z', "analyze-only"),
    flag('\0', "analyze-in-stages"),
];

const CREATEDB: &[Flag] = &[
    value('D', "tablespace", Role::Text),
    value('E', "encoding", Role::Text),
    value('l', "locale", Role::Text),
    value('O', "owner", Role::Text),
    value('T', "template", Role::Text),
    value('\0', "maintenance-db", Role::Text),
    flag('e', "echo"),
    flag('f', "force"),
    flag('i', "interactive"),
];

const PG_REWIND: &[Flag] = &[
    value('D', "target-pgdata", Role::Change),
    value('\0', "source-pgdata", Role::Source),
    value('\0', "source-server", Role::Text),
    flag('n', "dry-run"),
    flag('f', "force"),
    flag('P', "progress"),
    flag('R', "write-recovery-conf"),
];

const PG_ARCHIVECLEANUP: &[Flag] =
    &[value('x', "strip-extension", Role::Text), flag('d', "debug"), flag('n', "dry-run")];

const INITDB: &[Flag] = &[
    value('A', "auth", Role::Text),
    value('E', "encoding", Role::Text),
    value('X', "waldir", Role::Target),
    flag('k', "data-checksums"),
    flag('n', "no-clean"),
    flag('N', "no-sync"),
    flag('S', "sync-only"),
];

const REDIS: &[Flag] = &[
    value('d', "", Role::Text),
    value('D', "", Role::Text),
    value('i', "", Role::Text),
    value('r', "", Role::Text),
    value('s', "", Role::Text),
    value('t', "", Role::Text),
    value('X', "", Role::Text),
    value('-', "user", Role::Text),
    value('-', "pass", Role::Text),
    value('\0', "user", Role::Text),
    value('\0', "pass", Role::Text),
    value('\0', "eval", Role::Command),
    flag('c', ""),
    flag('e', ""),
    flag('v', ""),
];

/// Returns the flags that a program has for itself; they go before those of its family.
pub(super) fn of(name: &str) -> &'static [Flag] {
    match name {
        "psql" => PSQL,
        "mysql" | "mariadb" => MYSQL,
        "mysqldump" | "mariadb-dump" => MYSQLDUMP,
        "mysqlbinlog" | "mariadb-binlog" => MYSQLBINLOG,
        "mariabackup" | "mariadb-backup" | "xtrabackup" => COPIER,
        "mydumper" | "myloader" => MYDUMPER,
        "mysqladmin" | "mariadb-admin" => MYSQLADMIN,
        "pg_dump" | "pg_dumpall" => PG_DUMP,
        "pg_restore" => PG_RESTORE,
        "pg_basebackup" => PG_BASEBACKUP,
        "pg_verifybackup" => PG_VERIFYBACKUP,
        "vacuumdb" => VACUUMDB,
        "createdb" | "dropdb" => CREATEDB,
        "pg_rewind" | "pg_resetwal" => PG_REWIND,
        "pg_archivecleanup" => PG_ARCHIVECLEANUP,
        "initdb" => INITDB,
        "redis-cli" => REDIS,
        _ => &[],
    }
}
