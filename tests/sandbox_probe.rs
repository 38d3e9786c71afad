//! The read-only probe changes nothing: many attempts on files, processes and programs of the host, as root and as a user.
#![allow(clippy::disallowed_methods, clippy::unwrap_used, clippy::panic, clippy::print_stdout)]

mod probe_attempts;
mod sandbox_support;

use std::collections::BTreeMap;
use std::net::TcpListener;
use std::os::linux::net::SocketAddrExt as _;
use std::os::unix::fs::MetadataExt as _;
use std::os::unix::net::{SocketAddr, UnixDatagram, UnixListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};

use blackstart::sandbox::{Limit, Observed, Options, Probe, Probed, Request, SandboxError};
use probe_attempts::{Attempt, Ends, PRELUDE};
use sandbox_support::left_out::left_out;
use sandbox_support::{Who, assert_none, everybody, open_directory, prefix, program};

/// One test at a time: a flood of processes slows whatever runs beside it.
static ALONE: std::sync::Mutex<()> = std::sync::Mutex::new(());

/// A directory, sockets and a process that attempts are made on.
struct Host {
    directory: tempfile::TempDir,
    victim: Child,
    stream: UnixListener,
    abstract_: UnixListener,
    datagrams: UnixDatagram,
    tcp: TcpListener,
    name: String,
}

impl Host {
    fn new(who: Who) -> Self {
        let directory = open_directory();
        let at = directory.path();
        for name in ["file", "other"] {
            std::fs::write(at.join(name), "what was").unwrap();
        }
        std::fs::create_dir(at.join("empty")).unwrap();
        std::os::unix::fs::symlink("file", at.join("link")).unwrap();
        let made = Command::new("mkfifo").arg(at.join("fifo")).status().unwrap();
        assert!(made.success());
        let stream = UnixListener::bind(at.join("socket")).unwrap();
        let datagrams = UnixDatagram::bind(at.join("datagrams")).unwrap();
        let name = format!("blackstart-{}-{who:?}", std::process::id());
        let abstract_ =
            UnixListener::bind_addr(&SocketAddr::from_abstract_name(&name).unwrap()).unwrap();
        let tcp = TcpListener::bind("127.0.0.1:0").unwrap();
        stream.set_nonblocking(true).unwrap();
        abstract_.set_nonblocking(true).unwrap();
        datagrams.set_nonblocking(true).unwrap();
        tcp.set_nonblocking(true).unwrap();
        if sandbox_support::is_root() && who == Who::User {
            let owner = format!("{0}:{0}", sandbox_support::NOBODY);
            let given = Command::new("chown").args(["-Rh", &owner]).arg(at).status().unwrap();
            assert!(given.success());
        }
        let words = [prefix(who), vec!["setsid".into(), "sleep".into(), "1000".into()]].concat();
        let victim =
            Command::new(&words[0]).args(&words[1..]).stdout(Stdio::piped()).spawn().unwrap();
        // It has become what the words end with when its name says so, and leads its own group.
        let comm = format!("/proc/{}/comm", victim.id());
        while std::fs::read_to_string(&comm).unwrap() != "sleep\n" {
            std::thread::yield_now();
        }
        Self { directory, victim, stream, abstract_, datagrams, tcp, name }
    }

