//! IPv4 addresses, without those that belong to everybody.

use std::net::Ipv4Addr;

use crate::redact::found::Finds;
use crate::redact::kind::Kind;
use crate::redact::scan::{Detector, Trigger, Word};
use crate::redact::text::{Text, is_word};

/// Four numbers, also with a port behind a dot as tcpdump prints it, and as `ip-10-1-2-3`. Loopback, documentation ranges
/// (RFC 5737), public resolvers, multicast, masks and link-local metadata stay; so does what a word before calls a version.
pub const DETECTOR: Detector = Detector {
    finds: "IPv4 addresses",
    trigger: Trigger::Words(
        |word| word.digits >= 4 && (word.dots >= 3 || word.range.len() >= 10),
        look,
    ),
};

const RESOLVERS: &[[u8; 4]] = &[
    [8, 8, 8, 8],
    [8, 8, 4, 4],
    [1, 1, 1, 1],
    [1, 0, 0, 1],
    [1, 1, 1, 2],
    [1, 0, 0, 2],
    [1, 1, 1, 3],
    [1, 0, 0, 3],
    [9, 9, 9, 9],
    [149, 112, 112, 112],
    [9, 9, 9, 10],
    [9, 9, 9, 11],
    [208, 67, 222, 222],
    [208, 67, 220, 220],
    [208, 67, 222, 220],
    [208, 67, 220, 222],
    [114, 114, 114, 114],
    [114, 114, 115, 115],
    [114, 114, 114, 119],
    [223, 5, 5, 5],
    [223, 6, 6, 6],
    [119, 29, 29, 29],
    [119, 28, 28, 28],
    [182, 254, 116, 116],
    [180, 76, 76, 76],
    [1, 2, 4, 8],
    [210, 2, 4, 8],
    [4, 2, 2, 1],
    [4, 2, 2, 2],
    [4, 2, 2, 3],
    [4, 2, 2, 4],
    [64, 6, 64, 6],
    [64, 6, 65, 6],
    [94, 140, 14, 14],
    [94, 140, 15, 15],
    [76, 76, 2, 0],
    [185, 228, 168, 9],
    [77, 88, 8, 8],
    [77, 88, 8, 1],
    [101, 226, 4, 6],
    [123, 125, 81, 6],
    [101, 101, 101, 101],
    [168, 95, 1, 1],
    [100, 100, 2, 136],
    [100, 100, 2, 138],
    [169, 254, 169, 253],
    [169, 254, 169, 123],
    [180, 184, 1, 1],
    [218, 30, 118, 6],
    [117, 50, 10, 10],
    [52, 80, 52, 52],
    [117, 50, 22, 22],
    [84, 200, 69, 80],
    [156, 154, 70, 1],
];

/// Words before four numbers that are no address.
const VERSIONS: &[&str] = &[
    "version",
    "versions",
    "ver",
    "release",
    "oracle",
    "firmware",
    "bios",
    "driver",
    "build",
    "jdk",
    "openjdk",
    "chrome",
    "kernel",
    "update",
    "from version",
    "to version",
    "patch",
    "rev",
    "revision",
    "agent",
    "client version",
    "版本",
    "oid",
    "section",
    "chapter",
    "schema",
    "server version",
    "v",
];

fn look(text: Text<'_>, word: &Word, finds: &mut Finds) {
    let bytes = text.all.as_bytes();
    let mut at = word.range.start;
    while at < word.range.end {
        if !bytes[at].is_ascii_digit() {
            if bytes[at] == b'i' && bytes[at..].starts_with(b"ip-") {
                dashed(text, at, finds);
            }
            at += 1;
            continue;
        }
        let start = at;
        at = text.forward(at, |b| b.is_ascii_digit() || b == b'.');
        let run = text.all[start..at].trim_end_matches('.');
        if let Some(length) = address(text, start, run) {
            finds.add(start..start + length, Kind::Address);
        }
    }
}

