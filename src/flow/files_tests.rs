//! What a review of files does.

use std::path::{Path, PathBuf};

use super::samples::{files, reviewed};
use super::{Act, Effect, Event, FileSeen, News, Notice, Session, Stage, rule_page};

fn act(session: &mut Session, act: Act) -> Vec<Effect> {
    session.handle(Event::Person(act))
}

#[test]
fn a_fix_is_written_once_and_can_be_taken_back() {
    let mut session = files();
    let path = PathBuf::from("scripts/nightly/backup.sh");
    let effects = act(&mut session, Act::FixFile(path.clone(), 0));
    let [Effect::Rewrite(rewritten)] = effects.as_slice() else {
        panic!("{effects:?}");
    };
    assert!(rewritten.after.contains("${CACHE:?}") && rewritten.before.contains("\"$CACHE\""));
    let news = News::Rewritten { rewritten: rewritten.clone(), result: Ok(()) };
    session.handle(Event::Outside(news));
    let effects = act(&mut session, Act::UndoFix);
    let [Effect::Rewrite(back)] = effects.as_slice() else {
        panic!("{effects:?}");
    };
    assert_eq!((&back.before, &back.after), (&rewritten.after, &rewritten.before));
    session.handle(Event::Outside(News::Rewritten { rewritten: back.clone(), result: Ok(()) }));
    assert!(act(&mut session, Act::UndoFix).is_empty(), "nothing is left to take back");
    assert!(act(&mut session, Act::FixFile(path, 1)).is_empty(), "it has no fix");
}

#[test]
fn a_file_that_was_not_written_is_said_and_not_offered_to_be_taken_back() {
    let mut session = files();
    let effects = act(&mut session, Act::FixFile("scripts/nightly/backup.sh".into(), 0));
    let [Effect::Rewrite(rewritten)] = effects.as_slice() else {
        panic!("{effects:?}");
    };
    let result = Err("it was changed meanwhile".to_owned());
    session.handle(Event::Outside(News::Rewritten { rewritten: rewritten.clone(), result }));
    assert!(matches!(&session.notice, Some(Notice::Failed(why)) if why.contains("meanwhile")));
    assert!(session.files.as_ref().is_some_and(|files| files.undo.is_empty()));
}

#[test]
fn a_file_that_is_looked_at_again_keeps_its_place() {
    let mut session = files();
    let path = Path::new("scripts/nightly/backup.sh");
    let mut again = reviewed("scripts/nightly/backup.sh");
    again.open.clear();
    session.handle(Event::Outside(News::File(FileSeen::Reviewed(Box::new(again)))));
    let files = session.files.as_ref().unwrap();
    assert_eq!((files.seen.len(), files.seen[0].path()), (3, path));
    assert!(files.reviewed(path).unwrap().open.is_empty());
    assert!(matches!(act(&mut session, Act::Back)[0], Effect::LeaveFiles));
    assert_eq!((session.stage, session.files.is_none()), (Stage::Home, true));
}

#[test]
fn counts_follow_what_is_told_of_each_file() {
    let mut session = files();
    let counts = |session: &Session| session.files.as_ref().map(|all| (all.open, all.allowed));
    assert_eq!(counts(&session), Some(([0, 1, 0, 1], 1)));
    let version = session.files.as_ref().map(|all| std::sync::Arc::clone(&all.version)).unwrap();
    let mut again = reviewed("scripts/nightly/backup.sh");
    again.open.remove(0);
    session.handle(Event::Outside(News::File(FileSeen::Reviewed(Box::new(again)))));
    assert_eq!(counts(&session), Some(([0, 1, 0, 0], 1)));
    let all = session.files.as_ref().unwrap();
    assert!(!std::sync::Arc::ptr_eq(&version, &all.version), "who draws it looks again");
    session.handle(Event::Outside(News::FilesFound(9)));
    assert_eq!(session.files.as_ref().unwrap().expected, Some(9));
    act(&mut session, Act::ReviewAgain);
    let all = session.files.as_ref().unwrap();
    assert_eq!((all.open, all.allowed, all.seen.len(), all.expected), ([0; 4], 0, 0, None));
}

#[test]
fn the_page_of_a_rule_has_its_reason_and_examples() {
    let page = rule_page("SH003").unwrap();
    assert!(page.parts.iter().any(|(label, _)| *label == "Why"));
    assert!(page.examples.iter().any(|(label, _)| *label == "Good"));
    assert_eq!(rule_page("XX999"), None);
}
