//! The processes that descend from one: found, asked about, and ended, where no pid namespace does it.
#![allow(clippy::disallowed_methods)]

use std::collections::{BTreeMap, BTreeSet};
use std::os::fd::AsFd as _;
use std::os::unix::fs::MetadataExt as _;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, WaitOptions};

use super::super::usage::{Usage, usage_of};

/// Descendants that cannot be killed (waiting for a dead server) are given up after this.
const PATIENCE: Duration = Duration::from_secs(10);

/// Returns the parent of a process or thread, and its process group.
fn parent_and_group(pid: i32) -> Option<(i32, i32)> {
    let stat = std::fs::read(format!("/proc/{pid}/stat")).ok()?;
    // The name, in brackets, may hold anything (proc_pid_stat(5)).
    let end = stat.iter().rposition(|byte| *byte == b')')?;
    let rest = String::from_utf8_lossy(&stat[end + 1..]).into_owned();
    let mut fields = rest.split_whitespace().skip(1);
    Some((fields.next()?.parse().ok()?, fields.next()?.parse().ok()?))
}

/// Tells whether a process or thread descends from `ancestor`.
pub(super) fn descends(pid: i32, ancestor: i32) -> bool {
    let mut at = pid;
    for _ in 0..100_000 {
        match parent_and_group(at) {
            Some((parent, _)) if parent == ancestor => return true,
            Some((parent, _)) if parent > 1 => at = parent,
            // One on the way ended, and its children have another parent now.
            None if at != pid => at = pid,
            Some(_) | None => return false,
        }
    }
    false
}

/// Tells whether a process group has a member that descends from `ancestor`; as every descendant is
/// in a session made for it, then all are.
pub(super) fn group_descends(group: i32, ancestor: i32) -> bool {
    let in_group = |pid: &i32| parent_and_group(*pid).is_some_and(|(_, own)| own == group);
    members(ancestor).iter().any(in_group)
}

/// Returns every living descendant, the dead that wait for their parent left out.
pub(super) fn of(ancestor: i32) -> Vec<i32> {
    let mut children: BTreeMap<i32, Vec<i32>> = BTreeMap::new();
    for entry in std::fs::read_dir("/proc").into_iter().flatten().flatten() {
        let Some(pid) = entry.file_name().to_str().and_then(|name| name.parse().ok()) else {
            continue;
        };
        if let Some((parent, _)) = parent_and_group(pid) {
            children.entry(parent).or_default().push(pid);
        }
    }
    let mut found = BTreeSet::new();
    let mut left = vec![ancestor];
    while let Some(parent) = left.pop() {
        for child in children.get(&parent).into_iter().flatten() {
            if found.insert(*child) {
                left.push(*child);
            }
        }
    }
    found.into_iter().collect()
}

/// Returns a process and its descendants, found through the kernel's lists of children
/// (proc_pid_children(5)); where the kernel has no such lists, all processes are looked at.
pub(super) fn members(ancestor: i32) -> Vec<i32> {
    let mut members = vec![ancestor];
    let mut known = BTreeSet::from([ancestor]);
    let mut listed = false;
    // Who loses its parent meanwhile has moved to a list that was read before: until nobody is new.
    loop {
        let before = members.len();
        let mut at = 0;
        while let Some(pid) = members.get(at) {
            let tasks = std::fs::read_dir(format!("/proc/{pid}/task"));
            for task in tasks.into_iter().flatten().flatten() {
                let Ok(children) = std::fs::read_to_string(task.path().join("children")) else {
                    continue;
                };
                listed = true;
                let children = children.split_ascii_whitespace().filter_map(|pid| pid.parse().ok());
                members.extend(children.filter(|pid| known.insert(*pid)));
            }
            at += 1;
        }
        if !listed {
            members.extend(of(ancestor));
            return members;
        }
        if members.len() == before {
            return members;
        }
    }
}

/// Counts the processes that live, and their threads.
pub(super) fn tasks(members: &[i32]) -> u64 {
    let threads = |pid: &i32| {
        // A directory for each thread is linked there.
        std::fs::metadata(format!("/proc/{pid}/task")).map_or(0, |found| found.nlink() - 2)
    };
    members.iter().map(threads).sum()
}

/// Reads what a process and its descendants use.
pub(super) fn usage(ancestor: i32) -> Usage {
    let names = members(ancestor).into_iter().map(|pid| pid.to_string().into_bytes());
    std::fs::File::open("/proc").map_or(Usage::default(), |proc| usage_of(proc.as_fd(), names))
}

/// Kills every descendant of this process, which must be their reaper, until none is left.
/// Returns whether that was so before patience ended.
pub(super) fn end_all() -> bool {
    let own = rustix::process::getpid().as_raw_nonzero().get();
    let started = Instant::now();
    loop {
        for pid in of(own) {
            if let Some(pid) = Pid::from_raw(pid) {
                let _ = rustix::process::kill_process(pid, Signal::KILL);
            }
        }
        loop {
            match rustix::process::wait(WaitOptions::NOHANG) {
                Ok(Some(_)) | Err(rustix::io::Errno::INTR) => {}
                Err(_) => return true,
                Ok(None) => break,
            }
        }
        if started.elapsed() > PATIENCE {
            return false;
        }
        std::thread::sleep(Duration::from_millis(1));
    }
}
