//! How soon the program is there: as a command, and as the first full frame of the terminal interface over ten thousand
//! plans and an inventory of ten thousand assets.
#![allow(clippy::disallowed_methods, clippy::print_stdout)]

#[path = "support/mod.rs"]
mod support;

use std::fs::File;
use std::io::{Read, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use blackstart::base::Id;
use blackstart::store::{DocumentKind, Store};
use rustix::event::{PollFd, PollFlags, Timespec};
use rustix::{pty, termios};
use support::{Times, head, line};

const PROGRAM: &str = env!("CARGO_BIN_EXE_blackstart");

fn main() {
    head("from exec to the end of the process");
    let data = tempfile::tempdir().expect("a temporary directory");
    for arguments in [&["--version"][..], &["runbook", "list"], &["log", "verify"]] {
        let times = Times::of(50, || {
            let _ = Command::new(PROGRAM)
                .arg("--data-dir")
                .arg(data.path())
                .args(arguments)
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .status();
        });
        line(&format!("blackstart {}", arguments.join(" ")), &times);
    }

    fill(data.path());
    head("terminal interface, 120x40, 10,000 plans and 10,000 assets kept");
    let mut bytes = 0;
    let times = Times::of(15, || bytes = first_frame(data.path()));
    line("first full frame, rows and key bar", &times);
    println!("bytes of the first frame: {bytes}");
    let size = std::fs::metadata(PROGRAM).map(|file| file.len()).unwrap_or_default();
    println!("\nthe program: {:.1} MB", size as f64 / 1e6);
}

/// Keeps ten thousand plans and one inventory of ten thousand assets.
fn fill(directory: &Path) {
    let mut store = Store::open(directory).expect("a store");
    let now = "2026-01-01T00:00:00Z".parse().expect("a time");
    let mut inventory = "schema: blackstart/inventory/v1\nassets:\n".to_owned();
    for n in 0..10_000 {
        inventory.push_str(&format!("  - {{id: a{n}, kind: files, paths: [/srv/a{n}]}}\n"));
    }
    let id = Id::parse("inventory").expect("an id");
    store.put(DocumentKind::Inventory, &id, "", &inventory, now).expect("kept");
    for n in 0..10_000 {
        let text = format!(
            "schema: blackstart/plan/v1\nid: p{n}\nkind: recovery\ntitle: Restore {n}\nsteps: [{{id: a, title: t, kind: manual}}]\n"
        );
        let id = Id::parse(&format!("p{n}")).expect("an id");
        store.put(DocumentKind::Plan, &id, &format!("Restore {n}"), &text, now).expect("kept");
    }
}

/// Starts the interface on a terminal of its own, waits until the key bar and the newest plans stand on it, and leaves.
/// Returns the bytes that were written until then.
fn first_frame(directory: &Path) -> usize {
    let flags = pty::OpenptFlags::RDWR | pty::OpenptFlags::NOCTTY | pty::OpenptFlags::CLOEXEC;
    let master = pty::openpt(flags).expect("a terminal");
    pty::grantpt(&master).expect("granted");
    pty::unlockpt(&master).expect("unlocked");
    let size = termios::Winsize { ws_row: 40, ws_col: 120, ws_xpixel: 0, ws_ypixel: 0 };
    termios::tcsetwinsize(&master, size).expect("a size");
    let slave = pty::ioctl_tiocgptpeer(&master, flags).expect("the other end");
    let end = || Stdio::from(slave.try_clone().expect("a copy"));
    let mut child = Command::new(PROGRAM)
        .arg("--data-dir")
        .arg(directory)
        .env("TERM", "xterm-256color")
        .stdin(end())
        .stdout(end())
        .stderr(end())
        .spawn()
        .expect("the program");
    let mut terminal = File::from(master);
    let mut seen = vec![];
    let mut buffer = [0; 65_536];
    let started = Instant::now();
    while !(contains(&seen, b"quit") && contains(&seen, b"Restore"))
        && started.elapsed() < Duration::from_secs(10)
    {
        let mut ready = [PollFd::new(&terminal, PollFlags::IN)];
        let second = Timespec { tv_sec: 1, tv_nsec: 0 };
        if rustix::event::poll(&mut ready, Some(&second)) == Ok(0) {
            continue;
        }
        match terminal.read(&mut buffer) {
            Ok(count) if count > 0 => seen.extend_from_slice(&buffer[..count]),
            _ => break,
        }
    }
    let bytes = seen.len();
    let _ = terminal.write_all(b"q");
    let _ = child.kill();
    let _ = child.wait();
    bytes
}

fn contains(text: &[u8], part: &[u8]) -> bool {
    text.windows(part.len()).any(|window| window == part)
}
