//! What the log records: the journal of every run, and who approved what.
//!
//! The serialised form of [`Event`] is the stored one, `blackstart/event/v1`: its variants and fields may be
//! added to, never renamed.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::run::RunState;
use crate::base::{Digest, Id, Timestamp};

/// One kind of event with its details.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", content = "detail", rename_all = "kebab-case")]
pub enum Event {
    /// A plan was approved.
    Approval {
        /// Name of the approval.
        approval: Id,
        /// The approved plan.
        fingerprint: Digest,
        /// What was seen.
        evidence: Digest,
        /// The name given.
        by: String,
        /// The account it was given from.
        os_user: String,
        /// When it ends.
        expires: Timestamp,
        /// What was waived, each as `WHAT: REASON`.
        waivers: Vec<String>,
    },
    /// A run was set up; nothing ran yet.
    RunCreated {
        /// The plan.
        plan: Id,
        /// SHA-256 of the plan's text.
        plan_digest: Digest,
        /// The plan over the facts it rests on.
        fingerprint: Digest,
        /// SHA-256 of the inventory's text.
        inventory: Option<Digest>,
        /// The name given.
        by: String,
        /// The account it was set up from.
        os_user: String,
    },
    /// A runner took the run up, for the first time or again.
    RunStarted {
        /// The runner.
        process: Process,
        /// Name of the machine.
        hostname: String,
        /// Whether an earlier runner had it before.
        resumed: bool,
    },
    /// A person typed the full name of a target.
    TargetConfirmed {
        /// The name.
        target: String,
        /// Who typed it.
        by: String,
        /// From which account.
        os_user: String,
    },
    /// Something of a step is about to run; its process waits until this record is stored.
    StepStarted {
        /// What of the step.
        part: Part,
        /// Which try, from 1.
        attempt: u32,
        /// The process that keeps it.
        process: Process,
        /// Directory of its files, below the run's.
        files: String,
    },
    /// A step's check spoke.
    CheckFinished {
        /// Which try of the step.
        attempt: u32,
        /// Whether it holds.
        holds: bool,
        /// Exit code, where it exited.
        exit_code: Option<i32>,
        /// Wall time.
        duration_ms: u64,
        /// Directory of its files, below the run's.
        files: String,
    },
    /// A step ended.
    StepFinished(StepEnd),
    /// A step was not run, for good.
    StepSkipped {
        /// Why.
        why: String,
    },
    /// Finished steps are about to be rolled back, in this order.
    RollbackStarted {
        /// The steps.
        steps: Vec<Id>,
        /// Why.
        why: String,
    },
    /// The rollback of a step ended.
    StepRolledBack {
        /// Whether it succeeded.
        succeeded: bool,
        /// Exit code, where it exited.
        exit_code: Option<i32>,
        /// Wall time.
        duration_ms: u64,
        /// Directory of its files, below the run's; none where a person answered for it.
        files: Option<String>,
    },
    /// A person is asked; the run waits.
    Question {
        /// What kind of answer is needed.
        question: Question,
        /// The question, for people.
        text: String,
    },
    /// A person answered.
    Answered {
        /// The answer.
        answer: Answer,
        /// Who.
        by: String,
        /// From which account.
        os_user: String,
    },
    /// A person wants the run to stop.
    StopRequested {
        /// How soon.
        when: Stop,
        /// Who.
        by: String,
        /// From which account.
        os_user: String,
    },
    /// A prompt is about to leave for a model: how much, and of which kinds what was replaced in it; no text of it.
    ModelAsked {
        /// What the operator calls the model, with its endpoint.
        model: String,
        /// Which question of the dialogue, from 1.
        round: u32,
        /// Size of what leaves.
        bytes: u64,
        /// SHA-256 of what leaves.
        digest: Digest,
        /// How many different pseudonyms it holds, by kind.
        replaced: BTreeMap<String, u64>,
    },
    /// Something worth knowing.
    Note {
        /// What.
        text: String,
    },
    /// The runner let go of the run.
    RunFinished {
        /// How it stands.
        state: RunState,
        /// The exit code that says so.
        code: u8,
        /// Why, where it did not simply succeed.
        why: Option<String>,
    },
}

/// A process that cannot be mistaken for another: ids are used again, start times on one boot are not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Process {
    /// Process id.
    pub pid: u32,
    /// Start time in clock ticks since boot, field 22 of `/proc/PID/stat` (proc_pid_stat(5)).
    pub start_time: u64,
    /// Boot id of the kernel.
    pub boot: String,
}

/// The parts of a step that run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Part {
    /// Its `run`, or the `check` of a step that only checks.
    Run,
    /// Its `check`.
    Check,
    /// Its `rollback`.
    Rollback,
}

impl Part {
    /// Returns the word used in documents and file names.
    pub fn word(self) -> &'static str {
        match self {
            Self::Run => "run",
            Self::Check => "check",
            Self::Rollback => "rollback",
        }
    }
}

