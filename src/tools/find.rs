//! `find`: looks, and with `-delete` destroys.

use super::tool::{Operands, Role, Tool, value};
use crate::base::Risk;

/// `find(1)`; its tests are flags with one dash. What `-exec` runs is a command of its own.
pub const TOOL: Tool = Tool {
    name: "find",
    names: &["find"],
    flags: &[
        super::tool::flag('-', "delete"),
        value('-', "name", Role::Text),
        value('-', "iname", Role::Text),
        value('-', "path", Role::Text),
        value('-', "type", Role::Text),
        value('-', "mtime", Role::Text),
        value('-', "mmin", Role::Text),
        value('-', "newer", Role::Source),
        value('-', "size", Role::Text),
        value('-', "maxdepth", Role::Text),
        value('-', "mindepth", Role::Text),
        value('-', "user", Role::Text),
        value('-', "perm", Role::Text),
        value('-', "printf", Role::Text),
        value('-', "regex", Role::Text),
        value('-', "fprint", Role::Target),
        value('-', "fprint0", Role::Target),
        value('-', "fprintf", Role::Target),
        value('-', "fls", Role::Target),
        value('-', "newermt", Role::Text),
        value('-', "atime", Role::Text),
        value('-', "ctime", Role::Text),
        super::tool::flag('-', "print"),
        super::tool::flag('-', "print0"),
        super::tool::flag('-', "xdev"),
        super::tool::flag('-', "mount"),
        super::tool::flag('-', "exec"),
        super::tool::flag('-', "execdir"),
        super::tool::flag('-', "ok"),
        super::tool::flag('-', "empty"),
        super::tool::flag('-', "not"),
        super::tool::flag('-', "o"),
        super::tool::flag('-', "a"),
        super::tool::flag('-', "prune"),
        super::tool::flag('-', "depth"),
        super::tool::flag('-', "quit"),
        super::tool::flag('-', "ls"),
    ],
    operands: Operands::All(Role::Source),
    safer: &[(
        "-delete",
        "the same find with -print first, -xdev, and a count that it must not exceed",
    )],
    risk: |call| {
        if call.has(&["delete"]) {
            Risk::Destructive
        } else if call.has(&["fprint", "fprint0", "fprintf", "fls"]) {
            call.replaces()
        } else {
            Risk::Read
        }
    },
};

/// Returns where a call of find starts looking; `.` where it says nothing.
pub fn roots(words: &[super::Word]) -> &[super::Word] {
    let flag = |w: &super::Word| {
        w.text.starts_with('-') && w.text.len() > 1 || matches!(w.text.as_str(), "!" | "(")
    };
    let start = words.iter().take_while(|w| matches!(w.text.as_str(), "-H" | "-L" | "-P")).count();
    let rest = &words[start..];
    &rest[..rest.iter().position(flag).unwrap_or(rest.len())]
}
