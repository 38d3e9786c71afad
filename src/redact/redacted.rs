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

    /// Appends another such text.
    pub fn push(&mut self, other: &Self) {
        self.0.push_str(&other.0);
    }

    /// Returns the exact text to be sent.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
