//! What the static check found in a plan or a script.

use crate::base::Id;

/// How bad a finding is, mildest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Worth knowing.
    Low,
    /// Worth changing.
    Medium,
    /// Must be fixed or waived before a run.
    High,
    /// Must be fixed or waived before a run; data is at stake.
    Critical,
}

impl Severity {
    /// Returns the word used in documents.
    pub fn word(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }

    /// Returns the severity for its word.
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Low, Self::Medium, Self::High, Self::Critical]
            .into_iter()
            .find(|severity| severity.word() == word)
    }
}

/// One finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Code of the rule, like `FS001`.
    pub rule: String,
    /// How bad it is.
    pub severity: Severity,
    /// The step, where it belongs to one.
    pub step: Option<Id>,
    /// What is wrong, for people.
    pub message: String,
}
