//! Sessions as a person goes through them, without terminal, clock or disk.

use super::samples::{self, act, id};
use super::*;
use crate::base::Digest;
use crate::evidence::{Answer, PlanEvidence, Stop, Waived};

/// Returns the names of effects, in order.
fn names(effects: &[Effect]) -> Vec<String> {
    let name = |effect: &Effect| {
        let text = format!("{effect:?}");
        text.chars().take_while(|c| c.is_alphanumeric()).collect()
    };
    effects.iter().map(name).collect()
}

pub fn person(session: &mut Session, what: Act) -> Vec<String> {
    names(&session.handle(Event::Person(what)))
}

pub fn refusal(session: &Session) -> &str {
    match &session.notice {
        Some(Notice::Failed(why)) => why,
        Some(Notice::Done(_)) | None => "",
    }
}

#[test]
fn a_draft_from_the_form_is_kept_with_its_incident() {
    let mut session = samples::intake();
    assert_eq!(person(&mut session, Act::Draft), ["SaveIncident", "KeepPlan"]);
    let drafted = session.drafted.as_ref().unwrap();
    let point = drafted.estimate.recovery_point.as_ref().unwrap();
    assert_eq!((point.backup.as_str(), point.loss_seconds), ("nightly", Some(25_320)));
    assert_eq!(drafted.estimate.refused.len(), 1);
    assert_eq!(person(&mut session, Act::Review), ["Check", "Recall"]);
}

#[test]
fn a_form_that_needs_a_look_makes_no_draft_and_loses_no_text() {
    let mut session = samples::intake_refused();
    assert!(session.drafted.is_none());
    assert!(refusal(&session).contains("fields need a look"), "{}", refusal(&session));
    let intake = session.intake.clone().unwrap();
    assert_eq!(
        intake.problem(Field::Affected),
        Some("there is no asset \"offce\"; did you mean \"office\"?")
    );
    act(&mut session, Act::Back);
    act(&mut session, Act::NewIncident);
    assert_eq!(session.stage, Stage::Intake);
}

#[test]
fn going_through_the_form_keeps_what_it_does_not_show() {
    let mut session = samples::intake();
    let before = session.incident.clone();
    act(&mut session, Act::Draft);
    assert_eq!(session.incident, before);
}

#[test]
fn an_edit_voids_the_dry_run_and_the_approvals_and_undo_asks_for_them_again() {
    let mut session = samples::approved();
    assert!(session.review.as_ref().unwrap().permit(session.now, "ops").is_ok());
    let plan = session.review.as_ref().unwrap().plan().clone();
    let step = id("extract");
    let text = step_text::write(plan.step("extract").unwrap()).replace("30m", "40m");
    let effects = session.handle(Event::Outside(News::Edited { step, text: Some(text) }));
    assert_eq!(names(&effects), ["KeepPlan", "Check", "Recall"]);
    let review = session.review.as_ref().unwrap();
    assert!(
        review.proof().is_none()
            && review.approvals.is_empty()
            && session.approving.reasons.is_empty()
    );
    assert!(review.read.contains(&id("tell")), "an unchanged step stays read");
    assert_eq!(person(&mut session, Act::ToRun), Vec::<String>::new());
    assert!(refusal(&session).contains("may not run"));
    assert_eq!(person(&mut session, Act::Undo), ["KeepPlan", "Check", "Recall"]);
    assert_eq!(session.review.as_ref().unwrap().plan(), &plan);
    assert_eq!(person(&mut session, Act::Redo), ["KeepPlan", "Check", "Recall"]);
    assert_ne!(session.review.as_ref().unwrap().plan(), &plan);
}

#[test]
fn a_safe_fix_changes_only_its_step_and_can_be_taken_back() {
    let mut session = samples::checked();
    let before = session.review.as_ref().unwrap().plan().clone();
    act(&mut session, Act::ApplyFix(0));
    let after = session.review.as_ref().unwrap().plan().clone();
    assert_eq!(after.step("clear").unwrap().run.as_deref(), Some("rm -rf \"${LEFT:?}\"/*\n"));
    let others = |plan: &crate::plan::Plan| {
        plan.steps.iter().filter(|step| step.id.as_str() != "clear").cloned().collect::<Vec<_>>()
    };
    assert_eq!(others(&before), others(&after));
    act(&mut session, Act::Undo);
    assert_eq!(session.review.as_ref().unwrap().plan(), &before);
}

#[test]
fn news_about_a_plan_that_was_changed_meanwhile_is_not_believed() {
    let mut session = samples::proven();
    let old = session.review.as_ref().unwrap().subject.fingerprint;
    let result = Ok(session.review.as_ref().unwrap().proof().unwrap().clone());
    act(&mut session, Act::Undo);
    for news in [
        News::DryRunEnded { fingerprint: old, result },
        News::Recalled { fingerprint: old, evidence: PlanEvidence::default(), approvals: vec![] },
    ] {
        assert!(session.handle(Event::Outside(news)).is_empty());
    }
    assert!(session.review.as_ref().unwrap().proof().is_none());
}

