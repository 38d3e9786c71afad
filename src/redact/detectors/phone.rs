//! Telephone numbers: Chinese mobiles and landlines, and international ones.

use crate::redact::digits::{Digits, counted, digits};
use crate::redact::found::Finds;
use crate::redact::kind::Kind;
use crate::redact::scan::{Detector, Trigger, Word};
use crate::redact::text::Text;

/// Mobiles of eleven digits, landlines with their area code, `+` and a country code; hotlines, short numbers, sizes,
/// times and numbers of things stay.
pub const DETECTOR: Detector = Detector {
    finds: "telephone numbers",
    trigger: Trigger::Words(|word| word.digits >= 1 && word.range.len() >= 2, look),
};

const CALLED: &[&str] = &[
    "call",
    "phone",
    "tel",
    "telephone",
    "mobile",
    "cell",
    "fax",
    "contact",
    "oncall",
    "on-call",
    "whatsapp",
    "sms",
    "手机",
    "电话",
    "手机号",
    "联系",
    "联系方式",
    "值班",
    "微信",
    "传真",
    "拨打",
];

fn look(text: Text<'_>, word: &Word, finds: &mut Finds) {
    let bytes = text.all.as_bytes();
    let mut at = word.range.start;
    while at < word.range.end {
        if !bytes[at].is_ascii_digit() {
            at += 1;
            continue;
        }
        let run = text.forward(at, |b| b.is_ascii_digit());
        let enough = run - at >= 8 || matches!(text.byte(run), b' ' | b'-' | b'.' | b')');
        if enough
            && let Some(number) = digits(text, at, 8..=15)
            && let Some(end) = telephone(text, &number)
        {
            let opened = text.before(at) == b'(';
            let mut start = at - usize::from(number.plus || opened);
            if opened {
                // `+1 (415) …`: the country code before the bracket.
                let code =
                    text.backward(text.backward(start, |b| b == b' '), |b| b.is_ascii_digit());
                if start - code <= 5 && text.before(code) == b'+' {
                    start = code - 1;
                }
            }
            finds.add(start..end, Kind::Phone);
            at = end;
            continue;
        }
        at = run;
    }
}

/// Returns where the telephone number ends that begins with these digits.
fn telephone(text: Text<'_>, number: &Digits<'_>) -> Option<usize> {
    let all = number.digits.as_ref();
    let end = |count: usize| {
        // The end of the first `count` digits, if a group ends there.
        let mut seen = 0;
        let part = &text.all[number.range.clone()];
        let at = part.bytes().position(|b| {
            seen += usize::from(b.is_ascii_digit());
            seen == count
        })?;
        (!part.as_bytes().get(at + 1).is_some_and(u8::is_ascii_digit))
            .then_some(number.range.start + at + 1)
    };
    let after = text.byte(number.range.end);
    if after.is_ascii_alphanumeric()
        || after == b'_'
        || matches!(after, b'.' | b',') && text.byte(number.range.end + 1).is_ascii_digit()
    {
        return None;
    }
    let called = || called(text, number.range.start);
    let dotted = text.all[number.range.clone()].contains('.');
    let domestic = if number.plus {
        all.strip_prefix("86")
    } else {
        all.strip_prefix("0086")
            .or(Some(all))
            .map(|rest| rest.strip_prefix("86").filter(|rest| mobile(rest)).unwrap_or(rest))
    };
    if let Some(rest) = domestic
        && rest.len() >= 11
        && mobile(&rest[..11])
        && !dotted
        && let Some(end) = end(all.len() - rest.len() + 11)
    {
        let grouped = text.all[number.range.start..end].contains([' ', '-']);
        let count = rest[..11].parse::<u64>().unwrap_or(0);
        let groups_fit = !grouped || fits(&text.all[number.range.start..end]);
        return ((number.plus
            || called()
            || !counted(text, &(number.range.start..end))
                && !count.is_multiple_of(1 << 20)
                && !is_field(text, number.range.start))
            && groups_fit)
            .then_some(end);
    }
    if number.plus {
        let plain = all.len() >= 9
            && !all.starts_with('0')
            && !text.before(number.range.start - 1).is_ascii_alphanumeric();
        let fits =
            all.len() >= 10 || text.all[number.range.clone()].contains([' ', '-', '.']) || called();
        return (plain && fits).then_some(number.range.end);
    }
    let written = &text.all[number.range.clone()];
    let groups: Vec<&str> =
        written.split(['-', ' ', '.', ')']).filter(|group| !group.is_empty()).collect();
    let landline = matches!(groups.as_slice(), [area, rest] if area.starts_with('0') && matches!(area.len(), 3 | 4) && matches!(rest.len(), 7 | 8) && !area.starts_with("00"))
        && written.contains(['-', ')', ' '])
        && (called() || written.contains('-') && !counted(text, &number.range));
    let american = matches!(groups.as_slice(), [a, b, c] if a.len() == 3 && b.len() == 3 && c.len() == 4)
        && !all.starts_with("400")
        && !all.starts_with("800")
        && !all.starts_with('0')
        && (text.before(number.range.start) == b'(' || called());
    (landline
        || american
        || (8..=12).contains(&all.len()) && all.starts_with('0') && groups.len() > 1 && called())
    .then_some(number.range.end)
}

/// Tells whether a word before a number says that it is called.
fn called(text: Text<'_>, start: usize) -> bool {
    let behind = text.behind(start, 24).to_lowercase();
    CALLED.iter().any(|word| behind.contains(word))
}

/// A mobile number of mainland China.
fn mobile(digits: &str) -> bool {
    digits.len() >= 11 && digits.starts_with('1') && matches!(digits.as_bytes()[1], b'3'..=b'9')
}

/// `138 0013 8000`, `138-0013-8000`, `+86 138…`: not a column of a table.
fn fits(written: &str) -> bool {
    let groups: Vec<usize> = written.split([' ', '-']).map(str::len).collect();
    matches!(
        groups.as_slice(),
        [3, 4, 4]
            | [2, 11]
            | [4, 11]
            | [2, 3, 4, 4]
            | [4, 3, 4, 4]
            | [3, 8]
            | [3, 3, 5]
            | [2, 3, 8]
    )
}

/// Tells whether a number is the value of a field that is not about telephones.
fn is_field(text: Text<'_>, start: usize) -> bool {
    let behind = text.behind(start, 24);
    behind.trim_end_matches(['"', ' ']).ends_with('=') && !called(text, start)
        || behind.ends_with(['/', '-', '.', '#'])
}
