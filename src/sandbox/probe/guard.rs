//! The process that starts a probed command, and ends whatever descends from it.
#![allow(clippy::disallowed_methods)]

use std::ffi::CString;
use std::os::fd::{AsFd as _, BorrowedFd, OwnedFd};
use std::path::Path;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;
use rustix::net::SendFlags;
use rustix::process::{Pid, PidfdFlags, Resource, Rlimit, Signal, WaitOptions};
use rustix::thread::{CapabilitySet, CapabilitySets};

use super::super::child;
use super::super::message::{send_descriptor, word};
use super::super::protocol::{Failure, RunAsk};
use super::super::sys::{self, Side};
use super::wall::Wall;
use super::{family, filter, scratch};

/// To the supervisor: the version of the kernel's Landlock follows, one byte.
pub(super) const VERSION: u8 = b'v';

/// How often orphans that ended are taken in.
const REAP: Timespec = Timespec { tv_sec: 0, tv_nsec: 100_000_000 };

/// Everything the guard needs.
#[derive(Debug)]
pub(super) struct Birth<'a> {
    pub(super) ask: &'a RunAsk,
    pub(super) environment: &'a [CString],
    pub(super) scratch: &'a Path,
    /// The script's place in the scratch directory, or the command as it is.
    pub(super) argv: Vec<CString>,
    pub(super) talk: OwnedFd,
    pub(super) stdout: OwnedFd,
    pub(super) stderr: OwnedFd,
}

/// Runs the command and stays until nothing of it is left; never returns. When the supervisor
/// closes its end, or is gone, everything ends.
pub(super) fn live(birth: Birth<'_>) -> ! {
    let scratch = birth.scratch.to_owned();
    let begun = begin(&birth);
    let Birth { talk, stdout, stderr, .. } = birth;
    drop((stdout, stderr));
    match begun {
        Ok(payload) => wait(payload, &talk),
        Err(failure) => {
            let mut message = vec![word::FAILED];
            message.extend(serde_json::to_vec(&failure).unwrap_or_default());
            let _ = rustix::net::send(&talk, &message, SendFlags::NOSIGNAL);
        }
    }
    let ended = family::end_all();
    // The supervisor does so too, if it lives: which of the two is killed when is nobody's choice.
    scratch::remove(&scratch);
    sys::leave(if ended { 0 } else { 1 })
}

fn begin(birth: &Birth<'_>) -> Result<Pid, Failure> {
    let failed = |error: Errno| Failure::of("preparing the guard", error);
    // A signal for the terminal's foreground processes does not end the one that cleans up.
    rustix::process::setsid().map_err(failed)?;
    let own = rustix::process::getpid();
    rustix::process::set_child_subreaper(Some(own)).map_err(failed)?;
    match sys::clone_process(0).map_err(|error| Failure::of("starting a process", error))? {
        Side::Parent(pid) => Pid::from_raw(pid)
            .ok_or_else(|| Failure::of("starting a process", std::io::Error::other("no id"))),
        Side::Child => {
            let talk = birth.talk.as_fd();
            let failure = match prepare(birth, talk) {
                Ok(()) => execute(&birth.argv, birth.environment),
                Err(failure) => failure,
            };
            let mut message = vec![word::FAILED];
            message.extend(serde_json::to_vec(&failure).unwrap_or_default());
            // A program that cannot be started said so on its standard error, as a shell does.
            let _ = rustix::net::send(talk, &message, SendFlags::NOSIGNAL);
            sys::leave(if failure.errno == libc::ENOENT { 127 } else { 126 })
        }
    }
}

