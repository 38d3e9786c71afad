//! The log: whatever is done to it behind its back is found and named.
#![allow(clippy::disallowed_methods, clippy::unwrap_used, clippy::panic)]

use blackstart::base::{Digest, Id, Timestamp};
use blackstart::evidence::Event;
use blackstart::store::{Anchor, Broken, DocumentKind, Store, StoreError};
use proptest::prelude::*;
use rusqlite::Connection;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_700_000_000 + second).unwrap()
}

fn note(text: &str) -> Event {
    Event::Note { text: text.into() }
}

/// A store with `count` records, and a connection that does not ask it.
fn log(count: i64) -> (tempfile::TempDir, Store, Connection) {
    let directory = tempfile::tempdir().unwrap();
    let mut store = Store::open(directory.path()).unwrap();
    for number in 1..=count {
        let run = Id::parse(&format!("r{}", number % 3)).unwrap();
        store.record(at(number), Some(&run), None, &note(&format!("note {number}"))).unwrap();
    }
    let connection = Connection::open(directory.path().join("blackstart.db")).unwrap();
    connection
        .execute_batch("DROP TRIGGER log_is_never_changed; DROP TRIGGER log_is_never_cut")
        .unwrap();
    (directory, store, connection)
}

#[track_caller]
fn check(sql: &str, expected: &[&str]) {
    let (_directory, store, connection) = log(10);
    connection.execute_batch(sql).unwrap();
    let found: Vec<String> =
        store.verify(&[]).unwrap().broken.iter().map(ToString::to_string).collect();
    assert_eq!(found, expected, "{sql}");
}

const CHANGED_4: &str = "record 4 (note at 2023-11-14T22:13:24Z, run r1) was changed, moved or put in after it was written";

#[test]
fn an_untouched_log_verifies() {
    check("", &[]);
}

#[test]
fn a_changed_field_is_found_whichever_it_is() {
    for field in
        ["detail = replace(detail, '4', '5')", "hash = replace(hash, substr(hash, 1, 1), 'z')"]
    {
        check(
            &format!("UPDATE log SET {field} WHERE seq = 4"),
            &match field.starts_with("hash") {
                false => vec![CHANGED_4],
                true => vec![CHANGED_4],
            },
        );
    }
    for (field, what) in [
        ("at = '2023-11-14T22:13:25Z'", "note at 2023-11-14T22:13:25Z, run r1"),
        ("run = 'r2'", "note at 2023-11-14T22:13:24Z, run r2"),
        ("run = NULL", "note at 2023-11-14T22:13:24Z"),
        ("step = 's'", "note at 2023-11-14T22:13:24Z, step s, run r1"),
        ("event = 'approval'", "approval at 2023-11-14T22:13:24Z, run r1"),
    ] {
        let found = format!("record 4 ({what}) was changed, moved or put in after it was written");
        check(&format!("UPDATE log SET {field} WHERE seq = 4"), &[&found]);
    }
}

#[test]
fn a_removed_record_is_found_in_the_middle_at_the_start_and_at_the_end() {
    check("DELETE FROM log WHERE seq = 4", &["record 4 is missing"]);
    check("DELETE FROM log WHERE seq IN (4, 5, 6)", &["records 4 to 6 are missing"]);
    check("DELETE FROM log WHERE seq = 1", &["record 1 is missing"]);
    check("DELETE FROM log WHERE seq > 8", &["records 9 to 10 are missing"]);
    check("DELETE FROM log", &["records 1 to 10 are missing"]);
}

#[test]
fn a_gap_that_is_closed_again_is_found() {
    let (_directory, store, connection) = log(10);
    connection.execute_batch("DELETE FROM log WHERE seq = 4").unwrap();
    for seq in 5..=10 {
        connection.execute("UPDATE log SET seq = ?1 - 1 WHERE seq = ?1", [seq]).unwrap();
    }
    let broken = store.verify(&[]).unwrap().broken;
    assert!(matches!(broken.first(), Some(Broken::Changed { seq: 4, .. })), "{broken:?}");
}

#[test]
fn reordered_and_inserted_records_are_found() {
    let (_directory, store, connection) = log(10);
    connection
        .execute_batch(
            "UPDATE log SET seq = 99 WHERE seq = 4; UPDATE log SET seq = 4 WHERE seq = 7; UPDATE log SET seq = 7 WHERE seq = 99",
        )
        .unwrap();
    let seqs = |store: &Store| -> Vec<u64> {
        let broken = store.verify(&[]).unwrap().broken;
        broken
            .iter()
            .filter_map(|one| match one {
                Broken::Changed { seq, .. } => Some(*seq),
                _ => None,
            })
            .collect()
    };
    assert_eq!(seqs(&store), [4, 5, 7, 8]);

    let (_directory, store, connection) = log(10);
    for seq in (5..=10).rev() {
        connection.execute("UPDATE log SET seq = ?1 + 1 WHERE seq = ?1", [seq]).unwrap();
    }
    connection
        .execute_batch(
            "INSERT INTO log SELECT 5, at, run, step, event, detail, hash FROM log WHERE seq = 4",
        )
        .unwrap();
    assert_eq!(seqs(&store).first(), Some(&5));
}

