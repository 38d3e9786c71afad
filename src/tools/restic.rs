//! Backup programs with a repository: restic, borg, and the like.

use super::tool::{Operands, Role, Tool, flag, value};
use crate::base::Risk;

/// `restic`, `borg`, `rclone`, `duplicity`, `kopia`, `rsnapshot`, `velero`.
pub const TOOL: Tool = Tool {
    name: "restic",
    aliases: &["borg", "rclone", "duplicity", "kopia", "rsnapshot", "velero", "mc", "duplicacy"],
    flags: &[
        value('r', "repo", Role::Text),
        value('p', "password-file", Role::Source),
        value('t', "target", Role::Target),
        value('\0', "host", Role::Text),
        value('\0', "tag", Role::Text),
        value('\0', "path", Role::Text),
        value('\0', "include", Role::Text),
        value('\0', "exclude", Role::Text),
        value('\0', "stanza", Role::Text),
        value('\0', "type", Role::Text),
        value('\0', "config", Role::Source),
        value('\0', "stdin-filename", Role::Text),
        value('\0', "keep-last", Role::Text),
        value('\0', "keep-daily", Role::Text),
        value('\0', "keep-weekly", Role::Text),
        value('\0', "keep-monthly", Role::Text),
        value('\0', "keep-yearly", Role::Text),
        value('\0', "keep-within", Role::Text),
        flag('\0', "prune"),
        flag('n', "dry-run"),
        flag('\0', "delete"),
    ],
    operands: Operands::All(Role::Text),
    risk: |call| {
        if call.has(&["dry-run"]) {
            return Risk::Read;
        }
        let verb = call
            .operands
            .iter()
            .map(|w| w.text.as_str())
            .find(|w| !w.starts_with('/'))
            .unwrap_or_default();
        match verb {
            "snapshots" | "check" | "ls" | "find" | "stats" | "diff" | "cat" | "list" | "info"
            | "dump" | "verify" | "version" | "show-backup" | "list-backup"
            | "collection-status" | "lsf" | "size" | "mount" | "about" | "md5sum" | "hashsum"
            | "cryptcheck" | "list-files" => Risk::Read,
            "backup" | "create" | "init" | "unlock" | "tag" | "copy" | "key" | "rcat" | "mkdir"
            | "export" | "export-tar" | "with-lock" | "break-lock" | "stanza-create"
            | "archive-push" | "cron" | "full" | "incremental" | "mb" | "daily" | "hourly"
            | "weekly" | "archive-get" => Risk::Write,
            "forget"
            | "prune"
            | "delete"
            | "purge"
            | "expire"
            | "remove-older-than"
            | "compact"
            | "sync"
            | "move"
            | "remove-all-but-n-full"
            | "stanza-delete"
            | "rm"
            | "deletefile"
            | "cleanup"
            | "rb"
            | "mirror"
            | "rewrite"
            | "repair" => Risk::Destructive,
            "restore" | "extract" | "recover" | "copyto" => match call.value(&["target"]) {
                Some(target) if target.fresh => Risk::Write,
                Some(_) | None if verb == "extract" => Risk::Write,
                Some(_) | None => Risk::Destructive,
            },
            _ => Risk::Write,
        }
    },
};
