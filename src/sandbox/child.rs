//! The first process of a run: mounts the tree, gives up its power, starts the payload, reaps.
#![allow(clippy::disallowed_methods)]

use std::ffi::CString;
use std::io::IoSlice;
use std::mem::MaybeUninit;
use std::os::fd::{AsFd as _, BorrowedFd, OwnedFd};

use rustix::fs::{Access, Mode as FileMode, OFlags};
use rustix::mount::{MountFlags, UnmountFlags, mount, mount_bind, mount_remount, unmount};
use rustix::net::{SendAncillaryBuffer, SendAncillaryMessage, SendFlags};
use rustix::process::{DumpableBehavior, Resource, Rlimit, Signal};
use rustix::thread::{CapabilitySet, CapabilitySets, Gid, Uid};

use super::assembly::{TREE, descriptor_path};
use super::exact::{self, Gate};
use super::filter::{self, Reporting};
use super::ground::Ground;
use super::protocol::{Failure, Mode, RunAsk};
use super::sys::{self, Side};
use super::tree::Place;

/// What the first process says to the supervisor, one message each.
pub(super) mod word {
    /// Carries the directory of the new `/proc`.
    pub(crate) const PROC: u8 = b'p';
    /// Carries the descriptor that reports programs and connections.
    pub(crate) const LISTENER: u8 = b'l';
    /// The payload ended: followed by the code, or by the signal as a negative number (i32).
    pub(crate) const ENDED: u8 = b'e';
    /// A traced process became another program: followed by its number inside (i32).
    pub(crate) const STARTED: u8 = b's';
    /// A traced process ended: followed by what [`super::exact::Gone`] reads.
    pub(crate) const GONE: u8 = b'x';
    /// It failed before the payload: followed by JSON.
    pub(crate) const FAILED: u8 = b'f';
}

/// Everything the first process needs.
pub(super) struct Birth<'a> {
    pub(super) ground: &'a Ground,
    pub(super) ask: &'a RunAsk,
    /// Whether the end of every process is followed.
    pub(super) exact: bool,
    pub(super) environment: &'a [CString],
    pub(super) talk: OwnedFd,
    pub(super) stdout: OwnedFd,
    pub(super) stderr: OwnedFd,
}

/// Runs as process 1 of a new pid, mount and ipc namespace; never returns.
pub(super) fn live(birth: Birth<'_>) -> ! {
    let talk = birth.talk.as_fd();
    let failure = match begin(&birth, talk) {
        Ok(payload) => reap(payload, talk, birth.exact),
        Err(failure) => failure,
    };
    let mut message = vec![word::FAILED];
    message.extend(serde_json::to_vec(&failure).unwrap_or_default());
    let _ = rustix::net::send(talk, &message, SendFlags::empty());
    sys::leave(1)
}

fn begin(birth: &Birth<'_>, talk: BorrowedFd<'_>) -> Result<i32, Failure> {
    die_with_parent()?;
    let root = Place::root(TREE).map_err(|error| Failure::of("opening the new root", error))?;
    let proc = process_views(birth, &root)?;
    enter(&root)?;
    send_descriptor(talk, word::PROC, proc.as_fd())?;
    drop((root, proc));
    rustix::thread::move_into_link_name_space(
        birth.ground.inner.as_fd(),
        Some(rustix::thread::LinkNameSpaceType::User),
    )
    .map_err(|error| Failure::of("entering the inner user namespace", error))?;
    // When memory runs out, the kernel takes these processes before the host's own.
    let _ = std::fs::write("/proc/self/oom_score_adj", "1000");
    become_nobody_else(birth.ground)?;
    die_with_parent()?;
    let gate = birth.exact.then(Gate::new).transpose()?;
    if gate.is_some() {
        // Only what may be dumped may be traced; the command's process is a copy of this one.
        dumpable(DumpableBehavior::Dumpable)?;
    }
    match sys::clone_process(0).map_err(|error| Failure::of("starting a process", error))? {
        Side::Parent(pid) => {
            if let Some(gate) = gate {
                gate.open(pid)?;
                dumpable(DumpableBehavior::NotDumpable)?;
            }
            Ok(pid)
        }
        Side::Child => {
            if let Some(gate) = gate {
                gate.wait();
            }
            let failure = payload(birth, talk);
            let text = format!(
                "blackstart: {}: {}\n",
                failure.doing,
                std::io::Error::from_raw_os_error(failure.errno)
            );
            let _ = rustix::io::write(&birth.stderr, text.as_bytes());
            sys::leave(if failure.errno == libc::ENOENT { 127 } else { 126 })
        }
    }
}

