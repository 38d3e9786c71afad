//! What a dry-run step costs, beside plain `sh` and beside bubblewrap with the same namespaces.
//!
//! Started by root it measures itself twice: as root, and as an ordinary user through setpriv.
#![allow(clippy::disallowed_methods, clippy::print_stdout)]

#[path = "support/mod.rs"]
mod support;

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use blackstart::sandbox::{Layering, Options, Request, Session};
use support::{Times, head, installed, line};

/// The account that stands for an ordinary user when root starts this.
const NOBODY: &str = "65534";

const ROUNDS: usize = 200;
const HEAVY_ROUNDS: usize = 12;

/// What bubblewrap is asked for: the namespaces that a run has, and its nearest view of the tree.
const BUBBLEWRAP: &[&str] =
    &["--unshare-all", "--unshare-user", "--ro-bind", "/", "/", "--dev", "/dev", "--proc", "/proc"];

fn main() {
    let words: Vec<String> = std::env::args().collect();
    if let [_, verb, program, place, ..] = words.as_slice()
        && verb == "measure"
    {
        measure(Path::new(program), Path::new(place));
        return;
    }
    println!(
        "bwrap: a read-only bind of /, own /dev and /proc; nothing can be written, nothing is reported"
    );
    println!(
        "blackstart: / and every mount copy on write, own /dev, /proc and /sys, system call filter,"
    );
    println!("limits; programs, connections and every changed path are reported");
    // Where an ordinary user reaches it, whatever the rights of the build directory are.
    let open = tempfile::Builder::new().prefix("blackstart-bench-").tempdir().expect("a directory");
    fs::set_permissions(open.path(), fs::Permissions::from_mode(0o755)).expect("open to all");
    let (program, bench) = (open.path().join("blackstart"), open.path().join("bench"));
    fs::copy(env!("CARGO_BIN_EXE_blackstart"), &program).expect("a copy of the program");
    fs::copy(std::env::current_exe().expect("this program"), &bench).expect("a copy of this");
    let here = |name: &str| {
        let place = open.path().join(name);
        fs::create_dir(&place).expect("a directory");
        fs::set_permissions(&place, fs::Permissions::from_mode(0o777)).expect("open to all");
        place
    };
    if rustix::process::geteuid().is_root() {
        println!("\n# as root");
        let place = here("root");
        run(Command::new(&bench).arg("measure").arg(&program).arg(&place).stdout(Stdio::inherit()));
        if installed("setpriv") {
            println!("\n# as an ordinary user");
            let place = here("user");
            let mut user = Command::new("setpriv");
            user.args(["--reuid", NOBODY, "--regid", NOBODY, "--clear-groups"]);
            run(user.arg(&bench).arg("measure").args([&program, &place]).stdout(Stdio::inherit()));
        }
    } else {
        println!("\n# as an ordinary user; run as root to measure that too");
        measure(&program, &here("user"));
    }
}

fn measure(program: &Path, place: &Path) {
    let start = || Session::start(&Options::new(program));
    let mut session = match start() {
        Ok(session) => session,
        Err(error) => {
            println!("not measured: {error}");
            return;
        }
    };
    println!("level {}", session.level().word());
    one_step(&mut session);
    thousand_files(&mut session, place);
    deletions(&mut session, place);
}

fn one_step(session: &mut Session) {
    head("one step: sh -c true");
    let mut request = Request::new(["sh", "-c", "true"]);
    request.layering = Layering::Discard;
    let mut plain = || run(quiet(Command::new("sh").args(["-c", "true"])));
    let mut ours = || assert!(session.run(&request).expect("a step runs").succeeded());
    let mut bubblewrap =
        || run(quiet(Command::new("bwrap").args(BUBBLEWRAP).args(["sh", "-c", "true"])));
    let mut candidates: Vec<(&str, &mut dyn FnMut())> =
        vec![("sh -c true", &mut plain), ("blackstart step", &mut ours)];
    if installed("bwrap") {
        candidates.push(("bwrap, the same namespaces", &mut bubblewrap));
    }
    let times = lines(ROUNDS, &mut candidates);
    let over = |at: usize| ms(times[at].median()) - ms(times[0].median());
    println!("overhead over sh, medians: blackstart {:.2} ms", over(1));
    if times.len() > 2 {
        println!("overhead over sh, medians: bwrap {:.2} ms", over(2));
        println!(
            "blackstart against bwrap: {:.2} times by median, {:.2} times by minimum",
            ms(times[1].median()) / ms(times[2].median()),
            ms(times[1].quantile(0.0)) / ms(times[2].quantile(0.0)),
        );
    }
}

