//! The first process of a run: mounts the tree, gives up its power, starts the payload, reaps.
#![allow(clippy::disallowed_methods)]

use std::ffi::CString;
use std::io::{Read as _, Write as _};
use std::os::fd::{AsFd as _, BorrowedFd, OwnedFd};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{Access, Mode as FileMode, OFlags};
use rustix::mount::{MountFlags, UnmountFlags, mount, mount_bind, mount_remount, unmount};
use rustix::net::SendFlags;
use rustix::process::{DumpableBehavior, Resource, Rlimit, Signal};
use rustix::thread::{CapabilitySet, CapabilitySets, Gid, Uid};

use super::assembly::{TREE, descriptor_path};
use super::exact::{self, Gate};
use super::filter::{self, Files, Reporting};
use super::ground::Ground;
use super::message::{send_descriptor, word};
use super::protocol::{Failure, Limits, Mode, RunAsk};
use super::sys::{self, Side};
use super::tree::Place;
use super::waiting::Orders;

/// Everything the first process needs to get ready.
pub(super) struct Birth<'a> {
    pub(super) ground: &'a Ground,
    /// Its [`Orders`] come here, until the end of the stream.
    pub(super) orders: std::fs::File,
    pub(super) talk: OwnedFd,
    pub(super) stdout: OwnedFd,
    pub(super) stderr: OwnedFd,
}

/// What the payload is made of.
struct Payload<'a> {
    ask: &'a RunAsk,
    environment: &'a [CString],
    files: Files,
    talk: BorrowedFd<'a>,
    stdout: BorrowedFd<'a>,
    stderr: BorrowedFd<'a>,
}

/// Runs as process 1 of a new pid, mount and ipc namespace; never returns.
pub(super) fn live(birth: Birth<'_>) -> ! {
    let Birth { ground, orders, talk, stdout, stderr } = birth;
    let begun = begin(ground, orders, (talk.as_fd(), stdout.as_fd(), stderr.as_fd()));
    let failure = match begun {
        Ok((payload, exact, background)) => reap(payload, talk.as_fd(), exact, background),
        Err(failure) => failure,
    };
    let mut message = vec![word::FAILED];
    message.extend(serde_json::to_vec(&failure).unwrap_or_default());
    let _ = rustix::net::send(&talk, &message, SendFlags::NOSIGNAL);
    sys::leave(1)
}

fn begin(
    ground: &Ground,
    mut orders: std::fs::File,
    (talk, stdout, stderr): (BorrowedFd<'_>, BorrowedFd<'_>, BorrowedFd<'_>),
) -> Result<(i32, bool, Duration), Failure> {
    die_with_parent()?;
    let root = Place::root(TREE).map_err(|error| Failure::of("opening the new root", error))?;
    let (proc, bounds) = process_views(&root)?;
    enter(&root)?;
    send_descriptor(talk, word::PROC, proc.as_fd())?;
    drop((root, proc));
    let mut text = Vec::new();
    orders.read_to_end(&mut text).map_err(|error| Failure::of("waiting for orders", error))?;
    drop(orders);
    if text.is_empty() {
        // The supervisor is gone.
        sys::leave(1);
    }
    let Orders { ask, environment, exact } = serde_json::from_slice(&text)
        .map_err(|error| Failure::of("reading the orders", std::io::Error::other(error)))?;
    let environment: Vec<CString> =
        environment.into_iter().filter_map(|pair| CString::new(pair.0).ok()).collect();
    bounds.set(ask.limits);
    // When memory runs out, the kernel takes these processes before the host's own.
    let _ = std::fs::write("/proc/self/oom_score_adj", "1000");
    rustix::thread::move_into_link_name_space(
        ground.inner.as_fd(),
        Some(rustix::thread::LinkNameSpaceType::User),
    )
    .map_err(|error| Failure::of("entering the inner user namespace", error))?;
    become_nobody_else(ground)?;
    // Changing who one is takes this back.
    die_with_parent()?;
    if is_alone(talk) {
        sys::leave(1);
    }
    let gate = exact.then(Gate::new).transpose()?;
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
            Ok((pid, exact, Duration::from_millis(ask.limits.background_ms)))
        }
        Side::Child => {
            if let Some(gate) = gate {
                gate.wait();
            }
            let files = match ground.mode {
                Mode::RootShifted | Mode::RootIdentity => Files::None,
                Mode::User => Files::Changed,
            };
            let payload =
                Payload { ask: &ask, environment: &environment, files, talk, stdout, stderr };
            let failure = payload.become_command();
            let text = format!(
                "blackstart: {}: {}\n",
                failure.doing,
                std::io::Error::from_raw_os_error(failure.errno)
            );
            let _ = rustix::io::write(stderr, text.as_bytes());
            sys::leave(if failure.errno == libc::ENOENT { 127 } else { 126 })
        }
    }
}

