//! What goes to a model and what comes back, without how it travels.

use crate::redact::Redacted;

/// Everything that is sent in one request.
#[derive(Debug, Clone, PartialEq)]
pub struct Prompt {
    /// The conversation so far; its beginning is the same for every draft, so that a server may cache it.
    pub messages: Vec<Message>,
    /// The name of the reply's schema, `[a-z_]+`.
    pub schema_name: &'static str,
    /// The JSON Schema of the reply: flat, every property required, nullable by type.
    pub schema: serde_json::Value,
    /// The most tokens the reply may take.
    pub reply_tokens: u32,
}

/// One message of the conversation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Who speaks.
    pub role: Role,
    /// What is said.
    pub text: Redacted,
}

/// Who speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// The rules.
    System,
    /// The request.
    User,
    /// The model's own earlier reply.
    Assistant,
}

/// What a model answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// All of its text.
    pub text: String,
    /// How it ended.
    pub end: End,
}

/// How a reply ended. Only a complete one is ever believed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum End {
    /// The model said that it is done.
    Complete,
    /// It reached the limit of its length.
    Length,
    /// A filter stopped it.
    Filtered,
    /// The model declined.
    Declined,
    /// The connection ended before the reply did.
    Cut,
    /// The server reported an error in the middle.
    Failed(String),
}
