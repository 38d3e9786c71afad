//! TG007: a pattern that hits more in the sandbox than the step declares.

use crate::check::Context;
use crate::check::observed::{declared, deleted_too_much, deletes_by_pattern};
use crate::check::rule::{Example, Report, Rule};
use crate::evidence::Severity;

/// What a pattern names is known only where it meets the files.
pub const RULE: Rule = Rule {
    code: "TG007",
    name: "pattern-deletes-more",
    severity: Severity::High,
    summary: "in the dry run a pattern, or a list made by another program, deleted more than the step declares",
    why: "whoever wrote the pattern had other files in mind than those that are there; on the host the rest would be gone",
    fix: "name the paths one by one, or narrow the pattern until the dry run deletes what `effects.deletes` and `effects.max_deletes` say",
    source: "rsync(1), --max-delete; observed in the dry run",
    layer: super::DRY_RUN,
    bad: &[
        Example::Seen {
            plan: "schema: blackstart/plan/v1\nid: p\nkind: recovery\ntitle: t\nsteps:\n  - id: purge\n    title: Remove last year's dumps\n    kind: command\n    risk: destructive\n    run: rm /backup/dump-*.gz\n    effects: {deletes: [/backup/dump-2025*.gz]}\n",
            lines: "deleted /backup/dump-2025-01.gz\nundeclared deleted /backup/dump-2026-11.gz",
        },
        Example::Seen {
            plan: "schema: blackstart/plan/v1\nid: p\nkind: recovery\ntitle: t\nsteps:\n  - id: tidy\n    title: Remove old parts\n    kind: command\n    risk: destructive\n    run: find /srv/parts -name '*.part' -delete\n    effects: {deletes: [/srv/parts/**], max_deletes: 1}\n",
            lines: "deleted /srv/parts/a.part\ndeleted /srv/parts/b.part",
        },
    ],
    good: &[
        Example::Seen {
            plan: "schema: blackstart/plan/v1\nid: p\nkind: recovery\ntitle: t\nsteps:\n  - id: purge\n    title: Remove last year's dumps\n    kind: command\n    risk: destructive\n    run: rm /backup/dump-2025*.gz\n    effects: {deletes: [/backup/dump-2025*.gz], max_deletes: 12}\n",
            lines: "deleted /backup/dump-2025-01.gz\ndeleted /backup/dump-2025-02.gz",
        },
        Example::Seen {
            plan: "schema: blackstart/plan/v1\nid: p\nkind: recovery\ntitle: t\nsteps:\n  - {id: one, title: Remove one file, kind: command, risk: destructive, run: rm /srv/a, effects: {deletes: [/srv/b]}}\n",
            lines: "undeclared deleted /srv/a",
        },
    ],
    run,
};

fn run(context: &Context<'_>, report: &mut Report) {
    for (step, shown) in declared(context) {
        if let Some(said) = deleted_too_much(step, shown)
            && let Some(name) = deletes_by_pattern(context, step)
        {
            report.add_whole(&RULE, Some(&step.id), format!("`{name}` works on a pattern: {said}"));
        }
    }
}
