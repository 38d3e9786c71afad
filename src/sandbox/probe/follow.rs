//! Follows one probe from outside: its output, its calls, its limits, its end.
#![allow(clippy::disallowed_methods)]

use std::os::fd::{AsFd as _, BorrowedFd, OwnedFd};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::net::Shutdown;
use rustix::process::{Pid, PidfdFlags, Signal, WaitOptions};

use super::super::capture::Outputs;

use super::super::message::{Message, word};
use super::super::protocol::{Connected, Executed, Failure, Limit, Limits, Ran};
use super::super::sys;
use super::super::usage::{Scarce, Usage};
use super::family;
use super::guard::VERSION;
use super::judge::{Judge, Stopped};
use super::scratch::{BYTES, ENTRIES, Scratch};
use super::serve::Probed;

/// How often memory, processes and disk are looked at; less often where a look takes long.
const LOOK: Duration = Duration::from_millis(50);
const LOOK_SHARE: u32 = 20;
/// A guard that has not ended everything by then is ended itself.
const PATIENCE: Duration = Duration::from_secs(12);

/// The ends of a run that the supervisor holds.
#[derive(Debug)]
pub(super) struct Ends {
    pub(super) guard: Pid,
    pub(super) talk: OwnedFd,
    pub(super) stdout: OwnedFd,
    pub(super) stderr: OwnedFd,
}

struct Follower<'a> {
    guard: Pid,
    talk: OwnedFd,
    outputs: Outputs,
    limits: Limits,
    judge: Judge,
    scratch: &'a Scratch,
    listener: Option<OwnedFd>,
    version: u8,
    ended: Option<i32>,
    failure: Option<Failure>,
    limit: Option<Limit>,
    stopped: Option<String>,
    stopped_at: Option<Instant>,
}

/// Follows the run until every process of it is gone. `boss` is the pipe of the program that asked:
/// when it closes, the guard ends the run, as this process ends.
pub(super) fn follow(
    ends: Ends,
    limits: Limits,
    judge: Judge,
    scratch: &Scratch,
    boss: BorrowedFd<'_>,
) -> Result<Probed, Failure> {
    let mut follower = Follower {
        guard: ends.guard,
        talk: ends.talk,
        outputs: Outputs::new([ends.stdout, ends.stderr], limits.output),
        limits,
        judge,
        scratch,
        listener: None,
        version: 0,
        ended: None,
        failure: None,
        limit: None,
        stopped: None,
        stopped_at: None,
    };
    let started = Instant::now();
    let followed = follower.until_gone(started, boss);
    let mut notes = Vec::new();
    // What the guard could not end, because it is gone itself, has come to this process.
    if !family::end_all() {
        notes.push("a process of the run cannot be ended: it waits for the kernel".to_owned());
    }
    followed?;
    follower.outputs.drain();
    follower.stop_at_too_much();
    let Follower { judge, outputs, version, ended, failure, limit, stopped, .. } = follower;
    if let Some(failure) = failure {
        return Err(failure);
    }
    let [stdout, stderr] = outputs.finish();
    let cut = stopped.is_some() || limit == Some(Limit::WallClock);
    let limit = match (ended, limit) {
        (Some(0), None) => None,
        (_, None) if stopped.is_none() => Scarce::default().limit(ended, &stderr.text),
        (_, limit) => limit,
    };
    let ran = Ran {
        exit_code: ended.filter(|code| *code >= 0 && !cut),
        signal: ended.filter(|code| *code < 0 && !cut).map(|code| -code),
        limit,
        duration_us: u64::try_from(started.elapsed().as_micros()).unwrap_or(u64::MAX),
        stdout,
        stderr,
        executed: judge.executed.into_iter().map(only_started).collect(),
        connected: judge.connected.into_iter().map(unnamed).collect(),
        denied: judge.denied,
        notes,
        ..Ran::default()
    };
    Ok(Probed { ran, stopped, started: judge.started, version })
}

fn only_started(argv: Vec<String>) -> Executed {
    Executed { argv, file: None, ended: None, cpu_ms: None }
}

fn unnamed(destination: String) -> Connected {
    Connected { destination, also: Vec::new() }
}

