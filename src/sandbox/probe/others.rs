//! What a call would do to other processes and other programs: signals, priorities, sockets, shared objects.

use std::path::Path;

use rustix::io::Errno;

use super::super::calls::Process;
use super::super::destination::{self, Call, Destination};
use super::super::memory;
use super::super::sys::Waiting;
use super::family;
use super::judge::Verdict::{self, Fails, GoOn, Refused, Stop};
use super::judge::{self, Judge};
use super::place::{Found, Last, Named, find};

impl Judge {
    pub(super) fn process(&self, call: &Waiting, process: Process) -> Verdict {
        let own = |pid: i32| pid == call.pid || family::descends(pid, self.guard);
        let first = call.arguments[0] as i32;
        let alive = |pid: i32| Path::new(&format!("/proc/{pid}")).exists();
        match process {
            Process::Kill => {
                let signal = call.arguments[1] as i32;
                let what = format!("would send signal {signal} to");
                match first {
                    0 => GoOn,
                    -1 => Stop(format!("{what} every process")),
                    pid if pid > 0 => {
                        if own(pid) || !alive(pid) || signal == 0 {
                            GoOn
                        } else if !may_signal(pid) {
                            Fails(Errno::PERM)
                        } else {
                            Stop(format!("{what} process {pid}"))
                        }
                    }
                    group => {
                        let group = group.saturating_neg();
                        if family::group_descends(group, self.guard) || signal == 0 {
                            GoOn
                        } else {
                            Stop(format!("{what} process group {group}"))
                        }
                    }
                }
            }
            Process::Signal => {
                if own(first) || !alive(first) {
                    GoOn
                } else if !may_signal(first) {
                    Fails(Errno::PERM)
                } else {
                    Stop(format!("would send a signal to process {first}"))
                }
            }
            Process::Priority => {
                let (process, who) = (0, call.arguments[1] as i32);
                // ioprio_set(2) counts its kinds from 1.
                let which = first - i32::from(call.call == libc::SYS_ioprio_set);
                if which == process && (who == 0 || own(who)) {
                    GoOn
                } else if which == process && !may_signal(who) {
                    Fails(Errno::PERM)
                } else {
                    Stop(format!("would change the priority of {who}"))
                }
            }
            Process::Schedule | Process::Limits => {
                let asks = process == Process::Limits && call.arguments[2] == 0;
                if asks || first == 0 || own(first) || !alive(first) {
                    GoOn
                } else if !may_signal(first) {
                    Fails(Errno::PERM)
                } else {
                    let what = match process {
                        Process::Limits => "limits",
                        Process::Schedule | Process::Kill | Process::Signal | Process::Priority => {
                            "scheduling"
                        }
                    };
                    Stop(format!("would change the {what} of process {first}"))
                }
            }
        }
    }

    pub(super) fn binds(&self, call: &Waiting) -> Verdict {
        let (to, _) = address_of(call, 1, 2);
        match to.as_deref().map(|to| (to, to.strip_prefix("unix:"))) {
            None => Fails(Errno::INVAL),
            Some((_, Some(name))) if name.starts_with('@') || name.is_empty() => {
                Refused("listening on an abstract socket".to_owned(), Errno::PERM)
            }
            Some((_, Some(path))) => {
                match find(call.pid, libc::AT_FDCWD, path.as_bytes(), Last::Keep) {
                    Named { found: Found::Nothing { parent, .. }, .. } if self.inside(&parent) => {
                        Refused("listening on a socket".to_owned(), Errno::PERM)
                    }
                    Named { found: Found::Nothing { .. }, shown } => {
                        Stop(format!("would make the socket {}", judge::shown(&shown)))
                    }
                    Named { found: Found::Something { .. }, .. } => Fails(Errno::ADDRINUSE),
                    Named { found: Found::Nowhere(errno), .. } => Fails(errno),
                }
            }
            Some((to, None)) => Stop(format!("would listen on {to}")),
        }
    }
}

/// Tells whether the host would let the caller do something to a process (kill(2) with no signal).
fn may_signal(pid: i32) -> bool {
    let pid = rustix::process::Pid::from_raw(pid);
    pid.is_some_and(|pid| rustix::process::test_kill_process(pid).is_ok())
}

/// Asks about System V objects without changing them (ipcs).
pub(super) fn asks_only(call: &Waiting) -> bool {
    let (second, third) = (call.arguments[1] as i32 & 0xff, call.arguments[2] as i32 & 0xff);
    match call.call {
        libc::SYS_shmctl => !matches!(second, 0 | 1 | 11 | 12),
        libc::SYS_msgctl => !matches!(second, 0 | 1),
        libc::SYS_semctl => !matches!(third, 0 | 1 | 16 | 17),
        _ => false,
    }
}

/// Only what stays inside, and streams, whose connecting is answered: a datagram needs no connecting.
pub(super) fn socket(family: u64, kind: u64, protocol: u64, call: i64) -> Verdict {
    let (family, kind) = (family as i32, kind as i32 & 0xf);
    let stream = kind == libc::SOCK_STREAM;
    match family {
        libc::AF_UNIX if stream || kind == libc::SOCK_SEQPACKET => GoOn,
        libc::AF_INET | libc::AF_INET6
            if stream && matches!(protocol, 0 | 6) && call == libc::SYS_socket =>
        {
            GoOn
        }
        libc::AF_UNIX => Refused("a datagram socket".to_owned(), Errno::ACCESS),
        libc::AF_INET | libc::AF_INET6 => {
            Refused("a datagram or raw socket (names are not resolved)".to_owned(), Errno::ACCESS)
        }
        _ => Fails(Errno::AFNOSUPPORT),
    }
}

/// There is no network of its own here, so nothing is connected, not even on this machine.
pub(super) fn address_of(call: &Waiting, address: usize, length: usize) -> (Option<String>, Errno) {
    let length = call.arguments[length] as u32;
    let readable = u64::from(length).min(destination::LONGEST as u64);
    let raw = memory::bytes(call.pid, call.arguments[address], readable);
    match destination::read(&raw, length, Call::Connect) {
        Destination::Nowhere => (None, Errno::CONNREFUSED),
        Destination::Unix(name) => (Some(name), Errno::CONNREFUSED),
        Destination::Ip(to) if destination::is_inside(to.ip()) => {
            (Some(to.to_string()), Errno::CONNREFUSED)
        }
        Destination::Ip(to) => (Some(to.to_string()), Errno::NETUNREACH),
    }
}
