//! `check` over what is no script, in places that are odd, and when it is ended before it is done.
#![allow(clippy::disallowed_methods, clippy::unwrap_used, clippy::panic)]

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

/// A directory with a program that is called in it.
struct Bench {
    dir: tempfile::TempDir,
}

const LOSES: &str = "#!/bin/bash\nrm -rf \"$D\"/*\n";

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

    fn run(&self, arguments: &[&str]) -> Said {
        Said::of(&mut self.command(arguments))
    }

    fn json(&self, arguments: &[&str]) -> Value {
        let said = self.run(&[arguments, &["--format", "json"]].concat());
        serde_json::from_str(&said.out).unwrap_or_else(|error| panic!("{error}: {said:?}"))
    }

    /// Makes many files in which something is found.
    fn many(&self, count: usize) {
        for number in 0..count {
            self.write(&format!("books/{number:04}.sh"), LOSES);
        }
    }
}

/// How a call ended and what it said.
#[derive(Debug)]
struct Said {
    code: Option<i32>,
    out: String,
    err: String,
}

impl Said {
    fn of(command: &mut Command) -> Self {
        let output = command.output().unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        Self { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
    }
}

fn rules(file: &Value) -> Vec<&str> {
    file["findings"].as_array().unwrap().iter().map(|one| one["rule"].as_str().unwrap()).collect()
}

#[test]
fn a_program_an_archive_and_utf_16_are_said_once_and_not_read() {
    let bench = Bench::new();
    let program = fs::read(env!("CARGO_BIN_EXE_blackstart")).unwrap();
    for (name, bytes, why) in [
        ("program.sh", &program[..1 << 20], "binary file"),
        ("nul.sh", b"echo hi\0there\nrm -rf /srv\n".as_slice(), "binary file"),
        ("wide.sh", b"\xff\xfer\0m\0 \0-\0r\0f\0".as_slice(), "UTF-16"),
    ] {
        bench.write(name, bytes);
        let said = bench.run(&["check", name]);
        assert_eq!(said.code, Some(2), "{said:?}");
        assert!(said.err.contains(why) && said.err.lines().count() == 1, "{name}: {}", said.err);
        // A document is whole all the same.
        let checked = bench.json(&["check", name]);
        assert_eq!(checked["files"], serde_json::json!([]));
        assert_eq!(checked["unreadable"].as_array().unwrap().len(), 1);
        assert!(checked["unreadable"][0]["why"].as_str().unwrap().contains(why), "{checked}");
        let said = bench.run(&["check", name, "--format", "sarif"]);
        let log: Value = serde_json::from_str(&said.out).unwrap();
        let invocation = &log["runs"][0]["invocations"][0];
        assert_eq!((said.code, &invocation["executionSuccessful"]), (Some(2), &false.into()));
    }
    // A letter of another encoding is no reason.
    bench.write("latin.sh", b"#!/bin/bash\n# caf\xe9\nrm -rf \"$D\"/*\n");
    assert_eq!(rules(&bench.json(&["check", "latin.sh"])["files"][0]), ["SH003"]);
}

#[test]
fn what_is_no_file_is_refused_at_once_and_below_a_directory_left_alone() {
    let bench = Bench::new();
    bench.write("books/a.sh", LOSES);
    let pipe = bench.path("books/pipe.sh");
    let mode = rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR;
    rustix::fs::mkfifoat(rustix::fs::CWD, &pipe, mode).unwrap();
    let _socket = std::os::unix::net::UnixListener::bind(bench.path("books/socket.sh")).unwrap();
    symlink("loop.sh", bench.path("books/loop.sh")).unwrap();
    symlink("..", bench.path("books/up")).unwrap();
    fs::File::create(bench.path("books/big.sh")).unwrap().set_len(1 << 30).unwrap();
    for (name, why) in [
        ("books/pipe.sh", "is a pipe, socket or device, not a file"),
        ("books/socket.sh", "is a pipe, socket or device, not a file"),
        ("/dev/zero", "is a pipe, socket or device, not a file"),
        ("books/loop.sh", "Too many levels of symbolic links"),
        ("books/big.sh", "has 1073741824 bytes, more than the 33554432 that are read"),
        ("books/none.sh", "No such file or directory"),
    ] {
        let said = bench.run(&["check", name]);
        assert_eq!((said.code, said.err.contains(why)), (Some(2), true), "{name}: {said:?}");
    }
    let checked = bench.json(&["check", "books"]);
    assert_eq!(checked["files"].as_array().unwrap().len(), 1, "{checked}");
    assert_eq!(checked["unreadable"][0]["path"], "books/big.sh", "{checked}");
}

#[test]
fn a_name_of_a_file_is_never_a_command_for_a_workflow_or_a_terminal() {
    let bench = Bench::new();
    for name in [
        "::error::x,y%.sh".as_bytes(),
        b"a\n::stop-commands::x\n.sh",
        b"c\x1b[31m.sh",
        b"d\xff.sh",
        "e\u{9b}1m\u{202e}.sh".as_bytes(),
        b"f##[error]x.sh",
    ] {
        let path = bench.path("books").join(std::ffi::OsStr::from_bytes(name));
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, "#!/bin/bash\nfrobnicate\nrm -rf \"$D\"/*\n").unwrap();
    }
    for format in ["human", "github", "json", "sarif"] {
        let said = bench.run(&["check", "books", "--format", format]);
        let steers = |c: char| c.is_control() && c != '\n' || matches!(c, '\u{202e}' | '\u{9b}');
        assert!(!said.out.contains(steers), "{format}: {:?}", said.out);
        let places: Vec<&str> = said.out.lines().filter(|line| line.contains("::")).collect();
        let own = |line: &&str| {
            ["::error ", "::warning ", "::notice "].iter().any(|w| line.starts_with(w))
        };
        if format == "github" {
            assert!(
                places.iter().all(|line| own(line) || line.starts_with("blackstart: ")),
                "{places:?}"
            );
            let old = said.out.lines().find(|line| line.contains("##[") && !line.starts_with("::"));
            assert_eq!(old, None);
        } else {
            assert!(!places.iter().any(|line| line.trim_start().starts_with("::")), "{places:?}");
        }
    }
}