/// How a step ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepEnd {
    /// Which try, from 1.
    pub attempt: u32,
    /// How.
    pub outcome: StepOutcome,
    /// Exit code of `run`, where it exited.
    pub exit_code: Option<i32>,
    /// Signal that ended `run`.
    pub signal: Option<i32>,
    /// Wall time of `run`.
    pub duration_ms: u64,
    /// Directory of its files (`stdout`, `stderr`), below the run's.
    pub files: Option<String>,
    /// Processes it left running on purpose.
    pub left_running: Vec<String>,
    /// Why it did not succeed, or how success is known.
    pub why: Option<String>,
}

impl StepEnd {
    /// Returns the end of a step that somebody knows without its command having been seen to end.
    pub fn known(attempt: u32, outcome: StepOutcome, why: String) -> Self {
        Self {
            attempt,
            outcome,
            exit_code: None,
            signal: None,
            duration_ms: 0,
            files: None,
            left_running: vec![],
            why: Some(why),
        }
    }
}

/// The ways a step can end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum StepOutcome {
    /// It ran, and its check holds.
    Succeeded,
    /// It, or its check, failed.
    Failed,
    /// Its timeout ended it.
    TimedOut,
    /// A person stopped it.
    Stopped,
}

/// What a person is asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Question {
    /// To do a manual step, or to tell somebody: done, failed or halt.
    Act,
    /// To decide: go on or halt.
    Decide,
    /// What to do with a step whose result is not known: done, again or halt.
    Unknown,
    /// What to do with a step that failed before: done, again or halt.
    Failed,
    /// What to do with a rollback whose result is not known: done, again or halt.
    UnknownRollback,
    /// To type the full name of the target.
    Target(String),
}

impl Question {
    /// Tells whether `answer` answers this question.
    pub fn accepts(&self, answer: &Answer) -> bool {
        match (self, answer) {
            (Self::Target(_), Answer::Target(_)) | (_, Answer::Halt) => true,
            (Self::Act, Answer::Done | Answer::Failed) | (Self::Decide, Answer::Done) => true,
            (
                Self::Unknown | Self::Failed | Self::UnknownRollback,
                Answer::Done | Answer::Again,
            ) => true,
            (_, Answer::Done | Answer::Failed | Answer::Again | Answer::Target(_)) => false,
        }
    }
}

/// What a person answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Answer {
    /// It is done; go on.
    Done,
    /// It was tried and failed.
    Failed,
    /// Run it again.
    Again,
    /// Stop the run here.
    Halt,
    /// The name of the target, as typed.
    Target(String),
}

/// How soon a run stops.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stop {
    /// When the running step has ended.
    AfterStep,
    /// At once; the running step is ended.
    Now,
}

/// One record of the log, as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// Its number, from 1, without gaps.
    pub seq: u64,
    /// When, as stored (RFC 3339).
    pub at: String,
    /// The run it belongs to.
    pub run: Option<Id>,
    /// The step it belongs to.
    pub step: Option<Id>,
    /// Name of the event.
    pub name: String,
    /// Details as JSON, byte for byte as they were hashed.
    pub detail: String,
    /// Digest over all of this and the record before.
    pub hash: Digest,
}

impl Record {
    /// Returns the digest of a record that follows `previous`.
    pub fn digest(&self, previous: Digest) -> Digest {
        let (run, step) = (self.run.as_ref(), self.step.as_ref());
        let run = run.map_or("", Id::as_str);
        let step = step.map_or("", Id::as_str);
        Self::link(self.seq, [&self.at, run, step, &self.name, &self.detail], previous)
    }

    /// Returns the digest over a record's number, its `at`, `run`, `step`, `event` and `detail` as stored, and the
    /// digest of the record before.
    pub fn link(seq: u64, fields: [&str; 5], previous: Digest) -> Digest {
        let (seq, previous) = (seq.to_string(), previous.to_string());
        let head = ["blackstart/event/v1", &seq];
        let all = head.into_iter().chain(fields).chain([previous.as_str()]);
        Digest::of_fields(all.map(str::as_bytes))
    }

    /// Returns the event, or `None` for one this version does not know.
    pub fn event(&self) -> Option<Event> {
        let detail: serde_json::Value = serde_json::from_str(&self.detail).ok()?;
        serde_json::from_value(serde_json::json!({"event": self.name, "detail": detail})).ok()
    }

    /// Returns when it was recorded.
    pub fn at(&self) -> Option<Timestamp> {
        self.at.parse().ok()
    }

    /// Returns the record as one line of `blackstart/event/v1`.
    pub fn json(&self) -> String {
        let text = |value: &str| serde_json::Value::from(value).to_string();
        let id = |id: &Option<Id>| id.as_ref().map_or("null".to_owned(), |id| text(id.as_str()));
        format!(
            r#"{{"schema":"blackstart/event/v1","seq":{},"at":{},"run":{},"step":{},"event":{},"detail":{},"hash":"{}"}}"#,
            self.seq,
            text(&self.at),
            id(&self.run),
            id(&self.step),
            text(&self.name),
            self.detail,
            self.hash
        )
    }
}

impl Event {
    /// Returns the stored form: the name, and the details as JSON.
    pub fn stored(&self) -> (String, String) {
        let value =
            serde_json::to_value(self).expect("an event holds only text, numbers and lists");
        let name = value.get("event").and_then(|name| name.as_str()).unwrap_or_default();
        let detail = value.get("detail").map_or("{}".to_owned(), ToString::to_string);
        (name.to_owned(), detail)
    }
}
