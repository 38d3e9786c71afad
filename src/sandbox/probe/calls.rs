//! Which system calls of a probed command are looked at, and what each would do.

use super::super::filter::{
    ANY_BIT, AT_LEAST, EQUAL, LOAD, OWN_ARCHITECTURE, REFUSED, RETURN, X32,
};
use super::super::sys::Instruction;

/// Where a call's arguments name a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum At {
    /// A path, from the working directory.
    Path(usize),
    /// A directory's descriptor and a path from there.
    Below(usize, usize),
    /// A descriptor.
    Descriptor(usize),
}

/// What must be so before a call changes anything; otherwise it fails as it would by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum When {
    /// It makes something, where nothing is.
    Absent,
    /// It removes what is there.
    There,
}

/// What a call that is looked at would do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Does {
    /// Opens; the flags are in this argument, or in memory at it.
    Open(At, Flags),
    /// Changes names; Landlock refuses it outside the scratch directory too.
    Names(At, When, &'static str),
    /// Gives what is at the first place the second name.
    Moves(At, At, &'static str),
    /// Changes the length by path.
    Length(At),
    /// Changes what is known about a file; only this filter refuses it.
    About(At, About),
    /// Acts on a process, thread or group.
    Process(Process),
    /// Makes a process or a thread.
    Forks,
    /// Starts a program; the argument list is in this argument.
    Starts(At, usize),
    /// Makes a socket, or a pair.
    Socket,
    /// Leaves this machine or reaches another program.
    Connect(usize, usize),
    Bind,
    Lock,
    /// A request to a driver that is not known to be harmless.
    Ioctl,
    /// Always refused, as a change; an ordinary user's is refused as the kernel would.
    Change(&'static str),
    /// System V or POSIX objects that outlive the run.
    Shared(&'static str),
}

/// Where the flags of an open are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Flags {
    Argument(usize),
    /// `creat`.
    Create,
    /// `struct open_how` (openat2(2)).
    Memory(usize),
}

/// What of a file is changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum About {
    /// The argument that holds the mode.
    Mode(usize),
    /// The arguments that hold user and group.
    Owner(usize),
    /// Times; where they are in nanoseconds, the argument that points to them.
    Times(Option<usize>),
    Attributes,
}

/// How a call names a process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Process {
    /// kill(2): also groups, and everybody.
    Kill,
    /// A signal for the process in the first argument.
    Signal,
    /// `PRIO_PROCESS` and a process in the second argument.
    Priority,
    /// The process in the first argument, 0 for itself; `prlimit64` changes nothing without new limits.
    Schedule,
    Limits,
}

use About::{Attributes, Mode, Owner, Times};
use At::{Below, Descriptor, Path};
use When::{Absent, There};

/// Calls newer than the headers of the C library: the same number on every architecture.
const FCHMODAT2: i64 = 452;
const SETXATTRAT: i64 = 463;
const REMOVEXATTRAT: i64 = 466;
const FILE_SETATTR: i64 = 469;
/// No call beyond this one is known here, so none is let through.
const NEWEST: u32 = 470;

const MAKE: &str = "make";
const MAKE_DIRECTORY: &str = "make the directory";
const MAKE_LINK: &str = "make the link";

