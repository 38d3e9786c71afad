//! How the copies of an asset are made, checked, tested and kept.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::copy_type::CopyType;
use crate::base::{ByteRate, Id, Period, Size, Timestamp};

/// Copies of an asset, and how they are made.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Backup {
    /// Name of the backup.
    pub id: Id,
    /// The asset it is a copy of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asset: Option<Id>,
    /// The program that makes it, like tar, restic, pg_dump.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tool: Option<String>,
    /// Version of that program.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tool_version: Option<String>,
    /// What kind of copy.
    #[serde(default, rename = "type", skip_serializing_if = "Option::is_none")]
    pub copy_type: Option<CopyType>,
    /// The copy an incremental, differential or continuous one builds on; by default the asset's newest full before it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base: Option<Id>,
    /// Where it is kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repo: Option<Id>,
    /// File or directory of the copy, absolute or below the repo's path.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// How often it is made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interval: Option<Period>,
    /// When it is made, in words or as a calendar expression.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schedule: Option<String>,
    /// How long making it takes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duration: Option<Period>,
    /// The newest copy that was made without error.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_success: Option<CopyMade>,
    /// Older copies that are still kept.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub copies: Vec<CopyMade>,
    /// The newest attempt, successful or not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_attempt: Option<CopyMade>,
    /// How fast a restore from it goes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub restore_rate: Option<ByteRate>,
    /// What is known of its readability.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verify: Option<Verify>,
    /// How it is encrypted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub encryption: Option<Encryption>,
    /// Whether a restore was ever tried.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_restore_test: Option<RestoreTest>,
    /// How many copies are kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retention: Option<Retention>,
}

/// One copy that was made.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CopyMade {
    /// The instant whose state it holds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Timestamp>,
    /// Its size; `0B` is an empty copy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size: Option<Size>,
    /// Its name at the tool, like a snapshot id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// File or directory of this copy, where it differs from the backup's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// SHA-256 of the file, where it is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sha256: Option<String>,
    /// How long making it took.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duration: Option<Period>,
    /// Exit code of the tool.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rc: Option<i64>,
}

/// What is known of a copy's readability.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Verify {
    /// How far the last verification went.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub level: Option<VerifyLevel>,
    /// When it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Timestamp>,
    /// How often it is done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub every: Option<Period>,
}

/// How far a verification of a copy went, weakest first.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum VerifyLevel {
    /// Somebody says it is made.
    Declared,
    /// It was seen.
    Exists,
    /// Its structure was checked.
    Structure,
    /// All of its data was read.
    DataRead,
    /// It was restored to a scratch place.
    Restored,
    /// The application accepted what was restored.
    Application,
    /// The whole recovery was rehearsed.
    Rehearsed,
}

/// How a copy is encrypted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Encryption {
    /// The secret that opens it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<Id>,
    /// The algorithm.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alg: Option<String>,
}

/// never, no, yes, a time, or a mapping of `at` and `result`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum RestoreTest {
    /// A word.
    Word(RestoreTestWord),
    /// When it succeeded.
    At(Timestamp),
    /// When, and how it ended.
    Result(RestoreTestResult),
}

/// Whether a restore was ever tried, in a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum RestoreTestWord {
    /// Never tried.
    Never,
    /// Not tried.
    No,
    /// Tried, and it worked.
    Yes,
}

/// A restore that was tried.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RestoreTestResult {
    /// When.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Timestamp>,
    /// How it ended.
    pub result: TestResult,
}

/// How a test ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum TestResult {
    /// It worked.
    Passed,
    /// It did not.
    Failed,
}

/// How many copies are kept.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Retention {
    /// The newest so many.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub keep_last: Option<u32>,
    /// One for each of so many days.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub daily: Option<u32>,
    /// One for each of so many weeks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weekly: Option<u32>,
    /// One for each of so many months.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub monthly: Option<u32>,
    /// One for each of so many years.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub yearly: Option<u32>,
}
