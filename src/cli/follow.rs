//! Follows a run on the terminal: its steps, their output, its questions.

use std::io::{self, BufRead, IsTerminal, Write};
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::output::Output;
use super::{CommandError, Exit};
use crate::base::{Id, escape};
use crate::evidence::{Answer, Event, Part, Question, Record, StepOutcome};
use crate::plan::Plan;
use crate::runtime::{Followed, Runtime, Tail, output_file};

/// Whether this front answers the questions of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// It asks the person at the terminal.
    Operator,
    /// It only looks.
    Watcher,
}

/// Follows a run to its end and returns the exit code that says how it ended. Ctrl-C leaves the run going.
pub fn follow(
    runtime: &Runtime,
    run: &Id,
    plan: &Plan,
    from: u64,
    role: Role,
    output: &mut Output,
) -> Result<Exit, CommandError> {
    let interrupted = Arc::new(AtomicBool::new(false));
    for signal in
        [signal_hook::consts::SIGINT, signal_hook::consts::SIGHUP, signal_hook::consts::SIGTERM]
    {
        signal_hook::flag::register(signal, interrupted.clone())?;
    }
    let directory = runtime.directory();
    let mut view = View { runtime, run, plan, role, directory, tails: vec![], failure: None };
    let followed = runtime.follow_run(run, from, |record| {
        if interrupted.load(Ordering::Relaxed) {
            return ControlFlow::Break(());
        }
        match view.show(record, output) {
            Ok(()) => ControlFlow::Continue(()),
            Err(error) => {
                view.failure = Some(error);
                ControlFlow::Break(())
            }
        }
    })?;
    view.drain(output);
    if let Some(error) = view.failure {
        return Err(error);
    }
    match followed {
        Followed::Finished { state, code } => {
            output.note(&format!("run {run}: {}", state.word()));
            Ok(Exit::of_code(code))
        }
        Followed::RunnerGone => Err(CommandError::new(
            Exit::Error,
            format!("the runner of {run} is gone; the run stands where the log says"),
        )
        .hint(format!("blackstart run --resume {run}"))),
        Followed::Left => {
            output.note(&format!("the run goes on; come back with: blackstart attach {run}"));
            Ok(Exit::Interrupted)
        }
    }
}

struct View<'a> {
    runtime: &'a Runtime,
    run: &'a Id,
    plan: &'a Plan,
    role: Role,
    directory: PathBuf,
    /// The output files of the running part.
    tails: Vec<Tail>,
    failure: Option<CommandError>,
}

