//! The engine: takes the steps of a permitted plan in order, one at a time, each through the journal.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::crash::Crash;
use super::ending::{Ending, IDENTITY, STEP_FAILED};
use super::target::place;
use crate::approve::{Permit, must_be_typed};
use crate::base::{Clock, Id, Secret};
use crate::evidence::{
    Answer, Event, Question, Run, RunRecord, RunState, StepEnd, StepOutcome, StepState, Stop,
};
use crate::inventory::Inventory;
use crate::plan::{OnFailure, Order, Plan, Step, StepKind, order};
use crate::probe::{Here, Place};
use crate::store::Store;

/// Whether somebody is there to answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Input {
    /// Questions are asked, and waited for.
    Asked,
    /// The run ends where a person is needed.
    Never,
}

/// How the run was left before this runner took it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Before {
    /// It is new, or it ended in a way the journal says.
    Left,
    /// Its runner died.
    Died,
}

/// One run in the hands of one runner.
pub struct Engine<'a> {
    pub store: Store,
    pub run: Run,
    pub plan: &'a Plan,
    pub inventory: Option<&'a Inventory>,
    /// Nothing runs without it.
    pub permit: Permit,
    pub record: RunRecord,
    pub clock: &'a dyn Clock,
    pub input: Input,
    pub before: Before,
    /// Secrets that a person typed.
    pub typed: BTreeMap<Id, Secret>,
    /// Directory of this run's files.
    pub files: PathBuf,
    pub crash: Crash,
    pub seen: i64,
}

