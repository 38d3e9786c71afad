//! Attempts to get out of the sandbox, each of which must leave the host as it was.
#![allow(clippy::disallowed_methods, clippy::panic, clippy::print_stderr)]

mod sandbox_attempts;
mod sandbox_attributes;
mod sandbox_host;
mod sandbox_processes;
mod sandbox_support;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use blackstart::evidence::{Change, Effect};
use blackstart::sandbox::{Layering, Limit, Limits, Observed, Request, Session};

use sandbox_attempts::{Attempt, How, Seen, program};
use sandbox_host::Host;
use sandbox_support::{Who, assert_none, everybody, open_directory, session, session_with, step};

/// How many attempts run at the same time, each in a session of its own.
const AT_ONCE: usize = 3;

fn limits() -> Limits {
    Limits {
        wall_ms: 2_500,
        memory: 256 << 20,
        processes: 320,
        output: 64 << 10,
        ..Limits::default()
    }
}

fn attempt(session: &mut Session, script: &str) -> Observed {
    let mut request = step(script);
    request.limits = limits();
    request.layering = Layering::Discard;
    session.run(&request).unwrap_or_else(|error| panic!("{script}: {error}"))
}

fn request(host: &Host, attempt: &Attempt) -> Request {
    let mut request = match attempt.how {
        How::Shell(script) => step(&host.fill(script)),
        How::Perl(code) => Request::new(["perl", "-e", &program(&host.fill(code))]),
    };
    request.limits = limits();
    if matches!(attempt.seen, Seen::Limit(Limit::Inodes)) {
        // Only a full layer may end it, however slow the machine is.
        request.limits.wall_ms = 120_000;
    }
    request.layering = Layering::Discard;
    request.environment.push(("BLACKSTART_MARK".to_owned(), host.mark.clone()));
    request.mentions = host.root().display().to_string().into_bytes();
    request
}

fn as_expected(seen: &Seen, who: Who, run: &Observed) -> bool {
    match seen {
        Seen::Fails => !run.succeeded(),
        Seen::Works => run.succeeded(),
        Seen::Anything => true,
        Seen::Says(words) => run.stdout.text.contains(words) || run.stderr.text.contains(words),
        Seen::Limit(limit) => run.limit == Some(*limit),
        Seen::Stopped => run.limit.is_some() || run.stderr.text.contains("stopped: "),
        Seen::ByRootAndUser(root, user) => {
            as_expected(if who == Who::Root { root } else { user }, who, run)
        }
    }
}

/// How one attempt went.
struct Went {
    /// What the run itself said.
    seen: String,
    took: Duration,
    /// What is wrong with it, for the host or for the expectation.
    wrong: Vec<String>,
}

fn try_one(session: &mut Session, host: &Host, attempt: &Attempt) -> Went {
    let who = host.who;
    let begun = Instant::now();
    let before = host.state();
    let run = match session.run(&request(host, attempt)) {
        Ok(run) => run,
        Err(error) => {
            return Went {
                seen: String::new(),
                took: begun.elapsed(),
                wrong: vec![format!("no answer: {error}")],
            };
        }
    };
    let mut wrong = host.since(&before);
    let mut seen = match (run.limit, run.exit_code, run.signal) {
        (Some(limit), _, _) => format!("limit {}", limit.word()),
        (None, Some(code), _) => format!("exit {code}"),
        (None, None, Some(signal)) => format!("signal {signal}"),
        (None, None, None) => "no end".to_owned(),
    };
    let said = if run.stderr.text.is_empty() { &run.stdout.text } else { &run.stderr.text };
    if let Some(line) = said.lines().last() {
        let line: String = line.chars().filter(|c| !c.is_control()).take(60).collect();
        seen = format!("{seen}: {line}");
    }
    if !as_expected(&attempt.seen, who, &run) {
        let text: String = format!("{}{}", run.stdout.text, run.stderr.text);
        let text: String = text.chars().take(600).collect();
        wrong.push(format!("expected {:?}, seen {seen} {text:?}", attempt.seen));
    }
    Went { seen, took: begun.elapsed(), wrong }
}

