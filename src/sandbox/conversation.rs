//! The process that serves a session or a probe, as the asking side holds it: a line of JSON goes to it, one comes back.
#![allow(clippy::disallowed_methods)]

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, PidfdFlags, pidfd_open};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::protocol::Raw;
use super::session::SandboxError;

/// How long the process may take to end.
const PATIENCE: Timespec = Timespec { tv_sec: 1, tv_nsec: 0 };

/// A process that answers. Dropping it ends it.
#[derive(Debug)]
pub(super) struct Conversation {
    child: Child,
    to: Option<ChildStdin>,
    from: BufReader<ChildStdout>,
}

impl Conversation {
    /// Starts `program`, a `blackstart` binary, with a verb that [`super::entry`] knows.
    pub(super) fn start(program: &Path, verb: &str) -> Result<Self, SandboxError> {
        let mut child = Command::new(program)
            .arg(verb)
            .env_clear()
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|source| SandboxError::Lost {
                what: "could not be started".to_owned(),
                source: Some(source),
            })?;
        let (Some(to), Some(from)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(SandboxError::Lost { what: "has no pipes".to_owned(), source: None });
        };
        Ok(Self { child, to: Some(to), from: BufReader::new(from) })
    }

    /// Asks, and waits for the answer.
    pub(super) fn ask<Answer: DeserializeOwned>(
        &mut self,
        ask: &impl Serialize,
    ) -> Result<Answer, SandboxError> {
        let lost = |source| SandboxError::Lost { what: "ended".to_owned(), source: Some(source) };
        let mut line = serde_json::to_vec(ask).map_err(|error| lost(error.into()))?;
        line.push(b'\n');
        if let Some(to) = &mut self.to {
            to.write_all(&line).and_then(|()| to.flush()).map_err(lost)?;
        }
        let mut answer = Vec::new();
        self.from.read_until(b'\n', &mut answer).map_err(lost)?;
        if answer.is_empty() {
            let status = self.child.try_wait().ok().flatten();
            let what = status.map_or("ended".to_owned(), |status| format!("ended: {status}"));
            return Err(SandboxError::Lost { what, source: None });
        }
        serde_json::from_slice(&answer).map_err(|error| SandboxError::Lost {
            what: "answered in another language".to_owned(),
            source: Some(error.into()),
        })
    }
}

impl Drop for Conversation {
    fn drop(&mut self) {
        // It ends by itself, and its runs with it; if it does not, they die with it.
        drop(self.to.take());
        let pid = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw);
        if let Some(life) = pid.and_then(|pid| pidfd_open(pid, PidfdFlags::empty()).ok()) {
            let _ = poll(&mut [PollFd::new(&life, PollFlags::IN)], Some(&PATIENCE));
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Returns the caller's home directory, the root where none is named.
pub(super) fn home() -> Raw {
    let home = std::env::var_os("HOME").filter(|home| Path::new(home).is_absolute());
    home.map_or_else(|| Raw::of("/"), Raw::of)
}
