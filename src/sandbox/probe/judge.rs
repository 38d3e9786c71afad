//! Decides about each call of a probed command: it goes on, fails, or the run ends at it.
#![allow(clippy::disallowed_methods)]

use std::collections::HashSet;
use std::os::fd::{AsFd as _, AsRawFd as _, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use rustix::fs::{Access, AtFlags, CWD};
use rustix::io::Errno;

use super::super::calls::{self, At, Does};
use super::super::memory::arguments;
use super::super::protocol::Limit;
use super::super::sys::{self, Waiting};
use super::census::Census;
use super::filter;
use super::others::{address_of, asks_only, socket};
use super::place::{Found, Last, Named, find, read_path};
use crate::base::escape;

/// More of a kind than this is not listed.
const LISTED: usize = 2_000;

/// What was seen so far.
#[derive(Debug, Default)]
pub(super) struct Judge {
    pub(super) scratch: PathBuf,
    /// Mounts that leave the machine; looking at them may wait for ever.
    masked: Vec<PathBuf>,
    /// The process all others of the run descend from.
    pub(super) guard: i32,
    pub(super) census: Census,
    own_command: Vec<String>,
    pub(super) executed: Vec<Vec<String>>,
    /// File names of the programs that could be started.
    pub(super) started: Vec<String>,
    pub(super) connected: Vec<String>,
    pub(super) denied: Vec<String>,
    seen: HashSet<String>,
    last_start: Option<(i32, Vec<String>)>,
}

/// What becomes of a call.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    GoOn,
    /// Done by the supervisor.
    Done,
    Fails(Errno),
    /// It fails, and the report says so.
    Refused(String, Errno),
    Connects(Option<String>, Errno),
    Starts {
        argv: Vec<String>,
        program: Option<String>,
    },
    /// The run ends here: it would change something.
    Stop(String),
    /// The run ends here: it has as many processes as it may.
    Crowded,
}

/// Why a run ends at a call.
#[derive(Debug)]
pub(super) enum Stopped {
    /// It would have done this.
    Change(String),
    Limit(Limit),
}

use Verdict::{Crowded, Done, Fails, GoOn, Refused, Stop};

impl Judge {
    pub(super) fn new(
        scratch: PathBuf,
        masked: Vec<PathBuf>,
        (guard, processes): (i32, u64),
        own_command: Vec<String>,
    ) -> Self {
        let census = Census::new(guard, processes);
        Self { scratch, masked, guard, census, own_command, ..Self::default() }
    }

    /// Answers one waiting call; where it is the last, returns why, and then it waits on.
    pub(super) fn next(&mut self, listener: BorrowedFd<'_>) -> Option<Stopped> {
        let waiting = sys::next_waiting(listener).ok()?;
        self.census.heard_of(waiting.pid);
        let verdict = self.verdict(&waiting);
        let errno = match &verdict {
            GoOn | Verdict::Starts { .. } => None,
            Done => Some(0),
            Fails(errno) | Refused(_, errno) | Verdict::Connects(_, errno) => {
                Some(errno.raw_os_error())
            }
            Stop(what) => return Some(Stopped::Change(what.clone())),
            Crowded => return Some(Stopped::Limit(Limit::Processes)),
        };
        if sys::answer(listener, waiting.id, errno).is_err() {
            return None;
        }
        match verdict {
            Refused(what, _) => note(&mut self.seen, &mut self.denied, what),
            Verdict::Connects(Some(to), _) => note(&mut self.seen, &mut self.connected, to),
            Verdict::Starts { argv, program } => self.starts(waiting.pid, argv, program),
            GoOn | Done | Fails(_) | Verdict::Connects(None, _) | Stop(_) | Crowded => {}
        }
        None
    }

    /// A search through `PATH` tries several files with one argument list: one start.
    fn starts(&mut self, pid: i32, argv: Vec<String>, program: Option<String>) {
        if argv == self.own_command {
            return;
        }
        if let Some(program) = program
            && self.started.len() < LISTED
            && !self.started.contains(&program)
        {
            self.started.push(program);
        }
        let again = self.last_start.as_ref().is_some_and(|last| last.0 == pid && last.1 == argv);
        if !again && !argv.is_empty() && self.executed.len() < LISTED {
            self.executed.push(argv.clone());
        }
        self.last_start = Some((pid, argv));
    }

