//! Cookies: whoever has the session has the account.

use std::ops::Range;

use crate::redact::found::Finds;
use crate::redact::plausible::placeholder;
use crate::redact::scan::{Detector, Trigger};
use crate::redact::text::Text;

/// The values of `Cookie` and `Set-Cookie`, `curl -b` and the like, and of session ids anywhere.
pub const DETECTOR: Detector = Detector {
    finds: "cookies",
    trigger: Trigger::Literals(
        &[
            "cookie:",
            "cookie\":",
            "cookie=",
            "cookies:",
            "sessionid=",
            "session_id=",
            "sess_id=",
            "jsessionid=",
            "phpsessid=",
            "connect.sid=",
            "--cookie ",
            "session=",
        ],
        look,
    ),
};

const ATTRIBUTES: &[&str] =
    &["path", "domain", "expires", "max-age", "samesite", "version", "comment", "priority"];

fn look(text: Text<'_>, hit: Range<usize>, finds: &mut Finds) -> usize {
    let header = text.all[hit.clone()].to_ascii_lowercase().starts_with("cookie")
        || text.byte(hit.start) == b'-';
    let end = text.line_end(hit.end, 4096);
    if !header {
        let stop = text.forward_within(hit.end, 512, |b| {
            b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.' | b'%' | b'+' | b'/' | b'~')
        });
        let value = &text.all[hit.end..stop];
        if value.len() >= 16 && value.bytes().any(|b| b.is_ascii_digit()) && !placeholder(value) {
            finds.secret(hit.end..stop);
        }
        return stop;
    }
    let line = text.part(hit.end..end);
    let line = line.split_once("' ").map_or(line, |(cookies, _)| cookies);
    for pair in line.split(';') {
        let Some((name, value)) = pair.split_once('=') else {
            continue;
        };
        let name = name.trim_matches([' ', '"', '\'', ':']).to_ascii_lowercase();
        let value = value.split(['"', '\'', ' ', ',']).next().unwrap_or_default();
        let start = hit.end + (value.as_ptr() as usize - text.all[hit.end..].as_ptr() as usize);
        if !ATTRIBUTES.contains(&name.as_str())
            && !name.is_empty()
            && !name.contains(' ')
            && value.len() >= 6
            && !placeholder(value)
        {
            finds.secret(start..start + value.len());
        }
    }
    hit.end + line.len()
}
