//! Words for system calls that are refused: what was asked for, in the terms of the command that asked.

use super::filter::{OWN_ARCHITECTURE, REFUSED, TERMINAL_INPUT, X32};
use super::memory;
use super::sys::Waiting;

/// A call that is refused: the error it meets, and its words; no words where a C library only asks what there is.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) errno: i32,
    pub(super) what: Option<String>,
    /// Whether the caller is ended: it cannot go on with an error.
    pub(super) deadly: bool,
}

/// Names of the socket families that are refused (socket(2), `bits/socket.h`).
const FAMILIES: &[(u64, &str)] = &[
    (4, "AF_IPX"),
    (5, "AF_APPLETALK"),
    (15, "AF_KEY"),
    (17, "AF_PACKET"),
    (21, "AF_RDS"),
    (24, "AF_PPPOX"),
    (29, "AF_CAN"),
    (30, "AF_TIPC"),
    (31, "AF_BLUETOOTH"),
    (38, "AF_ALG"),
    (40, "AF_VSOCK"),
    (44, "AF_XDP"),
];

/// Names of the flags that make namespaces (namespaces(7)).
const NAMESPACES: &[(i32, &str)] = &[
    (libc::CLONE_NEWNS, "mount"),
    (libc::CLONE_NEWCGROUP, "cgroup"),
    (libc::CLONE_NEWUTS, "uts"),
    (libc::CLONE_NEWIPC, "ipc"),
    (libc::CLONE_NEWUSER, "user"),
    (libc::CLONE_NEWPID, "pid"),
    (libc::CLONE_NEWNET, "net"),
    (0x80, "time"),
];

/// Returns what a waiting call is refused with; `None` for a call that may go on.
pub(super) fn refusal(waiting: &Waiting) -> Option<Refusal> {
    let refused = |errno, what: String| Some(Refusal { errno, what: Some(what), deadly: false });
    let number = waiting.call as u32;
    if waiting.architecture != OWN_ARCHITECTURE {
        let what = format!(
            "a program of another architecture ({}); it was killed",
            architecture(waiting.architecture)
        );
        return Some(Refusal { errno: libc::ENOSYS, what: Some(what), deadly: true });
    }
    if number == u32::MAX {
        return Some(Refusal { errno: libc::ENOSYS, what: None, deadly: false });
    }
    if number >= X32 {
        return refused(libc::ENOSYS, format!("x32 system call {}", number - X32));
    }
    let first = waiting.arguments[0];
    match libc::c_long::from(waiting.call as i32) {
        libc::SYS_socket | libc::SYS_socketpair => {
            let family = first & 0xffff_ffff;
            let known = FAMILIES.iter().find(|(number, _)| *number == family);
            let name = known.map_or_else(|| family.to_string(), |(_, name)| (*name).to_owned());
            refused(libc::EAFNOSUPPORT, format!("a socket of family {name}"))
        }
        libc::SYS_ioctl => {
            let request = waiting.arguments[1] & 0xffff_ffff;
            let (_, name) = TERMINAL_INPUT.iter().find(|(number, _)| *number == request)?;
            refused(libc::EPERM, format!("ioctl {name} on a terminal"))
        }
        libc::SYS_clone => refused(libc::EPERM, format!("a new process in {}", namespaces(first))),
        call => {
            let (_, name) = REFUSED.iter().find(|(number, _)| *number == call)?;
            let details = details(call, waiting);
            let colon = if details.is_empty() { "" } else { ": " };
            refused(libc::EPERM, format!("system call {name}{colon}{details}"))
        }
    }
}

fn architecture(audit: u32) -> String {
    match audit {
        0x4000_0003 => "i386".to_owned(),
        0xC000_003E => "x86-64".to_owned(),
        0x4000_0028 => "arm".to_owned(),
        0xC000_00B7 => "aarch64".to_owned(),
        other => format!("{other:#x}"),
    }
}

fn namespaces(flags: u64) -> String {
    let named = NAMESPACES.iter().filter(|(flag, _)| flags & *flag as u64 != 0);
    let names: Vec<&str> = named.map(|(_, name)| *name).collect();
    match names.as_slice() {
        [] => "no new namespace".to_owned(),
        [one] => format!("a new {one} namespace"),
        many => format!("new {} namespaces", many.join(", ")),
    }
}

