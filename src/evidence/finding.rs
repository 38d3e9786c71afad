//! What the checker found wrong.

use crate::base::{Id, Span};

/// How much a finding weighs; the order is the order of weight.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Worth knowing.
    Low,
    /// Works, but badly.
    Medium,
    /// Fails or loses data in a case that will come.
    High,
    /// Loses data, or makes a backup that cannot be restored.
    Critical,
}

impl Severity {
    /// Every weight, in order.
    pub const ALL: [Self; 4] = [Self::Low, Self::Medium, Self::High, Self::Critical];

    /// Returns the word used in documents.
    pub fn word(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }

    /// Returns the weight for its word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|severity| severity.word() == word)
    }
}

/// Which text a finding points into.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Place {
    /// The script itself, or the step as a whole when it is in a plan.
    Whole,
    /// The step's `run`.
    Run,
    /// The step's `check`.
    Check,
    /// The step's `rollback`.
    Rollback,
}

impl Place {
    /// Returns the name of the field, empty for the whole.
    pub fn word(self) -> &'static str {
        match self {
            Self::Whole => "",
            Self::Run => "run",
            Self::Check => "check",
            Self::Rollback => "rollback",
        }
    }
}

/// A change that removes a finding and changes nothing else a person would miss.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edit {
    /// What is replaced, in the same text as the finding; empty to insert.
    pub span: Span,
    /// What stands there afterwards.
    pub replacement: String,
}

/// Something wrong with a script or a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Code of the rule.
    pub rule: &'static str,
    /// Name of the rule: the bad pattern.
    pub name: &'static str,
    /// How much it weighs.
    pub severity: Severity,
    /// The step, in a plan.
    pub step: Option<Id>,
    /// The text the span points into.
    pub part: Place,
    /// Where.
    pub span: Span,
    /// What is wrong here: lower case, no final period, names the object.
    pub message: String,
    /// Why it matters.
    pub why: String,
    /// What to write instead.
    pub fix: Option<String>,
    /// What the finding rests on: `static`, `sql`, `inventory`, `plan`.
    pub layer: &'static str,
    /// A safe change, where there is one.
    pub edit: Option<Edit>,
}

/// What is kept of a finding: enough to weigh it and to waive it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptFinding {
    /// Code of the rule, like `FS001`.
    pub rule: String,
    /// How much it weighs.
    pub severity: Severity,
    /// The step, where it belongs to one.
    pub step: Option<Id>,
    /// What is wrong, for people.
    pub message: String,
}

impl From<&Finding> for KeptFinding {
    fn from(finding: &Finding) -> Self {
        Self {
            rule: finding.rule.to_owned(),
            severity: finding.severity,
            step: finding.step.clone(),
            message: finding.message.clone(),
        }
    }
}