/// Bounds of the namespaces of a run, which only their first process may set.
struct Bounds {
    pid_max: Option<std::fs::File>,
    shared_pages: Option<std::fs::File>,
}

impl Bounds {
    fn set(self, limits: Limits) {
        let write = |file: Option<std::fs::File>, value: u64| {
            let _ = file.map(|mut file| file.write_all(value.to_string().as_bytes()));
        };
        // The kernel keeps the first 300 numbers back once it has been through all; RLIMIT_NPROC is
        // the exact limit, this one holds where that does not count (for root with the host's own ids).
        write(self.pid_max, limits.processes + 310);
        // Shared memory segments belong to no process, so no limit of a process counts them.
        write(self.shared_pages, limits.memory / rustix::param::page_size() as u64);
    }
}

/// Tells whether the supervisor died before this process asked to die with it.
fn is_alone(talk: BorrowedFd<'_>) -> bool {
    let mut polled = [PollFd::from_borrowed_fd(talk, PollFlags::IN)];
    let now = Timespec { tv_sec: 0, tv_nsec: 0 };
    let _ = poll(&mut polled, Some(&now));
    polled[0].revents().contains(PollFlags::HUP)
}

fn target_below(root: &Place, path: &std::path::Path) -> std::io::Result<OwnedFd> {
    root.descend(path)?.mount_target()
}

fn die_with_parent() -> Result<(), Failure> {
    rustix::process::set_parent_process_death_signal(Some(Signal::KILL))
        .map_err(|error| Failure::of("asking to die with the supervisor", error))
}

