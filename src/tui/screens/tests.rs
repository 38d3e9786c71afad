//! What every screen shows, at the sizes people have, without a terminal.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use proptest::prelude::*;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Color, Modifier};

use crate::flow::samples;
use crate::flow::{Act, Effect, Event, Session, State};
use crate::tui::theme::Theme;
use crate::tui::view::{Outcome, View};

const PLAIN: Theme = Theme { colour: false, boxes: false };
const FULL: Theme = Theme { colour: true, boxes: true };

fn drawn(view: &mut View, state: &State, columns: u16, rows: u16) -> Buffer {
    let area = Rect::new(0, 0, columns, rows);
    let mut buffer = Buffer::empty(area);
    view.draw(state, area, &mut buffer);
    buffer
}

fn text(buffer: &Buffer) -> String {
    let rows = buffer.content.chunks(usize::from(buffer.area.width.max(1)));
    let line = |row: &[ratatui::buffer::Cell]| {
        let line: String = row.iter().map(|cell| cell.symbol()).collect();
        line.trim_end().to_owned()
    };
    rows.map(line).collect::<Vec<_>>().join("\n")
}

fn press(view: &mut View, session: &mut Session, keys: &[KeyCode]) {
    for (at, key) in keys.iter().enumerate() {
        let outcome =
            view.press(session, KeyEvent::new(*key, KeyModifiers::NONE), at as u64 * 5_000);
        if let Outcome::Acts(acts) = outcome {
            acts.into_iter().for_each(|act| {
                session.handle(Event::Person(act));
            });
        }
        drawn(view, session, 120, 40);
    }
}

/// Compares a screen, after some keys, at each size with what is kept of it.
fn check(name: &str, session: Session, keys: &[KeyCode], sizes: &[(u16, u16)]) {
    for (columns, rows) in sizes {
        let mut view = View::new(PLAIN);
        let mut copy = session.clone();
        drawn(&mut view, &copy, *columns, *rows);
        press(&mut view, &mut copy, keys);
        let shown = text(&drawn(&mut view, &copy, *columns, *rows));
        insta::assert_snapshot!(format!("{name}_{columns}x{rows}"), shown);
    }
}

const BOTH: &[(u16, u16)] = &[(80, 24), (120, 40)];
const ALL: &[(u16, u16)] = &[(80, 24), (120, 40), (60, 16), (20, 5)];

#[test]
fn home_without_anything_says_how_to_begin() {
    check("home_empty", samples::empty(), &[], &[(80, 24), (60, 16)]);
}

#[test]
fn home_lists_what_can_be_gone_on_with() {
    check("home", samples::home(), &[KeyCode::Down], ALL);
}

#[test]
fn a_filter_leaves_only_rows_with_its_words() {
    let keys: Vec<KeyCode> = "/plan tar".chars().map(KeyCode::Char).collect();
    check("home_filter", samples::home(), &keys, &[(80, 24)]);
}

#[test]
fn findings_of_files_stand_beside_their_lines() {
    check("files", samples::files(), &[KeyCode::Char('n')], ALL);
    check("files_reading", samples::files_reading(), &[], &[(80, 24)]);
    check("files_file", samples::files(), &[], &[(80, 24)]);
    let down = KeyCode::Down;
    check("files_unknown", samples::files(), &[down, down, down, down], &[(80, 24)]);
}

#[test]
fn an_accepted_finding_a_rule_and_a_fix_are_shown() {
    let n = KeyCode::Char('n');
    check("files_allowed", samples::files(), &[n, n, n], &[(80, 24)]);
    check("files_fix", samples::files(), &[n, KeyCode::Char('f')], BOTH);
    let severe = [KeyCode::Char('s'), KeyCode::Char('s'), n];
    check("files_severe", samples::files(), &severe, &[(80, 24)]);
}

#[test]
fn the_page_of_a_rule_opens_and_closes() {
    let mut view = View::new(PLAIN);
    let mut session = samples::files();
    drawn(&mut view, &session, 80, 24);
    press(&mut view, &mut session, &[KeyCode::Char('n'), KeyCode::Char('r')]);
    let page = text(&drawn(&mut view, &session, 80, 24));
    assert!(page.contains("Rule SH003") && page.contains("Why"), "{page}");
    press(&mut view, &mut session, &[KeyCode::Esc]);
    let shown = text(&drawn(&mut view, &session, 80, 24));
    assert!(shown.contains("CRITICAL SH003"), "{shown}");
}

#[test]
fn the_form_shows_the_incident() {
    check("intake", samples::intake(), &[KeyCode::Tab], ALL);
}

#[test]
fn fields_that_need_a_look_say_why() {
    check("intake_refused", samples::intake_refused(), &[KeyCode::Tab, KeyCode::Tab], BOTH);
}

#[test]
fn the_draft_shows_what_it_gives_and_costs() {
    check("draft", samples::draft(), &[], BOTH);
}

#[test]
fn without_a_model_one_line_says_how_to_configure_one() {
    check("draft_no_model", samples::no_model(), &[], &[(80, 24)]);
}

