//! A plan's dry run: steps on steps, checks, rollbacks proven, declared against observed.
#![allow(clippy::disallowed_methods, clippy::panic, clippy::print_stderr)]

mod sandbox_support;

use std::fs;
use std::path::Path;
use std::process::Command;

use blackstart::base::{Fixed, Timestamp};
use blackstart::dryrun::{self, Options, Progress};
use blackstart::evidence::{Declared, DryRun, Effect, Level, Outcome, StepDryRun};
use blackstart::plan::{self, Order};
use blackstart::sandbox;

use sandbox_support::left_out::left_out;
use sandbox_support::{Who, everybody, open_directory, program, session};

fn options(who: Who, tools: &Path) -> Options {
    Options {
        sandbox: sandbox::Options::new(program(who, tools)),
        secrets: Default::default(),
        account: |_| vec![],
        here: vec!["me".into()],
        cwd: "/".into(),
    }
}

fn dry_run(steps: &str, who: Who, tools: &Path) -> DryRun {
    let text =
        format!("schema: blackstart/plan/v1\nid: p\nkind: recovery\ntitle: t\nsteps:\n{steps}");
    let (plan, problems) = plan::read(&text);
    assert_eq!(problems, [], "{text}");
    let plan = plan.expect("reads");
    let Order::Steps(order) = plan::order(&plan) else { panic!("a circle") };
    let mut begun = Vec::new();
    let mut note = |progress: Progress<'_>| {
        if let Progress::Begins(id) = progress {
            begun.push(id.clone());
        }
    };
    let clock = Fixed(Timestamp::UNIX_EPOCH);
    let result =
        dryrun::dry_run(&plan, &order, &options(who, tools), &clock, &mut note).expect("runs");
    assert_eq!(begun, result.steps.iter().map(|step| step.id.clone()).collect::<Vec<_>>());
    result
}

fn outcomes(result: &DryRun) -> Vec<(&str, &str)> {
    result.steps.iter().map(|step| (step.id.as_str(), step.outcome.word())).collect()
}

/// Everybody with a sandbox, and a directory for programs and data.
fn ready() -> Vec<(Who, tempfile::TempDir)> {
    everybody()
        .into_iter()
        .map(|who| (who, open_directory()))
        .filter(|(who, directory)| session(*who, directory.path()).is_some())
        .collect()
}

#[test]
fn each_kind_of_step_has_its_outcome() {
    let steps = "
  - {id: make, title: t, kind: command, run: 'mkdir /tmp/bs-plan; echo 1 > /tmp/bs-plan/f', check: 'test -f /tmp/bs-plan/f', rollback: 'rm -r /tmp/bs-plan'}
  - {id: look, title: t, kind: check, check: 'grep 1 /tmp/bs-plan/f'}
  - {id: stop, title: t, kind: command, run: systemctl stop UNIT, check: '! systemctl is-active --quiet UNIT'}
  - {id: call, title: t, kind: notify}
  - {id: later, title: t, kind: wait, check: test -e /tmp/bs-never}
  - {id: there, title: t, kind: command, host: web1, run: 'test ! -e /tmp/bs-plan && echo x > /tmp/bs-web', check: test -f /tmp/bs-web}
  - {id: me, title: t, kind: command, host: me, run: test -e /tmp/bs-plan/f && test ! -e /tmp/bs-web}
  - {id: slow, title: t, kind: command, run: sleep 20, timeout: 1s, on_failure: continue}
  - {id: wrong, title: t, kind: command, run: 'true', check: exit 3}
  - {id: after, title: t, kind: command, run: 'true'}
  - {id: person, title: t, kind: manual}
";
    for (who, directory) in ready() {
        let steps = steps.replace("UNIT", sandbox_support::unit());
        let result = dry_run(&steps, who, directory.path());
        let expected = [
            ("make", "passed"),
            ("look", "passed"),
            ("stop", "simulated"),
            ("call", "manual"),
            ("later", "manual"),
            ("there", "other-host"),
            ("me", "passed"),
            ("slow", "timed-out"),
            ("wrong", "failed"),
            ("after", "not-run"),
            ("person", "manual"),
        ];
        assert_eq!(outcomes(&result), expected, "as {who:?}: {result:#?}");
        assert!(result.level.counts());
        let rollback = result.steps[0].rollback.as_ref().expect("proven");
        assert_eq!(
            (rollback.outcome, rollback.differences.as_slice()),
            (Outcome::Passed, [].as_slice())
        );
        assert!(!Path::new("/tmp/bs-plan").exists() && !Path::new("/tmp/bs-web").exists());
    }
}