    fn verdict(&mut self, call: &Waiting) -> Verdict {
        let Some(does) = calls::meaning(call.call) else {
            let name = filter::refused(call.call).unwrap_or("of a kind that is not known");
            return Refused(format!("system call {name}"), Errno::PERM);
        };
        let argument = |at: usize| call.arguments[at];
        match does {
            Does::Open(at, flags) => self.opens(call, at, flags),
            Does::Names(at, when, verb) => self.names(call, at, when, verb),
            Does::Moves(from, to, verb) => self.moves(call, from, to, verb),
            Does::Length(at) => self.length(call, at),
            Does::About(at, about) => self.about(call, at, about),
            Does::Process(process) => self.process(call, process),
            Does::Forks if self.census.admits(call) => GoOn,
            Does::Forks => Crowded,
            Does::Starts(at, list) => {
                let program = self.named(call, at, Last::Follow).ok().and_then(|named| {
                    let Found::Something { place, .. } = &named.found else { return None };
                    may(place, Access::EXEC_OK).ok()?;
                    Some(named.shown.file_name()?.to_string_lossy().into_owned())
                });
                Verdict::Starts { argv: arguments(call.pid, argument(list)), program }
            }
            Does::Socket => socket(argument(0), argument(1), argument(2), call.call),
            Does::Connect(address, length) => {
                let (to, errno) = address_of(call, address, length);
                Verdict::Connects(to, errno)
            }
            Does::Bind => self.binds(call),
            Does::Lock => self.locks(call),
            Does::Ioctl => self.ioctl(call),
            Does::Change(_) if !rustix::process::geteuid().is_root() => {
                let name = filter::refused(call.call).unwrap_or("refused");
                Refused(format!("system call {name}"), Errno::PERM)
            }
            Does::Change(what) => Stop(format!("would {what}")),
            Does::Shared(what) if asks_only(call) => {
                let _ = what;
                GoOn
            }
            Does::Shared(what) => Stop(format!("would use {what} that other programs see")),
        }
    }

    pub(super) fn named(&self, call: &Waiting, at: At, last: Last) -> Result<Named, Verdict> {
        let (from, path) = match at {
            At::Path(path) => (libc::AT_FDCWD, read_path(call.pid, call.arguments[path])),
            At::Below(from, path) => {
                let address = call.arguments[path];
                let text =
                    if address == 0 { Some(Vec::new()) } else { read_path(call.pid, address) };
                (call.arguments[from] as i32, text)
            }
            At::Descriptor(descriptor) => (call.arguments[descriptor] as i32, Some(Vec::new())),
        };
        let Some(path) = path else {
            return Err(Stop("would do something to a path that cannot be read".to_owned()));
        };
        let text = Path::new(std::ffi::OsStr::from_bytes(&path));
        if let Some(mount) = self.masked.iter().find(|mount| text.starts_with(mount)) {
            let what = format!("{}, which is on {}", shown(text), shown(mount));
            return Err(Refused(what, Errno::ACCESS));
        }
        Ok(find(call.pid, from, &path, last))
    }

    pub(super) fn inside(&self, real: &Path) -> bool {
        real.starts_with(&self.scratch)
    }
}

fn note(seen: &mut HashSet<String>, list: &mut Vec<String>, what: String) {
    if list.len() < LISTED && seen.insert(what.clone()) {
        list.push(what);
    }
}

pub(super) fn shown(path: &Path) -> String {
    escape::bytes(path.as_os_str().as_bytes())
}

pub(super) fn proc_path(place: &OwnedFd) -> String {
    format!("/proc/self/fd/{}", place.as_fd().as_raw_fd())
}

pub(super) fn may(place: &OwnedFd, access: Access) -> Result<(), Errno> {
    allowed(Path::new(&proc_path(place)), access)
}

pub(super) fn allowed(path: &Path, access: Access) -> Result<(), Errno> {
    rustix::fs::accessat(CWD, path, access, AtFlags::EACCESS)
}
