//! A run in the sandbox ends as it would on the host, and what is reported is what would change there.
#![allow(clippy::disallowed_methods, clippy::panic, clippy::print_stderr)]

mod sandbox_support;

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use blackstart::evidence::{Change, Effect};
use blackstart::sandbox::{
    Differs, Layering, Limit, Limits, Options, Request, SandboxError, Session,
};

use sandbox_support::left_out::left_out;
use sandbox_support::{Who, everybody, open_directory, session, session_with, step, unit};

/// Files `a` (text), `b/c`, `b/empty`, a link `l` to `a`, and a binary `bin`.
fn fixture(root: &Path) {
    fs::create_dir(root.join("b")).expect("b");
    for (name, content) in
        [("a", "alpha\nbeta\n"), ("b/c", "one\n"), ("b/empty", ""), ("bin", "\0\u{1}\u{2}")]
    {
        fs::write(root.join(name), content).expect("a file");
        fs::set_permissions(root.join(name), fs::Permissions::from_mode(0o644)).expect("rights");
    }
    std::os::unix::fs::symlink("a", root.join("l")).expect("a link");
}

/// Gives the fixture to the ordinary user, whom the tests may play as root.
fn own(root: &Path, who: Who) {
    if who == Who::User && sandbox_support::is_root() {
        let owner = format!("{0}:{0}", sandbox_support::NOBODY);
        let done = Command::new("chown").args(["-R", &owner]).arg(root).status().expect("chown");
        assert!(done.success());
    }
}

#[test]
fn each_run_stands_on_the_kept_ones_before_it() {
    for who in everybody() {
        let tools = open_directory();
        let Some(mut session) = session(who, tools.path()) else {
            continue;
        };
        let run = |session: &mut Session, text: &str, layering| {
            let mut request = step(text);
            request.layering = layering;
            session.run(&request).expect("runs")
        };
        assert!(run(&mut session, "echo 1 > /tmp/bs-layer", Layering::Keep).succeeded());
        let dropped =
            run(&mut session, "echo 2 > /tmp/bs-layer; cat /tmp/bs-layer", Layering::Discard);
        assert_eq!(dropped.stdout.text, "2\n");
        let seen =
            run(&mut session, "cat /tmp/bs-layer; mv /tmp/bs-layer /tmp/bs-moved", Layering::Keep);
        assert_eq!(seen.stdout.text, "1\n");
        let moved: Vec<_> = seen
            .effects
            .iter()
            .filter_map(|effect| match effect {
                Effect::File(file) => Some((file.change, file.path.clone(), file.from.clone())),
                _ => None,
            })
            .collect();
        let expected =
            (Change::Renamed, PathBuf::from("/tmp/bs-moved"), Some(PathBuf::from("/tmp/bs-layer")));
        assert_eq!(moved, [expected]);
        assert!(!Path::new("/tmp/bs-moved").exists());
        session.discard_top().expect("discards");
        assert_eq!(run(&mut session, "cat /tmp/bs-layer", Layering::Discard).stdout.text, "1\n");
        assert_eq!(session.depth(), 1);
        for round in 0..40 {
            assert!(
                run(&mut session, "echo x >> /tmp/bs-rounds", Layering::Keep).succeeded(),
                "{round}"
            );
        }
        assert_eq!(
            run(&mut session, "wc -l < /tmp/bs-rounds", Layering::Discard).stdout.text,
            "40\n"
        );
    }
}