const PLAN: &str = "schema: blackstart/plan/v1\nid: p\nkind: recovery\ntitle: t\nsteps:\n  - {id: a, title: Look, kind: check, check: 'test -d /srv'}\n";

#[test]
fn a_plan_is_checked_where_nothing_can_be_kept_and_that_is_said() {
    let bench = Bench::new();
    bench.write("p.yaml", PLAN);
    let file = bench.write("file", "");
    let (none, below) = (None, Some(file.join("home")));
    for home in [none, below] {
        let mut command = bench.command(&["check", "p.yaml"]);
        match &home {
            None => command.env_remove("HOME"),
            Some(home) => command.env("HOME", home),
        };
        let said = Said::of(&mut command);
        assert_eq!(said.code, Some(0), "{home:?}: {said:?}");
        assert!(said.out.contains("p.yaml: plan, risk read, no findings"), "{said:?}");
        assert!(said.err.contains("is not kept for their approval"), "{said:?}");
    }
    let said = bench.run(&["check", "p.yaml"]);
    assert_eq!((said.code, said.err.as_str()), (Some(0), ""));
}

#[test]
fn every_unknown_harm_says_why_and_where() {
    let bench = Bench::new();
    let scripts = [
        "frobnicate\n",
        "/srv/x/tool --all\n",
        "./run\n",
        "\"$TOOL\" x\n",
        "$(which tar) x\n",
        "eval \"$X\"\n",
        "bash /srv/x.sh\n",
        "source /etc/x.conf\n",
        ". ./env\n",
        "curl -s https://x.example/i | sh\n",
        "ssh db1 \"$CMD\"\n",
        "ssh db1\n",
        "xargs -n1 \"$X\"\n",
        "find / -exec \"$X\" {} +\n",
        "python3 -c 'import os'\n",
        "perl -e 'x'\n",
        "ruby x.rb\n",
        "node -e 1\n",
        "awk 'BEGIN{system(\"x\")}'\n",
        "sed '1e x' f\n",
        "psql -c \"frobnicate\"\n",
        "psql -f x.sql\n",
        "mysql -e 'system ls'\n",
        "sqlite3 a.db '.shell ls'\n",
        "docker run x y\n",
        "kubectl exec p -- \"$X\"\n",
        "sudo -s\n",
        "su - postgres\n",
        "screen -dm x\n",
        "at now < x\n",
        "crontab x\n",
        "echo x > /etc/cron.d/x\n",
        "cp x /usr/local/bin/tar\n",
        "alias rm='rm -i'\nrm x\n",
        "f() { frobnicate; }\nf\n",
        "trap \"$X\" EXIT\n",
        "coproc x\n",
        "exec \"$@\"\n",
        "env -i \"$@\"\n",
        "make restore\n",
        "terraform apply\n",
        "ansible-playbook x.yml\n",
        "busybox \"$X\"\n",
        "git pull\n",
        "PATH=/srv/x:$PATH ls\n",
        "LD_PRELOAD=/x ls\n",
        "a[$(x)]=1\n",
        "if true; then\n",
        "command -p \"$X\"\n",
        "nohup \"$X\" &\n",
        "\u{feff}ls\n",
        "r\u{200b}m x\n",
    ];
    for (number, script) in scripts.iter().enumerate() {
        bench.write(&format!("books/{number:02}.sh"), script);
    }
    bench.write("books/a.py", "import os\nprint(os.getcwd())\n");
    bench.write("books/b.md", "# x\n\n```sh\nfrobnicate\n```\n");
    bench.write("books/c.sql", "select 1;\nfrobnicate the database;\n");
    bench.write("books/d.service", "[Service]\nExecStart=/srv/x/tool\n");
    bench.write("books/cron.d/e", "0 3 * * * root /srv/x/tool\n");
    bench.write("books/p.yaml", PLAN.replace("test -d /srv", "frobnicate /srv"));
    bench.write("home/.keep", "");
    let checked = bench.json(&["check", "books"]);
    let mut unknown = 0;
    for file in checked["files"].as_array().unwrap() {
        let reasons = file["unknown"].as_array().unwrap();
        let name = file["path"].as_str().unwrap();
        assert_eq!(file["risk"] == "unknown", !reasons.is_empty(), "{name}: {file}");
        unknown += usize::from(!reasons.is_empty());
        for reason in reasons {
            let place = (reason["line"].as_u64(), reason["column"].as_u64());
            assert!(place.0 > Some(0) && place.1 > Some(0), "{name}: {reason}");
            assert!(!reason["why"].as_str().unwrap().is_empty(), "{name}: {reason}");
        }
    }
    assert!(unknown > 35, "{unknown} of {} are unknown", scripts.len());
    let step = |file: &Value| file["unknown"][0]["step"].clone();
    let plan = checked["files"].as_array().unwrap().iter().find(|one| one["language"] == "plan");
    assert_eq!(plan.map(step), Some("a".into()), "{plan:?}");
    // Each format says it.
    let said = bench.run(&["check", "books/00.sh"]);
    let why = "books/00.sh:1:1: risk unknown: what frobnicate does is not known";
    assert!(said.out.contains(why), "{said:?}");
    let said = bench.run(&["check", "books/00.sh", "--format", "github"]);
    assert!(said.out.contains(&format!("blackstart: {why}\n")), "{said:?}");
    let said = bench.run(&["check", "books/00.sh", "--format", "sarif"]);
    let log: Value = serde_json::from_str(&said.out).unwrap();
    let invocation = &log["runs"][0]["invocations"][0];
    let note = &invocation["toolExecutionNotifications"][0];
    assert_eq!(note["level"], "note", "{log}");
    assert_eq!(note["locations"][0]["physicalLocation"]["region"]["startLine"], 1);
    assert_eq!(invocation["executionSuccessful"], true);
    // Of many files only some are named, and all are counted.
    let said = bench.run(&["check", "books"]);
    assert!(said.out.contains(&format!("; risk unknown in {unknown}")), "{}", said.out);
}

