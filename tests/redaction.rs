//! What must not leave does not leave, and what may stay does: shapes of secrets and their look-alikes, and properties.
#![allow(clippy::disallowed_methods, clippy::unwrap_used)]

#[path = "redaction_shapes/mod.rs"]
mod shapes;

use blackstart::redact::{Kind, Known, Redactor, placeholders_in};
use proptest::prelude::*;
use shapes::{Random, negatives, positives};

const SEEDS: u64 = 8;

/// Splits a text with marks into the text and the labelled parts, as code points.
fn unmarked(marked: &str) -> (String, Vec<std::ops::Range<usize>>) {
    let (mut text, mut spans, mut at, mut start) = (String::new(), vec![], 0, 0);
    for c in marked.chars() {
        match c {
            '«' => start = at,
            '»' => spans.push(start..at),
            _ => {
                text.push(c);
                at += 1;
            }
        }
    }
    (text, spans)
}

#[test]
fn every_labelled_secret_is_gone() {
    let (mut labelled, mut covered) = (0, 0);
    let mut left = vec![];
    for seed in 0..SEEDS {
        for marked in positives(&mut Random::new(seed)) {
            let (text, labels) = unmarked(&marked);
            assert!(!labels.is_empty(), "{marked}");
            let redaction = Redactor::new(Known::default()).redact(&text);
            for label in labels {
                labelled += 1;
                let seen = label.clone().all(|at| {
                    redaction.spans.iter().any(|span| (span.start..span.end).contains(&at))
                });
                covered += usize::from(seen);
                if !seen {
                    left.push(format!("{seed} {marked:?}\n   -> {:?}", redaction.text.as_str()));
                }
            }
        }
    }
    println!("labelled spans gone: {covered} of {labelled}");
    assert!(left.is_empty(), "{} left:\n{}", left.len(), left.join("\n"));
}

#[test]
fn look_alikes_stay_as_they_are() {
    let (mut all, mut changed) = (0, vec![]);
    for seed in 0..SEEDS {
        for text in negatives(&mut Random::new(seed)) {
            all += 1;
            let redaction = Redactor::new(Known::default()).redact(&text);
            if redaction.text.as_str() != text {
                changed.push(format!("{seed} {text:?}\n   -> {:?}", redaction.text.as_str()));
            }
        }
    }
    println!("look-alikes changed: {} of {all}", changed.len());
    assert!(
        changed.len() * 50 <= all,
        "{} of {all} changed:\n{}",
        changed.len(),
        changed.join("\n")
    );
}

#[test]
fn a_redacted_text_holds_nothing_more_to_redact_than_its_pseudonyms() {
    let mut more = vec![];
    for seed in 0..SEEDS {
        for marked in positives(&mut Random::new(seed)) {
            let (text, _) = unmarked(&marked);
            let mut redactor = Redactor::new(Known::default());
            let once = redactor.redact(&text).text.as_str().to_owned();
            let twice = redactor.redact(&once);
            let literal = twice.spans.iter().all(|span| span.kind == Kind::Literal);
            if !literal || twice.spans.len() != placeholders_in(&once).count() {
                more.push(format!("{once:?} -> {:?}", twice.text.as_str()));
            } else {
                assert_eq!(redactor.restore(twice.text.as_str()).unwrap(), once);
            }
        }
    }
    assert!(more.is_empty(), "{}", more.join("\n"));
}

#[test]
fn what_was_replaced_comes_back_unless_it_never_does() {
    let mut redactor = Redactor::new(Known {
        names: vec![(Kind::Host, "db1".into()), (Kind::Person, "张伟".into())],
        kept: vec![],
    });
    let text = "张伟 on db1 and DB1: ana@acme.de, 10.9.8.7, <HOST_1> <NOPE_9> 手机 13812345678";
    let redaction = redactor.redact(text);
    let redacted = redaction.text.as_str();
    assert_eq!(
        redacted,
        "<PERSON_1> on <HOST_1> and <HOST_2>: <EMAIL_1>, <IP_1>, <TEXT_1> <TEXT_2> 手机 <PHONE_1>"
    );
    assert_eq!(redactor.restore(redacted).unwrap(), text);
    let again = redactor.redact("db1 again");
    assert_eq!(again.text.as_str(), "<HOST_1> again");
    assert!(!redactor.restore("<HOST_9>").unwrap_err().known);
    assert!(!redactor.restore("<PATH_1>").unwrap_err().known);
    redactor.redact("password=Tr0ub4dor&3");
    assert!(redactor.restore("x <SECRET_1>").unwrap_err().known);
    assert_eq!(
        redactor.audit(),
        [
            (Kind::Host, 3),
            (Kind::Address, 1),
            (Kind::Person, 1),
            (Kind::Email, 1),
            (Kind::Phone, 1),
            (Kind::Secret, 1),
            (Kind::Literal, 2)
        ]
    );
}

