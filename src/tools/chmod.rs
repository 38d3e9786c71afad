//! `chmod`, `chown` and relatives: change who may do what; the old state is not kept.

use super::tool::{Operands, Role, Tool, flag, value};
use crate::base::Risk;

/// `chmod(1)`, `chown(1)`, `chgrp(1)`, `setfacl(1)`, `chattr(1)`.
pub const TOOL: Tool = Tool {
    name: "chmod",
    names: &["chmod", "chown", "chgrp", "setfacl", "chattr", "restorecon", "setfattr", "chcon"],
    flags: &[
        flag('R', "recursive"),
        value('\0', "reference", Role::Source),
        value('m', "modify", Role::Text),
        value('n', "name", Role::Text),
        value('v', "value", Role::Text),
    ],
    operands: Operands::First(Role::Text, Role::Change),
    safer: &[("--recursive", "getfacl -R DIR > FILE first: setfacl --restore=FILE puts it back")],
    risk: |call| {
        let opens = call.name == "chmod"
            && call.has(&["recursive"])
            && opens_or_shuts(call.operand(0))
            && call.of_role(Role::Change).iter().any(|word| !word.fresh);
        if opens { Risk::Destructive } else { Risk::Write }
    },
};

/// Tells whether a mode, set on a whole tree, leaves every file open to anybody or closed to its owner.
fn opens_or_shuts(mode: &str) -> bool {
    if mode.chars().all(|c| c.is_ascii_digit()) && !mode.is_empty() {
        let any = mode.chars().last().is_some_and(|c| matches!(c, '2' | '3' | '6' | '7'));
        return any || mode.trim_start_matches('0').is_empty();
    }
    mode.split(',').any(|one| {
        let opens = one.contains('w') && one.contains(['+', '=']);
        opens && one.starts_with(['o', 'a'])
    })
}