#[test]
fn a_rollback_that_forgets_something_is_not_proven() {
    for (who, directory) in ready() {
        let steps = "
  - {id: a, title: t, kind: command, run: 'echo 1 > /tmp/bs-1; echo 2 > /tmp/bs-2', rollback: rm /tmp/bs-1}
  - {id: b, title: t, kind: command, run: 'test -f /tmp/bs-1', rollback: exit 9}
";
        let result = dry_run(steps, who, directory.path());
        let proof = |step: &StepDryRun| {
            let rollback = step.rollback.as_ref().expect("one");
            (rollback.outcome, rollback.differences.join("; "))
        };
        assert_eq!(
            proof(&result.steps[0]),
            (Outcome::Failed, "/tmp/bs-2 was not there".to_owned())
        );
        assert_eq!(
            proof(&result.steps[1]),
            (Outcome::Failed, "the rollback itself failed:".to_owned() + " ")
        );
        assert_eq!(outcomes(&result), [("a", "passed"), ("b", "passed")]);
    }
}

#[test]
fn what_a_check_reaches_for_is_seen_once() {
    let steps = "
  - {id: look, title: t, kind: check, check: 'true > /dev/tcp/192.0.2.7/81 || true'}
  - {id: both, title: t, kind: command, run: 'true > /dev/tcp/192.0.2.7/82 || true', check: 'true > /dev/tcp/192.0.2.7/82 || true'}
";
    for (who, directory) in ready() {
        let result = dry_run(steps, who, directory.path());
        let reached = |step: &StepDryRun| {
            let connects = |effect: &&Effect| matches!(effect, Effect::Connect { .. });
            (step.effects.iter().filter(connects).count(), step.effects_total)
        };
        let reached: Vec<_> = result.steps.iter().map(reached).collect();
        assert_eq!(reached, [(1, 1), (1, 1)], "as {who:?}: {:?}", result.steps);
    }
}

#[test]
fn what_was_not_declared_is_marked_and_too_many_deletions_fail() {
    for (who, directory) in ready() {
        let root = directory.path().join("data");
        fs::create_dir(&root).expect("data");
        for name in ["a", "b", "c"] {
            fs::write(root.join(name), name).expect("a file");
        }
        use std::os::unix::fs::PermissionsExt;
        fs::set_permissions(&root, fs::Permissions::from_mode(0o777)).expect("open");
        let steps = format!(
            "
  - id: x
    title: t
    kind: command
    run: |
      echo new > {0}/made
      echo new > /tmp/bs-elsewhere
      rm {0}/a {0}/b
    effects: {{writes: ['{0}/**'], deletes: ['{0}/a'], max_deletes: 1}}
",
            root.display()
        );
        let result = dry_run(&steps, who, directory.path());
        let step = &result.steps[0];
        assert_eq!(step.outcome, Outcome::Failed, "as {who:?}: {step:#?}");
        assert!(
            step.notes.iter().any(|note| note.contains("deletes 2 entries")),
            "{:?}",
            step.notes
        );
        let marked: Vec<_> = step
            .effects
            .iter()
            .filter_map(|effect| match effect {
                Effect::File(file) => {
                    let name =
                        file.path.file_name().expect("a name").to_string_lossy().into_owned();
                    Some((name, file.declared == Declared::Yes))
                }
                _ => None,
            })
            .collect();
        let expected = [("a", true), ("b", false), ("made", true), ("bs-elsewhere", false)];
        let mut marked = marked;
        marked.sort();
        let mut expected: Vec<_> =
            expected.iter().map(|(name, yes)| ((*name).to_owned(), *yes)).collect();
        expected.sort();
        assert_eq!(marked, expected);
        assert!(root.join("a").exists());
    }
}

