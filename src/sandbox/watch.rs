//! Follows one run from outside: its output, its reports, its limits, its end.
#![allow(clippy::disallowed_methods)]

use std::mem::MaybeUninit;
use std::os::fd::{AsFd as _, BorrowedFd, OwnedFd};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::net::{RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags};
use rustix::process::{Pid, PidfdFlags, Signal, WaitOptions};

use super::capture::Capture;
use super::child::word;
use super::observe::Observer;
use super::protocol::{Failure, Kept, Limit, Limits};

/// How often memory, processes and disk are looked at.
const LOOK: Duration = Duration::from_millis(50);

/// A run is stopped when it printed this many times what is kept.
const OUTPUT_FACTOR: u64 = 256;
/// But not before it printed this much.
const LEAST_OUTPUT: u64 = 64 << 20;

/// A run that stays at its limit of processes for this many looks is stopped.
const LOOKS_AT_PROCESS_LIMIT: u32 = 10;

/// How a run went.
#[derive(Debug)]
pub(super) struct Watched {
    /// Exit code, or a signal as a negative number.
    pub(super) ended: Option<i32>,
    pub(super) limit: Option<Limit>,
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

struct Watch {
    limits: Limits,
    ends: Ends,
    out: Capture,
    err: Capture,
    observer: Observer,
    proc: Option<OwnedFd>,
    listener: Option<OwnedFd>,
    ended: Option<i32>,
    failure: Option<Failure>,
    limit: Option<Limit>,
    looks_at_process_limit: u32,
    disk_was_full: bool,
    processes_were_full: bool,
}

/// Follows the run until every process of it is gone. `boss` is the pipe of the program that asked:
/// when it closes, the run and this process end.
pub(super) fn watch(
    ends: Ends,
    limits: Limits,
    observer: Observer,
    boss: BorrowedFd<'_>,
) -> Result<Watched, Failure> {
    let mut watch = Watch {
        limits,
        ends,
        out: Capture::new(limits.output),
        err: Capture::new(limits.output),
        observer,
        proc: None,
        listener: None,
        ended: None,
        failure: None,
        limit: None,
        looks_at_process_limit: 0,
        disk_was_full: false,
        processes_were_full: false,
    };
    let started = Instant::now();
    watch.follow(started, boss)?;
    let duration = started.elapsed();
    watch.drain();
    if let Some(failure) = watch.failure {
        return Err(failure);
    }
    let mut seen = Watched {
        ended: watch.ended,
        limit: watch.limit,
        duration,
        stdout: watch.out.finish(),
        stderr: watch.err.finish(),
        observer: watch.observer,
    };
    if seen.ended != Some(0) || seen.limit.is_some() {
        let named =
            limit_behind_failure(&seen.stderr.text, watch.disk_was_full, watch.processes_were_full);
        let starved = seen.limit == Some(Limit::WallClock) && named == Some(Limit::Processes);
        if seen.limit.is_none() || starved {
            seen.limit = named.or(seen.limit);
        }
    }
    Ok(seen)
}

/// Names the limit that a command ran into by itself, from what was measured and what it said.
pub(super) fn limit_behind_failure(
    said: &str,
    disk_was_full: bool,
    processes_were_full: bool,
) -> Option<Limit> {
    let says = |words: &[&str]| words.iter().any(|word| said.contains(word));
    if disk_was_full && says(&["No space left on device", "ENOSPC"]) {
        Some(Limit::Disk)
    } else if processes_were_full {
        Some(Limit::Processes)
    } else if says(&[
        "Cannot allocate memory",
        "cannot allocate memory",
        "MemoryError",
        "memory exhausted",
        "out of memory",
        "Out of memory",
    ]) {
        Some(Limit::Memory)
    } else if says(&[
        "fork: retry: Resource temporarily unavailable",
        "fork: Resource temporarily unavailable",
        "Cannot fork",
    ]) {
        Some(Limit::Processes)
    } else {
        None
    }
}

impl Watch {
    fn follow(&mut self, started: Instant, boss: BorrowedFd<'_>) -> Result<(), Failure> {
        let failed = |error: rustix::io::Errno| Failure::of("watching the run", error);
        let life =
            rustix::process::pidfd_open(self.ends.pid, PidfdFlags::empty()).map_err(failed)?;
        let wall = Duration::from_millis(self.limits.wall_ms);
        let mut next_look = LOOK;
        let mut open = [true; 3];
        loop {
            let elapsed = started.elapsed();
            if elapsed >= wall && self.limit.is_none() {
                self.stop(Limit::WallClock);
            }
            if elapsed >= next_look {
                next_look = elapsed + LOOK;
                self.look();
            }
            let wait = if self.limit.is_some() {
                LOOK
            } else {
                next_look.min(wall).saturating_sub(elapsed)
            };
            let timeout =
                Timespec { tv_sec: wait.as_secs() as i64, tv_nsec: i64::from(wait.subsec_nanos()) };
            let (ready, boss_left) = {
                // A closed stream would be ready for ever; the process itself takes its place.
                let mut polled = vec![
                    PollFd::new(&life, PollFlags::IN),
                    PollFd::from_borrowed_fd(boss, PollFlags::empty()),
                    while_open(open[0], &self.ends.talk, &life),
                    while_open(open[1], &self.ends.stdout, &life),
                    while_open(open[2], &self.ends.stderr, &life),
                ];
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
                super::sys::leave(1);
            }
            if let Some(events) = ready.get(5) {
                self.hear(*events);
            }
            if open[0] && !ready[2].is_empty() {
                open[0] = self.listen()?;
            }
            for (index, stream) in [(3, 1), (4, 2)] {
                if open[stream] && !ready[index].is_empty() {
                    open[stream] = self.read(stream);
                }
            }
            let gone = ready[0].contains(PollFlags::IN);
            if gone && (!open[0] || ready[2].is_empty()) {
                break;
            }
        }
        rustix::process::waitpid(Some(self.ends.pid), WaitOptions::empty()).map_err(failed)?;
        Ok(())
    }