impl Engine<'_> {
    /// Takes the run to its end.
    pub fn go(&mut self) -> Ending {
        match self.steps() {
            Ok(()) => self.end(),
            Err(ending) => ending,
        }
    }

    fn end(&self) -> Ending {
        let not_done = |step: &&Step| self.state(step) != StepState::Ended(StepOutcome::Succeeded);
        let failed: Vec<&str> =
            self.plan.steps.iter().filter(not_done).map(|step| step.id.as_str()).collect();
        match failed.is_empty() {
            true => Ending::succeeded(),
            false => Ending::State {
                state: RunState::Incomplete,
                code: STEP_FAILED,
                why: Some(format!("it went on without {}", failed.join(", "))),
            },
        }
    }

    fn steps(&mut self) -> Result<(), Ending> {
        if let Some((steps, why)) = self.record.rollback.clone() {
            return self.roll_back(&steps, &why);
        }
        let steps = match order(self.plan) {
            Order::Steps(steps) => steps,
            Order::Circle(_) => {
                return Err(Ending::refused(2, "the steps need each other in a circle"));
            }
        };
        for at in steps {
            let plan = self.plan;
            let step = &plan.steps[at];
            self.catch_up()?;
            if self.record.stop.is_some() {
                return Err(Ending::stopped(format!("stopped before step {}", step.id)));
            }
            let failed = |id: &&Id| {
                self.record.step(id.as_str()).state != StepState::Ended(StepOutcome::Succeeded)
            };
            match self.state(step) {
                StepState::Ended(StepOutcome::Succeeded) | StepState::Skipped => {}
                _ if step.needs.iter().any(|id| failed(&id)) => {
                    let missing: Vec<&str> =
                        step.needs.iter().filter(failed).map(Id::as_str).collect();
                    let why = format!("it needs {}, which did not succeed", missing.join(", "));
                    self.journal(Some(step), Event::StepSkipped { why })?;
                }
                StepState::NotStarted
                | StepState::Started { .. }
                | StepState::Ended(_)
                | StepState::RolledBack
                | StepState::RollbackFailed => self.step(step)?,
            }
        }
        Ok(())
    }

    fn step(&mut self, step: &Step) -> Result<(), Ending> {
        let end = match self.state(step) {
            StepState::Ended(_) if self.before == Before::Died => {
                self.record.step(step.id.as_str()).end
            }
            StepState::Ended(_) if step.on_failure() == OnFailure::Continue => return Ok(()),
            StepState::Ended(_) => Some(self.after_failure(step)?),
            StepState::Started { part, process, files } => {
                Some(self.reconcile(step, part, &process, &files)?)
            }
            StepState::NotStarted
            | StepState::Skipped
            | StepState::RolledBack
            | StepState::RollbackFailed => None,
        };
        let end = match end {
            Some(end) => end,
            None => self.perform(step, 1)?,
        };
        self.follow_up(step, end)
    }

    /// Does what the plan says about a step that ended.
    fn follow_up(&mut self, step: &Step, mut end: StepEnd) -> Result<(), Ending> {
        let why = |end: &StepEnd| {
            let why = end.why.as_deref().unwrap_or("it failed");
            format!("step {}: {why}", step.id)
        };
        if end.outcome != StepOutcome::Succeeded
            && step.on_failure() == OnFailure::Retry
            && end.attempt < 2
        {
            end = self.perform(step, end.attempt + 1)?;
        }
        match (end.outcome, step.on_failure()) {
            (StepOutcome::Succeeded, _) => Ok(()),
            (StepOutcome::Stopped, _) => Err(Ending::stopped(why(&end))),
            (StepOutcome::Failed | StepOutcome::TimedOut, on_failure) => match on_failure {
                OnFailure::Continue => Ok(()),
                OnFailure::Halt | OnFailure::Retry => Err(Ending::failed(why(&end))),
                OnFailure::Rollback => self.begin_rollback(vec![step], &why(&end)),
                OnFailure::RollbackAll => self.begin_rollback(self.touched(), &why(&end)),
            },
        }
    }

    /// Runs a step, or has a person do it, after making sure that this is the place and the target is the one meant.
    pub fn perform(&mut self, step: &Step, attempt: u32) -> Result<StepEnd, Ending> {
        if step.runs() {
            self.assert_identity(step)?;
            self.confirm_target(step)?;
        }
        match step.kind {
            StepKind::Command | StepKind::Check | StepKind::Wait => self.run_step(step, attempt),
            StepKind::Manual | StepKind::Notify => self.person(step, attempt, Question::Act),
            StepKind::Decision => self.person(step, attempt, Question::Decide),
        }
    }

    /// Refuses where this machine is not the one the step is for. There is no way around it.
    pub fn assert_identity(&self, step: &Step) -> Result<(), Ending> {
        match place(&Here::look(), step, self.inventory) {
            Place::Here => Ok(()),
            Place::Mismatch { why } => {
                Err(Ending::refused(IDENTITY, format!("step {}: {why}", step.id)))
            }
            Place::Elsewhere => Err(Ending::refused(1, elsewhere(step))),
        }
    }

    fn confirm_target(&mut self, step: &Step) -> Result<(), Ending> {
        if !must_be_typed(self.permit.risk(step.id.as_str())) {
            return Ok(());
        }
        let target = step.target(&Here::look().hostname).to_owned();
        while !self.record.targets.contains(&target) {
            let text = format!(
                "step {} is {}: type the full name of its target, {target}",
                step.id,
                self.permit.risk(step.id.as_str())
            );
            self.ask(step, Question::Target(target.clone()), text)?;
        }
        Ok(())
    }

    fn person(&mut self, step: &Step, attempt: u32, question: Question) -> Result<StepEnd, Ending> {
        let why = step.why.as_deref().map_or(String::new(), |why| format!(" ({why})"));
        let (answer, by) = self.ask(step, question, format!("{}{why}", step.title))?;
        let end = |outcome, why: String| StepEnd::known(attempt, outcome, why);
        let end = match answer {
            Answer::Failed => end(StepOutcome::Failed, format!("{by} says it failed")),
            Answer::Done | Answer::Again | Answer::Halt | Answer::Target(_) => match &step.check {
                Some(check) => match self.check(step, check, attempt)? {
                    true => {
                        end(StepOutcome::Succeeded, format!("{by} did it, and its check holds"))
                    }
                    false => end(
                        StepOutcome::Failed,
                        format!("{by} did it, but its check does not hold"),
                    ),
                },
                None => end(StepOutcome::Succeeded, format!("{by} says it is done")),
            },
        };
        self.journal(Some(step), Event::StepFinished(end.clone()))?;
        Ok(end)
    }

    /// Asks a person and waits for the answer; an answer that was given before this runner came counts too.
    pub fn ask(
        &mut self,
        step: &Step,
        question: Question,
        text: String,
    ) -> Result<(Answer, String), Ending> {
        let mut asked =
            self.record.step(step.id.as_str()).question.is_some_and(|(open, _)| open == question);
        loop {
            self.catch_up()?;
            if let Some((answer, by)) = self.record.step(step.id.as_str()).answer
                && question.accepts(&answer)
            {
                if let Some(step) = self.record.steps.get_mut(step.id.as_str()) {
                    step.answer = None;
                }
                return match answer {
                    Answer::Halt => {
                        Err(Ending::stopped(format!("{by} stopped at step {}", step.id)))
                    }
                    Answer::Done | Answer::Failed | Answer::Again | Answer::Target(_) => {
                        Ok((answer, by))
                    }
                };
            }
            if self.record.stop.is_some() {
                return Err(Ending::stopped(format!("stopped at step {}", step.id)));
            }
            if !asked {
                let (question, text) = (question.clone(), text.clone());
                self.journal(Some(step), Event::Question { question, text })?;
                asked = true;
                continue;
            }
            match self.input {
                Input::Never => {
                    return Err(Ending::input_needed(format!("step {}: {text}", step.id)));
                }
                Input::Asked => std::thread::sleep(std::time::Duration::from_millis(50)),
            }
        }
    }

    /// Returns where a step stands.
    pub fn state(&self, step: &Step) -> StepState {
        self.record.step(step.id.as_str()).state
    }

    /// Commits a record. Nothing that it announces may happen before this returns.
    pub fn journal(&mut self, step: Option<&Step>, event: Event) -> Result<(), Ending> {
        self.crash.point();
        let now = self.clock.now();
        self.store.record(now, Some(&self.run.id), step.map(|step| &step.id), &event)?;
        self.crash.point();
        self.read_new()
    }

    /// Reads what others recorded: answers, confirmed targets, the wish to stop.
    pub fn catch_up(&mut self) -> Result<(), Ending> {
        let version = self.store.version()?;
        if version != self.seen {
            self.seen = version;
            self.read_new()?;
        }
        Ok(())
    }

    fn read_new(&mut self) -> Result<(), Ending> {
        for record in self.store.records(Some(&self.run.id), self.record.last)? {
            self.record.add(&record);
        }
        Ok(())
    }

    /// Tells whether the running step is to be ended at once.
    pub fn stop_now(&mut self) -> Result<bool, Ending> {
        self.catch_up()?;
        Ok(self.record.stop == Some(Stop::Now))
    }
}

/// Says that a step cannot run here.
pub fn elsewhere(step: &Step) -> String {
    format!(
        "step {} runs on host {:?}: steps on other hosts cannot be executed yet (run the plan there, with `access: local`)",
        step.id,
        step.host()
    )
}
