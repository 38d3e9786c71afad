//! `mv`: renames, and replaces what has the new name.

use super::tool::{Operands, Role, Tool, Word, flag, value};
use crate::base::Risk;

/// `mv(1)`.
pub const TOOL: Tool = Tool {
    name: "mv",
    names: &["mv"],
    flags: &[
        flag('n', "no-clobber"),
        flag('T', "no-target-directory"),
        value('t', "target-directory", Role::Target),
        value('S', "suffix", Role::Text),
        flag('b', "backup"),
    ],
    operands: Operands::Last(Role::Source, Role::Target),
    safer: &[("mv", "mv -n or --backup=numbered where the target may be there")],
    risk: |call| {
        let device = |word: &&Word| word.text.starts_with("/dev/");
        if call.of_role(Role::Target).iter().any(device) {
            Risk::Destructive
        } else if call.has(&["no-clobber", "backup", "b"]) {
            Risk::Write
        } else {
            call.replaces()
        }
    },
};
