//! What the library and the sandbox's supervisor say to each other: JSON lines over two pipes.

use std::ffi::OsString;
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

/// How the supervisor isolates what it runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Mode {
    /// As root; the sandbox's users are shifted to ids that own nothing on the host.
    RootShifted,
    /// As root where owners cannot be shifted (the root file system is itself an overlay).
    RootIdentity,
    /// As an ordinary user, in a user namespace.
    User,
}

/// A line to the supervisor.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Ask {
    Start(Setup),
    Run(RunAsk),
    DiscardTop,
    Difference { since: usize },
}

/// A line from the supervisor.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Answer {
    Ready { masked: Vec<Masked>, notes: Vec<String> },
    Ran(Box<Ran>),
    Done,
    Differences(Vec<Difference>),
    Failed(Failure),
}

/// What holds for a whole session.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Setup {
    pub(super) mode: Mode,
    /// Bytes that all layers together may hold.
    pub(super) disk: u64,
    /// Files that all layers together may hold.
    pub(super) files: u64,
    /// Home directory inside.
    pub(super) home: Raw,
    /// Name of the machine inside, `None` for the host's own.
    pub(super) hostname: Option<String>,
}

/// One command to run on a new layer.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct RunAsk {
    pub(super) argv: Vec<Raw>,
    /// Becomes `/.blackstart/script`.
    pub(super) script: Option<Raw>,
    /// More text in which paths may be mentioned.
    #[serde(default)]
    pub(super) mentions: Raw,
    pub(super) cwd: Raw,
    pub(super) environment: Vec<(String, Raw)>,
    pub(super) limits: Limits,
    pub(super) keep: bool,
}

/// What one run may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// Milliseconds of wall clock.
    pub wall_ms: u64,
    /// Bytes of memory, of one process and of all together.
    pub memory: u64,
    /// Processes and threads at one time.
    pub processes: u64,
    /// Bytes kept of each output stream, half from its head and half from its tail.
    pub output: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { wall_ms: 30_000, memory: 2 << 30, processes: 1024, output: 1 << 20 }
    }
}

/// A mount of the host that is not shown inside.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Masked {
    /// Where it is mounted.
    pub path: String,
    /// Its file system type.
    pub kind: String,
}

/// What one run did.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Ran {
    pub(super) exit_code: Option<i32>,
    pub(super) signal: Option<i32>,
    pub(super) limit: Option<Limit>,
    pub(super) duration_us: u64,
    pub(super) stdout: Kept,
    pub(super) stderr: Kept,
    pub(super) changes: Vec<Changed>,
    pub(super) changes_total: u64,
    pub(super) deleted_total: u64,
    pub(super) executed: Vec<Vec<String>>,
    pub(super) connected: Vec<String>,
    pub(super) denied: Vec<String>,
    pub(super) simulated: Vec<String>,
    pub(super) refused_on_host: Vec<String>,
    pub(super) not_possible: Vec<String>,
    pub(super) notes: Vec<String>,
}

/// A limit that stopped a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Limit {
    /// The wall clock.
    WallClock,
    /// Memory of one process, or of all.
    Memory,
    /// Processes and threads.
    Processes,
    /// Bytes or files written.
    Disk,
    /// Bytes printed.
    Output,
}

impl Limit {
    /// Returns the word used in documents.
    pub fn word(self) -> &'static str {
        match self {
            Self::WallClock => "wall-clock",
            Self::Memory => "memory",
            Self::Processes => "processes",
            Self::Disk => "disk",
            Self::Output => "output",
        }
    }
}

/// The kept part of an output stream.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Kept {
    pub(super) text: String,
    pub(super) dropped: u64,
}

/// How a path changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Kind {
    Created,
    Modified,
    Deleted,
    Renamed,
    TypeChanged,
    Metadata,
}

/// One changed path.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Changed {
    pub(super) kind: Kind,
    pub(super) path: Raw,
    pub(super) from: Option<Raw>,
    pub(super) bytes: Option<u64>,
    pub(super) mode: Option<u32>,
    pub(super) diff: Option<String>,
}

/// A path that differs between two states of the tree.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Difference {
    /// The path, escaped for one line.
    pub path: String,
    /// What differs, for people: `is missing`, `mode 644 is now 600`.
    pub what: String,
    /// Whether only the modification time differs, which restoring a file's content does by itself.
    pub time_only: bool,
}

/// Why the supervisor could not do what was asked.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Failure {
    /// What was being done: `making namespaces`.
    pub(super) doing: String,
    pub(super) errno: i32,
    /// More about the object, where it helps.
    pub(super) detail: String,
}

impl Failure {
    /// Names what was being done when a system call failed.
    pub(super) fn of(doing: &str, error: impl Into<std::io::Error>) -> Self {
        let error = error.into();
        Self {
            doing: doing.to_owned(),
            errno: error.raw_os_error().unwrap_or(0),
            detail: if error.raw_os_error().is_some() { String::new() } else { error.to_string() },
        }
    }
}

/// Bytes that are usually text: a JSON string where they are UTF-8, a list of numbers otherwise.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(from = "RawForm", into = "RawForm")]
pub(super) struct Raw(pub(super) Vec<u8>);

#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum RawForm {
    Text(String),
    Bytes(Vec<u8>),
}

impl From<RawForm> for Raw {
    fn from(form: RawForm) -> Self {
        Self(match form {
            RawForm::Text(text) => text.into_bytes(),
            RawForm::Bytes(bytes) => bytes,
        })
    }
}

impl From<Raw> for RawForm {
    fn from(raw: Raw) -> Self {
        String::from_utf8(raw.0).map_or_else(|error| Self::Bytes(error.into_bytes()), Self::Text)
    }
}

impl Raw {
    pub(super) fn of(text: impl AsRef<std::ffi::OsStr>) -> Self {
        Self(text.as_ref().as_bytes().to_vec())
    }

    pub(super) fn path(&self) -> &Path {
        Path::new(std::ffi::OsStr::from_bytes(&self.0))
    }

    pub(super) fn into_path(self) -> PathBuf {
        PathBuf::from(OsString::from_vec(self.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_are_not_text_cross_the_pipe_unchanged() {
        for name in [b"plain".as_slice(), b"a\nb\x1b[0m\"", b"\xff\xfe/x", b""] {
            let line = serde_json::to_string(&Raw(name.to_vec())).expect("serialises");
            assert!(!line.contains('\n'));
            let back: Raw = serde_json::from_str(&line).expect("reads back");
            assert_eq!(back.0, name);
        }
    }
}