    fn stop(&mut self, limit: Limit) {
        self.limit = Some(limit);
        let _ = rustix::process::kill_process(self.ends.pid, Signal::KILL);
    }

    fn hear(&mut self, events: PollFlags) {
        if events.contains(PollFlags::IN) {
            if let Some(listener) = &self.listener {
                self.observer.answer_next(listener.as_fd());
            }
        } else if !events.is_empty() {
            self.listener = None;
        }
    }

    /// Reads one message of the first process; returns whether more may come.
    fn listen(&mut self) -> Result<bool, Failure> {
        let mut bytes = [0_u8; 4096];
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
        let mut control = RecvAncillaryBuffer::new(&mut space);
        let mut slices = [std::io::IoSliceMut::new(&mut bytes)];
        let received = rustix::net::recvmsg(
            &self.ends.talk,
            &mut slices,
            &mut control,
            RecvFlags::CMSG_CLOEXEC,
        );
        let length = received.map_or(0, |received| received.bytes);
        let descriptor = control.drain().find_map(|message| match message {
            RecvAncillaryMessage::ScmRights(mut descriptors) => descriptors.next(),
            _ => None,
        });
        match bytes[..length].split_first() {
            Some((&word::PROC, _)) => self.proc = descriptor,
            Some((&word::LISTENER, _)) => self.listener = descriptor,
            Some((&word::ENDED, code)) => {
                self.ended = code.try_into().ok().map(i32::from_le_bytes);
            }
            Some((&word::FAILED, text)) => {
                self.failure = Some(serde_json::from_slice(text).unwrap_or_else(|error| {
                    Failure::of("starting the run", std::io::Error::other(error))
                }));
            }
            Some(_) | None => return Ok(length > 0),
        }
        Ok(true)
    }

    /// Reads what is there from one output; returns whether more may come.
    fn read(&mut self, stream: usize) -> bool {
        let (from, into) = match stream {
            1 => (&self.ends.stdout, &mut self.out),
            _ => (&self.ends.stderr, &mut self.err),
        };
        let mut buffer = [0_u8; 65_536];
        match rustix::io::read(from, &mut buffer) {
            Ok(0) => return false,
            Ok(got) => into.take(&buffer[..got]),
            Err(rustix::io::Errno::INTR | rustix::io::Errno::AGAIN) => {}
            Err(_) => return false,
        }
        let most = self.limits.output.saturating_mul(OUTPUT_FACTOR).max(LEAST_OUTPUT);
        if self.out.total() + self.err.total() > most && self.limit.is_none() {
            self.stop(Limit::Output);
        }
        true
    }

    /// Takes what the dead left in the pipes.
    fn drain(&mut self) {
        for stream in [1, 2] {
            loop {
                let from = if stream == 1 { &self.ends.stdout } else { &self.ends.stderr };
                let mut polled = [PollFd::new(from, PollFlags::IN)];
                let now = Timespec { tv_sec: 0, tv_nsec: 0 };
                let ready = poll(&mut polled, Some(&now)).unwrap_or(0) > 0
                    && polled[0].revents().contains(PollFlags::IN);
                if !ready || !self.read(stream) {
                    break;
                }
            }
        }
        self.note_disk();
    }

    /// Looks at memory, processes and disk.
    fn look(&mut self) {
        self.note_disk();
        let Some(proc) = &self.proc else { return };
        let (processes, resident) = usage(proc.as_fd());
        if processes + 2 >= self.limits.processes {
            self.processes_were_full = true;
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
        }
    }

    fn note_disk(&mut self) {
        if let Ok(state) = rustix::fs::statfs("u") {
            let room = state.f_bavail.saturating_mul(state.f_bsize as u64);
            self.disk_was_full |= room < 1 << 20 || state.f_ffree < 16;
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

/// Counts the processes that a `/proc` shows, and the bytes they have in memory.
fn usage(proc: BorrowedFd<'_>) -> (u64, u64) {
    let flags = rustix::fs::OFlags::RDONLY | rustix::fs::OFlags::CLOEXEC;
    let none = rustix::fs::Mode::empty();
    let directory = rustix::fs::openat(proc, ".", flags | rustix::fs::OFlags::DIRECTORY, none);
    let Ok(entries) = directory.and_then(rustix::fs::Dir::new) else {
        return (0, 0);
    };
    let page = rustix::param::page_size() as u64;
    let (mut processes, mut resident) = (0, 0);
    for entry in entries.flatten() {
        let name = entry.file_name().to_bytes();
        if !name.iter().all(u8::is_ascii_digit) {
            continue;
        }
        processes += 1;
        let mut path = name.to_vec();
        path.extend_from_slice(b"/statm");
        let mut text = [0_u8; 128];
        let read = rustix::fs::openat(proc, path, flags, none)
            .and_then(|file| rustix::io::read(file, &mut text))
            .unwrap_or(0);
        // statm (proc(5)): size, resident, shared with files; the difference is the process's own.
        let text = String::from_utf8_lossy(&text[..read]).into_owned();
        let mut pages = text.split(' ').skip(1).filter_map(|pages| pages.parse::<u64>().ok());
        if let (Some(all), Some(shared)) = (pages.next(), pages.next()) {
            resident += all.saturating_sub(shared) * page;
        }
    }
    (processes, resident)
}
