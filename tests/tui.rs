//! The terminal interface in a real terminal: what a person sees, and what is left of it behind every way out.
#![allow(clippy::disallowed_methods, clippy::unwrap_used)]

mod left_out;
mod paced;

use std::collections::BTreeSet;
use std::fs;
use std::io::{Read, Write};
use std::os::fd::OwnedFd;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, WaitOptions, kill_process, waitpid};
use rustix::{pty, termios};

/// How long a state is waited for before the test fails.
const PATIENCE: Duration = Duration::from_secs(30);

struct Terminal {
    child: Child,
    master: fs::File,
    seen: Arc<Mutex<Seen>>,
}

struct Seen {
    screen: vt100::Parser,
    raw: Vec<u8>,
}

impl Terminal {
    fn start(data: &Path, rows: u16, columns: u16) -> Self {
        Self::start_with(data, rows, columns, &[])
    }

    fn start_with(data: &Path, rows: u16, columns: u16, arguments: &[&str]) -> Self {
        let flags = pty::OpenptFlags::RDWR | pty::OpenptFlags::NOCTTY;
        let master = pty::openpt(flags | pty::OpenptFlags::CLOEXEC).unwrap();
        pty::grantpt(&master).unwrap();
        pty::unlockpt(&master).unwrap();
        termios::tcsetwinsize(&master, size(rows, columns)).unwrap();
        let slave = pty::ioctl_tiocgptpeer(&master, flags | pty::OpenptFlags::CLOEXEC).unwrap();
        let end = |slave: &OwnedFd| Stdio::from(slave.try_clone().unwrap());
        // setsid(1) makes the terminal the controlling one, and then becomes the program.
        let child = Command::new("setsid")
            .args(["--ctty", env!("CARGO_BIN_EXE_blackstart")])
            .args(arguments)
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap())
            .env("HOME", data)
            .env("TERM", "xterm-256color")
            .env("LANG", "C.UTF-8")
            .env("EDITOR", "sed -i s/30s/40s/")
            .env("BLACKSTART_DATA_DIR", data.join("store"))
            .stdin(end(&slave))
            .stdout(end(&slave))
            .stderr(end(&slave))
            .spawn()
            .unwrap();
        drop(slave);
        let master = fs::File::from(master);
        let screen = vt100::Parser::new(rows.try_into().unwrap(), columns.try_into().unwrap(), 0);
        let seen = Arc::new(Mutex::new(Seen { screen, raw: vec![] }));
        let (mut reader, shared) = (master.try_clone().unwrap(), Arc::clone(&seen));
        std::thread::spawn(move || {
            let mut bytes = [0; 8192];
            while let Ok(count) = reader.read(&mut bytes) {
                if count == 0 {
                    break;
                }
                let mut seen = shared.lock().unwrap();
                seen.screen.process(&bytes[..count]);
                seen.raw.extend_from_slice(&bytes[..count]);
            }
        });
        Self { child, master, seen }
    }

    fn pid(&self) -> Pid {
        Pid::from_child(&self.child)
    }

    fn press(&mut self, keys: &str) {
        self.master.write_all(keys.as_bytes()).unwrap();
    }

    /// Opens a file through the dialog.
    fn open(&mut self, path: &Path) {
        self.press("o");
        self.wait_for("Open a file");
        self.press(path.to_str().unwrap());
        let name = path.file_name().unwrap().to_str().unwrap();
        self.wait_for(name);
        self.press("\r");
    }

    fn wait_for(&self, text: &str) -> String {
        self.wait(text, |screen| screen.contains(text))
    }

    fn wait(&self, what: &str, holds: impl Fn(&str) -> bool) -> String {
        let started = Instant::now();
        loop {
            let screen = self.seen.lock().unwrap().screen.screen().contents();
            if holds(&screen) {
                return screen;
            }
            assert!(started.elapsed() < PATIENCE, "no {what:?} on the screen:\n{screen}");
            std::thread::yield_now();
            std::thread::park_timeout(Duration::from_millis(5));
        }
    }

    /// Returns when a text stood on the screen, looked for as often as can be.
    fn stands_at(&self, text: &str) -> Instant {
        let started = Instant::now();
        loop {
            if self.seen.lock().unwrap().screen.screen().contents().contains(text) {
                return Instant::now();
            }
            assert!(started.elapsed() < PATIENCE, "no {text:?} on the screen");
            std::thread::park_timeout(Duration::from_micros(300));
        }
    }

    fn end(&mut self) -> ExitStatus {
        let started = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status;
            }
            assert!(started.elapsed() < PATIENCE, "it does not end");
            std::thread::park_timeout(Duration::from_millis(5));
        }
    }

    /// Fails unless the terminal is as it was before: no mode left on, lines edited and echoed by the kernel.
    fn assert_given_back(&self) {
        let started = Instant::now();
        loop {
            let left = modes_left_on(&self.seen.lock().unwrap().raw);
            let modes = termios::tcgetattr(&self.master).unwrap().local_modes;
            let cooked = modes.contains(termios::LocalModes::ICANON | termios::LocalModes::ECHO);
            if left.is_empty() && cooked {
                break;
            }
            assert!(started.elapsed() < PATIENCE, "left on: {left:?}, cooked: {cooked}");
            std::thread::park_timeout(Duration::from_millis(5));
        }
        assert!(!self.seen.lock().unwrap().screen.screen().hide_cursor());
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn size(rows: u16, columns: u16) -> termios::Winsize {
    termios::Winsize { ws_row: rows, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 }
}

/// Returns the private modes that were set and not reset; the cursor (25) is the other way round.
fn modes_left_on(raw: &[u8]) -> BTreeSet<u32> {
    let text = String::from_utf8_lossy(raw);
    let mut on = BTreeSet::new();
    for part in text.split("\x1b[?").skip(1) {
        let number: String = part.chars().take_while(char::is_ascii_digit).collect();
        let (Ok(mode), Some(end)) = (number.parse(), part.chars().nth(number.len())) else {
            continue;
        };
        let sets = if mode == 25 { end == 'l' } else { end == 'h' };
        let _ = if sets { on.insert(mode) } else { on.remove(&mode) };
    }
    on
}

/// A directory with an inventory, an incident and a plan that only looks.
fn place() -> tempfile::TempDir {
    let place = tempfile::tempdir().unwrap();
    let root = place.path().to_str().unwrap();
    let write = |name: &str, text: String| fs::write(place.path().join(name), text).unwrap();
    write(
        "inv.yaml",
        format!(
            "schema: blackstart/inventory/v1\nhosts: [{{id: here, access: local}}]\nassets:\n  - {{id: docs, kind: files, host: here, paths: [{root}/docs], targets: {{rto: 4h, rpo: 1d}}}}\n"
        ),
    );
    write(
        "inc.yaml",
        "schema: blackstart/incident/v1\nid: inc-1\ntitle: documents are gone\ndetected_at: 2026-01-31T09:12:00Z\ndamage_at: 2026-01-31T09:02:00Z\naffected: [docs]\n".into(),
    );
    write(
        "plan.yaml",
        format!(
            "schema: blackstart/plan/v1\nid: look\nkind: recovery\ntitle: Look\nsteps:\n  - id: wait-for-go\n    title: Wait until the file is there\n    kind: check\n    timeout: 30s\n    check: |\n      echo waiting\n      until [ -e {root}/go ]; do sleep 0.05; done\n      echo gone on\n"
        ),
    );
    write("go", String::new());
    place
}

#[test]
fn findings_of_files_are_read_fixed_taken_back_and_looked_at_again() {
    let dir = tempfile::tempdir().unwrap();
    let (script, other) = (dir.path().join("backup.sh"), dir.path().join("other.sh"));
    let text = "#!/bin/bash\nset -eu\nrm -rf \"$CACHE\"/*\n";
    fs::write(&script, text).unwrap();
    fs::write(&other, "#!/bin/sh\nls\n").unwrap();
    let path = dir.path().to_str().unwrap();
    let mut terminal = Terminal::start_with(dir.path(), 24, 80, &["review", path]);
    terminal.wait_for("2 files   ");
    terminal.wait_for("backup.sh");
    terminal.press("n");
    terminal.wait_for("CRITICAL SH003");
    terminal.wait_for("^^^^^^");
    terminal.press("r");
    terminal.wait_for("Rule SH003");
    terminal.press("\x1b");
    terminal.wait_for("f fix");
    terminal.press("f");
    terminal.wait_for("+ rm -rf \"${CACHE:?}\"");
    terminal.press("y");
    terminal.wait_for("is fixed");
    assert!(fs::read_to_string(&script).unwrap().contains("${CACHE:?}"));
    terminal.press("u");
    terminal.wait_for("is as it was");
    assert_eq!(fs::read_to_string(&script).unwrap(), text);
    // A change from outside is seen without a key.
    fs::write(&other, "#!/bin/sh\nrm -rf \"$D\"/*\n").unwrap();
    terminal.wait_for("other.sh");
    terminal.press("q");
    assert!(terminal.end().success());
    terminal.assert_given_back();
}

#[test]
fn a_person_walks_from_an_incident_to_the_review_and_leaves() {
    let place = place();
    let mut terminal = Terminal::start(place.path(), 24, 80);
    terminal.wait_for("Nothing here yet");
    terminal.open(&place.path().join("inv.yaml"));
    terminal.wait_for("ok read inventory");
    terminal.open(&place.path().join("inc.yaml"));
    terminal.wait_for("documents are gone");
    terminal.press("\x04");
    terminal.wait_for("What it gives and costs");
    terminal.press("\r");
    terminal.wait_for("Step 1 of");
    terminal.wait("the check", |screen| screen.contains("0 severe"));
    terminal.press("q");
    assert!(terminal.end().success());
    terminal.assert_given_back();
}

#[test]
fn the_terminal_is_given_back_on_every_deadly_signal() {
    for signal in [Signal::TERM, Signal::HUP, Signal::INT, Signal::QUIT] {
        let place = place();
        let mut terminal = Terminal::start(place.path(), 24, 80);
        terminal.wait_for("Nothing here yet");
        kill_process(terminal.pid(), signal).unwrap();
        assert_eq!(terminal.end().signal(), Some(signal.as_raw()), "{signal:?}");
        terminal.assert_given_back();
    }
}

#[test]
fn it_stops_and_goes_on_as_the_shell_wants() {
    let place = place();
    let mut terminal = Terminal::start(place.path(), 24, 80);
    terminal.wait_for("Nothing here yet");
    kill_process(terminal.pid(), Signal::TSTP).unwrap();
    let (_, status) = waitpid(Some(terminal.pid()), WaitOptions::UNTRACED).unwrap().unwrap();
    assert!(status.stopped());
    terminal.assert_given_back();
    kill_process(terminal.pid(), Signal::CONT).unwrap();
    terminal.wait_for("Nothing here yet");
    terminal.press("?");
    terminal.wait_for("Help");
    terminal.press("\x1b");
    terminal.wait("the first screen", |screen| !screen.contains(" Help "));
    terminal.press("q");
    assert!(terminal.end().success());
    terminal.assert_given_back();
}

#[test]
fn it_follows_the_size_of_the_terminal() {
    let place = place();
    let terminal = Terminal::start(place.path(), 24, 80);
    terminal.wait_for("Nothing here yet");
    for (rows, columns, expected) in
        [(10u16, 40u16, "blackstart needs 60x16, has 40x10"), (30, 100, "Nothing here yet")]
    {
        terminal
            .seen
            .lock()
            .unwrap()
            .screen
            .screen_mut()
            .set_size(rows.try_into().unwrap(), columns.try_into().unwrap());
        termios::tcsetwinsize(&terminal.master, size(rows, columns)).unwrap();
        terminal.wait_for(expected);
    }
}

#[test]
fn a_step_is_edited_in_the_editor_and_the_terminal_is_back_afterwards() {
    let place = place();
    let mut terminal = Terminal::start(place.path(), 24, 80);
    terminal.wait_for("Nothing here yet");
    terminal.open(&place.path().join("plan.yaml"));
    terminal.wait_for("timeout 30s");
    terminal.press("e");
    terminal.wait_for("timeout 40s");
    terminal.press("u");
    terminal.wait_for("timeout 30s");
}

#[test]
fn a_cursor_move_writes_little() {
    let place = place();
    let mut terminal = Terminal::start(place.path(), 40, 120);
    terminal.wait_for("Nothing here yet");
    terminal.open(&place.path().join("inc.yaml"));
    terminal.wait_for("> What is broken?");
    let before = terminal.seen.lock().unwrap().raw.len();
    terminal.press("\t");
    terminal.wait_for("> Inventory");
    terminal.wait_for("File that says what there is");
    let written = terminal.seen.lock().unwrap().raw.len() - before;
    assert!(written <= 900, "{written} bytes");
}

#[test]
fn a_run_outlives_the_interface_and_is_found_again() {
    let place = place();
    let go = place.path().join("go");
    let mut terminal = Terminal::start(place.path(), 24, 80);
    terminal.wait_for("Nothing here yet");
    terminal.open(&place.path().join("plan.yaml"));
    terminal.wait_for("0 severe");
    terminal.press("s");
    let screen = terminal.wait("the end of the dry run", |screen| {
        // While it is under way the count stands there too.
        screen.contains("/1 passed") || screen.contains("no dry run")
    });
    if !screen.contains("1/1 passed") {
        left_out::left_out(format_args!("no full dry run on this machine:\n{screen}"));
        return;
    }
    terminal.wait_for("APPROVED");
    fs::remove_file(&go).unwrap();
    terminal.press("x");
    terminal.wait_for("NOT STARTED");
    terminal.press("S");
    terminal.wait_for("LIVE RUN");
    terminal.wait_for("waiting");
    kill_process(terminal.pid(), Signal::KILL).unwrap();
    terminal.end();

    let mut terminal = Terminal::start(place.path(), 24, 80);
    terminal.wait_for("running");
    terminal.press("\r");
    terminal.wait_for("LIVE RUN");
    fs::write(&go, "").unwrap();
    terminal.wait_for("SUCCEEDED");
    terminal.press("v");
    terminal.wait_for("Promised and measured");
    terminal.press("q");
    assert!(terminal.end().success());
    terminal.assert_given_back();
}

/// A directory with a host that must not be named outside, and a model at this endpoint.
fn place_with_model(endpoint: &paced::Endpoint) -> tempfile::TempDir {
    let place = place();
    let root = place.path();
    let inventory = fs::read_to_string(root.join("inv.yaml")).unwrap();
    let inventory = inventory
        .replace("id: here, access", "id: vault7, address: vault7.corp.example, access")
        .replace("host: here", "host: vault7");
    fs::write(root.join("inv.yaml"), inventory).unwrap();
    let incident = fs::read_to_string(root.join("inc.yaml")).unwrap();
    let told = "description: |\n  ssh root@vault7.corp.example failed, password: hunter2-Xq9\n";
    fs::write(root.join("inc.yaml"), format!("{incident}{told}")).unwrap();
    fs::create_dir_all(root.join(".config/blackstart")).unwrap();
    let models = format!(
        "schema: blackstart/models/v1\nmodels:\n- {{id: paced, base_url: '{}', model: paced-1}}\n",
        endpoint.base_url()
    );
    fs::write(root.join(".config/blackstart/models.yaml"), models).unwrap();
    place
}

/// Opens inventory and incident, and makes the template draft.
fn to_the_draft(terminal: &mut Terminal, place: &Path) {
    terminal.wait_for("Nothing here yet");
    terminal.open(&place.join("inv.yaml"));
    terminal.wait_for("ok read inventory");
    terminal.open(&place.join("inc.yaml"));
    terminal.wait_for("documents are gone");
    terminal.press("\x04");
    terminal.wait_for("What it gives and costs");
    terminal.wait_for("ask model");
    // The d of Ctrl-D may still be held; another key tells that it is not.
    terminal.press("?");
    terminal.wait_for("Help");
    terminal.press("\x1b");
    terminal.wait("the draft", |screen| !screen.contains(" Help "));
}

/// A step as a model writes it, new to the plan.
fn proposed(id: &str, title: &str, host: Option<&str>, run: &str) -> String {
    serde_json::json!({
        "id": id, "based_on": null, "keep": false, "phase": "activation", "title": title, "kind": "check",
        "host": host, "asset": null, "needs": [], "run": null, "check": run, "rollback": null, "risk": "read",
        "timeout": "30s", "on_failure": "halt", "safety_copy": null, "why": "to know", "expect": "a line",
    })
    .to_string()
}

const BEGIN: &str = "{\"title\": \"t\", \"summary\": \"s\", \"backup\": null, \"questions\": [], \"assumptions\": [], \"steps\": [";

#[test]
fn a_model_s_steps_are_seen_as_they_come_and_a_question_is_cancelled_at_once() {
    let endpoint = paced::Endpoint::start();
    let place = place_with_model(&endpoint);
    let mut terminal = Terminal::start(place.path(), 24, 80);
    to_the_draft(&mut terminal, place.path());

    terminal.press("\x1bOS");
    terminal.wait_for("What would be sent");
    let shown = terminal.wait("the request", |screen| screen.contains("Replaced"));
    assert!(shown.contains("on this machine"), "{shown}");
    let mut seen = shown;
    loop {
        terminal.press("\x1b[6~");
        let before = seen.lines().map(str::to_owned).collect::<Vec<_>>();
        let page = terminal.wait("another page, or the end", |screen| {
            screen.lines().nth(5) != before.get(before.len().saturating_sub(19)).map(String::as_str)
        });
        assert!(!page.contains("vault7") && !page.contains("hunter2"), "{page}");
        if page.contains("<HOST_") {
            break;
        }
        seen = page;
    }
    terminal.press("\x1b");
    terminal.wait("the draft", |screen| !screen.contains("What would be sent"));

    terminal.press("d");
    let asked = endpoint.request(0);
    assert!(!asked.contains("vault7") && !asked.contains("hunter2"), "{asked}");
    endpoint.say(BEGIN);
    let mut took = vec![];
    for at in 0..8 {
        let title = format!("Look at number {at}");
        let comma = if at == 0 { "" } else { "," };
        let step = proposed(&format!("look-{at}"), &title, None, "true");
        let (head, last) = step.split_at(step.len() - 1);
        endpoint.say(&format!("{comma}{head}"));
        let written = endpoint.say(last);
        let seen = terminal.stands_at(&title).saturating_duration_since(written);
        took.push(format!("{:.1}", seen.as_secs_f64() * 1e3));
    }
    eprintln!("last byte of a step to the screen, ms: {}", took.join(" "));
    terminal.wait_for("8 steps unchecked");

    terminal.press("\x1b");
    let pressed = Instant::now();
    let stands = terminal.stands_at("cancelled; the template draft stands");
    let left = endpoint.saw_leave(1);
    let since = |at: Instant| at.saturating_duration_since(pressed).as_secs_f64() * 1e3;
    eprintln!(
        "cancel: on the screen {:.1} ms, connection closed {:.1} ms",
        since(stands),
        since(left)
    );
    terminal.wait_for("What it gives and costs");
    terminal.press("\r");
    terminal.wait_for("Step 1 of");
    terminal.press("q");
    assert!(terminal.end().success());
    terminal.assert_given_back();
}

#[test]
fn what_was_rejected_of_an_answer_stands_beside_what_was_kept() {
    let endpoint = paced::Endpoint::start();
    let place = place_with_model(&endpoint);
    let mut terminal = Terminal::start(place.path(), 40, 120);
    to_the_draft(&mut terminal, place.path());
    terminal.press("d");
    let good = proposed("look-first", "Look at what is left", None, "test -d /");
    let bad = proposed("look-away", "Look at the other machine", Some("nowhere9"), "true");
    let mut rounds = 0;
    loop {
        endpoint.request(rounds);
        endpoint.say(BEGIN);
        endpoint.say(&format!("{good},{bad}]}}"));
        endpoint.end();
        rounds += 1;
        let screen = terminal.wait("the end or another round", |screen| {
            screen.contains("the draft of paced")
                || screen.contains(&format!("round {} of", rounds + 1))
        });
        if screen.contains("the draft of paced") {
            break;
        }
    }
    let screen = terminal.wait_for("The answer as a whole");
    assert!(screen.contains("REJECTED") && screen.contains("NEW"), "{screen}");
    terminal.press("G");
    let screen = terminal.wait_for("Because");
    assert!(screen.contains("nowhere9"), "{screen}");
    terminal.press("\r");
    terminal.wait_for("Look at what is left");
    terminal.press("q");
    assert!(terminal.end().success());
}