    /// Everything that an attempt might change.
    fn picture(&self) -> BTreeMap<String, String> {
        let mut seen = BTreeMap::new();
        let mut left = vec![self.directory.path().to_owned()];
        while let Some(path) = left.pop() {
            // The time of a change of status changes with anything, and cannot be set back.
            let m = std::fs::symlink_metadata(&path).unwrap();
            let text =
                format!("{} {}.{} {} {}", m.mode(), m.ctime(), m.ctime_nsec(), m.size(), m.nlink());
            seen.insert(path.display().to_string(), text);
            if m.is_dir() {
                left.extend(std::fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
            }
        }
        let pid = self.victim.id();
        for name in ["limits", "oom_score_adj", "cgroup"] {
            let text = std::fs::read_to_string(format!("/proc/{pid}/{name}")).unwrap();
            seen.insert(format!("victim {name}"), text);
        }
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
        let fields: Vec<&str> = stat.rsplit(')').next().unwrap().split_whitespace().collect();
        // State, priority, nice, policy (proc_pid_stat(5)); that it runs or reads for a moment is no
        // change.
        let state = fields[0].replace(['R', 'D'], "S");
        seen.insert("victim".into(), [&state, fields[15], fields[16], fields[38]].join(" "));
        let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
        let allowed = status.lines().find(|line| line.starts_with("Cpus_allowed:"));
        seen.insert("victim processors".into(), allowed.unwrap().to_owned());
        let hits = [
            self.stream.accept().is_ok(),
            self.abstract_.accept().is_ok(),
            self.tcp.accept().is_ok(),
            self.datagrams.recv(&mut [0; 8]).is_ok(),
        ];
        seen.insert("heard".into(), format!("{hits:?}"));
        for kind in ["shm", "sem", "msg"] {
            let text = std::fs::read_to_string(format!("/proc/sysvipc/{kind}")).unwrap_or_default();
            let ours = text.lines().filter(|line| line.trim_start().starts_with("24301 "));
            seen.insert(kind.into(), ours.count().to_string());
        }
        for place in ["/dev/shm", "/dev/mqueue"] {
            let there = Path::new(place).join("blackstart-5eed").exists();
            seen.insert(place.into(), there.to_string());
        }
        let text = |path: &str| std::fs::read_to_string(path).unwrap_or_default();
        seen.insert("hostname".into(), text("/proc/sys/kernel/hostname"));
        seen.insert("core".into(), text("/proc/sys/kernel/core_pattern"));
        let probes = text("/proc/self/mounts").matches("blackstart-probe").count();
        seen.insert("mounts".into(), probes.to_string());
        seen
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        let _ = self.victim.kill();
        let _ = self.victim.wait();
    }
}

fn start(who: Who, into: &Path) -> Option<Probe> {
    match Probe::start(&Options::new(program(who, into))) {
        Ok(probe) => Some(probe),
        Err(SandboxError::Unavailable { reason, fix }) => {
            left_out(format_args!("no probe as {who:?}: {reason}; {fix}"));
            None
        }
        Err(error) => panic!("as {who:?}: {error}"),
    }
}

/// The processes whose temporary directory was a probe's.
fn left_behind() -> Vec<PathBuf> {
    let mut left = vec![];
    for entry in std::fs::read_dir("/proc").unwrap().flatten() {
        let environment = std::fs::read(entry.path().join("environ")).unwrap_or_default();
        let own = format!("BLACKSTART_TEST={}", std::process::id());
        if environment.split(|byte| *byte == 0).any(|pair| pair == own.as_bytes()) {
            left.push(entry.path());
        }
    }
    left
}

/// Reads a value from the environment a process was started with.
fn environment(process: &Path, name: &str) -> Option<String> {
    let environ = std::fs::read(process.join("environ")).ok()?;
    let text = String::from_utf8_lossy(&environ).into_owned();
    text.split('\0').find_map(|pair| pair.strip_prefix(&format!("{name}=")).map(str::to_owned))
}

fn parent(process: &Path) -> PathBuf {
    let stat = std::fs::read_to_string(process.join("stat")).unwrap();
    let parent = stat.rsplit(')').next().unwrap().split_whitespace().nth(1).unwrap().to_owned();
    Path::new("/proc").join(parent)
}

/// Waits until something is so, at most a minute.
fn until<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let started = std::time::Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(started.elapsed().as_secs() < 60, "waited too long until {what}");
        std::thread::yield_now();
    }
}

