//! LL014: the same step written twice.

use crate::base::Risk;
use crate::check::Context;
use crate::check::risk;
use crate::check::rule::{Example, Report, Rule};
use crate::evidence::{Place, Severity};

/// Text that was pasted twice is run twice.
pub const RULE: Rule = Rule {
    code: "LL014",
    name: "same-step-twice",
    severity: Severity::Medium,
    summary: "two steps change things by the very same text, on the same host",
    why: "the second run works on what the first one left: it fails, or takes the good state for the old one",
    fix: "remove one of them, or say in what they differ",
    source: "published runbook: the same text three times",
    layer: "plan",
    bad: &[
        Example::Plan {
            plan: "schema: blackstart/plan/v1\nid: p\nkind: recovery\ntitle: t\nsteps:\n  - {id: a, title: Move, kind: command, risk: destructive, run: mv /srv/app /srv/app.before}\n  - {id: b, title: Move again, kind: command, needs: [a], risk: destructive, run: mv /srv/app /srv/app.before}\n",
            inventory: "",
        },
        Example::Plan {
            plan: "schema: blackstart/plan/v1\nid: p\nkind: recovery\ntitle: t\nsteps:\n  - {id: a, title: Make, kind: command, risk: write, run: createdb shop_new}\n  - {id: b, title: Make, kind: command, risk: write, run: 'createdb   shop_new'}\n",
            inventory: "",
        },
    ],
    good: &[
        Example::Plan {
            plan: "schema: blackstart/plan/v1\nid: p\nkind: recovery\ntitle: t\nsteps:\n  - {id: a, title: Make, kind: command, host: h1, risk: write, run: createdb shop_new}\n  - {id: b, title: Make, kind: command, host: h2, risk: write, run: createdb shop_new}\n",
            inventory: "",
        },
        Example::Plan {
            plan: "schema: blackstart/plan/v1\nid: p\nkind: recovery\ntitle: t\nsteps:\n  - {id: a, title: Look, kind: command, risk: read, run: df /srv}\n  - {id: b, title: Look, kind: command, risk: read, run: df /srv}\n  - {id: c, title: Start, kind: command, risk: disruptive, run: systemctl restart app}\n  - {id: d, title: Start, kind: command, risk: disruptive, run: systemctl restart app}\n",
            inventory: "",
        },
    ],
    run,
};

fn run(context: &Context<'_>, report: &mut Report) {
    let plain = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let runs: Vec<_> = context.units.iter().filter(|unit| unit.part == Place::Run).collect();
    for (at, unit) in runs.iter().enumerate() {
        // Looking, stopping and starting twice is no harm.
        let harm = risk::of_unit(unit);
        let (true, Some(step)) = (!matches!(harm, Risk::Read | Risk::Disruptive), unit.step) else {
            continue;
        };
        let first = runs[..at]
            .iter()
            .filter_map(|other| Some((other, other.step?)))
            .find(|(other, own)| own.host == step.host && plain(other.text) == plain(unit.text));
        if let Some((_, own)) = first {
            report.add_whole(
                &RULE,
                Some(&step.id),
                format!("the step does the same as {}", own.id),
            );
        }
    }
}