/// The arguments, where they tell more than the name.
fn details(call: libc::c_long, waiting: &Waiting) -> String {
    let text = |at: usize| memory::text(waiting.pid, waiting.arguments[at], 512);
    let bytes = |at: usize, length: usize| {
        memory::bytes(waiting.pid, waiting.arguments[at], waiting.arguments[length].min(256))
    };
    match call {
        libc::SYS_mount => match (text(0).as_str(), text(2).as_str()) {
            ("", "") => text(1),
            ("", kind) => format!("{kind} on {}", text(1)),
            (source, "") => format!("{source} on {}", text(1)),
            (source, kind) => format!("{source} on {} ({kind})", text(1)),
        },
        libc::SYS_umount2 | libc::SYS_swapon | libc::SYS_swapoff | libc::SYS_acct => text(0),
        libc::SYS_fsopen => text(0),
        libc::SYS_pivot_root | libc::SYS_open_tree | libc::SYS_name_to_handle_at => text(1),
        libc::SYS_move_mount => format!("{} to {}", text(1), text(3)),
        libc::SYS_quotactl => text(1),
        libc::SYS_sethostname | libc::SYS_setdomainname => {
            String::from_utf8_lossy(&bytes(0, 1)).into_owned()
        }
        libc::SYS_unshare => namespaces(waiting.arguments[0]),
        libc::SYS_setns => match waiting.arguments[1] {
            0 => String::new(),
            flags => namespaces(flags).replace("new ", "another "),
        },
        libc::SYS_delete_module => text(0),
        libc::SYS_reboot => match waiting.arguments[2] as u32 {
            0x0123_4567 => "restart".to_owned(),
            0x4321_fedc => "power off".to_owned(),
            0xcdef_0123 => "halt".to_owned(),
            0x4558_4543 => "start another kernel".to_owned(),
            other => format!("{other:#x}"),
        },
        libc::SYS_ptrace | libc::SYS_process_vm_readv | libc::SYS_process_vm_writev => {
            let at = usize::from(call == libc::SYS_ptrace);
            match waiting.arguments[at] as i32 {
                0 => String::new(),
                pid => format!("process {pid}"),
            }
        }
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn waiting(architecture: u32, call: i64, first: u64, second: u64) -> Waiting {
        let arguments = [first, second, 0, 0, 0, 0];
        Waiting { id: 0, pid: 0, architecture, call, arguments }
    }

    #[test]
    fn each_refusal_has_its_error_and_its_words() {
        let own = OWN_ARCHITECTURE;
        let new = (libc::CLONE_NEWUSER | libc::CLONE_NEWNS) as u64;
        let table = [
            (own, libc::SYS_socket, 40, 1, libc::EAFNOSUPPORT, "a socket of family AF_VSOCK"),
            (own, libc::SYS_socketpair, 99, 1, libc::EAFNOSUPPORT, "a socket of family 99"),
            (own, libc::SYS_ioctl, 0, libc::TIOCSTI, libc::EPERM, "ioctl TIOCSTI on a terminal"),
            (
                own,
                libc::SYS_clone,
                new,
                0,
                libc::EPERM,
                "a new process in new mount, user namespaces",
            ),
            (
                own,
                libc::SYS_unshare,
                libc::CLONE_NEWNET as u64,
                0,
                libc::EPERM,
                "system call unshare: a new net namespace",
            ),
            (own, libc::SYS_bpf, 0, 0, libc::EPERM, "system call bpf"),
            (own, 0x4000_0001, 0, 0, libc::ENOSYS, "x32 system call 1"),
            (
                0x4000_0003,
                4,
                0,
                0,
                libc::ENOSYS,
                "a program of another architecture (i386); it was killed",
            ),
        ];
        for (architecture, call, first, second, errno, what) in table {
            let got = refusal(&waiting(architecture, call, first, second)).unwrap();
            assert_eq!((got.errno, got.what.as_deref()), (errno, Some(what)));
            assert_eq!(got.deadly, architecture != own);
        }
        assert_eq!(refusal(&waiting(own, libc::SYS_execve, 0, 0)), None);
        assert_eq!(refusal(&waiting(own, 0xffff_ffff, 0, 0)).unwrap().what, None);
    }
}
