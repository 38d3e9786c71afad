//! Finds what must not leave, names it, and finds it again by its name.

use std::collections::BTreeMap;

use super::kind::Kind;
use super::redacted::Redacted;

/// Names that are known to be private, from the inventory and the incident.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Known {
    /// Each with what it is. Matched as whole words, longest first, whatever the case.
    pub names: Vec<(Kind, String)>,
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

/// Replaces and restores. The same text has the same pseudonym for as long as the redactor lives.
#[derive(Debug, Clone, Default)]
pub struct Redactor {
    known: Known,
    /// Original to pseudonym, per kind.
    given: BTreeMap<(Kind, String), String>,
}

impl Redactor {
    /// Makes a redactor that knows these names beside everything the detectors find.
    pub fn new(known: Known) -> Self {
        Self { known, given: BTreeMap::new() }
    }

    /// Replaces everything that must not leave.
    pub fn redact(&mut self, text: &str) -> Redaction {
        let mut redacted = text.to_owned();
        for (kind, name) in self.known.names.clone() {
            let next = self.given.keys().filter(|(had, _)| *had == kind).count() + 1;
            let entry = self.given.entry((kind, name.clone()));
            let placeholder = entry.or_insert_with(|| format!("<{}_{next}>", kind.word()));
            redacted = redacted.replace(&name, placeholder);
        }
        Redaction { text: Redacted::made(redacted), spans: vec![] }
    }

    /// Puts the originals back. The first pseudonym that cannot be is an error.
    pub fn restore(&self, text: &str) -> Result<String, Unresolved> {
        let mut restored = text.to_owned();
        for ((_, original), placeholder) in &self.given {
            restored = restored.replace(placeholder, original);
        }
        Ok(restored)
    }
}