/// Calls that are looked at, on every architecture.
pub(super) const LOOKED_AT: &[(i64, Does)] = &[
    (libc::SYS_openat, Does::Open(Below(0, 1), Flags::Argument(2))),
    (libc::SYS_openat2, Does::Open(Below(0, 1), Flags::Memory(2))),
    (libc::SYS_truncate, Does::Length(Path(0))),
    (libc::SYS_mkdirat, Does::Names(Below(0, 1), Absent, MAKE_DIRECTORY)),
    (libc::SYS_mknodat, Does::Names(Below(0, 1), Absent, MAKE)),
    (libc::SYS_symlinkat, Does::Names(Below(1, 2), Absent, MAKE_LINK)),
    (libc::SYS_linkat, Does::Moves(Below(0, 1), Below(2, 3), "link")),
    (libc::SYS_unlinkat, Does::Names(Below(0, 1), There, "delete")),
    (libc::SYS_renameat2, Does::Moves(Below(0, 1), Below(2, 3), "rename")),
    (libc::SYS_fchmod, Does::About(Descriptor(0), Mode(1))),
    (libc::SYS_fchmodat, Does::About(Below(0, 1), Mode(2))),
    (FCHMODAT2, Does::About(Below(0, 1), Mode(2))),
    (libc::SYS_fchown, Does::About(Descriptor(0), Owner(1))),
    (libc::SYS_fchownat, Does::About(Below(0, 1), Owner(2))),
    (libc::SYS_utimensat, Does::About(Below(0, 1), Times(Some(2)))),
    (libc::SYS_setxattr, Does::About(Path(0), Attributes)),
    (libc::SYS_lsetxattr, Does::About(Path(0), Attributes)),
    (libc::SYS_fsetxattr, Does::About(Descriptor(0), Attributes)),
    (libc::SYS_removexattr, Does::About(Path(0), Attributes)),
    (libc::SYS_lremovexattr, Does::About(Path(0), Attributes)),
    (libc::SYS_fremovexattr, Does::About(Descriptor(0), Attributes)),
    (SETXATTRAT, Does::About(Below(0, 1), Attributes)),
    (REMOVEXATTRAT, Does::About(Below(0, 1), Attributes)),
    (FILE_SETATTR, Does::About(Below(0, 1), Attributes)),
    (libc::SYS_kill, Does::Process(Process::Kill)),
    (libc::SYS_tkill, Does::Process(Process::Signal)),
    (libc::SYS_tgkill, Does::Process(Process::Signal)),
    (libc::SYS_rt_sigqueueinfo, Does::Process(Process::Signal)),
    (libc::SYS_rt_tgsigqueueinfo, Does::Process(Process::Signal)),
    (libc::SYS_setpriority, Does::Process(Process::Priority)),
    (libc::SYS_ioprio_set, Does::Process(Process::Priority)),
    (libc::SYS_sched_setaffinity, Does::Process(Process::Schedule)),
    (libc::SYS_sched_setattr, Does::Process(Process::Schedule)),
    (libc::SYS_sched_setparam, Does::Process(Process::Schedule)),
    (libc::SYS_sched_setscheduler, Does::Process(Process::Schedule)),
    (libc::SYS_migrate_pages, Does::Process(Process::Schedule)),
    (libc::SYS_move_pages, Does::Process(Process::Schedule)),
    (libc::SYS_prlimit64, Does::Process(Process::Limits)),
    (libc::SYS_clone, Does::Forks),
    (libc::SYS_execve, Does::Starts(Path(0), 1)),
    (libc::SYS_execveat, Does::Starts(Below(0, 1), 2)),
    (libc::SYS_socket, Does::Socket),
    (libc::SYS_socketpair, Does::Socket),
    (libc::SYS_connect, Does::Connect(1, 2)),
    (libc::SYS_bind, Does::Bind),
    (libc::SYS_flock, Does::Lock),
    (libc::SYS_shmget, Does::Shared("shared memory")),
    (libc::SYS_shmat, Does::Shared("shared memory")),
    (libc::SYS_shmctl, Does::Shared("shared memory")),
    (libc::SYS_msgget, Does::Shared("a message queue")),
    (libc::SYS_msgsnd, Does::Shared("a message queue")),
    (libc::SYS_msgrcv, Does::Shared("a message queue")),
    (libc::SYS_msgctl, Does::Shared("a message queue")),
    (libc::SYS_semget, Does::Shared("semaphores")),
    (libc::SYS_semop, Does::Shared("semaphores")),
    (libc::SYS_semtimedop, Does::Shared("semaphores")),
    (libc::SYS_semctl, Does::Shared("semaphores")),
    (libc::SYS_mq_open, Does::Shared("a message queue")),
    (libc::SYS_mq_unlink, Does::Shared("a message queue")),
    (libc::SYS_acct, Does::Change("account for processes")),
    (libc::SYS_clock_settime, Does::Change("set the clock")),
    (libc::SYS_settimeofday, Does::Change("set the clock")),
    (libc::SYS_delete_module, Does::Change("remove a kernel module")),
    (libc::SYS_finit_module, Does::Change("load a kernel module")),
    (libc::SYS_init_module, Does::Change("load a kernel module")),
    (libc::SYS_kexec_load, Does::Change("load another kernel")),
    (libc::SYS_kexec_file_load, Does::Change("load another kernel")),
    (libc::SYS_mount, Does::Change("mount a file system")),
    (libc::SYS_move_mount, Does::Change("mount a file system")),
    (libc::SYS_umount2, Does::Change("unmount a file system")),
    (libc::SYS_pivot_root, Does::Change("change the root of the file system")),
    (libc::SYS_quotactl, Does::Change("change quotas")),
    (libc::SYS_reboot, Does::Change("reboot")),
    (libc::SYS_setdomainname, Does::Change("change the host's domain name")),
    (libc::SYS_sethostname, Does::Change("change the host's name")),
    (libc::SYS_swapoff, Does::Change("stop swapping")),
    (libc::SYS_swapon, Does::Change("start swapping")),
    (libc::SYS_ioctl, Does::Ioctl),
    (libc::SYS_sendto, Does::Connect(4, 5)),
    #[cfg(target_arch = "x86_64")]
    (libc::SYS_fork, Does::Forks),
    #[cfg(target_arch = "x86_64")]
    (libc::SYS_vfork, Does::Forks),
    #[cfg(target_arch = "x86_64")]
    (libc::SYS_open, Does::Open(Path(0), Flags::Argument(1))),
    #[cfg(target_arch = "x86_64")]
    (libc::SYS_creat, Does::Open(Path(0), Flags::Create)),
    #[cfg(target_arch = "x86_64")]
    (libc::SYS_mkdir, Does::Names(Path(0), Absent, MAKE_DIRECTORY)),
    #[cfg(target_arch = "x86_64")]
    (libc::SYS_mknod, Does::Names(Path(0), Absent, MAKE)),
    #[cfg(target_arch = "x86_64")]
    (libc::SYS_symlink, Does::Names(Path(1), Absent, MAKE_LINK)),
    #[cfg(target_arch = "x86_64")]
    (libc::SYS_link, Does::Moves(Path(0), Path(1), "link")),
    #[cfg(target_arch = "x86_64")]
    (libc::SYS_unlink, Does::Names(Path(0), There, "delete")),
    #[cfg(target_arch = "x86_64")]
    (libc::SYS_rmdir, Does::Names(Path(0), There, "remove the directory")),
    #[cfg(target_arch = "x86_64")]
    (libc::SYS_rename, Does::Moves(Path(0), Path(1), "rename")),
    (libc::SYS_renameat, Does::Moves(Below(0, 1), Below(2, 3), "rename")),
    #[cfg(target_arch = "x86_64")]
    (libc::SYS_chmod, Does::About(Path(0), Mode(1))),
    #[cfg(target_arch = "x86_64")]
    (libc::SYS_chown, Does::About(Path(0), Owner(1))),
    #[cfg(target_arch = "x86_64")]
    (libc::SYS_lchown, Does::About(Path(0), Owner(1))),
    #[cfg(target_arch = "x86_64")]
    (libc::SYS_utime, Does::About(Path(0), Times(None))),
    #[cfg(target_arch = "x86_64")]
    (libc::SYS_utimes, Does::About(Path(0), Times(None))),
    #[cfg(target_arch = "x86_64")]
    (libc::SYS_futimesat, Does::About(Below(0, 1), Times(None))),
];

