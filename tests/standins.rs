//! Stand-ins in the sandbox: calls by name and by path, state over steps, wrong calls, what a result says of them.
#![allow(clippy::disallowed_methods, clippy::unwrap_used, clippy::panic, clippy::print_stderr)]

mod sandbox_support;

use std::path::Path;

use blackstart::sandbox::{Layering, Observed, Session};
use sandbox_support::left_out::has;
use sandbox_support::{Who, everybody, open_directory, session, step, unit};

fn with_session(check: impl Fn(Who, &mut Session)) {
    for who in everybody() {
        let directory = open_directory();
        if let Some(mut session) = session(who, directory.path()) {
            check(who, &mut session);
        }
    }
}

fn run(session: &mut Session, text: &str) -> Observed {
    session.run(&step(text)).expect("runs")
}

fn discarded(session: &mut Session, text: &str) -> Observed {
    let mut request = step(text);
    request.layering = Layering::Discard;
    session.run(&request).expect("runs")
}

#[test]
fn a_tool_is_covered_by_name_and_by_path() {
    with_session(|who, session| {
        let paths = ["systemctl", "/usr/bin/systemctl", "/bin/systemctl"];
        for path in paths.iter().filter(|path| !path.starts_with('/') || Path::new(path).exists()) {
            let seen = discarded(session, &format!("{path} is-system-running"));
            assert_eq!(
                (seen.stdout.text.as_str(), seen.exit_code),
                ("running\n", Some(0)),
                "{who:?} {path}: {}",
                seen.stderr.text
            );
            assert_eq!(seen.simulated, ["systemctl"], "{who:?} {path}");
            assert_eq!(seen.simulated_calls[0].call, "is-system-running", "{who:?} {path}");
            assert!(seen.notes.is_empty(), "{:?}", seen.notes);
        }
        let look =
            discarded(session, "ls -ld /usr/bin /usr/sbin | cut -c1-10; ls /usr/bin | wc -l");
        let host =
            std::process::Command::new("sh").arg("-c").arg("ls /usr/bin | wc -l").output().unwrap();
        assert!(
            look.stdout.text.ends_with(&String::from_utf8_lossy(&host.stdout).into_owned()),
            "{who:?}: {}",
            look.stdout.text
        );
        let files = |seen: &Observed| {
            seen.effects
                .iter()
                .filter(|effect| matches!(effect, blackstart::evidence::Effect::File(_)))
                .count()
        };
        assert_eq!(files(&look), 0);
        let removed = discarded(session, "rm /usr/bin/systemctl");
        assert_eq!(removed.succeeded(), who == Who::Root, "{who:?}: {:?}", removed);
    });
}

#[test]
fn what_a_call_changed_is_seen_by_the_next_steps_until_its_layer_is_dropped() {
    with_session(|who, session| {
        let unit = unit();
        let stop = run(session, &format!("systemctl stop {unit}"));
        assert!(stop.succeeded(), "{who:?}: {}", stop.stderr.text);
        assert_eq!(stop.simulated_calls[0].would, format!("stop unit {unit}.service"));
        let ask = format!("systemctl is-active {unit} || true");
        assert_eq!(run(session, &ask).stdout.text, "inactive\n", "{who:?}");
        assert_eq!(
            discarded(session, &format!("service {unit} start; {ask}")).stdout.text,
            "active\n"
        );
        assert_eq!(run(session, &ask).stdout.text, "inactive\n", "{who:?}");
        for _ in 0..3 {
            session.discard_top().expect("discards");
        }
        assert_eq!(run(session, &ask).stdout.text, "active\n", "{who:?}");
    });
}

