//! SH019: a file name that is read as an option.

use crate::base::Span;
use crate::check::rule::{Example, Report, Rule, edit};
use crate::check::{Context, Unit};
use crate::evidence::Severity;
use crate::shell::{Argument, Piece};

/// `*` becomes whatever files are there, also one that is called `-rf`.
pub const RULE: Rule = Rule {
    code: "SH019",
    name: "wildcard-taken-for-option",
    severity: Severity::Low,
    summary: "a pattern that begins with `*` or `?` is handed to a command without `./` or `--` before it",
    why: "a file named `-rf` or `--checkpoint-action=exec=sh` is an option for rm, tar, chown or rsync; whoever may write there decides what is deleted or run",
    fix: "`./*`, or `--` before the pattern",
    source: "bash(1), Pathname Expansion; ShellCheck SC2035; measured: beside a file named `-rf`, `rm *` deletes a directory too",
    layer: "static",
    bad: &[
        Example::Script("cd /srv/upload || exit 1\nrm *\n"),
        Example::Script(
            r#"#!/bin/bash
set -euo pipefail
# everything that people dropped here goes into the copy
cd /srv/upload
tar -czf "/backup/upload-$(date +%F).tgz" *
chown -R backup: *
"#,
        ),
        Example::Script("cd /data || exit 1\nrsync -a * dr1:/data/\n"),
    ],
    good: &[
        Example::Script("cd /srv/upload || exit 1\nrm ./*\nrm -- *\n"),
        Example::Script(
            r#"#!/bin/bash
set -euo pipefail
cd /srv/upload
tar -czf "/backup/upload-$(date +%F).tgz" .
chown -R backup: /srv/upload
for f in *; do echo "$f"; done
"#,
        ),
        Example::Script("rm /srv/upload/*\ncp app.* /backup/app/\nls *\nrm -f shop-*.sql\n"),
    ],
    run,
};

fn run(context: &Context<'_>, report: &mut Report) {
    for unit in context.scripts() {
        if !unit.text.contains(" *") && !unit.text.contains(" ?") {
            continue;
        }
        let tools = ["rm", "tar", "chown", "chmod", "rsync", "cp", "mv", "scp", "zip", "shred"];
        for run in unit.named(&tools) {
            let arguments = run.command.arguments();
            let ended =
                arguments.iter().position(|a| a.literal() == Some("--")).unwrap_or(arguments.len());
            let Some(argument) = arguments[..ended].iter().find(|a| open(a) && written(unit, a))
            else {
                continue;
            };
            let name = run.command.name().unwrap_or_default();
            let message = format!("a file that is called like an option becomes one of `{name}`");
            let finding = report.add(&RULE, unit, argument.span, message);
            // An archiver keeps the names as they are given.
            if !matches!(name, "tar" | "zip" | "rsync" | "scp") {
                finding.edit = edit(Span::new(argument.span.start, argument.span.start), "./");
            }
            if matches!(name, "rm" | "tar" | "rsync" | "chown") {
                finding.severity = Severity::Medium;
            }
        }
    }
}

fn open(argument: &Argument) -> bool {
    matches!(argument.pieces.first(), Some(Piece::Glob(glob)) if glob.starts_with(['*', '?']))
}

/// Tells whether the pattern stands in the text as it is, not in a variable.
fn written(unit: &Unit<'_>, argument: &Argument) -> bool {
    unit.slice(argument.span).starts_with(['*', '?'])
}