#[test]
fn a_model_that_is_configured_is_a_key_and_nothing_more() {
    check("draft_models", samples::models(), &[], BOTH);
}

#[test]
fn what_would_be_sent_is_read_before_it_leaves() {
    check("outgoing", samples::previewing(), &[], ALL);
    check("outgoing_end", samples::previewing(), &[KeyCode::End], &[(60, 16)]);
}

#[test]
fn steps_of_an_answer_are_shown_as_they_complete() {
    check("draft_streaming", samples::streaming(), &[], ALL);
    check("draft_streaming_template", samples::streaming(), &[KeyCode::Tab], &[(80, 24)]);
}

#[test]
fn a_model_s_draft_stands_beside_the_template() {
    check("draft_answered", samples::answered(), &[], ALL);
    check("draft_changed", samples::answered(), &[KeyCode::End, KeyCode::Up], BOTH);
    check("draft_new", samples::answered(), &[KeyCode::Down, KeyCode::Down], &[(80, 24)]);
}

#[test]
fn what_was_rejected_is_shown_with_its_reasons() {
    check("draft_put_back", samples::answered(), &[KeyCode::Down], BOTH);
    check("draft_rejected", samples::answered(), &[KeyCode::End], BOTH);
    check("draft_failed", samples::model_failed(), &[], BOTH);
}

#[test]
fn a_revision_stands_beside_the_plan_under_review() {
    check("revise", samples::revisable(), &[KeyCode::Char('c'), KeyCode::Char('x')], &[(80, 24)]);
    check("draft_revised", samples::revised(), &[], BOTH);
}

#[test]
fn the_review_shows_findings_with_their_step() {
    check("review_finding", samples::checked(), &[KeyCode::Down], ALL);
}

#[test]
fn a_fix_is_shown_as_what_it_changes() {
    check("review_fix", samples::checked(), &[KeyCode::Char('f')], BOTH);
}

#[test]
fn the_review_shows_what_the_sandbox_saw() {
    check("review_effects", samples::proven(), &[KeyCode::End], BOTH);
    check("review_zoomed", samples::proven(), &[KeyCode::End, KeyCode::Char('z')], &[(80, 24)]);
}

#[test]
fn the_approval_names_what_is_open() {
    check("approve", samples::approve(), &[], ALL);
    check("approved", samples::approved(), &[], BOTH);
}

#[test]
fn a_run_that_has_not_started_asks_for_the_name_of_its_target() {
    check("before_run", samples::before_run(), &[], BOTH);
    check("target", samples::before_run(), &[KeyCode::Char('t'), KeyCode::Char('o')], BOTH);
}

#[test]
fn a_run_shows_its_question_its_output_and_its_end() {
    check("run_asking", samples::asking(), &[], BOTH);
    check("run", samples::running(), &[], ALL);
    check("run_stop", samples::running(), &[KeyCode::Char('K')], &[(80, 24)]);
    check("run_over", samples::over(), &[], BOTH);
}

#[test]
fn the_report_can_be_read_and_written() {
    check("report", samples::report(), &[], BOTH);
    check("report_write", samples::report(), &[KeyCode::Char('w')], &[(80, 24)]);
}

#[test]
fn help_lists_the_keys_of_the_screen_below() {
    check("help", samples::checked(), &[KeyCode::Char('?')], &[(80, 24), (120, 40), (60, 16)]);
}

#[test]
fn every_key_a_screen_offers_does_something() {
    use super::{Reaction, all};
    let samples = [
        samples::empty,
        samples::home,
        samples::draft,
        samples::models,
        samples::previewing,
        samples::streaming,
        samples::answered,
        samples::model_failed,
        samples::revised,
        samples::checked,
        samples::revisable,
        samples::proven,
        samples::approve,
        samples::approved,
        samples::before_run,
        samples::asking,
        samples::running,
        samples::over,
        samples::report,
    ];
    for sample in samples {
        let session = sample();
        for mut screen in all().into_iter().filter(|screen| screen.stage() == session.stage) {
            let mut buffer = Buffer::empty(Rect::new(0, 0, 80, 24));
            screen.draw(&session, super::Ink(PLAIN), buffer.area, &mut buffer);
            for offer in screen.offers(&session) {
                let code = match offer.key {
                    "Enter" => KeyCode::Enter,
                    "Esc" => KeyCode::Esc,
                    "Tab" => KeyCode::Tab,
                    "Space" => KeyCode::Char(' '),
                    "F4" => KeyCode::F(4),
                    letter => KeyCode::Char(letter.chars().next().unwrap()),
                };
                let reaction = screen.press(&session, KeyEvent::new(code, KeyModifiers::NONE));
                assert!(
                    !matches!(reaction, Reaction::Nothing),
                    "{:?}: {}",
                    session.stage,
                    offer.key
                );
            }
        }
    }
}