/// Starts a long check and ends it by a signal when the first file was printed.
fn ended_by(bench: &Bench, format: &str, signal: Signal) -> (Option<i32>, String) {
    let mut command = bench.command(&["check", "books", "--jobs", "1", "--format", format]);
    let mut child: Child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut out = BufReader::new(child.stdout.take().unwrap());
    let mut text = String::new();
    while !text.contains("0000.sh") {
        assert!(out.read_line(&mut text).unwrap() > 0, "{text}");
    }
    kill_process(Pid::from_child(&child), signal).unwrap();
    out.read_to_string(&mut text).unwrap();
    (child.wait().unwrap().code(), text)
}

#[test]
fn a_check_that_is_interrupted_leaves_a_whole_document_that_says_so() {
    let bench = Bench::new();
    bench.many(3_000);
    for (signal, code) in [(Signal::INT, 130), (Signal::TERM, 143)] {
        let (ended, text) = ended_by(&bench, "json", signal);
        let checked: Value = serde_json::from_str(&text).unwrap();
        assert_eq!((ended, &checked["interrupted"]), (Some(code), &true.into()));
        let files = checked["files"].as_array().unwrap().len();
        assert!(files < 3_000, "it was ended before it was done");
        assert_eq!(checked["summary"]["files"], files);
        let (ended, text) = ended_by(&bench, "sarif", signal);
        let log: Value = serde_json::from_str(&text).unwrap();
        let invocation = &log["runs"][0]["invocations"][0];
        assert_eq!((ended, &invocation["exitCode"]), (Some(code), &code.into()));
        let said = invocation["toolExecutionNotifications"][0]["message"]["text"].as_str().unwrap();
        assert!(said.contains("of 3000 files; the others were not checked"), "{said}");
        let (ended, text) = ended_by(&bench, "github", signal);
        assert_eq!(ended, Some(code));
        assert!(text.contains("::error title=not checked::interrupted behind "), "{text}");
    }
}