/// Refused here beside those of a full dry run: they need a root or processes of their own.
pub(super) const ALSO_REFUSED: &[(i64, &str)] = &[
    (libc::SYS_chroot, "chroot"),
    (libc::SYS_kcmp, "kcmp"),
    (libc::SYS_listen, "listen"),
    (libc::SYS_fsconfig, "fsconfig"),
    (440, "process_madvise"),
    (443, "quotactl_fd"),
    (448, "process_mrelease"),
    (467, "open_tree_attr"),
];

/// Requests to drivers that ask, or set what belongs to the descriptor alone (ioctl(2)).
const HARMLESS_REQUESTS: &[u32] = &[
    0x5401, // TCGETS
    0x5402,
    0x5403,
    0x5404, // TCSETS, TCSETSW, TCSETSF: there is no terminal here
    0x540f,
    0x5410,
    0x5413,
    0x5414, // foreground group, window size
    0x541b,
    0x5421,
    0x5429,
    0x5450,
    0x5451, // FIONREAD, FIONBIO, TIOCGSID, FIONCLEX, FIOCLEX
    0x5460, // FIOQSIZE
    0x8901,
    0x8903,
    0x8904, // owner of a socket: asked
    0x8910,
    0x8912,
    0x8913,
    0x8915,
    0x8917,
    0x8919,
    0x891b,
    0x891d,
    0x8921,
    0x8927,
    0x8933, // interfaces: asked
    0x4004_9409,
    0x4020_940d, // FICLONE, FICLONERANGE: the target is open for writing
    0xc020_660b,
    0x8008_6601,
    0x801c_581f, // FIEMAP, FS_IOC_GETFLAGS, FS_IOC_FSGETXATTR
];

