//! A user and a password joined by a slash, as people write them: `root/calvin99`.

use std::ops::Range;

use crate::redact::found::Finds;
use crate::redact::plausible::{placeholder, versioned};
use crate::redact::scan::{Detector, Trigger};
use crate::redact::text::{Text, is_word};

/// Only behind the names of administrators and where the line speaks of a login; paths and branches stay.
pub const DETECTOR: Detector = Detector {
    finds: "a user and a password joined by a slash",
    trigger: Trigger::Literals(
        &[
            "root/",
            "admin/",
            "administrator/",
            "root / ",
            "admin / ",
            "administrator / ",
            "user/",
            "sa/",
            "system/",
        ],
        look,
    ),
};

const SPEAKING: &[&str] = &[
    "login", "log in", "ipmi", "bmc", "idrac", "ilo", "pass", "cred", "console", "default",
    "account", "登录", "账号", "账户", "密码", "默认", "帐号", "口令", "管理",
];

fn look(text: Text<'_>, hit: Range<usize>, finds: &mut Finds) -> usize {
    let before = text.before(hit.start);
    if is_word(before) || matches!(before, b'/' | b'.' | b'-' | b'@') {
        return hit.start;
    }
    let end = text.forward_within(hit.end, 64, |b| {
        b > b' ' && b < 0x7f && !matches!(b, b',' | b'"' | b'\'' | b';' | b'/')
    });
    let value = text.all[hit.end..end].trim_end_matches(['.', ')', ':']);
    let letters = value.bytes().any(|b| b.is_ascii_alphabetic());
    let marks = value.bytes().any(|b| b.is_ascii_digit() || b"!@#$%^&*+=".contains(&b));
    let line = format!("{}{}", text.behind(hit.start, 60), text.ahead(end, 40)).to_lowercase();
    if letters
        && marks
        && value.len() >= 5
        && text.byte(end) != b'/'
        && !placeholder(value)
        && !versioned(value)
        && SPEAKING.iter().any(|word| line.contains(word))
    {
        finds.secret(hit.end..hit.end + value.len());
    }
    hit.end
}
