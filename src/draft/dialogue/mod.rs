//! Drafts with a model: what it is asked, what of its answer is believed, and what is sent back.

mod exchange;
mod known;

pub use exchange::{End, Message, Prompt, Reply, Role};
pub use known::known;
