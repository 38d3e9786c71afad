//! Runs, sessions and their violent ends leave nothing on the machine, and cost the supervisor nothing.
#![allow(clippy::disallowed_methods, clippy::unwrap_used, clippy::panic, clippy::print_stderr)]

mod sandbox_processes;
mod sandbox_support;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use blackstart::sandbox::{Layering, Request, Session};
use rustix::process::{Pid, Signal};

use sandbox_processes::{children, processes_with, wait_until};
use sandbox_support::{Who, everybody, open_directory, prefix, program, session};

/// One test at a time: they count what this machine holds.
static ALONE: Mutex<()> = Mutex::new(());

/// What a run may leave if something is wrong: daemons, segments, files, deep and many layers. `{mark}` names all of it.
const SCRIPTS: &[&str] = &[
    "true # {mark}",
    "mkdir -p /tmp/{mark}/a/b; for i in 1 2 3 4 5 6 7 8; do echo $i > /tmp/{mark}/$i; done; rm /tmp/{mark}/3",
    "(setsid sleep 300 >/dev/null 2>&1 &) ; exit 3 # {mark}",
    "perl -e 'shmget({key},4096,0666|512); msgget({key},0666|512); semget({key},1,0666|512)'; echo x > /dev/shm/{mark}",
    "systemctl stop app; mkfifo /tmp/{mark}-fifo; ln -s x /var/tmp/{mark}; mv /tmp/{mark}-fifo /tmp/{mark}-f2",
    "(echo x > /dev/tcp/192.0.2.1/5) 2>/dev/null; chmod -R 700 /tmp 2>/dev/null; kill -9 $$ # {mark}",
];

/// How many runs: 150, which takes seconds; `BLACKSTART_DRY_RUNS=1000` for the whole number.
fn runs() -> usize {
    std::env::var("BLACKSTART_DRY_RUNS").ok().and_then(|text| text.parse().ok()).unwrap_or(150)
}

/// How many kills of each kind: 16, or 50 with the whole number of runs.
fn kills() -> usize {
    if runs() >= 1_000 { 50 } else { 16 }
}

/// A step that is not waited for when it left something behind.
fn step(text: &str) -> Request {
    let mut request = sandbox_support::step(text);
    request.limits.background_ms = 0;
    request
}

fn mark(who: Who) -> String {
    format!("bsl{who:?}{}", std::process::id())
}

fn key() -> u32 {
    0x6300_0000 | std::process::id() & 0x00ff_ffff
}

fn filled(script: &str, mark: &str) -> String {
    script.replace("{mark}", mark).replace("{key}", &key().to_string())
}

/// What this machine would hold of a run that was not cleaned up.
fn remains(mark: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let folders = ["/tmp", "/var/tmp", "/dev/shm", "/run", "/dev/mqueue", "/", "/mnt", "/srv"];
    for folder in folders {
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            if entry.file_name().to_string_lossy().contains(mark) {
                found.insert(entry.path().display().to_string());
            }
        }
    }
    for kind in ["shm", "msg", "sem"] {
        let table = fs::read_to_string(format!("/proc/sysvipc/{kind}")).unwrap_or_default();
        let own = table
            .lines()
            .filter(|line| line.split_whitespace().next() == Some(key().to_string().as_str()));
        found.extend(own.map(|line| format!("{kind} {line}")));
    }
    found
}

/// The mounts of this machine's first name space that could be a sandbox's.
fn mounts() -> BTreeSet<String> {
    let table = fs::read_to_string("/proc/self/mountinfo").expect("mountinfo");
    table.lines().map(str::to_owned).collect()
}

/// What one supervisor holds.
#[derive(Debug, PartialEq, Eq)]
struct Held {
    descriptors: usize,
    mounts: usize,
    children: usize,
    files_in_memory: u64,
    anonymous_kib: u64,
}

fn held(pid: u32) -> Held {
    let count = |path: &str| fs::read_dir(path).expect("readable").count();
    let lines = |path: &str| fs::read_to_string(path).expect("readable").lines().count();
    let status = fs::read_to_string(format!("/proc/{pid}/status")).expect("readable");
    let anonymous = status
        .lines()
        .find_map(|line| line.strip_prefix("RssAnon:"))
        .and_then(|text| text.trim().trim_end_matches(" kB").parse().ok());
    let memory = rustix::fs::statfs(format!("/proc/{pid}/cwd/u")).expect("its memory");
    Held {
        descriptors: count(&format!("/proc/{pid}/fd")),
        mounts: lines(&format!("/proc/{pid}/mountinfo")),
        children: children(pid).len(),
        files_in_memory: memory.f_files - memory.f_ffree,
        anonymous_kib: anonymous.expect("RssAnon"),
    }
}

/// Returns what a supervisor holds once the first process of its next run waits and it waits itself to be asked.
fn settled(pid: u32) -> Held {
    wait_until("the supervisor is ready", || {
        let at = fs::read_to_string(format!("/proc/{pid}/syscall")).unwrap_or_default();
        let asked = at.split(' ').next() == Some(&libc::SYS_read.to_string());
        asked && children(pid).len() == 1
    });
    held(pid)
}

