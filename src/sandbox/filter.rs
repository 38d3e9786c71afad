//! The seccomp filter of what runs inside: refuses what no namespace contains, reports programs and connections.

use super::calls::{ATTRIBUTE_REQUESTS, About, Does, Flags, LOOKED_AT};
use super::sys::Instruction;

pub(super) const LOAD: u16 = (libc::BPF_LD | libc::BPF_W | libc::BPF_ABS) as u16;
pub(super) const EQUAL: u16 = (libc::BPF_JMP | libc::BPF_JEQ | libc::BPF_K) as u16;
pub(super) const AT_LEAST: u16 = (libc::BPF_JMP | libc::BPF_JGE | libc::BPF_K) as u16;
pub(super) const ANY_BIT: u16 = (libc::BPF_JMP | libc::BPF_JSET | libc::BPF_K) as u16;
pub(super) const RETURN: u16 = (libc::BPF_RET | libc::BPF_K) as u16;

/// Offsets in `struct seccomp_data` (seccomp(2)).
const NUMBER: u32 = 0;
const ARCHITECTURE: u32 = 4;
const FIRST_ARGUMENT: u32 = 16;
const FIRST_ARGUMENT_HIGH: u32 = 20;
const SECOND_ARGUMENT: u32 = 24;
const THIRD_ARGUMENT: u32 = 32;
const FIFTH_ARGUMENT: u32 = 48;
const FIFTH_ARGUMENT_HIGH: u32 = 52;

#[cfg(target_arch = "x86_64")]
pub(super) const OWN_ARCHITECTURE: u32 = 0xC000_003E;
#[cfg(target_arch = "aarch64")]
pub(super) const OWN_ARCHITECTURE: u32 = 0xC000_00B7;

/// Numbers from here on are the x32 ABI of x86-64; no other architecture has any.
pub(super) const X32: u32 = 0x4000_0000;

/// Flags of clone(2) and unshare(2) that make namespaces.
const NEW_NAMESPACES: u32 = (libc::CLONE_NEWNS
    | libc::CLONE_NEWCGROUP
    | libc::CLONE_NEWUTS
    | libc::CLONE_NEWIPC
    | libc::CLONE_NEWUSER
    | libc::CLONE_NEWPID
    | libc::CLONE_NEWNET) as u32
    | 0x80; // CLONE_NEWTIME

/// Answer EPERM: they reach past namespaces, or are large attack surface that no recovery step needs.
pub(super) const REFUSED: &[(libc::c_long, &str)] = &[
    (libc::SYS_acct, "acct"),
    (libc::SYS_add_key, "add_key"),
    (libc::SYS_adjtimex, "adjtimex"),
    (libc::SYS_bpf, "bpf"),
    (libc::SYS_clock_adjtime, "clock_adjtime"),
    (libc::SYS_clock_settime, "clock_settime"),
    (libc::SYS_delete_module, "delete_module"),
    (libc::SYS_fanotify_init, "fanotify_init"),
    (libc::SYS_finit_module, "finit_module"),
    (libc::SYS_fsmount, "fsmount"),
    (libc::SYS_fsopen, "fsopen"),
    (libc::SYS_fspick, "fspick"),
    (libc::SYS_init_module, "init_module"),
    (libc::SYS_io_uring_enter, "io_uring_enter"),
    (libc::SYS_io_uring_register, "io_uring_register"),
    (libc::SYS_io_uring_setup, "io_uring_setup"),
    (libc::SYS_kexec_file_load, "kexec_file_load"),
    (libc::SYS_kexec_load, "kexec_load"),
    (libc::SYS_keyctl, "keyctl"),
    (libc::SYS_lookup_dcookie, "lookup_dcookie"),
    (libc::SYS_mount, "mount"),
    (libc::SYS_mount_setattr, "mount_setattr"),
    (libc::SYS_move_mount, "move_mount"),
    (libc::SYS_name_to_handle_at, "name_to_handle_at"),
    (libc::SYS_nfsservctl, "nfsservctl"),
    (libc::SYS_open_by_handle_at, "open_by_handle_at"),
    (libc::SYS_open_tree, "open_tree"),
    (libc::SYS_perf_event_open, "perf_event_open"),
    (libc::SYS_pidfd_getfd, "pidfd_getfd"),
    (libc::SYS_pivot_root, "pivot_root"),
    (libc::SYS_process_vm_readv, "process_vm_readv"),
    (libc::SYS_process_vm_writev, "process_vm_writev"),
    (libc::SYS_ptrace, "ptrace"),
    (libc::SYS_quotactl, "quotactl"),
    (libc::SYS_reboot, "reboot"),
    (libc::SYS_request_key, "request_key"),
    (libc::SYS_setdomainname, "setdomainname"),
    (libc::SYS_sethostname, "sethostname"),
    (libc::SYS_setns, "setns"),
    (libc::SYS_settimeofday, "settimeofday"),
    (libc::SYS_swapoff, "swapoff"),
    (libc::SYS_swapon, "swapon"),
    (libc::SYS_syslog, "syslog"),
    (libc::SYS_umount2, "umount2"),
    (libc::SYS_unshare, "unshare"),
    (libc::SYS_userfaultfd, "userfaultfd"),
    (libc::SYS_vhangup, "vhangup"),
    #[cfg(target_arch = "x86_64")]
    (libc::SYS_ioperm, "ioperm"),
    #[cfg(target_arch = "x86_64")]
    (libc::SYS_iopl, "iopl"),
    #[cfg(target_arch = "x86_64")]
    (libc::SYS_modify_ldt, "modify_ldt"),
];

