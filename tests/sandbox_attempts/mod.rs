//! Attempts to get out of the sandbox or to harm the host, numbered, each with what must be seen of it inside.
#![allow(dead_code, clippy::disallowed_methods)]

pub mod files;
pub mod kernel;
pub mod network;
pub mod processes;

use blackstart::sandbox::Limit;

/// One attempt. In its script `{tree}` is a tree that everybody may write, `{stream}` a socket, and so on.
#[derive(Debug, Clone, Copy)]
pub struct Attempt {
    /// Several ways to try the same have the same number.
    pub number: u32,
    pub name: &'static str,
    pub how: How,
    pub seen: Seen,
}

/// What the script is written in.
#[derive(Debug, Clone, Copy)]
pub enum How {
    Shell(&'static str),
    /// With `call(name, arguments…)` for raw system calls; ends with 1 when all of them failed and
    /// `ok()` was not reached.
    Perl(&'static str),
}

/// What must be seen of an attempt inside, beside an unchanged host.
#[derive(Debug, Clone, Copy)]
pub enum Seen {
    /// It ends with another code than 0.
    Fails,
    /// It works, on the sandbox's own copy.
    Works,
    /// It may work inside or not.
    Anything,
    /// Its output holds this.
    Says(&'static str),
    /// This limit stops it.
    Limit(Limit),
    /// Some limit stops it.
    Stopped,
    /// It fails as root and may do anything as an ordinary user, or the other way round.
    ByRootAndUser(&'static Seen, &'static Seen),
}

/// Returns every attempt, by number.
pub fn all() -> Vec<Attempt> {
    let mut found: Vec<Attempt> =
        [processes::ATTEMPTS, kernel::ATTEMPTS, files::ATTEMPTS, network::ATTEMPTS].concat();
    found.sort_by_key(|attempt| attempt.number);
    found
}

/// The numbers of system calls on this architecture; from 424 on they are the same everywhere.
const CALLS: &[(&str, libc::c_long)] = &[
    ("acct", libc::SYS_acct),
    ("add_key", libc::SYS_add_key),
    ("adjtimex", libc::SYS_adjtimex),
    ("bpf", libc::SYS_bpf),
    ("chroot", libc::SYS_chroot),
    ("clock_adjtime", libc::SYS_clock_adjtime),
    ("clock_settime", libc::SYS_clock_settime),
    ("clone", libc::SYS_clone),
    ("clone3", libc::SYS_clone3),
    ("connect", libc::SYS_connect),
    ("copy_file_range", libc::SYS_copy_file_range),
    ("delete_module", libc::SYS_delete_module),
    ("execveat", libc::SYS_execveat),
    ("fanotify_init", libc::SYS_fanotify_init),
    ("fchmodat2", 452),
    ("fcntl", libc::SYS_fcntl),
    ("finit_module", libc::SYS_finit_module),
    ("fsconfig", libc::SYS_fsconfig),
    ("fsmount", libc::SYS_fsmount),
    ("fsopen", libc::SYS_fsopen),
    ("fspick", libc::SYS_fspick),
    ("init_module", libc::SYS_init_module),
    ("inotify_add_watch", libc::SYS_inotify_add_watch),
    ("inotify_init1", libc::SYS_inotify_init1),
    ("io_uring_enter", libc::SYS_io_uring_enter),
    ("io_uring_register", libc::SYS_io_uring_register),
    ("io_uring_setup", libc::SYS_io_uring_setup),
    ("ioctl", libc::SYS_ioctl),
    ("ioprio_set", libc::SYS_ioprio_set),
    ("kcmp", libc::SYS_kcmp),
    ("kexec_file_load", libc::SYS_kexec_file_load),
    ("kexec_load", libc::SYS_kexec_load),
    ("keyctl", libc::SYS_keyctl),
    ("landlock_create_ruleset", libc::SYS_landlock_create_ruleset),
    ("linkat", libc::SYS_linkat),
    ("listmount", 458),
    ("lsetxattr", libc::SYS_lsetxattr),
    ("memfd_create", libc::SYS_memfd_create),
    ("memfd_secret", libc::SYS_memfd_secret),
    ("mknodat", libc::SYS_mknodat),
    ("mlockall", libc::SYS_mlockall),
    ("mmap", libc::SYS_mmap),
    ("mount", libc::SYS_mount),
    ("mount_setattr", libc::SYS_mount_setattr),
    ("move_mount", libc::SYS_move_mount),
    ("move_pages", libc::SYS_move_pages),
    ("mq_getsetattr", libc::SYS_mq_getsetattr),
    ("mq_open", libc::SYS_mq_open),
    ("mq_unlink", libc::SYS_mq_unlink),
    ("name_to_handle_at", libc::SYS_name_to_handle_at),
    ("open_by_handle_at", libc::SYS_open_by_handle_at),
    ("open_tree", libc::SYS_open_tree),
    ("open_tree_attr", 467),
    ("openat", libc::SYS_openat),
    ("openat2", libc::SYS_openat2),
    ("perf_event_open", libc::SYS_perf_event_open),
    ("personality", libc::SYS_personality),
    ("pidfd_getfd", libc::SYS_pidfd_getfd),
    ("pidfd_open", libc::SYS_pidfd_open),
    ("pidfd_send_signal", libc::SYS_pidfd_send_signal),
    ("pivot_root", libc::SYS_pivot_root),
    ("prctl", libc::SYS_prctl),
    ("prlimit64", libc::SYS_prlimit64),
    ("process_madvise", libc::SYS_process_madvise),
    ("process_mrelease", libc::SYS_process_mrelease),
    ("process_vm_readv", libc::SYS_process_vm_readv),
    ("process_vm_writev", libc::SYS_process_vm_writev),
    ("ptrace", libc::SYS_ptrace),
    ("quotactl", libc::SYS_quotactl),
    ("quotactl_fd", 443),
    ("read", libc::SYS_read),
    ("reboot", libc::SYS_reboot),
    ("renameat2", libc::SYS_renameat2),
    ("request_key", libc::SYS_request_key),
    ("rt_sigqueueinfo", libc::SYS_rt_sigqueueinfo),
    ("sched_setattr", libc::SYS_sched_setattr),
    ("sched_setscheduler", libc::SYS_sched_setscheduler),
    ("sendto", libc::SYS_sendto),
    ("setdomainname", libc::SYS_setdomainname),
    ("sethostname", libc::SYS_sethostname),
    ("setns", libc::SYS_setns),
    ("setpriority", libc::SYS_setpriority),
    ("settimeofday", libc::SYS_settimeofday),
    ("setxattrat", 463),
    ("splice", libc::SYS_splice),
    ("statmount", 457),
    ("swapoff", libc::SYS_swapoff),
    ("swapon", libc::SYS_swapon),
    ("syslog", libc::SYS_syslog),
    ("tgkill", libc::SYS_tgkill),
    ("umount2", libc::SYS_umount2),
    ("unshare", libc::SYS_unshare),
    ("userfaultfd", libc::SYS_userfaultfd),
    ("vhangup", libc::SYS_vhangup),
    #[cfg(target_arch = "x86_64")]
    ("ioperm", libc::SYS_ioperm),
    #[cfg(target_arch = "x86_64")]
    ("iopl", libc::SYS_iopl),
    #[cfg(target_arch = "x86_64")]
    ("modify_ldt", libc::SYS_modify_ldt),
];

/// Returns `code` as a program in which `call` makes a raw system call and says how it ended.
pub fn program(code: &str) -> String {
    let numbers: Vec<String> =
        CALLS.iter().map(|(name, number)| format!("{name}=>{number}")).collect();
    format!(
        "my %nr=({});my $good=0;our($quiet,$last);\
         sub call{{my($n,@a)=@_;my $nr=$nr{{$n}}//$n;$!=0;\
         my $r=$nr=~/^\\d+$/?syscall($nr,@a):-1;\
         for(@a){{$last=$_ if length>20}}\
         if($r<0){{print \"$n: $!\\n\" unless $quiet}}else{{$good++;print \"$n: ok $r\\n\" unless $quiet}}$r}}\
         sub ok{{$good++;exit 0}}END{{$?=1 unless $good||$?}}$|=1;{code}",
        numbers.join(",")
    )
}
