//! `date`, `hostname`, `dmesg`, `journalctl`: look at the machine, and with some words change it.

use super::tool::{Operands, Role, Tool, attached, flag, value};
use crate::base::Risk;

/// `date(1)`, `hostname(1)`, `dmesg(1)`, `journalctl(1)`.
pub const TOOL: Tool = Tool {
    name: "date",
    names: &["date", "hostname", "dmesg", "journalctl", "ifconfig", "route", "arp"],
    flags: &[
        value('s', "set", Role::Text),
        value('d', "date", Role::Text),
        value('r', "reference", Role::Source),
        attached('I', "iso-8601"),
        flag('u', "utc"),
        flag('f', "fqdn"),
        value('F', "file", Role::Source),
        value('b', "boot", Role::Text),
        flag('C', "clear"),
        flag('c', "read-clear"),
        flag('D', "console-off"),
        flag('E', "console-on"),
        attached('\0', "vacuum-time"),
        attached('\0', "vacuum-size"),
        attached('\0', "vacuum-files"),
        flag('\0', "rotate"),
        flag('\0', "flush"),
    ],
    operands: Operands::All(Role::Text),
    safer: &[(
        "journalctl",
        "journalctl --disk-usage first; SystemMaxUse= in journald.conf bounds it",
    )],
    risk: |call| {
        let changes = match call.name {
            // A format starts with `+`; anything else is a time to set.
            "date" => {
                call.has(&["set"])
                    || call.operands.iter().any(|word| word.certain && !word.text.starts_with('+'))
            }
            "hostname" => {
                call.has(&["file", "boot"]) || call.operands.iter().any(|word| word.certain)
            }
            "dmesg" if call.has(&["clear", "read-clear"]) => return Risk::Destructive,
            "dmesg" => call.has(&["console-off", "console-on"]),
            "journalctl" if call.has(&["vacuum-time", "vacuum-size", "vacuum-files"]) => {
                return Risk::Destructive;
            }
            "journalctl" => call.has(&["rotate", "flush"]),
            "ifconfig" => call.operands.len() > 1,
            "route" => call.names("add") || call.names("del"),
            _ => call.has(&["d", "s", "delete", "set"]),
        };
        if changes { Risk::Disruptive } else { Risk::Read }
    },
};