/// FS_IOC_SETFLAGS, FS_IOC_FSSETXATTR, FS_IOC_SETVERSION.
pub(super) const ATTRIBUTE_REQUESTS: &[u32] = &[0x4008_6602, 0x401c_5820, 0x4008_7602];

/// They send signals to others or hold leases on their files.
const REFUSED_COMMANDS: &[u32] = &[8, 10, 15, 1024, 1036, 1038];

/// Flags of clone(2) that make namespaces.
const NEW_NAMESPACES: u32 = 0x7e02_0080;

/// Offsets in `struct seccomp_data` (seccomp(2)).
const NUMBER: u32 = 0;
const ARCHITECTURE: u32 = 4;
const FIRST_ARGUMENT: u32 = 16;
const SECOND_ARGUMENT: u32 = 24;
const THIRD_ARGUMENT: u32 = 32;
const FOURTH_ARGUMENT: u32 = 40;
const FIFTH_ARGUMENT: u32 = 48;

/// Returns the name of a call that is refused without being a change.
pub(super) fn refused(call: i64) -> Option<&'static str> {
    REFUSED.iter().chain(ALSO_REFUSED).find(|(number, _)| *number == call).map(|(_, name)| *name)
}

/// Returns what a call would do.
pub(super) fn meaning(call: i64) -> Option<Does> {
    LOOKED_AT.iter().find(|(number, _)| *number == call).map(|(_, does)| *does)
}

fn step(code: u16, k: u32) -> Instruction {
    Instruction { code, jt: 0, jf: 0, k }
}

fn jump(code: u16, k: u32, jt: u8, jf: u8) -> Instruction {
    Instruction { code, jt, jf, k }
}

fn refuse(errno: i32) -> Instruction {
    step(RETURN, libc::SECCOMP_RET_ERRNO | errno as u32)
}

