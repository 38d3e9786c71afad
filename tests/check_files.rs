//! `check` over files and directories, as commands: what is found, in which order, what is fixed and what is accepted.
#![allow(clippy::disallowed_methods, clippy::unwrap_used)]

use std::fs;
use std::io::Write;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;

struct Bench {
    dir: tempfile::TempDir,
}

const LOSES: &str = "#!/bin/bash\npg_dump shop | gzip > /backup/shop-$(date +%F).sql.gz\n";

impl Bench {
    fn new() -> Self {
        Self { dir: tempfile::tempdir().unwrap() }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn write(&self, name: &str, text: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        path
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_blackstart"));
        command
            .args(arguments)
            .current_dir(self.dir.path())
            .env_clear()
            .env("PATH", "/usr/bin:/bin")
            .env("HOME", self.path("home"))
            .stdin(Stdio::null());
        command
    }

    fn run(&self, arguments: &[&str]) -> (i32, String, String) {
        said(&self.command(arguments).output().unwrap())
    }

    fn json(&self, arguments: &[&str]) -> Value {
        let (_, out, err) = self.run(&[arguments, &["--format", "json"]].concat());
        serde_json::from_str(&out).unwrap_or_else(|error| panic_with(&error, &out, &err))
    }
}

fn panic_with(error: &serde_json::Error, out: &str, err: &str) -> Value {
    assert_eq!(error.to_string(), "", "\n{out}\n{err}");
    Value::Null
}

fn said(output: &Output) -> (i32, String, String) {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    (output.status.code().unwrap(), text(&output.stdout), text(&output.stderr))
}

fn paths(checked: &Value) -> Vec<&str> {
    checked["files"].as_array().unwrap().iter().map(|one| one["path"].as_str().unwrap()).collect()
}

fn codes<'a>(file: &'a Value, list: &str) -> Vec<&'a str> {
    file[list].as_array().unwrap().iter().map(|one| one["rule"].as_str().unwrap()).collect()
}

#[test]
fn below_a_directory_everything_that_can_be_read_is_checked_in_the_order_of_the_files() {
    let bench = Bench::new();
    bench.write("books/b/restore.md", "# Restore\n\n```sh\nrm -rf \"$D\"/*\n```\n");
    bench.write("books/a.sh", LOSES);
    bench.write("books/z", LOSES);
    bench.write("books/notes.txt", "rm -rf /\n");
    bench.write("books/perl", "#!/usr/bin/perl\n");
    bench.write("books/cron.d/nightly", "0 3 * * * root rm -rf $D/*\n");
    bench.write("books/values.yaml", "a: b\n");
    bench.write("books/.hidden.sh", LOSES);
    bench.write("books/.gitignore", "left-out.sh\n");
    bench.write("books/left-out.sh", LOSES);
    symlink("a.sh", bench.path("books/link.sh")).unwrap();
    let checked = bench.json(&["check", "books"]);
    let expected = ["books/a.sh", "books/b/restore.md", "books/cron.d/nightly", "books/z"];
    assert_eq!(paths(&checked), expected);
    let markdown = &checked["files"][1];
    assert_eq!(
        (&markdown["language"], markdown["findings"][0]["line"].as_u64()),
        (&"markdown".into(), Some(4))
    );
    let (code, one, _) = bench.run(&["check", "books", "--jobs", "1"]);
    let (_, many, _) = bench.run(&["check", "books", "--jobs", "7"]);
    assert_eq!((code, &one), (3, &many));
    assert!(one.trim_end().lines().last().unwrap().starts_with("4 files checked: "), "{one}");
    let (code, _, _) = bench.run(&["check", "books", "--fail-on", "never"]);
    assert_eq!(code, 0);
    assert_eq!(paths(&bench.json(&["check", "books/z", "books", "books/z"]))[0], "books/z");
}

#[test]
fn many_files_are_checked_like_few() {
    let bench = Bench::new();
    for number in 0..300 {
        bench.write(
            &format!("books/{number:03}.sh"),
            format!("#!/bin/sh\nrm -rf \"$D{number}\"/*\n"),
        );
    }
    let checked = bench.json(&["check", "books"]);
    assert_eq!(paths(&checked).len(), 300);
    assert!(paths(&checked).windows(2).all(|two| two[0] < two[1]));
    for (number, file) in checked["files"].as_array().unwrap().iter().enumerate() {
        let message = file["findings"][0]["message"].as_str().unwrap();
        assert!(message.contains(&format!("$D{number} ")), "{message}");
    }
    assert_eq!(checked["summary"]["files"], 300);
}

