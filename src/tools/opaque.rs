//! Programs that run whatever text they are given: interpreters, build tools, `source`.

use super::tool::{Operands, Role, Tool, flag, value};
use crate::base::Risk;

/// Interpreters. With `--version` or `-V` alone they only answer.
pub const TOOL: Tool = Tool {
    name: "python3",
    names: &[
        "python3",
        "python",
        "python2",
        "perl",
        "ruby",
        "node",
        "php",
        "lua",
        "tclsh",
        "expect",
        "osascript",
        "awk",
        "gawk",
        "mawk",
        "source",
        ".",
        "make",
        "gdb",
        "vim",
        "vi",
        "ed",
        "ex",
    ],
    flags: &[
        flag('V', "version"),
        value('c', "", Role::Command),
        value('m', "", Role::Text),
        value('v', "assign", Role::Text),
        value('F', "field-separator", Role::Text),
        value('e', "source", Role::Text),
        value('f', "file", Role::Source),
    ],
    operands: Operands::All(Role::Command),
    safer: &[],
    risk: |call| {
        let script = call.operand(0);
        let quiet_awk = matches!(call.name, "awk" | "gawk" | "mawk")
            && !["system", "|", ">", "getline", "@"].iter().any(|word| script.contains(word))
            && call.operands.first().is_some_and(|w| w.certain)
            && call
                .flags
                .iter()
                .all(|flag| matches!(flag.name.as_str(), "assign" | "field-separator"));
        // Distributions keep settings there, in files that only assign.
        let settings = matches!(call.name, "source" | ".")
            && (script == "/etc/os-release" || script.starts_with("/etc/default/"))
            && !script.contains("..");
        // `python -m json.tool` and `-m venv` are tools of the language itself.
        if call.has(&["version"]) || quiet_awk || settings { Risk::Read } else { Risk::Unknown }
    },
};
