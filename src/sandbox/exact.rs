//! Follows every process of a run to its end: the run's first process traces them all (ptrace(2)).

use std::os::fd::{BorrowedFd, OwnedFd};

use rustix::net::{RecvFlags, SendFlags};

use super::message::word;
use super::protocol::Failure;
use super::sys::{self, Traced};

/// A pair of sockets at which the command waits until it is traced.
#[derive(Debug)]
pub(super) struct Gate {
    tracer: OwnedFd,
    traced: OwnedFd,
}

impl Gate {
    /// Makes one, before the command's process is made.
    pub(super) fn new() -> Result<Self, Failure> {
        let (tracer, traced) = rustix::net::socketpair(
            rustix::net::AddressFamily::UNIX,
            rustix::net::SocketType::STREAM,
            rustix::net::SocketFlags::CLOEXEC,
            None,
        )
        .map_err(|error| Failure::of("making a gate", error))?;
        Ok(Self { tracer, traced })
    }

    /// Waits in the command's process; without a tracer it goes on alone.
    pub(super) fn wait(self) {
        drop(self.tracer);
        let mut word = [0_u8; 1];
        let _ = rustix::net::recv(&self.traced, &mut word[..], RecvFlags::empty());
    }

    /// Traces the command's process, and lets it go on whether that worked or not.
    pub(super) fn open(self, command: i32) -> Result<(), Failure> {
        let traced = sys::trace(command);
        let _ = rustix::net::send(&self.tracer, &[1], SendFlags::NOSIGNAL);
        traced.map_err(|error| Failure::of("tracing the command", error))
    }
}

/// Goes on with every process that stops and tells what ended, until the command itself ends.
/// Returns its exit code, or its signal as a negative number; `None` where nothing is left to wait for.
pub(super) fn until_ended(command: i32, talk: BorrowedFd<'_>) -> Option<i32> {
    loop {
        let (process, state) = match sys::next_traced() {
            Ok(next) => next,
            Err(error) if error.raw_os_error() == Some(libc::EINTR) => continue,
            Err(_) => return None,
        };
        match state {
            Traced::Started => {
                tell(talk, word::STARTED, &[&process.to_le_bytes()]);
                sys::resume(process, 0);
            }
            // A process that is stopped, as by Ctrl-Z, stays so until somebody continues it.
            Traced::Halted => sys::leave_halted(process),
            Traced::Passing => sys::resume(process, 0),
            Traced::Signalled(signal) => sys::resume(process, signal),
            Traced::Ended { how, cpu_ms } => {
                let parts = [&process.to_le_bytes()[..], &how.to_le_bytes(), &cpu_ms.to_le_bytes()];
                tell(talk, word::GONE, &parts);
                if process == command {
                    return Some(how);
                }
            }
        }
    }
}

fn tell(talk: BorrowedFd<'_>, word: u8, parts: &[&[u8]]) {
    let mut message = vec![word];
    parts.iter().for_each(|part| message.extend_from_slice(part));
    let _ = rustix::net::send(talk, &message, SendFlags::NOSIGNAL);
}

/// A message of [`until_ended`] as the supervisor reads it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Gone {
    pub(super) process: i32,
    /// Exit code, or a signal as a negative number.
    pub(super) how: i32,
    pub(super) cpu_ms: u64,
}

impl Gone {
    /// Reads what stands behind [`word::GONE`].
    pub(super) fn read(bytes: &[u8]) -> Option<Self> {
        let (process, rest) = bytes.split_first_chunk()?;
        let (how, rest) = rest.split_first_chunk()?;
        let (cpu_ms, _) = rest.split_first_chunk()?;
        Some(Self {
            process: i32::from_le_bytes(*process),
            how: i32::from_le_bytes(*how),
            cpu_ms: u64::from_le_bytes(*cpu_ms),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_end_reads_back_and_half_of_one_does_not() {
        let bytes =
            [&7_i32.to_le_bytes()[..], &(-9_i32).to_le_bytes(), &12_u64.to_le_bytes()].concat();
        assert_eq!(Gone::read(&bytes), Some(Gone { process: 7, how: -9, cpu_ms: 12 }));
        assert_eq!(Gone::read(&bytes[..15]), None);
    }
}
