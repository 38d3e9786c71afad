//! Runs of approved plans with the real binary: what is recorded, what is refused, how a run ends.
#![allow(clippy::disallowed_methods, clippy::unwrap_used, clippy::panic)]

mod lab;

use std::time::Duration;

use blackstart::evidence::{Answer, Event, Question, RunState, StepOutcome, StepState, Stop};
use blackstart::execute::{self, Followed, Input, Start};
use lab::{Lab, ana, id, lives, now, until};

const TWO: &str = "
- {id: a, title: A, kind: command, risk: write, run: 'echo a >> $W/trace', check: 'grep -q a $W/trace'}
- {id: b, title: B, kind: command, risk: write, run: 'echo b >> $W/trace; echo out; echo err >&2', needs: [a]}
";

#[test]
fn a_run_goes_through_its_steps_and_records_each() {
    let lab = Lab::new(TWO);
    lab.expect(0);
    assert_eq!(lab.trace("trace"), "a\nb\n");
    let names: Vec<String> = lab.records().into_iter().map(|record| record.name).collect();
    assert_eq!(
        names,
        [
            "run-created",
            "run-started",
            "step-started",
            "check-finished",
            "step-finished",
            "step-started",
            "step-finished",
            "run-finished"
        ]
    );
    let end = lab.record().step("b").end.unwrap();
    assert_eq!((end.outcome, end.exit_code), (StepOutcome::Succeeded, Some(0)));
    let output = |stream| {
        let path = execute::output_file(&lab.data(), &lab.run, end.files.as_ref().unwrap(), stream);
        std::fs::read_to_string(path).unwrap()
    };
    assert_eq!((output("stdout"), output("stderr")), ("out\n".into(), "err\n".into()));
    assert_eq!(lab.state(), RunState::Succeeded);
    lab.chain_holds();
    let said = lab.expect(1);
    assert!(said.contains("run r1 is over: it succeeded"), "{said}");
}

#[test]
fn a_front_starts_a_runner_and_follows_it() {
    let lab = Lab::new(TWO);
    let start = Start {
        program: lab::BINARY.as_ref(),
        data_dir: &lab.data(),
        run: &lab.run,
        input: Input::Never,
        typed: vec![],
    };
    let started = execute::start(start).unwrap();
    let mut seen = vec![];
    let followed = execute::follow(&lab.store(), &lab.run, 0, |record| {
        seen.extend(record.map(|record| record.seq));
        std::ops::ControlFlow::Continue(())
    });
    assert_eq!(followed.unwrap(), Followed::Finished { state: RunState::Succeeded, code: 0 });
    assert_eq!(started.wait().unwrap(), 0);
    assert_eq!(seen.len(), 8);
}

