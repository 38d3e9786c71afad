//! Performs what the flow asks for: files, store, sandbox, runner, clock.
#![allow(clippy::disallowed_methods)]

mod approvals;
mod asking;
pub mod demo;
mod checks;
mod documents;
mod drafting;
mod dry_runs;
mod error;
pub mod evaluating;
pub mod files;
mod following;
mod installed_tools;
mod leading;
mod machine;
mod model_drafting;
mod models;
pub mod perform;
mod place;
mod reports;
pub mod reviewing;
mod rule_notes;
mod runs;

use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

pub use crate::draft::dialogue::failed_steps;
pub use approvals::Approved;
pub use checks::check_inventory;
pub use error::RuntimeError;
use installed_tools::InstalledTools;
pub use machine::{Machine, Standing, Surveyed, lacks, needs, stand_ins};
pub use model_drafting::{
    DialogueEnd, DraftingError, ModelDrafted, Preview, Settings, recorded_instant,
};
pub use models::{ChosenModel, ListedModel, ModelChoice, ModelsError};
pub use rule_notes::rule_notes;

// What the front may name of the edges below.
pub use crate::dryrun::Progress as DryRunProgress;
pub use crate::execute::{
    ExecuteError, Followed, Input, SystemClock, Tail, output_file, secrets_to_type, targets,
};
pub use crate::llm::{
    Answered, Cancel, Failure, KeyError, KeySource, Limits, Mode, Model, ModelConfig, ModelError,
    Models, Pace, Piece, Probed, Recorded, Rung, Source, Usage, cost,
};
pub use crate::probe::installed;
pub use crate::sandbox::{Following, SandboxError};
pub use crate::store::{Anchor, DocumentKind, StoreError};

use crate::base::{Clock, Digest, Timestamp};
use crate::evidence::{Approval, PlanEvidence};
use crate::store::{Store, Who};

/// The outside, as the front sees it: one data directory on one machine.
#[derive(Debug)]
pub struct Runtime {
    program: PathBuf,
    store: Mutex<Store>,
    machine: OnceLock<Machine>,
    installed_tools: InstalledTools,
}

impl Runtime {
    /// Opens the data directory: the one given, else the user's own (XDG). It is made where it is missing.
    pub fn open(directory: Option<PathBuf>) -> Result<Self, RuntimeError> {
        let directory = match directory {
            Some(directory) => directory,
            None => place::data_directory()?,
        };
        let store = Store::open(&directory)?;
        let program = std::env::current_exe().map_err(|source| RuntimeError::Program { source })?;
        let installed_tools = InstalledTools::new(Some(&directory));
        Ok(Self { program, store: Mutex::new(store), machine: OnceLock::new(), installed_tools })
    }

    /// Returns the present instant.
    pub fn now(&self) -> Timestamp {
        SystemClock.now()
    }

    /// Returns the data directory.
    pub fn directory(&self) -> PathBuf {
        self.store().directory().to_owned()
    }

    /// Returns this program, for its helper processes.
    pub fn program(&self) -> &Path {
        &self.program
    }

    /// Returns what is known of this machine; the sandbox is tried once.
    pub fn machine(&self) -> &Machine {
        self.machine.get_or_init(|| Machine::probe(&self.program))
    }

    /// Returns the person at the keyboard: the name the account has, unless another is given.
    pub fn operator(&self, name: Option<&str>) -> Who {
        crate::execute::who(name)
    }

    /// Returns what is known about exactly this fingerprint.
    pub fn evidence(&self, fingerprint: Digest) -> Result<PlanEvidence, RuntimeError> {
        Ok(self.store().plan_evidence(fingerprint)?)
    }

    /// Returns the approvals of this fingerprint, oldest first.
    pub fn approvals(&self, fingerprint: Digest) -> Result<Vec<Approval>, RuntimeError> {
        Ok(self.store().approvals(fingerprint)?)
    }

    /// Returns the store, for what needs no more than it.
    pub fn store(&self) -> MutexGuard<'_, Store> {
        // A panic while the lock was held cannot have left half a write: every write is one transaction.
        self.store.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
