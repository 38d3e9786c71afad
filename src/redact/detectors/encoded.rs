//! JSON web tokens, and base64 whose decoded text holds a secret.

use std::ops::Range;

use base64::Engine;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use crate::redact::found::Finds;
use crate::redact::scan::{Detector, Trigger, scan};
use crate::redact::text::Text;

/// `eyJ…` is JSON, `LS0tLS1CRUdJTi` is `-----BEGIN`; both are looked into.
pub const DETECTOR: Detector = Detector {
    finds: "JSON web tokens and secrets in base64",
    trigger: Trigger::Literals(&["eyJ", "LS0tLS1CRUdJTi", "ewog", "eyAi", "eyIK"], look),
};

fn look(text: Text<'_>, hit: Range<usize>, finds: &mut Finds) -> usize {
    let part = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_');
    let exact =
        matches!(&text.all[hit.clone()], "eyJ" | "LS0tLS1CRUdJTi" | "ewog" | "eyAi" | "eyIK");
    if !exact
        || text.before(hit.start).is_ascii_alphanumeric()
            && !(hit.start >= 3 && text.byte(hit.start - 3) == b'%')
    {
        return hit.start;
    }
    let first = text.forward(hit.start, part);
    if first - hit.start >= 8 && text.byte(first) == b'.' {
        let end = text.forward(first, |b| part(b) || b == b'.' || b == b'=');
        let dots = text.all[first..end].bytes().filter(|b| *b == b'.').count();
        let unsigned = text.all[first + 1..end].starts_with("eyJ");
        if (dots >= 2 || unsigned) && end - first > 10 {
            finds.secret(hit.start..end);
            return end;
        }
    }
    let end = text.forward(hit.start, |b| part(b) || matches!(b, b'+' | b'/' | b'='));
    if holds_secret(text, &text.all[hit.start..end]) == Some(true) {
        finds.secret(hit.start..end);
    }
    end
}

/// No text longer than this is decoded.
const LONGEST: usize = 128 * 1024;

/// Decodes base64 and tells whether its text holds a secret; nothing where it is no text.
pub fn holds_secret(text: Text<'_>, token: &str) -> Option<bool> {
    let decoded = text_of(token)?;
    // Twice encoded is enough; deeper is a riddle.
    Some(text.depth < 2 && scan(Text { all: &decoded, depth: text.depth + 1 }).any_secret())
}

/// Decodes base64 of either alphabet, with or without padding, if a text comes out.
pub fn text_of(token: &str) -> Option<String> {
    let token = token.trim_end_matches('=');
    let token = &token[..token.len().min(LONGEST)];
    let token = &token
        [..token.len() - token.len() % 4 + if token.len() % 4 == 1 { 0 } else { token.len() % 4 }];
    let lenient = GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true);
    let alphabet =
        if token.contains(['-', '_']) { &alphabet::URL_SAFE } else { &alphabet::STANDARD };
    let bytes = GeneralPurpose::new(alphabet, lenient).decode(token).ok()?;
    let text = String::from_utf8(bytes).ok()?;
    let readable =
        text.chars().filter(|c| !c.is_control() || matches!(c, '\n' | '\r' | '\t')).count();
    (!text.is_empty() && readable == text.chars().count()).then_some(text)
}
