//! TG012: a step that changed paths in the sandbox that it does not declare.

use crate::check::Context;
use crate::check::observed::{declared, undeclared};
use crate::check::rule::{Example, Report, Rule};
use crate::evidence::{Change, Declared, Effect, Severity, StepDryRun, is_loud};

/// Something new that nobody announced is odd; something that was there and is replaced is a loss.
pub const RULE: Rule = Rule {
    code: "TG012",
    name: "undeclared-write",
    severity: Severity::Medium,
    summary: "in the dry run the step created or changed paths that its effects do not name",
    why: "a person approves what a step declares; what it overwrites beyond that has no safety copy and no rollback",
    fix: "write elsewhere, or name the path in the step's `effects.writes`",
    source: "observed in the dry run; weighs high where existing content, or a right that matters, is changed",
    layer: super::DRY_RUN,
    bad: &[
        Example::Seen {
            plan: "schema: blackstart/plan/v1\nid: p\nkind: recovery\ntitle: t\nsteps:\n  - {id: unpack, title: Unpack, kind: command, risk: write, run: tar -xzf /backup/app.tgz -C /, effects: {writes: [/srv/app/**]}}\n",
            lines: "modified /srv/app/a\nundeclared modified /etc/passwd",
        },
        Example::Seen {
            plan: "schema: blackstart/plan/v1\nid: p\nkind: recovery\ntitle: t\nsteps:\n  - {id: unpack, title: Unpack, kind: command, risk: write, run: tar -xzf /backup/app.tgz -C /srv, effects: {writes: [/srv/app/**]}}\n",
            lines: "undeclared created /srv/other",
        },
    ],
    good: &[
        Example::Seen {
            plan: "schema: blackstart/plan/v1\nid: p\nkind: recovery\ntitle: t\nsteps:\n  - {id: unpack, title: Unpack, kind: command, risk: write, run: tar -xzf /backup/app.tgz -C /srv, effects: {writes: [/srv/app/**]}}\n",
            lines: "created /srv/app\ncreated /srv/app/a\nmodified /srv/app/b",
        },
        Example::Seen {
            plan: "schema: blackstart/plan/v1\nid: p\nkind: recovery\ntitle: t\nsteps:\n  - {id: unpack, title: Unpack, kind: command, risk: write, run: tar -xzf /backup/app.tgz -C /srv}\n",
            lines: "undeclared created /srv/app",
        },
    ],
    run,
};

fn run(context: &Context<'_>, report: &mut Report) {
    for (step, shown) in declared(context) {
        let replaces = |change: Change| match change {
            Change::Modified | Change::Renamed | Change::TypeChanged => true,
            Change::Created | Change::Metadata | Change::Deleted => false,
        };
        let adds = |change: Change| matches!(change, Change::Created | Change::Metadata);
        let replaced = undeclared(shown, replaces).map(|paths| format!("it replaces {paths}"));
        let added = undeclared(shown, adds).map(|paths| format!("it creates or touches {paths}"));
        let heavy = replaced.is_some() || alarms(shown);
        let said: Vec<String> = replaced.into_iter().chain(added).collect();
        if said.is_empty() {
            continue;
        }
        let finding =
            report.add_whole(&RULE, Some(&step.id), format!("{}, undeclared", said.join("; ")));
        if heavy {
            finding.severity = Severity::High;
        }
    }
}

/// Tells whether something undeclared got rights that stand in capitals.
fn alarms(shown: &StepDryRun) -> bool {
    shown.effects.iter().any(|effect| match effect {
        Effect::File(file) => {
            file.declared == Declared::No && file.what.iter().any(|word| is_loud(word))
        }
        Effect::Exec { .. }
        | Effect::Lookup { .. }
        | Effect::Connect { .. }
        | Effect::Denied { .. } => false,
    })
}
