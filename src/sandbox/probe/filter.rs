//! The system call filter of a probed command: which calls are looked at.

use super::super::calls::LOOKED_AT;
use super::super::filter::{
    ANY_BIT, AT_LEAST, EQUAL, LOAD, OWN_ARCHITECTURE, REFUSED, RETURN, X32,
};
use super::super::sys::Instruction;

/// No call beyond this one is known here, so none is let through.
const NEWEST: u32 = 470;

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
    use super::super::super::calls;
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
    fn what_changes_the_host_is_not_only_refused() {
        let changes = calls::meaning(libc::SYS_mount);
        assert!(changes.is_some() && refused(libc::SYS_mount).is_some());
        assert!(refused(libc::SYS_keyctl).is_some() && calls::meaning(libc::SYS_keyctl).is_none());
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
}
