//! `rsync`: makes one tree like another.

use super::tool::{Operands, Role, Tool, attached, flag, value};
use crate::base::Risk;

/// `rsync(1)`.
pub const TOOL: Tool = Tool {
    name: "rsync",
    names: &["rsync"],
    flags: &[
        flag('a', "archive"),
        flag('r', "recursive"),
        flag('n', "dry-run"),
        flag('R', "relative"),
        flag('b', "backup"),
        flag('d', "dirs"),
        flag('\0', "delete"),
        flag('\0', "delete-after"),
        flag('\0', "delete-before"),
        flag('\0', "delete-during"),
        flag('\0', "delete-delay"),
        flag('\0', "delete-excluded"),
        flag('\0', "del"),
        flag('\0', "remove-source-files"),
        flag('\0', "ignore-existing"),
        flag('\0', "ignore-errors"),
        flag('\0', "force"),
        value('\0', "max-delete", Role::Text),
        value('\0', "backup-dir", Role::Text),
        value('\0', "link-dest", Role::Source),
        value('\0', "compare-dest", Role::Source),
        value('\0', "copy-dest", Role::Source),
        value('e', "rsh", Role::Command),
        value('f', "filter", Role::Text),
        value('T', "temp-dir", Role::Text),
        value('B', "block-size", Role::Text),
        value('M', "remote-option", Role::Text),
        value('\0', "exclude", Role::Text),
        value('\0', "exclude-from", Role::Source),
        value('\0', "include", Role::Text),
        value('\0', "include-from", Role::Source),
        value('\0', "files-from", Role::Source),
        value('\0', "password-file", Role::Source),
        value('\0', "log-file", Role::Text),
        value('\0', "rsync-path", Role::Command),
        value('\0', "bwlimit", Role::Text),
        value('\0', "timeout", Role::Text),
        value('\0', "contimeout", Role::Text),
        value('\0', "port", Role::Text),
        value('\0', "chown", Role::Text),
        value('\0', "chmod", Role::Text),
        value('\0', "suffix", Role::Text),
        value('\0', "partial-dir", Role::Text),
        value('\0', "max-size", Role::Text),
        value('\0', "min-size", Role::Text),
        value('\0', "out-format", Role::Text),
        value('\0', "usermap", Role::Text),
        value('\0', "groupmap", Role::Text),
        attached('\0', "info"),
    ],
    operands: Operands::Last(Role::Source, Role::Target),
    safer: &[
        (
            "--delete",
            "rsync -n --delete first, then with --max-delete, --backup-dir and a guard that the source is mounted and not empty",
        ),
        ("--remove-source-files", "rsync without it, compare with rsync -nc, then delete"),
        ("--inplace", "without --inplace a broken transfer leaves the old file whole"),
        ("rsync", "--backup-dir keeps what is replaced"),
    ],
    risk: |call| {
        // Any other remote shell is a program with arguments of its own.
        let shell = call.value(&["rsh"]).map_or("ssh", |word| word.text.as_str());
        let program = shell.split(' ').next().unwrap_or_default();
        if program.rsplit('/').next() != Some("ssh") || shell.contains("ProxyCommand") {
            Risk::Unknown
        } else if call.has(&["dry-run", "list-only"]) || call.operands.len() < 2 {
            Risk::Read
        } else if call.flags.iter().any(|f| f.name.starts_with("del"))
            || call.has(&["remove-source-files"])
        {
            Risk::Destructive
        } else if call.has(&["ignore-existing", "backup"]) {
            Risk::Write
        } else {
            call.replaces()
        }
    },
};
