//! `rm`, `rmdir`, `unlink`: delete names.

use super::tool::{Operands, Role, Tool, flag, value};
use crate::base::Risk;

/// `rm` and its relatives; `rmdir` takes only empty directories, so it destroys nothing.
pub const TOOL: Tool = Tool {
    name: "rm",
    names: &["rm", "rmdir", "unlink", "srm"],
    flags: &[
        flag('r', "recursive"),
        flag('R', "recursive"),
        flag('f', "force"),
        flag('i', ""),
        value('\0', "interactive", Role::Text),
    ],
    operands: Operands::All(Role::Delete),
    safer: &[(
        "-r",
        "mv it aside (mv DIR DIR.old) and delete that when the new one is proven; ${VAR:?} where a variable names it",
    )],
    risk: |call| match (call.name, call.operands.iter().all(|w| w.fresh)) {
        ("rmdir", _) => Risk::Write,
        // What the script made itself in this run is nobody's data.
        (_, true) if !call.operands.is_empty() => Risk::Write,
        _ => Risk::Destructive,
    },
};