fn target_below(root: &Place, path: &std::path::Path) -> std::io::Result<OwnedFd> {
    root.descend(path)?.mount_target()
}

fn die_with_parent() -> Result<(), Failure> {
    rustix::process::set_parent_process_death_signal(Some(Signal::KILL))
        .map_err(|error| Failure::of("asking to die with the supervisor", error))
}

/// Mounts what belongs to the processes of this run alone; returns the new `/proc`.
fn process_views(birth: &Birth<'_>, root: &Place) -> Result<OwnedFd, Failure> {
    let quiet = MountFlags::NOSUID | MountFlags::NODEV | MountFlags::NOEXEC;
    if let Ok(terminals) = target_below(root, std::path::Path::new("/dev/pts")) {
        let flags = MountFlags::NOSUID | MountFlags::NOEXEC;
        let options = c"newinstance,ptmxmode=0666,mode=620";
        mount("devpts", descriptor_path(&terminals), "devpts", flags, Some(options))
            .map_err(|error| Failure::of("making /dev/pts", error))?;
    }
    let proc = target_below(root, std::path::Path::new("/proc"))
        .map_err(|error| Failure::of("looking for /proc", error))?;
    mount("proc", descriptor_path(&proc), "proc", quiet, None)
        .map_err(|error| Failure::of("mounting /proc", error))?;
    let proc = root
        .child(b"proc")
        .and_then(|proc| Ok(proc.open(OFlags::RDONLY | OFlags::DIRECTORY)?))
        .map_err(|error| Failure::of("opening /proc", error))?;
    let base = descriptor_path(&proc);
    // The kernel keeps the first 300 numbers back once it has been through all; RLIMIT_NPROC is the
    // exact limit, this one holds where that does not count (for root with the host's own ids).
    let processes = birth.ask.limits.processes + 310;
    // Before Linux 6.14 there is one such number for the whole machine, and root would change it.
    if super::availability::release_is_at_least(6, 14) {
        let _ = std::fs::write(format!("{base}/sys/kernel/pid_max"), processes.to_string());
    }
    // Shared memory segments belong to no process, so no limit of a process counts them.
    let pages = birth.ask.limits.memory / rustix::param::page_size() as u64;
    let _ = std::fs::write(format!("{base}/sys/kernel/shmall"), pages.to_string());
    for name in ["sys", "irq", "bus", "fs"] {
        let place = std::fs::read_link(&base).map(|base| base.join(name));
        let Ok(place) = place else { continue };
        if place.is_dir() {
            mount_bind(&place, &place)
                .and_then(|()| {
                    mount_remount(&place, MountFlags::BIND | MountFlags::RDONLY | quiet, c"")
                })
                .map_err(|error| Failure::of(&format!("protecting /proc/{name}"), error))?;
        }
    }
    for name in
        ["sysrq-trigger", "kcore", "keys", "key-users", "kmsg", "timer_list", "latency_stats"]
    {
        let place = format!("{base}/{name}");
        if std::path::Path::new(&place).exists() {
            mount_bind("/dev/null", place)
                .map_err(|error| Failure::of(&format!("masking /proc/{name}"), error))?;
        }
    }
    Ok(proc)
}

/// Makes the new tree the root and lets go of the old one.
fn enter(root: &Place) -> Result<(), Failure> {
    let failed = |error: rustix::io::Errno| Failure::of("entering the new root", error);
    let directory = root.open(OFlags::RDONLY | OFlags::DIRECTORY).map_err(failed)?;
    rustix::process::fchdir(directory).map_err(failed)?;
    rustix::process::pivot_root(".", ".").map_err(failed)?;
    unmount(".", UnmountFlags::DETACH).map_err(failed)?;
    rustix::process::chdir("/").map_err(failed)
}