#[test]
fn the_environment_of_a_step_is_clean() {
    let lab = Lab::new("
- {id: a, title: A, kind: command, risk: write, run: 'env | sort > $W/env; pwd > $W/pwd; umask > $W/umask; cat > $W/stdin'}
");
    let status = lab.command(&["--no-input"]).env("LEAK", "1").status().unwrap();
    assert!(status.success());
    let names: Vec<String> = lab
        .trace("env")
        .lines()
        .filter_map(|line| Some(line.split_once('=')?.0.to_owned()))
        .collect();
    assert_eq!(
        names,
        ["BLACKSTART_TRY", "HOME", "LANG", "LOGNAME", "PATH", "PWD", "SHLVL", "TERM", "USER", "_"]
    );
    assert_eq!(
        (lab.trace("pwd"), lab.trace("umask"), lab.trace("stdin")),
        ("/\n".into(), "0022\n".into(), String::new())
    );
}

#[test]
fn a_plan_that_was_never_approved_or_whose_approval_is_over_does_not_run() {
    let lab = Lab::unapproved(TWO, None);
    let said = lab.expect(8);
    assert!(said.contains("is not approved"), "{said}");
    let yesterday = now().checked_sub(Duration::from_secs(90_000)).unwrap();
    lab.approve(yesterday, Duration::from_secs(3600), vec![]);
    let said = lab.expect(8);
    assert!(said.contains("expired"), "{said}");
    assert_eq!(lab.trace("trace"), "");
    assert_eq!(lab.state(), RunState::Created);
}

#[test]
fn an_edited_plan_does_not_run_on_the_approval_of_the_old_one() {
    let lab = Lab::new(TWO);
    let edited = Lab::unapproved(&TWO.replace("echo out", "echo other"), None);
    let mut from = lab.store();
    let approvals = from.approvals(from.run("r1").unwrap().fingerprint).unwrap();
    assert_eq!(approvals.len(), 1);
    edited.store().add_approval(&approvals[0]).unwrap();
    edited.expect(8);
    // The stored text of the plan changed behind the back of the run.
    let database = rusqlite::Connection::open(lab.data().join("blackstart.db")).unwrap();
    let changed =
        database.execute("UPDATE texts SET text = replace(text, 'echo out', 'echo other')", []);
    assert_eq!(changed.unwrap(), 1);
    let said = lab.expect(8);
    assert!(said.contains("was changed in the store"), "{said}");
    assert_eq!(lab.trace("trace"), "");
    from.record(now(), None, None, &Event::Note { text: "the store still works".into() }).unwrap();
}

#[test]
fn an_approval_changed_in_the_store_does_not_let_a_plan_run() {
    let lab = Lab::unapproved(TWO, None);
    let yesterday = now().checked_sub(Duration::from_secs(90_000)).unwrap();
    lab.approve(yesterday, Duration::from_secs(3600), vec![]);
    let database = rusqlite::Connection::open(lab.data().join("blackstart.db")).unwrap();
    let text: String = database
        .query_row("SELECT text FROM evidence WHERE kind = 'approval'", [], |row| row.get(0))
        .unwrap();
    let mut approval: serde_json::Value = serde_json::from_str(&text).unwrap();
    approval["expires"] = now().checked_add(Duration::from_secs(3600)).unwrap().to_string().into();
    database
        .execute("UPDATE evidence SET text = ?1 WHERE kind = 'approval'", [approval.to_string()])
        .unwrap();
    let said = lab.expect(8);
    assert!(said.contains("is not what the log records"), "{said}");
    assert_eq!(lab.trace("trace"), "");
}

#[test]
fn two_runs_of_one_plan_do_not_work_against_each_other() {
    let lab = Lab::new("
- {id: a, title: A, kind: command, risk: write, run: 'echo a >> $W/trace; until test -e $W/go; do sleep 0.05; done'}
");
    lab.create("r2");
    let mut first = lab.spawn(&[]);
    until("the step runs", || lab.trace("trace") == "a\n");
    let said = lab.run_of("r2");
    assert!(said.contains("another run of the plan"), "{said}");
    // The runner dies; its step goes on, and still nobody else may begin.
    first.kill().unwrap();
    first.wait().unwrap();
    let said = lab.run_of("r2");
    assert!(said.contains("still runs, whose runner died"), "{said}");
    std::fs::write(lab.work("go"), "").unwrap();
    lab.expect(0);
    assert_eq!(lab.trace("trace"), "a\n");
    assert_eq!(lab.run_of("r2").lines().count(), 1);
    assert_eq!(lab.trace("trace"), "a\na\n");
}

#[test]
fn two_runners_do_not_share_a_run() {
    let lab = Lab::new("
- {id: a, title: A, kind: command, risk: write, run: 'echo a >> $W/trace; until test -e $W/go; do sleep 0.05; done'}
");
    let mut first = lab.spawn(&[]);
    until("the step runs", || lab.trace("trace") == "a\n");
    let (code, said) = lab.run(&["--no-input"]);
    assert_eq!(code, Some(1));
    assert!(said.contains("has-runner"), "{said}");
    std::fs::write(lab.work("go"), "").unwrap();
    assert_eq!(first.wait().unwrap().code(), Some(0));
    assert_eq!(lab.trace("trace"), "a\n");
}

#[test]
fn a_check_that_does_not_hold_fails_a_step_that_exited_with_zero() {
    let lab = Lab::new(
        "
- {id: a, title: A, kind: command, risk: write, run: 'true', check: 'false'}
- {id: b, title: B, kind: command, risk: write, run: 'echo b >> $W/trace'}
",
    );
    lab.expect(5);
    let end = lab.record().step("a").end.unwrap();
    assert_eq!(
        (end.outcome, end.why.as_deref()),
        (StepOutcome::Failed, Some("its check does not hold"))
    );
    assert_eq!(lab.trace("trace"), "");
    assert_eq!(lab.state(), RunState::Failed);
}

#[test]
fn a_failed_step_is_tried_again_when_the_run_is_resumed() {
    let lab = Lab::new(
        "
- {id: a, title: A, kind: command, risk: write, run: 'echo a >> $W/trace'}
- {id: b, title: B, kind: command, risk: write, run: 'test -e $W/repaired; echo b >> $W/trace'}
",
    );
    lab.expect(5);
    std::fs::write(lab.work("repaired"), "").unwrap();
    lab.expect(0);
    assert_eq!(lab.trace("trace"), "a\nb\n");
    lab.chain_holds();
}

#[test]
fn a_step_is_retried_once_where_the_plan_says_so() {
    let lab = Lab::new("
- {id: a, title: A, kind: command, risk: write, on_failure: retry, run: 'echo a >> $W/trace; test $(wc -l < $W/trace) = 2'}
");
    lab.expect(0);
    assert_eq!(lab.record().step("a").attempts, 2);
    let lab = Lab::new(
        "
- {id: a, title: A, kind: command, risk: write, on_failure: retry, run: 'echo a >> $W/trace; false'}
",
    );
    lab.expect(5);
    assert_eq!(lab.trace("trace"), "a\na\n");
}

#[test]
fn every_finished_step_is_rolled_back_in_reverse_order() {
    let lab = Lab::new("
- {id: a, title: A, kind: command, risk: write, run: 'true', rollback: 'echo a >> $W/trace'}
- {id: b, title: B, kind: command, risk: write, run: 'true', rollback: 'echo b >> $W/trace'}
- {id: c, title: C, kind: command, risk: write, run: 'false', rollback: 'echo c >> $W/trace', on_failure: rollback-all}
- {id: d, title: D, kind: command, risk: write, run: 'echo d >> $W/trace', rollback: 'echo d >> $W/trace'}
");
    lab.expect(6);
    assert_eq!(lab.trace("trace"), "c\nb\na\n");
    assert_eq!(lab.state(), RunState::RolledBack);
}

#[test]
fn only_the_failed_step_is_rolled_back_where_the_plan_says_so() {
    let lab = Lab::new("
- {id: a, title: A, kind: command, risk: write, run: 'true', rollback: 'echo a >> $W/trace'}
- {id: b, title: B, kind: command, risk: write, run: 'false', rollback: 'echo b >> $W/trace', on_failure: rollback}
");
    lab.expect(6);
    assert_eq!(lab.trace("trace"), "b\n");
}

#[test]
fn a_rollback_that_fails_is_said_and_can_be_resumed() {
    let lab = Lab::new("
- {id: a, title: A, kind: command, risk: write, run: 'false', rollback: 'test -e $W/ok; echo a >> $W/trace', on_failure: rollback}
");
    lab.expect(5);
    assert_eq!(lab.record().step("a").state, StepState::RollbackFailed);
    std::fs::write(lab.work("ok"), "").unwrap();
    lab.expect(6);
    assert_eq!(lab.trace("trace"), "a\n");
}

#[test]
fn a_run_goes_on_without_a_step_that_may_fail_and_without_what_needs_it() {
    let lab = Lab::new(
        "
- {id: a, title: A, kind: command, risk: write, run: 'false', on_failure: continue}
- {id: b, title: B, kind: command, risk: write, run: 'echo b >> $W/trace', needs: [a]}
- {id: c, title: C, kind: command, risk: write, run: 'echo c >> $W/trace'}
",
    );
    lab.expect(5);
    assert_eq!(lab.trace("trace"), "c\n");
    assert_eq!(
        (lab.state(), lab.record().step("b").state),
        (RunState::Incomplete, StepState::Skipped)
    );
}

#[test]
fn a_timeout_ends_everything_that_a_step_started() {
    let lab = Lab::new(
        "
- id: a
  title: A
  kind: command
  risk: write
  timeout: 1s
  run: |
    trap '' TERM
    sleep 300 & echo $! >> $W/pids
    setsid bash -c 'trap \"\" TERM; echo $$ >> $W/pids; sleep 301; sleep 302' &
    setsid -f bash -c 'echo $$ >> $W/pids; exec env -i sleep 303'
    bash -c '(setsid sleep 304 & echo $! >> $W/pids) &'
    echo $$ >> $W/pids
    while :; do sleep 0.2; done
",
    );
    lab.expect(5);
    let end = lab.record().step("a").end.unwrap();
    assert_eq!(end.outcome, StepOutcome::TimedOut, "{end:?}");
    let pids = lab.trace("pids");
    assert_eq!(pids.lines().count(), 5, "{pids}");
    assert_eq!(pids.lines().filter(|pid| lives(pid)).collect::<Vec<_>>(), Vec::<&str>::new());
}

#[test]
fn a_failed_step_leaves_nothing_running() {
    let lab = Lab::new(
        "
- {id: a, title: A, kind: command, risk: write, run: 'setsid sleep 300 & echo $! > $W/pid; false'}
",
    );
    lab.expect(5);
    assert!(!lives(&lab.trace("pid")));
}

#[test]
fn a_step_may_leave_a_daemon_that_goes_on_writing() {
    let lab = Lab::new("
- id: a
  title: A
  kind: command
  risk: write
  run: |
    setsid bash -c 'echo $$ > $W/pid; until test -e $W/end; do echo tick; date > $W/date; sleep 0.05; done; echo over > $W/over' &
    until test -s $W/pid; do sleep 0.02; done
- {id: b, title: B, kind: command, risk: write, run: 'true'}
");
    lab.expect(0);
    let pid = lab.trace("pid");
    assert!(lives(&pid), "the daemon lives on");
    let end = lab.record().step("a").end.unwrap();
    assert!(end.left_running.iter().any(|left| left.contains(pid.trim())), "{end:?}");
    std::fs::remove_file(lab.work("date")).unwrap();
    until("the daemon writes again", || !lab.trace("date").is_empty());
    std::fs::write(lab.work("end"), "").unwrap();
    until("the daemon ended by itself", || lab.trace("over") == "over\n");
}

#[test]
fn a_step_waits_until_its_check_holds() {
    let lab = Lab::new("
- {id: a, title: A, kind: wait, risk: read, timeout: 20s, check: 'echo x >> $W/asked; test $(wc -l < $W/asked) -ge 2'}
");
    lab.expect(0);
    assert_eq!(lab.trace("asked"), "x\nx\n");
    let lab = Lab::new(
        "
- {id: a, title: A, kind: wait, risk: read, timeout: 1s, check: 'false'}
",
    );
    lab.expect(5);
}

#[test]
fn a_destructive_step_needs_the_name_of_its_target_typed() {
    let lab = Lab::new(
        "
- {id: a, title: A, kind: command, risk: destructive, asset: orders, run: 'echo a >> $W/trace'}
",
    );
    let said = lab.expect(10);
    assert!(said.contains("--confirm-target orders"), "{said}");
    execute::confirm_target(&mut lab.store(), &lab.run, "order", &ana(), now()).unwrap();
    lab.expect(10);
    assert_eq!(lab.trace("trace"), "");
    execute::confirm_target(&mut lab.store(), &lab.run, "orders", &ana(), now()).unwrap();
    lab.expect(0);
    assert_eq!(lab.trace("trace"), "a\n");
}

#[test]
fn a_target_can_be_typed_while_the_run_waits_and_a_wrong_name_is_asked_again() {
    let lab = Lab::new(
        "
- {id: a, title: A, kind: command, risk: destructive, asset: orders, run: 'echo a >> $W/trace'}
",
    );
    let mut runner = lab.spawn(&[]);
    let asks = || lab.record().step("a").question.is_some();
    for name in ["order", "orders"] {
        until("it asks", asks);
        let answer = Answer::Target(name.into());
        execute::answer(&mut lab.store(), &lab.run, &id("a"), answer, &ana(), now()).unwrap();
    }
    assert_eq!(runner.wait().unwrap().code(), Some(0));
    assert_eq!(lab.trace("trace"), "a\n");
}

#[test]
fn a_manual_step_waits_for_a_person_also_over_a_restart() {
    let lab = Lab::new(
        "
- {id: a, title: Call the vendor, kind: manual, why: they have the tape}
- {id: b, title: Go on?, kind: decision}
- {id: c, title: C, kind: command, risk: write, run: 'echo c >> $W/trace'}
",
    );
    lab.expect(10);
    assert_eq!(lab.state(), RunState::InputNeeded);
    assert_eq!(
        lab.record().step("a").question,
        Some((Question::Act, "Call the vendor (they have the tape)".into()))
    );
    let answer = |step: &str, answer| {
        execute::answer(&mut lab.store(), &lab.run, &id(step), answer, &ana(), now())
    };
    assert!(answer("a", Answer::Again).is_err(), "that is no answer to it");
    assert!(answer("b", Answer::Done).is_err(), "it was not asked yet");
    answer("a", Answer::Done).unwrap();
    lab.expect(10);
    answer("b", Answer::Halt).unwrap();
    lab.expect(130);
    assert_eq!(lab.trace("trace"), "");
    lab.expect(10);
    answer("b", Answer::Done).unwrap();
    lab.expect(0);
    assert_eq!(lab.trace("trace"), "c\n");
    assert_eq!(lab.record().step("a").end.unwrap().why.as_deref(), Some("ana says it is done"));
}

#[test]
fn a_run_stops_at_once_or_after_the_step_when_a_person_wants_it() {
    let steps = "
- {id: a, title: A, kind: command, risk: write, run: 'echo $$ > $W/pid; until test -e $W/go; do sleep 0.05; done'}
- {id: b, title: B, kind: command, risk: write, run: 'echo b >> $W/trace'}
";
    let lab = Lab::new(steps);
    let mut runner = lab.spawn(&[]);
    until("the step runs", || !lab.trace("pid").is_empty());
    execute::request_stop(&mut lab.store(), &lab.run, Stop::Now, &ana(), now()).unwrap();
    assert_eq!(runner.wait().unwrap().code(), Some(130));
    assert!(!lives(&lab.trace("pid")));
    assert_eq!(lab.record().step("a").end.unwrap().outcome, StepOutcome::Stopped);

    let lab = Lab::new(steps);
    let mut runner = lab.spawn(&[]);
    until("the step runs", || !lab.trace("pid").is_empty());
    execute::request_stop(&mut lab.store(), &lab.run, Stop::AfterStep, &ana(), now()).unwrap();
    std::fs::write(lab.work("go"), "").unwrap();
    assert_eq!(runner.wait().unwrap().code(), Some(130));
    assert_eq!(lab.record().step("a").end.unwrap().outcome, StepOutcome::Succeeded);
    lab.expect(0);
    assert_eq!(lab.trace("trace"), "b\n");
}

#[test]
fn a_secret_reaches_its_step_and_nothing_else() {
    let secret = "correct horse battery";
    let steps = "
- {id: a, title: A, kind: command, risk: write, run: 'echo \"$PASSWORD\" > $W/got; echo \"it is $PASSWORD\"; tr \"\\0\" \" \" < /proc/$$/cmdline >&2', secrets: [{env: PASSWORD, secret: key}]}
";
    for source in ["{env: BLACKSTART_TEST_SECRET}", "{file: SECRETFILE}", "{prompt: Which?}"] {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), format!("{secret}\n")).unwrap();
        let source = source.replace("SECRETFILE", file.path().to_str().unwrap());
        let inventory = format!(
            "schema: blackstart/inventory/v1\nsecrets: [{{id: key, read_from: {source}}}]\n"
        );
        let lab = Lab::with_inventory(steps, Some(&inventory));
        let typed = match source.contains("prompt") {
            true => {
                let said = lab.expect(10);
                assert!(said.contains("secret key was not typed"), "{said}");
                serde_json::json!({"secret": "key", "value": secret.as_bytes()}).to_string() + "\n"
            }
            false => String::new(),
        };
        let mut runner = lab
            .command(&["--no-input"])
            .env("BLACKSTART_TEST_SECRET", secret)
            .stdin(std::process::Stdio::piped())
            .spawn()
            .unwrap();
        std::io::Write::write_all(&mut runner.stdin.take().unwrap(), typed.as_bytes()).unwrap();
        assert_eq!(runner.wait().unwrap().code(), Some(0), "{}", lab.journal());
        assert_eq!(lab.trace("got"), format!("{secret}\n"));
        let files = lab.record().step("a").end.unwrap().files.unwrap();
        let path = execute::output_file(&lab.data(), &lab.run, &files, "stdout");
        assert_eq!(std::fs::read_to_string(path).unwrap(), "it is [secret]\n");
        for entry in walk(&lab.data()) {
            let content = std::fs::read(&entry).unwrap();
            let found = content.windows(secret.len()).any(|window| window == secret.as_bytes());
            assert!(!found, "{} holds the secret", entry.display());
        }
    }
}

fn walk(directory: &std::path::Path) -> Vec<std::path::PathBuf> {
    let entries = std::fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { walk(&path) } else { vec![path] }).collect()
}

#[test]
fn a_step_does_not_run_on_a_machine_that_is_not_the_one_meant() {
    let steps = "
- {id: a, title: A, kind: command, risk: write, run: 'echo a >> $W/trace'}
- {id: b, title: B, kind: command, risk: write, host: db1, run: 'echo b >> $W/trace'}
";
    let lab = |host: &str| {
        let text = format!("schema: blackstart/inventory/v1\nhosts: [{{id: db1, {host}}}]\n");
        Lab::with_inventory(steps, Some(&text))
    };
    let wrong = lab("access: local, identity: {hostname: not-this-machine}");
    let said = wrong.expect(7);
    assert!(said.contains("step b: this machine is not host"), "{said}");
    let elsewhere = lab("access: ssh, address: 192.0.2.1");
    let said = elsewhere.expect(1);
    assert!(said.contains("step b runs on host"), "{said}");
    assert_eq!((wrong.trace("trace"), elsewhere.trace("trace")), (String::new(), String::new()));
    let right = lab("access: local");
    right.expect(0);
    assert_eq!(right.trace("trace"), "a\nb\n");
}

#[test]
fn a_step_runs_as_another_account_only_for_root() {
    let lab = Lab::new(
        "
- {id: a, title: A, kind: command, risk: write, run_as: daemon, run: 'id -un; id -G; echo $HOME'}
- {id: b, title: B, kind: command, risk: write, run: 'id -un'}
",
    );
    let root = std::process::Command::new("id").arg("-u").output().unwrap().stdout == b"0\n";
    if !root {
        let said = lab.expect(1);
        assert!(said.contains("which only root can do"), "{said}");
        return;
    }
    lab.expect(0);
    let files = lab.record().step("a").end.unwrap().files.unwrap();
    let path = execute::output_file(&lab.data(), &lab.run, &files, "stdout");
    let output = std::fs::read_to_string(path).unwrap();
    assert!(output.starts_with("daemon\n"), "{output}");
    assert!(!output.lines().nth(1).unwrap().split(' ').any(|group| group == "0"), "{output}");
    let unknown = Lab::new(
        "
- {id: a, title: A, kind: command, risk: write, run_as: no-such-account, run: 'true'}
",
    );
    let said = unknown.expect(1);
    assert!(said.contains("which is no account here"), "{said}");
}

#[test]
fn a_process_of_somebody_else_that_holds_the_output_does_not_hold_the_run() {
    let lab = Lab::new(
        "
- {id: a, title: A, kind: command, risk: write, run: 'echo /proc/$$/fd/1 > $W/output; until test -e $W/held; do sleep 0.02; done; echo out'}
",
    );
    let mut runner = lab.spawn(&[]);
    until("the step runs", || !lab.trace("output").is_empty());
    let output = std::fs::OpenOptions::new().write(true).open(lab.trace("output").trim()).unwrap();
    std::fs::write(lab.work("held"), "").unwrap();
    assert_eq!(runner.wait().unwrap().code(), Some(0));
    drop(output);
}
