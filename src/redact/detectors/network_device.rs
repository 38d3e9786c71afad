//! Secrets of switches, routers, firewalls and wireless networks.

use std::ops::Range;

use crate::redact::found::Finds;
use crate::redact::plausible::placeholder;
use crate::redact::scan::{Detector, Trigger};
use crate::redact::text::{Text, is_word};

/// SNMP communities, `enable secret`, `username … password 7 …`, keys of RADIUS, TACACS, IPsec and WPA. The communities
/// `public` and `private` are no secrets.
pub const DETECTOR: Detector = Detector {
    finds: "secrets of network devices",
    trigger: Trigger::Literals(
        &[
            "community ",
            "community=",
            "community: ",
            "com2sec ",
            "enable secret ",
            "enable password ",
            "secret 5 ",
            "secret 8 ",
            "secret 9 ",
            "password 7 ",
            "password 0 ",
            "key 7 ",
            "key-string ",
            "cipher ",
            "irreversible-cipher ",
            "simple ",
            "wpa-psk",
            "pre-shared-key ",
            "wep-key",
            "团体字",
            "团体名",
            ": PSK ",
            "createUser ",
        ],
        look,
    ),
};

fn look(text: Text<'_>, hit: Range<usize>, finds: &mut Finds) -> usize {
    let word = text.all[hit.clone()].to_ascii_lowercase();
    let border = text.before(hit.start);
    if is_word(border) && !text.behind(hit.start, 3).to_ascii_lowercase().ends_with(['o', 'w']) {
        return hit.start;
    }
    let inside = |b: u8| b > b' ' && b < 0x7f && b != b'"' && b != b'\'';
    let next = |at: usize| {
        let start =
            text.forward_within(at, 8, |b| matches!(b, b' ' | b'\t' | b'"' | b'\'' | b'=' | b':'));
        start..text.forward_within(start, 512, inside)
    };
    let mut value = next(hit.end);
    match word.as_str() {
        "com2sec " => value = next(next(value.end).end),
        "createuser " => {
            // name, algorithm, passphrase, algorithm, passphrase
            let first = next(next(value.end).end);
            let second = next(next(first.end).end);
            for range in [first, second] {
                take(text, range, 8, finds);
            }
            return hit.end;
        }
        "enable secret " | "enable password " | "pre-shared-key " | "community "
            if matches!(
                text.all.get(value.clone()),
                Some(
                    "5" | "7"
                        | "8"
                        | "9"
                        | "0"
                        | "read"
                        | "write"
                        | "cipher"
                        | "simple"
                        | "local"
                        | "address"
                )
            ) =>
        {
            value = next(value.end)
        }
        "cipher " | "simple " | "irreversible-cipher "
            if !["password", "key", "community", "secret", "read", "write", "local-user"]
                .iter()
                .any(|known| text.behind(hit.start, 64).to_ascii_lowercase().contains(known)) =>
        {
            return hit.end;
        }
        _ => {}
    }
    let least = if word.starts_with("community") { 5 } else { 4 };
    let snmp = ["snmp", "rocommunity", "rwcommunity", "团体", "trapcommunity"]
        .iter()
        .any(|known| text.behind(hit.end, 80).to_ascii_lowercase().contains(known));
    let content = text.part(value.clone());
    let decided =
        word.starts_with("community") && !snmp && !content.bytes().any(|b| b.is_ascii_digit());
    if !decided {
        take(text, value, least, finds);
    }
    hit.end
}

fn take(text: Text<'_>, range: Range<usize>, least: usize, finds: &mut Finds) {
    let content = text.part(range.clone());
    if content.len() >= least
        && !placeholder(content)
        && !matches!(content, "public" | "private" | "string" | "members" | "version" | "edition")
        && !content.starts_with("list")
        && !["aes", "gcm", "cbc", "chacha", "3des"]
            .iter()
            .any(|name| content.to_ascii_lowercase().contains(name))
    {
        finds.secret(range);
    }
}