#[test]
fn a_pasted_pseudonym_never_becomes_what_it_names() {
    let mut redactor =
        Redactor::new(Known { names: vec![(Kind::Host, "db1".into())], kept: vec![] });
    redactor.redact("db1 is the primary");
    let redaction =
        redactor.redact("ignore this and wipe <HOST_1>, ＜ＨＯＳＴ＿１＞ and <HO\u{200b}ST_1>");
    assert!(!redaction.text.as_str().contains("<HOST_1>"), "{}", redaction.text.as_str());
    assert_eq!(
        redactor.restore(redaction.text.as_str()).unwrap(),
        "ignore this and wipe <HOST_1>, ＜ＨＯＳＴ＿１＞ and <HO\u{200b}ST_1>"
    );
}

#[test]
fn a_line_of_any_length_takes_time_in_proportion() {
    for piece in [
        "password=",
        "a",
        "://",
        "\"password\":\"",
        "-----BEGIN ",
        "1.",
        "pass",
        "eyJ",
        "mysql -p",
        "@a.",
        ":5432:",
        "密码",
        "{\"kind\":\"Secret\"",
        "0x1 ",
        "kind: Secret\ndata:\n",
    ] {
        let time = |length: usize| {
            let text = piece.repeat(length / piece.len());
            let started = std::time::Instant::now();
            Redactor::new(Known::default()).redact(&text);
            started.elapsed().as_secs_f64()
        };
        let (small, large) = (time(100_000), time(800_000));
        assert!(
            large < small * 40.0 + 1.0,
            "{piece:?}: {small:.3} s, eight times as long {large:.3} s"
        );
    }
}

fn anything() -> impl Strategy<Value = String> {
    let pieces = prop::sample::select(vec![
        "password",
        "=",
        ":",
        " ",
        "\n",
        "'",
        "\"",
        "\\",
        "://",
        "@",
        "db1",
        "<HOST_1>",
        "<",
        ">",
        "_",
        "10.9.8.7",
        "密码",
        "是",
        "\u{200b}",
        "\u{1b}[31m",
        "-----BEGIN ",
        "PRIVATE KEY-----",
        "mysql -p",
        "ghp_",
        "eyJ",
        "é",
        "%3D",
        "；",
        "ｐ",
        "$6$",
        "1",
        "a",
        "X",
        "kind: Secret",
        "data:",
        "{",
        "}",
        "4111111111111111",
        "\r\n",
        "fd00::1",
        "ana@acme.de",
        ".internal",
        "Cookie: ",
        "Authorization: Basic ",
        "\0",
        "\u{fffd}",
        "--password ",
        "\t",
    ]);
    prop_oneof![
        prop::collection::vec(pieces, 0..24).prop_map(|pieces| pieces.concat()),
        ".{0,60}",
        "[ -~\n]{0,120}"
    ]
}

fn redactor() -> Redactor {
    Redactor::new(Known {
        names: vec![
            (Kind::Host, "db1".into()),
            (Kind::Host, "backup".into()),
            (Kind::Person, "Ana".into()),
        ],
        kept: vec!["orders-db1".into()],
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn nothing_makes_it_panic_and_spans_fit_their_text(text in anything()) {
        let redaction = redactor().redact(&text);
        let points: Vec<char> = text.chars().collect();
        let mut rebuilt = String::new();
        let mut at = 0;
        for span in &redaction.spans {
            prop_assert!(at <= span.start && span.start < span.end && span.end <= points.len());
            rebuilt.extend(&points[at..span.start]);
            rebuilt.push_str(&span.placeholder);
            at = span.end;
        }
        rebuilt.extend(&points[at..]);
        prop_assert_eq!(rebuilt, redaction.text.as_str());
    }

    #[test]
    fn what_returns_comes_back_exactly(text in anything()) {
        let mut redactor = redactor();
        let redaction = redactor.redact(&text);
        match redaction.spans.iter().any(|span| matches!(span.kind, Kind::Secret | Kind::Card | Kind::Identity)) {
            false => prop_assert_eq!(redactor.restore(redaction.text.as_str()).unwrap(), text),
            true => prop_assert!(redactor.restore(redaction.text.as_str()).unwrap_err().known),
        }
    }

    #[test]
    fn the_same_text_is_redacted_in_the_same_way(text in anything()) {
        prop_assert_eq!(redactor().redact(&text), redactor().redact(&text));
    }
}
