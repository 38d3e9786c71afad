//! What is known of the machine blackstart runs on.

use std::path::Path;

use crate::evidence::Level;
use crate::execute::own_account;
use crate::probe::Here;
use crate::sandbox::{self, Options, SandboxError};

pub use crate::sandbox::{Standing, Surveyed, lacks, needs, stand_ins};

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
        let (level, level_reason) = match sandbox::best(&Options::new(program)) {
            Ok(found) => (found.level(), found.reason),
            Err(error) => (Level::StaticOnly, Some(error.to_string())),
        };
        Self { hostname: Here::look().hostname, user: own_account().name, level, level_reason }
    }
}

impl Machine {
    /// Looks, and tries every level of the sandbox; the best comes first.
    pub fn survey(program: &Path) -> Result<(Self, Vec<Surveyed>), SandboxError> {
        let levels = sandbox::survey(&Options::new(program))?;
        let best = levels.iter().find_map(|one| match &one.standing {
            Standing::Had(why) => Some((one.level, why.clone())),
            Standing::Refused(_) | Standing::NotTried(_) => None,
        });
        let (level, own) = best.unwrap_or((Level::StaticOnly, None));
        let refused =
            levels.iter().filter(|one| one.level > level).filter_map(|one| match &one.standing {
                Standing::Refused(refusal) => Some(format!("{}; {}", refusal.reason, refusal.fix)),
                Standing::Had(_) | Standing::NotTried(_) => None,
            });
        let mut reasons: Vec<String> = refused.collect();
        reasons.dedup();
        let level_reason = match (level.counts(), reasons.is_empty()) {
            (true, _) | (false, true) => own,
            (false, false) => Some(reasons.join("; nor a read-only probe: ")),
        };
        let hostname = Here::look().hostname;
        Ok((Self { hostname, user: own_account().name, level, level_reason }, levels))
    }
}
