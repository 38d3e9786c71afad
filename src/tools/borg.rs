//! BorgBackup and borgmatic.

use super::tool::{Call, Operands, Role, Tool, flag, value};
use crate::base::Risk;

const VERBS: &[(Risk, &str)] = &[
    (
        Risk::Read,
        "list,info,diff,check,mount,umount,export-tar,key export,help,config,debug info,repo-list,repo-info,version",
    ),
    (
        Risk::Write,
        "create,init,import-tar,extract,upgrade,break-lock,key change-passphrase,benchmark,serve,repo-create,transfer,with-lock",
    ),
    (
        Risk::Destructive,
        "prune,delete,compact,recreate,rename,key import,key migrate-to-repokey,repo-delete,repo-compress,debug *",
    ),
];

/// `borg`, `borgmatic`.
pub const TOOL: Tool = Tool {
    name: "borg",
    names: &["borg", "borgmatic", "borg2"],
    flags: &[
        value('r', "repo", Role::Text),
        value('c', "config", Role::Source),
        value('e', "exclude", Role::Text),
        value('\0', "rsh", Role::Command),
        value('\0', "exclude-from", Role::Source),
        value('\0', "patterns-from", Role::Source),
        value('\0', "repository", Role::Text),
        value('\0', "archive", Role::Text),
        value('\0', "verbosity", Role::Text),
        flag('n', "dry-run"),
    ],
    operands: Operands::All(Role::Text),
    risk,
    safer: &[
        (
            "check --repair",
            "borg check --verify-data, and a copy of the repository, before --repair",
        ),
        ("prune", "borg prune --dry-run --list first; then borg compact frees the space"),
        ("delete", "borg delete --dry-run --list first; borg mount shows what is in the archive"),
        ("compact", "borg check before it: deleted archives can be undone until compact"),
        (
            "extract",
            "cd into a new directory first: borg extract writes below the current one, over what is there",
        ),
        ("recreate", "copy the repository first; recreate --dry-run --list shows what it changes"),
    ],
};

fn risk(call: &Call<'_>) -> Risk {
    if call.has(&["dry-run"]) {
        return Risk::Read;
    }
    if call.name == "borgmatic" {
        return call
            .by_verb(&[
                (
                    Risk::Read,
                    "list,info,check,rlist,rinfo,repo-list,repo-info,config *,mount,umount",
                ),
                (Risk::Write, "create,init,rcreate,repo-create,export-tar,generate"),
                (Risk::Destructive, "prune,compact,extract,restore,delete,repo-delete"),
            ])
            // Without a command it creates, prunes, compacts and checks.
            .unwrap_or(if call.operands.is_empty() { Risk::Destructive } else { Risk::Unknown });
    }
    // A value behind the key sets it: without `append_only` what is deleted is gone.
    if call.by_verb(&[(Risk::Read, "config")]).is_some() && call.operands.len() > 3 {
        let last = call.operands.last().map_or("", |word| word.text.as_str());
        let guard = call.names("append_only") && matches!(last, "0" | "false");
        return if guard { Risk::Destructive } else { Risk::Disruptive };
    }
    match call.by_verb(VERBS) {
        Some(Risk::Read) if call.has(&["repair"]) => Risk::Destructive,
        Some(Risk::Read) if call.has(&["delete"]) => Risk::Write,
        Some(risk) => risk,
        None => Risk::Unknown,
    }
}