/// Wait for the supervisor, which notes them and lets them go on, or answers for a network that is not there.
const REPORTED: &[libc::c_long] =
    &[libc::SYS_execve, libc::SYS_execveat, libc::SYS_connect, libc::SYS_sendmmsg];

/// Socket families that namespaces contain.
const FAMILIES: [i32; 4] = [libc::AF_UNIX, libc::AF_INET, libc::AF_INET6, libc::AF_NETLINK];

/// Requests of ioctl(2) that put words into a terminal's input or take over the console.
pub(super) const TERMINAL_INPUT: [(u64, &str); 3] =
    [(libc::TIOCSTI, "TIOCSTI"), (libc::TIOCLINUX, "TIOCLINUX"), (libc::TIOCCONS, "TIOCCONS")];

/// Whether the filter reports programs, connections and refusals to the supervisor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reporting {
    /// All but one kind of message: the one that hands the listener over, after the filter is in place. Its
    /// descriptor has this word in the half of the register that the kernel does not look at; no program
    /// that comes later knows it.
    On {
        pass: u32,
        files: Files,
    },
    Off,
}

/// Which calls on files wait for the supervisor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Files {
    None,
    /// Those that may change something, and those that only the owner of a file may do.
    Changed,
}

/// Flags of open(2) that write, make something, or are for the owner only.
const OPENS_TO_CHANGE: i32 =
    libc::O_WRONLY | libc::O_RDWR | libc::O_CREAT | libc::O_TRUNC | libc::O_NOATIME;

impl Reporting {
    /// Returns what a refused call meets: the supervisor, which answers with an error, or that error itself.
    fn refusal(self, alone: u32) -> Instruction {
        step(
            RETURN,
            match self {
                Self::On { .. } => libc::SECCOMP_RET_USER_NOTIF,
                Self::Off => alone,
            },
        )
    }
}

fn step(code: u16, k: u32) -> Instruction {
    Instruction { code, jt: 0, jf: 0, k }
}

fn jump(code: u16, k: u32, jt: u8, jf: u8) -> Instruction {
    Instruction { code, jt, jf, k }
}

fn errno(errno: i32) -> u32 {
    libc::SECCOMP_RET_ERRNO | errno as u32
}

