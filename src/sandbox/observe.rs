//! Reads what the system call filter reports: programs started, destinations tried, calls refused.

use std::collections::HashSet;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::os::fd::BorrowedFd;

use super::filter::REFUSED;
use super::sys::{self, Waiting};

/// More of a kind than this is not listed.
const LISTED: usize = 2_000;
const ARGUMENTS: usize = 64;
const ARGUMENT_BYTES: usize = 4_096;

/// What was reported so far.
#[derive(Debug, Default)]
pub(super) struct Observer {
    pub(super) executed: Vec<Vec<String>>,
    pub(super) connected: Vec<String>,
    pub(super) denied: Vec<String>,
    seen: HashSet<String>,
    last_start: Option<(i32, Vec<String>)>,
    own_command: Vec<String>,
}

impl Observer {
    /// Starts; the command of the run itself is not listed.
    pub(super) fn new(own_command: Vec<String>) -> Self {
        Self { own_command, ..Self::default() }
    }

    /// Answers one waiting call and notes it.
    pub(super) fn answer_next(&mut self, listener: BorrowedFd<'_>) {
        let Ok(waiting) = sys::next_waiting(listener) else {
            return;
        };
        let call = waiting.call as libc::c_long;
        if call == libc::SYS_connect {
            let (destination, errno) = destination(&waiting);
            if sys::answer(listener, waiting.id, errno).is_ok()
                && let Some(destination) = destination
            {
                note(&mut self.seen, &mut self.connected, destination);
            }
        } else if let Some((_, name)) = REFUSED.iter().find(|(number, _)| *number == call) {
            if sys::answer(listener, waiting.id, Some(libc::EPERM)).is_ok() {
                note(&mut self.seen, &mut self.denied, format!("system call {name}"));
            }
        } else {
            let at = if call == libc::SYS_execveat { 2 } else { 1 };
            let argv = arguments(waiting.pid, waiting.arguments[at]);
            if sys::answer(listener, waiting.id, None).is_ok() {
                self.started(waiting.pid, argv);
            }
        }
    }

    /// A search through `PATH` tries several files with one argument list: one start.
    fn started(&mut self, pid: i32, argv: Vec<String>) {
        let again = self.last_start.as_ref().is_some_and(|last| last.0 == pid && last.1 == argv);
        if argv.is_empty() || again || argv == self.own_command {
            return;
        }
        if self.executed.len() < LISTED {
            self.executed.push(argv.clone());
        }
        self.last_start = Some((pid, argv));
    }
}

fn note(seen: &mut HashSet<String>, list: &mut Vec<String>, what: String) {
    if list.len() < LISTED && seen.insert(what.clone()) {
        list.push(what);
    }
}

/// Returns the destination as people write it, and the answer: only what stays inside goes on.
fn destination(waiting: &Waiting) -> (Option<String>, Option<i32>) {
    let mut raw = [0_u8; 128];
    let length = (waiting.arguments[2] as usize).min(raw.len());
    let got = sys::read_memory(waiting.pid, waiting.arguments[1], &mut raw[..length]);
    describe(&raw[..got])
}

pub(super) fn describe(raw: &[u8]) -> (Option<String>, Option<i32>) {
    let unreachable = Some(libc::ENETUNREACH);
    let Some((family, rest)) = raw.split_first_chunk::<2>() else {
        return (None, None);
    };
    let (address, mapped) = match i32::from(u16::from_ne_bytes(*family)) {
        libc::AF_UNIX => return (unix(rest), None),
        libc::AF_INET if rest.len() >= 6 => {
            let ip = Ipv4Addr::new(rest[2], rest[3], rest[4], rest[5]);
            (SocketAddr::from((ip, port(rest))), ip.is_loopback() || ip.is_unspecified())
        }
        libc::AF_INET6 if rest.len() >= 22 => {
            let bytes: [u8; 16] = rest[6..22].try_into().unwrap_or_default();
            let ip = Ipv6Addr::from(bytes);
            let inside = ip
                .to_ipv4_mapped()
                .map_or(ip.is_loopback() || ip.is_unspecified(), |ip| ip.is_loopback());
            (SocketAddr::from((ip, port(rest))), inside)
        }
        _ => return (None, None),
    };
    (Some(address.to_string()), if mapped { None } else { unreachable })
}

fn port(after_family: &[u8]) -> u16 {
    u16::from_be_bytes([after_family[0], after_family[1]])
}

/// A path ends at its first NUL; an abstract name (unix(7)) begins with one and is shown with `@`.
fn unix(raw: &[u8]) -> Option<String> {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let named = match raw.split_first()? {
        (0, name) => format!("unix:@{}", text(name)),
        _ => format!("unix:{}", text(raw.split(|byte| *byte == 0).next()?)),
    };
    // Every C library asks for the name service cache first; nobody asked for that.
    (!named.ends_with("/nscd/socket")).then_some(named)
}

pub(super) fn arguments(pid: i32, list: u64) -> Vec<String> {
    let mut found = Vec::new();
    for index in 0..ARGUMENTS as u64 {
        let mut pointer = [0_u8; 8];
        let got = sys::read_memory(pid, list.wrapping_add(index * 8), &mut pointer);
        let address = u64::from_ne_bytes(pointer);
        if got < 8 || address == 0 {
            break;
        }
        found.push(text(pid, address));
    }
    found
}

fn text(pid: i32, address: u64) -> String {
    let mut bytes = vec![0_u8; ARGUMENT_BYTES];
    let mut got = 0;
    while got < bytes.len() {
        let end = (got + 256).min(bytes.len());
        let read = sys::read_memory(pid, address.wrapping_add(got as u64), &mut bytes[got..end]);
        let fresh = &bytes[got..got + read];
        if let Some(end) = fresh.iter().position(|byte| *byte == 0) {
            bytes.truncate(got + end);
            return String::from_utf8_lossy(&bytes).into_owned();
        }
        got += read;
        if read == 0 {
            break;
        }
    }
    bytes.truncate(got);
    format!("{}…", String::from_utf8_lossy(&bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_destinations_inside_the_sandbox_go_on() {
        let v4 = |ip: [u8; 4]| {
            let mut raw = (libc::AF_INET as u16).to_ne_bytes().to_vec();
            raw.extend([0x15, 0x38]);
            raw.extend(ip);
            raw
        };
        let unix = |name: &[u8]| [&(libc::AF_UNIX as u16).to_ne_bytes(), name].concat();
        let table = [
            (v4([127, 0, 0, 1]), Some("127.0.0.1:5432"), None),
            (v4([10, 1, 2, 3]), Some("10.1.2.3:5432"), Some(libc::ENETUNREACH)),
            (unix(b"/run/x.sock\0rest"), Some("unix:/run/x.sock"), None),
            (unix(b"\0abstract"), Some("unix:@abstract"), None),
            (unix(b"/var/run/nscd/socket\0"), None, None),
            (vec![1], None, None),
            (v4([10, 1, 2, 3])[..4].to_vec(), None, None),
        ];
        for (raw, destination, errno) in table {
            assert_eq!(describe(&raw), (destination.map(str::to_owned), errno), "{raw:?}");
        }
    }
}