#[test]
fn what_cannot_be_read_is_said_and_stops_nothing() {
    let bench = Bench::new();
    bench.write("books/a.sh", "#!/bin/sh\nls\n");
    bench.write("books/plan.yaml", b"schema: blackstart/plan/v1\nid: caf\xe9\n");
    bench.write("books/z.sh", "#!/bin/sh\nls\n");
    let (code, out, err) = bench.run(&["check", "books"]);
    assert_eq!(code, 2, "what was not checked is no success: {out}{err}");
    assert!(err.contains("not checked: books/plan.yaml:2:8: not UTF-8 text"), "{err}");
    assert!(out.contains("2 files checked: no findings; 1 not checked"), "{out}");
    let checked = bench.json(&["check", "books"]);
    assert_eq!(checked["unreadable"][0]["path"], "books/plan.yaml");
    // So is what a person names, and a document that is not valid.
    let (code, _, _) = bench.run(&["check", "books/a.sh", "books/plan.yaml"]);
    assert_eq!(code, 2);
    bench.write("books/plan.yaml", "schema: blackstart/plan/v1\nid: p\n");
    let (code, _, err) = bench.run(&["check", "books"]);
    assert_eq!(code, 2, "{err}");
    let empty = bench.path("empty");
    fs::create_dir(&empty).unwrap();
    assert_eq!(bench.run(&["check", "empty"]).0, 2, "a check of nothing is no success");
}

