//! The fixed words of a plan.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Declares a word list: an enum whose document form, `word` and `ALL` come from one place.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $word:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
        pub enum $name { $($(#[$variant_doc])* #[serde(rename = $word)] $variant,)+ }
        impl $name {
            /// Every word, in order.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];
            /// Returns the word used in documents.
            pub fn word(self) -> &'static str {
                match self { $(Self::$variant => $word,)+ }
            }
            /// Returns the value for its word.
            pub fn parse(word: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|one| one.word() == word)
            }
        }
        impl std::fmt::Display for $name {
            fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                out.pad(self.word())
            }
        }
    };
}

words! {
    /// Whether a plan makes copies or recovers from them.
    Kind {
        /// It makes copies.
        Backup = "backup",
        /// It recovers from copies.
        Recovery = "recovery",
    }
}

words! {
    /// The phases of a recovery, after NIST SP 800-34.
    Phase {
        /// Confirm, protect evidence, stop writers.
        Activation = "activation",
        /// Bring the data back.
        Recovery = "recovery",
        /// Prove that it is right.
        Validation = "validation",
        /// Let users back in.
        Cutover = "cutover",
        /// Return from temporary measures to normal.
        Reconstitution = "reconstitution",
    }
}

words! {
    /// What kind of step it is.
    StepKind {
        /// Commands that change something.
        Command = "command",
        /// Commands that only look, and decide.
        Check = "check",
        /// A person does it.
        Manual = "manual",
        /// A person decides.
        Decision = "decision",
        /// Somebody is told.
        Notify = "notify",
        /// Waits until its check holds.
        Wait = "wait",
    }
}

words! {
    /// What happens when a step fails.
    OnFailure {
        /// The run stops; the state is kept.
        Halt = "halt",
        /// It is tried once more, then the run stops.
        Retry = "retry",
        /// This step is rolled back, then the run stops.
        Rollback = "rollback",
        /// Every finished step is rolled back in reverse order.
        RollbackAll = "rollback-all",
        /// The run goes on.
        Continue = "continue",
    }
}

words! {
    /// What to do with a step whose result a crash left unknown.
    Resume {
        /// Running it again does no harm.
        Rerun = "rerun",
        /// Its check decides whether it happened.
        Check = "check",
        /// A person decides.
        Ask = "ask",
    }
}

words! {
    /// How many people must approve a step.
    ApprovalNeed {
        /// Nobody.
        None = "none",
        /// One person.
        One = "one",
        /// Two different people.
        Two = "two",
    }
}
