//! What a dry-run step costs, beside plain `sh` and beside bubblewrap with the same namespaces.
#![allow(clippy::disallowed_methods, clippy::print_stdout)]

#[path = "support/mod.rs"]
mod support;

use std::process::{Command, Stdio};

use blackstart::sandbox::{Layering, Options, Request, Session};
use support::{Times, head, installed, line};

const ROUNDS: usize = 60;

fn main() {
    let root = rustix::process::geteuid().is_root();
    head(if root { "one step, as root" } else { "one step, as an ordinary user" });
    let program = env!("CARGO_BIN_EXE_blackstart");
    let mut session = match Session::start(&Options::new(program)) {
        Ok(session) => session,
        Err(error) => {
            println!("not measured: {error}");
            return;
        }
    };
    println!("level {}", session.level().word());
    let mut request = Request::new(["sh", "-c", "true"]);
    request.layering = Layering::Discard;
    let mut plain = || run(Command::new("sh").args(["-c", "true"]));
    let mut ours = || {
        session.run(&request).expect("a step runs");
    };
    let mut bubblewrap = || {
        run(Command::new("bwrap").args([
            "--unshare-all",
            "--unshare-user",
            "--ro-bind",
            "/",
            "/",
            "--dev",
            "/dev",
            "--proc",
            "/proc",
            "sh",
            "-c",
            "true",
        ]));
    };
    let mut candidates: Vec<(&str, &mut dyn FnMut())> =
        vec![("sh -c true", &mut plain), ("blackstart step", &mut ours)];
    if installed("bwrap") {
        candidates.push(("bwrap, read-only root, no effects reported", &mut bubblewrap));
    }
    let times = Times::in_turns(ROUNDS, &mut candidates);
    for ((name, _), times) in candidates.iter().zip(&times) {
        line(name, times);
    }
    let milliseconds = |at: usize| {
        times.get(at).map(|times| times.median().as_secs_f64() * 1e3).unwrap_or(f64::NAN)
    };
    println!(
        "overhead over sh: {:.2} ms median; against bwrap: {:.2} times",
        milliseconds(1) - milliseconds(0),
        milliseconds(1) / milliseconds(2)
    );

    head("a step that writes 1,000 files");
    let script = "mkdir -p /var/tmp/blackstart-bench; cd /var/tmp/blackstart-bench; for i in $(seq 1000); do echo $i > f$i; done";
    let mut write = Request::new(["sh", "-c", script]);
    write.layering = Layering::Discard;
    let mut session = Session::start(&Options::new(program)).expect("a second session");
    let mut ours = || {
        session.run(&write).expect("a step runs");
    };
    let mut plain = || {
        run(Command::new("sh").args(["-c", script]));
        let _ = std::fs::remove_dir_all("/var/tmp/blackstart-bench");
    };
    let mut candidates: [(&str, &mut dyn FnMut()); 2] =
        [("sh, and removing them", &mut plain), ("blackstart step, effects reported", &mut ours)];
    let times = Times::in_turns(10, &mut candidates);
    for ((name, _), times) in candidates.iter().zip(&times) {
        line(name, times);
    }
}

fn run(command: &mut Command) {
    let _ = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status();
}
