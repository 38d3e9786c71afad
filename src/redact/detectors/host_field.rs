//! Hosts in fields that hold nothing else: `host=`, `Server=`, `Data Source=`, `--host`.

use std::ops::Range;

use crate::redact::found::Finds;
use crate::redact::hosts::{is_name, is_public};
use crate::redact::kind::Kind;
use crate::redact::plausible::placeholder;
use crate::redact::scan::{Detector, Trigger};
use crate::redact::text::{Text, is_word};
use crate::redact::value::read;

use super::ipv4;

/// Names of hosts, with a dot, a hyphen or a digit, in connection strings, configuration and options.
pub const DETECTOR: Detector = Detector {
    finds: "hosts of connection strings",
    trigger: Trigger::Literals(
        &[
            "host",
            "server",
            "data source",
            "address",
            "endpoint",
            "bootstrap",
            "brokers",
            "HostName",
            "machine ",
        ],
        look,
    ),
};

fn look(text: Text<'_>, hit: Range<usize>, finds: &mut Finds) -> usize {
    let start = text
        .backward(hit.start, |b| is_word(b) || matches!(b, b'-' | b'.'))
        .max(hit.start.saturating_sub(40));
    let end = text.forward_within(hit.end, 24, |b| is_word(b) || b == b'-');
    let label = text.part(start..end).to_ascii_lowercase();
    let known = [
        "host",
        "hostname",
        "hostaddr",
        "server",
        "source",
        "address",
        "endpoint",
        "servers",
        "hosts",
        "machine",
        "bootstrap.servers",
        "brokers",
    ];
    let last = label.rsplit(['.', '_', '-']).next().unwrap_or_default();
    if !known.contains(&last) && !label.ends_with("host") && !label.ends_with("server") {
        return hit.end;
    }
    let quotes = text.forward_within(end, 3, |b| matches!(b, b'"' | b'\'' | b'\\'));
    let at = text.blanks(quotes);
    let joined = matches!(text.byte(at), b'=' | b':') && text.byte(at + 1) != b':';
    let option = label.starts_with("--") && at > quotes;
    let netrc = text.all[hit.clone()].eq_ignore_ascii_case("machine ");
    let at = match (joined, option || netrc) {
        (true, _) => text.blanks(at + 1),
        (false, true) => at,
        (false, false) => return hit.end,
    };
    // `address: …` and `endpoint: …` say many things in a sentence; `=` and quotes do not.
    let Some(value) = read(text, at, start) else {
        return hit.end;
    };
    let content = text.part(value.range.clone());
    let content = content.strip_prefix("tcp:").unwrap_or(content);
    for one in content.split([',', ' ', '"', '\'', '[', ']']).filter(|one| !one.is_empty()) {
        let from = value.range.start
            + (one.as_ptr() as usize - text.all[value.range.start..].as_ptr() as usize);
        let name = one
            .split([':', '\\', ';', '/', ')', '('])
            .next()
            .unwrap_or_default()
            .trim_end_matches('.');
        let marked = name.contains('.')
            || name.bytes().any(|b| b.is_ascii_digit()) && name.len() >= 3 && !ipv4::shaped(name);
        let dotted = name.contains('.')
            && name.rsplit('.').next().is_some_and(|last| {
                last.len() >= 2 && last.bytes().all(|b| b.is_ascii_alphabetic())
            });
        if is_name(name)
            && marked
            && (dotted || !name.contains('.'))
            && !is_public(name)
            && !placeholder(name)
            && !one.contains("://")
            && !name.bytes().all(|b| b.is_ascii_hexdigit())
        {
            finds.add(from..from + name.len(), Kind::Host);
        }
    }
    hit.end
}
