//! What the session hears: what a person does, and what the outside answers.

use std::path::PathBuf;
use std::sync::Arc;

use super::dialogue::{Failure, ModelAnswer, ModelRow, Outgoing, Progress, Side};
use super::files::{FileSeen, Rewritten};
use super::state::{Field, Knowledge, Machine, Shelf, Stage};
use crate::base::{Digest, Id, Timestamp};
use crate::evidence::{
    Answer, Approval, Checked, DryRun, Finding, PlanEvidence, Record, Stop, Waived,
};
use crate::incident::Incident;
use crate::inventory::Inventory;
use crate::plan::{Plan, Step};

/// Something the session is told.
#[derive(Debug, Clone)]
pub enum Event {
    /// The clock moved.
    Tick(Timestamp),
    /// A person did something.
    Person(Act),
    /// The outside answers an effect.
    Outside(News),
}

/// What a person does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Act {
    /// Goes to where they came from.
    Back,
    /// Goes to the first screen.
    Home,
    /// Reads the lists of the first screen again.
    Refresh,
    /// Starts to write an incident.
    NewIncident,
    /// Opens a file: an incident, an inventory or a plan.
    OpenFile(PathBuf),
    /// Opens a kept incident.
    OpenIncident(Id),
    /// Opens a kept plan, by the digest of its text.
    OpenPlan(Digest),
    /// Opens a run.
    OpenRun(Id),
    /// Changed the text of a field of the incident.
    Write(Field, String),
    /// Left a field of the incident.
    Leave(Field),
    /// Asks for a draft from the incident as written.
    Draft,
    /// Asks for a draft from the runbook at this place of the ranking.
    DraftFrom(usize),
    /// Chooses the model that is asked next, by its name.
    UseModel(String),
    /// Wants to see what would be sent to the model.
    PreviewRequest,
    /// Asks the model; what is being looked at is sent.
    AskModel,
    /// Ends the question to the model.
    CancelModel,
    /// Chooses which draft goes to the review.
    ChooseDraft(Side),
    /// Asks the model to change the plan under review, and says what should be different.
    Revise(String),
    /// Looks at a revision again that was left for the review.
    LookAgain,
    /// Goes on to the review of the chosen draft.
    Review,
    /// Marks a step as read, or takes the mark away.
    MarkRead(Id),
    /// Wants to edit a step in an editor.
    Edit(Id),
    /// Applies the fix of a finding, by its place in the list.
    ApplyFix(usize),
    /// Takes the last change of the plan back.
    Undo,
    /// Makes the change again that was taken back.
    Redo,
    /// Asks for a dry run.
    DryRun,
    /// Goes to the approval.
    ToApproval,
    /// Names who approves.
    Approver(String),
    /// Gives the reason for something unproven; an empty reason takes it back.
    Waive(Waived, String),
    /// Approves.
    Approve,
    /// Goes to the run.
    ToRun,
    /// Typed the name of a target.
    TypeTarget(String),
    /// Starts the run.
    Start,
    /// Answers the question of a step.
    Answer(Id, Answer),
    /// Stops the run.
    Stop(Stop),
    /// Takes an interrupted run up again.
    Resume,
    /// Goes to the report.
    ToReport,
    /// Writes the report to a file.
    WriteReport(PathBuf),
    /// Reviews files and directories.
    ReviewFiles(Vec<PathBuf>),
    /// Reviews them all again.
    ReviewAgain,
    /// Applies the safe fix of the finding at this place of a file.
    FixFile(PathBuf, usize),
    /// Takes the last fix of a file back.
    UndoFix,
}

