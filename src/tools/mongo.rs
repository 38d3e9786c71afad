//! MongoDB: dumps, restores, and a shell that runs whatever it is given.

use super::tool::{Operands, Role, Tool, flag, value};
use crate::base::Risk;

/// `mongodump`, `mongorestore`, `mongoexport`, `mongoimport`, `mongosh`.
pub const TOOL: Tool = Tool {
    name: "psql",
    names: &[
        "mongodump",
        "mongorestore",
        "mongoexport",
        "mongoimport",
        "mongosh",
        "mongo",
        "mongostat",
        "mongotop",
        "bsondump",
        "mongofiles",
    ],
    flags: &[
        value('h', "host", Role::Remote),
        value('\0', "port", Role::Text),
        value('\0', "uri", Role::Remote),
        value('u', "username", Role::Text),
        value('p', "password", Role::Text),
        value('d', "db", Role::Text),
        value('c', "collection", Role::Text),
        value('o', "out", Role::Target),
        value('q', "query", Role::Text),
        value('\0', "archive", Role::Text),
        value('\0', "file", Role::Source),
        value('\0', "type", Role::Text),
        value('\0', "mode", Role::Text),
        value('\0', "eval", Role::Text),
        value('\0', "authenticationDatabase", Role::Text),
        flag('\0', "drop"),
        flag('\0', "dryRun"),
    ],
    operands: Operands::All(Role::Text),
    risk: |call| match call.name {
        "mongostat" | "mongotop" | "bsondump" => Risk::Read,
        "mongorestore" if call.has(&["dryRun"]) => Risk::Read,
        "mongorestore" | "mongoimport" if call.has(&["drop"]) => Risk::Destructive,
        "mongofiles" => call
            .by_verb(&[
                (Risk::Read, "list,search"),
                (Risk::Write, "get,get_id,get_regex,put,put_id"),
                (Risk::Destructive, "delete,delete_id"),
            ])
            .unwrap_or(Risk::Unknown),
        "mongosh" | "mongo" => {
            call.value(&["eval"]).map_or(Risk::Unknown, |word| of_script(&word.text))
        }
        _ => Risk::Write,
    },
    safer: &[
        (
            "mongorestore --drop",
            "restore under another name (--nsFrom, --nsTo), compare the counts, then rename",
        ),
        (
            "mongoimport --drop",
            "import into a new collection, compare, then renameCollection with dropTarget",
        ),
    ],
};

/// Returns the harm of a script for the shell of MongoDB: what is sure to destroy is said, of anything else nothing.
pub fn of_script(text: &str) -> Risk {
    let text: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    let drops = [".dropDatabase(", ".drop(", "deleteMany({})", "remove({})", "dropDatabase:1"];
    if drops.iter().any(|drop| text.contains(drop)) { Risk::Destructive } else { Risk::Unknown }
}