#[test]
fn nothing_is_approved_while_something_is_open_or_elsewhere_than_on_its_screen() {
    let mut session = samples::approve();
    assert_eq!(person(&mut session, Act::Approve), Vec::<String>::new());
    assert!(refusal(&session).contains("needs a reason"));
    act(&mut session, Act::Waive(Waived::Step(id("tell")), "  ".into()));
    assert_eq!(person(&mut session, Act::Approve), Vec::<String>::new());
    act(&mut session, Act::Waive(Waived::Step(id("tell")), "ana phones them".into()));
    assert_eq!(person(&mut session, Act::Approve), ["Approve"]);
    act(&mut session, Act::Back);
    assert_eq!(person(&mut session, Act::Approve), Vec::<String>::new());
    let mut undone = samples::review();
    act(&mut undone, Act::ToApproval);
    assert_eq!(person(&mut undone, Act::Approve), Vec::<String>::new());
}

#[test]
fn a_run_starts_only_behind_an_approval_and_every_typed_name() {
    let mut session = samples::proven();
    assert_eq!(person(&mut session, Act::ToRun), Vec::<String>::new());
    assert_eq!(session.stage, Stage::Review);
    let mut session = samples::before_run();
    assert_eq!(session.run.as_ref().unwrap().targets[0].steps, [id("clear")]);
    assert_eq!(person(&mut session, Act::Start), Vec::<String>::new());
    for wrong in ["", "offic", "Office", "office "] {
        act(&mut session, Act::TypeTarget(wrong.into()));
        assert_eq!(person(&mut session, Act::Start), Vec::<String>::new(), "{wrong:?}");
    }
    act(&mut session, Act::TypeTarget("office".into()));
    assert_eq!(person(&mut session, Act::Start), ["StartRun"]);
    assert_eq!(person(&mut session, Act::Start), Vec::<String>::new(), "once");
}

#[test]
fn an_approval_that_ends_before_the_start_does_not_start_the_run() {
    let mut session = samples::before_run();
    act(&mut session, Act::TypeTarget("office".into()));
    session.handle(Event::Tick(samples::at("2026-02-01T10:00:01Z")));
    assert_eq!(person(&mut session, Act::Start), Vec::<String>::new());
}

#[test]
fn a_start_that_was_refused_asks_for_the_names_again() {
    let mut session = samples::before_run();
    act(&mut session, Act::TypeTarget("office".into()));
    act(&mut session, Act::Start);
    session.handle(Event::Outside(News::RunStarted(Err("the store is read-only".into()))));
    assert!(session.run.as_ref().unwrap().untyped().is_some());
    assert_eq!(person(&mut session, Act::Start), Vec::<String>::new());
}

#[test]
fn only_the_question_that_is_asked_is_answered() {
    let mut session = samples::asking();
    assert_eq!(person(&mut session, Act::Answer(id("tell"), Answer::Again)), Vec::<String>::new());
    assert_eq!(
        person(&mut session, Act::Answer(id("extract"), Answer::Done)),
        Vec::<String>::new()
    );
    assert_eq!(person(&mut session, Act::Answer(id("tell"), Answer::Done)), ["Answer"]);
    assert_eq!(person(&mut session, Act::Stop(Stop::AfterStep)), ["Stop"]);
    let mut over = samples::over();
    assert_eq!(person(&mut over, Act::Stop(Stop::Now)), Vec::<String>::new());
}

#[test]
fn what_a_run_prints_is_joined_into_lines_and_bounded() {
    let mut session = samples::running();
    let run = id("run-7");
    for text in ["a", "b\nc", "\n", "d"] {
        session.handle(Event::Outside(News::Output {
            run: run.clone(),
            step: id("tell"),
            text: text.into(),
        }));
    }
    let lines = session.run.as_ref().unwrap().output[&id("tell")].clone();
    assert_eq!(lines, ["ab", "c", "d"]);
    let text = "x\n".repeat(5_000);
    session.handle(Event::Outside(News::Output { run, step: id("tell"), text }));
    assert_eq!(session.run.as_ref().unwrap().output[&id("tell")].len(), 2_000);
}

#[test]
fn a_document_of_another_kind_is_refused_with_its_name_and_place() {
    let mut session = samples::empty();
    for (text, expected) in [
        ("hello", "has no line"),
        ("schema: blackstart/event/v1\n", "is not an incident"),
        (
            "schema: blackstart/plan/v1\nid: p\nkind: recovery\ntitle: t\nstps: []\n",
            "x.yaml:1:1: the document lacks the field \"steps\"",
        ),
    ] {
        session.handle(Event::Outside(News::Text { path: "x.yaml".into(), text: text.into() }));
        assert!(refusal(&session).contains(expected), "{}", refusal(&session));
        assert_eq!(session.stage, Stage::Home);
    }
}

#[test]
fn the_deadline_counts_from_the_detection() {
    assert_eq!(samples::intake().deadline(), Some(samples::at("2026-01-31T11:12:00Z")));
    assert_eq!(samples::empty().deadline(), None);
}

#[test]
fn the_demo_plants_its_step_behind_the_first_one() {
    let mut session = samples::home();
    let planted = crate::plan::read(samples::PLAN).0.unwrap().steps.remove(1);
    session.handle(Event::Outside(News::Demo {
        inventory: samples::INVENTORY.into(),
        incident: samples::INCIDENT.into(),
        planted: Some(Box::new(planted)),
    }));
    assert_eq!((session.stage, session.demo), (Stage::Intake, true));
    act(&mut session, Act::Draft);
    act(&mut session, Act::Review);
    assert_eq!(session.review.as_ref().unwrap().plan().steps[1].id, id("clear"));
    assert_ne!(session.review.as_ref().unwrap().subject.fingerprint, Digest::ZERO);
}
