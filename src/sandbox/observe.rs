//! Answers the calls that the system call filter reports, and keeps what they tell.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::net::SocketAddr;
use std::os::fd::BorrowedFd;

use super::destination::{self, Call, Destination};
use super::exact::Gone;
use super::memory;
use super::names::Names;
use super::program::{self, Program};
use super::protocol::{Connected, End, Executed};
use super::refused::refusal;
use super::rights::Rights;
use super::standins;
use super::sys::{self, Waiting};

/// More of a kind than this is only counted.
const LISTED: usize = 2_000;
/// Bytes of arguments that are kept; then programs are only counted.
const KEPT: usize = 4 << 20;

/// Messages of one sendmmsg(2) that are looked at.
const MESSAGES: usize = 64;
/// Size of `struct mmsghdr`; its first part is a `struct msghdr`, which begins with the address and its length.
const MESSAGE: usize = 64;

/// What was reported so far.
#[derive(Debug, Default)]
pub(super) struct Observer {
    pub(super) executed: Vec<Executed>,
    pub(super) connected: Vec<Connected>,
    pub(super) denied: Vec<String>,
    /// What was not listed because there is too much of it.
    pub(super) unlisted: u64,
    /// Tools with a stand-in among the programs that were not listed.
    pub(super) unlisted_tools: BTreeSet<&'static str>,
    kept: usize,
    seen: HashSet<String>,
    processes: HashMap<i32, Process>,
    ids: Ids,
    own_command: Vec<String>,
}

/// What is known of one process, by places in the list.
#[derive(Debug, Clone, Copy, Default)]
struct Process {
    /// The program that it is; told only where ends are followed.
    runs: Option<usize>,
    /// The program that it asked for last.
    tried: Option<usize>,
}

/// How processes are told apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Ids {
    /// By their ids outside.
    #[default]
    Outer,
    /// By their ids inside the run, as its first process knows them, which tells what becomes of them.
    Inner,
}

impl Observer {
    /// Starts; the command of the run itself is not listed.
    pub(super) fn new(own_command: Vec<String>, ids: Ids) -> Self {
        Self { own_command, ids, ..Self::default() }
    }

    /// Answers one waiting call and notes it.
    pub(super) fn answer_next(
        &mut self,
        listener: BorrowedFd<'_>,
        names: &Names,
        rights: Option<&mut Rights<'_>>,
    ) {
        let Ok(waiting) = sys::next_waiting(listener) else {
            return;
        };
        if let Some(refusal) = refusal(&waiting) {
            if refusal.deadly {
                sys::end_with_bad_call(waiting.pid);
            }
            let answered = sys::answer(listener, waiting.id, Some(refusal.errno)).is_ok();
            if let (true, Some(what)) = (answered || refusal.deadly, refusal.what)
                && self.is_new(&what, self.denied.len())
            {
                self.denied.push(what);
            }
            return;
        }
        match waiting.call as libc::c_long {
            libc::SYS_connect => {
                let to =
                    address(&waiting, waiting.arguments[1], waiting.arguments[2], Call::Connect);
                self.answer_destinations(listener, &waiting, &[to], names);
            }
            libc::SYS_sendto => {
                let to = address(&waiting, waiting.arguments[4], waiting.arguments[5], Call::Send);
                self.answer_destinations(listener, &waiting, &[to], names);
            }
            libc::SYS_sendmsg | libc::SYS_sendmmsg => {
                let to = message_addresses(&waiting);
                self.answer_destinations(listener, &waiting, &to, names);
            }
            libc::SYS_execve | libc::SYS_execveat => {
                let program = program::asked_for(&waiting);
                let id = match self.ids {
                    Ids::Outer => waiting.pid,
                    Ids::Inner => inner_id(waiting.pid).unwrap_or(0),
                };
                if sys::answer(listener, waiting.id, None).is_ok() {
                    self.started(id, program);
                }
            }
            _ => {
                let errno = rights.and_then(|rights| rights.refusal(&waiting));
                let _ = sys::answer(listener, waiting.id, errno);
            }
        }
    }

