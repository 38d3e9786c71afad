//! SQLite: its shell and the programs that come with it.

use super::tool::{Call, Operands, Role, Tool, flag, value};
use crate::base::Risk;
use crate::sql::{self, Dialect};

/// `sqlite3(1)`, `sqldiff`, `sqlite3_rsync`, `litestream`.
pub const TOOL: Tool = Tool {
    name: "psql",
    names: &["sqlite3", "sqldiff", "sqlite3_analyzer", "sqlite3_rsync", "litestream"],
    flags: &[
        value('-', "cmd", Role::Sql),
        value('-', "init", Role::Source),
        value('-', "separator", Role::Text),
        value('-', "nullvalue", Role::Text),
        value('-', "newline", Role::Text),
        value('-', "vfs", Role::Text),
        value('-', "maxsize", Role::Text),
        value('-', "mmap", Role::Text),
        flag('-', "readonly"),
        flag('-', "bail"),
        flag('-', "batch"),
        flag('-', "csv"),
        flag('-', "json"),
        flag('-', "line"),
        flag('-', "list"),
        flag('-', "column"),
        flag('-', "header"),
        flag('-', "noheader"),
        flag('-', "version"),
        flag('-', "safe"),
        flag('-', "quote"),
        flag('-', "html"),
        flag('-', "markdown"),
        flag('-', "table"),
        flag('-', "box"),
        flag('-', "tabs"),
        flag('-', "ascii"),
        flag('-', "interactive"),
        flag('-', "echo"),
        flag('-', "stats"),
        value('o', "output", Role::Target),
        value('\0', "config", Role::Source),
    ],
    operands: Operands::First(Role::Text, Role::Sql),
    risk,
    safer: &[
        (
            "restore",
            "restore under a new name, PRAGMA integrity_check, then mv with the application stopped",
        ),
        (
            "sqlite3",
            "sqlite3 DB \".backup 'DB.before'\" first; VACUUM INTO writes a new file and leaves the old one",
        ),
    ],
};

fn risk(call: &Call<'_>) -> Risk {
    match call.name {
        "sqldiff" | "sqlite3_analyzer" => Risk::Read,
        "sqlite3_rsync" => Risk::Destructive,
        "litestream" => call
            .by_verb(&[
                (Risk::Read, "databases,generations,snapshots,wal,ltx,version,status"),
                (Risk::Write, "replicate,restore"),
            ])
            .unwrap_or(Risk::Unknown),
        _ if call.has(&["version"]) => Risk::Read,
        _ => {
            let given = call.flags.iter().filter(|flag| flag.role == Role::Sql);
            let given = given.filter_map(|flag| flag.value.as_ref());
            let texts = given.chain(call.operands.iter().skip(1));
            let risk = texts
                .map(|word| sql::risk(&word.text, Dialect::Sqlite))
                .max()
                .unwrap_or(Risk::Read);
            if call.has(&["init"]) { Risk::Unknown } else { risk }
        }
    }
}