#[test]
fn into_a_pipe_that_closes_it_ends_quietly() {
    let bench = Bench::new();
    bench.many(300);
    for format in ["human", "json", "sarif", "github"] {
        let mut command = bench.command(&["check", "books", "--format", format]);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        child.stdout.take().unwrap().read_exact(&mut [0; 8]).unwrap();
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(1), "{format}");
        assert_eq!(String::from_utf8_lossy(&output.stderr), "", "{format}");
    }
}

#[test]
fn standard_streams_that_are_closed_or_full_are_no_panic() {
    let bench = Bench::new();
    bench.write("a.sh", LOSES);
    let program = env!("CARGO_BIN_EXE_blackstart");
    for (redirects, code) in [(">&-", 3), ("2>&-", 3), (">&- 2>&- <&-", 3), ("> /dev/full", 1)] {
        let call = format!("'{program}' check a.sh {redirects}");
        let mut command = Command::new("sh");
        command
            .args(["-c", &call])
            .current_dir(bench.dir.path())
            .env_clear()
            .env("PATH", "/usr/bin:/bin");
        let said = Said::of(command.env("HOME", bench.path("home")));
        assert_eq!(said.code, Some(code), "{redirects}: {said:?}");
        assert!(!said.err.contains("panicked"), "{redirects}: {said:?}");
    }
    for jobs in ["0", "9999"] {
        let said = bench.run(&["check", "a.sh", "--jobs", jobs]);
        assert_eq!((said.code, said.err.contains("1..=1024")), (Some(2), true), "{said:?}");
    }
}

