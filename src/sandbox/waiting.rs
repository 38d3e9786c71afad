//! The first process of the next run: made ready while nobody waits for it, then given its orders.
#![allow(clippy::disallowed_methods)]

use std::io::Write as _;

use rustix::fs::{Gid, Uid};
use rustix::net::{AddressFamily, SocketFlags, SocketType};
use rustix::pipe::{PipeFlags, pipe_with};
use rustix::process::{Pid, Signal, WaitOptions};
use serde::{Deserialize, Serialize};

use super::child::{self, Birth};
use super::ground::Ground;
use super::protocol::{Failure, Mode, Raw, RunAsk};
use super::sys::{self, Side};
use super::watch::Ends;

/// What a first process is to do.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Orders {
    pub(super) ask: RunAsk,
    /// The whole environment, as `NAME=value`.
    pub(super) environment: Vec<Raw>,
    /// Whether the end of every process is followed.
    pub(super) exact: bool,
}

/// A first process that has its namespaces and its view of the tree, and waits. While it does,
/// nothing of the tree may change.
#[derive(Debug)]
pub(super) struct Waiting {
    ends: Ends,
    orders: std::fs::File,
}

impl Waiting {
    /// Starts a first process.
    pub(super) fn start(ground: &Ground) -> Result<Self, Failure> {
        let failed = |error: rustix::io::Errno| Failure::of("making pipes", error);
        let (talk, child_talk) = rustix::net::socketpair(
            AddressFamily::UNIX,
            SocketType::SEQPACKET,
            SocketFlags::CLOEXEC,
            None,
        )
        .map_err(failed)?;
        let (stdout, child_stdout) = pipe_with(PipeFlags::CLOEXEC).map_err(failed)?;
        let (stderr, child_stderr) = pipe_with(PipeFlags::CLOEXEC).map_err(failed)?;
        if ground.mode == Mode::RootShifted {
            // `> /dev/stdout` opens the pipe again, which only its owner may.
            let owner = ground.root_inside();
            for pipe in [&child_stdout, &child_stderr] {
                let (user, group) = (Uid::from_raw(owner), Gid::from_raw(owner));
                rustix::fs::fchown(pipe, Some(user), Some(group)).map_err(failed)?;
            }
        }
        let (child_orders, orders) = pipe_with(PipeFlags::CLOEXEC).map_err(failed)?;
        let doing = "starting the first process";
        let kinds = libc::CLONE_NEWPID | libc::CLONE_NEWNS | libc::CLONE_NEWIPC;
        match sys::clone_process(kinds).map_err(|error| Failure::of(doing, error))? {
            Side::Child => {
                drop((talk, stdout, stderr, orders));
                child::live(Birth {
                    ground,
                    orders: child_orders.into(),
                    talk: child_talk,
                    stdout: child_stdout,
                    stderr: child_stderr,
                })
            }
            Side::Parent(pid) => {
                let pid = Pid::from_raw(pid)
                    .ok_or_else(|| Failure::of(doing, std::io::Error::other("no process id")))?;
                Ok(Self { ends: Ends { pid, talk, stdout, stderr }, orders: orders.into() })
            }
        }
    }

    /// Tells it what to do; returns the ends of the run that has begun.
    pub(super) fn order(mut self, orders: &Orders) -> Result<Ends, Failure> {
        let failed = |error: std::io::Error| Failure::of("giving orders", error);
        let text = serde_json::to_vec(orders).map_err(|error| failed(error.into()))?;
        match self.orders.write_all(&text) {
            // It failed before; what it says about that is read by who watches it.
            Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(failed(error)),
            Ok(()) | Err(_) => Ok(self.ends),
        }
    }

    /// Ends it; the tree may change then.
    pub(super) fn let_go(self) {
        let _ = rustix::process::kill_process(self.ends.pid, Signal::KILL);
        let _ = rustix::process::waitpid(Some(self.ends.pid), WaitOptions::empty());
    }
}
