//! Where a session stands: everything a screen shows.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use super::dialogue::Dialogue;
use super::effect::Subject;
use super::files::Files;
use crate::approve::{self, Gap, Permit, Refusal};
use crate::base::{Digest, Id, Risk, Timestamp};
use crate::draft::Library;
use crate::estimate::Estimate;
use crate::evidence::{
    Approval, Checked, DryRun, Finding, Level, PlanEvidence, Record, RunRecord, RunState, Waived,
};
use crate::incident::Incident;
use crate::inventory::Inventory;
use crate::plan::{Plan, Step};

/// The stages a person goes through, one screen each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Stage {
    /// What there is to go on with.
    #[default]
    Home,
    /// Writing an incident.
    Intake,
    /// The drafted plan with its numbers.
    Draft,
    /// Reading steps with findings and effects.
    Review,
    /// Saying that it may run.
    Approve,
    /// Running.
    Run,
    /// What happened.
    Report,
    /// Files with what was found in them.
    Files,
}

/// Everything a screen shows.
#[derive(Debug, Clone, Default)]
pub struct State {
    /// The last tick of the clock.
    pub now: Timestamp,
    /// The stage.
    pub stage: Stage,
    /// The step that the demo adds to its draft when it is reviewed.
    pub planted: Option<Box<Step>>,
    /// Whether the demo is shown, with a line of guidance at each stage.
    pub demo: bool,
    /// Who and where we are.
    pub machine: Machine,
    /// The lists of the first screen; none until they are read.
    pub shelf: Option<Shelf>,
    /// The runbooks; none until they are read.
    pub knowledge: Option<Knowledge>,
    /// What there is.
    pub inventory: Option<Arc<Inventory>>,
    /// What happened.
    pub incident: Option<Incident>,
    /// The incident as it is being written; none until writing starts.
    pub intake: Option<Intake>,
    /// The draft.
    pub drafted: Option<Drafted>,
    /// Models, and what one of them drafted.
    pub dialogue: Dialogue,
    /// The plan under review.
    pub review: Option<Review>,
    /// The approval as it is being given.
    pub approving: Approving,
    /// The run on the screen.
    pub run: Option<Running>,
    /// The files under review.
    pub files: Option<Files>,
    /// The report on the screen, not escaped.
    pub report: Option<String>,
    /// What the last event brought, for the context line.
    pub notice: Option<Notice>,
}

/// Who and where we are.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Machine {
    /// Name of this machine.
    pub hostname: String,
    /// The account.
    pub user: String,
    /// The name a person signs with where they give no other.
    pub operator: String,
    /// What a dry run can prove here.
    pub level: Option<Level>,
    /// Why it is not more.
    pub level_reason: Option<String>,
}

/// A line for the person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Notice {
    /// Something worked.
    Done(String),
    /// Something did not.
    Failed(String),
}

/// The lists of the first screen, newest first.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Shelf {
    /// Kept incidents.
    pub incidents: Vec<IncidentRow>,
    /// Kept plans.
    pub plans: Vec<PlanRow>,
    /// Runs.
    pub runs: Vec<RunRow>,
    /// Kept inventories.
    pub inventories: Vec<InventoryRow>,
}

/// A kept incident.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IncidentRow {
    /// Its name.
    pub id: Id,
    /// Its title.
    pub title: String,
    /// When it was kept.
    pub at: Timestamp,
}

/// A kept plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlanRow {
    /// Digest of its text.
    pub digest: Digest,
    /// Its name.
    pub id: Id,
    /// Its title.
    pub title: String,
    /// When it was kept.
    pub at: Timestamp,
}

/// A run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunRow {
    /// Its name.
    pub id: Id,
    /// The plan.
    pub plan: Id,
    /// How it stands.
    pub state: RunState,
    /// When it was set up.
    pub at: Timestamp,
}

/// A kept inventory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InventoryRow {
    /// Digest of its text.
    pub digest: Digest,
    /// Its name.
    pub name: String,
    /// When it was kept.
    pub at: Timestamp,
}

/// What is known before anything happens: the runbooks.
#[derive(Debug, Clone)]
pub struct Knowledge(pub Arc<Library>);