#[test]
fn standard_input_is_a_script() {
    let bench = Bench::new();
    let mut child = bench
        .command(&["check", "-", "--format", "json"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(LOSES.as_bytes()).unwrap();
    let (code, out, _) = said(&child.wait_with_output().unwrap());
    let checked: Value = serde_json::from_str(&out).unwrap();
    assert_eq!((code, paths(&checked)), (3, vec!["-"]));
    assert!(codes(&checked["files"][0], "findings").contains(&"SH002"));
}

#[test]
fn a_plan_among_its_inventory_needs_no_store() {
    let bench = Bench::new();
    let inventory = "schema: blackstart/inventory/v1\nhosts: [{id: db1, address: db1.lan}]\n";
    let path = bench.write("books/inventory.yaml", inventory);
    let digest = Command::new("sha256sum").arg(&path).output().unwrap();
    let digest = String::from_utf8(digest.stdout).unwrap();
    let digest = digest.split(' ').next().unwrap();
    let plan = format!(
        "schema: blackstart/plan/v1\nid: p\nkind: recovery\ntitle: t\ninventory: {digest}\nsteps:\n  - {{id: a, title: Look, kind: check, host: db1, check: 'test -d /srv'}}\n"
    );
    bench.write("books/plan.yaml", &plan);
    let (code, out, err) = bench.run(&["check", "books"]);
    assert_eq!(code, 0, "{out}{err}");
    fs::remove_file(path).unwrap();
    let (code, _, err) = bench.run(&["check", "books"]);
    assert_eq!((code, err.contains("--inventory FILE")), (2, true), "{err}");
}

const PLAN: &str = "schema: blackstart/plan/v1
id: p   # the only one
kind: recovery
title: t
steps:
  # First the dump.
  - id: dump
    title: Dump
    kind: command
    run: |
      mkdir -p /backup/new

      rm -rf \"$D\"/*
      echo done
    risk:   destructive
  - {id: b, title: t, kind: command, run: 'rm -rf \"$E\"/*', risk: destructive}
";

#[test]
fn fixes_are_shown_asked_for_and_written_with_comments_layout_and_mode_kept() {
    let bench = Bench::new();
    let script = bench.write("books/a.sh", LOSES);
    let plan = bench.write("books/p.yaml", PLAN);
    fs::set_permissions(&script, fs::Permissions::from_mode(0o754)).unwrap();
    let (code, out, err) = bench.run(&["check", "--fix", "books"]);
    assert_eq!(code, 10, "without a terminal nobody can be asked: {err}");
    assert!(out.contains("+set -o pipefail") && out.contains("--- a/books/a.sh"), "{out}");
    assert_eq!(fs::read_to_string(&script).unwrap(), LOSES, "nothing is written");
    let (code, out, err) = bench.run(&["check", "--fix", "--yes", "books"]);
    assert_eq!(code, 3, "what is left is a reason to fail: {out}{err}");
    assert_eq!(
        fs::read_to_string(&script).unwrap(),
        LOSES.replace("pg_dump", "set -o pipefail\numask 077\npg_dump")
    );
    assert_eq!(fs::metadata(&script).unwrap().permissions().mode() & 0o7777, 0o754);
    let fixed = PLAN.replace("\"$D\"", "\"${D:?}\"");
    let said = fs::read_to_string(&plan).unwrap();
    // The quoted line of step b cannot take the signs of `${E:?}` for granted; everything else stays as it stands.
    assert_eq!(said.replace("\"${E:?}\"", "\"$E\""), fixed);
    let (code, out, _) = bench.run(&["check", "--fix", "books"]);
    assert_eq!((code, out.starts_with("nothing to fix")), (3, true), "{out}");
}

#[test]
fn what_is_accepted_in_a_plan_stays_listed_and_in_its_evidence() {
    let bench = Bench::new();
    let comment = "# blackstart: allow SH003 until 2099-01-01 because D comes from the unit";
    let near = "# blackstart: allow SH003 until 2027-03-01 because D comes from the unit";
    let with = |comment: &str| PLAN.replace("    run: |", &format!("    {comment}\n    run: |"));
    bench.write("p.yaml", with(near));
    let checked = bench.json(&["check", "p.yaml"]);
    let file = &checked["files"][0];
    assert_eq!(codes(file, "suppressed"), ["SH003"]);
    assert_eq!(file["suppressed"][0]["step"], "dump");
    assert!(codes(file, "findings").contains(&"SH003"), "that of the other step stands");
    let (_, out, _) = bench.run(&["check", "p.yaml"]);
    assert!(out.contains("allowed until 2027-03-01: critical SH003"), "{out}");
    let (_, out, _) = bench.run(&["check", "p.yaml", "--format", "sarif"]);
    let log: Value = serde_json::from_str(&out).unwrap();
    let results = log["runs"][0]["results"].as_array().unwrap();
    let suppressed: Vec<&Value> =
        results.iter().filter(|one| one.get("suppressions").is_some()).collect();
    assert_eq!((suppressed.len(), &suppressed[0]["ruleId"]), (1, &"SH003".into()));
    let (_, _, err) = bench.run(&["approve", "p.yaml", "--as", "ana"]);
    assert!(
        err.contains("open critical finding SH003, step dump"),
        "the approval asks for it: {err}"
    );
    // Too far away, or inside of the step's text, it accepts nothing.
    bench.write("p.yaml", with(comment));
    let checked = bench.json(&["check", "p.yaml"]);
    assert!(codes(&checked["files"][0], "findings").contains(&"AL001"));
    bench.write("p.yaml", PLAN.replace("      mkdir", &format!("      {near}\n      mkdir")));
    let checked = bench.json(&["check", "p.yaml"]);
    assert_eq!(codes(&checked["files"][0], "suppressed"), [] as [&str; 0]);
    assert!(codes(&checked["files"][0], "findings").contains(&"AL005"));
}

#[test]
fn the_hooks_and_the_workflow_run_commands_that_exist() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let bench = Bench::new();
    bench.write("books/a.sh", "#!/bin/sh\nls\n");
    let hooks = fs::read_to_string(root.join(".pre-commit-hooks.yaml")).unwrap();
    let readme = fs::read_to_string(root.join("README.md")).unwrap();
    let entries = |text: &str| -> Vec<String> {
        let lines = text.lines().map(|line| line.trim().trim_start_matches("- "));
        lines.filter_map(|line| line.strip_prefix("entry: ")).map(str::to_owned).collect()
    };
    let mut commands: Vec<String> = entries(&hooks)
        .into_iter()
        .chain(entries(&readme))
        .map(|one| one + " books/a.sh")
        .collect();
    let steps = readme.lines().filter_map(|line| line.trim().strip_prefix("- run: blackstart "));
    commands.extend(steps.map(|step| format!("blackstart {step}")));
    assert_eq!(commands.len(), 5, "{commands:?}");
    let program = Path::new(env!("CARGO_BIN_EXE_blackstart"));
    for command in commands {
        let path = format!("{}:/usr/bin:/bin", program.parent().unwrap().display());
        let output = bench.command(&[]).arg("--version").output().unwrap();
        assert!(output.status.success());
        let output = Command::new("bash")
            .args(["-euc", &command])
            .current_dir(bench.dir.path())
            .env_clear()
            .env("PATH", path)
            .env("HOME", bench.path("home"))
            .output()
            .unwrap();
        let (code, out, err) = said(&output);
        assert_eq!(code, 0, "{command}\n{out}\n{err}");
    }
    let log = fs::read_to_string(bench.path("blackstart.sarif")).unwrap();
    let log: Value = serde_json::from_str(&log).unwrap();
    assert_eq!(log["version"], "2.1.0");
}

#[test]
fn shells_complete_the_codes_of_rules() {
    let bench = Bench::new();
    let (_, script, _) = bench.run(&["completions", "bash"]);
    assert!(script.contains("SH003"));
    let (code, out, _) = bench.run(&["rule", "sh003"]);
    assert_eq!((code, out.contains("rm-of-possibly-empty-path")), (0, true));
    let (_, out, _) = bench.run(&["rule", "SH003", "--json"]);
    let rule: Value = serde_json::from_str(&out).unwrap();
    assert!(rule["bad"].as_array().unwrap().len() > 1 && rule["suppression"].is_string());
}

#[test]
fn an_interrupt_ends_a_long_check_at_once() {
    let bench = Bench::new();
    let fifo = bench.path("books");
    fs::create_dir(&fifo).unwrap();
    for number in 0..4_000 {
        bench.write(&format!("books/{number:04}.sh"), "#!/bin/bash\nrm -rf \"$D\"/*\n");
    }
    let mut child =
        bench.command(&["check", "books", "--jobs", "1"]).stdout(Stdio::piped()).spawn().unwrap();
    let mut out = child.stdout.take().unwrap();
    std::io::Read::read_exact(&mut out, &mut [0; 64]).unwrap();
    let pid = rustix::process::Pid::from_child(&child);
    rustix::process::kill_process(pid, rustix::process::Signal::INT).unwrap();
    let mut rest = vec![];
    std::io::Read::read_to_end(&mut out, &mut rest).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(130));
    assert!(!String::from_utf8_lossy(&rest).contains("4000 files checked"));
}