fn prepare(birth: &Birth<'_>, talk: BorrowedFd<'_>) -> Result<(), Failure> {
    let failed = |error: Errno| Failure::of("preparing the command", error);
    rustix::process::set_parent_process_death_signal(Some(Signal::KILL)).map_err(failed)?;
    rustix::process::setsid().map_err(failed)?;
    let limits = &birth.ask.limits;
    let bound = |resource, value| {
        rustix::process::setrlimit(resource, Rlimit { current: Some(value), maximum: Some(value) })
    };
    bound(Resource::Data, limits.memory).map_err(failed)?;
    bound(Resource::Fsize, scratch::BYTES).map_err(failed)?;
    bound(Resource::Core, 0).map_err(failed)?;
    rustix::process::umask(Mode::from_raw_mode(0o022));
    sys::restore_signals();
    let _ = std::fs::write("/proc/self/oom_score_adj", "1000");
    let null = rustix::fs::open("/dev/null", OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty())
        .map_err(failed)?;
    rustix::process::chdir(birth.ask.cwd.path())
        .map_err(|error| Failure::of("entering the working directory", error))?;
    let wall = Wall::around(birth.scratch)?;
    keep_little_power()?;
    rustix::thread::set_no_new_privs(true).map_err(failed)?;
    let version = wall.hold()?;
    let listener = sys::install_listening_filter(&filter::program())
        .map_err(|error| Failure::of("installing the system call filter", error))?;
    send_descriptor(talk, word::LISTENER, listener.as_fd())?;
    let _ = rustix::net::send(talk, &[VERSION, version as u8], SendFlags::NOSIGNAL);
    let wire = |from: BorrowedFd<'_>, to| {
        sys::duplicate_to(from, to).map_err(|error| Failure::of("wiring the streams", error))
    };
    wire(null.as_fd(), 0)?;
    wire(birth.stdout.as_fd(), 1)?;
    wire(birth.stderr.as_fd(), 2)
}

/// Becomes the program, looked up in the environment's `PATH`; returns only on failure.
fn execute(arguments: &[CString], environment: &[CString]) -> Failure {
    let Some(program) = arguments.first() else {
        return Failure::of("reading the command", std::io::Error::from_raw_os_error(libc::EINVAL));
    };
    if let Err(error) = sys::close_from(3) {
        return Failure::of("closing descriptors", error);
    }
    let name = program.to_string_lossy().into_owned();
    let mut last = std::io::Error::from_raw_os_error(libc::ENOENT);
    for candidate in child::candidates(&name, environment) {
        last = sys::execute(&candidate, arguments, environment);
        if !matches!(last.raw_os_error(), Some(libc::ENOENT | libc::ENOTDIR)) {
            break;
        }
    }
    let failure = Failure::of(&format!("starting {name}"), last);
    let said = std::io::Error::from_raw_os_error(failure.errno);
    let text = format!("blackstart: {}: {said}\n", failure.doing);
    let _ = rustix::io::write(rustix::stdio::stderr(), text.as_bytes());
    failure
}

/// What root needs to read everything, to become somebody else and to end its own processes.
fn keep_little_power() -> Result<(), Failure> {
    let failed = |error: Errno| Failure::of("giving up privileges", error);
    let keep = CapabilitySet::DAC_OVERRIDE
        | CapabilitySet::DAC_READ_SEARCH
        | CapabilitySet::KILL
        | CapabilitySet::SETGID
        | CapabilitySet::SETUID;
    let had = rustix::thread::capabilities(None).map_err(failed)?;
    for capability in CapabilitySet::all().iter() {
        if !keep.contains(capability) {
            // The kernel may know fewer capabilities, and only root may take one away for good.
            let _ = rustix::thread::remove_capability_from_bounding_set(capability);
        }
    }
    let sets = CapabilitySets {
        effective: had.effective & keep,
        permitted: had.permitted & keep,
        inheritable: CapabilitySet::empty(),
    };
    rustix::thread::set_capabilities(None, sets).map_err(failed)
}

/// Waits for the command, and says how it ended; or until the supervisor is gone or wants an end.
fn wait(payload: Pid, talk: &OwnedFd) {
    let Ok(life) = rustix::process::pidfd_open(payload, PidfdFlags::empty()) else {
        return;
    };
    loop {
        let mut polled = [PollFd::new(&life, PollFlags::IN), PollFd::new(talk, PollFlags::empty())];
        let _ = poll(&mut polled, Some(&REAP));
        if polled[1].revents().intersects(PollFlags::HUP | PollFlags::ERR) {
            return;
        }
        let gone = polled[0].revents().contains(PollFlags::IN);
        while let Ok(Some((pid, status))) = rustix::process::wait(WaitOptions::NOHANG) {
            if pid == payload {
                let ended = status
                    .exit_status()
                    .or_else(|| status.terminating_signal().map(|signal| -signal))
                    .unwrap_or(1);
                let mut message = vec![word::ENDED];
                message.extend(ended.to_le_bytes());
                let _ = rustix::net::send(talk, &message, SendFlags::NOSIGNAL);
                return;
            }
        }
        if gone {
            return;
        }
    }
}