    /// Only what stays inside goes on; the rest meets a network that is not there.
    fn answer_destinations(
        &mut self,
        listener: BorrowedFd<'_>,
        waiting: &Waiting,
        to: &[Destination],
        names: &Names,
    ) {
        let mut leaves = false;
        let mut noted = Vec::new();
        for one in to {
            match one {
                Destination::Nowhere => {}
                Destination::Unix(name) => {
                    noted.push(Connected { destination: name.clone(), also: Vec::new() });
                }
                Destination::Ip(address) if asks_resolver(waiting, *address, names) => {}
                // A stream to port 0 is no service; a datagram socket is connected to it to learn
                // which address of one's own would be used (getaddrinfo(3), "Sorting").
                Destination::Ip(address)
                    if address.port() == 0 && waiting.call as libc::c_long == libc::SYS_connect =>
                {
                    leaves |= !destination::is_inside(address.ip());
                }
                Destination::Ip(address) => {
                    leaves |= !destination::is_inside(address.ip());
                    noted.push(names.spelled(*address));
                }
            }
        }
        let errno = leaves.then_some(libc::ENETUNREACH);
        if sys::answer(listener, waiting.id, errno).is_err() {
            return;
        }
        for connected in noted {
            if self.is_new(&connected.destination, self.connected.len()) {
                self.connected.push(connected);
            }
        }
    }

    /// Tells whether something was not seen before and has room in a list of `listed`.
    fn is_new(&mut self, what: &str, listed: usize) -> bool {
        if self.seen.contains(what) {
            return false;
        }
        if listed >= LISTED {
            self.unlisted += 1;
            return false;
        }
        self.seen.insert(what.to_owned());
        true
    }

    /// A search through `PATH` tries several files with one argument list: one start, or one failure.
    fn started(&mut self, id: i32, program: Program) {
        let Program { argv, file, errno } = program;
        if argv.is_empty() && file.is_none() {
            return;
        }
        if argv == self.own_command && self.executed.is_empty() && self.unlisted == 0 {
            return;
        }
        let ended = errno.map(|errno| End::NotStarted { errno });
        let process = self.processes.get(&id).copied().unwrap_or_default();
        if let Some(last) = process.tried.and_then(|at| self.executed.get_mut(at)) {
            if self.ids == Ids::Inner && !last.failed() {
                last.ended = Some(End::NotStarted { errno: 0 });
            }
            if last.argv == argv && last.failed() {
                (last.file, last.ended) = (file, ended);
                return;
            }
        }
        self.kept += argv.iter().map(String::len).sum::<usize>();
        if self.executed.len() >= LISTED || self.kept > KEPT {
            self.unlisted += 1;
            if let (Some(called), None) = (argv.first(), ended) {
                self.unlisted_tools.extend(standins::named(called));
            }
            self.processes.remove(&id);
            return;
        }
        self.processes.insert(id, Process { tried: Some(self.executed.len()), ..process });
        self.executed.push(Executed { argv, file, ended, cpu_ms: None });
    }

    /// Notes that a process became the program that it asked for.
    pub(super) fn confirmed(&mut self, id: i32) {
        let Some(process) = self.processes.get_mut(&id) else { return };
        *process = Process { runs: process.tried, tried: None };
        let now = process.runs.and_then(|at| self.executed.get_mut(at));
        if let Some(now) = now.filter(|now| now.failed()) {
            now.ended = None;
        }
    }

    /// Notes the end of a process.
    pub(super) fn ended(&mut self, gone: Gone) {
        let Some(process) = self.processes.remove(&gone.process) else { return };
        let tried = process.tried.and_then(|at| self.executed.get_mut(at));
        if let Some(tried) = tried.filter(|tried| !tried.failed()) {
            tried.ended = Some(End::NotStarted { errno: 0 });
        }
        if let Some(ran) = process.runs.and_then(|at| self.executed.get_mut(at)) {
            ran.cpu_ms = Some(gone.cpu_ms);
            ran.ended = Some(match gone.how {
                code @ 0.. => End::Code { code },
                signal => End::Signal { signal: -signal },
            });
        }
    }
}

/// Reads the address of a call, of the length that the program claims.
fn address(waiting: &Waiting, at: u64, length: u64, call: Call) -> Destination {
    let length = length as u32;
    let readable = u64::from(length).min(destination::LONGEST as u64);
    destination::read(&memory::bytes(waiting.pid, at, readable), length, call)
}