/// Returns the supervisors that run a program below `tools`.
fn supervisors(tools: &Path) -> Vec<u32> {
    let program = format!("{}/blackstart __sandbox", tools.display());
    let mut found: Vec<u32> =
        processes_with(&program).into_iter().map(|process| process.pid).collect();
    found.sort_unstable();
    found
}

fn one_run(session: &mut Session, who: Who, round: usize) {
    let mut request = step(&filled(SCRIPTS[round % SCRIPTS.len()], &mark(who)));
    request.layering = if round % 5 == 4 { Layering::Keep } else { Layering::Discard };
    let kept = request.layering == Layering::Keep;
    session.run(&request).expect("runs");
    if kept {
        assert_eq!(session.depth(), 1);
        session.difference_since(0).expect("compares");
        session.discard_top().expect("discards");
    }
}

fn nothing_remains(who: Who, tools: &Path, mounts_before: &BTreeSet<String>, what: &str) {
    wait_until(&format!("{what}: every process is gone"), || {
        processes_with(&mark(who)).is_empty() && supervisors(tools).is_empty()
    });
    assert_eq!(remains(&mark(who)), BTreeSet::new(), "{what}");
    let more: Vec<_> = mounts().difference(mounts_before).cloned().collect();
    let own =
        |line: &&String| line.contains("overlay") || line.contains(&tools.display().to_string());
    assert_eq!(more.iter().filter(own).count(), 0, "{what}: {more:?}");
}

#[test]
fn many_runs_of_one_session_leave_nothing_behind() {
    let _alone = ALONE.lock();
    for who in everybody() {
        let tools = open_directory();
        let before = mounts();
        let Some(mut session) = session(who, tools.path()) else { continue };
        let pid = supervisors(tools.path())[0];
        for round in 0..60 {
            one_run(&mut session, who, round);
        }
        let first = settled(pid);
        let started = Instant::now();
        for round in 0..runs() {
            one_run(&mut session, who, round);
        }
        let took = started.elapsed();
        one_run(&mut session, who, 59);
        let last = settled(pid);
        eprintln!("{} runs as {who:?} in {took:?}: {first:?}, then {last:?}", runs());
        assert_eq!(
            (last.descriptors, last.mounts, last.children, last.files_in_memory),
            (first.descriptors, first.mounts, first.children, first.files_in_memory),
            "as {who:?}"
        );
        let growth = last.anonymous_kib.saturating_sub(first.anonymous_kib);
        assert!(growth <= 512 + runs() as u64 / 2, "as {who:?}: {first:?}, then {last:?}");
        assert!(processes_with(&mark(who)).is_empty(), "as {who:?}");
        drop(session);
        nothing_remains(who, tools.path(), &before, "after the session");
    }
}

#[test]
fn a_first_process_killed_while_it_waits_is_said_and_the_next_run_goes_on() {
    let _alone = ALONE.lock();
    for who in everybody() {
        let tools = open_directory();
        let Some(mut session) = session(who, tools.path()) else { continue };
        let supervisor = supervisors(tools.path())[0];
        settled(supervisor);
        let waiting = children(supervisor)[0];
        let pid = Pid::from_raw(i32::try_from(waiting).unwrap()).unwrap();
        rustix::process::kill_process(pid, Signal::KILL).expect("killed");
        let said = session.run(&step("true")).expect_err("it is gone").to_string();
        assert!(said.contains("ended from outside, by signal 9"), "as {who:?}: {said}");
        assert!(session.run(&step("true")).expect("runs").succeeded(), "as {who:?}");
    }
}

#[test]
fn many_sessions_leave_nothing_behind() {
    let _alone = ALONE.lock();
    let descriptors = || fs::read_dir("/proc/self/fd").expect("descriptors").count();
    for who in everybody() {
        let tools = open_directory();
        let before = mounts();
        let mut open = None;
        for round in 0..runs() / 10 {
            let Some(mut session) = session(who, tools.path()) else { break };
            one_run(&mut session, who, round);
            one_run(&mut session, who, round + 1);
            drop(session);
            let first = *open.get_or_insert_with(descriptors);
            assert_eq!(descriptors(), first, "as {who:?}, session {round}");
            nothing_remains(who, tools.path(), &before, &format!("session {round} as {who:?}"));
        }
    }
}

/// Numbers that look random and are the same each time.
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: u64) -> u64 {
        // xorshift64*: Marsaglia, "Xorshift RNGs", 2003.
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) % end.max(1)
    }
}

/// Nanoseconds that a process spent on a processor; `None` when it is gone.
fn processor_time(pid: u32) -> Option<u64> {
    let text = fs::read_to_string(format!("/proc/{pid}/schedstat")).ok()?;
    text.split(' ').next()?.parse().ok()
}

