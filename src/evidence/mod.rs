//! What is known about exactly one plan: dry runs, approvals, runs.

mod dry_run;
mod effect;
mod finding;

pub use dry_run::{Captured, DryRun, Level, Outcome, RollbackProof, StepDryRun};
pub use effect::{Change, Declared, Effect, FileEffect};
pub use finding::{Edit, Finding, Part, Severity};