/// Returns how much of a run of numbers and dots is a private address.
fn address(text: Text<'_>, start: usize, run: &str) -> Option<usize> {
    if run.len() > 24 || run.bytes().filter(|b| *b == b'.').count() < 3 {
        return None;
    }
    let parts: Vec<&str> = run.split('.').collect();
    let octets = octets(&parts)?;
    let before = text.before(start);
    let end = start + run.len();
    let after = text.byte(end);
    // `%2F10.0.0.1` and `\n10.0.0.1`: an escape is a border.
    let escape =
        start >= 3 && text.byte(start - 3) == b'%' || start >= 2 && text.byte(start - 2) == b'\\';
    if is_word(before) && !escape && before != b'_'
        || before == b'.'
        || after.is_ascii_alphabetic() && !escape
        || text.byte(end) == b'-'
            && parts.len() == 4
            && text.byte(end + 1).is_ascii_digit()
            && version(text, start)
    {
        return None;
    }
    let length = match parts.as_slice() {
        [_, _, _, _] => run.len(),
        // tcpdump: the port behind the address.
        [_, _, _, _, port] if port.parse::<u32>().is_ok_and(|port| port > 255 && port < 65_536) => {
            run.len() - port.len() - 1
        }
        [_, _, _, _, port]
            if port.parse::<u32>().is_ok_and(|port| port > 0)
                && Ipv4Addr::from(octets).is_private()
                && matches!(text.word_before(start).as_str(), "ip" | "arp" | "") =>
        {
            run.len() - port.len() - 1
        }
        _ => return None,
    };
    (!known(octets, text.ahead(end, 3)) && !version(text, start)).then_some(length)
}

fn octets(parts: &[&str]) -> Option<[u8; 4]> {
    let mut octets = [0; 4];
    for (octet, part) in octets.iter_mut().zip(parts) {
        *octet = (part.len() <= 3).then(|| part.parse().ok()).flatten()?;
    }
    Some(octets)
}

fn version(text: Text<'_>, start: usize) -> bool {
    let word = text.word_before(start);
    let near = text.behind(start, 12);
    // Only where nothing but blanks and marks stands between the word and the number.
    !near.ends_with(['@', '/', '[', '(']) && VERSIONS.contains(&word.as_str())
}

/// Tells whether an address belongs to everybody.
fn known(octets: [u8; 4], behind: &str) -> bool {
    let address = Ipv4Addr::from(octets);
    let block = matches!(
        (octets, behind),
        ([10, 0, 0, 0], "/8")
            | ([172, 16, 0, 0], "/12")
            | ([192, 168, 0, 0], "/16")
            | ([100, 64, 0, 0], "/10")
            | ([169, 254, 0, 0], "/16")
    ) || (octets == [10, 0, 0, 0] && behind.starts_with("/8"))
        || octets == [172, 16, 0, 0] && behind.starts_with("/12")
        || octets == [192, 168, 0, 0] && behind.starts_with("/16");
    block
        || address.is_loopback()
        || address.is_multicast()
        || address.is_documentation()
        || octets[0] == 0
        || octets[0] == 255
        || octets == [169, 254, 169, 254]
        || octets == [100, 100, 100, 200]
        || RESOLVERS.contains(&octets)
}

/// `ip-10-31-4-8`.
fn dashed(text: Text<'_>, start: usize, finds: &mut Finds) {
    let end = text.forward_within(start + 3, 16, |b| b.is_ascii_digit() || b == b'-');
    let parts: Vec<&str> = text.all[start + 3..end].split('-').collect();
    if parts.len() == 4
        && octets(&parts).is_some_and(|octets| !known(octets, ""))
        && !is_word(text.before(start))
    {
        finds.add(start..end, Kind::Host);
    }
}

/// Tells whether a text is nothing but numbers and dots.
pub fn shaped(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_digit() || b == b'.')
}