#[test]
fn a_difference_names_what_a_rollback_forgot() {
    let table: &[(&str, &str, &[&str])] = &[
        ("echo x > made", "rm made", &[]),
        ("echo x > made", "true", &["made was not there"]),
        ("cp a a.bak; echo x > a", "mv a.bak a", &[]),
        ("cp a a.bak; echo x > a", "cp a.bak a", &["a.bak was not there"]),
        ("chmod 600 a", "chmod 640 a", &["a mode 0644 -> 0640"]),
        ("rm -r b", "mkdir b; echo one > b/c", &["b/empty is missing"]),
        ("mv b c", "mv c b", &[]),
        ("mv b c", "mv c b; echo x >> b/c", &["b/c content (4 -> 6 bytes)"]),
        ("ln -sfn b l", "ln -sfn a l", &[]),
        ("rm a; mkdir a", "true", &["a was a file, is a directory"]),
    ];
    for who in everybody() {
        let directory = open_directory();
        let Some(mut session) = session(who, directory.path()) else {
            continue;
        };
        let root = directory.path().join("work");
        fs::create_dir(&root).expect("work");
        fixture(&root);
        own(&root, who);
        for (run, rollback, expected) in table {
            for text in [run, rollback] {
                let mut request = step(text);
                request.cwd.clone_from(&root);
                let seen = session.run(&request).expect("runs");
                assert!(seen.succeeded(), "{text}: {}", seen.stderr.text);
            }
            let found: BTreeSet<String> = session
                .difference_since(0)
                .expect("compares")
                .into_iter()
                .filter(|difference| difference.kind == Differs::Tree)
                .map(|difference| format!("{} {}", difference.path, difference.what))
                .collect();
            let expected =
                expected.iter().map(|line| format!("{}/{line}", root.display())).collect();
            assert_eq!(found, expected, "as {who:?}: {run}, then {rollback}");
            session.discard_top().expect("discards");
            session.discard_top().expect("discards");
        }
    }
}

#[test]
fn an_ordinary_user_has_no_false_success() {
    let directory = open_directory();
    let Some(mut session) = session(Who::User, directory.path()) else {
        return;
    };
    for text in [
        "echo x > /etc/blackstart-test",
        "rm /etc/hostname",
        "echo x > /usr/blackstart-test",
        "mkdir /blackstart-test",
        "touch /root/x",
        "cat /etc/shadow",
        "chown 0 /tmp",
        "chmod 777 /etc",
        "chmod 777 /etc; rm /etc/hostname",
        "useradd blackstart-test",
    ] {
        let mut request = step(text);
        request.layering = Layering::Discard;
        assert!(!session.run(&request).expect("runs").succeeded(), "{text}");
    }
    for text in ["echo x > /tmp/bs-own", "echo x > /var/tmp/bs-own"] {
        let mut request = step(text);
        request.layering = Layering::Discard;
        assert!(session.run(&request).expect("runs").succeeded(), "{text}");
    }
}

#[test]
fn programs_connections_and_refusals_are_seen() {
    for who in everybody() {
        let directory = open_directory();
        let Some(mut session) = session(who, directory.path()) else {
            continue;
        };
        let text = "ls -d / >/dev/null; (echo x > /dev/tcp/192.0.2.7/5432) 2>/dev/null || true; unshare -m true 2>/dev/null || true";
        let seen = session.run(&step(text)).expect("runs");
        let ls = |effect: &Effect| matches!(effect, Effect::Exec { argv, .. } if *argv == ["ls", "-d", "/"]);
        assert!(seen.effects.iter().any(ls), "{:?}", seen.effects);
        let called = |effect: &Effect| matches!(effect, Effect::Connect { destination, .. } if destination == "192.0.2.7:5432");
        assert!(seen.effects.iter().any(called), "{:?}", seen.effects);
        let refused =
            |effect: &Effect| matches!(effect, Effect::Denied { what } if what.contains("unshare"));
        assert!(seen.effects.iter().any(refused), "{:?}", seen.effects);
    }
}

#[test]
fn a_stopped_unit_stays_stopped_until_its_layer_is_dropped() {
    for who in everybody() {
        let directory = open_directory();
        let Some(mut session) = session(who, directory.path()) else {
            continue;
        };
        let stop = session.run(&step(&format!("systemctl stop {}", unit()))).expect("runs");
        assert!(stop.succeeded(), "{}", stop.stderr.text);
        assert_eq!(stop.simulated, ["systemctl"]);
        assert!(
            !stop.effects.iter().any(|effect| matches!(effect, Effect::File(_))),
            "{:?}",
            stop.effects
        );
        let ask = |session: &mut Session| {
            session
                .run(&step(&format!("systemctl is-active {} || true", unit())))
                .expect("runs")
                .stdout
                .text
        };
        assert_eq!(ask(&mut session), "inactive\n");
        session.discard_top().expect("discards");
        session.discard_top().expect("discards");
        assert_eq!(ask(&mut session), "active\n");
        let unknown = session.run(&step("systemctl stpo app")).expect("runs");
        assert_eq!(
            (unknown.exit_code, unknown.stderr.text.trim()),
            (Some(1), "Unknown command verb stpo.")
        );
    }
}