/// Returns the program. Each block tests one thing and either returns or falls through with the
/// call's number loaded.
///
/// Calls whose verdict is always "allow" never get here: the kernel keeps them in a bitmap (Linux 5.11). So the
/// calls that look at arguments come first, the most frequent of them at the very front.
pub(super) fn program(reporting: Reporting) -> Vec<Instruction> {
    let mut program = vec![
        step(LOAD, ARCHITECTURE),
        jump(EQUAL, OWN_ARCHITECTURE, 1, 0),
        reporting.refusal(libc::SECCOMP_RET_KILL_PROCESS),
        step(LOAD, NUMBER),
        jump(AT_LEAST, X32, 0, 1),
        reporting.refusal(errno(libc::ENOSYS)),
    ];
    if let Reporting::On { pass, .. } = reporting {
        // A datagram without an address goes where connect(2) was asked to go.
        program.extend([
            jump(EQUAL, libc::SYS_sendto as u32, 0, 6),
            step(LOAD, FIFTH_ARGUMENT),
            jump(EQUAL, 0, 0, 2),
            step(LOAD, FIFTH_ARGUMENT_HIGH),
            jump(EQUAL, 0, 1, 0),
            step(RETURN, libc::SECCOMP_RET_USER_NOTIF),
            step(RETURN, libc::SECCOMP_RET_ALLOW),
            // The address of a message lies in memory.
            jump(EQUAL, libc::SYS_sendmsg as u32, 0, 4),
            step(LOAD, FIRST_ARGUMENT_HIGH),
            jump(EQUAL, pass, 1, 0),
            step(RETURN, libc::SECCOMP_RET_USER_NOTIF),
            step(RETURN, libc::SECCOMP_RET_ALLOW),
        ]);
    }
    let mut requests: Vec<u32> = TERMINAL_INPUT.map(|(request, _)| request as u32).into();
    let files = matches!(reporting, Reporting::On { files: Files::Changed, .. });
    if files {
        requests.extend(ATTRIBUTE_REQUESTS);
        changes_of_files(&mut program);
    }
    program.push(jump(EQUAL, libc::SYS_ioctl as u32, 0, requests.len() as u8 + 3));
    program.push(step(LOAD, SECOND_ARGUMENT));
    for (at, request) in requests.iter().enumerate() {
        let to_refusal = (requests.len() - 1 - at) as u8;
        let past_refusal = u8::from(at + 1 == requests.len());
        program.push(jump(EQUAL, *request, to_refusal, past_refusal));
    }
    program.push(reporting.refusal(errno(libc::EPERM)));
    program.push(step(RETURN, libc::SECCOMP_RET_ALLOW));
    program.extend([
        // clone3 hides its flags in memory; without it C libraries use clone.
        jump(EQUAL, libc::SYS_clone3 as u32, 0, 1),
        step(RETURN, errno(libc::ENOSYS)),
        jump(EQUAL, libc::SYS_clone as u32, 0, 4),
        step(LOAD, FIRST_ARGUMENT),
        jump(ANY_BIT, NEW_NAMESPACES, 0, 1),
        reporting.refusal(errno(libc::EPERM)),
        step(RETURN, libc::SECCOMP_RET_ALLOW),
    ]);
    for call in [libc::SYS_socket, libc::SYS_socketpair] {
        program.push(jump(EQUAL, call as u32, 0, FAMILIES.len() as u8 + 3));
        program.push(step(LOAD, FIRST_ARGUMENT));
        for (at, family) in FAMILIES.iter().enumerate() {
            program.push(jump(EQUAL, *family as u32, (FAMILIES.len() - at) as u8, 0));
        }
        program.push(reporting.refusal(errno(libc::EAFNOSUPPORT)));
        program.push(step(RETURN, libc::SECCOMP_RET_ALLOW));
    }
    if reporting != Reporting::Off {
        for call in REPORTED {
            program.push(jump(EQUAL, *call as u32, 0, 1));
            program.push(step(RETURN, libc::SECCOMP_RET_USER_NOTIF));
        }
    }
    if files {
        for (call, _) in LOOKED_AT.iter().filter(|(_, does)| is_reported(*does)) {
            program.push(jump(EQUAL, *call as u32, 0, 1));
            program.push(step(RETURN, libc::SECCOMP_RET_USER_NOTIF));
        }
    }
    for (call, _) in REFUSED {
        program.push(jump(EQUAL, *call as u32, 0, 1));
        program.push(reporting.refusal(errno(libc::EPERM)));
    }
    program.push(step(RETURN, libc::SECCOMP_RET_ALLOW));
    program
}