#[test]
fn fixes_keep_the_ends_of_lines_and_mend_those_of_a_shell_script() {
    let bench = Bench::new();
    let windows = |text: &str| text.replace('\n', "\r\n");
    // What no shell reads keeps its line ends, those of the lines that are put in too.
    let script = "import subprocess\nsubprocess.run('rm -rf \"$D\"/*', shell=True)\n";
    bench.write("a.py", windows(script));
    let markdown =
        "# Backup\n\n```bash\npg_dump shop | gzip > \"/backup/shop-$(date +%F).gz\"\n```\n\nend";
    bench.write("b.md", windows(markdown));
    let plan = "schema: blackstart/plan/v1\nid: p\nkind: recovery\ntitle: t\nsteps:\n  - id: a\n    title: t\n    kind: command\n    risk: destructive\n    run: |\n      cd /srv\n      rm -rf \"$D\"/*\n";
    bench.write("p.yaml", windows(plan));
    let said = bench.run(&["check", "--fix", "--yes", "b.md", "p.yaml"]);
    for name in ["b.md", "p.yaml"] {
        let text = fs::read_to_string(bench.path(name)).unwrap();
        assert!(said.out.contains(&format!("fixed {name}")), "{said:?}");
        assert_eq!(text.matches("\r\n").count(), text.matches('\n').count(), "{text:?}");
    }
    let text = fs::read_to_string(bench.path("b.md")).unwrap();
    assert!(
        text.contains("```bash\r\nset -o pipefail\r\n") && text.ends_with("\r\n\r\nend"),
        "{text:?}"
    );
    // A shell takes them for letters, so there they are mended, and said.
    let script = "#!/bin/bash\nset -eu\nf() {\n  rm -rf \"$D\"/*\n}\nf";
    bench.write("c.sh", windows(script));
    let checked = bench.json(&["check", "c.sh"]);
    let found: Vec<&str> =
        rules(&checked["files"][0]).into_iter().filter(|one| *one == "SH031").collect();
    assert_eq!(found.len(), 1, "{checked}");
    let said = bench.run(&["check", "--fix", "--yes", "c.sh"]);
    assert!(said.out.contains("fixed c.sh: SH031 SH003"), "{said:?}");
    assert!(
        said.out.contains("-#!/bin/bash\\r\n") && said.out.contains("+#!/bin/bash\n"),
        "{said:?}"
    );
    let text = fs::read_to_string(bench.path("c.sh")).unwrap();
    assert_eq!(
        text,
        script.replace("\"$D\"", "\"${D:?}\""),
        "its last line has no break as before"
    );
    // A mark of a text in another language stays.
    let sql = "\u{feff}#!/usr/bin/env python3\nimport os\n";
    bench.write("d.py", sql);
    bench.run(&["check", "--fix", "--yes", "d.py"]);
    assert_eq!(fs::read_to_string(bench.path("d.py")).unwrap(), sql);
}

#[test]
fn fixes_are_made_by_many_at_a_time_and_only_shown_to_people() {
    let bench = Bench::new();
    bench.many(40);
    let before = |name: &str| fs::read_to_string(bench.path(name)).unwrap();
    for arguments in [["--format", "json"], ["--format", "sarif"], ["--format", "github"]] {
        let said = bench.run(&[&["check", "books", "--fix", "--yes"][..], &arguments].concat());
        assert_eq!(said.code, Some(2), "{said:?}");
        assert!(said.err.contains("--fix shows differences, for people only"), "{said:?}");
    }
    assert_eq!(before("books/0000.sh"), LOSES);
    let one = bench.run(&["check", "books", "--fix", "--jobs", "1"]);
    let many = bench.run(&["check", "books", "--fix", "--jobs", "7"]);
    assert_eq!((one.code, &one.out), (Some(10), &many.out));
    let said = bench.run(&["check", "books", "--fix", "--yes", "--jobs", "3"]);
    assert_eq!(said.code, Some(0), "{said:?}");
    assert!((0..40).all(|number| before(&format!("books/{number:04}.sh")).contains("${D:?}")));
}

