//! Builtins of bash that make other names, or given text, run.

use super::tool::{Operands, Role, Tool, flag, value};
use crate::base::Risk;

/// `hash -p`, `enable -f`, `bind -x`, `mapfile -C`, `complete -C`; otherwise they only look.
pub const TOOL: Tool = Tool {
    name: "hash",
    names: &["hash", "enable", "bind", "mapfile", "readarray", "complete", "compgen"],
    flags: &[
        value('p', "", Role::Source),
        value('x', "", Role::Command),
        value('C', "", Role::Command),
        value('F', "", Role::Command),
        value('c', "", Role::Text),
        value('d', "", Role::Text),
        value('n', "", Role::Text),
        value('O', "", Role::Text),
        value('s', "", Role::Text),
        value('u', "", Role::Text),
        flag('t', ""),
        flag('a', ""),
        flag('r', ""),
    ],
    operands: Operands::All(Role::Text),
    safer: &[],
    risk: |call| {
        let runs = match call.name {
            "hash" => call.has(&["p"]),
            "enable" => true,
            "bind" => call.has(&["x"]) || !call.operands.is_empty(),
            "complete" | "compgen" => call.has(&["C", "F"]),
            _ => call.has(&["C"]),
        };
        if runs { Risk::Unknown } else { Risk::Read }
    },
};