#[test]
fn a_cut_and_rewritten_tail_shows_against_an_anchor() {
    let (directory, store, connection) = log(10);
    let path = directory.path().join("anchor");
    let anchor = store.anchor(&path, at(100)).unwrap();
    assert_eq!(anchor.seq, 10);
    let anchors = Anchor::read(&path).unwrap();
    assert_eq!(store.verify(&anchors).unwrap().broken, []);
    let seventh = store.records(None, 6).unwrap().remove(0).hash;
    connection.execute_batch("DELETE FROM log WHERE seq > 7").unwrap();
    connection.execute("UPDATE log_head SET seq = 7, hash = ?1", [seventh.to_string()]).unwrap();
    assert_eq!(store.verify(&[]).unwrap().broken, [], "the rest is a chain");
    let found = store.verify(&anchors).unwrap().broken;
    assert_eq!(found, [Broken::Anchor { anchor: anchor.clone(), last: 7 }]);
    assert!(found[0].to_string().contains("the end was cut off"));

    let mut store = Store::open(directory.path()).unwrap();
    for number in 8..=12 {
        store.record(at(number), None, None, &note("other")).unwrap();
    }
    assert_eq!(store.verify(&[]).unwrap().broken, []);
    let found = store.verify(&anchors).unwrap().broken;
    assert_eq!(found, [Broken::Anchor { anchor, last: 12 }]);
    assert!(found[0].to_string().contains("written anew"));
}

#[test]
fn a_tail_that_was_cut_off_is_not_grown_over() {
    let (directory, _, connection) = log(10);
    connection.execute_batch("DELETE FROM log WHERE seq > 7").unwrap();
    let mut store = Store::open(directory.path()).unwrap();
    store.record(at(20), None, None, &note("later")).unwrap();
    let broken = store.verify(&[]).unwrap().broken;
    assert_eq!(broken, [Broken::Missing { from: 8, to: 10 }]);
}

#[test]
fn the_store_itself_does_not_change_its_log() {
    let directory = tempfile::tempdir().unwrap();
    let mut store = Store::open(directory.path()).unwrap();
    store.record(at(1), None, None, &note("one")).unwrap();
    let connection = Connection::open(directory.path().join("blackstart.db")).unwrap();
    for sql in ["UPDATE log SET event = 'x'", "DELETE FROM log"] {
        let refused = connection.execute_batch(sql).unwrap_err().to_string();
        assert!(refused.contains("the log is append-only"), "{refused}");
    }
}

#[test]
fn writers_queue_and_the_chain_holds() {
    let directory = tempfile::tempdir().unwrap();
    Store::open(directory.path()).unwrap();
    std::thread::scope(|scope| {
        for writer in 0..4 {
            let path = directory.path();
            scope.spawn(move || {
                let mut store = Store::open(path).unwrap();
                for number in 0..25 {
                    store
                        .record(at(number), None, None, &note(&format!("{writer} {number}")))
                        .unwrap();
                }
            });
        }
    });
    let verified = Store::open(directory.path()).unwrap().verify(&[]).unwrap();
    assert_eq!((verified.records, verified.broken), (100, vec![]));
}

#[test]
fn a_store_that_cannot_be_used_says_why() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("blackstart.db");
    std::fs::write(&file, "this is no database, it is a text of some length".repeat(20)).unwrap();
    assert!(matches!(Store::open(directory.path()), Err(StoreError::Damaged { .. })));

    std::fs::remove_file(&file).unwrap();
    Store::open(directory.path()).unwrap();
    Connection::open(&file).unwrap().pragma_update(None, "user_version", 99).unwrap();
    let newer = Store::open(directory.path()).unwrap_err();
    assert!(matches!(newer, StoreError::Newer { found: 99, .. }), "{newer}");

    let occupied = directory.path().join("file");
    std::fs::write(&occupied, "").unwrap();
    assert!(matches!(Store::open(&occupied), Err(StoreError::Directory { .. })));
    let mode = |path: &std::path::Path| {
        std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(path).unwrap().permissions())
            & 0o777
    };
    let private = directory.path().join("new");
    Store::open(&private).unwrap();
    assert_eq!(mode(&private), 0o700);
}

