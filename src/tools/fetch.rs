//! `curl`, `wget`: fetch, into a file where they are told, and send what changes the other side.

use super::tool::{Operands, Role, Tool, attached, flag, value};
use crate::base::Risk;

/// `curl(1)`, `wget(1)`.
pub const TOOL: Tool = Tool {
    name: "curl",
    names: &["curl", "wget"],
    flags: &[
        value('o', "output", Role::Target),
        value('O', "output-document", Role::Target),
        value('X', "request", Role::Text),
        value('d', "data", Role::Text),
        value('H', "header", Role::Text),
        value('u', "user", Role::Text),
        value('T', "upload-file", Role::Source),
        value('K', "config", Role::Source),
        value('m', "max-time", Role::Text),
        value('w', "write-out", Role::Text),
        value('x', "proxy", Role::Text),
        value('A', "user-agent", Role::Text),
        value('\0', "retry", Role::Text),
        value('\0', "method", Role::Text),
        value('\0', "use-askpass", Role::Command),
        flag('\0', "remote-name"),
        attached('\0', "execute"),
    ],
    operands: Operands::All(Role::Remote),
    safer: &[
        ("--output", "to a new name, check its checksum, then mv"),
        ("-X", "show what it would hit with a GET first"),
    ],
    risk: |call| {
        let method = call.value(&["request", "method"]);
        let method = method.map_or(String::new(), |word| word.text.to_ascii_uppercase());
        let written = if call.name == "curl" {
            // curl's -O takes no value: the word behind it is an address.
            call.value(&["output"])
        } else {
            call.value(&["output-document"])
        };
        let replaces = written
            .is_some_and(|word| !word.fresh && word.text != "-" && !word.text.starts_with("/dev/"));
        match method.as_str() {
            "DELETE" | "PUT" | "PURGE" => Risk::Destructive,
            _ if call.has(&["use-askpass", "config"]) => Risk::Unknown,
            _ if replaces => Risk::Destructive,
            _ => Risk::Write,
        }
    },
};
