//! The printed estimate, `schema: blackstart/estimate/v1`.

use serde::Serialize;

use crate::base::{Id, Timestamp};

/// What a recovery gives and costs.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Estimate {
    /// The format of this document.
    pub schema: &'static str,
    /// The point of the first asset that has one; none also where nothing is lost.
    pub recovery_point: Option<Point>,
    /// One point for each asset that is recovered from a copy.
    pub recovery_points: Vec<Point>,
    /// The copies that are not used.
    pub refused: Vec<Refused>,
    /// How long it takes.
    pub rto: Option<Rto>,
    /// What could be lost at worst, per backup; only where no incident is given.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub exposure: Vec<Exposure>,
    /// Every number that went in or came out.
    pub terms: Vec<Term>,
    /// What a person should know beside the numbers.
    pub notes: Vec<String>,
}

impl Default for Estimate {
    fn default() -> Self {
        Self {
            schema: "blackstart/estimate/v1",
            recovery_point: None,
            recovery_points: vec![],
            refused: vec![],
            rto: None,
            exposure: vec![],
            terms: vec![],
            notes: vec![],
        }
    }
}

/// The state an asset is recovered to.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Point {
    /// The asset.
    pub asset: Id,
    /// The copy that determines the point.
    pub backup: Id,
    /// The backups restored one after the other; the last is `backup`.
    pub chain: Vec<Id>,
    /// The instant; none where the inventory does not say.
    pub at: Option<Timestamp>,
    /// Seconds of work lost; without an incident, the most that can be lost.
    pub loss_seconds: Option<i64>,
    /// What was promised.
    pub rpo_seconds: Option<u64>,
    /// Whether the loss is within what was promised.
    pub meets_rpo: Option<bool>,
    /// Whether a restore from it was ever tried.
    pub tested: Tested,
    /// What a person should know of this copy.
    pub notes: Vec<String>,
}

/// Whether a restore was ever tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Tested {
    /// Tried, and it failed.
    Failed,
    /// Never tried.
    Never,
    /// Nobody wrote it down.
    Unknown,
    /// Tried, and it worked.
    Passed,
}

/// A copy that is not used.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Refused {
    /// The asset it is a copy of.
    pub asset: Id,
    /// The backup.
    pub backup: Id,
    /// The instant whose state it holds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<Timestamp>,
    /// The reason.
    pub why: String,
}

/// How long a recovery takes.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Rto {
    /// As likely shorter as longer; none where it is unknown.
    pub p50_seconds: Option<u64>,
    /// Shorter nine times in ten.
    pub p90_seconds: Option<u64>,
    /// What was promised.
    pub rto_seconds: Option<u64>,
    /// Whether the p90 is within what was promised.
    pub meets_rto: Option<bool>,
    /// What decides the duration, in order: steps of the plan, or parts of the estimate.
    pub critical_path: Vec<String>,
}

/// What could be lost at worst if an asset had only this backup.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Exposure {
    /// The asset.
    pub asset: Id,
    /// The backup.
    pub backup: Id,
    /// Interval and duration of the backup together; none where one of them is unknown.
    pub worst_seconds: Option<u64>,
    /// What was promised.
    pub rpo_seconds: Option<u64>,
    /// Whether the worst is within what was promised.
    pub meets_rpo: Option<bool>,
}

/// A number with its origin.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Term {
    /// What it is.
    pub name: String,
    /// How it was made, with the numbers that went in.
    pub formula: String,
    /// The number; none where something it needs is unknown.
    pub value: Option<f64>,
    /// Its unit.
    pub unit: &'static str,
    /// Where it comes from.
    pub source: Source,
}

/// Where a number comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Source {
    /// An assumption of blackstart, stated in the formula.
    Default,
    /// The inventory or the incident says so, or it follows from what they say.
    Inventory,
    /// It was measured.
    Measured,
}
