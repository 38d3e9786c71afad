//! Sessions in which a model is asked: nothing leaves unseen, nothing late is believed, no draft is lost.

use super::dialogue::{Mark, Progress, Side, compared};
use super::samples::{self, act, id};
use super::tests::{person, refusal};
use super::*;

#[test]
fn nothing_is_asked_where_no_model_is_configured_or_something_is_lacking() {
    let mut session = samples::no_model();
    assert_eq!(person(&mut session, Act::AskModel), Vec::<String>::new());
    assert!(refusal(&session).contains("blackstart models --help"), "{}", refusal(&session));
    let lacking = dialogue::ModelRow { lacks: Some("set KEY".into()), ..samples::here() };
    session.handle(Event::Outside(News::Models(Ok(vec![lacking]))));
    assert_eq!(person(&mut session, Act::AskModel), Vec::<String>::new());
    assert_eq!(refusal(&session), "qwen3-32b cannot be asked: set KEY");
    assert!(session.drafted.is_some());
}

#[test]
fn a_model_on_this_machine_is_asked_at_once_and_once() {
    let mut session = samples::models();
    assert_eq!(person(&mut session, Act::AskModel), ["AskModel"]);
    assert_eq!(person(&mut session, Act::AskModel), Vec::<String>::new());
    assert!(refusal(&session).contains("a model is being asked"));
}

#[test]
fn what_leaves_the_machine_is_shown_first_and_sent_as_it_was_shown() {
    let mut session = samples::models();
    act(&mut session, Act::UseModel(samples::away().name));
    assert_eq!(person(&mut session, Act::AskModel), ["PreviewRequest"]);
    assert_eq!(person(&mut session, Act::AskModel), Vec::<String>::new(), "it is not made yet");
    let shown = session.dialogue.preview.as_ref().unwrap().ask.clone();
    let result = Err("the prompt is too long".to_owned());
    session.handle(Event::Outside(News::Preview { number: shown.number, result }));
    assert_eq!(person(&mut session, Act::AskModel), Vec::<String>::new(), "there is none");

    let mut session = samples::previewing();
    let shown = session.dialogue.preview.as_ref().unwrap().ask.clone();
    session.handle(Event::Tick(samples::at("2026-01-31T10:05:00Z")));
    let effects = session.handle(Event::Person(Act::AskModel));
    let [Effect::AskModel(sent)] = effects.as_slice() else { panic!("{effects:?}") };
    assert_eq!((sent.number, sent.at), (shown.number, shown.at));
    assert!(std::sync::Arc::ptr_eq(&sent.plan, &shown.plan));
    act(&mut session, Act::CancelModel);
    assert_eq!(person(&mut session, Act::AskModel), ["AskModel"], "the same facts");
    act(&mut session, Act::CancelModel);
    act(&mut session, Act::Back);
    act(&mut session, Act::Write(Field::Description, "a log with a name in it".into()));
    act(&mut session, Act::Draft);
    assert_eq!(person(&mut session, Act::AskModel), ["PreviewRequest"], "other facts");
}

#[test]
fn a_request_that_is_put_away_is_not_sent() {
    let mut session = samples::previewing();
    let number = session.dialogue.preview.as_ref().unwrap().ask.number;
    assert_eq!(person(&mut session, Act::Back), Vec::<String>::new());
    assert_eq!((session.stage, session.dialogue.preview.is_none()), (Stage::Draft, true));
    session.handle(Event::Outside(News::Preview { number, result: Ok(samples::outgoing()) }));
    assert!(session.dialogue.preview.is_none());
    assert_eq!(person(&mut session, Act::AskModel), ["PreviewRequest"]);
}

