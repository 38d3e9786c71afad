//! Asks a model: over an OpenAI-compatible endpoint, or from recorded replies.
#![allow(clippy::disallowed_methods)]

mod config;
mod cost;
mod endpoint;
mod key;
mod model;
mod probe;
mod recorded;

pub use config::{Auth, Field, KeySource, ModelConfig, Models, Price, read};
pub use cost::{Cost, cost};
pub use endpoint::{Address, Endpoint, LengthField, Manners, Sent, Trace};
pub use key::{KeyError, key};
pub use model::{Answered, Cancel, Limits, Model, ModelError, Piece, Rung, Usage};
pub use probe::{Failure, Probed, limits as probe_limits, probe};
pub use recorded::{Mode, Pace, Recorded, Source, rendered};
