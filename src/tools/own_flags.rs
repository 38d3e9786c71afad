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
    value('d', "database", Role::Text),
    flag('a', "create-options"),
    flag('c', "complete-insert"),
    flag('e', "extended-insert"),
    flag('f', "force"),
    flag('F', "flush-logs"),
    flag('n', "no-create-db"),
    flag('v', "verbose"),
    flag('X', "xml"),
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
        "mysqldump" | "mariadb-dump" | "mysqlbinlog" | "mariadb-binlog" => MYSQLDUMP,
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
