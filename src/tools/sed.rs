//! `tee`, `sed -i`, `sponge`, `patch`: write into files that are there.

use super::tool::{Operands, Role, Tool, attached, flag, value};
use crate::base::Risk;

/// `tee(1)`, `sed(1)`, `sponge(1)`, `patch(1)`.
pub const TOOL: Tool = Tool {
    name: "sed",
    aliases: &["tee", "sponge", "patch"],
    flags: &[
        attached('i', "in-place"),
        flag('a', "append"),
        value('e', "expression", Role::Text),
        value('f', "file", Role::Source),
        flag('n', "quiet"),
        flag('E', "regexp-extended"),
    ],
    operands: Operands::All(Role::Change),
    risk: |call| {
        let backup = call.value(&["in-place"]).is_some();
        let fresh = call
            .operands
            .iter()
            .all(|w| w.fresh || w.text.starts_with("/dev/"));
        match call.name {
            "sed" if !call.has(&["in-place"]) => Risk::Read,
            "sed" if backup => Risk::Write,
            "tee" | "sponge" if call.has(&["append"]) || fresh => Risk::Write,
            _ => Risk::Destructive,
        }
    },
};
