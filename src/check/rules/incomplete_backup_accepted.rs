//! RB010: a backup program says that something is missing, and nobody hears it.

use crate::check::asked::{Asked, Compared, asked};
use crate::check::outcome::{each, within};
use crate::check::repository::{Act, operations};
use crate::check::rule::{Example, Report, Rule};
use crate::check::{Context, Unit};
use crate::evidence::Severity;
use crate::shell::ast::{Link, Statement, StatementKind};

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
        Example::Script(
            r#"#!/usr/bin/env bash
set -uo pipefail
run_backup() {
  restic backup --exclude-caches /srv /home
}
run_backup
case $? in
  0|3) echo "backup fine" ;;
  *) echo "backup failed" >&2; exit 1 ;;
esac
restic forget --keep-daily 30 --prune || exit 1
"#,
        ),
        Example::Script(
            "restic backup /srv\nrc=$?\nif (( rc == 0 || rc == 3 )); then echo ok; else exit 1; fi\n",
        ),
        Example::Script("restic backup /srv\nrc=$?\n[ $rc -eq 0 ] || [ $rc -eq 3 ] || exit $rc\n"),
    ],
    good: &[
        Example::Script("set -e\nrestic -r /backup/restic backup /srv\n"),
        Example::Script(
            "restic backup /srv || { rc=$?; echo \"restic: $rc\" >&2; exit \"$rc\"; }\n",
        ),
        Example::Script(
            "restic backup /srv\ncase $? in\n  0) ;;\n  3) echo incomplete >&2; exit 3 ;;\n  *) exit 1 ;;\nesac\n",
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
        let accepted: &[(Compared, &str)] = match one.program {
            "restic" => &[(Compared::Equal, "3")],
            "borg" => &[
                (Compared::More, "1"),
                (Compared::AtLeast, "2"),
                (Compared::AtMost, "1"),
                (Compared::Equal, "1"),
                (Compared::Less, "2"),
            ],
            _ => continue,
        };
        // A function stands where it is written, its call behind it.
        let inner = one.unit.commands.payloads.iter().any(|p| p.span == one.run.command.span);
        let own = context.scripts().filter(|unit| match inner {
            true => !std::ptr::eq(*unit, one.unit) && unit.text.contains(one.program),
            false => std::ptr::eq(*unit, one.unit),
        });
        let asks = own.flat_map(|unit| asked(unit).into_iter().map(move |ask| (unit, ask))).find(
            |(unit, ask)| {
                (inner || ask.span.start >= one.run.command.span.end)
                    && accepted.contains(&(ask.how, ask.right.as_str()))
                    && about_status(&ask.left)
                    && !ends(unit, ask)
            },
        );
        if let Some((unit, asks)) = asks {
            let message = format!(
                "the exit code by which {} says that files are missing is let pass",
                one.program
            );
            report.add(&RULE, unit, asks.span, message).severity = Severity::Medium;
        }
    }
}

/// Tells whether a test looks at an exit code, by the name of what it looks at.
fn about_status(left: &str) -> bool {
    let names = ["$?", "rc", "status", "exit", "ret", "code"];
    let shown = left.to_ascii_lowercase();
    names.iter().any(|name| shown.contains(name))
}

/// Tells whether the script ends where the answer is that files are missing: `[ $rc -eq 3 ] && exit 3`, `3) exit 1 ;;`.
fn ends(unit: &Unit<'_>, ask: &Asked) -> bool {
    let mut found = false;
    let leaves = |body: &[Statement]| {
        let last = body.last().map(|s| unit.slice(s.span)).unwrap_or_default();
        ["exit", "return", "die", "fail"].iter().any(|word| last.starts_with(word))
    };
    each(&unit.script.statements, &mut |statement, _| match &statement.kind {
        StatementKind::Case { arms, .. } if statement.span == ask.span => {
            let arm = arms.iter().find(|arm| arm.patterns.contains(&ask.right));
            found |= arm.is_some_and(|arm| leaves(&arm.body));
        }
        StatementKind::If { branches, .. } if ask.how == Compared::Equal => {
            let own = |one: &&(Vec<Statement>, Vec<Statement>)| {
                one.0.iter().any(|s| within(ask.span, s.span) && !s.negated)
            };
            found |= branches.iter().find(own).is_some_and(|(_, body)| leaves(body));
        }
        StatementKind::List(links) if ask.how == Compared::Equal => {
            let after = links.iter().position(|(_, s)| s.span == ask.span);
            let next = after.and_then(|at| links.get(at + 1));
            found |=
                next.is_some_and(|(link, s)| *link == Link::And && leaves(std::slice::from_ref(s)));
        }
        _ => {}
    });
    found
}
