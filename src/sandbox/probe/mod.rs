//! The read-only probe: runs a command on the real tree, where nothing can be changed, up to its first write.
//!
//! It is for machines that allow no namespaces. The tree is not copied: Landlock refuses writes
//! outside a scratch directory, a system call filter refuses what Landlock does not know, and the
//! supervisor is asked about each call that may change something. It is no dry run.
#![allow(clippy::disallowed_methods)]

mod calls;
mod family;
mod files;
mod follow;
mod guard;
mod judge;
mod others;
mod place;
mod scratch;
mod serve;
mod wall;

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use super::availability;
use super::effects::observed;
use super::protocol::{Failure, Raw};
use super::session::{Observed, Options, Request, SandboxError, run_ask};

pub(super) use serve::serve;
use serve::{Answer, Ask};

/// What one probe saw; it proves nothing, but what it saw is so.
#[derive(Debug, Clone)]
pub struct Probed {
    /// Output, programs, destinations and refusals up to the end; there are no changes to files.
    pub observed: Observed,
    /// What the command would have changed first, where the run was stopped at it:
    /// `would open /srv/x for writing`.
    pub stopped: Option<String>,
    /// File names of the programs that were started, each once.
    pub started: Vec<String>,
}

/// A process that runs commands read-only, one after the other. Dropping it ends them.
#[derive(Debug)]
pub struct Probe {
    child: Child,
    to: Option<ChildStdin>,
    from: BufReader<ChildStdout>,
    landlock: u8,
}

impl Probe {
    /// Starts one, by trying.
    pub fn start(options: &Options) -> Result<Self, SandboxError> {
        let lost = |source| SandboxError::Lost {
            what: "could not be started".to_owned(),
            source: Some(source),
        };
        let home = std::env::var_os("HOME").filter(|home| Path::new(home).is_absolute());
        let mut child = Command::new(&options.program)
            .arg("__probe")
            .env_clear()
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .map_err(lost)?;
        let (Some(to), Some(from)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(SandboxError::Lost { what: "has no pipes".to_owned(), source: None });
        };
        let mut probe = Self { child, to: Some(to), from: BufReader::new(from), landlock: 0 };
        let home = home.map_or_else(|| Raw::of("/"), Raw::of);
        match probe.ask(&Ask::Start(home))? {
            Answer::Ready(version) => {
                probe.landlock = version;
                Ok(probe)
            }
            Answer::Failed(failure) => Err(unavailable(&failure)),
            Answer::Ran(_) => Err(out_of_order()),
        }
    }

    /// Returns the version of the kernel's Landlock (ABI), at least 3.
    pub fn landlock(&self) -> u8 {
        self.landlock
    }

    /// Runs a command until it ends, or would change something.
    pub fn run(&mut self, request: &Request) -> Result<Probed, SandboxError> {
        match self.ask(&Ask::Run(run_ask(request)))? {
            Answer::Ran(probed) => Ok(Probed {
                observed: observed(probed.ran),
                stopped: probed.stopped,
                started: probed.started,
            }),
            Answer::Failed(failure) => Err(SandboxError::Run(availability::plain(&failure))),
            Answer::Ready(_) => Err(out_of_order()),
        }
    }

    fn ask(&mut self, ask: &Ask) -> Result<Answer, SandboxError> {
        let lost = |source| SandboxError::Lost { what: "ended".to_owned(), source: Some(source) };
        let mut line = serde_json::to_vec(ask).map_err(|error| lost(error.into()))?;
        line.push(b'\n');
        if let Some(to) = &mut self.to {
            to.write_all(&line).and_then(|()| to.flush()).map_err(lost)?;
        }
        let mut answer = Vec::new();
        self.from.read_until(b'\n', &mut answer).map_err(lost)?;
        if answer.is_empty() {
            return Err(SandboxError::Lost { what: "ended".to_owned(), source: None });
        }
        serde_json::from_slice(&answer).map_err(|error| lost(error.into()))
    }
}

impl Drop for Probe {
    fn drop(&mut self) {
        // It ends by itself when nobody can ask it anything; what it runs ends with it.
        drop(self.to.take());
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn unavailable(failure: &Failure) -> SandboxError {
    let (reason, fix) = availability::explain(failure, availability::Facts::look());
    SandboxError::Unavailable { reason, fix }
}

fn out_of_order() -> SandboxError {
    SandboxError::Lost { what: "answered something else".to_owned(), source: None }
}
