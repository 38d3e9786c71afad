//! Whatever is killed, and whenever: no step is lost, none that finished runs twice, and the log still verifies.
#![allow(clippy::disallowed_methods, clippy::unwrap_used, clippy::panic)]

mod lab;

use blackstart::evidence::{Answer, Event, Question, RunState, StepOutcome, StepState};
use blackstart::execute;
use lab::{Lab, ana, id, kill, lives, now, until};

const FIVE: &str = "
- {id: a, title: A, kind: check, risk: read, check: 'test -d $W'}
- {id: b, title: B, kind: command, risk: write, run: 'echo b >> $W/trace', check: 'grep -q b $W/trace'}
- {id: c, title: C, kind: command, risk: write, run: 'echo c >> $W/trace', resume: ask}
- {id: d, title: D, kind: wait, risk: read, check: 'grep -q c $W/trace', timeout: 5s}
- {id: e, title: E, kind: command, risk: write, run: 'echo e >> $W/trace', needs: [c]}
";

/// Lets runners die at every point, one after the other, each followed by one that finishes; returns how many points
/// there are.
fn at_every_point(steps: &str, code: i32, holds: impl Fn(&Lab, u64)) -> u64 {
    for point in 1.. {
        let lab = Lab::new(steps);
        let (ended, said) = lab.run(&["--no-input", "--die-at", &point.to_string()]);
        if let Some(ended) = ended {
            assert_eq!(ended, code, "{said}");
            return point - 1;
        }
        if lab.state().is_over() {
            // It died behind its last record.
            lab.expect(1);
        } else {
            lab.expect(code);
        }
        holds(&lab, point);
        lab.chain_holds();
    }
    0
}

#[test]
fn a_runner_killed_at_any_point_of_its_journal_is_resumed_and_no_step_runs_twice() {
    let points = at_every_point(FIVE, 0, |lab, point| {
        assert_eq!(lab.trace("trace"), "b\nc\ne\n", "killed at {point}\n{}", lab.journal());
        assert_eq!(lab.state(), RunState::Succeeded);
    });
    assert!(points >= 30, "{points} points are too few for five steps");
}

#[test]
fn a_runner_killed_at_any_point_of_a_rollback_rolls_everything_back_once() {
    let steps = "
- {id: a, title: A, kind: command, risk: write, run: 'echo +a >> $W/trace', rollback: 'echo -a >> $W/trace'}
- {id: b, title: B, kind: command, risk: write, run: 'echo +b >> $W/trace', rollback: 'echo -b >> $W/trace'}
- {id: c, title: C, kind: command, risk: write, run: 'echo +c >> $W/trace; false', rollback: 'echo -c >> $W/trace', on_failure: rollback-all}
";
    at_every_point(steps, 6, |lab, point| {
        assert_eq!(
            lab.trace("trace"),
            "+a\n+b\n+c\n-c\n-b\n-a\n",
            "killed at {point}\n{}",
            lab.journal()
        );
        assert_eq!(lab.state(), RunState::RolledBack);
    });
}

#[test]
fn a_runner_that_dies_again_and_again_still_finishes() {
    let lab = Lab::new(FIVE);
    let mut deaths = 0;
    while lab.run(&["--no-input", "--die-at", "9"]).0.is_none() {
        deaths += 1;
        assert!(deaths < 50, "it makes no progress");
    }
    assert!(deaths > 3);
    assert_eq!((lab.trace("trace").as_str(), lab.state()), ("b\nc\ne\n", RunState::Succeeded));
    lab.chain_holds();
}

const SLOW: &str = "
- id: a
  title: A
  kind: command
  risk: write
  RESUME
  run: |
    echo $$ > $W/pid
    echo a >> $W/trace
    until test -e $W/go; do sleep 0.05; done
    echo done >> $W/trace
- {id: b, title: B, kind: command, risk: write, run: 'echo b >> $W/trace'}
";

fn slow(resume: &str) -> Lab {
    Lab::new(&SLOW.replace("RESUME", resume))
}

#[test]
fn a_step_outlives_its_runner_and_is_waited_for() {
    let lab = slow("resume: rerun");
    let mut runner = lab.spawn(&[]);
    until("the step runs", || lab.trace("trace") == "a\n");
    runner.kill().unwrap();
    runner.wait().unwrap();
    assert!(lives(&lab.trace("pid")), "the step lives on");
    let mut second = lab.spawn(&["--no-input"]);
    until("the second runner waits", || lab.journal().contains("still runs"));
    std::fs::write(lab.work("go"), "").unwrap();
    assert_eq!(second.wait().unwrap().code(), Some(0), "{}", lab.journal());
    assert_eq!(lab.trace("trace"), "a\ndone\nb\n");
    assert_eq!(lab.record().step("a").attempts, 1);
}