#[test]
fn a_store_that_cannot_be_written_is_read_only() {
    let directory = tempfile::tempdir().unwrap();
    Store::open(directory.path()).unwrap();
    let allow = |mode| {
        let mode = std::os::unix::fs::PermissionsExt::from_mode(mode);
        std::fs::set_permissions(directory.path(), mode).unwrap();
    };
    allow(0o500);
    let file = directory.path().join("blackstart.db");
    std::fs::set_permissions(&file, std::os::unix::fs::PermissionsExt::from_mode(0o400)).unwrap();
    if rustix::process::geteuid().is_root() {
        // Modes do not bind root, so an ordinary account tries, with a copy of the program that it can reach.
        let open = |path: &std::path::Path, mode| {
            let mode = std::os::unix::fs::PermissionsExt::from_mode(mode);
            std::fs::set_permissions(path, mode).unwrap();
        };
        let place = tempfile::tempdir().unwrap();
        let program = place.path().join("blackstart");
        std::fs::copy(env!("CARGO_BIN_EXE_blackstart"), &program).unwrap();
        open(place.path(), 0o755);
        open(&program, 0o755);
        open(directory.path(), 0o555);
        open(&file, 0o444);
        let output = std::process::Command::new("setpriv")
            .args(["--reuid", "65534", "--regid", "65534", "--clear-groups"])
            .arg(&program)
            .arg("--data-dir")
            .arg(directory.path())
            .args(["log", "verify"])
            .output()
            .expect("setpriv is installed");
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{said}");
        assert!(said.contains("cannot be written"), "{said}");
    } else {
        let opened = Store::open(directory.path());
        assert!(matches!(opened, Err(StoreError::ReadOnly { .. })), "{opened:?}");
    }
    allow(0o700);
}

#[test]
fn the_log_is_exported_as_it_is() {
    let (_directory, store, _) = log(3);
    let mut lines = vec![];
    store.export(&mut lines).unwrap().unwrap();
    let lines = String::from_utf8(lines).unwrap();
    let first: serde_json::Value = serde_json::from_str(lines.lines().next().unwrap()).unwrap();
    assert_eq!(lines.lines().count(), 3);
    assert_eq!(
        (&first["schema"], &first["seq"], &first["run"], &first["event"], &first["detail"]["text"]),
        (&"blackstart/event/v1".into(), &1.into(), &"r1".into(), &"note".into(), &"note 1".into())
    );
}

#[test]
fn documents_keep_every_version_and_list_the_newest() {
    let directory = tempfile::tempdir().unwrap();
    let mut store = Store::open(directory.path()).unwrap();
    let id = Id::parse("p").unwrap();
    let mut put =
        |text: &str, second| store.put(DocumentKind::Plan, &id, "title", text, at(second)).unwrap();
    let (first, _) = (put("one", 1), put("two", 2));
    assert_eq!(put("one", 3), first);
    assert_eq!(put("one", 4), first);
    let latest = store.latest(DocumentKind::Plan, "p").unwrap().unwrap();
    assert_eq!((latest.text.as_str(), latest.entry.at), ("one", at(3)));
    let two = store.by_digest(DocumentKind::Plan, Digest::of(b"two")).unwrap().unwrap();
    assert_eq!(two.text, "two");
    assert_eq!(store.by_digest(DocumentKind::Incident, first).unwrap(), None);
    assert_eq!(store.list(DocumentKind::Plan).unwrap().len(), 1);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// One byte of one field of one record, whichever: the verification finds it.
    #[test]
    fn any_changed_byte_is_found(texts in prop::collection::vec("\\PC{0,12}", 1..8), pick in any::<prop::sample::Index>(), column in 0..6_usize, byte in any::<prop::sample::Index>()) {
        let directory = tempfile::tempdir().unwrap();
        let mut store = Store::open(directory.path()).unwrap();
        let run = Id::parse("run").unwrap();
        for text in &texts {
            store.record(at(1), Some(&run), Some(&run), &note(text)).unwrap();
        }
        prop_assert_eq!(store.verify(&[]).unwrap().broken, vec![]);
        let connection = Connection::open(directory.path().join("blackstart.db")).unwrap();
        connection.execute_batch("DROP TRIGGER log_is_never_changed").unwrap();
        let column = ["at", "run", "step", "event", "detail", "hash"][column];
        let seq = pick.index(texts.len()) as i64 + 1;
        let value: String = connection
            .query_row(&format!("SELECT {column} FROM log WHERE seq = ?1"), [seq], |row| row.get(0))
            .unwrap();
        let mut characters: Vec<char> = value.chars().collect();
        let changed = byte.index(characters.len());
        characters[changed] = if characters[changed] == 'x' { 'y' } else { 'x' };
        let value: String = characters.into_iter().collect();
        connection.execute(&format!("UPDATE log SET {column} = ?2 WHERE seq = ?1"), (seq, value)).unwrap();
        let broken = store.verify(&[]).unwrap().broken;
        let named = broken.iter().any(|one| matches!(one, Broken::Changed { seq: found, .. } if *found as i64 == seq));
        prop_assert!(named, "{:?}", broken);
    }
}

#[test]
fn an_anchor_is_said_as_one_object_where_json_is_asked_for() {
    let (directory, _store, _connection) = log(3);
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_blackstart"))
        .arg("--data-dir")
        .arg(directory.path())
        .args(["--json", "log", "anchor"])
        .arg(directory.path().join("anchor"))
        .output()
        .unwrap();
    let said: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(said["schema"], "blackstart/anchor/v1");
    assert_eq!(said["seq"], 3);
}