#[test]
fn colour_carries_meaning_beside_the_words() {
    let find = |session: &Session, theme: Theme, word: &str| {
        let buffer = drawn(&mut View::new(theme), session, 120, 40);
        let shown = text(&buffer);
        let (y, line) = shown.lines().enumerate().find(|(_, line)| line.contains(word)).unwrap();
        let x = line.split(word).next().unwrap().chars().count();
        buffer[(x as u16, y as u16)].clone()
    };
    for (session, word, colour) in [
        (samples::checked(), "CRITICAL", Color::Red),
        (samples::checked(), "DESTRUCTIVE", Color::Red),
        (samples::proven(), "passed  ", Color::Green),
        (samples::draft(), "MISSED", Color::Red),
        (samples::before_run(), "NOT TYPED", Color::Red),
        (samples::asking(), "WAITS FOR YOU  ", Color::Yellow),
    ] {
        assert_eq!(find(&session, FULL, word).fg, colour, "{word}");
        assert_eq!(find(&session, PLAIN, word).fg, Color::Reset, "{word}");
    }
    let live = find(&samples::running(), PLAIN, "LIVE RUN");
    assert!(
        live.modifier.contains(Modifier::REVERSED),
        "a live run changes the shape of the header"
    );
}

#[test]
fn a_paste_is_never_keys() {
    for sample in
        [samples::home, samples::checked, samples::approve, samples::before_run, samples::asking]
    {
        let session = sample();
        let mut view = View::new(PLAIN);
        assert_eq!(view.paste(&session, "D\nAxS\ny\noffice\n"), Outcome::Acts(vec![]));
    }
    let session = samples::intake();
    let mut view = View::new(PLAIN);
    drawn(&mut view, &session, 80, 24);
    let Outcome::Acts(acts) = view.paste(&session, "!\r\nq") else { panic!("left") };
    assert_eq!(
        acts,
        [Act::Write(crate::flow::Field::Title, "The office share is half empty! q".into())]
    );
}

#[test]
fn the_name_of_a_target_cannot_be_pasted() {
    let mut session = samples::before_run();
    let mut view = View::new(PLAIN);
    drawn(&mut view, &session, 80, 24);
    press(&mut view, &mut session, &[KeyCode::Char('t')]);
    view.paste(&session, "office\n");
    press(&mut view, &mut session, &[KeyCode::Char('x'), KeyCode::Enter]);
    assert!(session.run.as_ref().unwrap().untyped().is_some());
    assert!(text(&drawn(&mut view, &session, 80, 24)).contains("not the full name"));
}

fn any_key() -> impl Strategy<Value = KeyEvent> {
    let letters = "abcdefghjknopqrstuvwxzADFHKRSU/?: \u{e9}".chars().collect::<Vec<_>>();
    let codes = vec![
        KeyCode::Enter,
        KeyCode::Esc,
        KeyCode::Tab,
        KeyCode::BackTab,
        KeyCode::Up,
        KeyCode::Down,
        KeyCode::Left,
        KeyCode::Right,
        KeyCode::PageUp,
        KeyCode::PageDown,
        KeyCode::Home,
        KeyCode::End,
        KeyCode::Backspace,
        KeyCode::Delete,
        KeyCode::F(1),
    ];
    let code = prop_oneof![
        prop::sample::select(letters).prop_map(KeyCode::Char),
        prop::sample::select(codes)
    ];
    (code, prop::bool::weighted(0.1)).prop_map(|(code, control)| {
        KeyEvent::new(code, if control { KeyModifiers::CONTROL } else { KeyModifiers::NONE })
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn keys_and_sizes_never_panic_and_never_start_a_run_without_a_typed_target(
        start in 0usize..14,
        keys in prop::collection::vec((any_key(), 1u16..200, 1u16..60), 1..120),
    ) {
        let samples = [
            samples::empty, samples::home, samples::intake, samples::draft,
            samples::checked, samples::approved, samples::before_run, samples::running,
            samples::models, samples::previewing, samples::streaming, samples::answered,
            samples::revisable, samples::revised,
        ];
        let mut session = samples[start]();
        let mut view = View::new(FULL);
        let (mut typed, mut seen) = (false, session.dialogue.preview.is_some());
        for (at, (key, columns, rows)) in keys.into_iter().enumerate() {
            drawn(&mut view, &session, columns, rows);
            seen |= session.dialogue.preview.as_ref().is_some_and(|preview| preview.made.is_some());
            let Outcome::Acts(acts) = view.press(&session, key, at as u64 * 1_500) else { continue };
            for act in acts {
                typed |= act == Act::TypeTarget("office".into());
                for effect in session.handle(Event::Person(act)) {
                    if let Effect::AskModel(ask) = &effect {
                        prop_assert!(seen || ask.model == samples::here().name, "sent unseen");
                    }
                    if let Effect::StartRun { confirmed, subject, .. } = effect {
                        prop_assert!(typed, "started without a typed target");
                        prop_assert_eq!(confirmed, ["office"]);
                        let review = session.review.as_ref().unwrap();
                        prop_assert_eq!(subject.fingerprint, review.subject.fingerprint);
                        prop_assert!(review.permit(session.now, "ops").is_ok());
                    }
                }
            }
        }
    }
}
