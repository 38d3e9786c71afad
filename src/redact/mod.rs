//! Replaces what must not leave the machine by typed, stable pseudonyms, and puts it back into what returns.

mod detectors;
mod digits;
mod found;
mod key_word;
mod hosts;
pub mod kind;
mod learned;
mod names;
mod plain_words;
mod plausible;
mod pseudonyms;
mod redacted;
mod redactor;
mod scan;
mod text;
mod value;
mod view;

pub use hosts::is_public as is_public_host;
pub use kind::Kind;
pub use pseudonyms::placeholders_in;
pub use redacted::Redacted;
pub use redactor::{Known, Redaction, Redactor, Span, Unresolved, masked};

/// Returns what the detectors look for, each in a few words.
pub fn looked_for() -> impl Iterator<Item = &'static str> {
    detectors::DETECTORS.iter().map(|detector| detector.finds)
}
