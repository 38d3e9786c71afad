//! What the session asks of the outside, as data.

use std::path::PathBuf;
use std::sync::Arc;

use super::dialogue::Ask;
use super::files::Rewritten;
use crate::base::{Digest, Id};
use crate::evidence::{Answer, Stop, Waived};
use crate::incident::Incident;
use crate::inventory::Inventory;
use crate::plan::Plan;

/// A plan with the inventory it rests on, as it is handed to the outside.
#[derive(Debug, Clone)]
pub struct Subject {
    /// The plan.
    pub plan: Arc<Plan>,
    /// Its inventory, where it has one.
    pub inventory: Option<Arc<Inventory>>,
    /// `plan.fingerprint` over the facts of the inventory.
    pub fingerprint: Digest,
}

/// Something to do outside.
#[derive(Debug, Clone)]
pub enum Effect {
    /// Tell who and where we are.
    Introduce,
    /// Read the lists of the first screen.
    LoadShelf,
    /// Read the runbooks.
    LoadKnowledge,
    /// Read which models are configured.
    LoadModels,
    /// Make the request of a question, and tell it instead of sending it.
    PreviewRequest(Box<Ask>),
    /// Ask a model, and tell how far it comes.
    AskModel(Box<Ask>),
    /// End the question of this number at once.
    CancelModel(u64),
    /// Read a file.
    ReadFile(PathBuf),
    /// Read a kept incident.
    LoadIncident(Id),
    /// Read a kept plan.
    LoadPlan(Digest),
    /// Read a kept inventory; the newest where no digest is given.
    LoadInventory(Option<Digest>),
    /// Keep an incident.
    SaveIncident(Box<Incident>),
    /// Keep an inventory under a name, as text.
    KeepInventory {
        /// Its name.
        name: String,
        /// Its text.
        text: String,
    },
    /// Keep a plan.
    KeepPlan(Arc<Plan>),
    /// Check the plan with what is known of this machine, and keep the result.
    Check(Subject),
    /// Read evidence and approvals.
    Recall(Subject),
    /// Run the plan where it can do no harm.
    DryRun(Subject),
    /// Store an approval.
    Approve {
        /// The plan.
        subject: Subject,
        /// Who approves.
        by: String,
        /// What is accepted although unproven.
        waivers: Vec<(Waived, String)>,
    },
    /// Start an approved plan, for real.
    StartRun {
        /// The plan.
        subject: Subject,
        /// The targets whose full names were typed.
        confirmed: Vec<String>,
        /// Who starts it.
        by: String,
    },
    /// Take an interrupted run up again.
    ResumeRun(Id),
    /// Tell the plan of a run, then its journal from the first record, then what it adds.
    FollowRun(Id),
    /// Stop following runs.
    Unfollow,
    /// Answer the question of a step.
    Answer {
        /// The run.
        run: Id,
        /// The step.
        step: Id,
        /// The answer.
        answer: Answer,
        /// Who answers.
        by: String,
    },
    /// Ask a run to stop.
    Stop {
        /// The run.
        run: Id,
        /// How soon.
        when: Stop,
        /// Who asks.
        by: String,
    },
    /// Make the report of a run.
    Report(Id),
    /// Write the report of a run to a file.
    WriteReport {
        /// The run.
        run: Id,
        /// Where to.
        path: PathBuf,
        /// What.
        text: String,
    },
    /// Check files and directories, tell what came of each, then look again at those that change.
    ReviewFiles(Vec<PathBuf>),
    /// Stop looking at files.
    LeaveFiles,
    /// Write a file that was fixed, where it still says what it said.
    Rewrite(Rewritten),
    /// Open the text of a step in the person's editor.
    EditStep {
        /// The step.
        step: Id,
        /// Its text as YAML.
        text: String,
    },
}