/// Keeps only the power over files and processes of this sandbox.
fn become_nobody_else(ground: &Ground) -> Result<(), Failure> {
    let failed = |error: rustix::io::Errno| Failure::of("giving up privileges", error);
    let keep = match ground.mode {
        Mode::RootShifted | Mode::RootIdentity => {
            rustix::thread::set_thread_groups(&[]).map_err(failed)?;
            rustix::thread::set_thread_res_gid(Gid::ROOT, Gid::ROOT, Gid::ROOT).map_err(failed)?;
            rustix::thread::set_thread_res_uid(Uid::ROOT, Uid::ROOT, Uid::ROOT).map_err(failed)?;
            CapabilitySet::CHOWN
                | CapabilitySet::DAC_OVERRIDE
                | CapabilitySet::FOWNER
                | CapabilitySet::FSETID
                | CapabilitySet::KILL
                | CapabilitySet::SETGID
                | CapabilitySet::SETUID
                | CapabilitySet::NET_BIND_SERVICE
                | CapabilitySet::SYS_CHROOT
        }
        Mode::User => CapabilitySet::empty(),
    };
    for capability in CapabilitySet::all().iter() {
        if !keep.contains(capability) {
            // The kernel may know fewer capabilities than this program.
            let _ = rustix::thread::remove_capability_from_bounding_set(capability);
        }
    }
    let sets =
        CapabilitySets { effective: keep, permitted: keep, inheritable: CapabilitySet::empty() };
    rustix::thread::set_capabilities(None, sets).map_err(failed)?;
    dumpable(DumpableBehavior::NotDumpable)
}

fn dumpable(how: DumpableBehavior) -> Result<(), Failure> {
    rustix::process::set_dumpable_behavior(how)
        .map_err(|error| Failure::of("hiding the first process", error))
}

pub(super) fn send_descriptor(
    talk: BorrowedFd<'_>,
    word: u8,
    descriptor: BorrowedFd<'_>,
) -> Result<(), Failure> {
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
    let mut control = SendAncillaryBuffer::new(&mut space);
    let descriptors = [descriptor];
    control.push(SendAncillaryMessage::ScmRights(&descriptors));
    rustix::net::sendmsg(talk, &[IoSlice::new(&[word])], &mut control, SendFlags::empty())
        .map(drop)
        .map_err(|error| Failure::of("handing a descriptor to the supervisor", error))
}

/// Becomes the command; returns only on failure.
fn payload(birth: &Birth<'_>, talk: BorrowedFd<'_>) -> Failure {
    match prepare(birth, talk) {
        Ok(()) => run(birth),
        Err(failure) => failure,
    }
}

fn prepare(birth: &Birth<'_>, talk: BorrowedFd<'_>) -> Result<(), Failure> {
    let failed = |error: rustix::io::Errno| Failure::of("preparing the command", error);
    rustix::process::setsid().map_err(failed)?;
    let limits = &birth.ask.limits;
    let bound = |resource, value| {
        rustix::process::setrlimit(resource, Rlimit { current: Some(value), maximum: Some(value) })
    };
    bound(Resource::Nproc, limits.processes).map_err(failed)?;
    bound(Resource::Data, limits.memory).map_err(failed)?;
    // 0 would still start the host's crash handler where there is one; 1 is the kernel's word for
    // "not even that" (fs/coredump.c).
    bound(Resource::Core, 1).map_err(failed)?;
    // The supervisor adds up all processes and is there first; this holds where they escape its look.
    let seconds = limits.cpu_ms().div_ceil(1_000).saturating_add(1);
    let times = Rlimit { current: Some(seconds), maximum: Some(seconds + 1) };
    rustix::process::setrlimit(Resource::Cpu, times).map_err(failed)?;
    rustix::process::umask(FileMode::from_raw_mode(0o022));
    sys::restore_signals();
    let null = rustix::fs::open("/dev/null", OFlags::RDONLY | OFlags::CLOEXEC, FileMode::empty())
        .map_err(failed)?;
    rustix::process::chdir(birth.ask.cwd.path())
        .map_err(|error| Failure::of("entering the working directory", error))?;
    // Not even an ordinary user's supervisor may read the argument list of what is not dumpable; the
    // program that follows is dumpable in any case.
    rustix::process::set_dumpable_behavior(rustix::process::DumpableBehavior::Dumpable)
        .map_err(failed)?;
    rustix::thread::set_no_new_privs(true).map_err(failed)?;
    let pass = sys::unguessable();
    let program = filter::program(Reporting::On { pass });
    let refused = |error| Failure::of("installing the system call filter", error);
    match sys::install_listening_filter(&program) {
        Ok(listener) => sys::send_unseen(talk, pass, word::LISTENER, listener.as_fd())
            .map_err(|error| Failure::of("handing the listener to the supervisor", error))?,
        // Another filter with a listener is in place already (seccomp allows one).
        Err(_) => sys::install_filter(&filter::program(Reporting::Off)).map_err(refused)?,
    }
    let wire = |from: BorrowedFd<'_>, to| {
        sys::duplicate_to(from, to).map_err(|error| Failure::of("wiring the streams", error))
    };
    wire(null.as_fd(), 0)?;
    wire(birth.stdout.as_fd(), 1)?;
    wire(birth.stderr.as_fd(), 2)
}

