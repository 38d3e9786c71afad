//! The programs of PostgreSQL: clients, dumps, base backups, and what works on the files of a stopped server.

use super::tool::{Call, Operands, Role, Tool, flag, value};
use crate::base::Risk;
use crate::sql::{self, Dialect};

/// `psql(1)`, `pg_dump(1)`, `pg_restore(1)`, `pg_basebackup(1)` and the others; what starts and stops servers is in
/// [`super::postgres`].
pub const TOOL: Tool = Tool {
    name: "psql",
    names: &[
        "psql",
        "pg_dump",
        "pg_dumpall",
        "pg_restore",
        "pg_basebackup",
        "pg_combinebackup",
        "pg_verifybackup",
        "pg_receivewal",
        "pg_recvlogical",
        "pg_waldump",
        "pg_resetwal",
        "pg_rewind",
        "pg_archivecleanup",
        "pg_controldata",
        "pg_amcheck",
        "pg_isready",
        "pg_upgrade",
        "pg_config",
        "initdb",
        "createdb",
        "createuser",
        "dropdb",
        "dropuser",
        "vacuumdb",
        "vacuumlo",
        "reindexdb",
        "clusterdb",
    ],
    flags: &[
        value('c', "command", Role::Sql),
        value('L', "log-file", Role::Target),
        value('o', "output", Role::Target),
        value('f', "file", Role::Text),
        value('h', "host", Role::Remote),
        value('D', "pgdata", Role::Target),
        value('D', "target-pgdata", Role::Change),
        value('\0', "source-pgdata", Role::Source),
        value('L', "use-list", Role::Source),
        value('m', "manifest-path", Role::Source),
        value('w', "wal-directory", Role::Source),
        value('X', "waldir", Role::Target),
        flag('l', "list"),
    ],
    operands: Operands::All(Role::Text),
    risk,
    safer: &[
        (
            "pg_resetwal",
            "pg_resetwal --dry-run first, on a copy of the whole data directory; restoring a base backup keeps what this throws away",
        ),
        (
            "pg_restore --clean",
            "restore into a new database (createdb, pg_restore --exit-on-error -d NEW), compare, then rename",
        ),
        ("dropdb", "ALTER DATABASE … RENAME TO …; drop it when the new one has been proven"),
        ("pg_rewind", "pg_rewind --dry-run first, and keep a copy of the target data directory"),
        (
            "pg_archivecleanup",
            "pg_archivecleanup -n lists what would go; let pgBackRest, Barman or WAL-G expire the archive with its backups",
        ),
        ("vacuumdb --full", "pg_repack, or a plain vacuumdb: --full locks each table"),
        (
            "psql",
            "psql -X -v ON_ERROR_STOP=1 --single-transaction, after a pg_dump of what is changed",
        ),
        ("pg_dump", "write to a new name (dump.new), check it with pg_restore --list, then mv"),
        ("pg_dumpall", "write to a new name, check its end, then mv"),
    ],
};

fn risk(call: &Call<'_>) -> Risk {
    let target = |names: &[&str]| match call.value(names) {
        // A dash is standard output.
        Some(word) if word.text == "-" => Risk::Read,
        Some(word) if word.fresh => Risk::Write,
        Some(_) => Risk::Destructive,
        None => Risk::Read,
    };
    match call.name {
        "psql" if call.has(&["list"]) => Risk::Read,
        "psql" => {
            // Text on standard input is added by the caller.
            let given = call.flags.iter().filter(|f| f.role == Role::Sql);
            let text = given
                .filter_map(|f| f.value.as_ref())
                .map(|w| sql::risk(&w.text, Dialect::Postgres))
                .max();
            let written = target(&["output", "log-file"]);
            let file = if call.has(&["file"]) { Risk::Unknown } else { Risk::Read };
            text.unwrap_or(Risk::Read).max(written).max(file)
        }
        "pg_resetwal" | "pg_rewind" | "pg_archivecleanup" | "vacuumlo"
            if call.has(&["dry-run"]) =>
        {
            Risk::Read
        }
        "pg_upgrade" if call.has(&["check"]) => Risk::Read,
        // No copy of a log brings back what was in it when it is thrown away under the data.
        "pg_resetwal" => Risk::Irreversible,
        "dropdb" | "dropuser" | "pg_rewind" | "pg_archivecleanup" | "vacuumlo" => Risk::Destructive,
        // With links the old cluster cannot be started any more.
        "pg_upgrade" if call.has(&["link", "swap"]) => Risk::Destructive,
        "pg_upgrade" | "clusterdb" => Risk::Disruptive,
        "vacuumdb" if call.has(&["full"]) => Risk::Disruptive,
        "pg_dump" | "pg_dumpall" => target(&["file"]),
        "pg_restore" => match () {
            () if call.has(&["list"]) => Risk::Read,
            () if call.has(&["clean"]) => Risk::Destructive,
            () if call.value(&["dbname"]).is_none() => target(&["file"]),
            () => Risk::Write,
        },
        "pg_recvlogical" | "pg_receivewal" if call.has(&["drop-slot"]) => Risk::Disruptive,
        "pg_verifybackup" | "pg_waldump" | "pg_controldata" | "pg_isready" | "pg_config" => {
            Risk::Read
        }
        "pg_amcheck" if !call.has(&["install-missing"]) => Risk::Read,
        _ => Risk::Write,
    }
}
