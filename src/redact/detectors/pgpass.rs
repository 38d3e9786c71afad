//! Lines of password files whose fields are joined by colons.

use std::ops::Range;

use crate::redact::found::Finds;
use crate::redact::hosts::{is_name, is_public};
use crate::redact::kind::Kind;
use crate::redact::plausible::placeholder;
use crate::redact::scan::{Detector, Trigger};
use crate::redact::text::Text;

use super::ipv4;

/// `.pgpass`: host, port, database, user, password; the port is `*` or a number of four digits or more. Also the
/// `user:password` lines of `chpasswd`, where an `echo` or the like shows them.
pub const DETECTOR: Detector = Detector {
    finds: "lines of .pgpass",
    trigger: Trigger::Literals(
        &[":5", ":6", ":*:", ":3", ":1", ":2", ":4", ":7", ":8", ":9", "chpasswd"],
        look,
    ),
};

fn look(text: Text<'_>, hit: Range<usize>, finds: &mut Finds) -> usize {
    if text.all[hit.clone()].eq_ignore_ascii_case("chpasswd") {
        return chpasswd(text, hit, finds);
    }
    let port = text.forward_within(hit.start + 1, 6, |b| b.is_ascii_digit() || b == b'*');
    let number = &text.all[hit.start + 1..port];
    if text.byte(port) != b':'
        || !(number == "*" || number.len() >= 4 && number.parse::<u16>().is_ok())
    {
        return hit.start;
    }
    let host =
        text.backward(hit.start, |b| b > b' ' && b != b':' && b != b'"' && b != b'\'' && b != b'|');
    let name = &text.all[text.all.ceil_char_boundary(host)..hit.start];
    let end = text.forward_within(port + 1, 512, |b| {
        b > b' ' && b < 0x7f && !matches!(b, b'"' | b'\'' | b'`')
    });
    let rest = &text.all[port + 1..end];
    let mut fields = rest.splitn(3, ':');
    let (Some(database), Some(user), Some(password)) =
        (fields.next(), fields.next(), fields.next())
    else {
        return hit.end;
    };
    let word = |field: &str| {
        field == "*"
            || !field.is_empty()
                && !field.bytes().all(|b| b.is_ascii_digit())
                && field.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-.$\\".contains(&b))
    };
    if name.is_empty()
        || !word(database)
        || !word(user)
        || placeholder(password)
        || text.before(host) == b':'
    {
        return hit.end;
    }
    finds.secret(end - password.len()..end);
    if is_name(name) && !ipv4::shaped(name) && !is_public(name) {
        finds.add(hit.start - name.len()..hit.start, Kind::Host);
    }
    end
}

/// `echo 'root:X' | chpasswd`.
fn chpasswd(text: Text<'_>, hit: Range<usize>, finds: &mut Finds) -> usize {
    let behind = text.behind(hit.start, 200);
    let echoed = behind.rfind("echo").or_else(|| behind.rfind("printf")).map(|at| &behind[at..]);
    if let Some((user, rest)) = echoed.and_then(|echoed| echoed.split_once(':')) {
        let rest =
            rest.split(['|', '\\']).next().unwrap_or(rest).trim_end().trim_end_matches(['"', '\'']);
        let start = rest.as_ptr() as usize - text.all.as_ptr() as usize;
        if user.len() < 60 && !placeholder(rest) {
            finds.secret(start..start + rest.len());
        }
    }
    hit.end
}
