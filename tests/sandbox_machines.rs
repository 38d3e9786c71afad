//! A dry run on a machine that is full, bare or odd works, or says plainly why not.
#![allow(clippy::disallowed_methods, clippy::unwrap_used, clippy::panic, clippy::print_stderr)]

mod sandbox_processes;
mod sandbox_support;

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use blackstart::sandbox::{Layering, Limits};

use sandbox_processes::processes_with;
use sandbox_support::{Who, everybody, open_directory, prefix, session, session_with, step};

/// What a dry run in a setting must print and return.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Then {
    /// It counts, and its step passes.
    Passes,
    /// It passes, or ends with a code of its own and a sentence that holds one of these words.
    OrSays(&'static [&'static str]),
}

/// Settings: shell text that ends by becoming `"$@"`, by whom, and what then.
const SETTINGS: &[(&str, &str, &[Who], Then)] = &[
    ("nothing special", "exec \"$@\"", &[Who::Root, Who::User], Then::Passes),
    ("no HOME", "unset HOME; exec \"$@\"", &[Who::Root, Who::User], Then::Passes),
    ("HOME is not there", "HOME=/no/such/home exec \"$@\"", &[Who::Root, Who::User], Then::Passes),
    ("HOME is relative", "HOME=x exec \"$@\"", &[Who::Root, Who::User], Then::Passes),
    ("no environment", "exec env -i \"$@\"", &[Who::Root, Who::User], Then::Passes),
    ("LANG is unset", "unset LANG LC_ALL; exec \"$@\"", &[Who::Root, Who::User], Then::Passes),
    ("PATH is unset", "unset PATH; exec \"$@\"", &[Who::Root, Who::User], Then::Passes),
    (
        "the directory is gone",
        "mkdir gone; cd gone; rmdir ../gone; exec \"$@\"",
        &[Who::Root, Who::User],
        Then::OrSays(&["directory"]),
    ),
    ("umask 077", "umask 077; exec \"$@\"", &[Who::Root, Who::User], Then::Passes),
    (
        "umask 777",
        "umask 777; exec \"$@\"",
        &[Who::Root, Who::User],
        Then::OrSays(&["cannot be written"]),
    ),
    ("stdin is closed", "exec \"$@\" <&-", &[Who::Root, Who::User], Then::Passes),
    (
        "all streams but one are closed",
        "exec \"$@\" <&- 2>&-",
        &[Who::Root, Who::User],
        Then::Passes,
    ),
    (
        "signals are ignored",
        "trap '' HUP INT TERM PIPE CHLD USR1 ALRM; exec \"$@\"",
        &[Who::Root, Who::User],
        Then::Passes,
    ),
    (
        "signals are blocked",
        "exec env --block-signal=HUP,INT,TERM,CHLD,ALRM,USR1,PIPE \"$@\"",
        &[Who::Root, Who::User],
        Then::Passes,
    ),
    (
        "few open files",
        "ulimit -n 64; exec \"$@\"",
        &[Who::Root, Who::User],
        Then::OrSays(&["open files"]),
    ),
    (
        "very few open files",
        "ulimit -n 12; exec \"$@\"",
        &[Who::Root, Who::User],
        Then::OrSays(&["open files", "descriptor"]),
    ),
    (
        "no further process",
        "ulimit -u 1; exec \"$@\"",
        &[Who::User],
        Then::OrSays(&["temporarily unavailable", "process"]),
    ),
    ("as process 1", "exec unshare --pid --fork --mount-proc \"$@\"", &[Who::Root], Then::Passes),
    (
        "the root is read-only",
        "exec unshare -m sh -c 'mount --make-rprivate / && mount -t tmpfs none \"$HOME\" && \
         mount -o remount,bind,ro / && exec \"$@\"' sh \"$@\"",
        &[Who::Root],
        Then::OrSays(&["Read-only"]),
    ),
    (
        "/tmp is full",
        "exec unshare -m sh -c 'mount --make-rprivate / && mount -t tmpfs -o size=16k none /tmp && \
         { cat /dev/zero > /tmp/full 2>/dev/null || true; } && exec \"$@\"' sh \"$@\"",
        &[Who::Root],
        Then::Passes,
    ),
    (
        "no /tmp, no /mnt, no /media, no /srv, no /opt",
        "exec unshare -m sh -c 'mount --make-rprivate / && for d in /mnt /media /srv /opt; do \
         mount -t tmpfs -o ro none $d; done && exec \"$@\"' sh \"$@\"",
        &[Who::Root],
        Then::Passes,
    ),
    (
        "a hundred mounts",
        "exec unshare -m sh -c 'mount --make-rprivate / && mount -t tmpfs none /mnt && for i in \
         $(seq 100); do mkdir /mnt/$i && mount -t tmpfs none /mnt/$i; done && exec \"$@\"' sh \"$@\"",
        &[Who::Root],
        Then::Passes,
    ),
];

