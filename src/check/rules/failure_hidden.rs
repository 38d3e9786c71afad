//! SH011: the failure of a backup is thrown away on purpose.

use std::collections::HashMap;

use crate::base::Span;
use crate::check::deeds::{self, Deed};
use crate::check::lookups::Spans;
use crate::check::names::looks_backup;
use crate::check::outcome::each;
use crate::check::rule::{Example, Report, Rule, edit};
use crate::check::{Context, Run, Unit};
use crate::evidence::Severity;
use crate::shell::ast::{Link, RedirectKind, Statement, StatementKind, Word};

/// What `|| true` says of a command is that its result does not matter.
pub const RULE: Rule = Rule {
    code: "SH011",
    name: "failure-hidden",
    severity: Severity::High,
    summary: "a dump, a restore or a test of a copy is followed by `|| true`, or its messages go to /dev/null",
    why: "a backup that failed for weeks looks like one that worked, until somebody needs it",
    fix: "let the failure end the script, or handle the exit codes that are known to be harmless one by one: `rc=0; cmd || rc=$?; [ \"$rc\" -le 1 ] || exit \"$rc\"`",
    source: "GitLab 2017: pg_dump had failed silently for weeks; bash(1), Lists",
    layer: "static",
    bad: &[
        Example::Script(
            "set -e\npg_dump -Fc -f /backup/shop.dump.new shop || true\nmv /backup/shop.dump.new /backup/shop.dump\n",
        ),
        Example::Script(
            r#"#!/bin/bash
set -euo pipefail
export BORG_REPO=/backup/borg BORG_PASSCOMMAND='cat /etc/borg/pass'
borg create --stats ::'{hostname}-{now}' /srv/app /etc || :
borg prune --keep-daily 14 --keep-weekly 8
borg compact
"#,
        ),
        Example::Script(
            "set -e\nsha256sum -c /backup/SHA256SUMS 2>&1 || true\ntar -xzf /backup/app.tgz -C /srv/stage\n",
        ),
        Example::Script(
            "set -e\nout=/backup/shop-$(date +%F).sql\nmysqldump --single-transaction shop > \"$out\" 2>/dev/null\n",
        ),
    ],
    good: &[
        Example::Script(
            "set -e\nrm -f /backup/old.sql || true\npg_dump -Fc -f /backup/shop.dump.new shop\n",
        ),
        Example::Script(
            r#"#!/bin/bash
set -euo pipefail
# tar says 1 when a file changed while it was read
rc=0
tar -czf "/backup/app-$(date +%F).tgz" -C /srv app || rc=$?
[ "$rc" -le 1 ] || exit "$rc"
restic backup /srv/app || { rc=$?; echo "restic exit $rc" >&2; exit "$rc"; }
"#,
        ),
        Example::Script(
            "set -e\numount /mnt/snap 2>/dev/null || true\nlvremove -y vg0/snap || true\n",
        ),
        Example::Script(
            "if ! pg_restore --list /backup/shop.dump > /dev/null 2>&1; then exit 1; fi\n",
        ),
    ],
    run,
};

fn run(context: &Context<'_>, report: &mut Report) {
    for unit in context.scripts() {
        let mut hidden: Vec<(Span, Option<Span>)> = Vec::new();
        each(&unit.script.statements, &mut |statement, _| {
            if let StatementKind::List(links) = &statement.kind {
                for pair in links.windows(2) {
                    if pair[1].0 == Link::Or && does_nothing(&pair[1].1) {
                        hidden.push((pair[0].1.span, tail(unit, &pair[1].1)));
                    }
                }
            }
        });
        let around = Spans::new(hidden.iter().map(|(span, _)| *span).zip(0..));
        let last = deeds::deeds(unit).last().map_or(0, |(run, _)| run.index);
        for (run, deed) in deeds::deeds(unit) {
            if matches!(deed, Deed::Delete) || run.command.setting.deferred {
                continue;
            }
            let name = run.command.name().unwrap_or_default();
            let inside = around.first_around(run.command.span).map(|at| hidden[at]);
            let silent = || silenced(run) && !run.command.setting.asked && deed != Deed::Verify;
            if inside.is_none() && !silent() || tested_later(unit, run) {
                continue;
            }
            if let Some((_, tail)) = inside {
                let message = format!("a failure of `{name}` is thrown away");
                let finding = report.add(&RULE, unit, run.command.span, message);
                finding.edit = tail.and_then(|tail| edit(tail, ""));
                if deed == Deed::Verify && last <= run.index || of_no_copy(run) {
                    finding.severity = Severity::Medium;
                }
            } else {
                let message = format!("what `{name}` says when it fails is thrown away");
                let finding = report.add(&RULE, unit, run.command.span, message);
                finding.severity = Severity::Low;
            }
        }
    }
}

/// Returns the text from `||` to the end of the command that does nothing. The spans of statements may take in blanks and
/// the line feed behind them.
fn tail(unit: &Unit<'_>, nothing: &Statement) -> Option<Span> {
    let start = nothing.span.start;
    let before = unit.text[..start].trim_end().strip_suffix("||")?.trim_end();
    let end = start + unit.slice(nothing.span).trim_end().len();
    Some(Span::new(before.len(), end))
}

/// Tells whether the command only passes files on, and nothing says that they are a copy (`cpio -p`).
fn of_no_copy(run: Run<'_>) -> bool {
    let command = run.command;
    let passes = command.literals().iter().any(|w| deeds::short(w, 'p') || *w == "--pass-through");
    let named = |a: &crate::shell::Argument| looks_backup(&command.path(a));
    command.is(&["cpio"]) && passes && !command.arguments().iter().any(named)
}

/// Tells whether the file that the command makes is tested behind it: `test -s file`.
fn tested_later(unit: &Unit<'_>, run: Run<'_>) -> bool {
    let tests = || {
        let mut last = HashMap::new();
        for run in unit.named(&["[", "test", "grep", "gzip", "cmp"]) {
            for argument in run.command.arguments() {
                last.insert(run.command.path(argument), run.index);
            }
        }
        last
    };
    let tested = unit.lookups.tested.get_or_init(tests);
    let later = |path: &str| tested.get(path).is_some_and(|last| *last > run.index);
    deeds::outputs_of_line(unit, run).iter().any(|(_, path)| later(path))
}

/// Tells whether a statement is `true` or `:`.
fn does_nothing(statement: &Statement) -> bool {
    let StatementKind::Simple(simple) = &statement.kind else { return false };
    let name = simple.words.first().and_then(Word::literal);
    matches!(name.as_deref(), Some("true" | ":" | "/bin/true" | "/usr/bin/true"))
}

/// Tells whether standard error goes to /dev/null.
fn silenced(run: Run<'_>) -> bool {
    run.command.redirects.iter().any(|r| {
        r.descriptor == Some(2)
            && r.kind == RedirectKind::Truncate
            && r.target.literal() == Some("/dev/null")
    })
}
