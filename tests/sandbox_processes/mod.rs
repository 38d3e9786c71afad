//! Processes of this machine, found by a word in their command or environment.
#![allow(dead_code, clippy::disallowed_methods)]

use std::fs;
use std::time::{Duration, Instant};

/// A process that lives.
#[derive(Debug)]
pub struct Found {
    pub pid: u32,
    /// Its command, words separated by spaces, or what of its environment was found.
    pub text: String,
}

/// Returns the processes whose command or environment holds `mark`, this one left out.
pub fn processes_with(mark: &str) -> Vec<Found> {
    let mut found = Vec::new();
    for entry in fs::read_dir("/proc").expect("/proc").flatten() {
        let Some(pid) = entry.file_name().to_str().and_then(|name| name.parse().ok()) else {
            continue;
        };
        let holds = |file: &str| {
            let bytes = fs::read(entry.path().join(file)).unwrap_or_default();
            let text = String::from_utf8_lossy(&bytes).replace('\0', " ");
            text.contains(mark).then_some(text)
        };
        if let Some(text) = holds("cmdline").or_else(|| holds("environ"))
            && pid != std::process::id()
        {
            found.push(Found { pid, text });
        }
    }
    found
}

/// Returns the children of a process.
pub fn children(pid: u32) -> Vec<u32> {
    let text = fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).unwrap_or_default();
    text.split_whitespace().filter_map(|pid| pid.parse().ok()).collect()
}

/// Waits for a state; the test fails when it does not come.
pub fn wait_until(what: &str, mut state: impl FnMut() -> bool) {
    let start = Instant::now();
    while !state() {
        assert!(start.elapsed() < Duration::from_secs(30), "{what}");
        std::thread::yield_now();
    }
}