/// What the step prints: it must be the same in every setting.
const STEP: &str = "umask; trap -p; perl -e 'print join \",\", map { $SIG{$_} // \"-\" } qw(HUP INT TERM PIPE CHLD)'\n\
    echo; grep SigBlk /proc/self/status; (exit 3) & wait $! || echo $?; pwd; cat /dev/stdin | wc -c; ls /proc/self/fd | wc -l\n\
    printf '%s' \"$LANG\"; ulimit -c\n";

fn place(who: Who) -> tempfile::TempDir {
    // Not below /tmp, which some of the settings cover.
    let directory = tempfile::Builder::new()
        .prefix("blackstart-machine-")
        .tempdir_in("/var/tmp")
        .expect("a directory");
    use std::os::unix::fs::PermissionsExt as _;
    fs::set_permissions(directory.path(), fs::Permissions::from_mode(0o777)).expect("open to all");
    let home = directory.path().join("home");
    fs::create_dir(&home).expect("a home");
    fs::set_permissions(&home, fs::Permissions::from_mode(0o777)).expect("open to all");
    fs::write(directory.path().join("step.sh"), STEP).expect("a script");
    let _ = sandbox_support::program(who, directory.path());
    directory
}

fn dry_run(setting: &str, who: Who, place: &Path) -> (Option<i32>, String, String) {
    let mut words = prefix(who);
    words.extend(["bash", "-euc", setting, "bash"].map(str::to_owned));
    words.push(place.join("blackstart").display().to_string());
    words.extend(["--data-dir", "DATA", "dry-run", "SCRIPT", "--json"].map(str::to_owned));
    let data = format!("{}/home/data", place.display());
    let script = place.join("step.sh").display().to_string();
    for word in &mut words {
        match word.as_str() {
            "DATA" => word.clone_from(&data),
            "SCRIPT" => word.clone_from(&script),
            _ => {}
        }
    }
    let output = Command::new(&words[0])
        .args(&words[1..])
        .current_dir(place.join("home"))
        .env("HOME", place.join("home"))
        .stdin(Stdio::null())
        .output()
        .expect("starts");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code(), text(&output.stdout), text(&output.stderr))
}

/// Returns what the step printed, out of a result in JSON.
fn printed(json: &str) -> Option<String> {
    let value: serde_json::Value = serde_json::from_str(json).ok()?;
    let step = value.get("steps")?.get(0)?;
    let stdout = step.get("stdout")?;
    Some(stdout.get("text").unwrap_or(stdout).as_str()?.to_owned())
}