fn message_addresses(waiting: &Waiting) -> Vec<Destination> {
    let count = match waiting.call as libc::c_long {
        libc::SYS_sendmmsg => (waiting.arguments[2] as u32 as usize).min(MESSAGES),
        _ => 1,
    };
    let length = if count == 1 { 12 } else { count * MESSAGE };
    let raw = memory::bytes(waiting.pid, waiting.arguments[1], length as u64);
    raw.chunks(MESSAGE)
        .filter_map(|message| {
            let (at, rest) = message.split_first_chunk::<8>()?;
            let (length, _) = rest.split_first_chunk::<4>()?;
            let (at, length) = (u64::from_ne_bytes(*at), u32::from_ne_bytes(*length));
            (at != 0).then(|| address(waiting, at, length.into(), Call::Send))
        })
        .collect()
}

/// Questions to the sandbox's own resolver are listed by the name that is asked for.
fn asks_resolver(waiting: &Waiting, to: SocketAddr, names: &Names) -> bool {
    names.is_resolver(to)
        && (waiting.call as libc::c_long != libc::SYS_connect
            || sys::is_datagram_socket(waiting.pid, waiting.arguments[0] as i32))
}

/// The id of a process in its own namespace: the last of `NStgid` (proc_pid_status(5)).
fn inner_id(pid: i32) -> Option<i32> {
    #[allow(clippy::disallowed_methods)]
    let text = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("NStgid:"))?;
    line.split_ascii_whitespace().next_back()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn program(words: &str, errno: Option<i32>) -> Program {
        let argv = words.split(' ').map(str::to_owned).collect();
        Program { argv, file: None, errno }
    }

    #[test]
    fn a_search_through_the_path_is_one_start_and_each_end_finds_its_start() {
        let mut observer = Observer::new(vec!["sh".into()], Ids::Inner);
        let missing = Some(libc::ENOENT);
        observer.started(1, program("sh", None));
        observer.started(2, program("ls -l", missing));
        observer.started(2, program("ls -l", None));
        observer.started(3, program("nothing", missing));
        observer.started(3, program("nothing", missing));
        observer.started(4, program("env cat", None));
        observer.confirmed(4);
        observer.started(4, program("cat", None));
        observer.started(6, program("env", None));
        observer.confirmed(6);
        observer.started(6, program("no-interpreter", None));
        observer.started(7, program("no-interpreter2", None));
        observer.started(7, program("sh no-interpreter2", None));
        for id in [2, 4, 7] {
            observer.confirmed(id);
        }
        let ends = [(2, 2), (3, 127), (4, -9), (5, 1), (6, 126), (7, 0)];
        for (process, how) in ends {
            observer.ended(Gone { process, how, cpu_ms: 1 });
        }
        let got: Vec<_> =
            observer.executed.iter().map(|one| (one.argv.join(" "), one.ended)).collect();
        let expected = [
            ("ls -l", Some(End::Code { code: 2 })),
            ("nothing", Some(End::NotStarted { errno: libc::ENOENT })),
            ("env cat", None),
            ("cat", Some(End::Signal { signal: 9 })),
            ("env", Some(End::Code { code: 126 })),
            ("no-interpreter", Some(End::NotStarted { errno: 0 })),
            ("no-interpreter2", Some(End::NotStarted { errno: 0 })),
            ("sh no-interpreter2", Some(End::Code { code: 0 })),
        ];
        assert_eq!(got, expected.map(|(words, ended)| (words.to_owned(), ended)));
    }

    #[test]
    fn more_than_is_listed_is_counted() {
        let mut observer = Observer::default();
        for round in 0..2_500 {
            observer.started(round, program("true", None));
        }
        assert_eq!((observer.executed.len(), observer.unlisted), (2_000, 500));
        observer.started(1, program("/usr/bin/systemctl stop app", None));
        assert_eq!(observer.unlisted_tools, BTreeSet::from(["systemctl"]));
        let mut observer = Observer::default();
        for round in 0..2_000 {
            observer.started(round, program(&"x".repeat(4_096), None));
        }
        assert_eq!(observer.executed.len() + observer.unlisted as usize, 2_000);
        assert!(observer.executed.len() <= 1_024, "{}", observer.executed.len());
    }
}
