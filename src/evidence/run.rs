//! Runs: what stands in the journal about one run, folded into where it stands.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::event::{Answer, Event, Part, Process, Question, Record, StepEnd, StepOutcome, Stop};
use crate::base::{Digest, Id, Timestamp};

/// One run of one approved plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Run {
    /// Its name.
    pub id: Id,
    /// The plan.
    pub plan: Id,
    /// SHA-256 of the plan's text, as stored.
    pub plan_digest: Digest,
    /// SHA-256 of the inventory's text, as stored; none where the plan needs none.
    pub inventory: Option<Digest>,
    /// The plan over the facts it rests on.
    pub fingerprint: Digest,
    /// Who set it up.
    pub by: String,
    /// From which account.
    pub os_user: String,
    /// When it was set up.
    pub created: Timestamp,
    /// How it stands.
    pub state: RunState,
}

/// How a run stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RunState {
    /// Set up; no runner took it yet.
    Created,
    /// A runner has it, or had it when it died.
    Running,
    /// It waits for a person, and no runner lives.
    InputNeeded,
    /// It could not start or go on: an identity, an approval, a missing tool.
    Refused,
    /// A step failed.
    Failed,
    /// It went to its end, but steps that were allowed to fail did.
    Incomplete,
    /// It was rolled back.
    RolledBack,
    /// A person stopped it.
    Stopped,
    /// Every step succeeded.
    Succeeded,
}

impl RunState {
    /// Every state.
    pub const ALL: [Self; 9] = [
        Self::Created,
        Self::Running,
        Self::InputNeeded,
        Self::Refused,
        Self::Failed,
        Self::Incomplete,
        Self::RolledBack,
        Self::Stopped,
        Self::Succeeded,
    ];

    /// Returns the word used in documents.
    pub fn word(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Running => "running",
            Self::InputNeeded => "input-needed",
            Self::Refused => "refused",
            Self::Failed => "failed",
            Self::Incomplete => "incomplete",
            Self::RolledBack => "rolled-back",
            Self::Stopped => "stopped",
            Self::Succeeded => "succeeded",
        }
    }

    /// Returns the state for its word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.word() == word)
    }

    /// Tells whether the run is over for good, so that it cannot be resumed.
    pub fn is_over(self) -> bool {
        match self {
            Self::Succeeded | Self::Incomplete | Self::RolledBack => true,
            Self::Created
            | Self::Running
            | Self::InputNeeded
            | Self::Refused
            | Self::Failed
            | Self::Stopped => false,
        }
    }
}

/// Where one step stands.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum StepState {
    /// Nothing of it ran.
    #[default]
    NotStarted,
    /// Something of it was about to run, and no end was recorded.
    Started {
        /// What of it.
        part: Part,
        /// Which process.
        process: Process,
        /// Directory of its files.
        files: String,
    },
    /// It ended.
    Ended(StepOutcome),
    /// It was not run, for good.
    Skipped,
    /// It was rolled back.
    RolledBack,
    /// Its rollback failed.
    RollbackFailed,
}

/// What the journal says about one step.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct StepRecord {
    /// Where it stands.
    pub state: StepState,
    /// How often it was started.
    pub attempts: u32,
    /// When it first started.
    pub started: Option<Timestamp>,
    /// When it last ended.
    pub finished: Option<Timestamp>,
    /// How the last try ended.
    pub end: Option<StepEnd>,
    /// What its check said last.
    pub check: Option<bool>,
    /// The question that no one has answered.
    pub question: Option<(Question, String)>,
    /// The newest answer that nothing followed yet, with who gave it.
    pub answer: Option<(Answer, String)>,
}

/// What the journal says about one run.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RunRecord {
    /// How it stands, where the journal says so.
    pub state: Option<RunState>,
    /// The exit code of its end.
    pub code: Option<u8>,
    /// Why it ended so.
    pub why: Option<String>,
    /// When a runner first took it.
    pub started: Option<Timestamp>,
    /// When it ended.
    pub finished: Option<Timestamp>,
    /// The runner that has it, or had it last.
    pub runner: Option<Process>,
    /// Every step that the journal names.
    pub steps: BTreeMap<Id, StepRecord>,
    /// Names of targets that were typed.
    pub targets: Vec<String>,
    /// A wish to stop that was not yet followed.
    pub stop: Option<Stop>,
    /// The steps that are to be rolled back, in order, and why, once that was decided.
    pub rollback: Option<(Vec<Id>, String)>,
    /// What is worth knowing.
    pub notes: Vec<String>,
    /// Number of the last record.
    pub last: u64,
}

impl RunRecord {
    /// Returns what the records of one run say.
    pub fn of<'a>(records: impl IntoIterator<Item = &'a Record>) -> Self {
        let mut run = Self::default();
        records.into_iter().for_each(|record| run.add(record));
        run
    }

    /// Returns what is known of a step; nothing is known of one the journal does not name.
    pub fn step(&self, id: &str) -> StepRecord {
        self.steps.get(id).cloned().unwrap_or_default()
    }

    /// Adds the next record.
    pub fn add(&mut self, record: &Record) {
        self.last = record.seq;
        let at = record.at();
        let Some(event) = record.event() else { return };
        let mut nameless = StepRecord::default();
        let step = match &record.step {
            Some(id) => self.steps.entry(id.clone()).or_default(),
            None => &mut nameless,
        };
        match event {
            Event::Approval { .. } | Event::ModelAsked { .. } => {}
            Event::RunCreated { .. } => self.state = Some(RunState::Created),
            Event::RunStarted { process, .. } => {
                self.state = Some(RunState::Running);
                self.started = self.started.or(at);
                (self.finished, self.code, self.why) = (None, None, None);
                self.stop = None;
                self.runner = Some(process);
            }
            Event::TargetConfirmed { target, .. } => self.targets.push(target),
            Event::StepStarted { part, attempt, process, files } => {
                step.state = StepState::Started { part, process, files };
                (step.question, step.answer) = (None, None);
                if part == Part::Run {
                    step.attempts = step.attempts.max(attempt);
                    step.started = step.started.or(at);
                    (step.finished, step.end, step.check) = (None, None, None);
                }
            }
            Event::CheckFinished { holds, .. } => step.check = Some(holds),
            Event::StepFinished(end) => {
                step.state = StepState::Ended(end.outcome);
                step.attempts = step.attempts.max(end.attempt);
                step.started = step.started.or(at);
                step.finished = at;
                (step.question, step.answer) = (None, None);
                step.end = Some(end);
            }
            Event::StepSkipped { .. } => step.state = StepState::Skipped,
            Event::RollbackStarted { steps, why } => self.rollback = Some((steps, why)),
            Event::StepRolledBack { succeeded, .. } => {
                step.state = match succeeded {
                    true => StepState::RolledBack,
                    false => StepState::RollbackFailed,
                };
                (step.question, step.answer) = (None, None);
            }
            Event::Question { question, text } => {
                step.question = Some((question, text));
                step.answer = None;
            }
            Event::Answered { answer, by, .. } => {
                step.question = None;
                if let Answer::Target(name) = &answer {
                    self.targets.push(name.clone());
                }
                step.answer = Some((answer, by));
            }
            Event::StopRequested { when, .. } => self.stop = Some(when),
            Event::Note { text } => self.notes.push(text),
            Event::RunFinished { state, code, why } => {
                self.state = Some(state);
                (self.code, self.why, self.finished) = (Some(code), why, at);
                // A halt ends one runner, not every later one.
                for step in self.steps.values_mut() {
                    step.answer = step.answer.take().filter(|(answer, _)| *answer != Answer::Halt);
                }
            }
        }
    }
}