#[test]
fn each_run_reports_its_own_calls_only() {
    with_session(|who, session| {
        let first = run(session, "journalctl -n 1; ssh -n db1 'rm -rf /'");
        let calls = |seen: &Observed| -> Vec<String> {
            seen.simulated_calls
                .iter()
                .map(|call| format!("{} {}", call.tool, call.would))
                .collect()
        };
        assert_eq!(
            calls(&first),
            ["journalctl ", "ssh connect to db1:22 and run: rm -rf /"],
            "{who:?}"
        );
        assert_eq!(first.simulated, ["journalctl", "ssh"]);
        assert_eq!(calls(&run(session, "journalctl -q")), ["journalctl "], "{who:?}");
        assert_eq!(run(session, "true").simulated_calls, []);
        let shown = run(session, "ssh -n \"$(printf 'a\\033[31m\\nb')\" true");
        assert!(!calls(&shown)[0].contains('\x1b'), "{:?}", calls(&shown));
    });
}

#[test]
fn a_wrong_call_fails_the_step_as_in_life() {
    with_session(|who, session| {
        for (text, code, said) in [
            ("systemctl stop --frobnicate x", 1, "unrecognized option '--frobnicate'"),
            ("systemctl stpo x", 1, "Unknown command verb stpo."),
            ("ssh -Z db1 true", 255, "unknown option -- Z"),
            ("lvcreate --frob vg0", 3, "unrecognized option '--frob'"),
            ("mount --frob /x", 1, "unrecognized option '--frob'"),
            ("sudo -u no-such-user true", 1, "unknown user no-such-user"),
            ("zfs frob", 2, "unrecognized command 'frob'"),
            ("iptables --frob", 2, "unknown option"),
        ] {
            let seen = discarded(session, text);
            assert_eq!(seen.exit_code, Some(code), "{who:?} {text}: {}", seen.stderr.text);
            assert!(seen.stderr.text.contains(said), "{who:?} {text}: {}", seen.stderr.text);
        }
    });
}

#[test]
fn sudo_becomes_the_other_account_where_there_is_one() {
    with_session(|who, session| {
        let seen = discarded(
            session,
            "cd /tmp; sudo -n -u nobody id -un; sudo -u nobody sh -c 'echo $HOME $USER $PATH'; sudo A=1 -u nobody true || echo refused; sudo -u nobody A=1 sh -c 'echo $A'; sudo id -un",
        );
        assert!(seen.succeeded(), "{who:?}: {seen:?}");
        let lines: Vec<&str> = seen.stdout.text.lines().collect();
        assert_eq!(lines[0], "nobody", "{who:?}: {lines:?}");
        assert!(lines[1].contains(" nobody /.blackstart/bin:/usr"), "{lines:?}");
        assert_eq!(lines[3], "1", "{lines:?}");
        let last = *lines.last().unwrap();
        assert_eq!(last, if who == Who::Root { "root" } else { "nobody" }, "{lines:?}");
        assert_eq!(seen.simulated, ["sudo"]);
        assert!(
            seen.simulated_calls[0].would.starts_with("run as nobody"),
            "{:?}",
            seen.simulated_calls
        );
        // What only root may do is not granted to an ordinary user, unless sudo would make it root.
        let plain = discarded(session, "lvremove -y vg0/data");
        assert_eq!(plain.succeeded(), who == Who::Root, "{who:?}: {}", plain.stderr.text);
        let raised = discarded(session, "sudo lvremove -y vg0/data");
        assert!(raised.succeeded(), "{who:?}: {}", raised.stderr.text);
        // A stand-in below another account keeps its state.
        let other = run(
            session,
            &format!("sudo -u nobody systemctl stop {0}; systemctl is-active {0} || true", unit()),
        );
        assert_eq!(other.stdout.text, "inactive\n", "{who:?}: {}", other.stderr.text);
    });
}

#[test]
fn calls_at_the_same_time_keep_all_that_they_changed() {
    with_session(|who, session| {
        let text = "for n in $(seq 20); do ssh -n host$n true & done; wait; \
                    for n in $(seq 20); do sudo zfs create tank/d$n & done; wait; zfs list -H -o name | wc -l";
        let seen = discarded(session, text);
        assert_eq!(seen.stdout.text.trim(), "20", "{who:?}: {}", seen.stderr.text);
        assert_eq!(seen.simulated_calls.iter().filter(|call| call.tool == "ssh").count(), 20);
        // Both ends of a pipe are stand-ins: neither waits for the other's turn for long.
        let start = std::time::Instant::now();
        let piped = discarded(session, "ssh -n a cat x | ssh b cat | ssh c cat");
        assert!(
            piped.succeeded() && start.elapsed().as_millis() < 1500,
            "{who:?}: {:?}",
            start.elapsed()
        );
    });
}

