//! What is known about exactly one plan: dry runs, approvals, runs.

mod dry_run;
mod effect;

pub use dry_run::{Captured, DryRun, Level, Outcome, RollbackProof, StepDryRun};
pub use effect::{Change, Declared, Effect, FileEffect};