#[test]
fn a_secret_is_a_dummy_and_is_said_to_be() {
    for (who, directory) in ready() {
        let steps = "
  - {id: x, title: t, kind: command, run: 'echo $TOKEN', secrets: [{env: TOKEN, secret: key-1}]}
";
        let result = dry_run(steps, who, directory.path());
        assert_eq!(result.steps[0].stdout.text, "blackstart-dummy-key-1\n");
        assert!(result.steps[0].notes[0].contains("dummy"), "{:?}", result.steps[0].notes);
    }
}

#[test]
fn a_script_runs_by_its_first_line() {
    for (who, directory) in ready() {
        let clock = Fixed(Timestamp::UNIX_EPOCH);
        for (text, out) in [
            ("#!/bin/sh -e\necho $-\n", "e"),
            ("false\necho plain bash ${BASH_VERSION:+yes}\n", "plain bash yes\n"),
            ("#!/usr/bin/perl\nprint 'perl';\n", "perl"),
        ] {
            let path = directory.path().join("script");
            fs::write(&path, text).expect("a script");
            let result =
                dryrun::dry_run_script(&path, &options(who, directory.path()), &clock, &mut |_| {})
                    .expect("runs");
            let step = &result.steps[0];
            assert!(step.stdout.text.starts_with(out), "{text}: {step:?}");
            assert_eq!((step.outcome, step.id.as_str()), (Outcome::Passed, "script"));
        }
    }
}

#[test]
fn a_script_finds_the_names_of_its_inventory() {
    for (who, directory) in ready() {
        let place = |name: &str| directory.path().join(name);
        fs::write(place("script"), "getent hosts db7\n").expect("a script");
        let inventory =
            "schema: blackstart/inventory/v1\nhosts:\n  - {id: db7, address: 192.0.2.7}\n";
        fs::write(place("inventory.yaml"), inventory).expect("an inventory");
        let run = |more: &[&str]| {
            let data = place(&format!("data-{who:?}")).display().to_string();
            let output = Command::new(program(who, directory.path()))
                .args(["dry-run", "script", "--json", "--data-dir", &data])
                .args(more)
                .current_dir(directory.path())
                .output()
                .expect("runs");
            String::from_utf8_lossy(&output.stdout).into_owned()
        };
        let found = run(&["--inventory", "inventory.yaml"]);
        assert!(found.contains("192.0.2.7"), "as {who:?}: {found}");
        let alone = run(&[]);
        assert!(alone.contains("db7") && !alone.contains("192.0.2.7"), "as {who:?}: {alone}");
    }
}

#[test]
fn without_namespaces_a_step_is_probed_and_nothing_is_proven() {
    let directory = open_directory();
    let wrapper = sandbox_support::refused_program(directory.path());
    let text = "schema: blackstart/plan/v1\nid: p\nkind: recovery\ntitle: t\nsteps:\n\
                - {id: a, title: t, kind: command, run: 'true'}\n- {id: b, title: t, kind: manual}\n";
    let plan = plan::read(text).0.expect("reads");
    let options = Options {
        sandbox: sandbox::Options::new(wrapper),
        secrets: Default::default(),
        account: |_| vec![],
        here: vec![],
        cwd: "/".into(),
    };
    let clock = Fixed(Timestamp::UNIX_EPOCH);
    match dryrun::dry_run(&plan, &[0, 1], &options, &clock, &mut |_| {}) {
        Ok(result) => {
            assert_eq!(result.level, Level::ReadOnlyProbe);
            let note = &result.steps[0].notes[0];
            assert!(note.contains("came to its end without a write"), "{note}");
            assert_eq!(outcomes(&result), [("a", "not-run"), ("b", "manual")]);
            assert!(result.level_reason.expect("a reason").contains("max_user_namespaces"));
        }
        Err(error) => {
            left_out(format_args!("no user namespace to refuse others in: {error:?}"));
        }
    }
}
