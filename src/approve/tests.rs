//! What is refused, and what is not.

use std::time::Duration;

use super::*;
use crate::evidence::{
    Captured, Checked, DryRun, KeptFinding, Level, Outcome, Severity, StepDryRun,
};

const PLAN: &str = "schema: blackstart/plan/v1
id: restore
kind: recovery
title: Restore
steps:
  - {id: look, title: Look, kind: check, check: 'test -d /srv', risk: read}
  - {id: copy, title: Copy, kind: command, run: 'cp -a /b /srv/data', risk: write}
";

fn id(text: &str) -> Id {
    Id::parse(text).unwrap()
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn plan() -> Plan {
    crate::plan::read(PLAN).0.unwrap()
}

fn dry_step(name: &str, outcome: Outcome) -> StepDryRun {
    StepDryRun {
        id: id(name),
        outcome,
        exit_code: Some(0),
        signal: None,
        limit: None,
        duration: Duration::from_millis(5),
        stdout: Captured::default(),
        stderr: Captured::default(),
        simulated: vec![],
        simulated_calls: vec![],
        effects: vec![],
        effects_total: 0,
        totals: vec![],
        summaries: vec![],
        findings: vec![],
        rollback: None,
        notes: vec![],
    }
}

fn evidence() -> PlanEvidence {
    PlanEvidence {
        checked: Some(Checked {
            at: at("2026-01-01T00:00:00Z"),
            risks: vec![(id("look"), Risk::Read), (id("copy"), Risk::Write)],
            findings: vec![],
        }),
        dry_run: Some(DryRun {
            at: at("2026-01-01T00:00:00Z"),
            level: Level::FullRoot,
            level_reason: None,
            steps: vec![dry_step("look", Outcome::Passed), dry_step("copy", Outcome::Passed)],
        }),
    }
}

fn approval(plan: &Plan, evidence: &PlanEvidence) -> Approval {
    Approval {
        id: id("a1"),
        fingerprint: plan.fingerprint(None),
        evidence: evidence.digest(),
        by: "ana".into(),
        os_user: "ana (1000)".into(),
        at: at("2026-01-01T10:00:00Z"),
        expires: at("2026-01-02T10:00:00Z"),
        waivers: vec![],
    }
}

fn waiver(what: Waived) -> Waiver {
    Waiver { what, reason: "known".into(), by: "ana".into(), at: at("2026-01-01T10:00:00Z") }
}

/// Runs `change` over a plan that may run, and compares the messages of the refusals.
#[track_caller]
fn check(
    change: impl FnOnce(&mut Plan, &mut PlanEvidence),
    approve: impl FnOnce(&mut Vec<Approval>),
    expected: &[&str],
) {
    let (mut plan, mut evidence) = (plan(), evidence());
    change(&mut plan, &mut evidence);
    let mut approvals = vec![approval(&plan, &evidence)];
    approve(&mut approvals);
    let now = at("2026-01-01T12:00:00Z");
    let refused = permit(&plan, plan.fingerprint(None), &evidence, &approvals, now, "ben");
    let messages: Vec<String> =
        refused.err().unwrap_or_default().into_iter().map(|refusal| refusal.message).collect();
    assert_eq!(messages, expected);
}

#[test]
fn a_proven_and_approved_plan_may_run() {
    check(|_, _| {}, |_| {}, &[]);
}

#[test]
fn without_an_approval_in_force_nothing_that_changes_anything_runs() {
    check(|_, _| {}, |approvals| approvals.clear(), &["the plan \"restore\" is not approved"]);
    check(
        |_, _| {},
        |approvals| approvals[0].expires = at("2026-01-01T12:00:00Z"),
        &["the approval of ana expired at 2026-01-01 12:00:00Z"],
    );
    check(
        |_, _| {},
        |approvals| approvals[0].evidence = Digest::ZERO,
        &["the evidence changed after ana approved it"],
    );
    check(
        |_, _| {},
        |approvals| approvals[0].expires = at("2027-01-01T00:00:00Z"),
        &[
            "the approval of ana holds from 2026-01-01 10:00:00Z to 2027-01-01 00:00:00Z, which cannot be (check the clocks)",
        ],
    );
    check(
        |_, _| {},
        |approvals| {
            approvals[0].at = at("2026-01-01T12:05:00Z");
        },
        &[
            "the approval of ana holds from 2026-01-01 12:05:00Z to 2026-01-02 10:00:00Z, which cannot be (check the clocks)",
        ],
    );
}

#[test]
fn an_edited_plan_is_another_plan() {
    let (mut plan, evidence) = (plan(), evidence());
    let approvals = [approval(&plan, &evidence)];
    plan.steps[1].run = Some("cp -a /c /srv/data".into());
    let fingerprint = plan.fingerprint(None);
    let now = at("2026-01-01T12:00:00Z");
    let refused = permit(&plan, fingerprint, &evidence, &approvals, now, "ben").unwrap_err();
    assert!(refused[0].message.contains("it was edited"), "{refused:?}");
}

#[test]
fn a_plan_that_only_looks_needs_nobody() {
    let look = |plan: &mut Plan, evidence: &mut PlanEvidence| {
        plan.steps.truncate(1);
        evidence.dry_run.as_mut().unwrap().steps.truncate(1);
    };
    check(look, |approvals| approvals.clear(), &[]);
}

#[test]
fn a_plan_cannot_excuse_itself_from_approval() {
    let excuse = |plan: &mut Plan, _: &mut PlanEvidence| {
        plan.steps[1].approval = Some(ApprovalNeed::None);
        plan.steps[1].risk = Some(Risk::Read);
    };
    check(excuse, |approvals| approvals.clear(), &["the plan \"restore\" is not approved"]);
}

#[test]
fn what_failed_or_was_never_tried_cannot_be_waived() {
    for (outcome, message) in [
        (Outcome::Failed, "plan \"restore\": step copy: it failed in the dry run"),
        (Outcome::NotRun, "plan \"restore\": step copy: the dry run did not come to it"),
    ] {
        check(
            |_, evidence| evidence.dry_run.as_mut().unwrap().steps[1].outcome = outcome,
            |approvals| approvals[0].waivers = vec![waiver(Waived::Step(id("copy")))],
            &[message],
        );
    }
    check(|_, evidence| evidence.dry_run = None, |_| {}, &["plan \"restore\": it was not dry-run"]);
    check(|_, evidence| evidence.checked = None, |_| {}, &["plan \"restore\": it was not checked"]);
    check(
        |_, evidence| evidence.dry_run.as_mut().unwrap().steps.truncate(1),
        |_| {},
        &["plan \"restore\": step copy: the dry run does not have it"],
    );
}

#[test]
fn what_proves_less_needs_a_waiver_of_exactly_that() {
    let outcomes = [Outcome::Limited, Outcome::Simulated, Outcome::OtherHost, Outcome::Manual];
    for outcome in outcomes {
        let less = move |_: &mut Plan, evidence: &mut PlanEvidence| {
            evidence.dry_run.as_mut().unwrap().steps[1].outcome = outcome;
        };
        let (mut plan, mut changed) = (plan(), evidence());
        less(&mut plan, &mut changed);
        assert_eq!(gaps(&plan, &changed).len(), 1, "{outcome:?}");
        check(less, |approvals| approvals[0].waivers = vec![waiver(Waived::Step(id("copy")))], &[]);
        let other = |approvals: &mut Vec<Approval>| {
            approvals[0].waivers = vec![waiver(Waived::Step(id("look"))), waiver(Waived::Level)];
        };
        let (mut plan, mut evidence) = (super::tests::plan(), super::tests::evidence());
        less(&mut plan, &mut evidence);
        let mut approvals = vec![approval(&plan, &evidence)];
        other(&mut approvals);
        let now = at("2026-01-01T12:00:00Z");
        let refused = permit(&plan, plan.fingerprint(None), &evidence, &approvals, now, "ben");
        assert!(refused.is_err(), "{outcome:?}");
    }
    let unreadable = |_: &mut Plan, evidence: &mut PlanEvidence| {
        evidence.checked.as_mut().unwrap().risks[1].1 = Risk::Unknown;
    };
    check(unreadable, |_| {}, &["plan \"restore\": step copy: its risk is unknown"]);
    check(unreadable, |a| a[0].waivers = vec![waiver(Waived::Step(id("copy")))], &[]);
}

#[test]
fn a_waiver_without_a_reason_is_none() {
    check(
        |_, evidence| evidence.dry_run.as_mut().unwrap().steps[1].outcome = Outcome::Manual,
        |approvals| {
            let empty = Waiver { reason: " ".into(), ..waiver(Waived::Step(id("copy"))) };
            approvals[0].waivers = vec![empty];
        },
        &["plan \"restore\": step copy: a person does it, nothing ran"],
    );
}

#[test]
fn an_open_high_finding_needs_a_waiver_of_its_rule_and_step() {
    let finding = |_: &mut Plan, evidence: &mut PlanEvidence| {
        let finding = |severity| KeptFinding {
            rule: "FS001".into(),
            severity,
            step: Some(id("copy")),
            message: "deletes /".into(),
        };
        evidence.checked.as_mut().unwrap().findings =
            vec![finding(Severity::Medium), finding(Severity::Critical)];
    };
    let refused = ["plan \"restore\": open critical finding FS001, step copy: deletes /"];
    let waived = |step| waiver(Waived::Finding { rule: "FS001".into(), step });
    check(finding, |_| {}, &refused);
    check(finding, |a| a[0].waivers = vec![waived(None)], &refused);
    check(finding, |a| a[0].waivers = vec![waived(Some(id("copy")))], &[]);
}

#[test]
fn a_level_waiver_stands_for_what_the_machine_cannot_prove_but_not_for_failures() {
    let level = |outcome: Outcome| {
        move |_: &mut Plan, evidence: &mut PlanEvidence| {
            let dry_run = evidence.dry_run.as_mut().unwrap();
            dry_run.level = Level::StaticOnly;
            dry_run.steps.iter_mut().for_each(|step| step.outcome = outcome);
        }
    };
    let waive = |a: &mut Vec<Approval>| a[0].waivers = vec![waiver(Waived::Level)];
    check(level(Outcome::NotRun), |_| {}, &["plan \"restore\": its dry run is static-only only"]);
    check(level(Outcome::NotRun), waive, &[]);
    check(
        level(Outcome::Failed),
        waive,
        &[
            "plan \"restore\": step look: it failed in the dry run",
            "plan \"restore\": step copy: it failed in the dry run",
        ],
    );
}

#[test]
fn two_people_are_two_names_from_two_accounts() {
    let two = |plan: &mut Plan, _: &mut PlanEvidence| {
        plan.steps[1].approval = Some(ApprovalNeed::Two);
    };
    let second = |name: &'static str, account: &'static str| {
        move |approvals: &mut Vec<Approval>| {
            let other =
                Approval { by: name.into(), os_user: account.into(), ..approvals[0].clone() };
            approvals.push(other);
        }
    };
    check(two, |_| {}, &["two people must approve copy, but only one approved"]);
    check(
        two,
        second("ana", "ben (1001)"),
        &["two people must approve copy, but only one approved"],
    );
    check(
        two,
        second("ben", "ana (1000)"),
        &[
            "two people must approve copy, but the second approval comes from the same account as the first",
        ],
    );
    check(two, second("ben", "ben (1001)"), &[]);
    check(two, |a| a[0].waivers = vec![waiver(Waived::SecondApprover)], &[]);
}

#[test]
fn a_step_that_is_said_to_look_and_was_seen_to_change_files_is_not_a_look() {
    use crate::evidence::{Declared, FileEffect, FileKind};
    let seen = |change: Change, expected: Risk| {
        let mut evidence = evidence();
        let effect = Effect::File(FileEffect {
            change,
            kind: FileKind::File,
            path: "/srv/data/a".into(),
            from: None,
            bytes: None,
            stored: None,
            mode: None,
            times: None,
            below: None,
            what: vec![],
            diff: None,
            declared: Declared::NothingDeclared,
        });
        evidence.dry_run.as_mut().unwrap().steps[0].effects = vec![effect];
        let step = &plan().steps[0];
        assert_eq!(risk(step, &evidence), expected, "{change:?}");
        assert_ne!(need(step, &evidence), ApprovalNeed::None);
    };
    seen(Change::Created, Risk::Write);
    seen(Change::Deleted, Risk::Destructive);
    seen(Change::Modified, Risk::Destructive);
    seen(Change::Renamed, Risk::Destructive);
}

#[test]
fn a_severe_finding_of_the_dry_run_needs_a_waiver_like_one_of_the_check() {
    use crate::evidence::{KeptFinding, Severity};
    let found = |severity: Severity| {
        let mut evidence = evidence();
        evidence.dry_run.as_mut().unwrap().steps[1].findings = vec![KeptFinding {
            rule: "TG011".into(),
            severity,
            step: Some(id("copy")),
            message: "it deletes /a, undeclared".into(),
        }];
        gaps(&plan(), &evidence)
    };
    let open = found(Severity::High);
    assert_eq!(open.len(), 1, "{open:?}");
    let expected = "open high finding TG011, step copy: it deletes /a, undeclared";
    let waived = Waived::Finding { rule: "TG011".into(), step: Some(id("copy")) };
    assert_eq!((open[0].message.as_str(), &open[0].waiver), (expected, &Some(waived)));
    assert_eq!(found(Severity::Medium), []);
}

#[test]
fn a_rollback_that_is_not_proven_is_said_whatever_became_of_the_step() {
    use crate::evidence::RollbackProof;
    let shown = |outcome: Outcome, rollback: Outcome, differences: &[&str], expected: &str| {
        let change = |_: &mut Plan, evidence: &mut PlanEvidence| {
            let step = &mut evidence.dry_run.as_mut().unwrap().steps[1];
            step.outcome = outcome;
            step.simulated = vec!["systemctl".into()];
            step.rollback = Some(RollbackProof {
                outcome: rollback,
                differences: differences.iter().map(|&one| one.to_owned()).collect(),
            });
        };
        let expected = format!("plan \"restore\": step copy: {expected}");
        check(change, |_| {}, &[&expected]);
    };
    let lost = "its rollback does not bring back what was";
    shown(Outcome::Passed, Outcome::Failed, &["/srv/a differs"], lost);
    let both = format!("stand-ins answered for systemctl, and {lost}");
    shown(Outcome::Simulated, Outcome::Failed, &["/srv/a differs"], &both);
    shown(Outcome::Passed, Outcome::Simulated, &[], "its rollback is not proven");
}
