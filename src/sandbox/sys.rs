//! The system calls that no safe library offers, each behind a small safe function.
#![allow(unsafe_code)]

use std::ffi::{CStr, CString};
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::os::fd::{AsRawFd as _, BorrowedFd, FromRawFd as _, OwnedFd, RawFd};

/// One instruction of a classic BPF program.
pub(super) type Instruction = libc::sock_filter;

/// Which side of a [`clone_process`] runs.
#[derive(Debug)]
pub(super) enum Side {
    Parent(i32),
    Child,
}

fn checked(result: libc::c_long) -> io::Result<libc::c_long> {
    if result < 0 { Err(io::Error::last_os_error()) } else { Ok(result) }
}

/// Forks, with the namespaces of `flags` (`CLONE_NEW*`) made for the child.
///
/// Sound only in a process with one thread: the child continues with a copy of the memory.
pub(super) fn clone_process(flags: i32) -> io::Result<Side> {
    let flags = libc::c_long::from(flags | libc::SIGCHLD);
    // SAFETY: no stack and no pointers are passed, so this is fork(2); the sandbox's supervisor has one thread.
    let pid = checked(unsafe { libc::syscall(libc::SYS_clone, flags, 0, 0, 0, 0) })?;
    Ok(match i32::try_from(pid) {
        Ok(0) => Side::Child,
        Ok(pid) => Side::Parent(pid),
        Err(_) => return Err(io::Error::from_raw_os_error(libc::EOVERFLOW)),
    })
}

/// Moves the calling process into new namespaces.
pub(super) fn unshare(flags: i32) -> io::Result<()> {
    // SAFETY: only CLONE_NEW* flags are used here; they touch no memory and no descriptor.
    checked(unsafe { libc::unshare(flags) }.into()).map(drop)
}

/// Maps the owners of a detached mount through a user namespace (mount_setattr(2)).
pub(super) fn map_owners(mount: BorrowedFd<'_>, namespace: BorrowedFd<'_>) -> io::Result<()> {
    const MOUNT_ATTR_IDMAP: u64 = 0x0010_0000;
    // struct mount_attr: attr_set, attr_clr, propagation, userns_fd.
    let attributes = [MOUNT_ATTR_IDMAP, 0, 0, namespace.as_raw_fd() as u64];
    // SAFETY: the path is a NUL-terminated literal and `attributes` outlives the call, with its true size.
    checked(unsafe {
        libc::syscall(
            libc::SYS_mount_setattr,
            mount.as_raw_fd(),
            c"".as_ptr(),
            libc::AT_EMPTY_PATH,
            attributes.as_ptr(),
            size_of_val(&attributes),
        )
    })
    .map(drop)
}

/// A mount on which nothing changes (mount_setattr(2)).
pub(super) const READ_ONLY: u64 = 0x1;
/// A mount on which a set-user-id bit means nothing.
pub(super) const NO_SETUID: u64 = 0x2;
/// A mount on which devices cannot be opened.
pub(super) const NO_DEVICES: u64 = 0x4;

/// Adds restrictions (of those above) to a mount and takes none away (mount_setattr(2)).
pub(super) fn restrict_mount(place: &CStr, restrictions: u64) -> io::Result<()> {
    let attributes = [restrictions, 0, 0, 0];
    // SAFETY: the path is NUL-terminated and `attributes` outlives the call, with its true size.
    checked(unsafe {
        libc::syscall(
            libc::SYS_mount_setattr,
            libc::AT_FDCWD,
            place.as_ptr(),
            0,
            attributes.as_ptr(),
            size_of_val(&attributes),
        )
    })
    .map(drop)
}

/// Closes every descriptor from `first` on.
pub(super) fn close_from(first: u32) -> io::Result<()> {
    // SAFETY: called right before exec or in pid 1 of a sandbox, where no owner of those descriptors runs again.
    checked(unsafe { libc::syscall(libc::SYS_close_range, first, u32::MAX, 0) }).map(drop)
}

/// Makes `from` appear as the descriptor `to`, inheritable.
pub(super) fn duplicate_to(from: BorrowedFd<'_>, to: RawFd) -> io::Result<()> {
    if from.as_raw_fd() == to {
        // SAFETY: F_SETFD takes an integer.
        return checked(unsafe { libc::fcntl(to, libc::F_SETFD, 0) }.into()).map(drop);
    }
    // SAFETY: dup2 takes integers; the callers replace only descriptors of their own process image.
    checked(unsafe { libc::dup2(from.as_raw_fd(), to) }.into()).map(drop)
}