/// What the outside answers.
#[derive(Debug, Clone)]
pub enum News {
    /// Who and where we are.
    Machine(Machine),
    /// The lists of the first screen.
    Shelf(Shelf),
    /// The runbooks.
    Knowledge(Knowledge),
    /// The models that are configured, or why that cannot be read.
    Models(Result<Vec<ModelRow>, String>),
    /// What would be sent for a question.
    Preview {
        /// The question.
        number: u64,
        /// The request, or why there is none.
        result: Result<Outgoing, String>,
    },
    /// A question has come further.
    Drafting {
        /// The question.
        number: u64,
        /// How far.
        progress: Progress,
    },
    /// A question has ended.
    ModelEnded {
        /// The question.
        number: u64,
        /// The draft that came of it, or why there is none.
        result: Result<Box<ModelAnswer>, Failure>,
    },
    /// A file was read; its kind stands in its `schema` line.
    Text {
        /// Where from; empty for a document from the store.
        path: PathBuf,
        /// The text.
        text: String,
    },
    /// A kept inventory was read.
    Inventory(Arc<Inventory>),
    /// The demo is ready: its documents.
    Demo {
        /// Text of the inventory.
        inventory: String,
        /// Text of the incident.
        incident: String,
        /// A step as a tired colleague might add it behind the first one of the draft.
        planted: Option<Box<Step>>,
    },
    /// The static check spoke, with what is known of this machine; the result is kept as evidence.
    Checked {
        /// Of this plan.
        fingerprint: Digest,
        /// What it says.
        checked: Checked,
        /// Everything that was found, in full.
        findings: Vec<Finding>,
    },
    /// What the store knows about a plan.
    Recalled {
        /// Of this plan.
        fingerprint: Digest,
        /// What is known.
        evidence: PlanEvidence,
        /// Who approved it.
        approvals: Vec<Approval>,
    },
    /// A dry run reached a step.
    DryRunAt {
        /// Of this plan.
        fingerprint: Digest,
        /// The step.
        step: Id,
        /// Finished steps.
        done: usize,
    },
    /// A dry run ended.
    DryRunEnded {
        /// Of this plan.
        fingerprint: Digest,
        /// What it showed, or why there is none.
        result: Result<DryRun, String>,
    },
    /// The approval was stored, or refused with reasons.
    Approved {
        /// Of this plan.
        fingerprint: Digest,
        /// The approval, or why not.
        result: Result<Approval, Vec<String>>,
    },
    /// A run started, or did not.
    RunStarted(Result<Id, String>),
    /// The plan of a run that was opened.
    RunPlan {
        /// The run.
        run: Id,
        /// Its plan.
        plan: Box<Plan>,
        /// The incident it answers, where that is kept.
        incident: Option<Box<Incident>>,
        /// Who approved and started it.
        by: String,
    },
    /// The journal of a run grew.
    Journal {
        /// The run.
        run: Id,
        /// The new records.
        records: Vec<Record>,
    },
    /// A step printed something.
    Output {
        /// The run.
        run: Id,
        /// The step.
        step: Id,
        /// The text, not escaped.
        text: String,
    },
    /// Whether a runner has the run.
    RunState {
        /// The run.
        run: Id,
        /// Whether a runner lives.
        alive: bool,
    },
    /// The report of a run.
    Report {
        /// The run.
        run: Id,
        /// As text.
        text: String,
    },
    /// The report was written.
    ReportWritten(PathBuf),
    /// So many files are to be looked at.
    FilesFound(usize),
    /// A file under review was looked at, for the first time or because it changed.
    File(FileSeen),
    /// Every file under review was looked at.
    FilesComplete,
    /// A file was written, or was not.
    Rewritten {
        /// The change.
        rewritten: Rewritten,
        /// Why it was not made.
        result: Result<(), String>,
    },
    /// The editor ended: the text of the step, or nothing where it was not changed.
    Edited {
        /// The step.
        step: Id,
        /// What was saved.
        text: Option<String>,
    },
    /// An effect failed.
    Failed {
        /// What was tried, like `read inventory.yaml`.
        doing: String,
        /// Why it failed.
        why: String,
    },
}

/// Where `Act::Back` leads.
pub fn behind(stage: Stage, drafted: bool, intake: bool) -> Stage {
    match stage {
        Stage::Home | Stage::Intake | Stage::Files => Stage::Home,
        Stage::Draft if intake => Stage::Intake,
        Stage::Draft => Stage::Home,
        Stage::Review if drafted => Stage::Draft,
        Stage::Review => Stage::Home,
        Stage::Approve => Stage::Review,
        Stage::Run => Stage::Home,
        Stage::Report => Stage::Run,
    }
}
