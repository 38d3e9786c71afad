//! restic and what drives it.

use super::tool::{Call, Operands, Role, Tool, value};
use crate::base::Risk;

const VERBS: &[(Risk, &str)] = &[
    (
        Risk::Read,
        "snapshots,check,ls,find,stats,diff,cat,list,dump,version,mount,key list,help,cache,options,features,generate",
    ),
    (Risk::Write, "backup,init,unlock,tag,copy,key add,key passwd,self-update"),
    (Risk::Destructive, "forget,prune,rewrite,repair,migrate,recover,rebuild-index,key remove"),
];

/// `restic`; `resticprofile`, `autorestic` take its commands too.
pub const TOOL: Tool = Tool {
    name: "restic",
    names: &["restic", "resticprofile", "autorestic", "rustic"],
    flags: &[
        value('r', "repo", Role::Text),
        value('p', "password-file", Role::Source),
        value('\0', "repository-file", Role::Source),
        value('t', "target", Role::Target),
        value('\0', "files-from", Role::Source),
        value('\0', "exclude-file", Role::Source),
        value('\0', "password-command", Role::Command),
        value('o', "option", Role::Text),
        value('n', "name", Role::Text),
        value('c', "config", Role::Source),
    ],
    operands: Operands::All(Role::Text),
    risk,
    safer: &[
        ("restore", "restore --target into a new directory, compare, then put in place"),
        (
            "forget",
            "restic forget --dry-run first, with --keep-* that always keep some; prune after a restic check",
        ),
        ("prune", "restic check --read-data-subset=5% first; prune --dry-run shows how much goes"),
        (
            "rewrite",
            "restic copy to another repository first; rewrite without --forget keeps the old snapshots",
        ),
        ("repair", "copy the repository first; restic check tells what is damaged"),
        ("rebuild-index", "copy the repository first; restic check tells what is damaged"),
        ("key remove", "restic key list, and open the repository with the key that stays"),
        (
            "unlock",
            "restic list locks, and make sure that no backup runs: an unlocked prune beside a backup loses data",
        ),
    ],
};

fn risk(call: &Call<'_>) -> Risk {
    if call.has(&["dry-run"]) {
        return Risk::Read;
    }
    if call.by_verb(&[(Risk::Write, "restore")]).is_some() {
        let new = call.value(&["target"]).is_some_and(|word| word.fresh);
        return if new { Risk::Write } else { Risk::Destructive };
    }
    match call.by_verb(VERBS) {
        // It writes where it is told to.
        Some(Risk::Read) if call.value(&["target"]).is_some_and(|word| !word.fresh) => {
            Risk::Destructive
        }
        Some(risk) => risk,
        None => Risk::Unknown,
    }
}
