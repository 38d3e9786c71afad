//! Measures things side by side and prints them as one table.
#![allow(dead_code)] // Each benchmark uses the part it needs.

use std::time::{Duration, Instant};

/// Wall times of one candidate, sorted.
pub struct Times(Vec<Duration>);

impl From<Vec<Duration>> for Times {
    fn from(mut times: Vec<Duration>) -> Self {
        times.sort();
        Self(times)
    }
}

impl Times {
    /// Runs `candidate` `count` times, after one run that is not counted.
    pub fn of(count: usize, mut candidate: impl FnMut()) -> Self {
        candidate();
        let once = |_| {
            let started = Instant::now();
            candidate();
            started.elapsed()
        };
        (0..count).map(once).collect::<Vec<_>>().into()
    }

    /// Runs the candidates in turns, so that a noisy machine is noisy to all of them.
    pub fn in_turns(count: usize, candidates: &mut [(&str, &mut dyn FnMut())]) -> Vec<Self> {
        let mut all: Vec<Vec<Duration>> = vec![vec![]; candidates.len()];
        for round in 0..=count {
            for ((_, candidate), times) in candidates.iter_mut().zip(&mut all) {
                let started = Instant::now();
                candidate();
                if round > 0 {
                    times.push(started.elapsed());
                }
            }
        }
        all.into_iter().map(Self::from).collect()
    }

    /// Returns the time below which `share` of the runs stayed.
    pub fn quantile(&self, share: f64) -> Duration {
        let last = self.0.len().saturating_sub(1);
        self.0.get((share * last as f64).round() as usize).copied().unwrap_or_default()
    }

    /// Returns the median.
    pub fn median(&self) -> Duration {
        self.quantile(0.5)
    }
}

/// Prints the head of a table.
pub fn head(title: &str) {
    println!("\n{title}");
    println!("{:44} {:>6} {:>10} {:>10} {:>10} {:>10}", "", "n", "min", "median", "p95", "p99");
}

/// Prints one line of a table.
pub fn line(name: &str, times: &Times) {
    let milliseconds = |time: Duration| format!("{:.2} ms", time.as_secs_f64() * 1e3);
    println!(
        "{name:44} {:>6} {:>10} {:>10} {:>10} {:>10}",
        times.0.len(),
        milliseconds(times.quantile(0.0)),
        milliseconds(times.median()),
        milliseconds(times.quantile(0.95)),
        milliseconds(times.quantile(0.99)),
    );
}

/// Tells whether a peer is installed; says by name when it is not.
pub fn installed(tool: &str) -> bool {
    let found = std::env::var_os("PATH")
        .is_some_and(|path| std::env::split_paths(&path).any(|dir| dir.join(tool).is_file()));
    if !found {
        println!("not measured: {tool} is not installed");
    }
    found
}
