//! What is known about exactly one plan: findings, dry runs, approvals, runs.

mod approval;
mod dry_run;
mod effect;
mod event;
mod finding;
mod plan_evidence;
mod run;
pub mod v1;

pub use approval::{Approval, Waived, Waiver};
pub use dry_run::{Captured, DryRun, Level, Outcome, RollbackProof, SimulatedCall, StepDryRun};
pub use effect::{
    Change, Declared, Effect, Ended, FileEffect, FileKind, Sum, Summary, is_loud,
};
pub use event::{Answer, Event, Part, Process, Question, Record, StepEnd, StepOutcome, Stop};
pub use finding::{Edit, Finding, KeptFinding, Place, Severity};
pub use plan_evidence::{Checked, PlanEvidence};
pub use run::{Run, RunRecord, RunState, StepRecord, StepState};
