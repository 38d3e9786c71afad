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
    risk: |_| Risk::Write,
};