/// Adds the calls on files whose arguments tell that nothing is to be asked.
fn changes_of_files(program: &mut Vec<Instruction>) {
    let tell = || step(RETURN, libc::SECCOMP_RET_USER_NOTIF);
    let allow = || step(RETURN, libc::SECCOMP_RET_ALLOW);
    for (call, does) in LOOKED_AT {
        let Does::Open(_, Flags::Argument(at)) = does else { continue };
        program.extend([
            jump(EQUAL, *call as u32, 0, 4),
            step(LOAD, argument(*at)),
            jump(ANY_BIT, OPENS_TO_CHANGE as u32, 0, 1),
            tell(),
            allow(),
        ]);
    }
    program.extend([
        jump(EQUAL, libc::SYS_fcntl as u32, 0, 6),
        step(LOAD, SECOND_ARGUMENT),
        jump(EQUAL, libc::F_SETFL as u32, 0, 3),
        step(LOAD, THIRD_ARGUMENT),
        jump(ANY_BIT, libc::O_NOATIME as u32, 0, 1),
        tell(),
        allow(),
    ]);
    for (call, does) in LOOKED_AT {
        let Does::About(_, About::Times { at, .. }) = does else { continue };
        // Without times, now is meant, for which it is enough that one may write.
        program.extend([
            jump(EQUAL, *call as u32, 0, 6),
            step(LOAD, argument(*at)),
            jump(EQUAL, 0, 0, 2),
            step(LOAD, argument(*at) + 4),
            jump(EQUAL, 0, 1, 0),
            tell(),
            allow(),
        ]);
    }
}

/// Returns the place of the lower half of an argument.
fn argument(at: usize) -> u32 {
    FIRST_ARGUMENT + 8 * at as u32
}

