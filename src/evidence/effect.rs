//! What a step was seen to do.

use std::path::PathBuf;
use std::time::Duration;

use crate::base::Timestamp;

/// How a path changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Change {
    /// The path was not there before.
    Created,
    /// The content changed.
    Modified,
    /// The path is gone.
    Deleted,
    /// The path stood elsewhere before (`FileEffect::from`).
    Renamed,
    /// The path is now another kind of file (a directory became a link, and so on).
    TypeChanged,
    /// Only mode, owner, times or attributes changed.
    Metadata,
}

impl Change {
    /// Every way to change, in the order in which people should hear of them.
    pub const ALL: [Self; 6] = [
        Self::Deleted,
        Self::TypeChanged,
        Self::Modified,
        Self::Renamed,
        Self::Metadata,
        Self::Created,
    ];

    /// Returns the word used in documents and on screens.
    pub fn word(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Modified => "modified",
            Self::Deleted => "deleted",
            Self::Renamed => "renamed",
            Self::TypeChanged => "type-changed",
            Self::Metadata => "metadata",
        }
    }
}

/// What stands at a path; for a deleted path, what stood there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FileKind {
    /// A regular file.
    File,
    /// A directory.
    Directory,
    /// A symbolic link.
    Link,
    /// A named pipe.
    Fifo,
    /// A Unix socket.
    Socket,
    /// A device node.
    Device,
}

impl FileKind {
    /// Every kind.
    pub const ALL: [Self; 6] =
        [Self::File, Self::Directory, Self::Link, Self::Fifo, Self::Socket, Self::Device];

    /// Returns the word used in documents and on screens.
    pub fn word(self) -> &'static str {
        match self {
            Self::File => "file",
            Self::Directory => "directory",
            Self::Link => "link",
            Self::Fifo => "fifo",
            Self::Socket => "socket",
            Self::Device => "device",
        }
    }
}

/// Tells whether a detail of an effect begins with a word in capitals: what a person must see at once.
pub fn is_loud(detail: &str) -> bool {
    let head = detail.split([':', ' ']).next().unwrap_or_default();
    head.len() > 3 && head.chars().all(|c| c.is_ascii_uppercase() || c == '-')
}

/// How many entries, and how many bytes their files hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Sum {
    /// Files, directories, links and the rest.
    pub entries: u64,
    /// Sizes of regular files, as far as they are stored: a sparse file counts what it holds.
    pub bytes: u64,
}

/// Exact counts of what changed in one way in or below a directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Summary {
    /// The directory.
    pub directory: PathBuf,
    /// How its entries changed.
    pub change: Change,
    /// Whether the directories below are counted too.
    pub deep: bool,
    /// How much.
    pub sum: Sum,
    /// Whether the step's `effects` name all that can be there; `No` where that cannot be told of each path.
    pub declared: Declared,
}

/// One changed path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileEffect {
    /// How it changed.
    pub change: Change,
    /// What it is; for a deleted path what it was.
    pub kind: FileKind,
    /// The absolute path; need not be UTF-8.
    pub path: PathBuf,
    /// Where a renamed path stood before.
    pub from: Option<PathBuf>,
    /// Size behind the change in bytes; for a deleted path the size before.
    pub bytes: Option<u64>,
    /// Bytes that are really stored, where that is far less than the size: a sparse file.
    pub stored: Option<u64>,
    /// Permission bits behind the change (0o7777).
    pub mode: Option<u32>,
    /// Modification time before and after, where only that tells that the path was touched, or beside other changes
    /// of its metadata.
    pub times: Option<(Timestamp, Timestamp)>,
    /// What changed the same way below a created or deleted directory, or moved along with a renamed one.
    pub below: Option<Sum>,
    /// What else is to be known, in words: rights, owner, attributes, links; what is dangerous stands in capitals.
    pub what: Vec<String>,
    /// A bounded unified diff of a small text file, or a line that says why there is none.
    pub diff: Option<String>,
    /// Whether the step declared this effect.
    pub declared: Declared,
}

/// Whether an effect was announced by the step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Declared {
    /// The step's `effects` name it.
    Yes,
    /// The step's `effects` do not name it.
    No,
    /// There was no declaration to compare with (a bare script).
    NothingDeclared,
}

/// How a program ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ended {
    /// Its file could not be executed, for this reason.
    NotStarted(String),
    /// It exited with this code.
    Code(i32),
    /// This signal ended it.
    Signal(i32),
}

/// One observed effect of a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// A path changed.
    File(FileEffect),
    /// A program was started with these arguments, or was to be.
    Exec {
        /// The argument vector, `argv[0]` first.
        argv: Vec<String>,
        /// The file, where `argv[0]` does not name it.
        file: Option<String>,
        /// How it ended; `None` where nobody looked, or it went on as another program.
        ended: Option<Ended>,
        /// Processor time of its process, its children not counted; only where ends are followed.
        cpu: Option<Duration>,
    },
    /// A name was asked for and not connected to; the question never left the sandbox.
    Lookup {
        /// The name, what is no letter of a name written as `\\DDD`.
        name: String,
    },
    /// A connection or a datagram was tried; it never left the sandbox.
    Connect {
        /// `name:port` or `address:port`, or a socket path.
        destination: String,
        /// Other ways to write it: its address, its other names.
        also: Vec<String>,
        /// Whether the step declared this destination.
        declared: Declared,
    },
    /// The sandbox refused something.
    Denied {
        /// What was refused, for people.
        what: String,
    },
}
