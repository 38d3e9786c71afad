//! Headers that carry a credential: `Authorization`, `Proxy-Authorization`, `Bearer …`, `Basic …`.

use std::ops::Range;

use crate::redact::found::Finds;
use crate::redact::plausible::{mixed, placeholder};
use crate::redact::scan::{Detector, Trigger};
use crate::redact::text::Text;

use super::encoded::text_of;

/// The credential behind its scheme, whatever it looks like.
pub const DETECTOR: Detector = Detector {
    finds: "credentials of HTTP headers",
    trigger: Trigger::Literals(
        &[
            "authorization",
            "bearer ",
            "basic ",
            "apikey ",
            "aws4-hmac",
            "negotiate ",
            "auth: ",
            "sharedkey ",
        ],
        look,
    ),
};

fn look(text: Text<'_>, hit: Range<usize>, finds: &mut Finds) -> usize {
    let inside = |b: u8| {
        b > b' ' && b < 0x7f && !matches!(b, b'"' | b'\'' | b',' | b'<' | b'>' | b'`' | b'\\')
    };
    let word = text.all[hit.clone()].to_ascii_lowercase();
    if text.before(hit.start).is_ascii_alphanumeric() {
        return hit.start;
    }
    if word == "authorization" {
        let skip = |at: usize| {
            text.forward_within(at, 6, |b| {
                matches!(b, b' ' | b'\t' | b'"' | b'\'' | b':' | b'=' | b'\\')
            })
        };
        let mut at = skip(hit.end);
        if !text.all[hit.end..at].contains([':', '=']) {
            return hit.end;
        }
        let mut end = text.forward(at, inside);
        let scheme = text.all[at..end].to_ascii_lowercase();
        if matches!(
            scheme.as_str(),
            "digest"
                | "aws4-hmac-sha256"
                | "aws"
                | "hmac"
                | "tc3-hmac-sha256"
                | "acs3-hmac-sha256"
                | "oauth"
        ) {
            let line = text.line_end(end, 2048);
            let stop = text.all[end..line].find(['\'', '<']).map_or(line, |length| end + length);
            finds.secret(text.blanks(end)..stop);
            return stop;
        }
        if matches!(text.byte(end), b' ' | b'\t')
            && scheme.bytes().all(|b| b.is_ascii_alphabetic() || b == b'-')
            && scheme.len() < 16
        {
            let next = text.blanks(end);
            let second = text.forward(next, inside);
            if second > next && text.all[next..second].len() >= 6 {
                (at, end) = (next, second);
            }
        }
        let credential = &text.all[at..end];
        let schemed =
            matches!(scheme.as_str(), "bearer" | "token" | "basic" | "apikey" | "negotiate")
                && credential.len() >= 12;
        if schemed && !placeholder(credential)
            || !placeholder(credential)
                && (credential.len() >= 12 || mixed(credential))
                && credential.bytes().any(|b| b.is_ascii_digit() || b.is_ascii_uppercase())
        {
            finds.secret(at..end);
        }
        return end;
    }
    let at = text.blanks(hit.end);
    let end = text.forward(at, inside);
    let credential = text.all[at..end].trim_end_matches(['.', ';', ')', ']', '}']);
    let basic = || {
        text_of(credential).is_some_and(|pair| pair.contains(':'))
            || mixed(credential) && credential.ends_with('=')
    };
    let accepted = match word.as_str() {
        "basic " => credential.len() >= 6 && basic(),
        _ => credential.len() >= 8 && mixed(credential),
    };
    if accepted {
        finds.secret(at..at + credential.len());
    }
    hit.end
}