/// A moment in the life of a process, told by what it did and not by the clock.
#[derive(Debug, Clone, Copy)]
enum Moment {
    /// It spent this many nanoseconds on a processor.
    Own(u64),
    /// The command of a run started this many processes that live.
    Payload(u64),
}

/// The command has started all that it starts, and waits.
const WHOLE_PAYLOAD: u64 = 5;

/// Waits for the moment, for the end of the process, or until nothing more will happen.
fn reach(moment: Moment, pid: u32, mark: &str, over: &mut dyn FnMut() -> bool) {
    let start = Instant::now();
    while !over() && start.elapsed() < Duration::from_secs(20) {
        let started = processes_with(mark).len() as u64;
        let there = match moment {
            Moment::Own(time) => processor_time(pid).is_none_or(|spent| spent >= time),
            Moment::Payload(count) => started >= count,
        };
        if there || started >= WHOLE_PAYLOAD {
            return;
        }
    }
}

fn kill(pid: u32) {
    if let Some(pid) = Pid::from_raw(pid.cast_signed()) {
        let _ = rustix::process::kill_process(pid, Signal::KILL);
    }
}

/// Leaves processes, segments and files behind, if it can; each process carries the mark.
const BUSY: &str = "perl -e 'shmget({key},4096,0666|512)'; for i in 1 2 3 4; do \
    echo $i > /tmp/{mark}-$i; (setsid sh -c 'sleep 300; : {mark}' >/dev/null 2>&1 &) ; /bin/true; done; \
    mkdir -p /var/tmp/{mark}/d; for i in 1 2 3 4 5 6 7 8 9; do : > /var/tmp/{mark}/d/$i; done; \
    sh -c 'sleep 300; : {mark}'";

/// Moments to kill at, half of them while a command runs.
fn moments(dice: &mut Dice, whole: u64) -> Vec<Moment> {
    (0..kills())
        .map(|round| match round % 2 {
            0 => Moment::Own(dice.below(whole)),
            _ => Moment::Payload(1 + dice.below(WHOLE_PAYLOAD)),
        })
        .collect()
}

#[test]
fn a_supervisor_killed_at_any_moment_leaves_nothing_behind() {
    let _alone = ALONE.lock();
    for who in everybody() {
        let tools = open_directory();
        let before = mounts();
        let mark = mark(who);
        let Some(mut whole) = session(who, tools.path()) else { continue };
        let mut request = step("true");
        whole.run(&request).expect("runs");
        let pid = supervisors(tools.path())[0];
        let lived = processor_time(pid).expect("it lives");
        drop(whole);
        request = step(&filled(BUSY, &mark));
        request.limits.wall_ms = 20_000;
        let mut dice = Dice(0x5eed_0001);
        for (round, moment) in moments(&mut dice, lived * 3 / 2).into_iter().enumerate() {
            let options = blackstart::sandbox::Options::new(program(who, tools.path()));
            std::thread::scope(|scope| {
                let life = scope.spawn(|| {
                    // Each answer is right: whatever died, it must be said and not hang.
                    Session::start(&options).and_then(|mut session| session.run(&request)).is_ok()
                });
                let mut pid = None;
                wait_until("the supervisor starts", || {
                    pid = supervisors(tools.path()).first().copied();
                    pid.is_some() || life.is_finished()
                });
                if let Some(pid) = pid {
                    reach(moment, pid, &mark, &mut || life.is_finished());
                    // A session tries several ways to start: whichever it is at dies.
                    wait_until("the session ends", || {
                        supervisors(tools.path()).into_iter().for_each(kill);
                        life.is_finished()
                    });
                }
                assert!(!life.join().expect("no panic"), "{round}: nobody was killed");
            });
            let what = format!("kill {round} at {moment:?} as {who:?}");
            nothing_remains(who, tools.path(), &before, &what);
        }
    }
}

#[test]
fn a_client_killed_at_any_moment_leaves_nothing_behind() {
    let _alone = ALONE.lock();
    for who in everybody() {
        let tools = open_directory();
        let before = mounts();
        let mark = mark(who);
        let Some(usable) = session(who, tools.path()) else { continue };
        drop(usable);
        let script = tools.path().join("script.sh");
        fs::write(&script, filled(BUSY, &mark)).expect("a script");
        let mut words = prefix(who);
        words.extend([tools.path().join("blackstart").display().to_string()]);
        let mut dice = Dice(0x5eed_0002);
        for (round, moment) in moments(&mut dice, 60_000_000).into_iter().enumerate() {
            let mut client = Command::new(&words[0])
                .args(&words[1..])
                .args(["--data-dir", &tools.path().join(format!("{who:?}")).display().to_string()])
                .arg("dry-run")
                .arg(&script)
                .env("HOME", tools.path())
                .stdin(Stdio::null())
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .spawn()
                .expect("starts");
            let pid = client.id();
            reach(moment, pid, &mark, &mut || false);
            kill(pid);
            let _ = client.wait();
            let what = format!("kill {round} of the client at {moment:?} as {who:?}");
            nothing_remains(who, tools.path(), &before, &what);
        }
    }
}