/// The fields of an incident, in the order of the form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Field {
    /// What is broken.
    Title,
    /// The file that says what there is.
    Inventory,
    /// The assets that are hit.
    Affected,
    /// When the damage was done.
    Damage,
    /// When it was noticed.
    Detected,
    /// What kind of disaster.
    Scenario,
    /// Sites, hosts and repositories that are gone.
    Lost,
    /// Copies known or suspected bad.
    Unusable,
    /// Free text and pasted logs.
    Description,
}

impl Field {
    /// Every field, in order.
    pub const ALL: [Self; 9] = [
        Self::Title,
        Self::Inventory,
        Self::Affected,
        Self::Damage,
        Self::Detected,
        Self::Scenario,
        Self::Lost,
        Self::Unusable,
        Self::Description,
    ];
}

/// An incident as it is being written.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Intake {
    /// What stands in each field; a missing one is empty.
    pub texts: BTreeMap<Field, String>,
    /// What is wrong with it.
    pub problems: Vec<(Field, String)>,
}

impl Intake {
    /// Returns what stands in a field.
    pub fn text(&self, field: Field) -> &str {
        self.texts.get(&field).map_or("", String::as_str)
    }

    /// Returns what is wrong with a field.
    pub fn problem(&self, field: Field) -> Option<&str> {
        let found = self.problems.iter().find(|(at, _)| *at == field);
        found.map(|(_, problem)| problem.as_str())
    }
}

/// A draft with what was computed about it.
#[derive(Debug, Clone)]
pub struct Drafted {
    /// The plan.
    pub plan: Arc<Plan>,
    /// When it was made; names in its commands hold this instant.
    pub at: Timestamp,
    /// The runbooks that fit, best first.
    pub ranking: Vec<Ranked>,
    /// Which of them the plan is made from.
    pub chosen: usize,
    /// Recovery point, loss, duration.
    pub estimate: Estimate,
    /// What the drafter could not do.
    pub notes: Vec<String>,
}

/// A runbook that fits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ranked {
    /// Where it stands, like `files/tar_full_restore`.
    pub name: String,
    /// Why it fits.
    pub why: String,
}

/// A finding with what its fix would make of the step.
#[derive(Debug, Clone, PartialEq)]
pub struct Found {
    /// The finding.
    pub finding: Finding,
    /// The step behind the safe fix, where there is one.
    pub fixed: Option<Box<Step>>,
}

/// A plan under review.
#[derive(Debug, Clone)]
pub struct Review {
    /// The plan, its inventory, its fingerprint.
    pub subject: Subject,
    /// Indices into `plan.steps`, in the order of the run.
    pub order: Vec<usize>,
    /// Steps that were marked as read; an edit takes the mark away.
    pub read: BTreeSet<Id>,
    /// What the static check says; none until it ran.
    pub checked: Option<Checked>,
    /// What it found, with fixes.
    pub found: Vec<Found>,
    /// The dry run.
    pub dry_run: DryRunView,
    /// What the store holds about exactly this plan; approvals are bound to it.
    pub recorded: PlanEvidence,
    /// Approvals of exactly this plan; whether they count is for [`Review::permit`] to say.
    pub approvals: Vec<Approval>,
    /// The plans before each change, oldest first.
    pub undo: Vec<Arc<Plan>>,
    /// The plans that were taken back.
    pub redo: Vec<Arc<Plan>>,
}

/// Where the dry run of a plan stands.
#[derive(Debug, Clone, Default)]
pub enum DryRunView {
    /// There is none for this plan as it is.
    #[default]
    None,
    /// It runs.
    Under {
        /// The step it is at.
        step: Option<Id>,
        /// Finished steps.
        done: usize,
    },
    /// It ended.
    Done(Box<DryRun>),
    /// There could be none.
    Failed(String),
}

impl Review {
    /// Returns the plan.
    pub fn plan(&self) -> &Plan {
        &self.subject.plan
    }

    /// Returns the steps in the order of the run.
    pub fn steps(&self) -> impl Iterator<Item = &Step> {
        self.order.iter().filter_map(|at| self.subject.plan.steps.get(*at))
    }

    /// Returns the risk of a step: what it claims or what the check computed, whichever is worse.
    pub fn risk(&self, step: &Step) -> Risk {
        approve::risk(step, &PlanEvidence { checked: self.checked.clone(), dry_run: None })
    }

