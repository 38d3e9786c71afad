//! `uniq`, `xxd`: read their first operand and write their second.

use super::tool::{Operands, Role, Tool, flag, value};
use crate::base::Risk;

/// `uniq(1)`, `xxd(1)`.
pub const TOOL: Tool = Tool {
    name: "uniq",
    names: &["uniq", "xxd"],
    flags: &[
        value('f', "skip-fields", Role::Text),
        value('s', "skip-chars", Role::Text),
        value('w', "check-chars", Role::Text),
        value('l', "", Role::Text),
        value('g', "", Role::Text),
        value('n', "", Role::Text),
        // Counts for uniq, columns for xxd, where the number may be attached.
        flag('c', "count"),
    ],
    operands: Operands::All(Role::Source),
    safer: &[],
    risk: |call| {
        let columns = call.name == "xxd" && call.has(&["count"]);
        let mut files = call
            .operands
            .iter()
            .filter(|word| !(columns && word.text.bytes().all(|byte| byte.is_ascii_digit())));
        match files.nth(1) {
            Some(word) if word.text == "-" || word.text.starts_with("/dev/std") => Risk::Read,
            Some(word) if word.fresh => Risk::Write,
            Some(_) => Risk::Destructive,
            None => Risk::Read,
        }
    },
};
