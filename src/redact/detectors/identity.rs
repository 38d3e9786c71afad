//! Numbers of identity documents: Chinese ones by their checksum, others by the words beside them.

use crate::redact::digits::counted;
use crate::redact::found::Finds;
use crate::redact::kind::Kind;
use crate::redact::scan::{Detector, Trigger, Word};
use crate::redact::text::Text;

/// Eighteen characters with a region, a date of birth and a right check digit (GB 11643-1999); US social security numbers
/// and passports where a word says so.
pub const DETECTOR: Detector = Detector {
    finds: "numbers of identity documents",
    trigger: Trigger::Words(|word| word.digits >= 7, look),
};

fn look(text: Text<'_>, word: &Word, finds: &mut Finds) {
    let bytes = text.all.as_bytes();
    let mut at = word.range.start;
    while at < word.range.end {
        if !bytes[at].is_ascii_digit() {
            at += 1;
            continue;
        }
        let start = at;
        at = text.forward(at, |b| b.is_ascii_digit());
        let end = at + usize::from(matches!(text.byte(at), b'X' | b'x'));
        let letters = text.before(start).is_ascii_alphabetic()
            && !(start >= 2 && text.byte(start - 2) == b'\\'
                || start >= 3 && text.byte(start - 3) == b'%');
        let alone =
            !letters && text.before(start) != b'_' && !text.byte(end).is_ascii_alphanumeric();
        let told = |words: &[&str]| {
            let behind = text.behind(start, 32).to_lowercase();
            words.iter().any(|word| behind.contains(word))
        };
        let named = || alone && told(&["身份证", "证件号", "id card"]);
        let proven = alone
            && end - start == 18
            && chinese(&text.all[start..end])
            && !counted(text, &(start..end));
        // Where the word stands beside it, a slip in the number does not save it.
        if proven || matches!(end - start, 15 | 18) && named() {
            finds.add(start..end, Kind::Identity);
        } else if end - start == 3
            && alone
            && text.byte(end) == b'-'
            && told(&["ssn", "social security"])
        {
            let whole = text.forward_within(start, 11, |b| b.is_ascii_digit() || b == b'-');
            if whole - start == 11 {
                finds.add(start..whole, Kind::Identity);
                at = whole;
            }
        } else if (7..=9).contains(&(end - start)) && told(&["passport", "护照"]) {
            let from =
                text.backward(start, |b| b.is_ascii_uppercase()).max(start.saturating_sub(2));
            finds.add(from..end, Kind::Identity);
        }
    }
}

fn chinese(number: &str) -> bool {
    const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    let digits: Vec<u32> = number.chars().take(17).filter_map(|c| c.to_digit(10)).collect();
    if digits.len() != 17 {
        return false;
    }
    let part = |from: usize, to: usize| {
        number.get(from..to).and_then(|part| part.parse::<u32>().ok()).unwrap_or(0)
    };
    let region = matches!(part(0, 2), 11..=15 | 21..=23 | 31..=37 | 41..=46 | 50..=54 | 61..=65 | 71 | 81..=83 | 91);
    let born = (1880..=2100).contains(&part(6, 10))
        && (1..=12).contains(&part(10, 12))
        && (1..=31).contains(&part(12, 14));
    let sum: u32 = digits.iter().zip(WEIGHTS).map(|(digit, weight)| digit * weight).sum();
    let check = b"10X98765432"[(sum % 11) as usize];
    region && born && number.as_bytes()[17].to_ascii_uppercase() == check
}