/// Runs the attempts as `who`; `None` where this machine makes no session.
fn try_all(who: Who, attempts: &[Attempt]) -> Option<Vec<Went>> {
    let next = AtomicUsize::new(0);
    let results = std::thread::scope(|scope| {
        let worker = || {
            let host = Host::new(who);
            let mut session = session_with(who, host.root(), |options| {
                options.disk = 64 << 20;
                options.files = 20_000;
            })?;
            let mut went = Vec::new();
            loop {
                let index = next.fetch_add(1, Ordering::Relaxed);
                let Some(attempt) = attempts.get(index) else { break };
                went.push((index, try_one(&mut session, &host, attempt)));
            }
            let lost = host.objects_lost();
            if let (false, Some((_, last))) = (lost.is_empty(), went.last_mut()) {
                last.wrong.push(format!("this attempt or one before it: {lost}"));
            }
            Some(went)
        };
        let workers: Vec<_> = (0..AT_ONCE).map(|_| scope.spawn(worker)).collect();
        workers
            .into_iter()
            .map(|worker| worker.join().expect("no panic"))
            .collect::<Option<Vec<_>>>()
    })?;
    let mut all: Vec<(usize, Went)> = results.into_iter().flatten().collect();
    all.sort_by_key(|(index, _)| *index);
    Some(all.into_iter().map(|(_, went)| went).collect())
}

#[test]
fn no_attempt_changes_the_host() {
    let attempts = sandbox_attempts::all();
    let mut table: Vec<(Who, Vec<Went>)> = Vec::new();
    for who in everybody() {
        if let Some(went) = try_all(who, &attempts) {
            table.push((who, went));
        }
    }
    let (mut wrong, mut lines) = (Vec::new(), Vec::new());
    for (index, attempt) in attempts.iter().enumerate() {
        let mut line = format!("{:>3} {:<46}", attempt.number, attempt.name);
        let mut contained = true;
        for (who, went) in &table {
            let went = &went[index];
            line.push_str(&format!(
                " | {who:?}: {:<44.44} {:>5} ms",
                went.seen,
                went.took.as_millis()
            ));
            contained &= went.wrong.is_empty();
            let place = format!("{} {}, as {who:?}", attempt.number, attempt.name);
            wrong.extend(went.wrong.iter().map(|what| format!("{place}: {what}")));
        }
        lines.push(format!("{line} | {}", if contained { "contained" } else { "NOT CONTAINED" }));
    }
    assert_none(&wrong, &lines);
}

#[test]
fn every_number_is_tried() {
    let attempts = sandbox_attempts::all();
    let numbers: std::collections::BTreeSet<u32> =
        attempts.iter().map(|attempt| attempt.number).collect();
    let missing: Vec<u32> = (1..=60).filter(|number| !numbers.contains(number)).collect();
    assert_eq!(missing, Vec::<u32>::new());
    let mut names: Vec<_> = attempts.iter().map(|attempt| attempt.name).collect();
    names.sort_unstable();
    let count = names.len();
    names.dedup();
    assert_eq!(names.len(), count, "each attempt has a name of its own");
}

#[test]
fn hostile_names_and_sizes_are_reported_as_they_are() {
    for who in everybody() {
        let directory = open_directory();
        let Some(mut session) = session(who, directory.path()) else {
            continue;
        };
        let script = "cd /tmp; mkdir hostile; cd hostile; : > $'a\\nb\\e[31m'; : > $'\\xff\\xfe'; : > -rf; \
                      ln -s /etc/shadow report; truncate -s 100T sparse; mkfifo pipe";
        let seen = attempt(&mut session, script);
        assert!(seen.succeeded(), "{}", seen.stderr.text);
        let names: Vec<String> = seen
            .effects
            .iter()
            .filter_map(|effect| match effect {
                Effect::File(file) if file.change == Change::Created => {
                    Some(format!("{:?}", file.path))
                }
                _ => None,
            })
            .collect();
        for expected in [
            r#""/tmp/hostile/a\nb\u{1b}[31m""#,
            r#""/tmp/hostile/\xFF\xFE""#,
            r#""/tmp/hostile/-rf""#,
        ] {
            assert!(names.iter().any(|name| name == expected), "{expected} in {names:?}");
        }
        let sparse = seen.effects.iter().find_map(|effect| match effect {
            Effect::File(file) if file.path.ends_with("sparse") => {
                Some((file.bytes, file.diff.clone()))
            }
            _ => None,
        });
        let expected = "binary: 109951162777600 bytes, none stored".to_owned();
        assert_eq!(sparse, Some((Some(100 << 40), Some(expected))));
    }
}

#[test]
fn more_changes_than_are_listed_are_still_counted() {
    for who in everybody() {
        let directory = open_directory();
        let Some(mut session) = session(who, directory.path()) else {
            continue;
        };
        let mut request =
            step("mkdir /tmp/many; cd /tmp/many; for ((i=0;i<2500;i++)); do : > $i; done");
        let made = session.run(&request).expect("runs");
        let files = made.effects.iter().filter(|effect| matches!(effect, Effect::File(_))).count();
        assert_eq!(files, 2_000);
        assert!(made.effects_total >= 2_501, "{}", made.effects_total);
        request = step("rm -rf /tmp/many");
        assert_eq!(session.run(&request).expect("runs").deleted_total, 2_501);
    }
}
