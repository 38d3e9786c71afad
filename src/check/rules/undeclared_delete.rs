//! TG011: a step that deleted more in the sandbox than it declares.

use crate::check::Context;
use crate::check::observed::{declared, deleted_too_much, deletes_by_pattern};
use crate::check::rule::{Example, Report, Rule};
use crate::evidence::Severity;

/// A deletion that nobody announced is one that nobody agreed to.
pub const RULE: Rule = Rule {
    code: "TG011",
    name: "undeclared-delete",
    severity: Severity::High,
    summary: "in the dry run the step deleted paths that its effects do not name, or more than they allow",
    why: "a person approves what a step declares; what it deletes beyond that nobody has looked at",
    fix: "take the deletion out of the command, or name it in the step's `effects.deletes` and raise `max_deletes`",
    source: "observed in the dry run",
    layer: super::DRY_RUN,
    bad: &[
        Example::Seen {
            plan: "schema: blackstart/plan/v1\nid: p\nkind: recovery\ntitle: t\nsteps:\n  - {id: clear, title: Clear the cache, kind: command, risk: destructive, run: rm -r /srv/app, effects: {deletes: [/srv/app/cache/**]}}\n",
            lines: "deleted /srv/app/cache/a\nundeclared deleted /srv/app/data",
        },
        Example::Seen {
            plan: "schema: blackstart/plan/v1\nid: p\nkind: recovery\ntitle: t\nsteps:\n  - {id: clear, title: Clear the cache, kind: command, risk: destructive, run: rm -r /srv/cache, effects: {deletes: [/srv/cache/**], max_deletes: 1}}\n",
            lines: "deleted /srv/cache\ndeleted /srv/cache/a",
        },
    ],
    good: &[
        Example::Seen {
            plan: "schema: blackstart/plan/v1\nid: p\nkind: recovery\ntitle: t\nsteps:\n  - {id: clear, title: Clear the cache, kind: command, risk: destructive, run: rm -r /srv/cache, effects: {deletes: [/srv/cache/**], max_deletes: 2}}\n",
            lines: "deleted /srv/cache\ndeleted /srv/cache/a",
        },
        Example::Seen {
            plan: "schema: blackstart/plan/v1\nid: p\nkind: recovery\ntitle: t\nsteps:\n  - {id: clear, title: Clear the cache, kind: command, risk: destructive, run: rm -r /srv/cache}\n",
            lines: "undeclared deleted /srv/cache",
        },
    ],
    run,
};

fn run(context: &Context<'_>, report: &mut Report) {
    for (step, shown) in declared(context) {
        if let Some(said) = deleted_too_much(step, shown)
            && deletes_by_pattern(context, step).is_none()
        {
            report.add_whole(&RULE, Some(&step.id), said);
        }
    }
}