/// Returns the filter. Each block tests one thing and either returns or falls through with the
/// call's number loaded.
pub(super) fn program() -> Vec<Instruction> {
    let ask = || step(RETURN, libc::SECCOMP_RET_USER_NOTIF);
    let number = || step(LOAD, NUMBER);
    let mut program = vec![
        step(LOAD, ARCHITECTURE),
        jump(EQUAL, OWN_ARCHITECTURE, 1, 0),
        step(RETURN, libc::SECCOMP_RET_KILL_PROCESS),
        number(),
        // Also the x32 ABI, which begins far above.
        jump(AT_LEAST, NEWEST + 1, 0, 1),
        refuse(libc::ENOSYS),
        jump(EQUAL, libc::SYS_clone3 as u32, 0, 1),
        refuse(libc::ENOSYS),
        // A descriptor of a process would get past what is looked at in kill.
        jump(EQUAL, libc::SYS_pidfd_send_signal as u32, 0, 1),
        refuse(libc::ENOSYS),
        jump(EQUAL, libc::SYS_clone as u32, 0, 4),
        step(LOAD, FIRST_ARGUMENT),
        jump(ANY_BIT, NEW_NAMESPACES, 0, 1),
        refuse(libc::EPERM),
        number(),
    ];
    // MSG_FASTOPEN connects without connect(2).
    let sends = [
        (libc::SYS_sendto, FOURTH_ARGUMENT),
        (libc::SYS_sendmsg, THIRD_ARGUMENT),
        (libc::SYS_sendmmsg, FOURTH_ARGUMENT),
    ];
    for (call, flags) in sends {
        program.push(jump(EQUAL, call as u32, 0, 4));
        program.push(step(LOAD, flags));
        program.push(jump(ANY_BIT, libc::MSG_FASTOPEN as u32, 0, 1));
        program.push(refuse(libc::EOPNOTSUPP));
        program.push(number());
    }
    // Without an address it goes where the socket is connected to.
    program.push(jump(EQUAL, libc::SYS_sendto as u32, 0, 6));
    program.push(step(LOAD, FIFTH_ARGUMENT));
    program.push(jump(EQUAL, 0, 0, 2));
    program.push(step(LOAD, FIFTH_ARGUMENT + 4));
    program.push(jump(EQUAL, 0, 1, 0));
    program.push(ask());
    program.push(step(RETURN, libc::SECCOMP_RET_ALLOW));
    program.push(jump(EQUAL, libc::SYS_fcntl as u32, 0, REFUSED_COMMANDS.len() as u8 + 3));
    program.push(step(LOAD, SECOND_ARGUMENT));
    for (at, command) in REFUSED_COMMANDS.iter().enumerate() {
        let last = at + 1 == REFUSED_COMMANDS.len();
        program.push(jump(
            EQUAL,
            *command,
            (REFUSED_COMMANDS.len() - 1 - at) as u8,
            u8::from(last),
        ));
    }
    program.push(refuse(libc::EPERM));
    program.push(number());
    program.push(jump(EQUAL, libc::SYS_ioctl as u32, 0, HARMLESS_REQUESTS.len() as u8 + 3));
    program.push(step(LOAD, SECOND_ARGUMENT));
    for (at, request) in HARMLESS_REQUESTS.iter().enumerate() {
        program.push(jump(EQUAL, *request, (HARMLESS_REQUESTS.len() - at) as u8, 0));
    }
    program.push(ask());
    program.push(step(RETURN, libc::SECCOMP_RET_ALLOW));
    let looked_at = LOOKED_AT.iter().map(|(call, _)| *call);
    let refused = REFUSED.iter().chain(ALSO_REFUSED).map(|(call, _)| *call);
    for call in looked_at.chain(refused) {
        program.push(jump(EQUAL, call as u32, 0, 1));
        program.push(ask());
    }
    program.push(step(RETURN, libc::SECCOMP_RET_ALLOW));
    program
}

/// Nothing here is of the x32 ABI.
const _: () = assert!(NEWEST < X32);

#[cfg(test)]
mod tests {
    use super::*;

    /// Interprets the program as the kernel would.
    fn verdict(call: i64, arguments: [u64; 6]) -> u32 {
        let program = program();
        let (mut at, mut loaded) = (0, 0);
        loop {
            let one = program[at];
            at += 1;
            let take = match one.code {
                LOAD => {
                    loaded = match one.k {
                        NUMBER => call as u32,
                        ARCHITECTURE => OWN_ARCHITECTURE,
                        place => {
                            let argument = arguments[(place as usize - 16) / 8];
                            (argument >> (8 * (place % 8))) as u32
                        }
                    };
                    continue;
                }
                RETURN => return one.k,
                EQUAL => loaded == one.k,
                AT_LEAST => loaded >= one.k,
                ANY_BIT => loaded & one.k != 0,
                other => panic!("unknown instruction {other}"),
            };
            at += usize::from(if take { one.jt } else { one.jf });
        }
    }