#[test]
fn a_cancelled_question_is_over_at_once_and_what_it_brings_late_is_not_believed() {
    let mut session = samples::streaming();
    let number = samples::number(&session);
    let template = session.drafted.clone().unwrap().plan;
    assert_eq!(person(&mut session, Act::CancelModel), ["CancelModel"]);
    let draft = Box::new(samples::answer(&template));
    for news in [
        News::Drafting { number, progress: samples::step("late", "Late") },
        News::ModelEnded { number, result: Ok(draft.clone()) },
    ] {
        assert!(session.handle(Event::Outside(news)).is_empty());
    }
    assert!(session.dialogue.asking.is_none() && session.dialogue.stands.is_none());
    assert_eq!(session.dialogue.side, Side::Template);
    // The next question is another one.
    act(&mut session, Act::AskModel);
    session.handle(Event::Outside(News::ModelEnded { number, result: Ok(draft) }));
    assert!(session.dialogue.asking.is_some() && session.dialogue.stands.is_none());
    assert_eq!(session.drafted.as_ref().unwrap().plan, template);
}

#[test]
fn a_question_that_fails_or_is_asked_again_loses_no_draft() {
    let session = samples::model_failed();
    assert!(refusal(&session).contains("the template draft stands"), "{}", refusal(&session));
    assert!(session.drafted.is_some() && session.dialogue.standing().is_none());

    let mut session = samples::answered();
    let stands = session.dialogue.standing().unwrap().draft.plan.clone();
    act(&mut session, Act::AskModel);
    assert!(session.dialogue.standing().is_none(), "not while another one is under way");
    let number = samples::number(&session);
    let failure = dialogue::Failure { why: "cut".into(), ..Default::default() };
    session.handle(Event::Outside(News::ModelEnded { number, result: Err(failure) }));
    assert_eq!(session.dialogue.standing().unwrap().draft.plan, stands);
    act(&mut session, Act::AskModel);
    act(&mut session, Act::CancelModel);
    assert_eq!(session.dialogue.standing().unwrap().draft.plan, stands);
}

#[test]
fn nothing_of_an_answer_is_reviewed_before_it_ended() {
    let mut session = samples::streaming();
    assert_eq!(session.dialogue.side, Side::Model);
    assert_eq!(person(&mut session, Act::Review), Vec::<String>::new());
    assert_eq!(session.stage, Stage::Draft);
    act(&mut session, Act::ChooseDraft(Side::Template));
    assert_eq!(person(&mut session, Act::Review), ["Check", "Recall"]);
    let template = session.drafted.as_ref().unwrap().plan.clone();
    samples::end(&mut session);
    assert_eq!(session.review.as_ref().unwrap().plan(), &*template, "an answer replaces nothing");
    assert_eq!(session.dialogue.side, Side::Template, "news do not choose");
}

#[test]
fn the_draft_a_person_chose_goes_to_the_review() {
    let mut session = samples::answered();
    let model = session.dialogue.standing().unwrap().draft.plan.clone();
    assert_eq!(person(&mut session, Act::Review), ["Check", "Recall"]);
    assert_eq!(session.review.as_ref().unwrap().plan(), &model);
    act(&mut session, Act::Back);
    act(&mut session, Act::ChooseDraft(Side::Template));
    act(&mut session, Act::Review);
    assert_eq!(session.review.as_ref().unwrap().plan(), &*session.drafted.as_ref().unwrap().plan);
}

#[test]
fn the_steps_of_an_answer_that_starts_again_are_taken_back() {
    let mut session = samples::streaming();
    samples::further(&mut session, Progress::Again("the connection was cut".into()));
    let asking = session.dialogue.asking.as_ref().unwrap();
    assert!(asking.steps.is_empty() && asking.again.is_some());
    samples::further(&mut session, samples::step("stop", "Stop"));
    samples::further(&mut session, samples::step("stop", "Stop every writer"));
    assert_eq!(session.dialogue.asking.as_ref().unwrap().steps.len(), 1);
}

#[test]
fn what_was_said_about_other_facts_is_let_go() {
    let mut session = samples::answered();
    act(&mut session, Act::Back);
    act(&mut session, Act::Draft);
    assert!(session.dialogue.standing().is_some(), "the same facts");
    act(&mut session, Act::Back);
    act(&mut session, Act::Write(Field::Damage, "2026-01-31 08:00".into()));
    act(&mut session, Act::Draft);
    assert!(session.dialogue.stands.is_none());
    let mut session = samples::streaming();
    act(&mut session, Act::Home);
    assert_eq!(person(&mut session, Act::NewIncident), ["CancelModel"]);
}

