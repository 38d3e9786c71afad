//! The secret half of an AWS key, which has no mark of its own: forty characters near an access key or its name.

use std::ops::Range;

use crate::redact::found::Finds;
use crate::redact::plausible::Mix;
use crate::redact::scan::{Detector, Trigger};
use crate::redact::text::Text;

/// Forty base64 characters within two hundred bytes behind an access key id, or on the line of the word `secret`.
pub const DETECTOR: Detector = Detector {
    finds: "AWS secret access keys",
    trigger: Trigger::Literals(
        &["AKIA", "ASIA", "aws", "secret access key", "SecretAccessKey"],
        look,
    ),
};

fn look(text: Text<'_>, hit: Range<usize>, finds: &mut Finds) -> usize {
    let inside = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'/' | b'+');
    let window = text.part(hit.end..hit.end + 200);
    if &text.all[hit.clone()] == "aws"
        && !window.split('\n').next().unwrap_or_default().to_ascii_lowercase().contains("secret")
    {
        return hit.end;
    }
    let mut at = hit.end;
    let limit = hit.end + window.len();
    while at < limit {
        if !inside(text.byte(at)) {
            at += 1;
            continue;
        }
        let end = text.forward_within(at, 64, inside);
        if end - at == 40 {
            let mix = Mix::of(&text.all[at..end]);
            if mix.lower > 0 && mix.upper > 0 && mix.random() {
                finds.secret(at..end);
            }
        }
        at = end.max(at + 1);
    }
    hit.end
}