    /// Returns the finished dry run.
    pub fn proof(&self) -> Option<&DryRun> {
        match &self.dry_run {
            DryRunView::Done(dry_run) => Some(dry_run),
            DryRunView::None | DryRunView::Under { .. } | DryRunView::Failed(_) => None,
        }
    }

    /// Returns whether the plan may run as it is, or everything that stands against it.
    pub fn permit(&self, now: Timestamp, operator: &str) -> Result<Permit, Vec<Refusal>> {
        approve::permit(
            self.plan(),
            self.subject.fingerprint,
            &self.recorded,
            &self.approvals,
            now,
            operator,
        )
    }

    /// Returns what is known about exactly this plan, as far as it is on the screen.
    pub fn evidence(&self) -> PlanEvidence {
        PlanEvidence { checked: self.checked.clone(), dry_run: self.proof().cloned() }
    }

    /// Returns the findings of a step with their places in `found`.
    pub fn found_in<'a>(&'a self, step: &'a str) -> impl Iterator<Item = (usize, &'a Found)> {
        self.found.iter().enumerate().filter(move |(_, found)| {
            found.finding.step.as_ref().is_some_and(|id| id.as_str() == step)
        })
    }
}

/// The approval as it is being given.
#[derive(Debug, Clone, Default)]
pub struct Approving {
    /// What is unproven or objectionable, as computed.
    pub gaps: Vec<Gap>,
    /// The reasons given so far.
    pub reasons: BTreeMap<Waived, String>,
    /// Who approves.
    pub by: String,
    /// Why the last try was refused.
    pub refusals: Vec<String>,
}

impl Approving {
    /// Returns the gaps that still stand against an approval: those nobody may waive, and those without a reason.
    /// A missing second approver does not stand against the first.
    pub fn open(&self) -> impl Iterator<Item = &Gap> {
        self.gaps.iter().filter(|gap| match &gap.waiver {
            None => true,
            Some(Waived::SecondApprover) => false,
            Some(what) => !self.reasons.contains_key(what),
        })
    }
}

/// Something that can lose data if it is not the one meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// The full name, to be typed.
    pub name: String,
    /// The steps that act on it.
    pub steps: Vec<Id>,
    /// Whether it was typed.
    pub typed: bool,
}

/// A run on the screen: about to start, running, or over.
#[derive(Debug, Clone)]
pub struct Running {
    /// Its name; none before it starts.
    pub id: Option<Id>,
    /// The plan.
    pub plan: Arc<Plan>,
    /// Indices into `plan.steps`, in the order of the run.
    pub order: Vec<usize>,
    /// Who started it.
    pub by: String,
    /// The targets to type before it starts.
    pub targets: Vec<Target>,
    /// Whether the start was asked for and not answered.
    pub starting: bool,
    /// What the journal says.
    pub record: RunRecord,
    /// The records themselves, for the timeline.
    pub journal: Vec<Record>,
    /// How it stands.
    pub state: RunState,
    /// Whether a runner lives.
    pub alive: bool,
    /// What each step printed: its last lines, not escaped.
    pub output: BTreeMap<Id, VecDeque<String>>,
}

impl Running {
    /// Returns the steps in the order of the run.
    pub fn steps(&self) -> impl Iterator<Item = &Step> {
        self.order.iter().filter_map(|at| self.plan.steps.get(*at))
    }

    /// Returns the first target whose name was not typed.
    pub fn untyped(&self) -> Option<&Target> {
        self.targets.iter().find(|target| !target.typed)
    }

    /// Tells whether the run has been started and may still change.
    pub fn live(&self) -> bool {
        self.id.is_some() && self.alive && !self.state.is_over()
    }
}

impl State {
    /// Returns when the recovery must be done: detection plus the shortest promise of the affected assets.
    pub fn deadline(&self) -> Option<Timestamp> {
        let incident = self.incident.as_ref()?;
        let inventory = self.inventory.as_ref()?;
        let start = incident.detected_at.or(incident.damage_at)?;
        let promised = incident
            .affected
            .iter()
            .filter_map(|id| inventory.asset(id.as_str())?.targets?.rto)
            .min()?;
        let seconds = i64::try_from(promised.0).ok()?;
        start.checked_add(jiff::SignedDuration::from_secs(seconds)).ok()
    }
}
