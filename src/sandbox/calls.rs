//! What system calls would do to files and processes, and where their arguments say so.

use super::sys::Waiting;

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
    /// Times, at what an argument points to; as utimensat(2) takes them, or an older call.
    Times {
        at: usize,
        nanoseconds: bool,
    },
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

use About::{Attributes, Mode, Owner};
use At::{Below, Descriptor, Path};
use When::{Absent, There};

/// Calls newer than the headers of the C library: the same number on every architecture.
const FCHMODAT2: i64 = 452;
pub(super) const SETXATTRAT: i64 = 463;
pub(super) const REMOVEXATTRAT: i64 = 466;
const FILE_SETATTR: i64 = 469;

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
    (libc::SYS_utimensat, Does::About(Below(0, 1), About::Times { at: 2, nanoseconds: true })),
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
    (libc::SYS_utime, Does::About(Path(0), About::Times { at: 1, nanoseconds: false })),
    #[cfg(target_arch = "x86_64")]
    (libc::SYS_utimes, Does::About(Path(0), About::Times { at: 1, nanoseconds: false })),
    #[cfg(target_arch = "x86_64")]
    (libc::SYS_futimesat, Does::About(Below(0, 1), About::Times { at: 2, nanoseconds: false })),
];

/// FS_IOC_SETFLAGS, FS_IOC_FSSETXATTR, FS_IOC_SETVERSION.
pub(super) const ATTRIBUTE_REQUESTS: &[u32] = &[0x4008_6602, 0x401c_5820, 0x4008_7602];

/// Returns what a call would do.
pub(super) fn meaning(call: i64) -> Option<Does> {
    LOOKED_AT.iter().find(|(number, _)| *number == call).map(|(_, does)| *does)
}

/// Tells whether a call acts on a link itself where its path ends at one.
pub(super) fn keeps_link(call: &Waiting) -> bool {
    let flags = match call.call {
        FILE_SETATTR | libc::SYS_fchownat => call.arguments[4],
        libc::SYS_utimensat | FCHMODAT2 => call.arguments[3],
        SETXATTRAT | REMOVEXATTRAT => call.arguments[2],
        libc::SYS_lsetxattr | libc::SYS_lremovexattr => return true,
        #[cfg(target_arch = "x86_64")]
        libc::SYS_lchown => return true,
        _ => 0,
    };
    flags & libc::AT_SYMLINK_NOFOLLOW as u64 != 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_call_has_two_meanings() {
        let mut seen = std::collections::BTreeSet::new();
        for (call, does) in LOOKED_AT {
            assert!(seen.insert(call), "{does:?} comes twice");
        }
    }
}
