//! What every source of replies offers.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crate::draft::dialogue::{Prompt, Reply};

/// A source of replies. Blocking: it is called on a thread of its own.
pub trait Model: Send + Sync {
    /// Returns what the operator calls it, like `qwen3-32b at localhost`.
    fn name(&self) -> String;

    /// Asks once. `on_text` is given each piece of the reply as it arrives, and only pieces of the reply that is returned
    /// in the end: after a retry it starts from nothing, said by `Piece::Again`.
    fn ask(
        &self,
        prompt: &Prompt,
        limits: &Limits,
        on_piece: &mut dyn FnMut(Piece<'_>),
    ) -> Result<Answered, ModelError>;

    /// Notes that a complete reply had not the form it was asked for, and returns how the next one is asked for;
    /// nothing where there is no other way.
    fn ask_lower(&self) -> Option<Rung> {
        None
    }

    /// Returns exactly what would be sent; while a question is under way (in `on_piece`), what is sent next.
    fn preview(&self, prompt: &Prompt) -> String {
        super::rendered(prompt)
    }
}

/// What arrives while a reply is under way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Piece<'a> {
    /// More of the reply.
    Text(&'a str),
    /// The reply starts again from nothing: a retry, or a lower rung of the ladder.
    Again {
        /// Why.
        why: &'a str,
    },
    /// The model is at work and shows nothing yet; so many bytes of reasoning were seen.
    Thinking(usize),
    /// The endpoint asked to wait.
    Waiting {
        /// For how long.
        time: Duration,
    },
}

/// What a request may take.
#[derive(Debug, Clone)]
pub struct Limits {
    /// When it must have ended.
    pub deadline: Instant,
    /// The most bytes of a reply.
    pub bytes: usize,
    /// Ends it at once.
    pub cancel: Cancel,
}

/// Ends a request from another thread.
#[derive(Debug, Clone, Default)]
pub struct Cancel(Arc<AtomicBool>);

impl Cancel {
    /// Ends it.
    pub fn now(&self) {
        self.0.store(true, Ordering::Release);
    }

    /// Returns whether it was ended.
    pub fn is_set(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }
}

/// A reply with what it took.
#[derive(Debug, Clone, PartialEq)]
pub struct Answered {
    /// The reply.
    pub reply: Reply,
    /// What the endpoint counted, where it says so.
    pub usage: Option<Usage>,
    /// How the form of the reply was asked for; none for recorded replies.
    pub rung: Option<Rung>,
    /// How many requests it took.
    pub requests: u32,
    /// What the operator should know about the reply, like that it was recorded for an earlier form of the prompt.
    pub remark: Option<String>,
}

/// Tokens.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Usage {
    /// Of the prompt.
    pub prompt: u64,
    /// Of the reply, reasoning included.
    pub reply: u64,
    /// Of the prompt, those that came from the endpoint's cache.
    pub cached: u64,
}

/// How the form of a reply is asked for, strictest first.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum Rung {
    /// `json_schema` with `strict`.
    Strict,
    /// `json_schema` without.
    Schema,
    /// `json_object`, the schema in the prompt.
    Object,
    /// Nothing but the prompt.
    Text,
}

impl Rung {
    /// Every rung, strictest first.
    pub const ALL: [Self; 4] = [Self::Strict, Self::Schema, Self::Object, Self::Text];

    /// Returns the next rung down.
    pub fn lower(self) -> Option<Self> {
        match self {
            Self::Strict => Some(Self::Schema),
            Self::Schema => Some(Self::Object),
            Self::Object => Some(Self::Text),
            Self::Text => None,
        }
    }

    /// Returns the word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Strict => "strict",
            Self::Schema => "schema",
            Self::Object => "object",
            Self::Text => "text",
        }
    }
}

/// Why there is no reply; the variants are what the operator can do about it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ModelError {
    /// The operator ended it.
    #[error("cancelled")]
    Cancelled,
    /// It took too long.
    #[error("no complete reply: {0}")]
    Deadline(String),
    /// The endpoint cannot be reached.
    #[error("{endpoint} cannot be reached: {why}")]
    Unreachable {
        /// Its base URL, without credentials.
        endpoint: String,
        /// Why.
        why: String,
    },
    /// The endpoint refuses the key.
    #[error("{endpoint} refuses the key: {why}")]
    Unauthorized {
        /// Its base URL.
        endpoint: String,
        /// What it says.
        why: String,
    },
    /// The endpoint asks to wait longer than there is time.
    #[error("{endpoint} is busy{}", .wait.map(|wait| format!(": it asks to wait {} s", wait.as_secs())).unwrap_or_default())]
    Busy {
        /// Its base URL.
        endpoint: String,
        /// How long it asks to wait.
        wait: Option<Duration>,
    },
    /// The endpoint refuses the request.
    #[error("{endpoint} refuses the request ({status}): {why}")]
    Refused {
        /// Its base URL.
        endpoint: String,
        /// HTTP status.
        status: u16,
        /// What it says.
        why: String,
    },
    /// What answers is not a model endpoint.
    #[error("{endpoint} does not answer like a model endpoint: {why}")]
    NotAnEndpoint {
        /// Its base URL.
        endpoint: String,
        /// What came instead.
        why: String,
    },
    /// The reply grew over the limit.
    #[error("the reply is longer than {0} bytes")]
    TooLong(usize),
    /// The configuration cannot be used.
    #[error("{0}")]
    Configuration(String),
    /// There is no recorded reply for this prompt.
    #[error("no recorded reply: {0}")]
    NotRecorded(String),
}

impl ModelError {
    /// Tells whether the endpoint works and dislikes only how it was asked, so that another way may do.
    pub fn is_about_form(&self) -> bool {
        matches!(self, Self::Refused { status: 400 | 404 | 415 | 422 | 500 | 501, .. })
    }

    /// Returns what the operator may do about it.
    pub fn advice(&self) -> Option<&'static str> {
        match self {
            Self::Deadline(_) => Some("give it more time with --deadline, or take a faster model"),
            Self::Unreachable { why, .. } if why.contains("certificate") => Some(
                "add the authority of the endpoint to the trusted ones of this machine, or name it in SSL_CERT_FILE",
            ),
            Self::Unreachable { .. } => Some(
                "is it running, and is its base_url right? `blackstart models --probe` tries it",
            ),
            Self::Unauthorized { .. } => Some(
                "look where the configuration of the model takes its key from: `blackstart models`",
            ),
            Self::Busy { .. } => Some("try again later, or choose another model with --model"),
            Self::Refused { status: 404, .. } => Some(
                "compare the model's name and base_url (most end in /v1) with the endpoint's documentation",
            ),
            Self::Refused { .. } => {
                Some("`blackstart models --probe` shows what the endpoint accepts")
            }
            Self::NotAnEndpoint { .. } => {
                Some("base_url must be the part before /chat/completions; most end in /v1")
            }
            Self::TooLong(_) => Some("take another model; this one does not stop"),
            Self::Cancelled | Self::Configuration(_) | Self::NotRecorded(_) => None,
        }
    }
}