    #[test]
    fn every_call_gets_the_verdict_that_is_meant() {
        let errno = |errno: i32| libc::SECCOMP_RET_ERRNO | errno as u32;
        let (allow, ask) = (libc::SECCOMP_RET_ALLOW, libc::SECCOMP_RET_USER_NOTIF);
        let fast = libc::MSG_FASTOPEN as u64;
        let table = [
            (libc::SYS_write, [1, 0, 0, 0, 0, 0], allow),
            (libc::SYS_openat, [0; 6], ask),
            (libc::SYS_mount, [0; 6], ask),
            (libc::SYS_keyctl, [0; 6], ask),
            (libc::SYS_clone3, [0; 6], errno(libc::ENOSYS)),
            (libc::SYS_clone, [libc::CLONE_NEWNET as u64, 0, 0, 0, 0, 0], errno(libc::EPERM)),
            (libc::SYS_clone, [libc::SIGCHLD as u64, 0, 0, 0, 0, 0], ask),
            (471, [0; 6], errno(libc::ENOSYS)),
            (i64::from(X32) | 1, [0; 6], errno(libc::ENOSYS)),
            (libc::SYS_pidfd_send_signal, [0; 6], errno(libc::ENOSYS)),
            (libc::SYS_sendto, [3, 0, 0, fast, 0, 0], errno(libc::EOPNOTSUPP)),
            (libc::SYS_sendto, [3, 0, 0, 0, 0, 0], allow),
            (libc::SYS_sendto, [3, 0, 0, 0, 0x1_0000_0000, 16], ask),
            (libc::SYS_sendto, [3, 0, 0, 0, 0x1000, 16], ask),
            (libc::SYS_sendmsg, [3, 0, fast, 0, 0, 0], errno(libc::EOPNOTSUPP)),
            (libc::SYS_sendmmsg, [3, 0, 1, fast, 0, 0], errno(libc::EOPNOTSUPP)),
            (libc::SYS_sendmsg, [3, 0, 0, 0, 0, 0], allow),
            (libc::SYS_fcntl, [0, 8, 1, 0, 0, 0], errno(libc::EPERM)),
            (libc::SYS_fcntl, [0, 1024, 1, 0, 0, 0], errno(libc::EPERM)),
            (libc::SYS_fcntl, [0, 1038, 1, 0, 0, 0], errno(libc::EPERM)),
            (libc::SYS_fcntl, [0, 2, 1, 0, 0, 0], allow),
            (libc::SYS_ioctl, [0, 0x5401, 0, 0, 0, 0], allow),
            (libc::SYS_ioctl, [0, 0x801c_581f, 0, 0, 0, 0], allow),
            (libc::SYS_ioctl, [0, 0x4008_6602, 0, 0, 0, 0], ask),
            (libc::SYS_ioctl, [0, libc::TIOCSTI, 0, 0, 0, 0], ask),
        ];
        for (call, arguments, expected) in table {
            assert_eq!(verdict(call, arguments), expected, "call {call} with {arguments:?}");
        }
    }

    #[test]
    fn no_call_has_two_meanings() {
        let mut seen = std::collections::BTreeSet::new();
        for (call, does) in LOOKED_AT {
            assert!(seen.insert(call), "{does:?} comes twice");
        }
        // What changes the host is not only refused.
        assert!(meaning(libc::SYS_mount).is_some() && refused(libc::SYS_mount).is_some());
        assert!(refused(libc::SYS_keyctl).is_some() && meaning(libc::SYS_keyctl).is_none());
    }
}