/// Takes ownership of a descriptor that this process received by number.
pub(super) fn adopt(descriptor: RawFd) -> OwnedFd {
    // SAFETY: called once per number, right after the number was made by `duplicate_to`.
    unsafe { OwnedFd::from_raw_fd(descriptor) }
}

/// Gives every signal its default action and blocks none: what the caller ignores or blocks, a
/// command would inherit.
pub(super) fn restore_signals() {
    for signal in 1..=libc::SIGRTMAX() {
        // SAFETY: SIG_DFL installs no handler code; SIGKILL and SIGSTOP are refused with an error.
        unsafe { libc::signal(signal, libc::SIG_DFL) };
    }
    // SAFETY: the set is plain data, made empty before it is read, and outlives both calls.
    unsafe {
        let mut none: libc::sigset_t = std::mem::zeroed();
        libc::sigemptyset(&raw mut none);
        libc::sigprocmask(libc::SIG_SETMASK, &raw const none, std::ptr::null_mut());
    }
}

/// Lets this process hear of the end of its children, whatever its caller ignores.
pub(super) fn hear_of_children() {
    // SAFETY: SIG_DFL installs no handler code.
    unsafe { libc::signal(libc::SIGCHLD, libc::SIG_DFL) };
}

/// Replaces the process image; returns only on failure.
pub(super) fn execute(program: &CStr, arguments: &[CString], environment: &[CString]) -> io::Error {
    let list = |strings: &[CString]| -> Vec<*const libc::c_char> {
        let mut pointers: Vec<_> = strings.iter().map(|string| string.as_ptr()).collect();
        pointers.push(std::ptr::null());
        pointers
    };
    let (arguments, environment) = (list(arguments), list(environment));
    // SAFETY: both lists end with a null pointer and point into strings that outlive the call.
    unsafe { libc::execve(program.as_ptr(), arguments.as_ptr(), environment.as_ptr()) };
    io::Error::last_os_error()
}

/// Ends the process at once, without destructors or buffers.
pub(super) fn leave(code: i32) -> ! {
    // SAFETY: _exit does not return and runs no code of this process.
    unsafe { libc::_exit(code) }
}

/// Brings the loopback interface of the current network namespace up.
pub(super) fn loopback_up() -> io::Result<()> {
    // SAFETY: `request` is a plain C structure for which all zeros is valid, and outlives the calls.
    unsafe {
        let socket =
            checked(libc::socket(libc::AF_INET, libc::SOCK_DGRAM | libc::SOCK_CLOEXEC, 0).into())?;
        let socket = OwnedFd::from_raw_fd(socket as RawFd);
        let mut request: libc::ifreq = std::mem::zeroed();
        request.ifr_name[0] = b'l' as libc::c_char;
        request.ifr_name[1] = b'o' as libc::c_char;
        request.ifr_ifru.ifru_flags = libc::IFF_UP as libc::c_short;
        checked(libc::ioctl(socket.as_raw_fd(), libc::SIOCSIFFLAGS, &raw const request).into())
            .map(drop)
    }
}

/// Gives the loopback interface one more address, of its own and without a network around it.
pub(super) fn add_loopback_address(address: IpAddr, index: usize) -> io::Result<()> {
    match address {
        IpAddr::V4(address) => add_loopback_v4(address, index),
        IpAddr::V6(address) => add_loopback_v6(address),
    }
}

fn datagram_socket(family: i32) -> io::Result<OwnedFd> {
    // SAFETY: socket takes integers, and the kernel just made the descriptor for us.
    unsafe {
        let socket =
            checked(libc::socket(family, libc::SOCK_DGRAM | libc::SOCK_CLOEXEC, 0).into())?;
        Ok(OwnedFd::from_raw_fd(socket as RawFd))
    }
}

fn add_loopback_v4(address: Ipv4Addr, index: usize) -> io::Result<()> {
    let socket = datagram_socket(libc::AF_INET)?;
    let set = |request: libc::Ioctl, address: u32| {
        // SAFETY: `asked` is a plain C structure for which all zeros is valid, and outlives the call;
        // `sockaddr_in` is one of the address structures that `sockaddr` stands for, of its size.
        checked(unsafe {
            let mut asked: libc::ifreq = std::mem::zeroed();
            for (to, from) in asked.ifr_name.iter_mut().zip(format!("lo:{index}").bytes()) {
                *to = from as libc::c_char;
            }
            let mut at: libc::sockaddr_in = std::mem::zeroed();
            at.sin_family = libc::AF_INET as libc::sa_family_t;
            at.sin_addr.s_addr = address.to_be();
            asked.ifr_ifru.ifru_addr = std::mem::transmute::<libc::sockaddr_in, libc::sockaddr>(at);
            libc::ioctl(socket.as_raw_fd(), request, &raw const asked).into()
        })
    };
    set(libc::SIOCSIFADDR, address.into())?;
    // The kernel took the whole network of the address's class for the loopback.
    set(libc::SIOCSIFNETMASK, u32::MAX).map(drop)
}