fn thousand_files(session: &mut Session, place: &Path) {
    head("a script that writes 1,000 files, until it is reported");
    let target = place.join("many");
    let script = format!(
        "mkdir {0} && cd {0} && i=0 && while [ $i -lt 1000 ]; do i=$((i+1)); echo $i > f$i; done",
        target.display()
    );
    let mut request = Request::new(["sh", "-c", &script]);
    request.layering = Layering::Discard;
    let mut plain = || run(quiet(Command::new("sh").args(["-c", &script])));
    let mut ours = || assert!(session.run(&request).expect("a step runs").effects_total > 1_000);
    // The directory that the plain script leaves is removed outside of the measured time.
    let mut times = [Vec::new(), Vec::new()];
    for round in 0..=HEAVY_ROUNDS {
        let took = [timed(&mut ours), timed(&mut plain)];
        let _ = fs::remove_dir_all(&target);
        if round > 0 {
            times.iter_mut().zip(took).for_each(|(times, took)| times.push(took));
        }
    }
    let [ours, plain] = times.map(Times::from);
    line("sh", &plain);
    line("blackstart step", &ours);
    println!("against plain, medians: {:.2} times", ms(ours.median()) / ms(plain.median()));
}

fn deletions(session: &mut Session, place: &Path) {
    head("10,000 deletions");
    let tree = place.join("tree");
    fs::create_dir(&tree).expect("a directory");
    for index in 0..10_000 {
        fs::write(tree.join(format!("file-{index}")), b"x").expect("a file");
    }
    for (name, script) in [
        ("the directory", format!("rm -rf {}", tree.display())),
        ("each of its files", format!("find {} -type f -delete", tree.display())),
    ] {
        let mut request = Request::new(["sh", "-c", &script]);
        request.layering = Layering::Discard;
        let (mut whole, mut after, mut next) = (Vec::new(), Vec::new(), Vec::new());
        let mut little = Request::new(["true"]);
        little.layering = Layering::Discard;
        for _ in 0..HEAVY_ROUNDS {
            let mut ran = Duration::ZERO;
            let took = timed(&mut || {
                let observed = session.run(&request).expect("a step runs");
                assert!(observed.deleted_total >= 10_000, "{}", observed.deleted_total);
                ran = observed.duration;
            });
            whole.push(took);
            after.push(took.saturating_sub(ran));
            // What the run left inside is removed behind its report, so the next one waits for that.
            next.push(timed(&mut || drop(session.run(&little).expect("a step runs"))));
        }
        line(&format!("{name}: the whole step"), &Times::from(whole));
        line(&format!("{name}: from its end to the report"), &Times::from(after));
        line(&format!("{name}: a step right behind it"), &Times::from(next));
    }
}

fn lines(rounds: usize, candidates: &mut [(&str, &mut dyn FnMut())]) -> Vec<Times> {
    let times = Times::in_turns(rounds, candidates);
    for ((name, _), times) in candidates.iter().zip(&times) {
        line(name, times);
    }
    times
}

fn timed(work: &mut dyn FnMut()) -> Duration {
    let started = std::time::Instant::now();
    work();
    started.elapsed()
}

fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

fn quiet(command: &mut Command) -> &mut Command {
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null())
}

fn run(command: &mut Command) {
    let status = command.status().expect("the command starts");
    assert!(status.success(), "{command:?}: {status}");
}
