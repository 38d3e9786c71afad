//! Bad input to every command: exit code 2, one clear message, nothing written, soon.
#![allow(clippy::disallowed_methods, clippy::unwrap_used)]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::{Duration, Instant};

/// A directory with one good set of documents and many bad files.
struct Bench {
    dir: tempfile::TempDir,
}

const INVENTORY: &str = "schema: blackstart/inventory/v1
hosts: [{id: here, access: local}]
assets: [{id: docs, kind: files, host: here, paths: [/srv/docs]}]
";
const PLAN: &str = "schema: blackstart/plan/v1
id: p
kind: recovery
title: t
steps: [{id: a, title: t, kind: command, run: 'true', risk: read}]
";

impl Bench {
    fn new() -> Self {
        let bench = Self { dir: tempfile::tempdir().unwrap() };
        bench.write("inventory.yaml", INVENTORY.as_bytes());
        bench.write("plan.yaml", PLAN.as_bytes());
        bench
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn write(&self, name: &str, content: &[u8]) -> PathBuf {
        let path = self.path(name);
        std::fs::write(&path, content).unwrap();
        path
    }

    fn run(&self, arguments: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_blackstart"))
            .args(arguments)
            .current_dir(self.dir.path())
            .env_clear()
            .env("PATH", "/usr/bin:/bin")
            .env("HOME", self.dir.path().join("home"))
            .output()
            .unwrap()
    }

    /// Asserts that the command refuses its input: exit code 2, a message that says `expected`, no output file, within
    /// the time.
    #[track_caller]
    fn refuses(&self, arguments: &[&str], expected: &str) {
        let started = Instant::now();
        let output = self.run(arguments);
        let took = started.elapsed();
        let said = String::from_utf8(output.stderr).expect("messages are UTF-8");
        assert_eq!(output.status.code(), Some(2), "{arguments:?}:\n{said}");
        assert!(said.contains(expected), "{arguments:?}: no {expected:?} in:\n{said}");
        assert_eq!(
            said.matches("error: ").count().min(1),
            1,
            "{arguments:?}: no error in:\n{said}"
        );
        assert!(!said.contains('\x1b') && !said.contains("panicked"), "{said:?}");
        assert!(!self.path("out").exists(), "{arguments:?} wrote");
        // Generous: these machines are shared and this is an unoptimised build.
        assert!(took < Duration::from_secs(20), "{arguments:?} took {took:?}");
    }
}

/// Every command that reads a document, with the bad file in the place of each document.
fn commands(bad: &str) -> Vec<Vec<&str>> {
    vec![
        vec!["inventory", "check", bad],
        vec!["inventory", "show", bad],
        vec!["estimate", bad],
        vec!["estimate", "inventory.yaml", "--incident", bad],
        vec!["incident", "import", bad],
        vec!["draft", "--inventory", bad, "--asset", "docs", "--out", "out"],
        vec!["draft", "--inventory", "inventory.yaml", "--incident", bad, "--out", "out"],
        vec!["check", bad],
        vec!["check", "plan.yaml", "--inventory", bad],
        vec!["dry-run", bad],
        vec!["dry-run", "plan.yaml", "--inventory", bad],
        vec!["approve", bad, "--as", "ana"],
        vec!["run", bad],
        vec!["models", "--models", bad],
    ]
}

#[test]
fn what_is_no_document_is_refused_by_every_command() {
    let bench = Bench::new();
    bench.write("binary.yaml", &(0..=255).cycle().take(5_000).collect::<Vec<u8>>());
    bench.write("latin.yaml", b"schema: blackstart/plan/v1\nid: caf\xe9\n");
    bench.write("empty.yaml", b"");
    bench.write("brackets.yaml", "[".repeat(100_000).as_bytes());
    bench.write("prose.yaml", b"this is: not: a document\n");
    bench.write("duplicate.yaml", b"schema: a\nschema: b\n");
    let mut bomb = "a: &a [x, x]\n".to_owned();
    for n in 0..20 {
        bomb.push_str(&format!(
            "{}: &{} [*{}, *{}]\n",
            n,
            n + 100,
            if n == 0 { "a".into() } else { (n + 99).to_string() },
            "a"
        ));
    }
    bench.write("bomb.yaml", bomb.as_bytes());
    std::fs::create_dir(bench.path("directory.yaml")).unwrap();
    let large = std::fs::File::create(bench.path("large.yaml")).unwrap();
    large.set_len(50 << 20).unwrap();
    for (bad, expected) in [
        ("missing.yaml", "missing.yaml"),
        ("binary.yaml", "is a binary file, not text"),
        ("latin.yaml", "latin.yaml:2:8: not UTF-8 text"),
        ("empty.yaml", "the document is empty"),
        ("brackets.yaml", "nested deeper"),
        ("prose.yaml", "prose.yaml:1"),
        ("duplicate.yaml", "a second time"),
        ("bomb.yaml", "an alias is not allowed"),
        ("directory.yaml", "is a directory"),
        ("large.yaml", "more than the 33554432 that are read"),
        ("/dev/zero", "not a file"),
    ] {
        for command in commands(bad) {
            bench.refuses(&command, expected);
        }
    }
}

#[test]
fn a_wrong_document_is_refused_with_position_and_nearest_name() {
    let bench = Bench::new();
    let inventory = |body: &str| format!("schema: blackstart/inventory/v1\n{body}");
    let plan = |steps: &str| {
        format!("schema: blackstart/plan/v1\nid: p\nkind: recovery\ntitle: t\nsteps:\n{steps}")
    };
    for (text, command, expected) in [
        (inventory("asets: []\n"), "inventory", "did you mean \"assets\"?"),
        (inventory("assets: [{id: a, kind: fils}]\n"), "inventory", "did you mean \"files\"?"),
        (inventory("assets: [{id: a, kind: files, size: 300}]\n"), "inventory", "like 300GB"),
        (
            inventory("hosts: [{id: db1}]\nassets: [{id: a, kind: files, host: db2}]\n"),
            "inventory",
            "bad.yaml:3:37",
        ),
        (
            inventory("assets: [{id: a, kind: files, targets: {rto: 5 minutes}}]\n"),
            "inventory",
            "like 90s",
        ),
        (inventory("assets: [{id: ../a, kind: files}]\n"), "inventory", "an id starts with"),
        (
            plan(
                "- {id: a, title: t, kind: manual, needs: [b]}\n- {id: b, title: t, kind: manual, needs: [a]}\n",
            ),
            "check",
            "circle: a -> b -> a",
        ),
        (
            plan("- {id: a, title: t, kind: manual, tiemout: 5m}\n"),
            "check",
            "did you mean \"timeout\"?",
        ),
        (plan("- {id: a, title: t, kind: command}\n"), "check", "needs \"run\""),
        (
            plan("- {id: a, title: t, kind: manual}\n- {id: a, title: t, kind: manual}\n"),
            "check",
            "a second time",
        ),
    ] {
        bench.write("bad.yaml", text.as_bytes());
        let command: &[&str] = if command == "check" {
            &["check", "bad.yaml"]
        } else {
            &["inventory", "check", "bad.yaml"]
        };
        bench.refuses(command, expected);
    }
}

#[test]
fn wrong_words_on_the_command_line_are_refused_with_what_is_right() {
    let bench = Bench::new();
    bench.refuses(
        &["draft", "--inventory", "inventory.yaml", "--asset", "dosc"],
        "did you mean \"docs\"?",
    );
    bench.refuses(&["draft", "--inventory", "inventory.yaml"], "name an asset");
    bench.refuses(&["rule", "SH0002"], "there is no rule");
    bench.refuses(&["runbook", "show", "files-restore-tra"], "files-restore-tar");
    bench.refuses(&["approve", "plan.yaml", "--as", ""], "--as needs a name");
    bench.refuses(&["approve", "plan.yaml", "--as", "a", "--waive", "a="], "the reason is empty");
    bench.refuses(&["approve", "plan.yaml", "--as", "a", "--expires", "0s"], "approves nothing");
    bench.refuses(&["dry-run", "plan.yaml", "--step", "b"], "there is no step");
    bench.refuses(&["run", "plan.yaml", "--confirm-target", "no-such"], "is not a target");
    bench.refuses(&["incident", "show", "none"], "there is no incident");
    bench.refuses(&["frobnicate"], "unrecognized subcommand");
}

#[test]
fn a_place_that_cannot_be_written_is_said_with_what_to_do() {
    let bench = Bench::new();
    let run = |arguments: &[&str], home: Option<&Path>| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_blackstart"));
        command
            .args(arguments)
            .current_dir(bench.dir.path())
            .env_clear()
            .env("PATH", "/usr/bin:/bin");
        home.map(|home| command.env("HOME", home));
        let output = command.output().unwrap();
        (output.status.code(), String::from_utf8(output.stderr).unwrap())
    };
    let (code, said) = run(&["log", "show"], None);
    assert_eq!((code, said.contains("--data-dir")), (Some(2), true), "{said}");
    // A check needs none; it only says that nothing is kept. One that was named is meant.
    let (code, said) = run(&["check", "plan.yaml"], None);
    assert_eq!((code, said.contains("--data-dir")), (Some(0), true), "{said}");
    let (code, said) = run(&["--data-dir", "/proc/blackstart", "check", "plan.yaml"], None);
    assert_eq!((code, said.contains("--data-dir")), (Some(1), true), "{said}");
    let (code, said) = run(&["--data-dir", "plan.yaml", "check", "plan.yaml"], None);
    assert_eq!((code, said.contains("--data-dir")), (Some(1), true), "{said}");
}