#[test]
fn whoever_is_killed_nothing_of_a_probe_stays() {
    let _alone = ALONE.lock();
    for (at, who) in everybody().into_iter().enumerate() {
        for (victim, ups) in [("the guard", 1), ("the supervisor", 2)] {
            let tools = open_directory();
            let Some(mut probe) = start(who, tools.path()) else { return };
            let mark = format!("{}-{at}-{ups}", std::process::id());
            // A child in a session of its own that ignores what it can, and one that waits.
            let text = "trap '' TERM HUP INT; (setsid sleep 1000 &) ; touch $TMPDIR/ready; sleep 1000; true";
            let mut request = sandbox_support::step(text);
            request.environment.push(("BLACKSTART_MARK".into(), mark.clone()));
            let runs = std::thread::spawn(move || probe.run(&request).map(drop));
            let marked = || -> Vec<PathBuf> {
                let all = std::fs::read_dir("/proc").unwrap().flatten().map(|entry| entry.path());
                all.filter(|one| environment(one, "BLACKSTART_MARK").as_ref() == Some(&mark))
                    .collect()
            };
            let (scratch, shell) = until("it runs", || {
                let shell = marked().into_iter().find(|one| {
                    std::fs::read_to_string(one.join("comm")).is_ok_and(|comm| comm == "bash\n")
                })?;
                let scratch = PathBuf::from(environment(&shell, "TMPDIR")?);
                scratch.join("ready").exists().then_some((scratch, shell))
            });
            let mut process = shell;
            for _ in 0..ups {
                process = parent(&process);
            }
            let name = process.file_name().unwrap().to_str().unwrap().to_owned();
            let killed = Command::new("kill").args(["-9", &name]).status().unwrap();
            assert!(killed.success(), "{who:?}: {victim}");
            until("all are gone", || marked().is_empty().then_some(()));
            until("the scratch directory is gone", || (!scratch.exists()).then_some(()));
            let answer = runs.join().unwrap();
            assert_eq!(answer.is_err(), ups == 2, "{who:?}: {victim}: {answer:?}");
        }
    }
}

#[test]
fn limits_hold_in_a_probe_too() {
    let _alone = ALONE.lock();
    for who in everybody() {
        let tools = open_directory();
        let Some(mut probe) = start(who, tools.path()) else { return };
        let table: [(&str, &str, Limit); 6] = [
            ("time", "sleep 60", Limit::WallClock),
            ("processes", "b() { b | b & }; b; sleep 50", Limit::Processes),
            ("memory", "python3 -c 'a=bytearray(2**29)'", Limit::Memory),
            ("output", "yes", Limit::Output),
            (
                "disk",
                "for i in 1 2 3; do head -c 40000000 /dev/zero >$TMPDIR/$i; done; sleep 50",
                Limit::Disk,
            ),
            (
                "files",
                "cd $TMPDIR; python3 -c 'import os; [os.symlink(\"x\",str(i)) for i in range(7000)]'; sleep 50",
                Limit::Inodes,
            ),
        ];
        for (name, text, expected) in table {
            let mut request = sandbox_support::step(text);
            request.limits.wall_ms = if expected == Limit::WallClock { 300 } else { 60_000 };
            request.limits.memory = 256 << 20;
            request.limits.processes = 60;
            let seen = probe.run(&request).unwrap();
            assert_eq!(seen.observed.limit, Some(expected), "{who:?}: {name}: {seen:?}");
            assert_eq!(seen.stopped, None, "{who:?}: {name}");
        }
    }
}

/// Counts the processes and threads of this test's runs again and again until told to end; returns
/// the most that there were at once.
fn most_at_once(over: &AtomicBool) -> usize {
    let mut most = 0;
    loop {
        let last = over.load(Ordering::Relaxed);
        let threads = |one: PathBuf| std::fs::read_dir(one.join("task")).map_or(0, Iterator::count);
        most = most.max(left_behind().into_iter().map(threads).sum());
        if last {
            return most;
        }
    }
}

#[test]
fn no_bomb_makes_more_processes_than_the_limit() {
    let _alone = ALONE.lock();
    let limit = 60;
    // Each child says so first.
    let bombs = [
        (
            "children that stay",
            "python3 -c 'import os\nwhile True:\n if os.fork() == 0: os.write(1, b\".\")'",
        ),
        (
            "threads that stay",
            "python3 -c 'import os, threading, time\nb = lambda: (os.write(1, b\".\"), time.sleep(1000))\nwhile True: threading.Thread(target=b).start()'",
        ),
        ("a shell's, whose parents end", "b() { b | b & }; b; sleep 1000"),
        (
            "with vfork",
            "python3 -c 'import subprocess\nwhile True: subprocess.Popen([\"sleep\", \"1000\"])'",
        ),
    ];
    let (mut wrong, mut table) = (Vec::new(), Vec::new());
    for who in everybody() {
        let tools = open_directory();
        let Some(mut probe) = start(who, tools.path()) else { return };
        for (name, text) in bombs {
            let mut request = sandbox_support::step(text);
            request.limits.wall_ms = 60_000;
            request.limits.processes = limit;
            let own = std::process::id().to_string();
            request.environment.push(("BLACKSTART_TEST".into(), own));
            let over = AtomicBool::new(false);
            let (seen, most) = std::thread::scope(|scope| {
                let counts = scope.spawn(|| most_at_once(&over));
                let seen = probe.run(&request).unwrap();
                over.store(true, Ordering::Relaxed);
                (seen, counts.join().unwrap())
            });
            let (limited, said) = (seen.observed.limit, seen.observed.stdout.text.len());
            let line =
                format!("{who:?} {name:30} at most {most} seen, {said} said so, {limited:?}");
            let few = |count: usize| count as u64 <= limit + 5;
            if limited != Some(Limit::Processes) || !few(most) || !few(said) {
                wrong.push(format!("{line}: {seen:?}"));
            }
            table.push(line);
        }
        // As many as there may be is no bomb, and those that are gone count no more.
        let mut request = sandbox_support::step(
            "for i in $(seq 50); do sleep 0.3 & done; wait; for i in $(seq 200); do (:); done; echo ok",
        );
        request.limits.processes = limit;
        let seen = probe.run(&request).unwrap();
        if (seen.observed.limit, seen.observed.stdout.text.as_str()) != (None, "ok\n") {
            wrong.push(format!("{who:?}: what keeps the limit: {seen:?}"));
        }
    }
    assert_none(&wrong, &table);
}

