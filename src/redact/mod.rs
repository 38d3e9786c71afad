//! Replaces what must not leave the machine by typed, stable pseudonyms, and puts it back into what returns.

pub mod kind;
mod redacted;
mod redactor;

pub use kind::Kind;
pub use redacted::Redacted;
pub use redactor::{Known, Redaction, Redactor, Span, Unresolved};
