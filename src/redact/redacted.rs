//! Text that may leave the machine.

/// Text made by a [`Redactor`](super::Redactor), or fixed text of the program. Nothing else may be sent to a model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Redacted(String);

impl Redacted {
    /// Wraps a text of the program itself.
    pub fn fixed(text: &'static str) -> Self {
        Self(text.to_owned())
    }

    /// Wraps the JSON Schema of a reply, which is a text of the program itself.
    pub fn schema(schema: &serde_json::Value) -> Self {
        Self(schema.to_string())
    }

    /// Wraps what a redactor made.
    pub(super) fn made(text: String) -> Self {
        Self(text)
    }

    /// Returns a part of it, as bytes of [`as_str`](Self::as_str), moved inwards to whole characters: what may leave whole may
    /// leave in parts.
    pub fn part(&self, range: std::ops::Range<usize>) -> Self {
        let start = self.0.ceil_char_boundary(range.start.min(self.0.len()));
        let end = self.0.floor_char_boundary(range.end.min(self.0.len()));
        Self(self.0.get(start..end).unwrap_or_default().to_owned())
    }

    /// Wraps a number.
    pub fn number(number: usize) -> Self {
        Self(number.to_string())
    }

    /// Appends another such text.
    pub fn push(&mut self, other: &Self) {
        self.0.push_str(&other.0);
    }

    /// Returns the exact text to be sent.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
