//! `cp` and `install`: copy files over what has their name.

use super::tool::{Operands, Role, Tool, attached, flag, value};
use crate::base::Risk;

/// `cp(1)`, `install(1)`.
pub const TOOL: Tool = Tool {
    name: "cp",
    names: &["cp", "install", "scp", "ginstall"],
    flags: &[
        flag('a', "archive"),
        flag('r', "recursive"),
        flag('R', "recursive"),
        flag('n', "no-clobber"),
        flag('d', "directory"),
        flag('T', "no-target-directory"),
        attached('\0', "backup"),
        value('t', "target-directory", Role::Target),
        value('S', "suffix", Role::Text),
        value('m', "mode", Role::Text),
        value('o', "owner", Role::Text),
        value('g', "group", Role::Text),
        value('P', "", Role::Text),
    ],
    operands: Operands::Last(Role::Source, Role::Target),
    safer: &[
        ("cp", "cp -n or --backup=numbered, or cp to a new name and mv"),
        ("scp", "scp to a new name, sha256sum on both sides, then mv"),
    ],
    risk: |call| {
        let keeps = call.has(&["no-clobber", "backup"]);
        let makes_directories = call.name == "install" && call.has(&["directory"]);
        if keeps || makes_directories { Risk::Write } else { call.replaces() }
    },
};