impl Follower<'_> {
    fn until_gone(&mut self, started: Instant, boss: BorrowedFd<'_>) -> Result<(), Failure> {
        let failed = |error: rustix::io::Errno| Failure::of("watching the run", error);
        let life = rustix::process::pidfd_open(self.guard, PidfdFlags::empty()).map_err(failed)?;
        let wall = Duration::from_millis(self.limits.wall_ms);
        let mut next_look = LOOK;
        let mut open = [true; 3];
        loop {
            let elapsed = started.elapsed();
            if elapsed >= wall {
                self.stop_by(Limit::WallClock);
            }
            if elapsed >= next_look {
                self.look();
                let took = started.elapsed() - elapsed;
                next_look = elapsed + took + LOOK.max(took * LOOK_SHARE);
            }
            if self.stopped_at.is_some_and(|at| at.elapsed() > PATIENCE) {
                let _ = rustix::process::kill_process(self.guard, Signal::KILL);
            }
            let wait = next_look.saturating_sub(started.elapsed()).min(LOOK);
            let timeout =
                Timespec { tv_sec: wait.as_secs() as i64, tv_nsec: i64::from(wait.subsec_nanos()) };
            let events = {
                let unless_closed = |open: bool, stream| {
                    // A closed stream would be ready for ever; the guard takes its place.
                    if open {
                        PollFd::new(stream, PollFlags::IN)
                    } else {
                        PollFd::new(&life, PollFlags::empty())
                    }
                };
                let [stdout, stderr] = self.outputs.pipes();
                let mut polled = vec![
                    PollFd::new(&life, PollFlags::IN),
                    PollFd::from_borrowed_fd(boss, PollFlags::empty()),
                    unless_closed(open[0], &self.talk),
                    unless_closed(open[1], stdout),
                    unless_closed(open[2], stderr),
                ];
                // After the end a call that waits goes on waiting, so nothing is made that must be ended.
                let over = self.stopped_at.is_some() || self.ended.is_some();
                if let (Some(listener), false) = (&self.listener, over) {
                    polled.push(PollFd::new(listener, PollFlags::IN));
                }
                match poll(&mut polled, Some(&timeout)) {
                    Ok(_) | Err(rustix::io::Errno::INTR) => {}
                    Err(error) => return Err(failed(error)),
                }
                polled.iter().map(PollFd::revents).collect::<Vec<_>>()
            };
            if events[1].intersects(PollFlags::HUP | PollFlags::ERR) {
                sys::leave(1);
            }
            if let Some(events) = events.get(5) {
                self.hear(*events);
            }
            if open[0] && !events[2].is_empty() {
                open[0] = self.listen();
            }
            for stream in [0, 1] {
                if open[stream + 1] && !events[stream + 3].is_empty() {
                    open[stream + 1] = self.outputs.read(stream);
                }
            }
            self.stop_at_too_much();
            let gone = events[0].contains(PollFlags::IN);
            if gone && (!open[0] || events[2].is_empty()) {
                break;
            }
        }
        let _ = rustix::process::waitpid(Some(self.guard), WaitOptions::empty());
        Ok(())
    }

    /// Asks the guard to end everything.
    fn stop(&mut self) {
        self.stopped_at = Some(Instant::now());
        let _ = rustix::net::shutdown(&self.talk, Shutdown::Both);
    }

    fn stop_by(&mut self, limit: Limit) {
        if self.stopped_at.is_none() {
            self.limit = Some(limit);
            self.stop();
        }
    }

    fn stop_at_too_much(&mut self) {
        if self.outputs.is_too_much() {
            self.stop_by(Limit::Output);
        }
    }

    fn hear(&mut self, events: PollFlags) {
        if events.contains(PollFlags::IN) {
            let listener = self.listener.as_ref().map(|listener| listener.as_fd());
            match listener.and_then(|listener| self.judge.next(listener)) {
                Some(Stopped::Change(what)) => {
                    self.stopped = Some(what);
                    self.stop();
                }
                Some(Stopped::Limit(limit)) => self.stop_by(limit),
                None => {}
            }
        } else if !events.is_empty() {
            self.listener = None;
        }
    }

    /// Reads one message of the guard; returns whether more may come.
    fn listen(&mut self) -> bool {
        let Message { bytes, descriptor } = Message::receive(self.talk.as_fd());
        match bytes.split_first() {
            Some((&word::LISTENER, _)) => {
                self.listener = descriptor;
                self.listener.iter().for_each(|listener| sys::take_turns(listener.as_fd()));
            }
            Some((&VERSION, version)) => {
                self.version = version.first().copied().unwrap_or_default();
            }
            Some((&word::ENDED, code)) => {
                self.ended = code.try_into().ok().map(i32::from_le_bytes);
            }
            Some((&word::FAILED, text)) => {
                self.failure = Some(serde_json::from_slice(text).unwrap_or_else(|error| {
                    Failure::of("starting the run", std::io::Error::other(error))
                }));
            }
            Some(_) | None => return !bytes.is_empty(),
        }
        true
    }

    fn look(&mut self) {
        if self.stopped_at.is_some() {
            return;
        }
        let mut used = Usage::default();
        self.judge.census.count(|guard| {
            used = family::usage(guard);
            used.tasks
        });
        let (bytes, entries) = self.scratch.use_of();
        if used.tasks > self.limits.processes {
            self.stop_by(Limit::Processes);
        } else if used.resident > self.limits.memory {
            self.stop_by(Limit::Memory);
        } else if used.cpu_ms > self.limits.cpu_ms() {
            self.stop_by(Limit::Cpu);
        } else if bytes > BYTES {
            self.stop_by(Limit::Disk);
        } else if entries > ENTRIES {
            self.stop_by(Limit::Inodes);
        }
    }
}
