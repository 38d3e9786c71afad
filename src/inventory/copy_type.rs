//! Kinds of copies that a backup may make.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What kind of copy a backup is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum CopyType {
    /// Everything.
    Full,
    /// What changed since the copy before it.
    Incremental,
    /// What changed since the last full copy.
    Differential,
    /// An archived log that can be replayed to any instant.
    Continuous,
    /// A snapshot of the storage.
    Snapshot,
    /// A live copy; it repeats mistakes.
    Replica,
}

impl CopyType {
    /// Tells whether the copy is worth nothing without the copy it builds on.
    pub fn needs_base(self) -> bool {
        match self {
            Self::Incremental | Self::Differential | Self::Continuous => true,
            Self::Full | Self::Snapshot | Self::Replica => false,
        }
    }
}
