//! `dd`: copies blocks, to a device if told so.

use super::tool::{Operands, Role, Tool};
use crate::base::Risk;

/// `dd(1)`; its operands are `key=value`.
pub const TOOL: Tool = Tool {
    name: "dd",
    names: &["dd", "dcfldd", "ddrescue", "pv"],
    flags: &[],
    operands: Operands::All(Role::Text),
    safer: &[(
        "dd",
        "lsblk -f and blkid on the target first, conv=fsync; ddrescue with a map file for a failing disk",
    )],
    risk: |call| {
        let target = call.operands.iter().find_map(|w| w.text.strip_prefix("of=").map(|t| (t, w)));
        match target {
            Some((path, _)) if super::is_device(path) => Risk::Irreversible,
            Some(("/dev/null", _)) => Risk::Read,
            Some((_, word)) if word.fresh => Risk::Write,
            Some((_, word)) if !word.certain => Risk::Irreversible,
            Some(_) => Risk::Destructive,
            None if call.name == "ddrescue" => Risk::Irreversible,
            None => Risk::Read,
        }
    },
};
