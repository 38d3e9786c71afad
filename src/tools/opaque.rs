//! Programs that run whatever text they are given: interpreters, build tools, `source`.

use super::awk;
use super::tool::{Operands, Role, Tool, flag, value};
use crate::base::Risk;

/// Files of Debian that only assign, or define functions which are described among the tools (read in Debian 12).
const SETTINGS: &[(&str, Risk)] = &[
    ("/etc/os-release", Risk::Read),
    ("/usr/lib/os-release", Risk::Read),
    ("/lib/init/vars.sh", Risk::Read),
    // Starts the script again below debconf, which keeps the answers.
    ("/usr/share/debconf/confmodule", Risk::Write),
    // Hands what a service's script was called with to systemctl, where systemd runs.
    ("/lib/lsb/init-functions", Risk::Disruptive),
];

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
            && awk::only_prints(script)
            && call.operands.first().is_some_and(|w| w.certain)
            && call
                .flags
                .iter()
                .all(|flag| matches!(flag.name.as_str(), "assign" | "field-separator"));
        // Distributions keep settings there, in files that only assign, and functions that are described here.
        let settings = SETTINGS.iter().find(|(path, _)| *path == script).map(|(_, risk)| *risk);
        let assigned = script.starts_with("/etc/default/") && !script.contains("..");
        let settings = settings
            .or(assigned.then_some(Risk::Read))
            .filter(|_| matches!(call.name, "source" | "."));
        // `python -m json.tool` and `-m venv` are tools of the language itself.
        match settings {
            Some(risk) => risk,
            None if call.has(&["version"]) || quiet_awk => Risk::Read,
            None => Risk::Unknown,
        }
    },
};
