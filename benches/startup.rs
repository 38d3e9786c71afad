//! How soon the program is there.
#![allow(clippy::disallowed_methods, clippy::print_stdout)]

#[path = "support/mod.rs"]
mod support;

use std::process::{Command, Stdio};

use support::{Times, head, line};

fn main() {
    head("from exec to the end of the process");
    let data = tempfile::tempdir().expect("a temporary directory");
    for arguments in [&["--version"][..], &["runbook", "list"], &["log", "verify"]] {
        let times = Times::of(50, || {
            let _ = Command::new(env!("CARGO_BIN_EXE_blackstart"))
                .arg("--data-dir")
                .arg(data.path())
                .args(arguments)
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .status();
        });
        line(&format!("blackstart {}", arguments.join(" ")), &times);
    }
    let size = std::fs::metadata(env!("CARGO_BIN_EXE_blackstart"))
        .map(|file| file.len())
        .unwrap_or_default();
    println!("\nthe program: {:.1} MB", size as f64 / 1e6);
}
