//! How many processes and threads a probed command has: no more than its limit, at any time.
#![allow(clippy::disallowed_methods)]

use std::collections::HashMap;

use super::super::sys::Waiting;
use super::family;

/// What is known of their number. Every call that makes one waits for leave, so between two counts
/// it only grows by what had leave.
#[derive(Debug, Default)]
pub(super) struct Census {
    /// The process all others of the run descend from.
    ancestor: i32,
    limit: u64,
    /// There are not more than this.
    most: u64,
    /// Threads that had leave and were not heard of since, each with its call.
    making: HashMap<i32, i64>,
}

impl Census {
    pub(super) fn new(ancestor: i32, limit: u64) -> Self {
        // The ancestor and the command itself.
        Self { ancestor, limit, most: 2, making: HashMap::new() }
    }

    /// Notes that a thread is at another call, so an earlier one is over.
    pub(super) fn heard_of(&mut self, thread: i32) {
        self.making.remove(&thread);
    }

    /// Tells whether a call may make one more, and counts it as made.
    pub(super) fn admits(&mut self, call: &Waiting) -> bool {
        if self.most >= self.limit {
            self.count(|ancestor| family::tasks(&family::members(ancestor)));
        }
        let room = self.most < self.limit;
        if room {
            self.most += 1;
            self.making.insert(call.pid, call.call);
        }
        room
    }

    /// Counts anew and returns what was counted; what had leave and may not be made yet is added here.
    pub(super) fn count(&mut self, tasks: impl FnOnce(i32) -> u64) -> u64 {
        // In this order, what is made meanwhile counts twice, not never.
        self.making.retain(|thread, call| is_making(*thread, *call));
        let counted = tasks(self.ancestor);
        self.most = counted + self.making.len() as u64;
        counted
    }
}

/// Tells whether a thread may still be in a call that it got leave for (proc_pid_syscall(5)): one that
/// runs does not show where it is.
fn is_making(thread: i32, call: i64) -> bool {
    std::fs::read_to_string(format!("/proc/{thread}/syscall")).is_ok_and(|text| {
        let at = text.split_ascii_whitespace().next();
        at == Some("running") || at.and_then(|number| number.parse().ok()) == Some(call)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(pid: i32) -> Waiting {
        Waiting { id: 0, pid, architecture: 0, call: libc::SYS_clone, arguments: [0; 6] }
    }

    #[test]
    fn what_had_leave_counts_until_it_is_over() {
        let mut busy = std::process::Command::new("sh")
            .args(["-c", "while :; do :; done"])
            .spawn()
            .expect("a process that computes");
        // It runs, so it may be anywhere; no thread has the number of the other.
        let (busy_id, none) = (busy.id() as i32, i32::MAX);
        while !std::fs::read_to_string(format!("/proc/{busy_id}/syscall"))
            .is_ok_and(|text| text.starts_with("running"))
        {
            std::thread::yield_now();
        }
        let mut census = Census::new(0, 5);
        let admitted = [busy_id, none, none].map(|thread| census.admits(&call(thread)));
        let at_most = census.most;
        let counted = census.count(|_| 3);
        let with_one_to_come = census.most;
        census.heard_of(busy_id);
        census.count(|_| 3);
        let _ = busy.kill();
        let _ = busy.wait();
        assert_eq!((admitted, at_most), ([true; 3], 5));
        assert_eq!((counted, with_one_to_come, census.most), (3, 4, 3));
    }

    #[test]
    fn at_the_limit_the_living_are_counted() {
        let mut child = std::process::Command::new("sleep").arg("1000").spawn().expect("a child");
        let pid = child.id() as i32;
        let mut census = Census::new(pid, 3);
        let admitted: Vec<bool> = (0..4).map(|_| census.admits(&call(i32::MAX))).collect();
        let mut full = Census::new(pid, 1);
        let refused = !full.admits(&call(i32::MAX));
        let _ = child.kill();
        let _ = child.wait();
        assert_eq!(admitted, [true; 4], "it has none but itself");
        assert!(refused);
    }
}
