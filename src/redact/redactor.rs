//! Finds what must not leave, names it, and finds it again by its name.

use std::collections::BTreeMap;

use super::found::Finds;
use super::kind::{Kind, Returns};
use super::learned::Learned;
use super::names::Names;
use super::pseudonyms::{Pseudonyms, Unknown, placeholders_in};
use super::redacted::Redacted;
use super::scan::scan;
use super::text::Text;
use super::view::View;

/// Names that are known to be private, from the inventory and the incident.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Known {
    /// Each with what it is. Matched as whole words, longest first, whatever the case.
    pub names: Vec<(Kind, String)>,
    /// Words that stay whole although a name stands inside them, like the asset `orders-db1` where `db1` is a host: the ids
    /// that a plan is written in. A word that is a name itself is replaced all the same.
    pub kept: Vec<String>,
}

/// A text with its pseudonyms.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Redaction {
    /// What may leave.
    pub text: Redacted,
    /// What was replaced, in order.
    pub spans: Vec<Span>,
}

/// A replaced part of the input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Span {
    /// First code point.
    pub start: usize,
    /// The code point behind the last.
    pub end: usize,
    /// What it was taken for.
    pub kind: Kind,
    /// What stands there instead, like `<HOST_1>`.
    pub placeholder: String,
}

/// A pseudonym in a reply that stands for nothing, or for something that is never put back.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{placeholder} {}", if *.known { "stands for a secret, which is never put back" } else { "stands for nothing that was sent" })]
pub struct Unresolved {
    /// The pseudonym.
    pub placeholder: String,
    /// Whether it is one of ours.
    pub known: bool,
}

/// Returns a text with an asterisk for each byte of its secrets, so that everything else stands where it stood.
pub fn masked(input: &str) -> String {
    let view = View::of(input);
    let text = Text { all: view.text(), depth: 0 };
    let mut bytes = input.as_bytes().to_vec();
    for (range, kind) in scan(text).spans() {
        if kind == Kind::Secret {
            let start = view.text().floor_char_boundary(range.start);
            let end = view.text().ceil_char_boundary(range.end);
            let secret = &mut bytes[view.original(start..end)];
            secret.iter_mut().filter(|byte| **byte != b'\n').for_each(|byte| *byte = b'*');
        }
    }
    String::from_utf8(bytes).expect("whole characters are replaced by ASCII")
}

/// Replaces and restores. The same text has the same pseudonym for as long as the redactor lives; two spellings of one name
/// have two, so that each comes back as it was written.
///
/// Text that already looks like a pseudonym is itself replaced ([`Kind::Literal`]), also where this redactor gave that
/// very pseudonym: who pastes `<HOST_1>` must not have it turned into a host. So redacting once more finds nothing in a
/// redacted text but its pseudonyms, and [`Redactor::restore`] undoes one redaction, in one pass.
#[derive(Debug, Clone, Default)]
pub struct Redactor {
    names: Names,
    learned: Learned,
    pseudonyms: Pseudonyms,
    replaced: BTreeMap<Kind, usize>,
}

impl Redactor {
    /// Makes a redactor that knows these names beside everything the detectors find.
    pub fn new(known: Known) -> Self {
        Self { names: Names::new(&known), ..Self::default() }
    }

    /// Reads a text for its secrets, so that they are found wherever else they stand: also where a text is cut, and the words
    /// that gave them away are gone.
    pub fn learn(&mut self, input: &str) {
        let view = View::of(input);
        let text = Text { all: view.text(), depth: 0 };
        let spans = scan(text).spans();
        let secrets = spans.into_iter().filter(|(_, kind)| kind.returns() == Returns::Never);
        self.learned.take(secrets.map(|(range, _)| text.part(range)));
    }

    /// Replaces everything that must not leave. Takes time in proportion to the text, whatever it holds.
    pub fn redact(&mut self, input: &str) -> Redaction {
        let view = View::of(input);
        let text = Text { all: view.text(), depth: 0 };
        let mut finds = scan(text);
        self.names.find(text, &mut finds);
        self.learned.find(text, &mut finds);
        literals(text, &mut finds);
        let mut output = String::with_capacity(input.len());
        let mut spans = vec![];
        let (mut copied, mut counted, mut points) = (0, 0, 0);
        for (range, kind) in finds.spans() {
            let range = view.text().floor_char_boundary(range.start)
                ..view.text().ceil_char_boundary(range.end);
            let original = view.original(range);
            let placeholder = self.pseudonyms.of(kind, &input[original.clone()]);
            output.push_str(&input[copied..original.start]);
            output.push_str(&placeholder);
            points += input[counted..original.start].chars().count();
            let start = points;
            points += input[original.clone()].chars().count();
            spans.push(Span { start, end: points, kind, placeholder });
            *self.replaced.entry(kind).or_default() += 1;
            (copied, counted) = (original.end, original.end);
        }
        output.push_str(&input[copied..]);
        Redaction { text: Redacted::made(output), spans }
    }

    /// Puts the originals back, in one pass: what comes back is not looked at again. The first pseudonym that cannot be
    /// put back is an error, and so is anything else of that form.
    pub fn restore(&self, text: &str) -> Result<String, Unresolved> {
        let mut restored = String::with_capacity(text.len());
        let mut copied = 0;
        for range in placeholders_in(text) {
            let placeholder = &text[range.clone()];
            let original = self.pseudonyms.original(placeholder).map_err(|unknown| Unresolved {
                placeholder: placeholder.to_owned(),
                known: unknown == Unknown::Never,
            })?;
            restored.push_str(&text[copied..range.start]);
            restored.push_str(original);
            copied = range.end;
        }
        restored.push_str(&text[copied..]);
        Ok(restored)
    }

    /// Returns how much was replaced so far, by kind: what may be logged about what left.
    pub fn audit(&self) -> Vec<(Kind, usize)> {
        self.replaced.iter().map(|(kind, count)| (*kind, *count)).collect()
    }
}

/// Finds what looks like one of our pseudonyms.
fn literals(text: Text<'_>, finds: &mut Finds) {
    for range in placeholders_in(text.all) {
        finds.add(range, Kind::Literal);
    }
}
