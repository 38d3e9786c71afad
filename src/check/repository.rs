//! Calls of backup programs that keep a repository: which there are, and what each does.

use super::{Context, Run, Unit};
use crate::tools::Call;

/// What a call of a backup program does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Act {
    /// Makes a copy.
    Save,
    /// Looks whether the repository is whole.
    Check,
    /// Writes what a copy holds back to a disk.
    Restore,
    /// Removes copies by a policy or by name.
    Forget,
    /// Frees the room of what was removed.
    Compact,
    /// Takes a lock away.
    Unlock,
    /// Rewrites the repository to make it consistent.
    Repair,
    /// Makes a repository.
    Init,
}

/// A call of a backup program.
#[derive(Debug)]
pub struct Operation<'c, 'a> {
    /// The text it stands in.
    pub unit: &'c Unit<'a>,
    /// The command.
    pub run: Run<'c>,
    /// The command taken apart.
    pub call: &'c Call<'static>,
    /// The program: `restic`, `borg`, `duplicity` or `kopia`.
    pub program: &'static str,
    /// What it does.
    pub act: Act,
    /// The words behind the one that says what to do; values of flags that are not known may be among them.
    pub operands: Vec<String>,
}

impl Operation<'_, '_> {
    /// Tells whether the call only says what it would do.
    pub fn is_rehearsal(&self) -> bool {
        self.call.has(&["dry-run", "help", "list-only"])
    }
}

/// Returns every call of a backup program whose purpose is known, in order.
pub fn operations<'c, 'a>(context: &'c Context<'a>) -> Vec<Operation<'c, 'a>> {
    context.named(PROGRAMS).filter_map(|(unit, run)| operation(unit, run)).collect()
}

/// The programs.
const PROGRAMS: &[&str] = &["restic", "borg", "duplicity", "kopia"];

fn operation<'c, 'a>(unit: &'c Unit<'a>, run: Run<'c>) -> Option<Operation<'c, 'a>> {
    let name = run.command.name()?;
    let program = *PROGRAMS.iter().find(|one| **one == name)?;
    let call = unit.take_apart(run.command)?;
    let words: Vec<String> = call.operands.iter().map(|word| word.text.clone()).collect();
    let found = words.iter().enumerate().find_map(|(at, word)| {
        let before = if at == 0 { "" } else { words[at - 1].as_str() };
        Some((at, act(program, before, word, call)?))
    });
    let (act, operands) = match found {
        Some((at, act)) => (act, words[at + 1..].to_vec()),
        // duplicity without a verb copies from a directory to an address, or back.
        None if program == "duplicity" && words.len() > 1 => {
            let back = words[words.len() - 2].contains("://");
            (if back { Act::Restore } else { Act::Save }, words)
        }
        None => return None,
    };
    Some(Operation { unit, run, call, program, act, operands })
}

fn act(program: &str, before: &str, word: &str, call: &Call<'_>) -> Option<Act> {
    let act = match (program, word) {
        ("restic", "backup") => Act::Save,
        ("restic", "forget") => Act::Forget,
        ("restic", "prune") => Act::Compact,
        ("restic", "check") => Act::Check,
        ("restic", "restore") => Act::Restore,
        ("restic", "unlock") => Act::Unlock,
        ("restic", "repair" | "rebuild-index" | "recover" | "migrate") => Act::Repair,
        ("restic", "init") => Act::Init,
        ("borg", "create") => Act::Save,
        ("borg", "prune" | "delete") => Act::Forget,
        ("borg", "compact") => Act::Compact,
        ("borg", "check") if call.has(&["repair"]) => Act::Repair,
        ("borg", "check") => Act::Check,
        ("borg", "extract") => Act::Restore,
        ("borg", "break-lock") => Act::Unlock,
        ("borg", "init" | "rcreate" | "repo-create") => Act::Init,
        ("duplicity", "full" | "incr" | "incremental" | "backup") => Act::Save,
        ("duplicity", "verify") => Act::Check,
        ("duplicity", "restore") => Act::Restore,
        (
            "duplicity",
            "remove-older-than" | "remove-all-but-n-full" | "remove-all-inc-of-but-n-full",
        ) => Act::Forget,
        ("duplicity", "cleanup") => Act::Compact,
        ("kopia", "create") if before == "snapshot" => Act::Save,
        ("kopia", "verify") if before == "snapshot" => Act::Check,
        ("kopia", "expire" | "delete") if before == "snapshot" => Act::Forget,
        ("kopia", "create") if before == "repository" => Act::Init,
        ("kopia", "restore") => Act::Restore,
        ("kopia", "run") if before == "maintenance" => Act::Compact,
        _ => return None,
    };
    Some(act)
}

/// Tells whether what follows a command runs although the command failed, and nothing asks how it ended.
pub fn failure_is_lost(unit: &Unit<'_>, run: Run<'_>, next: Run<'_>) -> bool {
    let setting = &run.command.setting;
    let (from, to) = (run.command.span.end, next.command.span.start);
    let asks =
        unit.commands.uses.iter().any(|u| u.name == "?" && (from..to).contains(&u.span.start));
    setting.masked || !setting.errexit && !setting.asked && !asks
}