#[test]
fn an_odd_machine_changes_nothing_about_a_dry_run_or_is_named() {
    let mut wrong = Vec::new();
    for who in everybody() {
        let usual = place(who);
        let tools = open_directory();
        if session(who, tools.path()).is_none() {
            continue;
        }
        let (code, json, err) = dry_run(SETTINGS[0].1, who, usual.path());
        let expected = printed(&json);
        assert!(!json.contains("\"argv\":[]"), "a program without arguments, as {who:?}: {json}");
        assert!(code == Some(0) && expected.is_some(), "{code:?} {json} {err}");
        for (name, setting, by, then) in SETTINGS {
            if !by.contains(&who) {
                continue;
            }
            let place = place(who);
            let (code, json, err) = dry_run(setting, who, place.path());
            let said = format!("{json}{err}");
            let passed = code == Some(0) && printed(&json) == expected;
            let right = match then {
                Then::Passes => passed,
                Then::OrSays(words) => {
                    passed
                        || code.is_some_and(|code| code != 0 && code < 100)
                            && words.iter().any(|word| said.contains(word))
                }
            };
            if !right || said.contains("panicked") {
                let said: String = said.chars().take(900).collect();
                wrong.push(format!("as {who:?}, {name}: {code:?} {said}"));
            }
            if let Some(left) = processes_with(&place.path().display().to_string()).first() {
                wrong.push(format!("as {who:?}, {name}: {left:?} is left"));
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}\n", wrong.join("\n"));
}

#[test]
fn a_full_disk_inside_stops_the_run_and_not_the_session() {
    for who in everybody() {
        let directory = open_directory();
        let Some(mut session) =
            session_with(who, directory.path(), |options| options.disk = 8 << 20)
        else {
            continue;
        };
        let run = |session: &mut blackstart::sandbox::Session, text: &str, layering| {
            let mut request = step(text);
            request.layering = layering;
            request.limits = Limits { memory: 256 << 20, ..Limits::default() };
            session.run(&request).unwrap_or_else(|error| panic!("{text}: {error}"))
        };
        let full = run(&mut session, "cat /dev/zero > /tmp/bs-full", Layering::Keep);
        assert!(!full.succeeded() && full.limit.is_some(), "as {who:?}: {full:?}");
        let next = run(&mut session, "echo x > /tmp/bs-next", Layering::Keep);
        assert!(!next.succeeded() && next.limit.is_some(), "as {who:?}: {next:?}");
        session.discard_top().expect("discards");
        session.discard_top().expect("discards");
        let room = run(&mut session, "echo x > /tmp/bs-next; cat /tmp/bs-next", Layering::Discard);
        assert_eq!((room.exit_code, room.stdout.text.as_str()), (Some(0), "x\n"), "as {who:?}");
    }
}

#[test]
fn a_dropped_run_is_not_seen_by_the_next() {
    let table = [
        ("echo x > /dev/shm/bs-seen", "test ! -e /dev/shm/bs-seen"),
        (
            "rm -rf /dev/shm /dev/fd /dev/stdin /dev/pts/* || true",
            "test -e /dev/fd/0 && test -d /dev/shm",
        ),
        ("rm -f /dev/null || true; rm -rf /dev/* || true", "echo x > /dev/null; test -c /dev/zero"),
        ("echo x > /dev/bs-seen || true", "test ! -e /dev/bs-seen"),
        (
            "perl -e 'defined shmget(77,64,0666|512) or die'",
            "perl -e 'exit defined shmget(77,64,0)'",
        ),
        (
            "rm -rf /.blackstart/* || true; systemctl stop app || true",
            "command -v systemctl && test -e /.blackstart",
        ),
        ("rm -rf /tmp/* /var/tmp/* || true; mv /usr /usr2 || true", "test -x /usr/bin/env"),
        (
            "rm -rf / --no-preserve-root 2>/dev/null || true",
            "ls /etc/passwd /usr/bin/env /tmp >/dev/null",
        ),
        ("mkdir /tmp/bs-seen; chmod 0 /tmp || true", "test ! -e /tmp/bs-seen; test -w /tmp"),
        ("(setsid sleep 300 >/dev/null 2>&1 &)", "! ps -e | grep sleep"),
    ];
    for who in everybody() {
        let directory = open_directory();
        let Some(mut session) = session(who, directory.path()) else { continue };
        for (first, second) in table {
            let mut request = step(first);
            request.layering = Layering::Discard;
            session.run(&request).unwrap_or_else(|error| panic!("{first}: {error}"));
            let seen =
                session.run(&step(second)).unwrap_or_else(|error| panic!("{second}: {error}"));
            assert_eq!(seen.exit_code, Some(0), "as {who:?}: {first}, then {second}: {seen:?}");
            session.discard_top().expect("discards");
        }
    }
}
