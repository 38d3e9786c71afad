//! Follows one run from outside: its output, its reports, its limits, its end.
#![allow(clippy::disallowed_methods)]

use std::os::fd::{AsFd as _, BorrowedFd, OwnedFd};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, PidfdFlags, Signal, WaitOptions};

use super::capture::Outputs;
use super::exact::Gone;
use super::message::{Message, word};
use super::observe::Observer;
use super::protocol::{Failure, Kept, Limit, Limits};
use super::resolver::Resolver;
use super::rights::Rights;
use super::sys;
use super::usage::{Scarce, Usage, usage};

/// How often memory, processes, processor time and disk are looked at; less often where a look takes long.
const LOOK: Duration = Duration::from_millis(50);
const LOOK_SHARE: u32 = 20;

/// A run that stays at its limit of processes for this many looks is stopped.
const LOOKS_AT_PROCESS_LIMIT: u32 = 10;

/// How a run went.
#[derive(Debug)]
pub(super) struct Watched {
    /// Exit code, or a signal as a negative number.
    pub(super) ended: Option<i32>,
    pub(super) limit: Option<Limit>,
    /// How many processes went on behind the command, and names of some.
    pub(super) outlasted: Option<(u32, String)>,
    /// Whether calls were reported.
    pub(super) observed: bool,
    pub(super) duration: Duration,
    pub(super) stdout: Kept,
    pub(super) stderr: Kept,
    pub(super) observer: Observer,
}

/// The ends of a run that the supervisor holds.
#[derive(Debug)]
pub(super) struct Ends {
    pub(super) pid: Pid,
    pub(super) talk: OwnedFd,
    pub(super) stdout: OwnedFd,
    pub(super) stderr: OwnedFd,
}

struct Watch<'a, 'r> {
    limits: Limits,
    pid: Pid,
    talk: OwnedFd,
    outputs: Outputs,
    observer: Observer,
    resolver: &'a mut Resolver,
    rights: Option<&'a mut Rights<'r>>,
    proc: Option<OwnedFd>,
    listener: Option<OwnedFd>,
    observed: bool,
    ended: Option<i32>,
    /// When the command ended.
    end: Option<Instant>,
    outlasted: Option<(u32, String)>,
    failure: Option<Failure>,
    limit: Option<Limit>,
    cpu_ms: u64,
    looks_at_process_limit: u32,
    scarce: Scarce,
}

