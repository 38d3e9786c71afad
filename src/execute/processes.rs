//! Processes as the kernel shows them in `/proc`: who they are, whose children they are, and how to end all of them.

use std::collections::{HashMap, HashSet};
use std::fs;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, WaitOptions, kill_process, waitpid};

use crate::evidence::Process;

/// Returns the identity of a living process; a zombie does not live.
pub fn identity(pid: u32) -> Option<Process> {
    let stat = stat(pid)?;
    let boot = boot();
    (stat.state != 'Z' && stat.state != 'X').then_some(Process {
        pid,
        start_time: stat.start_time,
        boot,
    })
}

/// Tells whether exactly this process still lives.
pub fn lives(process: &Process) -> bool {
    identity(process.pid).as_ref() == Some(process)
}

/// Returns every process below `root`, itself not included; zombies do not count.
///
/// A process that leaves its group or its session is found all the same: it stays a child, or becomes one again when
/// its parent ends, because `root` is a subreaper (prctl(2), PR_SET_CHILD_SUBREAPER).
pub fn below(root: u32) -> Vec<u32> {
    let mut children: HashMap<u32, Vec<(u32, char)>> = HashMap::new();
    for pid in all() {
        if let Some(stat) = stat(pid) {
            children.entry(stat.parent).or_default().push((pid, stat.state));
        }
    }
    let (mut found, mut seen, mut next) = (vec![], HashSet::new(), vec![root]);
    while let Some(parent) = next.pop() {
        for (pid, state) in children.get(&parent).into_iter().flatten() {
            if seen.insert(*pid) {
                next.push(*pid);
                if *state != 'Z' && *state != 'X' {
                    found.push(*pid);
                }
            }
        }
    }
    found
}

/// Returns the processes whose environment holds `marker` (`NAME=value`), as far as they may be looked at.
pub fn marked(marker: &str) -> Vec<u32> {
    let holds = |pid: &u32| {
        let environment = fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
        environment.split(|byte| *byte == 0).any(|entry| entry == marker.as_bytes())
    };
    let living = |pid: &u32| identity(*pid).is_some();
    all()
        .into_iter()
        .filter(|pid| *pid != std::process::id())
        .filter(holds)
        .filter(living)
        .collect()
}

/// Ends processes until `remaining` finds none: first asks them (SIGTERM), and after `grace` stops and kills
/// what is left, again and again, so that one that forks meanwhile does not escape. Returns what could not be ended.
pub fn end(remaining: impl Fn() -> Vec<u32>, grace: Duration) -> Vec<u32> {
    let signal = |pids: &[u32], signal: Signal| {
        for pid in pids.iter().filter_map(|pid| Pid::from_raw(*pid as i32)) {
            let _ = kill_process(pid, signal);
        }
    };
    let mut left = remaining();
    signal(&left, Signal::TERM);
    signal(&left, Signal::CONT);
    let asked = Instant::now();
    while !left.is_empty() && asked.elapsed() < grace {
        std::thread::sleep(Duration::from_millis(10));
        reap();
        left = remaining();
    }
    let forced = Instant::now();
    while !left.is_empty() && forced.elapsed() < Duration::from_secs(10) {
        signal(&left, Signal::STOP);
        signal(&left, Signal::KILL);
        std::thread::sleep(Duration::from_millis(2));
        reap();
        left = remaining();
    }
    left
}

/// Collects orphans that ended. Only for a process whose own child was waited for: it takes every child.
pub fn reap() {
    while let Ok(Some(_)) = waitpid(None, WaitOptions::NOHANG) {}
}

/// Returns the name of a process, as `ps` shows it.
pub fn name(pid: u32) -> String {
    fs::read_to_string(format!("/proc/{pid}/comm")).unwrap_or_default().trim_end().to_owned()
}

fn boot() -> String {
    fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default().trim().to_owned()
}

fn all() -> Vec<u32> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok()).collect()
}

struct Stat {
    state: char,
    parent: u32,
    start_time: u64,
}

fn stat(pid: u32) -> Option<Stat> {
    parse(&fs::read_to_string(format!("/proc/{pid}/stat")).ok()?)
}

/// The name stands in parentheses and may hold anything, spaces and parentheses too: the last one ends it.
fn parse(line: &str) -> Option<Stat> {
    let fields: Vec<&str> = line.rsplit_once(')')?.1.split_ascii_whitespace().collect();
    Some(Stat {
        state: fields.first()?.chars().next()?,
        parent: fields.get(1)?.parse().ok()?,
        start_time: fields.get(19)?.parse().ok()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_parentheses_and_spaces_hides_nothing() {
        let line = "77 (a) R 1 (b) S 5 77 77 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 991 0 0";
        let stat = parse(line).unwrap();
        assert_eq!((stat.state, stat.parent, stat.start_time), ('S', 5, 991));
    }

    #[test]
    fn this_process_lives_and_one_with_another_start_does_not() {
        let this = identity(std::process::id()).unwrap();
        assert!(lives(&this));
        assert!(!lives(&Process { start_time: this.start_time + 1, ..this.clone() }));
        assert!(!lives(&Process { boot: "another boot".into(), ..this }));
    }
}
