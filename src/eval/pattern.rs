//! The predicates of a scenario: which steps and which commands they hold for.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::base::{Id, Risk};
use crate::plan::{Phase, StepKind};

/// What a step must be like. Every field that is given must hold; of a list one entry is enough.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Pattern {
    /// The kind of step.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub kind: Vec<StepKind>,
    /// The phase it stands in.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub phase: Vec<Phase>,
    /// The host it runs on, or that it reaches by ssh.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub host: Vec<Id>,
    /// The asset it is about.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub asset: Vec<Id>,
    /// The computed harm is at least this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub risk: Option<Risk>,
    /// One of its commands is like this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub runs: Option<CommandPattern>,
    /// It stands before the first step of each of these groups, and the group is not empty.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub before: Vec<Id>,
    /// It stands behind the first step of each of these groups.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub after: Vec<Id>,
}

/// What a command must be like. Every field that is given must hold; of a list one entry is enough.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CommandPattern {
    /// In which texts of the step; by default `run` and `check`, for what must not happen also `rollback`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub part: Vec<Part>,
    /// The executable, by file name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tool: Vec<String>,
    /// What it does.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub does: Vec<Deed>,
    /// What it does that to: a service, a path (itself or what lies in it), an address. Needs `does`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub on: Vec<String>,
    /// It runs a statement that begins with these words, in capitals, quoted text as ''.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sql: Vec<String>,
    /// All of these stand among its words.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub words: Vec<String>,
}

/// A text of a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Part {
    /// What runs.
    Run,
    /// What decides whether it succeeded.
    Check,
    /// What undoes it.
    Rollback,
}

/// What a command does to something.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Deed {
    /// A service, a server, a job or replication is stopped.
    Stops,
    /// A service or a server is started.
    Starts,
    /// A standby becomes a primary.
    Promotes,
    /// A path is read.
    Reads,
    /// A path is created or changed.
    Writes,
    /// A path is renamed.
    Moves,
    /// A path or an object of a cloud is deleted, or emptied.
    Deletes,
    /// Something is loaded from an address.
    Fetches,
    /// Something is sent to an address.
    Sends,
    /// It runs text that cannot be read beforehand.
    RunsUnseen,
}

impl Deed {
    /// Returns the word used in documents.
    pub fn word(self) -> &'static str {
        match self {
            Self::Stops => "stops",
            Self::Starts => "starts",
            Self::Promotes => "promotes",
            Self::Reads => "reads",
            Self::Writes => "writes",
            Self::Moves => "moves",
            Self::Deletes => "deletes",
            Self::Fetches => "fetches",
            Self::Sends => "sends",
            Self::RunsUnseen => "runs-unseen",
        }
    }

    /// Tells whether what it is done to is a path.
    pub fn is_to_path(self) -> bool {
        match self {
            Self::Reads | Self::Writes | Self::Moves | Self::Deletes => true,
            Self::Stops
            | Self::Starts
            | Self::Promotes
            | Self::Fetches
            | Self::Sends
            | Self::RunsUnseen => false,
        }
    }
}
