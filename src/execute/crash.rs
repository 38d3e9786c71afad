//! A way for tests to let the runner die at any point of its journal. Nothing else uses it.

use rustix::process::{Signal, getpid, kill_process};

/// Counts the points of a runner and kills it, as `kill -9` would, at the one that was asked for.
#[derive(Debug)]
pub struct Crash {
    left: Option<u64>,
}

impl Crash {
    /// Returns a crash at the given point, counted from 1, or none.
    pub fn at(point: Option<u64>) -> Self {
        Self { left: point }
    }

    /// Is here a point to die at?
    pub fn point(&mut self) {
        if let Some(left) = &mut self.left {
            *left = left.saturating_sub(1);
            if *left == 0 {
                let _ = kill_process(getpid(), Signal::KILL);
            }
        }
    }
}
