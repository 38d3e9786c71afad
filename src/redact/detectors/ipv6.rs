//! IPv6 addresses, without those that belong to everybody.

use std::net::Ipv6Addr;

use crate::redact::found::Finds;
use crate::redact::kind::Kind;
use crate::redact::scan::{Detector, Trigger, Word};
use crate::redact::text::Text;

/// Anything that reads as an address. `::`, `::1`, documentation (RFC 3849), multicast and public resolvers stay; so do
/// hardware addresses, world-wide names, times and paths of programs.
pub const DETECTOR: Detector = Detector {
    finds: "IPv6 addresses",
    trigger: Trigger::Words(|word| word.colons >= 2 && word.digits >= 1, look),
};

const RESOLVERS: &[[u16; 8]] = &[
    [0x2001, 0x4860, 0x4860, 0, 0, 0, 0, 0x8888],
    [0x2001, 0x4860, 0x4860, 0, 0, 0, 0, 0x8844],
    [0x2606, 0x4700, 0x4700, 0, 0, 0, 0, 0x1111],
    [0x2606, 0x4700, 0x4700, 0, 0, 0, 0, 0x1001],
    [0x2620, 0xfe, 0, 0, 0, 0, 0, 0xfe],
    [0x2620, 0xfe, 0, 0, 0, 0, 0, 9],
    [0x2400, 0x3200, 0, 0, 0, 0, 0, 1],
    [0x2400, 0x3200, 0xbaba, 0, 0, 0, 0, 1],
    [0x2402, 0x4e00, 0, 0, 0, 0, 0, 0],
    [0x2400, 0xda00, 0, 0, 0, 0, 0, 0x6666],
    [0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254],
];

fn look(text: Text<'_>, word: &Word, finds: &mut Finds) {
    let inside = |b: u8| b.is_ascii_hexdigit() || matches!(b, b':' | b'.');
    let mut at = word.range.start;
    while at < word.range.end {
        let start = text.forward(at, |b| !inside(b)).min(word.range.end);
        let end = text.forward(start, inside);
        at = end.max(start + 1);
        if end - start < 3 || end - start > 60 {
            continue;
        }
        let run = text.all[start..end].trim_end_matches(['.']);
        let run = if run.ends_with("::") { run } else { run.trim_end_matches(':') };
        let lead =
            if run.starts_with("::") { 0 } else { run.len() - run.trim_start_matches(':').len() };
        if text.before(start).is_ascii_alphanumeric()
            || text.byte(end).is_ascii_alphanumeric()
            || text.before(start) == b'_'
        {
            continue;
        }
        let run = &run[lead..];
        if private(run) {
            finds.add(start + lead..start + lead + run.len(), Kind::Address);
        }
    }
}

fn private(run: &str) -> bool {
    let Ok(address) = run.parse::<Ipv6Addr>() else {
        return false;
    };
    let groups: Vec<&str> = run.split(':').collect();
    // A hardware address of eight bytes, a world-wide name.
    let bytes = groups.len() == 8 && groups.iter().all(|group| group.len() == 2);
    // `fe::add`, `1::2`: paths and casts are written so too.
    let short = groups.len() < 4 && groups[0].len() < 3 || !run.bytes().any(|b| b.is_ascii_digit());
    let segments = address.segments();
    !bytes
        && !short
        && !address.is_loopback()
        && !address.is_unspecified()
        && !address.is_multicast()
        && segments[..2] != [0x2001, 0xdb8]
        && !(segments[..7] == [0xfe80, 0, 0, 0, 0, 0, 0] && segments[7] < 0x100)
        && !RESOLVERS.contains(&segments)
        && address.to_ipv4_mapped().is_none_or(|v4| !v4.is_loopback() && !v4.is_unspecified())
}
