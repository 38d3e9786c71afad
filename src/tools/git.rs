//! `git`: keeps versions, and can throw away what it does not keep.

use super::tool::{Operands, Role, Tool, flag, value};
use crate::base::Risk;

/// `git(1)`.
pub const TOOL: Tool = Tool {
    name: "git",
    names: &["git"],
    flags: &[
        value('C', "", Role::Text),
        value('c', "", Role::Command),
        value('\0', "git-dir", Role::Text),
        value('\0', "work-tree", Role::Text),
        value('\0', "exec-path", Role::Text),
        value('\0', "upload-pack", Role::Command),
        value('\0', "receive-pack", Role::Command),
        flag('f', "force"),
        flag('\0', "hard"),
    ],
    operands: Operands::All(Role::Text),
    safer: &[
        ("reset --hard", "git stash, or git branch KEEP first"),
        ("clean", "git clean -n first"),
        ("push --force", "git push --force-with-lease"),
        ("filter-branch", "git clone --mirror first"),
    ],
    risk: |call| {
        let runs = |setting: &&str| {
            let setting = setting.to_ascii_lowercase();
            [
                "pager",
                "editor",
                "alias.",
                "command",
                "hook",
                "ssh",
                "askpass",
                "external",
                "filter",
                "fsmonitor",
                "helper",
                "program",
                "textconv",
                "ext.",
            ]
            .iter()
            .any(|name| setting.contains(name))
        };
        let settings = call.flags.iter().filter(|flag| flag.name == "c");
        let mut settings = settings.filter_map(|flag| Some(flag.value.as_ref()?.text.as_str()));
        if settings.any(|setting| runs(&setting))
            || call.has(&["upload-pack", "receive-pack", "exec-path"])
        {
            return Risk::Unknown;
        }
        match call.operand(0) {
            "clean" | "reset" | "restore" | "rm" | "gc" | "prune" | "filter-branch"
            | "update-ref" | "reflog" | "read-tree" | "checkout-index" | "mv" | "switch" => {
                Risk::Destructive
            }
            "checkout" if call.operands.len() > 2 || call.names(".") || call.has(&["force"]) => {
                Risk::Destructive
            }
            "push" | "branch" | "tag"
                if call.has(&["force", "delete", "d", "D", "mirror", "prune"]) =>
            {
                Risk::Destructive
            }
            "stash" if call.names("drop") || call.names("clear") => Risk::Destructive,
            "worktree" | "submodule" | "bisect" | "rebase" | "difftool" | "mergetool" => {
                Risk::Unknown
            }
            "status" | "log" | "diff" | "show" | "rev-parse" | "ls-files" | "ls-remote"
            | "describe" | "cat-file" | "blame" | "grep" | "fsck" | "verify-commit"
            | "rev-list" => Risk::Read,
            _ => Risk::Write,
        }
    },
};
