//! What the runner tells the keeper of a step, and what the keeper leaves behind.
//!
//! An order goes through a pipe and holds secrets; it is never stored. What is stored are files in the directory of the
//! try: `began` (something may have run from here on), `stdout`, `stderr`, and `result` (how it ended).

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::Path;

use serde::{Deserialize, Serialize};

/// Name of the file that says that something may have run.
pub const BEGAN: &str = "began";
/// Name of the file that says how it ended.
pub const RESULT: &str = "result";
/// The line that lets a keeper begin.
pub const GO: &str = "go";

/// What a keeper is to run.
#[derive(Serialize, Deserialize)]
pub struct Order {
    /// The script, for `plan::SHELL`.
    pub script: String,
    /// The whole environment, secrets included.
    pub environment: Vec<(String, Vec<u8>)>,
    /// Names of the variables that hold secrets, which are masked in the output.
    pub secret: Vec<String>,
    /// The account it runs as, where it is another one.
    pub account: Option<Account>,
    /// When it is ended.
    pub timeout_ms: Option<u64>,
    /// How long it may take to end when it is asked to.
    pub grace_ms: u64,
}

/// An account of the system.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// Its name.
    pub name: String,
    /// Its number.
    pub uid: u32,
    /// The number of its first group.
    pub gid: u32,
    /// Its directory.
    pub home: String,
}

/// How something that a keeper ran ended.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Result {
    /// Exit code, where it exited.
    pub exit_code: Option<i32>,
    /// Signal that ended it.
    pub signal: Option<i32>,
    /// Whether its timeout ended it.
    pub timed_out: bool,
    /// Whether a person ended it.
    pub stopped: bool,
    /// Wall time.
    pub duration_ms: u64,
    /// Processes that go on.
    pub left_running: Vec<String>,
    /// Why it could not be run, or what went wrong around it.
    pub error: Option<String>,
}

impl Result {
    /// Tells whether it exited with 0 in time.
    pub fn is_success(&self) -> bool {
        self.exit_code == Some(0) && !self.timed_out && !self.stopped && self.error.is_none()
    }

    /// Returns why it did not succeed.
    pub fn why(&self) -> Option<String> {
        match (&self.error, self.signal, self.exit_code) {
            (Some(error), _, _) => Some(error.clone()),
            _ if self.timed_out => Some("its timeout ended it".into()),
            _ if self.stopped => Some("it was stopped".into()),
            (None, Some(signal), _) => Some(format!("signal {signal} ended it")),
            (None, None, Some(0)) => None,
            (None, None, Some(code)) => Some(format!("it exited with {code}")),
            (None, None, None) => Some("how it ended is not known".into()),
        }
    }

    /// Reads the result of a try, or nothing where there is none yet.
    pub fn read(files: &Path) -> Option<Self> {
        serde_json::from_slice(&fs::read(files.join(RESULT)).ok()?).ok()
    }

    /// Leaves the result of a try: all of it or nothing, and on the disk.
    pub fn leave(&self, files: &Path) -> io::Result<()> {
        let text = serde_json::to_vec(self).expect("a result holds only text and numbers");
        leave(files, RESULT, &text)
    }
}

/// Writes a file as a whole, and returns when it is on the disk.
pub fn leave(files: &Path, name: &str, content: &[u8]) -> io::Result<()> {
    let unfinished = files.join(format!(".{name}"));
    let mut file = File::create(&unfinished)?;
    file.write_all(content)?;
    file.sync_all()?;
    fs::rename(&unfinished, files.join(name))?;
    File::open(files)?.sync_all()
}
