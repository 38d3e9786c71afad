//! Check throughput on the shell scripts of this machine, or of `BLACKSTART_BENCH_SCRIPTS`, beside ShellCheck on
//! the same files in one batch; both on one core, without `bash -n`.
#![allow(clippy::disallowed_methods, clippy::print_stdout)]

#[path = "support/hostile.rs"]
mod hostile;
#[path = "support/nested.rs"]
mod nested;
#[path = "support/mod.rs"]
mod support;

use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Instant;

use blackstart::check::{self, Facts, Language};
use hostile::{SHAPES, Shape};
use nested::PAIRS;
use support::{Times, head, installed, line};

/// The allocator of the program.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() {
    if let Ok(load) = std::fs::read_to_string("/proc/loadavg") {
        println!("the load of this machine: {}", load.trim());
    }
    let scripts = scripts();
    let bytes: usize = scripts.iter().map(|(_, text)| text.len()).sum();
    println!("{} scripts, {:.1} MB", scripts.len(), bytes as f64 / 1e6);
    let facts = Facts::default();

    let mut each: Vec<f64> = vec![];
    let (own, _) = processor_seconds();
    let started = Instant::now();
    blackstart::shell::on_deep_stack(|| {
        for (path, text) in &scripts {
            let began = Instant::now();
            let language = Language::of(text, &path.to_string_lossy());
            std::hint::black_box(check::script(text, language, &facts));
            each.push(began.elapsed().as_secs_f64() * 1e3);
        }
    });
    let ours = started.elapsed().as_secs_f64();
    let spent = processor_seconds().0 - own;
    each.sort_by(f64::total_cmp);
    let quantile = |share: f64| {
        each.get((share * (each.len().max(1) - 1) as f64) as usize).copied().unwrap_or_default()
    };
    println!(
        "blackstart, one thread: {:.0} scripts/s, {:.2} MB/s; per script median {:.3} ms, p99 {:.2} ms, max {:.1} ms",
        scripts.len() as f64 / ours,
        bytes as f64 / 1e6 / ours,
        quantile(0.5),
        quantile(0.99),
        quantile(1.0),
    );
    println!(
        "blackstart, by the processor's clock: {:.0} scripts/s, {:.2} MB/s",
        scripts.len() as f64 / spent,
        bytes as f64 / 1e6 / spent,
    );

    if installed("shellcheck") {
        let started = Instant::now();
        let paths: Vec<&PathBuf> = scripts.iter().map(|(path, _)| path).collect();
        let (_, before) = processor_seconds();
        let _ = Command::new("shellcheck")
            .args(["--norc", "-s", "bash", "-f", "json1"])
            .args(paths)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status();
        let theirs = started.elapsed().as_secs_f64();
        println!(
            "shellcheck, one batch:  {:.0} scripts/s, {:.2} MB/s; blackstart is {:.0} times as fast",
            scripts.len() as f64 / theirs,
            bytes as f64 / 1e6 / theirs,
            theirs / ours
        );
        let theirs = processor_seconds().1 - before;
        println!(
            "shellcheck, by the processor's clock: {:.1} scripts/s; blackstart is {:.0} times as fast",
            scripts.len() as f64 / theirs,
            theirs / spent
        );
    }

    head("nested 20,000 deep");
    blackstart::shell::on_deep_stack(|| {
        let mut all = vec![];
        for (open, close) in PAIRS {
            for text in nested::texts(open, close, 20_000) {
                let began = Instant::now();
                let checked = check::script(&text, Language::Bash, &facts);
                all.push((began.elapsed(), open, checked.risk));
            }
        }
        let (longest, open, risk) = all.iter().max().expect("there are pairs");
        println!("the longest, {open:?}, is {risk:?} after {:.1} ms", longest.as_secs_f64() * 1e3);
        line("all", &all.iter().map(|(took, ..)| *took).collect::<Vec<_>>().into());
    });

    println!("\nhostile texts, of a size and of twice that size, by the processor's clock");
    blackstart::shell::on_deep_stack(|| {
        let mut grown: Vec<(f64, f64, &Shape)> = SHAPES.iter().map(|one| grows(one, &facts)).collect();
        grown.sort_by(|a, b| b.0.total_cmp(&a.0));
        let slow = grown.iter().filter(|(ratio, ..)| *ratio > 2.6).count();
        println!("{} shapes; {slow} take more than 2.6 times as long", grown.len());
        for (ratio, took, shape) in grown.iter().take(10.max(slow)) {
            println!("{:44} x{ratio:4.1}, then {took:7.0} ms", shape.name);
        }
    });

    head("one file, with the start of the process");
    let file = std::env::temp_dir().join("blackstart-bench.sh");
    std::fs::write(&file, "#!/bin/bash\nset -euo pipefail\ntar -czf /backup/a.tgz -C /srv/app .\n")
        .expect("a temporary file");
    let data = tempfile::tempdir().expect("a temporary directory");
    let times = Times::of(30, || {
        let _ = Command::new(env!("CARGO_BIN_EXE_blackstart"))
            .arg("--data-dir")
            .arg(data.path())
            .arg("check")
            .arg(&file)
            .stdout(Stdio::null())
            .status();
    });
    line("blackstart check FILE (asks bash -n too)", &times);
    if installed("shellcheck") {
        line(
            "shellcheck FILE",
            &Times::of(30, || {
                let _ = Command::new("shellcheck")
                    .args(["--norc"])
                    .arg(&file)
                    .stdout(Stdio::null())
                    .status();
            }),
        );
    }
}

