//! How much harm a command, a step or a file can do.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The harm something can do, from none to not known; the order is the order of caution.
///
/// A whole is as dangerous as its most dangerous part, so classes are combined with `max`.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Default,
    Serialize,
    Deserialize,
    JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Risk {
    /// Looks only.
    #[default]
    Read,
    /// Creates or appends.
    Write,
    /// Stops or restarts what others use.
    Disruptive,
    /// Deletes, empties or replaces existing data.
    Destructive,
    /// No copy can bring it back: a formatted disk, a destroyed key.
    Irreversible,
    /// Could not be read, so it may be any of the others; a person must look.
    Unknown,
}

impl Risk {
    /// Every class, in order.
    pub const ALL: [Self; 6] = [
        Self::Read,
        Self::Write,
        Self::Disruptive,
        Self::Destructive,
        Self::Irreversible,
        Self::Unknown,
    ];

    /// Returns the word used in documents.
    pub fn word(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
            Self::Disruptive => "disruptive",
            Self::Destructive => "destructive",
            Self::Irreversible => "irreversible",
            Self::Unknown => "unknown",
        }
    }

    /// Returns the class for its word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|risk| risk.word() == word)
    }
}

impl fmt::Display for Risk {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.word())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_dangerous_part_decides_and_unknown_stands_above_all() {
        let steps = [Risk::Write, Risk::Unknown, Risk::Irreversible];
        assert_eq!(steps.into_iter().max(), Some(Risk::Unknown));
        assert!(Risk::ALL.is_sorted());
    }

    #[test]
    fn every_word_reads_back() {
        for risk in Risk::ALL {
            assert_eq!(Risk::parse(risk.word()), Some(risk));
        }
        assert_eq!(Risk::parse("harmless"), None);
    }
}
