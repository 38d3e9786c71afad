//! Performs what the flow asks for: files, store, sandbox, runner, clock.
#![allow(clippy::disallowed_methods)]

pub mod demo;
pub mod files;

use crate::base::{Clock, Timestamp};

/// The machine's clock. `BLACKSTART_NOW` (an RFC 3339 time) makes it stand still, for repeatable documents.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        let fixed = std::env::var("BLACKSTART_NOW")
            .ok()
            .and_then(|now| now.parse().ok());
        fixed.unwrap_or_else(Timestamp::now)
    }
}