/// Returns how many times as long a text of twice the size takes, and how many milliseconds.
fn grows<'s>(shape: &'s Shape, facts: &Facts) -> (f64, f64, &'s Shape) {
    let took = |size: usize| {
        let text = (shape.make)(size);
        let once = || {
            let began = thread_milliseconds();
            std::hint::black_box(check::script(&text, shape.language, facts));
            thread_milliseconds() - began
        };
        once().min(once())
    };
    let (one, two) = (took(shape.size), took(2 * shape.size));
    // What is over in a moment says nothing of how it grows.
    let ratio = if two < 5.0 { 1.0 } else { two / one };
    (ratio, two, shape)
}

/// Returns the processor time of this thread.
fn thread_milliseconds() -> f64 {
    let now = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    now.tv_sec as f64 * 1e3 + now.tv_nsec as f64 / 1e6
}

/// Returns the seconds of processor time of this process, and of the ended children it waited for.
fn processor_seconds() -> (f64, f64) {
    let text = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields: Vec<f64> = text
        .rsplit(')')
        .next()
        .unwrap_or_default()
        .split_whitespace()
        .map(|field| field.parse().unwrap_or(0.0))
        .collect();
    // `utime`, `stime`, `cutime`, `cstime` of proc(5), in hundredths of a second.
    let of = |at: usize| fields.get(at).copied().unwrap_or_default() / 100.0;
    (of(11) + of(12), of(13) + of(14))
}

/// The shell scripts of a directory that was named, or at most 400 that Debian packages brought, in a fixed order.
fn scripts() -> Vec<(PathBuf, String)> {
    let mut found = vec![];
    let named = std::env::var("BLACKSTART_BENCH_SCRIPTS").ok();
    let own = [
        "/var/lib/dpkg/info",
        "/usr/bin",
        "/usr/sbin",
        "/etc/init.d",
        "/etc/cron.daily",
        "/usr/share/doc",
    ];
    let limit = if named.is_some() { usize::MAX } else { 400 };
    let directories: Vec<&str> = named.as_deref().map_or(own.to_vec(), |one| vec![one]);
    for directory in directories {
        let Ok(entries) = std::fs::read_dir(directory) else {
            continue;
        };
        let mut paths: Vec<PathBuf> =
            entries.flatten().map(|entry| entry.path()).filter(|path| path.is_file()).collect();
        paths.sort();
        for path in paths {
            let Ok(bytes) = std::fs::read(&path) else {
                continue;
            };
            let shell = bytes.starts_with(b"#!/bin/sh")
                || bytes.starts_with(b"#!/bin/bash")
                || bytes.starts_with(b"#! /bin/sh");
            if let (true, Ok(text)) = (shell, String::from_utf8(bytes)) {
                found.push((path, text));
            }
        }
    }
    found.truncate(limit);
    found
}