fn judge(attempt: &Attempt, who: Who, seen: &Probed) -> Result<String, String> {
    let out = seen.observed.stdout.text.trim();
    let shown = seen.stopped.clone().unwrap_or_else(|| out.to_owned());
    let stops = |text: &str| seen.stopped.as_ref().is_some_and(|stop| stop.contains(text));
    let fails = |names: &str| {
        seen.stopped.is_none() && !out.is_empty() && names.split(' ').any(|name| name == out)
    };
    let good = match attempt.2 {
        Ends::Stops(text) => stops(text),
        Ends::Fails(names) => fails(names),
        Ends::RootStops(text, _) if who == Who::Root => stops(text),
        Ends::RootStops(_, names) => fails(names),
        Ends::Works => fails("ok") && seen.observed.exit_code == Some(0),
        Ends::Harmless => true,
    };
    if good {
        Ok(shown)
    } else {
        let Observed { exit_code, signal, limit, stderr, .. } = &seen.observed;
        let ended = format!("exit {exit_code:?}, signal {signal:?}, limit {limit:?}");
        Err(format!("{:?}: {shown:?} {ended} {}", attempt.2, stderr.text))
    }
}

#[test]
fn every_attempt_in_a_probe_leaves_the_host_as_it_was() {
    let _alone = ALONE.lock();
    let mut wrong = vec![];
    let mut table = vec![];
    for who in everybody() {
        let tools = open_directory();
        let Some(mut probe) = start(who, tools.path()) else { continue };
        let host = Host::new(who);
        let before = host.picture();
        let bindings = format!(
            "H={:?}\nP={}\nPORT={}\nABSTRACT='\\0{}'\n",
            host.directory.path().display().to_string(),
            host.victim.id(),
            host.tcp.local_addr().unwrap().port(),
            host.name,
        );
        for attempt in probe_attempts::all() {
            let code = format!("{PRELUDE}{bindings}{}", attempt.1);
            let mut request = Request::new(["python3", "-c", &code]);
            request.limits.wall_ms = 60_000;
            let own = std::process::id().to_string();
            request.environment.push(("BLACKSTART_TEST".into(), own));
            let seen = probe.run(&request).unwrap();
            let verdict = judge(&attempt, who, &seen);
            table.push(match &verdict {
                Ok(shown) => format!("{who:?} {:50} {shown}", attempt.0),
                Err(why) => format!("{who:?} {:50} WRONG {why}", attempt.0),
            });
            if let Err(why) = verdict {
                wrong.push(format!("{who:?}: {}: {why}", attempt.0));
            }
            let after = host.picture();
            if after != before {
                let changed: Vec<_> =
                    after.iter().filter(|(k, v)| before.get(*k) != Some(v)).collect();
                wrong.push(format!("{who:?}: {}: THE HOST CHANGED: {changed:?}", attempt.0));
                break;
            }
            let left = left_behind();
            if !left.is_empty() {
                wrong.push(format!("{who:?}: {}: {left:?} still run", attempt.0));
            }
        }
    }
    table.push(format!("{} attempts", table.len()));
    assert_none(&wrong, &table);
}
