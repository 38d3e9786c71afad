//! How a runner lets go of a run, and the exit codes that say so.

use crate::evidence::RunState;
use crate::store::StoreError;

/// A step failed.
pub const STEP_FAILED: u8 = 5;
/// The run was rolled back.
pub const ROLLED_BACK: u8 = 6;
/// This machine is not the one meant.
pub const IDENTITY: u8 = 7;
/// The approval is missing or void.
pub const NOT_APPROVED: u8 = 8;
/// A person is needed.
pub const INPUT_NEEDED: u8 = 10;
/// A person stopped it.
pub const STOPPED: u8 = 130;

/// Why a runner does not go on with the next step.
#[derive(Debug)]
pub enum Ending {
    /// The run stands in a state that the journal can say.
    State {
        /// How it stands.
        state: RunState,
        /// The exit code.
        code: u8,
        /// Why.
        why: Option<String>,
    },
    /// The journal cannot be written, so nothing more may run.
    Journal(StoreError),
}

impl From<StoreError> for Ending {
    fn from(error: StoreError) -> Self {
        Self::Journal(error)
    }
}

impl Ending {
    /// Everything succeeded.
    pub fn succeeded() -> Self {
        Self::State { state: RunState::Succeeded, code: 0, why: None }
    }

    /// A step failed.
    pub fn failed(why: impl Into<String>) -> Self {
        Self::State { state: RunState::Failed, code: STEP_FAILED, why: Some(why.into()) }
    }

    /// The run was rolled back.
    pub fn rolled_back(why: impl Into<String>) -> Self {
        Self::State { state: RunState::RolledBack, code: ROLLED_BACK, why: Some(why.into()) }
    }

    /// It cannot start or go on.
    pub fn refused(code: u8, why: impl Into<String>) -> Self {
        Self::State { state: RunState::Refused, code, why: Some(why.into()) }
    }

    /// A person is needed.
    pub fn input_needed(why: impl Into<String>) -> Self {
        Self::State { state: RunState::InputNeeded, code: INPUT_NEEDED, why: Some(why.into()) }
    }

    /// A person stopped it.
    pub fn stopped(why: impl Into<String>) -> Self {
        Self::State { state: RunState::Stopped, code: STOPPED, why: Some(why.into()) }
    }
}
