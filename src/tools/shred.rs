//! `shred`, `truncate`, `fallocate`: overwrite or cut files in place.

use super::tool::{Operands, Role, Tool, flag, value};
use crate::base::Risk;

/// `shred(1)`, `truncate(1)`, `fallocate(1)`.
pub const TOOL: Tool = Tool {
    name: "shred",
    names: &["shred", "truncate", "fallocate", "wipe"],
    flags: &[
        value('n', "iterations", Role::Text),
        value('s', "size", Role::Text),
        value('l', "length", Role::Text),
        value('r', "reference", Role::Source),
        flag('u', "remove"),
        flag('z', "zero"),
    ],
    operands: Operands::All(Role::Change),
    safer: &[
        (
            "shred",
            "mv it aside until the new copy is proven; on a file system with snapshots shred does not reach the old blocks",
        ),
        ("truncate", "cp to another name first; logrotate's copytruncate for a log in use"),
    ],
    risk: |call| match call.name {
        "shred" | "wipe" => Risk::Irreversible,
        "fallocate" => Risk::Write,
        _ if call.operands.iter().all(|w| w.fresh) => Risk::Write,
        _ => Risk::Destructive,
    },
};
