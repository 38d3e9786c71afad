//! What is known of the machine blackstart runs on.

use std::path::Path;

use crate::evidence::Level;
use crate::probe::Here;
use crate::sandbox::{Options, SandboxError, Session};

/// This machine and the account on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Machine {
    /// What `hostname` prints.
    pub hostname: String,
    /// The account.
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
        Self {
            hostname: Here::look().hostname,
            user: os_user(),
            level,
            level_reason,
        }
    }
}

/// Returns the name of the account this process runs as, or its number where `/etc/passwd` does not name it.
pub fn os_user() -> String {
    let uid = rustix::process::getuid().as_raw();
    let passwd = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
    let named = passwd.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        (fields.nth(1)? == uid.to_string()).then(|| name.to_owned())
    });
    named.unwrap_or_else(|| format!("uid-{uid}"))
}
