//! One report of a recovery, or of a plan that has not run: what was promised, what was measured, what remains.

mod build;
pub mod formats;
mod objective;
mod timeline;

pub use build::{RunSource, Sources, report};

use serde::Serialize;

/// Everything a reader needs to judge a recovery, in the order it is told.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Report {
    /// The format of this document.
    pub schema: &'static str,
    /// Title of the plan.
    pub title: String,
    /// The plan.
    pub plan: String,
    /// Its fingerprint.
    pub fingerprint: String,
    /// How far the plan is proven, never rounded up: drafted, checked, dry-run.
    pub proven: &'static str,
    /// When the report was made.
    pub made_at: String,
    /// The incident, where there is one.
    pub incident: Option<Incident>,
    /// The run, where there is one.
    pub run: Option<Run>,
    /// What was promised beside what was computed and measured, per asset.
    pub objectives: Vec<Objective>,
    /// Copies that were not used, and why.
    pub refused: Vec<Refused>,
    /// Every step.
    pub steps: Vec<Step>,
    /// What happened, in order.
    pub timeline: Vec<Moment>,
    /// What was known before it ran.
    pub evidence: Evidence,
    /// Who said that it may run.
    pub approvals: Vec<Approval>,
    /// What was accepted although it is not proven, and why.
    pub waivers: Vec<Waiver>,
    /// What is left of temporary measures: steps of the last phase that nobody has done.
    pub remaining: Vec<String>,
    /// The state of the log.
    pub log: Log,
}

/// The incident a plan answers.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[allow(missing_docs)]
pub struct Incident {
    pub id: String,
    pub title: String,
    pub damage_at: Option<String>,
    pub detected_at: Option<String>,
}

/// One run of the plan.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[allow(missing_docs)]
pub struct Run {
    pub id: String,
    pub state: String,
    pub why: Option<String>,
    pub by: String,
    pub started: Option<String>,
    pub finished: Option<String>,
    /// Wall time from the first step to the end of the last.
    pub seconds: Option<f64>,
}

/// Promised, computed and measured times of one asset; all in seconds.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Objective {
    /// The asset.
    pub asset: String,
    /// The copy it came from.
    pub backup: Option<String>,
    /// The state it came back to.
    pub recovery_point: Option<String>,
    /// Recovery time objective.
    pub rto: Option<u64>,
    /// What the estimate said, as likely shorter as longer.
    pub estimated_p50: Option<u64>,
    /// What the estimate said, shorter nine times in ten.
    pub estimated_p90: Option<u64>,
    /// How long bringing the data back was computed to take, without what people do.
    pub restore_estimated: Option<f64>,
    /// How long the steps of the recovery phase took.
    pub restore_measured: Option<f64>,
    /// How long the run took.
    pub measured: Option<f64>,
    /// From the moment it was noticed to the end of the run.
    pub since_detected: Option<i64>,
    /// Whether the service was back within the objective; counted from the moment it was noticed where that is known.
    pub rto_met: Option<bool>,
    /// Recovery point objective.
    pub rpo: Option<u64>,
    /// Work lost.
    pub loss: Option<i64>,
    /// Whether the loss is within the objective.
    pub rpo_met: Option<bool>,
}

/// A copy that was not used.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[allow(missing_docs)]
pub struct Refused {
    pub backup: String,
    pub why: String,
}

/// One step, as planned, as dry-run, as run.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Step {
    /// Its number in the order of the run, from 1.
    pub number: usize,
    /// Its name.
    pub id: String,
    /// Its title.
    pub title: String,
    /// Its phase.
    pub phase: Option<&'static str>,
    /// The harm it can do, as the checker computed it.
    pub risk: &'static str,
    /// How it ended in the dry run.
    pub dry_run: Option<&'static str>,
    /// How it ended for real.
    pub result: Option<String>,
    /// How long it took for real.
    pub seconds: Option<f64>,
    /// Why it ended so.
    pub why: Option<String>,
}

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[allow(missing_docs)]
pub struct Moment {
    pub at: String,
    pub what: String,
}

/// What was known before the run.
#[derive(Debug, Clone, PartialEq, Serialize, Default)]
pub struct Evidence {
    /// How much the dry run could prove.
    pub level: Option<&'static str>,
    /// Why not more.
    pub level_reason: Option<String>,
    /// Steps of the dry run by outcome.
    pub outcomes: Vec<(String, usize)>,
    /// Findings that stood open.
    pub findings: Vec<String>,
    /// What the estimate and the dry run noted.
    pub notes: Vec<String>,
}

/// One approval.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[allow(missing_docs)]
pub struct Approval {
    pub by: String,
    pub os_user: String,
    pub at: String,
    pub expires: String,
}

/// One waiver.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[allow(missing_docs)]
pub struct Waiver {
    pub what: String,
    pub reason: String,
    pub by: String,
    pub at: String,
}

/// The state of the hash-chained log.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[allow(missing_docs)]
pub struct Log {
    pub records: u64,
    pub head: String,
    /// Whether every record was found unchanged when the report was made.
    pub intact: bool,
}