#[test]
fn forged_and_lost_state_is_said_and_never_a_crash() {
    with_session(|who, session| {
        for forgery in [
            "echo '{' > /.blackstart/state/book.json",
            "echo '[1]' > /.blackstart/state/book.json",
            "echo '{\"units\": 7}' > /.blackstart/state/book.json",
            "head -c 2000000 /dev/zero > /.blackstart/state/book.json",
        ] {
            let seen = discarded(session, &format!("{forgery}; systemctl is-active {}", unit()));
            assert_eq!(
                (seen.exit_code, seen.stdout.text.as_str()),
                (Some(0), "active\n"),
                "{who:?} {forgery}: {}",
                seen.stderr.text
            );
            assert!(
                seen.stderr.text.contains("lost what it knew"),
                "{who:?} {forgery}: {}",
                seen.stderr.text
            );
        }
        for forgery in [
            "rm -rf /.blackstart/state/* 2>/dev/null || true",
            "echo nonsense > /.blackstart/state/calls.jsonl",
            ": > /.blackstart/state/calls.jsonl",
        ] {
            let seen = discarded(session, &format!("systemctl is-system-running; {forgery}; true"));
            assert!(seen.succeeded(), "{who:?} {forgery}: {seen:?}");
            assert_eq!(seen.simulated, ["systemctl"], "{who:?} {forgery}");
        }
        let held = "exec 9>>/.blackstart/state/book.json; flock 9; systemctl is-system-running";
        assert!(discarded(session, held).succeeded(), "{who:?}");
    });
}

#[test]
fn what_the_real_tool_can_do_is_left_to_it() {
    with_session(|who, session| {
        let seen = discarded(session, "findmnt -n -o TARGET / >/dev/null; mountpoint -q /proc");
        assert!(seen.succeeded(), "{who:?}: {}", seen.stderr.text);
        assert_eq!(seen.simulated, Vec::<String>::new(), "{who:?}: {:?}", seen.simulated_calls);
        if has(&["mke2fs"]) {
            let text = "cd /tmp; truncate -s 8M bs-image; /sbin/mkfs.ext4 -q bs-image; /sbin/e2fsck -fn bs-image; /sbin/mkfs.ext4 -q /dev/nonexistent/x || true";
            let seen = discarded(session, text);
            assert!(seen.succeeded(), "{who:?}: {}", seen.stderr.text);
            assert_eq!(seen.simulated, ["mkfs.ext4"], "{who:?}: {:?}", seen.simulated_calls);
            assert!(seen.stdout.text.contains("bs-image"), "{who:?}: {}", seen.stdout.text);
        }
    });
}

#[test]
fn a_machine_that_was_shut_down_is_down_for_later_calls() {
    with_session(|who, session| {
        run(session, "reboot");
        let later = run(session, "systemctl is-system-running");
        assert_eq!(
            later.simulated_calls[0].would,
            "not be answered: the machine went down before (reboot)",
            "{who:?}"
        );
        assert!(later.notes.iter().any(|note| note.contains("reboot")), "{:?}", later.notes);
        assert!(run(session, "true").notes.iter().any(|note| note.contains("reboot")));
    });
}

#[test]
fn another_machines_units_and_devices_cannot_be_told() {
    for who in everybody() {
        let directory = open_directory();
        let change =
            |options: &mut blackstart::sandbox::Options| options.stand_in_for = Some("db1".into());
        let Some(mut session) = sandbox_support::session_with(who, directory.path(), change) else {
            continue;
        };
        let seen = run(&mut session, "systemctl stop some-unit-of-db1; sudo mount /dev/sdzz /mnt");
        assert!(seen.succeeded(), "{who:?}: {}", seen.stderr.text);
    }
}