/// Tells whether every such call is reported, whatever its arguments are.
fn is_reported(does: Does) -> bool {
    match does {
        Does::Open(_, Flags::Argument(_)) | Does::About(_, About::Times { .. }) => false,
        Does::Open(_, Flags::Create | Flags::Memory(_))
        | Does::Names(..)
        | Does::Moves(..)
        | Does::Length(_)
        | Does::About(_, About::Mode(_) | About::Owner(_) | About::Attributes)
        | Does::Bind => true,
        Does::Process(_)
        | Does::Forks
        | Does::Starts(..)
        | Does::Socket
        | Does::Connect(..)
        | Does::Lock
        | Does::Ioctl
        | Does::Change(_)
        | Does::Shared(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Interprets the program as the kernel would.
    fn verdict(
        reporting: Reporting,
        (architecture, number): (u32, u32),
        arguments: [u64; 6],
    ) -> u32 {
        let program = program(reporting);
        let (mut at, mut loaded) = (0, 0);
        loop {
            let one = program[at];
            at += 1;
            let take = match one.code {
                LOAD => {
                    loaded = match one.k {
                        NUMBER => number,
                        ARCHITECTURE => architecture,
                        place => {
                            let argument = arguments[(place - FIRST_ARGUMENT) as usize / 8];
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
        let error = |number: i32| errno(number);
        let (allow, tell) = (libc::SECCOMP_RET_ALLOW, libc::SECCOMP_RET_USER_NOTIF);
        let kill = libc::SECCOMP_RET_KILL_PROCESS;
        let own = OWN_ARCHITECTURE;
        let family = error(libc::EAFNOSUPPORT);
        // Architecture, call, first, second and fifth argument; the verdict with reports and without.
        let table = [
            (own, libc::SYS_write, 1, 0, 0, allow, allow),
            (own, libc::SYS_mount, 0, 0, 0, tell, error(libc::EPERM)),
            (own, libc::SYS_clone3, 0, 0, 0, error(libc::ENOSYS), error(libc::ENOSYS)),
            (own, libc::SYS_clone, i64::from(libc::SIGCHLD), 0, 0, allow, allow),
            (own, libc::SYS_clone, i64::from(libc::CLONE_NEWUSER), 0, 0, tell, error(libc::EPERM)),
            (own, libc::SYS_socket, i64::from(libc::AF_UNIX), 0, 0, allow, allow),
            (own, libc::SYS_socket, i64::from(libc::AF_NETLINK), 0, 0, allow, allow),
            (own, libc::SYS_socket, i64::from(libc::AF_VSOCK), 0, 0, tell, family),
            (own, libc::SYS_socketpair, i64::from(libc::AF_UNIX), 0, 0, allow, allow),
            (own, libc::SYS_socketpair, i64::from(libc::AF_TIPC), 0, 0, tell, family),
            (own, libc::SYS_ioctl, 0, libc::TIOCSTI as i64, 0, tell, error(libc::EPERM)),
            (own, libc::SYS_ioctl, 0, libc::TIOCCONS as i64, 0, tell, error(libc::EPERM)),
            (own, libc::SYS_ioctl, 0, libc::TCGETS as i64, 0, allow, allow),
            (own, libc::SYS_connect, 3, 0, 0, tell, allow),
            (own, libc::SYS_sendto, 3, 0, 0, allow, allow),
            (own, libc::SYS_sendto, 3, 0, 0x1000, tell, allow),
            (own, libc::SYS_sendto, 3, 0, 0x7f00_0000_0000, tell, allow),
            (own, libc::SYS_sendmsg, 3, 0, 0, tell, allow),
            (own, libc::SYS_sendmsg, (8 << 32) | 3, 0, 0, tell, allow),
            (own, libc::SYS_sendmsg, (7 << 32) | 3, 0, 0, allow, allow),
            (own, libc::SYS_write | i64::from(X32), 0, 0, 0, tell, error(libc::ENOSYS)),
            (0x4000_0003, libc::SYS_write, 0, 0, 0, tell, kill),
        ];
        for (architecture, number, first, second, fifth, with, without) in table {
            for (reporting, expected) in
                [(Reporting::On { pass: 7, files: Files::None }, with), (Reporting::Off, without)]
            {
                let call = (architecture, number as u32);
                let arguments = [first as u64, second as u64, 0, 0, fifth, 0];
                let got = verdict(reporting, call, arguments);
                assert_eq!(got, expected, "call {number} with {first}, {second}, {fifth:#x}");
            }
        }
    }

    #[test]
    fn of_calls_on_files_only_what_may_change_something_is_reported() {
        let (allow, tell) = (libc::SECCOMP_RET_ALLOW, libc::SECCOMP_RET_USER_NOTIF);
        let flags = |flags: i32| [0, 0, flags as u64, 0, 0, 0];
        let (set, time) = (libc::F_SETFL as u64, libc::O_NOATIME as u64);
        let table = [
            (libc::SYS_openat, flags(libc::O_RDONLY | libc::O_CLOEXEC), allow),
            (libc::SYS_openat, flags(libc::O_RDONLY | libc::O_NOATIME), tell),
            (libc::SYS_openat, flags(libc::O_WRONLY), tell),
            (libc::SYS_openat, flags(libc::O_CREAT), tell),
            (libc::SYS_openat2, [0; 6], tell),
            (libc::SYS_fcntl, [3, set, libc::O_NONBLOCK as u64, 0, 0, 0], allow),
            (libc::SYS_fcntl, [3, set, time, 0, 0, 0], tell),
            (libc::SYS_fcntl, [3, libc::F_DUPFD as u64, time, 0, 0, 0], allow),
            (libc::SYS_utimensat, [3, 0, 0, 0, 0, 0], allow),
            (libc::SYS_utimensat, [3, 0, 0x1000, 0, 0, 0], tell),
            (libc::SYS_utimensat, [3, 0, 1 << 32, 0, 0, 0], tell),
            (libc::SYS_ioctl, [3, 0x4008_6602, 0, 0, 0, 0], tell),
            (libc::SYS_ioctl, [3, libc::TCGETS, 0, 0, 0, 0], allow),
            (libc::SYS_fchmodat, [0; 6], tell),
            (libc::SYS_fchownat, [0; 6], tell),
            (libc::SYS_fsetxattr, [0; 6], tell),
            (libc::SYS_renameat2, [0; 6], tell),
            (libc::SYS_unlinkat, [0; 6], tell),
            (libc::SYS_mkdirat, [0; 6], tell),
            (libc::SYS_newfstatat, [0; 6], allow),
            (libc::SYS_getdents64, [0; 6], allow),
            (libc::SYS_kill, [0; 6], allow),
            (libc::SYS_mount, [0; 6], tell),
        ];
        for (call, arguments, expected) in table {
            let reporting = Reporting::On { pass: 7, files: Files::Changed };
            let got = verdict(reporting, (OWN_ARCHITECTURE, call as u32), arguments);
            assert_eq!(got, expected, "call {call} with {arguments:?}");
        }
    }
}
