//! LL009: a step that destroys and is neither checked nor undone.

use crate::base::Risk;
use crate::check::risk;
use crate::check::rule::{Example, Report, Rule};
use crate::check::{Context, Unit};
use crate::evidence::{Place, Severity};
use crate::plan::StepKind;

/// What destroys needs a way to see that it worked, and a way back.
pub const RULE: Rule = Rule {
    code: "LL009",
    name: "destroys-without-way-back",
    severity: Severity::High,
    summary: "a step deletes or replaces data, and has no check, no rollback and no safety copy",
    why: "nobody sees whether it did what it should, and when it did not, nothing brings back what was there",
    fix: "give the step a check and a rollback, or name the step that keeps what it destroys in safety_copy",
    source: "NIST SP 800-34, recovery procedures",
    layer: "plan",
    bad: &[
        Example::Plan {
            plan: "schema: blackstart/plan/v1\nid: p\nkind: recovery\ntitle: t\nsteps:\n  - {id: drop, title: Drop, kind: command, risk: destructive, run: rm -rf /srv/app/data}\n",
            inventory: "",
        },
        Example::Plan {
            plan: "schema: blackstart/plan/v1\nid: p\nkind: recovery\ntitle: t\nsteps:\n  - {id: look, title: Look, kind: check, check: test -d /srv}\n  - {id: back, title: Back, kind: command, needs: [look], risk: destructive, run: rsync -a --delete /backup/app/ /srv/app/}\n",
            inventory: "",
        },
    ],
    good: &[
        Example::Plan {
            plan: "schema: blackstart/plan/v1\nid: p\nkind: recovery\ntitle: t\nsteps:\n  - {id: drop, title: Drop, kind: command, risk: destructive, run: rm -rf /srv/app/data, check: test ! -e /srv/app/data}\n",
            inventory: "",
        },
        Example::Plan {
            plan: "schema: blackstart/plan/v1\nid: p\nkind: recovery\ntitle: t\nsteps:\n  - {id: stop, title: Stop, kind: command, risk: disruptive, run: systemctl stop app}\n",
            inventory: "",
        },
    ],
    run,
};

fn run(context: &Context<'_>, report: &mut Report) {
    for step in context.plan.iter().flat_map(|plan| &plan.steps) {
        let bare = step.check.is_none() && step.rollback.is_none() && step.safety_copy.is_none();
        if !bare || step.kind != StepKind::Command {
            continue;
        }
        let own: Vec<&Unit<'_>> = context
            .units
            .iter()
            .filter(|unit| {
                unit.step.is_some_and(|own| own.id == step.id) && unit.part == Place::Run
            })
            .collect();
        // What cannot be read is a finding of its own.
        if !own.iter().any(|unit| destroys(risk::of_unit(unit))) {
            continue;
        }
        let message = "the step destroys data and has no check, no rollback and no safety copy";
        let finding = report.add_whole(&RULE, Some(&step.id), message.to_owned());
        if let Some(advice) = own.iter().find_map(|unit| safer(unit)) {
            finding.fix = Some(format!("{}; instead of its command: {advice}", RULE.fix));
        }
    }
}

fn destroys(risk: Risk) -> bool {
    matches!(risk, Risk::Destructive | Risk::Irreversible)
}

/// Returns what to write instead of the first command that destroys and for which something safer is known.
fn safer(unit: &Unit<'_>) -> Option<&'static str> {
    let mut heavy = unit.runs().filter(|run| destroys(risk::of_command(unit, run.command)));
    heavy.find_map(|run| unit.take_apart(run.command)?.safer())
}
