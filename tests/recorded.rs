//! Replays every recorded exchange with a model through the code that hears models: what came of it must be a plan that can be used.
#![allow(clippy::disallowed_methods, clippy::unwrap_used, clippy::panic)]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use blackstart::draft::dialogue::{Drafter, Revise};
use blackstart::draft::{Draft, Request, draft};
use blackstart::evidence::Severity;
use blackstart::llm::{Mode, Pace, Recorded, Source};
use blackstart::plan::{self, Kind};
use blackstart::runtime::{ModelDrafted, Runtime, Settings, evaluating, recorded_instant};

/// What was asked in an exchange that is not a scenario as it stands.
struct Asked {
    scenario: &'static str,
    asset: &'static str,
    kind: Kind,
    disaster: Option<&'static str>,
    comment: Option<&'static str>,
}

/// The exchanges beside those that carry the name of a scenario.
const OTHERS: &[(&str, Asked)] = &[
    (
        "backup-orders",
        Asked {
            scenario: "s01",
            asset: "orders-db",
            kind: Kind::Backup,
            disaster: None,
            comment: None,
        },
    ),
    (
        "backup-share",
        Asked {
            scenario: "s24",
            asset: "share",
            kind: Kind::Backup,
            disaster: None,
            comment: None,
        },
    ),
    (
        "ahead-main",
        Asked {
            scenario: "s17",
            asset: "main-db",
            kind: Kind::Recovery,
            disaster: Some("host_lost"),
            comment: None,
        },
    ),
    (
        "revise-share",
        Asked {
            scenario: "s24",
            asset: "share",
            kind: Kind::Recovery,
            disaster: None,
            comment: Some(
                "The restore must not run before the security team has looked at the share. Add a decision for that, and \
                 compare free space on fs01 first.",
            ),
        },
    ),
];

fn records() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/recorded")
}

fn names() -> Vec<String> {
    let entries = std::fs::read_dir(records()).unwrap().map(|entry| entry.unwrap());
    let mut names: Vec<String> = entries
        .filter(|entry| entry.path().is_dir())
        .map(|entry| entry.file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

/// Replays an exchange.
fn replayed(name: &str) -> ModelDrafted {
    let store = tempfile::tempdir().unwrap();
    let runtime = Runtime::open(Some(store.path().to_owned())).unwrap();
    let asked = OTHERS.iter().find(|(one, _)| *one == name).map(|(_, asked)| asked);
    let scenario = asked.map_or(name, |asked| asked.scenario);
    let scenarios = evaluating::scenarios(None).unwrap();
    let loaded = scenarios.iter().find(|one| one.case.scenario.id.as_str() == scenario);
    let case = &loaded.unwrap_or_else(|| panic!("{name}: there is no scenario {scenario}")).case;
    let ahead = asked.is_some_and(|asked| asked.comment.is_none());
    let incident = (!ahead).then_some(&case.incident);
    let library = runtime.library();
    let parameters = BTreeMap::new();
    let request = Request {
        inventory: &case.inventory,
        incident,
        asset: asked.map(|asked| asked.asset).filter(|_| ahead),
        scenario: asked.and_then(|asked| asked.disaster),
        kind: asked.map_or(Kind::Recovery, |asked| asked.kind),
        parameters: &parameters,
        now: recorded_instant(incident),
        library: &library,
        runbook: None,
    };
    let template: Draft = draft(&request).unwrap();
    let revise = asked.and_then(|asked| asked.comment).map(|comment| Revise {
        plan: &template.plan,
        comment: Some(comment),
        findings: &[],
        failed: &[],
    });
    let source = Source::Directory(records().join(name));
    let model = Recorded::new(name, source, Mode::ReplayChanged, Pace::default());
    runtime.draft_with(&model, &request, revise, &Settings::default(), &mut |_| {}).unwrap()
}

#[test]
fn twelve_whole_exchanges_are_kept() {
    let whole = names()
        .into_iter()
        .filter(|name| {
            let directory = records().join(name);
            let has = |file: String| directory.join(file).is_file();
            let rounds = (1..=3).take_while(|n| has(format!("{n}.prompt.txt"))).count();
            rounds > 0 && (1..=rounds).all(|n| has(format!("{n}.reply.txt")))
        })
        .count();
    assert!(whole >= 12, "{whole} whole exchanges");
}

#[test]
fn every_recorded_exchange_ends_in_a_plan_that_can_be_used() {
    let (mut rounds, mut rejected, mut changed) = (0, 0, 0);
    for name in names() {
        let made = replayed(&name);
        let draft = &made.draft;
        // A reply that keeps every step as it is leaves the starting plan; that is an answer too.
        let kept = draft.why_template.is_none() && draft.rejected.is_empty();
        assert!(
            draft.drafter == Drafter::Model || kept,
            "{name}: {:?} {:?}",
            draft.why_template,
            draft.rejected
        );
        assert!(made.end.is_none(), "{name}: {:?}", made.end);
        let grave: Vec<_> =
            made.checked.findings.iter().filter(|one| one.severity >= Severity::High).collect();
        assert!(grave.is_empty(), "{name}: {grave:?}");
        let written = plan::write(&draft.plan);
        let (read, problems) = plan::read(&written);
        assert!(problems.is_empty(), "{name}: {problems:?}");
        assert_eq!(read.as_ref(), Some(&draft.plan), "{name}");
        assert!(!written.contains("<HOST_") && !written.contains("<PERSON_"), "{name}: {written}");
        rounds += draft.rounds;
        rejected += draft.rejected.len();
        changed += draft.notes.iter().filter(|note| note.contains("earlier form")).count();
    }
    eprintln!(
        "{} exchanges, {rounds} replies, {rejected} steps rejected; {changed} replies to an earlier form of their prompt",
        names().len()
    );
}

#[test]
fn what_must_not_be_done_is_in_no_plan_that_a_recorded_model_changed() {
    for name in names().into_iter().filter(|name| !OTHERS.iter().any(|(one, _)| one == name)) {
        let scenarios = evaluating::scenarios(None).unwrap();
        let loaded = scenarios.iter().find(|one| one.case.scenario.id.as_str() == name).unwrap();
        let made = replayed(&name);
        let subject = blackstart::eval::Subject {
            plan: &made.draft.plan,
            estimate: &made.draft.estimate,
            checked: &made.checked,
            dry_run: None,
        };
        let score = blackstart::eval::score(&loaded.case.scenario, Some(&subject));
        for one in &score.must_not {
            assert!(one.met, "{name}: {one:?}");
        }
    }
}
