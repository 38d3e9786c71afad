//! What a dry run showed, step by step.

use serde::{Deserialize, Serialize};

use std::time::Duration;

use super::effect::{Change, Effect, Sum, Summary};
use super::finding::{Finding, KeptFinding};
use crate::base::{Id, Timestamp};

/// How much a dry run on this machine can prove.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// Nothing ran; only the static check spoke.
    StaticOnly,
    /// Commands ran until their first write.
    ReadOnlyProbe,
    /// A view of the whole file system, as the calling user.
    FullUser,
    /// A view of the whole file system, as root.
    FullRoot,
}

impl Level {
    /// Returns the word used in documents.
    pub fn word(self) -> &'static str {
        match self {
            Self::StaticOnly => "static-only",
            Self::ReadOnlyProbe => "read-only-probe",
            Self::FullUser => "full-user",
            Self::FullRoot => "full-root",
        }
    }

    /// Returns the level for its word.
    pub fn parse(word: &str) -> Option<Self> {
        [Self::StaticOnly, Self::ReadOnlyProbe, Self::FullUser, Self::FullRoot]
            .into_iter()
            .find(|level| level.word() == word)
    }

    /// Tells whether a run at this level counts as a dry run.
    pub fn counts(self) -> bool {
        self >= Self::FullUser
    }
}

/// How a step of a dry run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// It ran, and its check held.
    Passed,
    /// It, or its check, failed.
    Failed,
    /// The wall clock stopped it.
    TimedOut,
    /// Another limit stopped it (`StepDryRun::limit`).
    Limited,
    /// A stand-in answered for a tool that cannot work in the sandbox.
    Simulated,
    /// It belongs on another host; a stand-in for that host ran it.
    OtherHost,
    /// A person does it; nothing ran.
    Manual,
    /// A step before it failed.
    NotRun,
}

impl Outcome {
    /// Every outcome, in order.
    pub const ALL: [Self; 8] = [
        Self::Passed,
        Self::Failed,
        Self::TimedOut,
        Self::Limited,
        Self::Simulated,
        Self::OtherHost,
        Self::Manual,
        Self::NotRun,
    ];

    /// Returns the word used in documents.
    pub fn word(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Failed => "failed",
            Self::TimedOut => "timed-out",
            Self::Limited => "limited",
            Self::Simulated => "simulated",
            Self::OtherHost => "other-host",
            Self::Manual => "manual",
            Self::NotRun => "not-run",
        }
    }

    /// Returns the outcome for its word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|outcome| outcome.word() == word)
    }
}

/// What a command wrote: the head and the tail of a long output.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Captured {
    /// The kept bytes as text, what is not UTF-8 replaced; not escaped for terminals.
    pub text: String,
    /// Bytes left out of the middle.
    pub dropped: u64,
}

/// Proof, or the lack of it, that a rollback restores what was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RollbackProof {
    /// How the rollback itself ended.
    pub outcome: Outcome,
    /// What differs from the state before the step, content or metadata; empty means proven.
    pub differences: Vec<String>,
}

/// One step of a dry run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StepDryRun {
    /// The step.
    pub id: Id,
    /// How it ended.
    pub outcome: Outcome,
    /// Exit code of `run`, where it exited.
    pub exit_code: Option<i32>,
    /// Signal that ended `run`.
    pub signal: Option<i32>,
    /// The limit that stopped it: `cpu`, `memory`, `processes`, `disk`, `inodes`, `output`.
    pub limit: Option<String>,
    /// Wall time of `run` and `check` together.
    pub duration: Duration,
    /// Standard output of `run`, then of `check`.
    pub stdout: Captured,
    /// Standard error of `run`, then of `check`.
    pub stderr: Captured,
    /// Names of the tools that were stand-ins.
    pub simulated: Vec<String>,
    /// What the stand-ins were asked and would have done, bounded.
    pub simulated_calls: Vec<SimulatedCall>,
    /// What was seen, bounded; `effects_total` counts all.
    pub effects: Vec<Effect>,
    /// How many effects there were.
    pub effects_total: u64,
    /// How many paths changed in which way, and what they hold: exact, whatever `effects` leaves out.
    pub totals: Vec<(Change, Sum)>,
    /// Exact counts per directory, where `effects` leaves paths out.
    pub summaries: Vec<Summary>,
    /// What the rules say of what was seen.
    pub findings: Vec<KeptFinding>,
    /// The rollback, where the step has one and the level allows to prove it.
    pub rollback: Option<RollbackProof>,
    /// Why the step did not pass, or what is worth knowing, for people.
    pub notes: Vec<String>,
}

impl StepDryRun {
    /// Returns how many paths changed in one way.
    pub fn total(&self, change: Change) -> Sum {
        let found = self.totals.iter().find(|(other, _)| *other == change);
        found.map_or_else(Sum::default, |(_, sum)| *sum)
    }

    /// Returns how many changed paths are not listed.
    pub fn left_out(&self) -> u64 {
        self.effects_total.saturating_sub(self.effects.len() as u64)
    }
}

/// A call that a stand-in answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SimulatedCall {
    /// The tool.
    pub tool: String,
    /// The words behind its name, escaped for one line.
    pub call: String,
    /// What would have happened, escaped for one line; empty where the call only asked.
    pub would: String,
}

/// A dry run of a whole plan or script.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DryRun {
    /// When it ended.
    pub at: Timestamp,
    /// What this machine could prove.
    pub level: Level,
    /// Why the level is not higher, with the way to raise it.
    pub level_reason: Option<String>,
    /// Every step, in the order of the run.
    pub steps: Vec<StepDryRun>,
}

impl DryRun {
    /// Keeps what the rules say of it, each finding with its step.
    pub fn keep(&mut self, findings: &[Finding]) {
        for step in &mut self.steps {
            let own = findings.iter().filter(|finding| finding.step.as_ref() == Some(&step.id));
            step.findings = own.map(KeptFinding::from).collect();
        }
    }
}
