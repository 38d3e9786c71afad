//! What starts, stops and looks after PostgreSQL servers and their backups: `pg_ctl`, `pg_ctlcluster`, pgBackRest, WAL-G.

use super::tool::{Operands, Role, Tool, flag, value};
use crate::base::Risk;

/// `pg_ctl(1)`, `pg_ctlcluster(1)`, `pg_createcluster(1)`, `pg_checksums(1)`, `postgres(1)`, `pgbackrest`, `wal-g`, `barman`.
pub const TOOL: Tool = Tool {
    name: "pg_ctl",
    aliases: &[
        "pg_ctlcluster",
        "pg_createcluster",
        "pg_dropcluster",
        "pg_lsclusters",
        "pg_checksums",
        "postgres",
        "pgbackrest",
        "wal-g",
        "barman",
    ],
    flags: &[
        value('D', "pgdata", Role::Change),
        value('l', "log", Role::Text),
        value('m', "mode", Role::Text),
        value('o', "options", Role::Text),
        value('t', "timeout", Role::Text),
        value('U', "", Role::Text),
        value('c', "", Role::Text),
        value('C', "", Role::Text),
        value('p', "", Role::Text),
        value('d', "datadir", Role::Target),
        value('\0', "stanza", Role::Text),
        value('\0', "config", Role::Source),
        value('\0', "type", Role::Text),
        value('\0', "target", Role::Text),
        value('\0', "log-level-console", Role::Text),
        flag('s', "silent"),
        flag('w', "wait"),
        flag('W', "no-wait"),
        flag('e', "enable"),
        flag('\0', "disable"),
        flag('\0', "check"),
        flag('\0', "delta"),
        flag('\0', "force"),
    ],
    operands: Operands::All(Role::Text),
    risk: |call| {
        // Version and name of the cluster stand before what is to be done with it.
        let action = match call.name {
            "pg_ctlcluster" => call.operand(2),
            _ => call.operand(0),
        };
        match (call.name, action) {
            ("pg_ctl" | "pg_ctlcluster", "status" | "logrotate") => Risk::Read,
            // What was down comes up; nobody loses anything by it.
            ("pg_ctl" | "pg_ctlcluster", "start") => Risk::Write,
            ("pg_ctl", "init" | "initdb") => Risk::Write,
            ("pg_ctl" | "pg_ctlcluster", _) => Risk::Disruptive,
            ("pg_createcluster", _) => Risk::Write,
            ("pg_dropcluster", _) => Risk::Destructive,
            ("pg_lsclusters", _) => Risk::Read,
            ("pg_checksums", _) if call.has(&["enable", "disable"]) => Risk::Disruptive,
            ("pg_checksums", _) => Risk::Read,
            ("postgres", _) if call.value(&["C"]).is_some() || call.has(&["V", "version"]) => {
                Risk::Read
            }
            ("pgbackrest", "info" | "check" | "verify" | "version" | "archive-get") => Risk::Read,
            ("pgbackrest", "backup" | "stanza-create" | "archive-push") => Risk::Write,
            ("pgbackrest", "stanza-upgrade" | "start" | "stop") => Risk::Disruptive,
            ("pgbackrest", "restore" | "expire" | "stanza-delete") => Risk::Destructive,
            ("wal-g", "backup-list" | "wal-show" | "wal-verify" | "st") => Risk::Read,
            ("wal-g", "backup-push" | "wal-push" | "wal-fetch" | "backup-mark") => Risk::Write,
            ("wal-g", "backup-fetch" | "delete") => Risk::Destructive,
            (
                "barman",
                "list-backups" | "list-backup" | "check" | "show-backup" | "status" | "list-files",
            ) => Risk::Read,
            ("barman", "backup" | "switch-wal" | "cron" | "receive-wal" | "check-backup") => {
                Risk::Write
            }
            ("barman", "recover" | "delete") => Risk::Destructive,
            _ => Risk::Unknown,
        }
    },
};
