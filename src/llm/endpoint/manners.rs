//! How an endpoint wants to be asked: learned from its refusals, and remembered.

use serde::{Deserialize, Serialize};

use super::complaint::About;
use crate::llm::Rung;

/// What a model behind an endpoint is known to accept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manners {
    /// How the form of the reply is asked for.
    pub rung: Rung,
    /// The field that limits the reply.
    pub length: LengthField,
    /// Whether a temperature may be sent.
    pub temperature: Sent,
    /// Whether `stream_options` may be sent.
    pub stream_options: Sent,
}

/// The field that limits the reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum LengthField {
    /// `max_tokens`, which most servers know.
    MaxTokens,
    /// `max_completion_tokens`, which reasoning models of OpenAI insist on.
    MaxCompletionTokens,
    /// None of them.
    Omitted,
}

/// Whether a field is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sent {
    /// It is.
    Yes,
    /// The endpoint refuses it.
    No,
}

impl Default for Manners {
    fn default() -> Self {
        Self {
            rung: Rung::Strict,
            length: LengthField::MaxTokens,
            temperature: Sent::Yes,
            stream_options: Sent::Yes,
        }
    }
}

impl Manners {
    /// Changes what a complaint is about, and says what was changed; nothing where there is nothing left to change.
    pub fn give_in(&mut self, about: About) -> Option<&'static str> {
        match about {
            About::Form | About::Nothing => {
                self.rung = self.rung.lower()?;
                Some(match self.rung {
                    Rung::Strict | Rung::Schema => "the endpoint refuses a strict schema",
                    Rung::Object => "the endpoint refuses a schema",
                    Rung::Text => "the endpoint refuses a form of reply",
                })
            }
            About::LengthField => {
                self.length = match self.length {
                    LengthField::MaxTokens => LengthField::MaxCompletionTokens,
                    LengthField::MaxCompletionTokens => LengthField::Omitted,
                    LengthField::Omitted => return None,
                };
                Some("the endpoint wants the length of the reply said differently")
            }
            About::Temperature if self.temperature == Sent::Yes => {
                self.temperature = Sent::No;
                Some("the endpoint refuses a temperature")
            }
            About::StreamOptions if self.stream_options == Sent::Yes => {
                self.stream_options = Sent::No;
                Some("the endpoint refuses to count tokens in a stream")
            }
            About::Temperature | About::StreamOptions | About::Else => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn giving_in_comes_to_an_end() {
        for about in [
            About::Form,
            About::LengthField,
            About::Temperature,
            About::StreamOptions,
            About::Nothing,
            About::Else,
        ] {
            let mut manners = Manners::default();
            let steps = std::iter::from_fn(|| manners.give_in(about)).take(10).count();
            let expected = match about {
                About::Form | About::Nothing => 3,
                About::LengthField => 2,
                About::Temperature | About::StreamOptions => 1,
                About::Else => 0,
            };
            assert_eq!(steps, expected, "{about:?}");
        }
    }
}
