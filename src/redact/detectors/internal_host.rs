//! Names of hosts in networks of one's own: `.internal`, `.lan`, `.corp`, `.local`.

use crate::redact::found::Finds;
use crate::redact::hosts::is_internal;
use crate::redact::kind::Kind;
use crate::redact::scan::{Detector, Trigger, Word};
use crate::redact::text::Text;

/// Dotted names whose last label no public domain has. In a path only where it cannot be a file.
pub const DETECTOR: Detector = Detector {
    finds: "names of internal hosts",
    trigger: Trigger::Words(|word| word.dots >= 1 && word.range.len() >= 5, look),
};

fn look(text: Text<'_>, word: &Word, finds: &mut Finds) {
    let inside = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_');
    let mut at = word.range.start;
    while at < word.range.end {
        let start = text.forward(at, |b| !inside(b)).min(word.range.end);
        let end = text.forward(start, inside).min(word.range.end);
        at = end.max(start + 1);
        // An escaped character before the name is not part of it.
        let skipped = match text.before(start) {
            b'%' => 2,
            b'\\' if matches!(text.byte(start), b'n' | b't' | b'r') => 1,
            _ => 0,
        };
        let start = (start + skipped).min(end);
        if end - start > 253 {
            continue;
        }
        let name = text.all[start..end].trim_end_matches(['.', '-']);
        if name.starts_with(['.', '-']) || !is_internal(name) {
            continue;
        }
        let last = name.rsplit('.').next().unwrap_or_default();
        let file = text.before(start) == b'/'
            && text.before(start.saturating_sub(1)) != b'/'
            && matches!(last, "local" | "private" | "home" | "prod" | "site" | "int" | "dc");
        // `settings.local.yaml`: the word went on beyond the name.
        if !file && text.byte(start + name.len()) != b'(' {
            finds.add(start..start + name.len(), Kind::Host);
        }
    }
}
