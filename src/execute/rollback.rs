//! Rolling back: in reverse order, each rollback through the journal like a step.

use super::ending::Ending;
use super::engine::Engine;
use super::resume::Became;
use crate::base::{Id, Risk};
use crate::evidence::{Answer, Event, Part, Question, StepState};
use crate::plan::{Order, Resume, Step, order};

impl<'a> Engine<'a> {
    /// Returns the steps of which something ran, the last first.
    pub fn touched(&self) -> Vec<&'a Step> {
        let plan = self.plan;
        let steps = match order(plan) {
            Order::Steps(steps) => steps,
            Order::Circle(_) => vec![],
        };
        let ran = |step: &&Step| match self.state(step) {
            StepState::Ended(_) | StepState::Started { .. } => step.runs(),
            StepState::NotStarted
            | StepState::Skipped
            | StepState::RolledBack
            | StepState::RollbackFailed => false,
        };
        steps.into_iter().rev().map(|at| &plan.steps[at]).filter(ran).collect()
    }

    /// Decides that steps are rolled back, records it, and does it.
    pub fn begin_rollback(&mut self, steps: Vec<&Step>, why: &str) -> Result<(), Ending> {
        let (with, without): (Vec<&Step>, Vec<&Step>) =
            steps.into_iter().partition(|step| step.rollback.is_some());
        for step in without {
            if self.permit.risk(step.id.as_str()) > Risk::Read {
                self.note(format!("step {} has no rollback; what it did stays", step.id))?;
            }
        }
        if with.is_empty() {
            return Err(Ending::failed(format!("{why}; there is no rollback")));
        }
        let ids: Vec<Id> = with.iter().map(|step| step.id.clone()).collect();
        self.journal(None, Event::RollbackStarted { steps: ids.clone(), why: why.to_owned() })?;
        self.roll_back(&ids, why)
    }

    /// Rolls back what is not rolled back yet. Always ends the run.
    pub fn roll_back(&mut self, steps: &[Id], why: &str) -> Result<(), Ending> {
        for id in steps {
            let plan = self.plan;
            let Some((step, script)) =
                plan.step(id.as_str()).and_then(|step| Some((step, step.rollback.as_deref()?)))
            else {
                continue;
            };
            let succeeded = match self.state(step) {
                StepState::RolledBack => continue,
                StepState::Started { part: Part::Rollback, process, files } => {
                    match self.became(&process, &files)? {
                        Became::Result(result) => self.rolled_back(step, &result, files)?,
                        Became::Nothing => self.roll_back_step(step, script)?,
                        Became::Unknown if step.resume == Some(Resume::Rerun) => {
                            self.roll_back_step(step, script)?
                        }
                        Became::Unknown => self.unknown_rollback(step, script)?,
                    }
                }
                StepState::NotStarted
                | StepState::Started { .. }
                | StepState::Ended(_)
                | StepState::Skipped
                | StepState::RollbackFailed => self.roll_back_step(step, script)?,
            };
            if !succeeded {
                return Err(Ending::failed(format!("{why}; the rollback of step {id} failed")));
            }
        }
        Err(Ending::rolled_back(why))
    }

    fn roll_back_step(&mut self, step: &Step, script: &str) -> Result<bool, Ending> {
        self.assert_identity(step)?;
        let (result, files) = self.run_rollback(step, script)?;
        self.rolled_back(step, &result, files)
    }

    fn rolled_back(
        &mut self,
        step: &Step,
        result: &super::order::Result,
        files: String,
    ) -> Result<bool, Ending> {
        let succeeded = result.is_success();
        let event = Event::StepRolledBack {
            succeeded,
            exit_code: result.exit_code,
            duration_ms: result.duration_ms,
            files: Some(files),
        };
        self.journal(Some(step), event)?;
        Ok(succeeded)
    }

    fn unknown_rollback(&mut self, step: &Step, script: &str) -> Result<bool, Ending> {
        let text = format!(
            "the rollback of step {} was begun and nobody saw it end: is it done, or shall it run again?",
            step.id
        );
        match self.ask(step, Question::UnknownRollback, text)? {
            (Answer::Again, _) => self.roll_back_step(step, script),
            (Answer::Done | Answer::Failed | Answer::Halt | Answer::Target(_), _) => {
                let event = Event::StepRolledBack {
                    succeeded: true,
                    exit_code: None,
                    duration_ms: 0,
                    files: None,
                };
                self.journal(Some(step), event)?;
                Ok(true)
            }
        }
    }
}
