//! TG013: a step that tried to reach in the sandbox what it does not declare.

use crate::check::Context;
use crate::check::observed::declared;
use crate::check::rule::{Example, Report, Rule};
use crate::evidence::{Declared, Effect, Severity};

/// In the sandbox nothing leaves; on the host it would.
pub const RULE: Rule = Rule {
    code: "TG013",
    name: "undeclared-connection",
    severity: Severity::High,
    summary: "in the dry run the step tried to reach a host that its effects do not name",
    why: "it depends on something, or sends something somewhere, that nobody who approves the step knows of",
    fix: "take the call out of the command, or name the destination in the step's `effects.network`",
    source: "observed in the dry run",
    layer: super::DRY_RUN,
    bad: &[
        Example::Seen {
            plan: "schema: blackstart/plan/v1\nid: p\nkind: recovery\ntitle: t\nsteps:\n  - {id: copy, title: Copy, kind: command, risk: write, run: ./copy.sh, effects: {network: ['db1:5432']}}\n",
            lines: "reached db1:5432\nundeclared reached 203.0.113.7:443",
        },
        Example::Seen {
            plan: "schema: blackstart/plan/v1\nid: p\nkind: recovery\ntitle: t\nsteps:\n  - {id: copy, title: Copy, kind: command, risk: write, run: ./copy.sh, effects: {writes: [/srv/a]}}\n",
            lines: "created /srv/a\nundeclared reached telemetry.example.net:443",
        },
    ],
    good: &[
        Example::Seen {
            plan: "schema: blackstart/plan/v1\nid: p\nkind: recovery\ntitle: t\nsteps:\n  - {id: copy, title: Copy, kind: command, risk: write, run: ./copy.sh, effects: {network: ['db1:5432']}}\n",
            lines: "reached db1:5432",
        },
        Example::Seen {
            plan: "schema: blackstart/plan/v1\nid: p\nkind: recovery\ntitle: t\nsteps:\n  - {id: copy, title: Copy, kind: command, risk: write, run: ./copy.sh}\n",
            lines: "undeclared reached db1:5432",
        },
    ],
    run,
};

/// Destinations that a message names.
const NAMED: usize = 5;

fn run(context: &Context<'_>, report: &mut Report) {
    for (step, shown) in declared(context) {
        let mut reached: Vec<&str> = shown
            .effects
            .iter()
            .filter_map(|effect| match effect {
                Effect::Connect { destination, declared: Declared::No, .. } => Some(&**destination),
                Effect::Connect { .. }
                | Effect::File(_)
                | Effect::Exec { .. }
                | Effect::Lookup { .. }
                | Effect::Denied { .. } => None,
            })
            .collect();
        reached.sort_unstable();
        reached.dedup();
        if reached.is_empty() {
            continue;
        }
        let named = reached.iter().take(NAMED).copied().collect::<Vec<_>>().join(", ");
        let more = match reached.len().saturating_sub(NAMED) {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        report.add_whole(
            &RULE,
            Some(&step.id),
            format!("it tries to reach {named}{more}, undeclared"),
        );
    }
}
