//! Shares with the credentials in their address: `//user:password@host/share`.

use std::ops::Range;

use crate::redact::found::Finds;
use crate::redact::hosts::{is_name, is_public};
use crate::redact::kind::Kind;
use crate::redact::plausible::placeholder;
use crate::redact::scan::{Detector, Trigger};
use crate::redact::text::Text;

/// `//user:password@host/share`, an address without its scheme.
pub const DETECTOR: Detector = Detector {
    finds: "credentials of shares and of addresses without a scheme",
    trigger: Trigger::Literals(&["//"], look),
};

fn look(text: Text<'_>, hit: Range<usize>, finds: &mut Finds) -> usize {
    // With a scheme it is an address.
    if matches!(text.before(hit.start), b':' | b'/') {
        return hit.end;
    }
    let ends =
        |b: u8| b <= b' ' || b >= 0x7f || matches!(b, b'"' | b'\'' | b'<' | b'>' | b'`' | b'|');
    let end = text.forward_within(hit.end, 512, |b| !ends(b));
    let whole = text.part(hit.end..end);
    let Some((user, rest)) = whole.split_once(':') else {
        return hit.end;
    };
    let Some(at) = rest.rfind('@') else {
        return hit.end;
    };
    let (password, host) = (&rest[..at], &rest[at + 1..]);
    let host = host.split(['/', ':', '?', ',']).next().unwrap_or_default();
    if !is_name(user) || password.is_empty() || !is_name(host) {
        return hit.end;
    }
    let start = hit.end + user.len() + 1;
    if !placeholder(password) {
        finds.secret(start..start + at);
    }
    if !is_public(host) && !placeholder(host) {
        finds.add(start + at + 1..start + at + 1 + host.len(), Kind::Host);
    }
    end
}