/// Returns what a directory holds, sorted.
fn listed(directory: &Path) -> Vec<String> {
    let names = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().file_name());
    let mut names: Vec<String> = names.map(|name| name.into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn a_fix_that_is_killed_leaves_the_old_file_or_the_new_one_and_nothing_half_written() {
    let bench = Bench::new();
    let fixed = LOSES.replace("\"$D\"", "\"${D:?}\"");
    let names: Vec<String> = (0..30).map(|number| format!("{number:04}.sh")).collect();
    let mut new = 0;
    for moment in 0..30_u32 {
        bench.many(30);
        let mut command = bench.command(&["check", "books", "--fix", "--yes", "--jobs", "2"]);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        // Killed behind so many files, so that the moments are spread over the work.
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let behind = |line: &str| line.starts_with("fixed ");
        let _ = lines
            .by_ref()
            .filter(|line| line.as_deref().is_ok_and(behind))
            .nth(moment as usize / 2);
        child.kill().unwrap();
        child.wait().unwrap();
        // Linux lets a file without a name replace none, so it has one of its own between two calls.
        let books = bench.path("books");
        let (beside, kept): (Vec<String>, Vec<String>) =
            listed(&books).into_iter().partition(|name| name.starts_with(".blackstart-"));
        assert_eq!(kept, names, "killed at moment {moment}");
        assert!(beside.len() <= 2, "{beside:?} at moment {moment}");
        for name in beside {
            assert_eq!(fs::read_to_string(books.join(&name)).unwrap(), fixed, "moment {moment}");
            fs::remove_file(books.join(&name)).unwrap();
        }
        for name in &names {
            let text = fs::read_to_string(bench.path("books").join(name)).unwrap();
            assert!(text == LOSES || text == fixed, "{name} at moment {moment}: {text:?}");
            new += usize::from(text == fixed);
        }
    }
    assert!(new > 0, "it came to writing");
}

#[test]
fn two_that_fix_the_same_file_at_once_leave_it_whole() {
    let bench = Bench::new();
    let fixed = LOSES.replace("\"$D\"", "\"${D:?}\"");
    for _ in 0..5 {
        bench.many(20);
        let start = || {
            let mut command = bench.command(&["check", "books", "--fix", "--yes"]);
            command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
        };
        let mut both = [start(), start()];
        both.iter_mut().for_each(|child| assert!(child.wait().unwrap().code().is_some()));
        let names = listed(&bench.path("books"));
        assert_eq!(names.len(), 20, "{names:?}");
        for name in names {
            assert_eq!(
                fs::read_to_string(bench.path("books").join(&name)).unwrap(),
                fixed,
                "{name}"
            );
        }
    }
}

#[test]
fn a_fix_for_which_there_is_no_room_changes_nothing_and_leaves_nothing() {
    let bench = Bench::new();
    bench.many(2);
    let program = env!("CARGO_BIN_EXE_blackstart");
    let call = format!("trap '' XFSZ; ulimit -f 0; exec '{program}' check books --fix --yes");
    let mut command = Command::new("sh");
    command.args(["-c", &call]).current_dir(bench.dir.path()).env_clear();
    let said = Said::of(command.env("PATH", "/usr/bin:/bin").env("HOME", bench.path("home")));
    assert_eq!(
        (said.code, said.err.contains("cannot write beside it")),
        (Some(1), true),
        "{said:?}"
    );
    assert_eq!(listed(&bench.path("books")), ["0000.sh", "0001.sh"]);
    for name in ["0000.sh", "0001.sh"] {
        assert_eq!(fs::read_to_string(bench.path("books").join(name)).unwrap(), LOSES);
    }
}

#[test]
fn a_fix_keeps_mode_owner_and_access_list() {
    let bench = Bench::new();
    let path = bench.write("a.sh", LOSES);
    fs::set_permissions(&path, fs::Permissions::from_mode(0o2751)).unwrap();
    let noted =
        Command::new("setfattr").args(["-n", "user.note", "-v", "kept"]).arg(&path).status();
    let listed = Command::new("setfacl").args(["-m", "u:65534:rw"]).arg(&path).status();
    let root = rustix::process::geteuid().is_root();
    if root {
        std::os::unix::fs::chown(&path, Some(65534), Some(65534)).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o2751)).unwrap();
    }
    let list = || Command::new("getfacl").args(["-cnp"]).arg(&path).output().map(|o| o.stdout).ok();
    let note = || {
        Command::new("getfattr")
            .args(["-d", "--absolute-names"])
            .arg(&path)
            .output()
            .map(|o| o.stdout)
            .ok()
    };
    let before = (fs::metadata(&path).unwrap(), list(), note());
    let said = bench.run(&["check", "--fix", "--yes", "a.sh"]);
    assert_eq!(said.code, Some(0), "{said:?}");
    let after = (fs::metadata(&path).unwrap(), list(), note());
    let own = |of: &fs::Metadata| {
        use std::os::unix::fs::MetadataExt;
        (of.mode(), of.uid(), of.gid())
    };
    assert_eq!(own(&before.0), own(&after.0));
    assert_eq!((before.1, before.2), (after.1, after.2));
    for (tool, set) in [("setfattr", noted), ("setfacl", listed)] {
        if !set.is_ok_and(|status| status.success()) {
            left_out::left_out(format_args!("{tool} does nothing here"));
        }
    }
}

mod left_out;

#[test]
fn standard_input_that_stays_open_ends_with_its_data() {
    let bench = Bench::new();
    let mut command = bench.command(&["check", "-", "-", "--format", "json"]);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(LOSES.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let checked: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(checked["files"].as_array().unwrap().len(), 1, "it is read once");
    assert_eq!(output.status.code(), Some(3));
}
