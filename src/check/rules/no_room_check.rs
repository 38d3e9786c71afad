//! CT002: a restore that finds out half way that the disk is full.

use crate::base::Risk;
use crate::check::rule::{Example, Report, Rule};
use crate::check::{Context, Run, Unit};
use crate::evidence::{Place, Severity};
use crate::plan::{Kind, StepKind};
use crate::tools::tar;

/// What cannot work is found before anything is changed.
pub const RULE: Rule = Rule {
    code: "CT002",
    name: "no-room-check",
    severity: Severity::High,
    summary: "a recovery plan restores data, and no step before looks at the free space",
    why: "the restore fails in the middle, after the old data was moved, and takes whatever shares the file system with it",
    fix: "compare `df --output=avail` with the size of the copy in a check before, with a margin",
    source: "df(1); a class of faults of published runbooks",
    layer: "plan",
    bad: &[
        Example::Plan {
            plan: "schema: blackstart/plan/v1\nid: p\nkind: recovery\ntitle: t\nsteps:\n  - {id: back, title: Restore, kind: command, risk: write, run: 'mkdir /srv/restored && tar -xzf /backup/app.tgz -C /srv/restored'}\n",
            inventory: "",
        },
        Example::Plan {
            plan: "schema: blackstart/plan/v1\nid: p\nkind: recovery\ntitle: t\nsteps:\n  - {id: stop, title: Stop, kind: command, risk: disruptive, run: systemctl stop app}\n  - {id: back, title: Restore, kind: command, needs: [stop], risk: write, run: 'restic -r /backup restore latest --target /srv/restored'}\n",
            inventory: "",
        },
    ],
    good: &[
        Example::Plan {
            plan: "schema: blackstart/plan/v1\nid: p\nkind: recovery\ntitle: t\nsteps:\n  - {id: look, title: Look, kind: check, check: '[ \"$(df --output=avail /srv | tail -n 1)\" -gt 1000000 ]'}\n  - {id: back, title: Restore, kind: command, needs: [look], risk: write, run: 'mkdir /srv/restored && tar -xzf /backup/app.tgz -C /srv/restored'}\n",
            inventory: "",
        },
        Example::Plan {
            plan: "schema: blackstart/plan/v1\nid: p\nkind: recovery\ntitle: t\nsteps:\n  - {id: room, title: Look whether there is room for the data, kind: manual}\n  - {id: back, title: Restore, kind: command, needs: [room], risk: write, run: 'mkdir /srv/restored && tar -xzf /backup/app.tgz -C /srv/restored'}\n",
            inventory: "",
        },
        Example::Plan {
            plan: "schema: blackstart/plan/v1\nid: p\nkind: recovery\ntitle: t\nsteps:\n  - {id: move, title: Put back, kind: command, risk: destructive, run: mv /srv/app.before /srv/app}\n",
            inventory: "",
        },
    ],
    run,
};

fn run(context: &Context<'_>, report: &mut Report) {
    let Some(plan) = context.plan.filter(|plan| plan.kind == Kind::Recovery) else {
        return;
    };
    let by_hand = plan.steps.iter().any(|step| {
        let title = step.title.to_lowercase();
        step.kind == StepKind::Manual
            && ["room", "space", "free", "capacity"].iter().any(|word| title.contains(word))
    });
    let restore =
        context.runs().find(|(unit, run)| unit.part == Place::Run && restores(unit, *run));
    if let Some((unit, run)) = restore.filter(|_| !by_hand) {
        let looks = |other: Run<'_>| {
            other.command.is(&["df", "lvs", "vgs", "zpool", "zfs"])
                || other.command.is(&["stat"])
                    && other
                        .command
                        .literals()
                        .iter()
                        .any(|w| w.starts_with("-f") || *w == "--file-system")
        };
        if !context.before(unit, run).any(|(_, other)| looks(other)) {
            report.add(
                &RULE,
                unit,
                run.command.span,
                "nothing looked whether there is room for what is restored".to_owned(),
            );
        }
    }
}

fn restores(unit: &Unit<'_>, run: Run<'_>) -> bool {
    let Some(call) = unit.take_apart(run.command) else {
        return false;
    };
    match call.tool.name {
        "tar" => tar::mode(call) == tar::Mode::Extract,
        "restic" => call.names("restore"),
        "psql" => match call.name {
            "pg_restore" => call.risk() > Risk::Read,
            "mariabackup" | "mariadb-backup" | "xtrabackup" => {
                call.has(&["copy-back", "move-back"])
            }
            "myloader" | "mongorestore" => true,
            _ => false,
        },
        _ => false,
    }
}
