//! After a crash or a failure: what is known about a step that was begun, and what to do where nothing is.

use super::ending::Ending;
use super::engine::Engine;
use super::order::{self, BEGAN};
use super::processes;
use super::step::Kept;
use crate::base::Risk;
use crate::evidence::{Answer, Event, Part, Process, Question, StepEnd, StepOutcome};
use crate::plan::{Resume, Step, StepKind};

/// What became of something that an earlier runner began.
pub enum Became {
    /// Its keeper left a result.
    Result(order::Result),
    /// It had not begun.
    Nothing,
    /// It began, and nobody saw it end.
    Unknown,
}

impl Engine<'_> {
    /// Finds out what became of a step that the journal says was started, and brings it to an end. It is never run
    /// again blindly: its keeper's result counts, then its own word about resuming, then its check, then a person.
    pub fn reconcile(
        &mut self,
        step: &Step,
        part: Part,
        process: &Process,
        files: &str,
    ) -> Result<StepEnd, Ending> {
        let attempt = self.record.step(step.id.as_str()).attempts.max(1);
        if part != Part::Run || files.is_empty() {
            // Nothing but a check ran, or a wait; both only look.
            return self.perform(step, attempt);
        }
        match self.became(process, files)? {
            Became::Result(result) => self.judge(step, attempt, Some(files.to_owned()), result),
            Became::Nothing => self.perform(step, attempt),
            Became::Unknown => self.unknown(step, attempt),
        }
    }

    /// Finds out what became of a try; waits where something of it still lives.
    pub fn became(&mut self, process: &Process, files: &str) -> Result<Became, Ending> {
        let marker = self.marker(files);
        let mut kept = Kept::adopted(process, self.files.join(files), marker.clone());
        if processes::lives(process) {
            self.note(format!("{files} still runs (process {}); waiting for it", process.pid))?;
        }
        if let Some(result) = self.wait(&mut kept)? {
            return Ok(Became::Result(result));
        }
        if !kept.files.join(BEGAN).exists() {
            return Ok(Became::Nothing);
        }
        let left = processes::marked(&marker);
        if !left.is_empty() {
            self.note(format!("processes {left:?} of {files} still run; waiting for them"))?;
            while !processes::marked(&marker).is_empty() {
                if self.stop_now()? {
                    processes::end(
                        || processes::marked(&marker),
                        std::time::Duration::from_secs(5),
                    );
                }
                std::thread::sleep(std::time::Duration::from_millis(50));
            }
        }
        Ok(Became::Unknown)
    }

    fn unknown(&mut self, step: &Step, attempt: u32) -> Result<StepEnd, Ending> {
        if self.permit.risk(step.id.as_str()) == Risk::Read {
            return self.perform(step, attempt + 1);
        }
        self.assert_identity(step)?;
        let check = step.check.as_ref().filter(|_| step.kind != StepKind::Check);
        let holds = match (step.resume(), check) {
            (Resume::Rerun, _) => return self.perform(step, attempt + 1),
            (Resume::Check, Some(check)) => Some(self.check(step, check, attempt)?),
            (Resume::Check | Resume::Ask, _) => None,
        };
        match holds {
            Some(true) => {
                return self.done(step, attempt, "a crash lost its result; its check holds".into());
            }
            // The plan says in so many words that the check decides, and the check says that it did not happen.
            Some(false)
                if step.resume == Some(Resume::Check)
                    && self.permit.risk(step.id.as_str()) <= Risk::Destructive =>
            {
                return self.perform(step, attempt + 1);
            }
            Some(false) | None => {}
        }
        let check = match holds {
            Some(_) => ", and its check does not hold",
            None => "",
        };
        let text = format!(
            "step {} was begun and nobody saw it end{check}: is it done, or shall it run again?",
            step.id
        );
        self.decide(step, attempt, Question::Unknown, text)
    }

    /// Decides about a step that failed before this runner was started: the caller asked to go on, so a step that did
    /// not say otherwise is tried again, unless its check says that it was repaired by hand.
    pub fn after_failure(&mut self, step: &Step) -> Result<StepEnd, Ending> {
        let attempt = self.record.step(step.id.as_str()).attempts.max(1);
        let risk = self.permit.risk(step.id.as_str());
        if let Some(check) = step.check.as_ref().filter(|_| step.runs() && step.run.is_some()) {
            self.assert_identity(step)?;
            if self.check(step, check, attempt)? {
                return self.done(step, attempt, "it had failed; its check holds".into());
            }
        }
        match step.resume {
            Some(Resume::Rerun | Resume::Check) => self.perform(step, attempt + 1),
            None if risk <= Risk::Disruptive || !step.runs() => self.perform(step, attempt + 1),
            None | Some(Resume::Ask) => {
                let text =
                    format!("step {} failed: is it done by hand, or shall it run again?", step.id);
                self.decide(step, attempt, Question::Failed, text)
            }
        }
    }

    fn decide(
        &mut self,
        step: &Step,
        attempt: u32,
        question: Question,
        text: String,
    ) -> Result<StepEnd, Ending> {
        match self.ask(step, question, text)? {
            (Answer::Again, _) => self.perform(step, attempt + 1),
            (Answer::Done | Answer::Failed | Answer::Halt | Answer::Target(_), by) => {
                self.done(step, attempt, format!("{by} says it is done"))
            }
        }
    }

    fn done(&mut self, step: &Step, attempt: u32, why: String) -> Result<StepEnd, Ending> {
        let end = StepEnd::known(attempt, StepOutcome::Succeeded, why);
        self.journal(Some(step), Event::StepFinished(end.clone()))?;
        Ok(end)
    }

    /// Records something worth knowing.
    pub fn note(&mut self, text: String) -> Result<(), Ending> {
        self.journal(None, Event::Note { text })
    }
}