#[test]
fn a_step_that_ended_while_no_runner_lived_keeps_its_result() {
    let lab = slow("resume: ask");
    let mut runner = lab.spawn(&[]);
    until("the step runs", || lab.trace("trace") == "a\n");
    runner.kill().unwrap();
    runner.wait().unwrap();
    std::fs::write(lab.work("go"), "").unwrap();
    until("the step ended", || !lives(&lab.trace("pid")));
    lab.expect(0);
    assert_eq!(lab.trace("trace"), "a\ndone\nb\n");
}

#[test]
fn the_timeout_of_a_step_holds_without_a_runner() {
    let lab = slow("timeout: 1s");
    let mut runner = lab.spawn(&[]);
    until("the step runs", || lab.trace("trace") == "a\n");
    runner.kill().unwrap();
    runner.wait().unwrap();
    until("the step was ended", || !lives(&lab.trace("pid")));
    lab.expect(5);
    assert_eq!(lab.record().step("a").end.unwrap().outcome, StepOutcome::TimedOut);
}

#[test]
fn a_step_whose_process_is_killed_failed() {
    let lab = slow("resume: rerun");
    let mut runner = lab.spawn(&[]);
    until("the step runs", || lab.trace("trace") == "a\n");
    kill(&lab.trace("pid"));
    assert_eq!(runner.wait().unwrap().code(), Some(5));
    let end = lab.record().step("a").end.unwrap();
    assert_eq!((end.outcome, end.signal), (StepOutcome::Failed, Some(9)));
    std::fs::write(lab.work("go"), "").unwrap();
    lab.expect(0);
    assert_eq!(lab.trace("trace"), "a\na\ndone\nb\n");
}

/// Kills the runner and the keeper of step a, and leaves the step itself alive.
fn kill_all_that_watches(lab: &Lab) {
    let mut runner = lab.spawn(&[]);
    until("the step runs", || lab.trace("trace") == "a\n");
    let StepState::Started { process, .. } = lab.record().step("a").state else {
        panic!("{}", lab.journal())
    };
    runner.kill().unwrap();
    runner.wait().unwrap();
    kill(&process.pid.to_string());
    until("the keeper is gone", || !lives(&process.pid.to_string()));
    assert!(lives(&lab.trace("pid")));
}

#[test]
fn a_living_orphan_is_waited_for_and_then_a_person_is_asked() {
    let lab = slow("resume: ask");
    kill_all_that_watches(&lab);
    let mut runner = lab.spawn(&["--no-input"]);
    until("the runner waits for it", || lab.journal().contains("waiting for them"));
    std::fs::write(lab.work("go"), "").unwrap();
    assert_eq!(runner.wait().unwrap().code(), Some(10), "{}", lab.journal());
    assert_eq!(lab.trace("trace"), "a\ndone\n", "it was not run again");
    let (question, _) = lab.record().step("a").question.unwrap();
    assert_eq!(question, Question::Unknown);
    execute::answer(&mut lab.store(), &lab.run, &id("a"), Answer::Done, &ana(), now()).unwrap();
    lab.expect(0);
    assert_eq!(lab.trace("trace"), "a\ndone\nb\n");
    lab.chain_holds();
}

#[test]
fn an_unknown_result_is_resolved_by_the_check() {
    for (check, trace) in
        [("grep -q done $W/trace", "a\ndone\nb\n"), ("test -e $W/again", "a\ndone\na\ndone\nb\n")]
    {
        let lab = slow(&format!(
            "resume: check\n  check: '{check} || grep -c done $W/trace | grep -q 2'"
        ));
        kill_all_that_watches(&lab);
        std::fs::write(lab.work("go"), "").unwrap();
        until("the orphan ended", || !lives(&lab.trace("pid")));
        lab.expect(0);
        assert_eq!(lab.trace("trace"), trace, "{}", lab.journal());
    }
}

#[test]
fn a_keeper_that_is_killed_under_a_living_runner_takes_its_step_with_it() {
    let lab = slow("resume: rerun");
    let mut runner = lab.spawn(&[]);
    until("the step runs", || lab.trace("trace") == "a\n");
    let StepState::Started { process, .. } = lab.record().step("a").state else {
        panic!("{}", lab.journal())
    };
    kill(&process.pid.to_string());
    assert_eq!(runner.wait().unwrap().code(), Some(5), "{}", lab.journal());
    assert!(!lives(&lab.trace("pid")));
}

#[test]
fn the_journal_says_started_before_the_step_runs() {
    // The third point of the step's record lies between the commit and the go: nothing ran, and the record is there.
    for point in 1.. {
        let lab = Lab::new(
            "
- {id: a, title: A, kind: command, risk: write, run: 'echo a >> $W/trace'}
",
        );
        let (ended, _) = lab.run(&["--no-input", "--die-at", &point.to_string()]);
        assert_eq!(ended, None, "no point was found");
        let started = lab.events().iter().any(|event| matches!(event, Event::StepStarted { .. }));
        if started {
            assert_eq!(lab.trace("trace"), "", "killed at {point}");
            lab.expect(0);
            assert_eq!(lab.trace("trace"), "a\n");
            return;
        }
        assert_eq!(lab.trace("trace"), "", "killed at {point}: it ran before it was recorded");
    }
}
