//! RB010: a backup program says that something is missing, and nobody hears it.

use crate::check::Context;
use crate::check::repository::{Act, operations};
use crate::check::rule::{Example, Report, Rule};
use crate::evidence::Severity;

/// restic ends with 3, borg with 1, when files could not be read.
pub const RULE: Rule = Rule {
    code: "RB010",
    name: "incomplete-backup-accepted",
    severity: Severity::High,
    summary: "the exit code of a backup program is thrown away, or the one that means \"incomplete\" counts as success",
    why: "a copy without the files that could not be read looks like every other until the day it is needed",
    fix: "let the exit code stop the script; where a warning is to be accepted, log it and look at the list of unread files",
    source: "restic documentation, \"Exit status codes\" (3: some source files could not be read); borg documentation, \"Return codes\"; measured with restic 0.14: rc 3 for an unreadable file",
    layer: "static",
    bad: &[
        Example::Script("restic -r /backup/restic backup /srv || true\n"),
        Example::Script(
            "#!/bin/bash\nset -euo pipefail\nexport RESTIC_REPOSITORY=s3:s3.eu-central-1.amazonaws.com/copies RESTIC_PASSWORD_FILE=/root/.restic\nmountpoint -q /srv\nrestic backup --exclude-caches /srv /home || :\nlogger -t backup \"backup finished\"\n",
        ),
        Example::Script(
            "borg create /backup/borg::\"$(date +%F)\" /srv\nrc=$?\nif [ \"$rc\" -gt 1 ]; then exit \"$rc\"; fi\n",
        ),
        Example::Script("restic backup /srv\nrc=$?\n[ $rc -eq 0 ] || [ $rc -eq 3 ] || exit $rc\n"),
    ],
    good: &[
        Example::Script("set -e\nrestic -r /backup/restic backup /srv\n"),
        Example::Script(
            "restic backup /srv || { rc=$?; echo \"restic: $rc\" >&2; exit \"$rc\"; }\n",
        ),
        Example::Script(
            "borg create /backup/borg::a /srv\nrc=$?\nif [ \"$rc\" -gt 0 ]; then exit \"$rc\"; fi\n",
        ),
        Example::Script(
            "set -euo pipefail\nrestic unlock || true\nrc=0\nrestic backup /srv || rc=$?\nif [ \"$rc\" -ne 0 ]; then echo \"backup ended with $rc\" >&2; exit \"$rc\"; fi\n",
        ),
    ],
    run,
};

fn run(context: &Context<'_>, report: &mut Report) {
    for one in operations(context) {
        if one.act != Act::Save || one.is_rehearsal() {
            continue;
        }
        if one.run.command.setting.masked {
            let message = format!("a {} that failed or left files out counts as done", one.program);
            report.add(&RULE, one.unit, one.run.command.span, message);
            continue;
        }
        let accepted: &[&[&str]] = match one.program {
            "restic" => &[&["-eq", "3"], &["=", "3"], &["==", "3"]],
            "borg" => &[&["-gt", "1"], &["-ge", "2"], &["-le", "1"], &["-eq", "1"], &["-lt", "2"]],
            _ => continue,
        };
        let asks = one.unit.named(&["test", "["]).find(|other| {
            let words = other.command.literals();
            other.index > one.run.index
                && other.command.is(&["test", "["])
                && accepted.iter().any(|pair| words.windows(2).any(|w| w == *pair))
                && about_status(other.command.arguments())
        });
        if let Some(asks) = asks {
            let message = format!(
                "the exit code by which {} says that files are missing is let pass",
                one.program
            );
            report.add(&RULE, one.unit, asks.command.span, message).severity = Severity::Medium;
        }
    }
}

/// Tells whether a test looks at an exit code, by the name of what it looks at.
fn about_status(arguments: &[crate::shell::Argument]) -> bool {
    let names = ["$?", "rc", "status", "exit", "ret", "code"];
    arguments.iter().any(|a| {
        let shown = a.shown().to_ascii_lowercase();
        names.iter().any(|name| shown.contains(name))
    })
}