#[test]
fn long_scripts_long_outputs_and_limits_are_handled() {
    for who in everybody() {
        let directory = open_directory();
        let Some(mut session) = session(who, directory.path()) else {
            continue;
        };
        let long = format!(": {}\necho end", "x".repeat(300 << 10));
        assert_eq!(session.run(&step(&long)).expect("runs").stdout.text, "end\n");

        let mut request = step("head -c 3000000 /dev/zero | tr '\\0' x; echo end");
        request.limits = Limits { output: 1_000, ..Limits::default() };
        let seen = session.run(&request).expect("runs");
        assert_eq!(seen.stdout.dropped, 3_000_004 - 1_000);
        assert!(seen.stdout.text.starts_with("xxx") && seen.stdout.text.ends_with("xend\n"));

        let mut request = step("echo begun; while :; do :; done");
        request.limits.wall_ms = 300;
        let seen = session.run(&request).expect("runs");
        assert_eq!((seen.limit, seen.exit_code), (Some(Limit::WallClock), None));
        assert_eq!(seen.stdout.text, "begun\n");
    }
}

#[test]
fn a_missing_program_and_a_missing_directory_end_as_in_a_shell() {
    let directory = open_directory();
    let Some(mut session) = session(Who::User, directory.path()) else {
        return;
    };
    let missing = session.run(&Request::new(["no-such-program"])).expect("runs");
    assert_eq!(missing.exit_code, Some(127), "{}", missing.stderr.text);
    let mut request = step("true");
    request.cwd = "/no/such/directory".into();
    let missing = session.run(&request).expect("runs");
    assert_eq!(missing.exit_code, Some(127));
    assert!(missing.stderr.text.contains("working directory"), "{}", missing.stderr.text);
}

#[test]
fn where_namespaces_are_refused_the_reason_and_the_fix_are_named() {
    let directory = open_directory();
    match Session::start(&Options::new(sandbox_support::refused_program(directory.path()))) {
        Err(SandboxError::Unavailable { reason, fix }) => {
            assert!(reason.contains("No space left"), "{reason}");
            assert!(fix.contains("max_user_namespaces"), "{fix}");
        }
        Err(error @ SandboxError::Lost { .. }) => {
            left_out(format_args!("no user namespace to refuse others in: {error}"));
        }
        other => panic!("{other:?}"),
    }
    let missing = Session::start(&Options::new(directory.path().join("no-such-binary")));
    assert!(matches!(missing, Err(SandboxError::Lost { .. })), "{missing:?}");
}

/// Prints, never judges: machines differ.
#[test]
fn the_cost_of_a_step_is_printed() {
    for who in everybody() {
        let directory = open_directory();
        let Some(mut session) = session(who, directory.path()) else {
            continue;
        };
        let mut times: Vec<Duration> = (0..60)
            .map(|_| {
                let mut request = Request::new(["/bin/true"]);
                request.layering = Layering::Discard;
                let start = Instant::now();
                session.run(&request).expect("runs");
                start.elapsed()
            })
            .collect();
        let mut plain: Vec<Duration> = (0..60)
            .map(|_| {
                let start = Instant::now();
                Command::new("/bin/true").status().expect("runs");
                start.elapsed()
            })
            .collect();
        times.sort();
        plain.sort();
        eprintln!(
            "one step as {who:?}: min {:?}, median {:?}; fork and exec alone: min {:?}, median {:?}",
            times[0], times[30], plain[0], plain[30]
        );
    }
}

#[test]
fn a_run_that_found_no_room_is_a_layer_that_can_be_discarded() {
    for who in everybody() {
        let tools = open_directory();
        let few = |options: &mut Options| options.files = 400;
        let Some(mut session) = session_with(who, tools.path(), few) else {
            continue;
        };
        let fill = "i=0; while : > /tmp/bs-room-$i; do i=$((i+1)); done";
        let filled = session.run(&step(fill)).expect("runs");
        assert_eq!(filled.limit, Some(Limit::Inodes), "as {who:?}: {filled:?}");
        let none = session.run(&step("true")).expect("answers");
        assert_eq!((none.exit_code, session.depth()), (None, 2), "as {who:?}: {none:?}");
        session.discard_top().expect("discards");
        let still = session.difference_since(0).expect("compares");
        assert!(still.iter().any(|one| one.path.contains("bs-room-0")), "as {who:?}: {still:?}");
    }
}