/// Mounts what belongs to the processes of this run alone; returns the new `/proc`, and where its
/// bounds are set, which is protected from here on.
fn process_views(root: &Place) -> Result<(OwnedFd, Bounds), Failure> {
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
    let late = |name: &str| {
        std::fs::OpenOptions::new().write(true).open(format!("{base}/sys/kernel/{name}")).ok()
    };
    // Before Linux 6.14 there is one such number for the whole machine, and root would change it.
    let own_numbers = super::availability::release_is_at_least(6, 14);
    let pid_max = own_numbers.then(|| late("pid_max")).flatten();
    let bounds = Bounds { pid_max, shared_pages: late("shmall") };
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
    Ok((proc, bounds))
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

impl Payload<'_> {
    /// Becomes the command; returns only on failure.
    fn become_command(&self) -> Failure {
        match self.prepare() {
            Ok(()) => self.run(),
            Err(failure) => failure,
        }
    }

    fn prepare(&self) -> Result<(), Failure> {
        let failed = |error: rustix::io::Errno| Failure::of("preparing the command", error);
        rustix::process::setsid().map_err(failed)?;
        let limits = &self.ask.limits;
        let bound = |resource, value| {
            rustix::process::setrlimit(
                resource,
                Rlimit { current: Some(value), maximum: Some(value) },
            )
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
        let null =
            rustix::fs::open("/dev/null", OFlags::RDONLY | OFlags::CLOEXEC, FileMode::empty())
                .map_err(failed)?;
        rustix::process::chdir(self.ask.cwd.path())
            .map_err(|error| Failure::of("entering the working directory", error))?;
        // Not even an ordinary user's supervisor may read the argument list of what is not dumpable; the
        // program that follows is dumpable in any case.
        dumpable(DumpableBehavior::Dumpable)?;
        rustix::thread::set_no_new_privs(true).map_err(failed)?;
        let pass = sys::unguessable();
        let program = filter::program(Reporting::On { pass, files: self.files });
        let refused = |error| Failure::of("installing the system call filter", error);
        match sys::install_listening_filter(&program) {
            Ok(listener) => sys::send_unseen(self.talk, pass, word::LISTENER, listener.as_fd())
                .map_err(|error| Failure::of("handing the listener to the supervisor", error))?,
            // Another filter with a listener is in place already (seccomp allows one).
            Err(_) => sys::install_filter(&filter::program(Reporting::Off)).map_err(refused)?,
        }
        let wire = |from: BorrowedFd<'_>, to| {
            sys::duplicate_to(from, to).map_err(|error| Failure::of("wiring the streams", error))
        };
        wire(null.as_fd(), 0)?;
        wire(self.stdout, 1)?;
        wire(self.stderr, 2)
    }

    fn run(&self) -> Failure {
        let arguments: Result<Vec<_>, _> =
            self.ask.argv.iter().map(|argument| CString::new(argument.0.clone())).collect();
        let Ok(arguments) = arguments else {
            return Failure::of(
                "reading the command",
                std::io::Error::from_raw_os_error(libc::EINVAL),
            );
        };
        let Some(program) = arguments.first() else {
            return Failure::of(
                "reading the command",
                std::io::Error::from_raw_os_error(libc::EINVAL),
            );
        };
        if let Err(error) = sys::close_from(3) {
            return Failure::of("closing descriptors", error);
        }
        let name = program.to_string_lossy().into_owned();
        let mut last = std::io::Error::from_raw_os_error(libc::ENOENT);
        for candidate in candidates(&name, self.environment) {
            // Each start is reported to the supervisor and waits for its answer.
            if rustix::fs::access(&candidate, Access::EXISTS) == Err(rustix::io::Errno::NOENT) {
                continue;
            }
            last = sys::execute(&candidate, &arguments, self.environment);
            if !matches!(last.raw_os_error(), Some(libc::ENOENT | libc::ENOTDIR)) {
                break;
            }
        }
        Failure::of(&format!("starting {name}"), last)
    }
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
fn reap(payload: i32, talk: BorrowedFd<'_>, exact: bool, background: Duration) -> ! {
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
    let (count, names) = match exact {
        // Who is traced waits for its tracer, which is at its end.
        true => running(),
        false => outlasting(background),
    };
    if count > 0 {
        let mut message = vec![word::OUTLASTED];
        message.extend(count.to_le_bytes());
        message.extend(names.join(&b'\n'));
        let _ = rustix::net::send(&talk, &message, SendFlags::empty());
    }
    sys::leave(0)
}

/// Waits for what the payload left behind; returns how many processes go on nevertheless, and names of some.
fn outlasting(grace: Duration) -> (u32, Vec<Vec<u8>>) {
    let until = Instant::now() + grace;
    let mut pause = Duration::from_millis(1);
    loop {
        match rustix::process::wait(rustix::process::WaitOptions::NOHANG) {
            Ok(Some(_)) => continue,
            Err(rustix::io::Errno::CHILD) => return (0, Vec::new()),
            Ok(None) | Err(_) => {}
        }
        if Instant::now() >= until {
            return running();
        }
        std::thread::sleep(pause);
        pause = (pause * 2).min(Duration::from_millis(50));
    }
}

/// Counts the processes of the run besides this one, and names some of them.
fn running() -> (u32, Vec<Vec<u8>>) {
    let (mut count, mut names) = (0, Vec::new());
    for entry in std::fs::read_dir("/proc").into_iter().flatten().flatten() {
        let name = entry.file_name();
        let number = name.to_str().and_then(|name| name.parse::<u32>().ok());
        if number.is_none_or(|number| number == 1) {
            continue;
        }
        // `number (name) state …`; what ended and was not asked for is no process any more.
        let stat = std::fs::read(entry.path().join("stat")).unwrap_or_default();
        let Some(end) = stat.iter().rposition(|byte| *byte == b')') else { continue };
        if matches!(stat.get(end + 2), None | Some(b'Z' | b'X')) {
            continue;
        }
        count += 1;
        let start = stat.iter().position(|byte| *byte == b'(').map_or(0, |at| at + 1);
        let name = stat.get(start..end).unwrap_or_default();
        if names.len() < NAMED && !names.iter().any(|one| one == name) {
            names.push(name.to_vec());
        }
    }
    (count, names)
}

/// More names than these are not told.
const NAMED: usize = 5;

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