fn add_loopback_v6(address: Ipv6Addr) -> io::Result<()> {
    /// `struct in6_ifreq` of `linux/ipv6.h`.
    #[repr(C)]
    struct Asked {
        address: [u8; 16],
        prefix: u32,
        interface: i32,
    }
    let socket = datagram_socket(libc::AF_INET6)?;
    // The loopback is the first interface of every network namespace.
    let asked = Asked { address: address.octets(), prefix: 128, interface: 1 };
    // SAFETY: the kernel only reads the structure, which outlives the call.
    checked(unsafe { libc::ioctl(socket.as_raw_fd(), libc::SIOCSIFADDR, &raw const asked) }.into())
        .map(drop)
}

/// Tells whether a descriptor of another process is a datagram socket; yes where that cannot be seen.
pub(super) fn is_datagram_socket(pid: i32, descriptor: i32) -> bool {
    let thread = libc::c_long::from(libc::O_EXCL); // PIDFD_THREAD, Linux 6.9
    let open = |flags: libc::c_long| {
        // SAFETY: pidfd_open takes integers, and the kernel just made the descriptor for us.
        unsafe {
            checked(libc::syscall(libc::SYS_pidfd_open, pid, flags))
                .map(|opened| OwnedFd::from_raw_fd(opened as RawFd))
        }
    };
    let Ok(process) = open(thread).or_else(|_| open(0)) else { return true };
    // SAFETY: pidfd_getfd takes integers, and the kernel just made the descriptor for us.
    let copy = unsafe {
        checked(libc::syscall(libc::SYS_pidfd_getfd, process.as_raw_fd(), descriptor, 0))
            .map(|copy| OwnedFd::from_raw_fd(copy as RawFd))
    };
    let kind = copy.and_then(|copy| Ok(rustix::net::sockopt::socket_type(copy)?));
    kind.map_or(true, |kind| kind == rustix::net::SocketType::DGRAM)
}

/// Ends a process that waits for an answer as the kernel ends one after a system call that is not allowed.
pub(super) fn end_with_bad_call(pid: i32) {
    // SAFETY: kill takes integers; the process waits, so its number is its own.
    unsafe { libc::kill(pid, libc::SIGSYS) };
}

/// What happened to a traced process (ptrace(2), `PTRACE_SEIZE`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Traced {
    /// It became another program.
    Started,
    /// It is stopped together with its threads, by a signal such as SIGSTOP.
    Halted,
    /// It stopped for its tracer only.
    Passing,
    /// A signal is about to reach it.
    Signalled(i32),
    /// It ended, with an exit code or by a signal as a negative number.
    Ended { how: i32, cpu_ms: u64 },
}

/// Begins to trace a process and everything it starts.
pub(super) fn trace(pid: i32) -> io::Result<()> {
    let options = libc::PTRACE_O_TRACEFORK
        | libc::PTRACE_O_TRACEVFORK
        | libc::PTRACE_O_TRACECLONE
        | libc::PTRACE_O_TRACEEXEC;
    ptrace(libc::PTRACE_SEIZE, pid, options.into())
}

/// Lets a stopped process go on, with a signal where it is not 0.
pub(super) fn resume(pid: i32, signal: i32) {
    // Who was killed meanwhile needs no answer.
    let _ = ptrace(libc::PTRACE_CONT, pid, signal.into());
}

/// Leaves a process stopped as it would be without a tracer.
pub(super) fn leave_halted(pid: i32) {
    let _ = ptrace(libc::PTRACE_LISTEN, pid, 0);
}

fn ptrace(request: libc::c_uint, pid: i32, data: libc::c_long) -> io::Result<()> {
    let none = std::ptr::null_mut::<libc::c_void>();
    // SAFETY: the requests used here take numbers only, and touch no memory of this process.
    checked(unsafe { libc::ptrace(request, pid, none, data) }).map(drop)
}

