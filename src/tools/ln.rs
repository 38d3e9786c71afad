//! `ln`: makes names for files.

use super::tool::{Operands, Role, Tool, flag, value};
use crate::base::Risk;

/// `ln(1)`; with `-f` the old name goes. `-sfn` is how a link is switched, which loses no data.
pub const TOOL: Tool = Tool {
    name: "ln",
    names: &["ln", "link", "mkdir", "touch", "mkfifo", "mknod", "mktemp", "sync"],
    flags: &[
        flag('s', "symbolic"),
        flag('f', "force"),
        flag('n', "no-dereference"),
        flag('p', "parents"),
        value('m', "mode", Role::Text),
        value('t', "", Role::Text),
        value('d', "date", Role::Text),
        value('r', "reference", Role::Source),
    ],
    operands: Operands::All(Role::Text),
    safer: &[("ln --force", "ln -sfn to a new name and mv -T, which replaces it in one step")],
    risk: |call| match call.name {
        "sync" => Risk::Read,
        "ln" if call.has(&["force"]) => {
            let switches = call.has(&["symbolic"])
                && call.has(&["no-dereference", "T", "no-target-directory"]);
            let fresh = call.operands.last().is_some_and(|word| word.fresh);
            if switches || fresh { Risk::Write } else { Risk::Destructive }
        }
        _ => Risk::Write,
    },
};
