//! SH006: a temporary file whose name everybody can guess.

use crate::check::deeds::{self, Deed};
use crate::check::rule::{Example, Report, Rule};
use crate::check::{Context, Unit};
use crate::evidence::Severity;
use crate::shell::ast::RedirectKind;
use crate::shell::{Argument, Command};

/// Everybody may write to /tmp, also before the script does.
pub const RULE: Rule = Rule {
    code: "SH006",
    name: "fixed-temporary-path",
    severity: Severity::Low,
    summary: "a file in /tmp, /var/tmp or /dev/shm is written under a fixed name",
    why: "another user can put a link or a file of his own there first, two runs write into each other's file, and what is in it can be read",
    fix: "`dir=$(mktemp -d)` and `trap 'rm -rf -- \"$dir\"' EXIT`; write dumps to a directory of mode 0700",
    source: "mktemp(1); CWE-377; measured: a file made by `>` under umask 022 has mode 644",
    layer: "static",
    bad: &[
        Example::Script("mysqldump --single-transaction shop > /tmp/shop.sql\n"),
        Example::Script(
            r#"#!/bin/bash
set -euo pipefail
# copy of the wiki
WORK=/tmp/wiki-backup
mkdir -p "$WORK"
pg_dump -Fc -f "$WORK/wiki.dump" wiki
tar -czf "/backup/wiki-$(date +%F).tgz" -C "$WORK" .
rm -rf "$WORK"
"#,
        ),
        Example::Script("comm -13 <(sort /etc/a) <(sort /etc/b) > /tmp/missing.txt\n"),
    ],
    good: &[
        Example::Script(
            "dir=$(mktemp -d)\ntrap 'rm -rf -- \"$dir\"' EXIT\nmysqldump --single-transaction shop > \"$dir/shop.sql\"\n",
        ),
        Example::Script(
            r#"#!/bin/bash
set -euo pipefail
umask 077
WORK=/var/lib/backup/work
mkdir -p "$WORK"
pg_dump -Fc -f "$WORK/wiki.dump" wiki
list=$(mktemp /tmp/wiki.XXXXXX)
find "$WORK" -type f > "$list"
"#,
        ),
        Example::Script("cat /tmp/report.txt\nrm -f /tmp/old\nexec > /dev/null\n"),
        Example::Script("mysqldump shop > \"/tmp/shop.$$.$RANDOM\"\n"),
    ],
    run,
};

fn run(context: &Context<'_>, report: &mut Report) {
    for unit in context.units.iter().filter(|u| mentions(u.text)) {
        for run in unit.writing(deeds::OUTPUT) {
            let command = run.command;
            let redirected = command
                .redirects
                .iter()
                .filter(|r| matches!(r.kind, RedirectKind::Truncate | RedirectKind::Append))
                .map(|r| &r.target);
            let named = deeds::outputs(unit, command).into_iter().map(|(a, _)| a);
            let mut written: Vec<&Argument> = redirected.chain(named).collect();
            written.dedup_by_key(|a| a.span);
            for argument in written {
                if guessable(command, argument) && !guarded(unit, command, argument) {
                    let path = command.path(argument);
                    let message = format!("everybody knows that {path} will be written");
                    let finding = report.add(&RULE, unit, argument.span, message);
                    if dumps(unit, command) {
                        finding.severity = Severity::Medium;
                    }
                }
            }
        }
    }
}

fn mentions(text: &str) -> bool {
    ["/tmp", "/dev/shm"].iter().any(|place| text.contains(place))
}

/// Tells whether the command's own output is data.
fn dumps(unit: &Unit<'_>, command: &Command) -> bool {
    deeds::deed(unit, command) == Some(Deed::Dump)
        || command.setting.stage.is_some_and(|stage| {
            unit.stages(stage.pipeline).any(|other| deeds::deed(unit, other) == Some(Deed::Dump))
        })
}

/// Tells whether a path in a directory for everybody is the same in every run.
fn guessable(command: &Command, argument: &Argument) -> bool {
    let path = command.path(argument);
    ["/tmp/", "/var/tmp/", "/dev/shm/"].iter().any(|dir| path.starts_with(dir))
        && argument.literal().is_some()
}

/// Tells whether the directory the file lies in was made new by this script, or what is there is never written over.
fn guarded(unit: &Unit<'_>, command: &Command, argument: &Argument) -> bool {
    let path = command.path(argument);
    let made = unit.named(&["mkdir"]).any(|run| {
        let tolerant =
            run.command.literals().iter().any(|w| *w == "--parents" || deeds::short(w, 'p'));
        let about = |a: &Argument| crate::shell::path::within(&path, &run.command.path(a));
        !tolerant && run.command.setting.errexit && run.command.arguments().iter().any(about)
    });
    made || unit.named(&["set"]).any(|r| r.command.has("-C") || r.command.has("noclobber"))
}
