//! What is known of the machine blackstart runs on.

use std::path::Path;

use crate::evidence::Level;
use crate::execute::own_account;
use crate::probe::Here;
use crate::sandbox::{Options, SandboxError, Session};

/// This machine and the account on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Machine {
    /// What `hostname` prints.
    pub hostname: String,
    /// The account this program runs as.
    pub user: String,
    /// How much a dry run can prove here.
    pub level: Level,
    /// Why not more, and how to get it.
    pub level_reason: Option<String>,
}

impl Machine {
    /// Looks, and tries the sandbox by making one.
    pub fn probe(program: &Path) -> Self {
        let (level, level_reason) = match Session::start(&Options::new(program)) {
            Ok(session) => (session.level(), session.level_reason().map(str::to_owned)),
            Err(SandboxError::Unavailable { reason, fix }) => {
                (Level::StaticOnly, Some(format!("{reason}; {fix}")))
            }
            Err(error @ (SandboxError::Lost { .. } | SandboxError::Run(_))) => {
                (Level::StaticOnly, Some(error.to_string()))
            }
        };
        Self { hostname: Here::look().hostname, user: own_account().name, level, level_reason }
    }
}