/// Follows the run until every process of it is gone. `boss` is the pipe of the program that asked:
/// when it closes, the run and this process end.
pub(super) fn watch(
    ends: Ends,
    limits: Limits,
    (observer, resolver, rights): (Observer, &mut Resolver, Option<&mut Rights<'_>>),
    boss: BorrowedFd<'_>,
) -> Result<Watched, Failure> {
    resolver.begin();
    let mut watch = Watch {
        limits,
        pid: ends.pid,
        talk: ends.talk,
        outputs: Outputs::new([ends.stdout, ends.stderr], limits.output),
        observer,
        resolver,
        rights,
        proc: None,
        listener: None,
        observed: false,
        ended: None,
        end: None,
        outlasted: None,
        failure: None,
        limit: None,
        cpu_ms: limits.cpu_ms(),
        looks_at_process_limit: 0,
        scarce: Scarce::default(),
    };
    let started = Instant::now();
    let died = watch.follow(started, boss)?;
    let duration = watch.end.map_or_else(|| started.elapsed(), |end| end - started);
    watch.outputs.drain();
    watch.scarce.look_at_disk();
    if watch.outputs.is_too_much() {
        watch.limit.get_or_insert(Limit::Output);
    }
    if let Some(failure) = watch.failure {
        return Err(failure);
    }
    if let (None, None, Some(signal)) = (watch.ended, watch.limit, died) {
        let text = format!("its first process was ended from outside, by signal {signal}");
        return Err(Failure::of("following the run", std::io::Error::other(text)));
    }
    let [stdout, stderr] = watch.outputs.finish();
    let mut seen = Watched {
        ended: watch.ended,
        limit: watch.limit,
        outlasted: watch.outlasted,
        observed: watch.observed,
        duration,
        stdout,
        stderr,
        observer: watch.observer,
    };
    // What is short of processes waits for ever: the clock then only ends what the limit began.
    let named = watch.scarce.limit(seen.ended, &seen.stderr.text);
    let starved = seen.limit == Some(Limit::WallClock) && named == Some(Limit::Processes);
    if seen.limit.is_none() || starved {
        seen.limit = named.or(seen.limit);
    }
    Ok(seen)
}

impl Watch<'_, '_> {
    /// Returns the signal that ended the first process, if one did.
    fn follow(&mut self, started: Instant, boss: BorrowedFd<'_>) -> Result<Option<i32>, Failure> {
        let failed = |error: rustix::io::Errno| Failure::of("watching the run", error);
        let life = rustix::process::pidfd_open(self.pid, PidfdFlags::empty()).map_err(failed)?;
        let wall = Duration::from_millis(self.limits.wall_ms);
        let mut next_look = LOOK;
        let mut open = [true; 3];
        loop {
            let elapsed = started.elapsed();
            // What the command left behind has a time of its own.
            if elapsed >= wall && self.limit.is_none() && self.end.is_none() {
                self.stop(Limit::WallClock);
            }
            if elapsed >= next_look {
                self.look();
                let took = started.elapsed() - elapsed;
                next_look = elapsed + took + LOOK.max(took * LOOK_SHARE);
            }
            let wait = if self.limit.is_some() {
                LOOK
            } else {
                let next = if self.end.is_some() { next_look } else { next_look.min(wall) };
                next.saturating_sub(elapsed)
            };
            let timeout =
                Timespec { tv_sec: wait.as_secs() as i64, tv_nsec: i64::from(wait.subsec_nanos()) };
            let (ready, boss_left) = {
                let [stdout, stderr] = self.outputs.pipes();
                // A closed stream would be ready for ever; the process itself takes its place.
                let mut polled = vec![
                    PollFd::new(&life, PollFlags::IN),
                    PollFd::from_borrowed_fd(boss, PollFlags::empty()),
                    while_open(open[0], &self.talk, &life),
                    while_open(open[1], stdout, &life),
                    while_open(open[2], stderr, &life),
                ];
                let sockets = self.resolver.sockets().iter();
                polled.extend(sockets.map(|socket| PollFd::new(socket, PollFlags::IN)));
                if let Some(listener) = &self.listener {
                    polled.push(PollFd::new(listener, PollFlags::IN));
                }
                match poll(&mut polled, Some(&timeout)) {
                    Ok(_) | Err(rustix::io::Errno::INTR) => {}
                    Err(error) => return Err(failed(error)),
                }
                let events: Vec<PollFlags> = polled.iter().map(PollFd::revents).collect();
                (events.clone(), events[1].intersects(PollFlags::HUP | PollFlags::ERR))
            };
            if boss_left {
                sys::leave(1);
            }
            let (questions, listener) = ready[5..].split_at(self.resolver.sockets().len());
            for (at, _) in questions.iter().enumerate().filter(|(_, events)| !events.is_empty()) {
                self.resolver.answer_waiting(at);
            }
            // The end of a process is told before its number can be another's.
            if open[0] && !ready[2].is_empty() {
                open[0] = self.listen()?;
            } else if let Some(events) = listener.first() {
                self.hear(*events);
            }
            for stream in [0, 1] {
                if open[stream + 1] && !ready[stream + 3].is_empty() {
                    open[stream + 1] = self.outputs.read(stream);
                }
            }
            if self.outputs.is_too_much() && self.limit.is_none() {
                self.stop(Limit::Output);
            }
            let gone = ready[0].contains(PollFlags::IN);
            if gone && (!open[0] || ready[2].is_empty()) {
                break;
            }
        }
        let waited = rustix::process::waitpid(Some(self.pid), WaitOptions::empty());
        let status = waited.map_err(failed)?.map(|(_, status)| status);
        Ok(status.and_then(|status| status.terminating_signal()))
    }

    fn stop(&mut self, limit: Limit) {
        self.limit = Some(limit);
        let _ = rustix::process::kill_process(self.pid, Signal::KILL);
    }

    fn hear(&mut self, events: PollFlags) {
        if events.contains(PollFlags::IN) {
            if let Some(listener) = &self.listener {
                let rights = self.rights.as_deref_mut();
                self.observer.answer_next(listener.as_fd(), &self.resolver.names, rights);
            }
        } else if !events.is_empty() {
            self.listener = None;
        }
    }

    /// Reads one message of the first process; returns whether more may come.
    fn listen(&mut self) -> Result<bool, Failure> {
        let Message { bytes, descriptor } = Message::receive(self.talk.as_fd());
        match bytes.split_first() {
            Some((&word::PROC, _)) => self.proc = descriptor,
            Some((&word::LISTENER, _)) => {
                self.observed = true;
                self.listener = descriptor;
                self.listener.iter().for_each(|listener| sys::take_turns(listener.as_fd()));
            }
            Some((&word::ENDED, code)) => {
                self.ended = code.try_into().ok().map(i32::from_le_bytes);
                self.end = Some(Instant::now());
            }
            Some((&word::OUTLASTED, told)) => {
                if let Some((count, names)) = told.split_at_checked(4) {
                    let count = count.try_into().map_or(0, u32::from_le_bytes);
                    self.outlasted = Some((count, String::from_utf8_lossy(names).into_owned()));
                }
            }
            Some((&word::STARTED, process)) => {
                if let Some(Ok(process)) = process.get(..4).map(<[u8; 4]>::try_from) {
                    self.observer.confirmed(i32::from_le_bytes(process));
                }
            }
            Some((&word::GONE, end)) => {
                if let Some(gone) = Gone::read(end) {
                    self.observer.ended(gone);
                }
            }
            Some((&word::FAILED, text)) => {
                self.failure = Some(serde_json::from_slice(text).unwrap_or_else(|error| {
                    Failure::of("starting the run", std::io::Error::other(error))
                }));
            }
            Some(_) | None => return Ok(!bytes.is_empty()),
        }
        Ok(true)
    }

    /// Looks at memory, processes, processor time and disk.
    fn look(&mut self) {
        self.scarce.look_at_disk();
        let Some(proc) = &self.proc else { return };
        let Usage { tasks, resident, cpu_ms } = usage(proc.as_fd());
        if tasks + 2 >= self.limits.processes {
            self.scarce.tasks = true;
            self.looks_at_process_limit += 1;
        } else {
            self.looks_at_process_limit = 0;
        }
        if self.limit.is_some() {
            return;
        }
        if resident > self.limits.memory {
            // Forked processes share pages that this sum counts for each of them.
            let many = self.looks_at_process_limit > 0;
            self.stop(if many { Limit::Processes } else { Limit::Memory });
        } else if self.looks_at_process_limit >= LOOKS_AT_PROCESS_LIMIT {
            self.stop(Limit::Processes);
        } else if cpu_ms > self.cpu_ms {
            self.stop(Limit::Cpu);
        }
    }
}

fn while_open<'fd>(open: bool, stream: &'fd OwnedFd, otherwise: &'fd OwnedFd) -> PollFd<'fd> {
    if open {
        PollFd::new(stream, PollFlags::IN)
    } else {
        PollFd::new(otherwise, PollFlags::empty())
    }
}
