//! FO009: a backup that stays switched off.

use crate::check::Context;
use crate::check::rule::{Example, Report, Rule};
use crate::evidence::Place;
use crate::evidence::Severity;
use crate::plan::{Phase, StepKind};

/// What is paused for a recovery is started again by the same plan.
pub const RULE: Rule = Rule {
    code: "FO009",
    name: "paused-job-not-resumed",
    severity: Severity::Medium,
    summary: "a timer or a backup job is stopped, and nothing starts it again",
    why: "the recovered system has no backup, and nobody misses it until the next disaster",
    fix: "`systemctl start` or `enable` for each unit that was stopped or disabled, as a last step",
    source: "NIST SP 800-34, Reconstitution: data backup",
    layer: "static",
    bad: &[
        Example::Script(
            "systemctl stop backup.timer\nsystemctl stop app\nmv /srv/app /srv/app.before\nmv /srv/app.new /srv/app\nsystemctl start app\n",
        ),
        Example::Plan {
            plan: "schema: blackstart/plan/v1\nid: p\nkind: recovery\ntitle: t\nsteps:\n  - {id: a, title: t, kind: command, risk: disruptive, run: \"systemctl disable --now pg-backup.timer\"}\n  - {id: b, title: t, kind: command, risk: disruptive, run: \"systemctl start app\"}\n",
            inventory: "",
        },
    ],
    good: &[
        Example::Script(
            "systemctl stop backup.timer\nmv /srv/app.new /srv/app\nsystemctl start backup.timer\n",
        ),
        Example::Plan {
            plan: "schema: blackstart/plan/v1\nid: p\nkind: recovery\ntitle: t\nsteps:\n  - {id: a, title: t, kind: command, risk: disruptive, run: \"systemctl disable --now pg-backup.timer\"}\n  - {id: b, title: t, kind: command, risk: disruptive, run: \"systemctl enable --now pg-backup.timer\"}\n",
            inventory: "",
        },
        Example::Script("systemctl stop app\nsystemctl start app\n"),
        Example::Plan {
            plan: "schema: blackstart/plan/v1\nid: p\nkind: recovery\ntitle: t\nsteps:\n  - {id: a, title: t, kind: command, risk: disruptive, run: \"systemctl stop backup.timer\"}\n  - {id: b, phase: reconstitution, title: Start the paused jobs again, kind: manual}\n",
            inventory: "",
        },
    ],
    run,
};

fn run(context: &Context<'_>, report: &mut Report) {
    // A person who resumes the jobs has a list of them.
    let by_hand = context.plan.is_some_and(|plan| {
        plan.steps
            .iter()
            .any(|step| step.phase == Some(Phase::Reconstitution) && step.kind == StepKind::Manual)
    });
    if by_hand {
        return;
    }
    for (unit, run) in context.named(&["systemctl"]) {
        let command = run.command;
        if unit.part == Place::Rollback || !command.is(&["systemctl"]) {
            continue;
        }
        let words = command.literals();
        if !words.iter().any(|word| matches!(*word, "stop" | "disable" | "mask")) {
            continue;
        }
        for name in words.iter().filter(|word| word.ends_with(".timer")) {
            let ends = context.after(unit, run).any(|(_, other)| {
                other.command.is(&["systemctl"])
                    && (other.command.has("start") || other.command.has("restart"))
            });
            let resumed = context.after(unit, run).any(|(_, other)| {
                other.command.is(&["systemctl"])
                    && other.command.has(name)
                    && other
                        .command
                        .literals()
                        .iter()
                        .any(|word| matches!(*word, "start" | "enable" | "unmask" | "restart"))
            });
            // Where nothing is started again, the text is not the end of the recovery.
            if ends && !resumed {
                report.add(
                    &RULE,
                    unit,
                    command.span,
                    format!("{name} is stopped here and never started again"),
                );
            }
        }
    }
}