fn run(birth: &Birth<'_>) -> Failure {
    let arguments: Result<Vec<_>, _> =
        birth.ask.argv.iter().map(|argument| CString::new(argument.0.clone())).collect();
    let Ok(arguments) = arguments else {
        return Failure::of("reading the command", std::io::Error::from_raw_os_error(libc::EINVAL));
    };
    let Some(program) = arguments.first() else {
        return Failure::of("reading the command", std::io::Error::from_raw_os_error(libc::EINVAL));
    };
    if let Err(error) = sys::close_from(3) {
        return Failure::of("closing descriptors", error);
    }
    let name = program.to_string_lossy().into_owned();
    let mut last = std::io::Error::from_raw_os_error(libc::ENOENT);
    for candidate in candidates(&name, birth.environment) {
        // Each start is reported to the supervisor and waits for its answer.
        if rustix::fs::access(&candidate, Access::EXISTS) == Err(rustix::io::Errno::NOENT) {
            continue;
        }
        last = sys::execute(&candidate, &arguments, birth.environment);
        if !matches!(last.raw_os_error(), Some(libc::ENOENT | libc::ENOTDIR)) {
            break;
        }
    }
    Failure::of(&format!("starting {name}"), last)
}

pub(super) fn candidates(name: &str, environment: &[CString]) -> Vec<CString> {
    let search = environment.iter().find_map(|pair| pair.to_str().ok()?.strip_prefix("PATH="));
    let paths: Vec<String> = if name.contains('/') {
        vec![name.to_owned()]
    } else {
        search
            .unwrap_or_default()
            .split(':')
            .map(|directory| format!("{directory}/{name}"))
            .collect()
    };
    paths.into_iter().filter_map(|path| CString::new(path).ok()).collect()
}

/// Reaps until the payload ends, says how, and takes everything else with it.
fn reap(payload: i32, talk: BorrowedFd<'_>, exact: bool) -> ! {
    // Nothing but the conversation with the supervisor may stay open here: a pipe held by this
    // process would outlive the payload.
    let moved = sys::duplicate_to(talk, 0).and_then(|()| sys::close_from(1));
    if moved.is_err() {
        sys::leave(1);
    }
    let talk = sys::adopt(0);
    let ended =
        if exact { exact::until_ended(payload, talk.as_fd()) } else { until_ended(payload) };
    let Some(ended) = ended else { sys::leave(1) };
    let mut message = vec![word::ENDED];
    message.extend(ended.to_le_bytes());
    let _ = rustix::net::send(&talk, &message, SendFlags::empty());
    sys::leave(0)
}

/// Reaps; returns the payload's exit code, or its signal as a negative number.
fn until_ended(payload: i32) -> Option<i32> {
    loop {
        match rustix::process::wait(rustix::process::WaitOptions::empty()) {
            Ok(Some((pid, status))) if pid.as_raw_nonzero().get() == payload => {
                let signal = || status.terminating_signal().map(|signal| -signal);
                return status.exit_status().or_else(signal).or(Some(1));
            }
            Ok(_) | Err(rustix::io::Errno::INTR) => {}
            Err(_) => return None,
        }
    }
}