#[test]
fn a_revision_takes_the_place_of_the_plan_under_review_and_can_be_taken_back() {
    let mut session = samples::revisable();
    let before = session.review.as_ref().unwrap().plan().clone();
    assert_eq!(person(&mut session, Act::Revise("  ".into())), Vec::<String>::new());
    assert_eq!(refusal(&session), "say what should be different");
    let effects = session.handle(Event::Person(Act::Revise("keep a copy first".into())));
    let [Effect::AskModel(ask)] = effects.as_slice() else { panic!("{effects:?}") };
    assert_eq!(*ask.plan, before);
    assert_eq!(session.stage, Stage::Draft);
    samples::end(&mut session);
    assert_eq!(person(&mut session, Act::Review), ["KeepPlan", "Check", "Recall"]);
    let review = session.review.as_ref().unwrap();
    assert_ne!(review.plan(), &before);
    assert!(review.proof().is_none());
    assert!(!review.read.contains(&id("clear")) && !review.read.contains(&id("copy")));
    act(&mut session, Act::Undo);
    assert_eq!(session.review.as_ref().unwrap().plan(), &before);
}

#[test]
fn a_revision_that_is_not_wanted_leaves_the_review_as_it_was() {
    let proof = samples::revisable().review.as_ref().unwrap().proof().cloned();
    assert!(proof.is_some());
    let mut session = samples::revised();
    act(&mut session, Act::Back);
    assert_eq!(session.stage, Stage::Review);
    assert_eq!(session.review.as_ref().unwrap().proof().cloned(), proof);
    // It is not lost, and not in the way.
    assert!(!session.dialogue.begun() && session.dialogue.left_a_revision());
    act(&mut session, Act::LookAgain);
    assert!(session.stage == Stage::Draft && session.dialogue.standing().is_some());
    act(&mut session, Act::Back);
    act(&mut session, Act::Back);
    assert_eq!(session.stage, Stage::Home);
    let mut session = samples::revised();
    act(&mut session, Act::ChooseDraft(Side::Template));
    assert_eq!(person(&mut session, Act::Review), Vec::<String>::new());
    assert_eq!(session.stage, Stage::Review);
    assert_eq!(session.review.as_ref().unwrap().proof().cloned(), proof);
    let mut session = samples::revisable();
    act(&mut session, Act::Revise("no".into()));
    act(&mut session, Act::CancelModel);
    assert_eq!(session.stage, Stage::Review);
    assert_eq!(session.review.as_ref().unwrap().proof().cloned(), proof);
}

#[test]
fn a_dry_run_that_failed_goes_along_without_what_it_printed() {
    let mut session = samples::revisable();
    let fingerprint = session.review.as_ref().unwrap().subject.fingerprint;
    let mut proof = session.review.as_ref().unwrap().proof().unwrap().clone();
    proof.steps[2].outcome = crate::evidence::Outcome::Failed;
    proof.steps[2].exit_code = Some(2);
    proof.steps[2].stderr.text = "hunter2".into();
    session.handle(Event::Outside(News::DryRunEnded { fingerprint, result: Ok(proof) }));
    let effects = session.handle(Event::Person(Act::Revise(String::new())));
    let [Effect::AskModel(ask)] = effects.as_slice() else { panic!("{effects:?}") };
    let revision = ask.revision.as_ref().unwrap();
    let [failed] = revision.failed.as_slice() else { panic!("{revision:?}") };
    assert_eq!((failed.step.as_str(), failed.exit_code), ("set-aside", Some(2)));
    assert!(!format!("{revision:?}").contains("hunter2"));
}

#[test]
fn the_marks_say_what_became_of_each_step() {
    let session = samples::answered();
    let (plan, draft) =
        (session.started_from().unwrap(), &session.dialogue.standing().unwrap().draft);
    let marks: Vec<Mark> = compared(plan, draft).iter().map(|pair| pair.mark).collect();
    assert_eq!(marks, [Mark::PutBack, Mark::New, Mark::Changed]);
}
