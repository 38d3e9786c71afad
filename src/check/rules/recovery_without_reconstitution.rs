//! FO004: a recovery that ends with its cut-over.

use crate::check::Context;
use crate::check::rule::{Example, Report, Rule};
use crate::evidence::Severity;
use crate::plan::{Kind, Phase};

/// After the data is back, its backups, standbys and alarms are not.
pub const RULE: Rule = Rule {
    code: "FO004",
    name: "recovery-without-reconstitution",
    severity: Severity::High,
    summary: "a recovery plan has a cut-over and nothing behind it",
    why: "the recovered system runs without backup and without standby, and the next disaster finds it so",
    fix: "steps in the phase reconstitution: a new backup that is restored once, standbys, paused jobs, what was kept aside",
    source: "NIST SP 800-34, Reconstitution Phase",
    layer: "plan",
    bad: &[
        Example::Plan {
            plan: "schema: blackstart/plan/v1\nid: p\nkind: recovery\ntitle: t\nsteps:\n  - {id: stop, phase: activation, title: t, kind: command, risk: disruptive, run: systemctl stop app}\n  - {id: restore, phase: recovery, title: t, kind: command, risk: write, needs: [stop], run: 'createdb shop_new'}\n  - {id: swap, phase: cutover, title: t, kind: command, risk: disruptive, needs: [restore], run: 'systemctl start app'}\n",
            inventory: "",
        },
        Example::Plan {
            plan: "schema: blackstart/plan/v1\nid: p\nkind: recovery\ntitle: t\nsteps:\n  - {id: stop, phase: activation, title: t, kind: command, risk: disruptive, run: systemctl stop app}\n  - {id: restore, phase: recovery, title: t, kind: command, risk: write, needs: [stop], run: 'createdb shop_new'}\n  - {id: swap, phase: cutover, title: t, kind: command, risk: disruptive, needs: [restore], run: 'systemctl start app'}\n  - {id: look, phase: validation, title: t, kind: check, needs: [swap], check: 'systemctl is-active app'}\n",
            inventory: "",
        },
    ],
    good: &[
        Example::Plan {
            plan: "schema: blackstart/plan/v1\nid: p\nkind: recovery\ntitle: t\nsteps:\n  - {id: stop, phase: activation, title: t, kind: command, risk: disruptive, run: systemctl stop app}\n  - {id: restore, phase: recovery, title: t, kind: command, risk: write, needs: [stop], run: 'createdb shop_new'}\n  - {id: swap, phase: cutover, title: t, kind: command, risk: disruptive, needs: [restore], run: 'systemctl start app'}\n  - {id: backup, phase: reconstitution, title: Make a new backup, kind: manual, needs: [swap]}\n",
            inventory: "",
        },
        Example::Plan {
            plan: "schema: blackstart/plan/v1\nid: p\nkind: recovery\ntitle: t\nsteps:\n  - {id: a, title: t, kind: command, risk: disruptive, run: \"systemctl start app\"}\n",
            inventory: "",
        },
        Example::Plan {
            plan: "schema: blackstart/plan/v1\nid: p\nkind: recovery\ntitle: t\nsteps:\n  - {id: stop, phase: activation, title: t, kind: command, risk: disruptive, run: systemctl stop app}\n  - {id: restore, phase: recovery, title: t, kind: command, risk: write, needs: [stop], run: 'createdb shop_new'}\n  - {id: swap, phase: cutover, title: t, kind: command, risk: disruptive, needs: [restore], run: 'systemctl start app'}\n  - {id: backup, phase: cutover, title: t, kind: command, risk: write, needs: [swap], run: 'pg_basebackup -D /backup/base.new'}\n",
            inventory: "",
        },
    ],
    run,
};

fn run(context: &Context<'_>, report: &mut Report) {
    let Some(plan) = context.plan.filter(|plan| plan.kind == Kind::Recovery) else { return };
    let of = |phase: Phase| plan.steps.iter().filter(move |step| step.phase == Some(phase));
    let Some(last) = of(Phase::Cutover).next_back() else { return };
    let recovers = of(Phase::Recovery).any(|step| step.runs());
    let copies = context.runs().any(|(unit, run)| {
        let phase = unit.step.and_then(|step| step.phase);
        let programs = [
            "pg_basebackup",
            "pg_dump",
            "pg_dumpall",
            "mysqldump",
            "mariadb-dump",
            "mariabackup",
            "restic",
            "borg",
            "pgbackrest",
        ];
        phase == Some(Phase::Cutover) && run.command.is(&programs)
    });
    if recovers && !copies && of(Phase::Reconstitution).next().is_none() {
        let message =
            "the plan ends with its cut-over: no new backup, no standby, no job that was paused"
                .to_owned();
        report.add_whole(&RULE, Some(&last.id), message);
    }
}
