//! Asks a model: over an OpenAI-compatible endpoint, or from recorded replies.
#![allow(clippy::disallowed_methods)]

mod model;

pub use model::{Answered, Cancel, Limits, Model, ModelError, Piece, Rung, Usage};
