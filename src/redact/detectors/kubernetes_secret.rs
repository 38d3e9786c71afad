//! The values of Kubernetes secrets, whatever their keys are called.

use std::ops::Range;

use crate::redact::found::Finds;
use crate::redact::plausible::placeholder;
use crate::redact::scan::{Detector, Trigger};
use crate::redact::text::Text;

/// Everything under `data:` and `stringData:` of a document of `kind: Secret`, in YAML and JSON, and
/// `kubectl create secret --from-literal`.
pub const DETECTOR: Detector = Detector {
    finds: "values of Kubernetes secrets",
    trigger: Trigger::Literals(
        &[
            "kind: Secret",
            "\"kind\":\"Secret\"",
            "\"kind\": \"Secret\"",
            "stringData",
            "--from-literal",
        ],
        look,
    ),
};

/// A document is searched this far in both directions.
const REACH: usize = 64 * 1024;

fn look(text: Text<'_>, hit: Range<usize>, finds: &mut Finds) -> usize {
    if text.byte(hit.start) == b'-' {
        let at = text.forward_within(hit.end, 2, |b| matches!(b, b'=' | b' ' | b'"' | b'\''));
        let end = text.forward_within(at, 4096, |b| b > b' ' && !matches!(b, b'"' | b'\''));
        if let Some((key, value)) = text.all[at..text.all.floor_char_boundary(end)].split_once('=')
        {
            let start = at + key.len() + 1;
            let start = start + usize::from(value.starts_with(['"', '\'']));
            if !placeholder(&text.all[start..text.all.floor_char_boundary(end)]) {
                finds.secret(start..end);
            }
        }
        return hit.end;
    }
    let after = text.part(hit.end..hit.end + REACH);
    let end = hit.end + after.find("\n---").unwrap_or(after.len());
    let before = text.part(hit.start.saturating_sub(REACH)..hit.start);
    let start = hit.start - before.len() + before.rfind("\n---").unwrap_or(0);
    if text.all[start..hit.start].contains("Secret") && text.goes_on(hit.start, "stringData") {
        return hit.end;
    }
    if text.byte(hit.start) == b'"' {
        json(text, start, end, finds);
    } else {
        yaml(text, start, end, finds);
    }
    // What belongs to this document was seen.
    end.max(hit.end)
}

fn yaml(text: Text<'_>, start: usize, end: usize, finds: &mut Finds) {
    let indent = |line: &str| line.len() - line.trim_start_matches([' ', '-']).len();
    let mut inside: Option<usize> = None;
    let mut block: Option<usize> = None;
    let mut at = start;
    for line in text.all[start..end].split_inclusive('\n') {
        let begin = at;
        at += line.len();
        let content = line.trim();
        if content.is_empty() {
            continue;
        }
        if matches!(content.trim_start_matches("- "), "data:" | "stringData:") {
            (inside, block) = (Some(indent(line)), None);
            continue;
        }
        let Some(outer) = inside else {
            continue;
        };
        if indent(line) <= outer {
            (inside, block) = (None, None);
            continue;
        }
        let whole = begin + (line.len() - line.trim_start().len())..begin + line.trim_end().len();
        if block.is_some_and(|key| indent(line) > key) {
            if !placeholder(content) {
                finds.secret(whole);
            }
            continue;
        }
        block = None;
        if let Some((key, value)) =
            content.split_once(": ").or_else(|| content.strip_suffix(':').map(|key| (key, "")))
        {
            let value = value.trim();
            if matches!(value, "|" | ">" | "|-" | ">-" | "|+" | "") {
                block = Some(indent(line));
            } else if !placeholder(value) && !public(key) {
                let bare = value.trim_matches(['"', '\'']);
                let from = begin + (bare.as_ptr() as usize - line.as_ptr() as usize);
                finds.secret(from..from + bare.len());
            }
        }
    }
}

/// Certificates are kept in secrets too, and are none.
fn public(key: &str) -> bool {
    matches!(key.trim_matches(['"', '\'']), "ca.crt" | "tls.crt" | "namespace")
}

fn json(text: Text<'_>, start: usize, end: usize, finds: &mut Finds) {
    let part = &text.all[start..end];
    for field in ["\"data\"", "\"stringData\""] {
        for (at, _) in part.match_indices(field) {
            let Some(open) = part[at..].find('{').filter(|length| *length < 16) else {
                continue;
            };
            let body = &part[at + open + 1..];
            let body = &body[..body.find('}').unwrap_or(body.len())];
            let mut strings = body.split('"').skip(1);
            // Between quotes: key, colon, value, comma.
            while let (Some(key), Some(_), Some(value)) =
                (strings.next(), strings.next(), strings.next())
            {
                let from = value.as_ptr() as usize - text.all.as_ptr() as usize;
                if !placeholder(value) && !public(key) {
                    finds.secret(from..from + value.len());
                }
                strings.next();
            }
        }
    }
}
