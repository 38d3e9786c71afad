//! CT003: a recovery that begins with a change.

use crate::base::Risk;
use crate::check::Context;
use crate::check::risk;
use crate::check::rule::{Example, Report, Rule};
use crate::evidence::{Place, Severity};
use crate::plan::{Kind, StepKind};

/// Access, tools and versions are looked at first.
pub const RULE: Rule = Rule {
    code: "CT003",
    name: "no-preflight",
    severity: Severity::Medium,
    summary: "a recovery plan stops or destroys something before any step looked whether it can work",
    why: "a missing tool, a wrong version or a lack of rights is found when the service is already down",
    fix: "begin with a check: the tools (`command -v`), their versions, that the copy can be read and the target written",
    source: "readiness checks of recovery orchestration products",
    layer: "plan",
    bad: &[
        Example::Plan {
            plan: "schema: blackstart/plan/v1\nid: p\nkind: recovery\ntitle: t\nsteps:\n  - {id: stop, title: Stop, kind: command, risk: disruptive, run: systemctl stop app}\n  - {id: look, title: Look, kind: check, needs: [stop], check: test -r /backup/app.tgz}\n",
            inventory: "",
        },
        Example::Plan {
            plan: "schema: blackstart/plan/v1\nid: p\nkind: recovery\ntitle: t\nsteps:\n  - {id: drop, title: Drop, kind: command, risk: destructive, run: dropdb shop_restore}\n",
            inventory: "",
        },
    ],
    good: &[
        Example::Plan {
            plan: "schema: blackstart/plan/v1\nid: p\nkind: recovery\ntitle: t\nsteps:\n  - {id: look, title: Look, kind: check, check: test -r /backup/app.tgz}\n  - {id: stop, title: Stop, kind: command, needs: [look], risk: disruptive, run: systemctl stop app}\n",
            inventory: "",
        },
        Example::Plan {
            plan: "schema: blackstart/plan/v1\nid: p\nkind: recovery\ntitle: t\nsteps:\n  - {id: make, title: Make, kind: command, risk: write, run: mkdir /srv/restored}\n",
            inventory: "",
        },
    ],
    run,
};

fn run(context: &Context<'_>, report: &mut Report) {
    let Some(plan) = context.plan.filter(|plan| plan.kind == Kind::Recovery) else {
        return;
    };
    for unit in &context.units {
        let Some(step) = unit.step else {
            continue;
        };
        if step.kind == StepKind::Check {
            return;
        }
        if unit.part == Place::Run && risk::of_unit(unit) >= Risk::Disruptive {
            // What a person looks at first counts as well.
            let by_hand = plan
                .steps
                .iter()
                .take_while(|other| other.id != step.id)
                .any(|other| other.kind == StepKind::Manual);
            if !by_hand {
                report.add_whole(
                    &RULE,
                    Some(&step.id),
                    "the plan changes something before it looked whether it can work".to_owned(),
                );
            }
            return;
        }
    }
}
