//! Why something of a reply was not used, and what stands in its place.

use crate::base::Id;
use crate::evidence::Place;

/// A step of a reply that was not used as it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rejected {
    /// The id the model gave it; it need not be a valid one.
    pub step: String,
    /// Its title, as the model wrote it.
    pub title: String,
    /// Every reason.
    pub reasons: Vec<Reason>,
    /// What stands in its place.
    pub instead: Instead,
    /// What the model wrote, names put back: for an operator to look at, untrusted.
    pub text: String,
}

/// What stands in the place of a rejected step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Instead {
    /// The step of the starting plan.
    Template(Id),
    /// Nothing; what needed it needs what it needed.
    LeftOut,
    /// A decision by a person, because other steps rest on it.
    Manual(Id),
}

/// One reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reason {
    /// What kind.
    pub ground: Ground,
    /// Which text of the step.
    pub part: Place,
    /// The line in that text, from 1.
    pub line: Option<usize>,
    /// What is wrong: lower case, no final period.
    pub why: String,
    /// What to write instead.
    pub fix: Option<String>,
    /// The code of the rule, where a rule found it.
    pub code: Option<String>,
}

/// What kind of reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Ground {
    /// The form is wrong: a field, a word, an id, a circle.
    Form,
    /// The commands cannot be read.
    Unreadable,
    /// A name does not exist; a question to the operator.
    Name,
    /// It talks to a machine nobody knows.
    Network,
    /// It hides something, or switches a safeguard off.
    Hostile,
    /// It may harm more than the step it stands for.
    Risk,
    /// It changes what must stay as it is.
    Fixed,
    /// A rule of the checker found it.
    Finding,
}

impl Ground {
    /// Returns the word used in documents.
    pub fn word(self) -> &'static str {
        match self {
            Self::Form => "form",
            Self::Unreadable => "unreadable",
            Self::Name => "name",
            Self::Network => "network",
            Self::Hostile => "hostile",
            Self::Risk => "risk",
            Self::Fixed => "fixed",
            Self::Finding => "finding",
        }
    }
}

impl Reason {
    /// Returns a reason about a step as a whole.
    pub fn whole(ground: Ground, why: impl Into<String>) -> Self {
        Self { ground, part: Place::Whole, line: None, why: why.into(), fix: None, code: None }
    }
}