/// Waits for the next thing that happens to a child or a traced process, and takes the dead away.
pub(super) fn next_traced() -> io::Result<(i32, Traced)> {
    let wait = |kind, id: i32, options| {
        // SAFETY: the structure is plain data for which all zeros is valid, and outlives the call.
        unsafe {
            let mut info: libc::siginfo_t = std::mem::zeroed();
            let options = libc::WEXITED | libc::WSTOPPED | libc::__WALL | options;
            checked(libc::waitid(kind, id as libc::id_t, &raw mut info, options).into())?;
            Ok::<_, io::Error>((info.si_pid(), info.si_code, info.si_status()))
        }
    };
    // The clock of a process ends when it is taken away.
    let (pid, code, status) = wait(libc::P_ALL, 0, libc::WNOWAIT)?;
    let how = match code {
        libc::CLD_EXITED => Some(status),
        libc::CLD_KILLED | libc::CLD_DUMPED => Some(-status),
        _ => None,
    };
    let cpu_ms = how.map_or(0, |_| cpu_ms(pid));
    wait(libc::P_PID, pid, 0)?;
    if let Some(how) = how {
        return Ok((pid, Traced::Ended { how, cpu_ms }));
    }
    let (signal, event) = (status & 0xff, status >> 8);
    Ok((
        pid,
        match event {
            0 => Traced::Signalled(signal),
            libc::PTRACE_EVENT_EXEC => Traced::Started,
            libc::PTRACE_EVENT_STOP if signal != libc::SIGTRAP => Traced::Halted,
            _ => Traced::Passing,
        },
    ))
}

/// Milliseconds of processor time of a process, its children not counted (clock_getcpuclockid(3)).
fn cpu_ms(pid: i32) -> u64 {
    // SAFETY: both calls write one plain structure each, which outlives them.
    let time = unsafe {
        let mut clock: libc::clockid_t = 0;
        let mut time: libc::timespec = std::mem::zeroed();
        let known = libc::clock_getcpuclockid(pid, &raw mut clock) == 0;
        if !known || libc::clock_gettime(clock, &raw mut time) != 0 {
            return 0;
        }
        time
    };
    time.tv_sec as u64 * 1_000 + time.tv_nsec as u64 / 1_000_000
}

/// Installs a seccomp filter on this process and all it starts.
pub(super) fn install_filter(program: &[Instruction]) -> io::Result<()> {
    seccomp(program, 0).map(drop)
}

/// Installs a filter some of whose calls wait for an answer; returns where to read them.
pub(super) fn install_listening_filter(program: &[Instruction]) -> io::Result<OwnedFd> {
    let wait_killable = 1 << 5; // SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV, Linux 5.19
    let flags = libc::SECCOMP_FILTER_FLAG_NEW_LISTENER;
    let descriptor =
        seccomp(program, flags | wait_killable).or_else(|_| seccomp(program, flags))? as RawFd;
    // SAFETY: the kernel just made this descriptor for us.
    Ok(unsafe { OwnedFd::from_raw_fd(descriptor) })
}

/// Returns a number that is not zero and that nobody else can know.
pub(super) fn unguessable() -> u32 {
    let mut number = 0_u32;
    // SAFETY: the kernel writes as many bytes as the number has.
    unsafe { libc::getrandom((&raw mut number).cast(), size_of::<u32>(), 0) };
    number | 1
}

/// Sends a byte and a descriptor with `pass` in the upper half of the socket's register: a filter sees
/// it, the kernel takes the lower half only.
pub(super) fn send_unseen(
    socket: BorrowedFd<'_>,
    pass: u32,
    word: u8,
    descriptor: BorrowedFd<'_>,
) -> io::Result<()> {
    /// Room for one control message with one descriptor, aligned as its header is.
    #[repr(C)]
    union Control {
        header: libc::cmsghdr,
        bytes: [u8; 64],
    }
    let register = (u64::from(pass) << 32) | socket.as_raw_fd() as u64;
    let mut text = libc::iovec { iov_base: (&raw const word).cast_mut().cast(), iov_len: 1 };
    let mut control = Control { bytes: [0; 64] };
    // SAFETY: the message and everything it points to are zeroed or set here and outlive the call;
    // the control message has room for the one descriptor that is written into it.
    checked(unsafe {
        let mut message: libc::msghdr = std::mem::zeroed();
        message.msg_iov = &raw mut text;
        message.msg_iovlen = 1;
        message.msg_control = (&raw mut control).cast();
        message.msg_controllen = libc::CMSG_SPACE(size_of::<RawFd>() as u32) as _;
        let header = libc::CMSG_FIRSTHDR(&raw const message);
        (*header).cmsg_level = libc::SOL_SOCKET;
        (*header).cmsg_type = libc::SCM_RIGHTS;
        (*header).cmsg_len = libc::CMSG_LEN(size_of::<RawFd>() as u32) as _;
        libc::CMSG_DATA(header).cast::<RawFd>().write_unaligned(descriptor.as_raw_fd());
        libc::syscall(libc::SYS_sendmsg, register, &raw const message, 0)
    })
    .map(drop)
}

