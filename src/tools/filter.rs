//! `sort`, `iconv`, `yq` and relatives: filters that can also write a file.

use super::tool::{Operands, Role, Tool, flag, value};
use crate::base::Risk;

/// `sort(1)`, `iconv(1)`, `base64(1)`, `jq(1)`, `yq(1)`.
pub const TOOL: Tool = Tool {
    name: "sort",
    names: &["sort", "iconv", "base64", "jq", "yq"],
    flags: &[
        value('o', "output", Role::Target),
        value('k', "key", Role::Text),
        value('t', "field-separator", Role::Text),
        value('T', "temporary-directory", Role::Text),
        value('S', "buffer-size", Role::Text),
        flag('i', "in-place"),
        flag('\0', "inplace"),
        value('\0', "compress-program", Role::Command),
    ],
    operands: Operands::All(Role::Source),
    safer: &[("sort", "sort -o to a new name and mv"), ("yq", "yq to a new name, diff, then mv")],
    risk: |call| match call.name {
        "sort" if call.has(&["compress-program"]) => Risk::Unknown,
        "sort" | "iconv" if call.value(&["output"]).is_some() => call.replaces(),
        "yq" if call.has(&["in-place", "inplace"]) => Risk::Destructive,
        _ => Risk::Read,
    },
};
