//! What the library and the sandbox's supervisor say to each other: JSON lines over two pipes.

use std::ffi::OsString;
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::tally::Sum;
use crate::evidence::SimulatedCall;

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
    /// Names that resolve inside, each with its address or another name for it.
    #[serde(default)]
    pub(super) names: Vec<(String, Option<String>)>,
    /// Whether the end of every process is followed.
    #[serde(default)]
    pub(super) exact: bool,
    /// Name of the machine inside, `None` for the host's own.
    #[serde(default)]
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
    /// Milliseconds of processor time of all processes together; without one, half of the machine's cores
    /// (at least one) for the whole wall clock.
    #[serde(default)]
    pub cpu_ms: Option<u64>,
    /// Milliseconds for which what a command left in the background goes on when it ended, so that its effects are seen.
    pub background_ms: u64,
}

impl Limits {
    /// Returns them with the usual processor time, where none is given, on a machine with this many cores.
    pub(super) fn on(self, cores: u64) -> Self {
        let usual = self.wall_ms.saturating_mul((cores / 2).max(1));
        Self { cpu_ms: self.cpu_ms.or(Some(usual)), ..self }
    }

    /// Returns the limit of processor time in milliseconds.
    pub(super) fn cpu_ms(&self) -> u64 {
        self.cpu_ms.unwrap_or(self.wall_ms)
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            wall_ms: 30_000,
            memory: 2 << 30,
            processes: 1024,
            output: 1 << 20,
            cpu_ms: None,
            background_ms: 2_000,
        }
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
    /// How much changed in each way, listed or not.
    pub(super) totals: Vec<(Kind, Sum)>,
    /// Where it changed, when not all is listed.
    pub(super) shares: Vec<Share>,
    pub(super) executed: Vec<Executed>,
    pub(super) connected: Vec<Connected>,
    /// Names that were asked for.
    pub(super) asked: Vec<String>,
    pub(super) denied: Vec<String>,
    /// Programs, destinations, names and refusals that were only counted.
    pub(super) unlisted: u64,
    pub(super) simulated: Vec<String>,
    pub(super) simulated_calls: Vec<SimulatedCall>,
    pub(super) refused_on_host: Vec<String>,
    pub(super) not_possible: Vec<String>,
    pub(super) notes: Vec<String>,
}

/// A program that was started, or was to be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Executed {
    pub(super) argv: Vec<String>,
    /// The file, where `argv[0]` does not name it.
    pub(super) file: Option<String>,
    /// How it ended, where that is known.
    pub(super) ended: Option<End>,
    /// Processor time of its process, children not counted.
    pub(super) cpu_ms: Option<u64>,
}

impl Executed {
    /// Tells whether it never ran.
    pub(super) fn failed(&self) -> bool {
        matches!(self.ended, Some(End::NotStarted { .. }))
    }
}

/// How a program ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum End {
    /// Its file could not be executed.
    NotStarted { errno: i32 },
    /// It exited.
    Code { code: i32 },
    /// A signal ended it.
    Signal { signal: i32 },
}

/// A destination that was tried.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Connected {
    pub(super) destination: String,
    /// Other ways to write it.
    pub(super) also: Vec<String>,
}

/// A limit that stopped a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Limit {
    /// The wall clock.
    WallClock,
    /// Processor time of all processes together.
    Cpu,
    /// Memory of one process, or of all.
    Memory,
    /// Processes and threads.
    Processes,
    /// Bytes written.
    Disk,
    /// Files and directories made.
    Inodes,
    /// Bytes printed.
    Output,
}

impl Limit {
    /// Returns the word used in documents.
    pub fn word(self) -> &'static str {
        match self {
            Self::WallClock => "wall-clock",
            Self::Cpu => "cpu",
            Self::Memory => "memory",
            Self::Processes => "processes",
            Self::Disk => "disk",
            Self::Inodes => "inodes",
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
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(super) enum Kind {
    Created,
    Modified,
    Deleted,
    Renamed,
    TypeChanged,
    Metadata,
}

impl Kind {
    pub(super) const ALL: [Self; 6] = [
        Self::Created,
        Self::Modified,
        Self::Deleted,
        Self::Renamed,
        Self::TypeChanged,
        Self::Metadata,
    ];
}

/// What stands at a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Is {
    File,
    Directory,
    Link,
    Fifo,
    Socket,
    Device,
}

/// Seconds and nanoseconds since 1970.
pub(super) type Time = (i64, i64);

/// One changed path.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Changed {
    pub(super) kind: Kind,
    pub(super) is: Is,
    pub(super) path: Raw,
    pub(super) from: Option<Raw>,
    pub(super) bytes: Option<u64>,
    /// Bytes really stored by a sparse file.
    pub(super) stored: Option<u64>,
    pub(super) mode: Option<u32>,
    /// Modification time before and after.
    pub(super) times: Option<(Time, Time)>,
    /// What changed the same way below a directory.
    pub(super) below: Option<Sum>,
    pub(super) what: Vec<String>,
    pub(super) diff: Option<String>,
}

/// What changed in one way in a directory.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Share {
    pub(super) kind: Kind,
    pub(super) directory: Raw,
    /// Whether the directories below are counted too.
    pub(super) deep: bool,
    pub(super) sum: Sum,
}

/// A path that differs between two states of the tree.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Difference {
    /// The path, escaped for one line.
    pub path: String,
    /// What differs, for people: `is missing`, `mode 644 is now 600`.
    pub what: String,
    /// What kind of difference it is.
    pub kind: Differs,
}

/// How much a difference between two states of the tree weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Differs {
    /// Content, metadata, links or names are not what they were.
    Tree,
    /// Only the modification time differs, as restoring a file's content does by itself.
    Time,
    /// The same bytes take more or less room: a sparse file became dense, or a dense one sparse.
    Room,
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
