//! A dry run of the sample plan, with an effect that was not declared and a name that deceives.

use super::{at, id};
use crate::evidence::{
    Captured, Change, Declared, DryRun, Effect, FileEffect, FileKind, Level, Outcome,
    RollbackProof, StepDryRun,
};

fn shown(step: &str, outcome: Outcome, effects: Vec<Effect>) -> StepDryRun {
    StepDryRun {
        id: id(step),
        outcome,
        exit_code: Some(0).filter(|_| outcome == Outcome::Passed),
        signal: None,
        limit: None,
        duration: std::time::Duration::from_millis(41),
        stdout: Captured::default(),
        stderr: Captured::default(),
        simulated: vec![],
        simulated_calls: vec![],
        effects_total: effects.len() as u64,
        totals: vec![],
        summaries: vec![],
        findings: vec![],
        effects,
        rollback: None,
        notes: vec![],
    }
}

fn file(change: Change, path: &str, bytes: u64, declared: Declared) -> Effect {
    Effect::File(FileEffect {
        change,
        kind: FileKind::File,
        path: path.into(),
        from: None,
        bytes: Some(bytes),
        stored: None,
        mode: None,
        times: None,
        below: None,
        what: vec![],
        diff: (change == Change::Modified).then(|| "-name,amount\n+name;amount".into()),
        declared,
    })
}

pub fn dry_run() -> DryRun {
    let mut aside = shown(
        "set-aside",
        Outcome::Passed,
        vec![file(Change::Deleted, "/srv/office/payroll.csv", 40, Declared::Yes)],
    );
    aside.rollback = Some(RollbackProof { outcome: Outcome::Passed, differences: vec![] });
    let mut extract = shown(
        "extract",
        Outcome::Passed,
        vec![
            file(Change::Created, "/srv/office/invoices", 4096, Declared::Yes),
            file(Change::Modified, "/srv/office/payroll.csv", 40, Declared::Yes),
            file(Change::Created, "/etc/cron.d/left\u{202e}over", 12, Declared::No),
        ],
    );
    extract.effects_total = 20_004;
    extract.stdout.text = "office/\noffice/payroll.csv\n".into();
    DryRun {
        at: at("2026-01-31T10:01:00Z"),
        level: Level::FullUser,
        level_reason: None,
        steps: vec![
            shown("tell", Outcome::Manual, vec![]),
            shown("clear", Outcome::Passed, vec![]),
            aside,
            extract,
        ],
    }
}