impl View<'_> {
    fn show(&mut self, record: Option<&Record>, output: &mut Output) -> Result<(), CommandError> {
        let Some(record) = record else {
            self.drain(output);
            return Ok(());
        };
        if output.is_json() {
            output.data(&(record.json() + "\n"))?;
        }
        let Some(event) = record.event() else {
            return Ok(());
        };
        match (&record.step, event) {
            (Some(step), Event::StepStarted { part, files, attempt, .. }) => {
                self.drain(output);
                self.tails = ["stdout", "stderr"]
                    .map(|stream| Tail::new(output_file(&self.directory, self.run, &files, stream)))
                    .into();
                let title = self
                    .plan
                    .step(step.as_str())
                    .map(|step| escape::one_line(&step.title))
                    .unwrap_or_default();
                let again = if attempt > 1 { format!(" (try {attempt})") } else { String::new() };
                match part {
                    Part::Run => output.note(&format!("running    {step}: {title}{again}")),
                    Part::Check => output.note(&format!("checking   {step}")),
                    Part::Rollback => output.note(&format!("rollback   {step}: {title}")),
                }
            }
            (Some(step), Event::StepFinished(end)) => {
                self.drain(output);
                let word = match end.outcome {
                    StepOutcome::Succeeded => "done",
                    StepOutcome::Failed => "FAILED",
                    StepOutcome::TimedOut => "TIMED OUT",
                    StepOutcome::Stopped => "stopped",
                };
                let why =
                    end.why.map(|why| format!(": {}", escape::one_line(&why))).unwrap_or_default();
                output.note(&format!(
                    "{word:10} {step} ({:.1} s){why}",
                    end.duration_ms as f64 / 1e3
                ));
            }
            (Some(step), Event::StepRolledBack { succeeded, .. }) => {
                output.note(&format!(
                    "{:10} {step}",
                    if succeeded { "undone" } else { "NOT UNDONE" }
                ));
            }
            (Some(step), Event::StepSkipped { why }) => {
                output.note(&format!("skipped    {step}: {}", escape::one_line(&why)))
            }
            (Some(step), Event::Question { question, text }) => {
                self.drain(output);
                output.note(&format!("asks       {step}: {}", escape::one_line(&text)));
                // A question already answered stands in the journal too; only an open one is put.
                let open = self
                    .runtime
                    .store()
                    .run_record(self.run)?
                    .step(step.as_str())
                    .question
                    .is_some();
                if self.role == Role::Operator && open {
                    self.ask(step, &question, output)?;
                }
            }
            (_, Event::RunStarted { hostname, resumed, .. }) => {
                output.note(&format!(
                    "{} on {}",
                    if resumed { "resumed" } else { "started" },
                    escape::one_line(&hostname)
                ));
            }
            (_, Event::RollbackStarted { why, .. }) => {
                output.note(&format!("rolling back: {}", escape::one_line(&why)))
            }
            (_, Event::Note { text }) => {
                output.note(&format!("note       {}", escape::one_line(&text)))
            }
            (_, Event::RunFinished { why: Some(why), .. }) => {
                output.note(&format!("ended: {}", escape::one_line(&why)))
            }
            _ => {}
        }
        Ok(())
    }

    /// Shows what the running step wrote since the last time.
    fn drain(&mut self, output: &mut Output) {
        for tail in &mut self.tails {
            while let Ok(bytes) = tail.more() {
                if bytes.is_empty() {
                    break;
                }
                for line in String::from_utf8_lossy(&bytes).lines() {
                    output.note(&format!("  | {}", escape::one_line(line)));
                }
            }
        }
    }

    fn ask(&self, step: &Id, question: &Question, output: &mut Output) -> Result<(), CommandError> {
        if !io::stdin().is_terminal() {
            // The runner was told that nobody answers, or somebody else will.
            return Ok(());
        }
        let prompt = match question {
            Question::Act => "done, failed or halt? ".to_owned(),
            Question::Decide => "go on (yes) or halt? ".to_owned(),
            Question::Unknown | Question::Failed | Question::UnknownRollback => {
                "done, again or halt? ".to_owned()
            }
            Question::Target(_) => "type the full name of the target, or halt: ".to_owned(),
        };
        let who = self.runtime.operator(None);
        loop {
            let _ = write!(io::stderr().lock(), "{prompt}");
            let _ = io::stderr().flush();
            let mut line = String::new();
            if io::stdin().lock().read_line(&mut line)? == 0 {
                return Err(CommandError::new(
                    Exit::InputNeeded,
                    format!("step {step} waits for an answer"),
                )
                .hint(format!("blackstart attach {}", self.run)));
            }
            let answer = match (line.trim(), question) {
                ("halt", _) => Answer::Halt,
                (name, Question::Target(target)) if name == target => {
                    Answer::Target(name.to_owned())
                }
                (
                    "done",
                    Question::Act
                    | Question::Unknown
                    | Question::Failed
                    | Question::UnknownRollback,
                ) => Answer::Done,
                ("yes", Question::Decide) => Answer::Done,
                ("failed", Question::Act) => Answer::Failed,
                ("again", Question::Unknown | Question::Failed | Question::UnknownRollback) => {
                    Answer::Again
                }
                _ => {
                    output.note("that is not one of the answers");
                    continue;
                }
            };
            self.runtime.answer(self.run, step, answer, &who)?;
            return Ok(());
        }
    }
}
