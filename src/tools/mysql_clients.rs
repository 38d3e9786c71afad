//! The clients of MySQL and MariaDB: the shell, dumps, physical copies, binary logs.

use super::tool::{Call, Operands, Role, Tool, value};
use crate::base::Risk;
use crate::sql::{self, Dialect};

/// `mysql(1)`, `mysqldump(1)`, `mysqlbinlog(1)`, `mariadb-backup`, XtraBackup, mydumper; servers are in [`super::mysql`].
pub const TOOL: Tool = Tool {
    name: "psql",
    names: &[
        "mysql",
        "mariadb",
        "mysqldump",
        "mariadb-dump",
        "mysqlpump",
        "mysqladmin",
        "mariadb-admin",
        "mysqlbinlog",
        "mariadb-binlog",
        "mariabackup",
        "mariadb-backup",
        "xtrabackup",
        "innobackupex",
        "mydumper",
        "myloader",
        "mysqlsh",
    ],
    flags: &[
        value('e', "execute", Role::Sql),
        value('\0', "init-command", Role::Sql),
        value('\0', "tee", Role::Target),
        value('\0', "pager", Role::Command),
        value('h', "host", Role::Remote),
        value('h', "datadir", Role::Target),
        value('r', "result-file", Role::Target),
        value('T', "tab", Role::Target),
        value('l', "local-load", Role::Target),
        value('\0', "defaults-file", Role::Source),
        value('\0', "defaults-extra-file", Role::Source),
        value('\0', "target-dir", Role::Target),
        value('\0', "incremental-basedir", Role::Source),
        value('\0', "incremental-dir", Role::Source),
        value('\0', "tmpdir", Role::Target),
        value('\0', "parallel", Role::Text),
        value('\0', "stream", Role::Text),
        value('\0', "socket", Role::Text),
        value('u', "user", Role::Text),
        value('p', "password", Role::Text),
        value('P', "port", Role::Text),
        value('o', "outputdir", Role::Target),
        value('d', "directory", Role::Source),
        value('B', "database", Role::Text),
        value('L', "logfile", Role::Target),
        value('t', "threads", Role::Text),
    ],
    operands: Operands::All(Role::Text),
    risk,
    safer: &[
        (
            "mysqladmin drop",
            "rename the tables into another schema; drop them when the restored ones have been proven",
        ),
        (
            "mariadb-admin drop",
            "rename the tables into another schema; drop them when the restored ones have been proven",
        ),
        (
            "--copy-back",
            "copy back into a new directory (--datadir=NEW) and point the server at it, or mv the old datadir aside",
        ),
        ("--move-back", "--copy-back: the prepared copy stays whole when something goes wrong"),
        ("myloader", "myloader without --overwrite-tables, into a new schema (--database NEW)"),
        ("mysqldump", "write to a new name, look for \"-- Dump completed\" at its end, then mv"),
        ("mariadb-dump", "write to a new name, look for \"-- Dump completed\" at its end, then mv"),
        (
            "mysql",
            "dump what is changed first (mysqldump --single-transaction), and run it where autocommit is off",
        ),
        (
            "mariadb",
            "dump what is changed first (mariadb-dump --single-transaction), and run it where autocommit is off",
        ),
    ],
};

fn risk(call: &Call<'_>) -> Risk {
    let target = |names: &[&str]| match call.value(names) {
        Some(word) if word.fresh => Risk::Write,
        Some(_) => Risk::Destructive,
        None => Risk::Read,
    };
    match call.name {
        "mysql" | "mariadb" => {
            // Text on standard input is added by the caller.
            let given = call.flags.iter().filter(|f| f.role == Role::Sql);
            let text = given
                .filter_map(|f| f.value.as_ref())
                .map(|w| sql::risk(&w.text, Dialect::Mysql))
                .max();
            let written = if call.has(&["pager"]) { Risk::Unknown } else { target(&["tee"]) };
            text.unwrap_or(Risk::Read).max(written)
        }
        "mysqlsh" => Risk::Unknown,
        "mysqldump" | "mariadb-dump" | "mysqlpump" => target(&["result-file", "tab"]),
        // Raw copies are written under the names of the logs.
        "mysqlbinlog" | "mariadb-binlog" if call.has(&["raw"]) => {
            target(&["result-file"]).max(Risk::Write)
        }
        "mysqlbinlog" | "mariadb-binlog" => target(&["result-file"]),
        "myloader" if call.has(&["overwrite-tables", "o", "drop-table"]) => Risk::Destructive,
        "mydumper" | "myloader" => Risk::Write,
        "mysqladmin" | "mariadb-admin" => call
            .by_verb(&[
                (Risk::Destructive, "drop"),
                (Risk::Write, "create"),
                (
                    Risk::Read,
                    "ping,status,processlist,version,variables,extended-status,proc,ver,extended",
                ),
            ])
            .unwrap_or(if call.operands.is_empty() { Risk::Read } else { Risk::Disruptive }),
        _ => {
            let new = || call.value(&["datadir"]).is_some_and(|word| word.fresh);
            let back = call.has(&["copy-back", "move-back"]);
            if back && !new() { Risk::Destructive } else { Risk::Write }
        }
    }
}
