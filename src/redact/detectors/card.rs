//! Numbers of bank cards and accounts, by their check digits.

use crate::redact::digits::{counted, digits};
use crate::redact::found::Finds;
use crate::redact::kind::Kind;
use crate::redact::scan::{Detector, Trigger, Word};
use crate::redact::text::Text;

/// Fourteen to nineteen digits of a known issuer with a right check digit (Luhn), plain or in groups; IBANs (ISO 13616).
pub const DETECTOR: Detector = Detector {
    finds: "numbers of bank cards",
    trigger: Trigger::Words(|word| word.digits >= 2 && word.range.len() >= 4, look),
};

fn look(text: Text<'_>, word: &Word, finds: &mut Finds) {
    let bytes = text.all.as_bytes();
    let mut at = word.range.start;
    while at < word.range.end {
        if !bytes[at].is_ascii_digit() {
            if bytes[at].is_ascii_uppercase() && iban(text, at, finds) {
                return;
            }
            at += 1;
            continue;
        }
        let run = text.forward(at, |b| b.is_ascii_digit());
        if (run - at >= 14 || run - at == 4)
            && let Some(number) = digits(text, at, 14..=19)
            && !text.byte(number.range.end).is_ascii_alphanumeric()
        {
            let written = &text.all[number.range.clone()];
            let groups: Vec<usize> = written.split([' ', '-']).map(str::len).collect();
            let grouped = matches!(
                groups.as_slice(),
                [_] | [4, 4, 4, 4]
                    | [4, 4, 4, 4, 1..=3]
                    | [4, 6, 5]
                    | [4, 6, 4]
                    | [6, 10]
                    | [6, 13]
            ) && !written.contains('.');
            let card = || {
                let behind = text.behind(at, 40).to_lowercase();
                ["card", "卡", "visa", "mastercard", "pan"].iter().any(|word| behind.contains(word))
            };
            if grouped
                && issued(&number.digits)
                && luhn(&number.digits)
                && (card() || !counted(text, &number.range))
            {
                finds.add(number.range.clone(), Kind::Card);
                at = number.range.end;
                continue;
            }
        }
        at = run;
    }
}

/// Tells whether an issuer numbers its cards so.
fn issued(digits: &str) -> bool {
    let beginning =
        |length: usize| digits.get(..length).and_then(|part| part.parse::<u32>().ok()).unwrap_or(0);
    match digits.len() {
        14 => matches!(beginning(2), 36 | 38 | 39) || (300..=305).contains(&beginning(3)),
        15 => matches!(beginning(2), 34 | 37),
        16 => {
            matches!(beginning(1), 4)
                || matches!(beginning(2), 51..=55 | 62 | 60 | 64 | 65 | 35 | 81 | 90 | 95)
                || (2221..=2720).contains(&beginning(4))
        }
        17..=19 => matches!(beginning(2), 62 | 60 | 90 | 95 | 45 | 43 | 40 | 49 | 81 | 64),
        _ => false,
    }
}

fn luhn(digits: &str) -> bool {
    let sum: u32 = digits
        .bytes()
        .rev()
        .enumerate()
        .map(|(index, b)| {
            let digit = u32::from(b - b'0');
            match (index % 2, digit) {
                (0, digit) => digit,
                (_, digit) if digit > 4 => digit * 2 - 9,
                (_, digit) => digit * 2,
            }
        })
        .sum();
    sum.is_multiple_of(10) && !digits.bytes().all(|b| b == digits.as_bytes()[0])
}

/// Finds an IBAN, with or without blanks after every fourth character.
fn iban(text: Text<'_>, start: usize, finds: &mut Finds) -> bool {
    let shaped = text.byte(start + 1).is_ascii_uppercase()
        && text.byte(start + 2).is_ascii_digit()
        && text.byte(start + 3).is_ascii_digit();
    if !shaped || text.before(start).is_ascii_alphanumeric() {
        return false;
    }
    let mut characters = String::new();
    let mut at = start;
    while characters.len() < 34 {
        let b = text.byte(at);
        if b.is_ascii_uppercase() || b.is_ascii_digit() {
            characters.push(char::from(b));
        } else if !(b == b' '
            && characters.len().is_multiple_of(4)
            && (text.byte(at + 1).is_ascii_uppercase() || text.byte(at + 1).is_ascii_digit()))
        {
            break;
        }
        at += 1;
    }
    if !(15..=34).contains(&characters.len()) || text.byte(at).is_ascii_alphanumeric() {
        return false;
    }
    let (head, tail) = characters.split_at(4);
    let remainder = tail.chars().chain(head.chars()).fold(0, |rest, c| {
        let value = c.to_digit(36).unwrap_or(0);
        (rest * if value > 9 { 100 } else { 10 } + value) % 97
    });
    if remainder == 1 {
        finds.add(start..at, Kind::Card);
    }
    remainder == 1
}