fn seccomp(program: &[Instruction], flags: libc::c_ulong) -> io::Result<libc::c_long> {
    let length =
        u16::try_from(program.len()).map_err(|_| io::Error::from_raw_os_error(libc::EINVAL))?;
    let program = libc::sock_fprog { len: length, filter: program.as_ptr().cast_mut() };
    // SAFETY: the kernel only reads the program, which outlives the call.
    checked(unsafe {
        libc::syscall(libc::SYS_seccomp, libc::SECCOMP_SET_MODE_FILTER, flags, &raw const program)
    })
}

/// Returns the version of the kernel's Landlock (landlock_create_ruleset(2)).
pub(super) fn landlock_version() -> io::Result<i32> {
    const LANDLOCK_CREATE_RULESET_VERSION: u32 = 1;
    let none = std::ptr::null::<u8>();
    // SAFETY: with this flag the call takes no structure and makes nothing.
    let version = unsafe {
        libc::syscall(libc::SYS_landlock_create_ruleset, none, 0, LANDLOCK_CREATE_RULESET_VERSION)
    };
    Ok(i32::try_from(checked(version)?).unwrap_or(i32::MAX))
}

/// Has whoever asks and whoever answers take turns on one processor, which makes a question several times cheaper
/// (Linux 6.6, `SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP` of linux/seccomp.h); older kernels go on as before.
pub(super) fn take_turns(listener: BorrowedFd<'_>) {
    const SYNC_WAKE_UP: u64 = 1;
    // SAFETY: the request takes a number and touches no memory.
    unsafe { libc::ioctl(listener.as_raw_fd(), libc::SECCOMP_IOCTL_NOTIF_SET_FLAGS, SYNC_WAKE_UP) };
}

/// A system call that waits for an answer.
#[derive(Debug, Clone, Copy)]
pub(super) struct Waiting {
    pub(super) id: u64,
    pub(super) pid: i32,
    /// An `AUDIT_ARCH_*` number.
    pub(super) architecture: u32,
    pub(super) call: i64,
    pub(super) arguments: [u64; 6],
}

/// Receives the next waiting call.
pub(super) fn next_waiting(listener: BorrowedFd<'_>) -> io::Result<Waiting> {
    // SAFETY: the structure is plain data, must be zeroed for the kernel, and outlives the call.
    let notice = unsafe {
        let mut notice: libc::seccomp_notif = std::mem::zeroed();
        let request = libc::SECCOMP_IOCTL_NOTIF_RECV;
        checked(libc::ioctl(listener.as_raw_fd(), request, &raw mut notice).into())?;
        notice
    };
    Ok(Waiting {
        id: notice.id,
        pid: notice.pid as i32,
        architecture: notice.data.arch,
        call: notice.data.nr.into(),
        arguments: notice.data.args,
    })
}

/// Lets a waiting call go on, or makes it fail with `errno`.
pub(super) fn answer(listener: BorrowedFd<'_>, id: u64, errno: Option<i32>) -> io::Result<()> {
    let response = libc::seccomp_notif_resp {
        id,
        val: 0,
        error: errno.map_or(0, |errno| -errno),
        flags: match errno {
            None => libc::SECCOMP_USER_NOTIF_FLAG_CONTINUE as u32,
            Some(_) => 0,
        },
    };
    // SAFETY: the kernel reads a plain structure that outlives the call.
    checked(
        unsafe {
            libc::ioctl(listener.as_raw_fd(), libc::SECCOMP_IOCTL_NOTIF_SEND, &raw const response)
        }
        .into(),
    )
    .map(drop)
}

/// Reads another process's memory up to the end of the mapping; returns how much was read.
pub(super) fn read_memory(pid: i32, address: u64, into: &mut [u8]) -> usize {
    let mut got = 0;
    while got < into.len() {
        let at = address.wrapping_add(got as u64);
        let in_page = (4096 - at % 4096) as usize;
        let length = in_page.min(into.len() - got);
        let local = libc::iovec { iov_base: into[got..].as_mut_ptr().cast(), iov_len: length };
        let remote = libc::iovec { iov_base: at as *mut libc::c_void, iov_len: length };
        // SAFETY: `local` describes `length` writable bytes of `into`; the remote address is only read by the kernel.
        let read =
            unsafe { libc::process_vm_readv(pid, &raw const local, 1, &raw const remote, 1, 0) };
        match usize::try_from(read) {
            Ok(read) if read > 0 => got += read,
            _ => break,
        }
    }
    got
}
