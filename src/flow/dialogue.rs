//! What passes between the session and a model: the models there are, the question under way, the draft that came of it.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use super::state::{Review, State};
use crate::base::{Digest, Id, Timestamp};
use crate::draft::Library;
use crate::draft::dialogue::{FailedStep, Instead, ModelDraft, Rejected, ShownStep, failed_steps};
use crate::evidence::Finding;
use crate::incident::Incident;
use crate::inventory::Inventory;
use crate::plan::{Plan, Step};

/// Everything about models that a screen shows.
#[derive(Debug, Clone, Default)]
pub struct Dialogue {
    /// The models there are; none until the configuration was read.
    pub models: Option<Vec<ModelRow>>,
    /// Why the configuration of models could not be read, where it could not.
    pub problem: Option<String>,
    /// Which of them is asked.
    pub chosen: usize,
    /// Which draft goes to the review. Only a person changes it.
    pub side: Side,
    /// A request that is looked at before it is sent.
    pub preview: Option<Preview>,
    /// The question under way.
    pub asking: Option<Asking>,
    /// The last draft that came of a question; a new question does not take it away.
    pub stands: Option<Stands>,
    /// The last question, where no draft came of it.
    pub failed: Option<Failed>,
    /// Whether a revision was left for the review; the draft screen is then about the template draft again.
    pub aside: bool,
    /// What a person saw and sent, by model and facts; what leaves this machine is shown first.
    pub shown: BTreeSet<(String, Digest)>,
    /// Number of the last question.
    pub(super) last: u64,
}

/// A model that is configured, as far as a person sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelRow {
    /// What the operator calls it; unique.
    pub name: String,
    /// What the endpoint calls it, and where that is; nothing secret.
    pub endpoint: String,
    /// Whether what is sent leaves this machine.
    pub reach: Reach,
    /// What the configuration lacks; a model that lacks something cannot be asked.
    pub lacks: Option<String>,
    /// How long an answer may take.
    pub within: Duration,
}

/// Whether what is sent to a model leaves this machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// It stays here.
    Here,
    /// It leaves.
    Away,
}

/// One of the two drafts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Side {
    /// The one made from a runbook, or the plan that is to be revised.
    #[default]
    Template,
    /// The model's.
    Model,
}

/// A question to a model. What is previewed and what is sent are made from the same value.
#[derive(Debug, Clone)]
pub struct Ask {
    /// Its number in this session; what is heard about another one is stale.
    pub number: u64,
    /// The model, by its name.
    pub model: String,
    /// The plan the model starts from.
    pub plan: Arc<Plan>,
    /// The runbook behind the plan, where it comes from one.
    pub runbook: Option<String>,
    /// What is to be different about the plan; none for a first draft.
    pub revision: Option<Revision>,
    /// The runbooks.
    pub library: Arc<Library>,
    /// What there is.
    pub inventory: Arc<Inventory>,
    /// What happened.
    pub incident: Option<Box<Incident>>,
    /// The instant of the template draft; every number of the question is as of this.
    pub at: Timestamp,
    /// How long the answer may take.
    pub within: Duration,
}

/// What is to be different about a plan.
#[derive(Debug, Clone, PartialEq)]
pub struct Revision {
    /// What a person says.
    pub comment: String,
    /// What the check found.
    pub findings: Vec<Finding>,
    /// The steps that failed in the dry run: how they ended, never what they printed.
    pub failed: Vec<FailedStep>,
}

/// A request that is looked at before it is sent.
#[derive(Debug, Clone)]
pub struct Preview {
    /// The question.
    pub ask: Box<Ask>,
    /// The request, or why there is none; nothing while it is being made.
    pub made: Option<Result<Outgoing, String>>,
}

/// Exactly what would leave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outgoing {
    /// Each part with its title, like `system`; texts not escaped.
    pub parts: Vec<(String, String)>,
    /// How many different things were replaced, by the word of their kind, like `HOST`.
    pub replaced: Vec<(String, u64)>,
    /// Size of the whole.
    pub bytes: usize,
    /// Tokens of the whole, estimated.
    pub tokens: u32,
}

/// A question under way.
#[derive(Debug, Clone)]
pub struct Asking {
    /// The question.
    pub ask: Box<Ask>,
    /// When it was sent.
    pub since: Timestamp,
    /// What the model is at.
    pub doing: Doing,
    /// The round of question and answer, from 1; 0 before the first.
    pub round: u32,
    /// The most rounds there can be.
    pub of: u32,
    /// Size of what was sent in this round.
    pub bytes: usize,
    /// How many names and secrets in it were replaced.
    pub replaced: usize,
    /// Steps that are complete. None of them has been checked.
    pub steps: Vec<Streamed>,
    /// Why the model began again, the last time it did.
    pub again: Option<String>,
}

/// What a model is at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Doing {
    /// The request is made and sent.
    Asking,
    /// It is at work and shows nothing; so many bytes of reasoning were seen.
    Thinking(usize),
    /// The endpoint asked to wait so many seconds.
    Waiting(u64),
    /// It answers.
    Answering,
    /// The answer has ended and is checked.
    Judging,
}

/// A step of an answer that has not ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Streamed {
    /// The step, as the model wrote it.
    pub step: ShownStep,
    /// The round it arrived in.
    pub round: u32,
}

/// How far a question has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Progress {
    /// A round begins.
    Asking {
        /// Which, from 1.
        round: u32,
        /// The most there can be.
        of: u32,
        /// Size of what is sent.
        bytes: usize,
        /// How many names and secrets in it were replaced.
        replaced: usize,
    },
    /// The model is at work and shows nothing; so many bytes of reasoning were seen.
    Thinking(usize),
    /// The endpoint asked to wait so many seconds.
    Waiting(u64),
    /// A step is complete.
    Step(ShownStep),
    /// The answer of this round starts again from nothing.
    Again(String),
    /// The answer has ended and is checked.
    Judging,
    /// The answer of this round could not be used.
    Unusable(String),
}

/// A draft that came of a question, with the question.
#[derive(Debug, Clone)]
pub struct Stands {
    /// The question.
    pub ask: Box<Ask>,
    /// The answer.
    pub answer: Box<ModelAnswer>,
}

/// What came of a question after the answer ended and was checked.
#[derive(Debug, Clone)]
pub struct ModelAnswer {
    /// The draft: valid, grounded, with what was rejected replaced.
    pub draft: ModelDraft,
    /// What it took, where the endpoint says so.
    pub usage: Option<Usage>,
    /// What it cost, with its currency, where the prices are configured.
    pub cost: Option<String>,
    /// How long it took.
    pub took: Duration,
    /// Why it ended before it was done, where it did; what was accepted before that stands.
    pub early: Option<String>,
}

/// Tokens that were used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Usage {
    /// Of what was sent.
    pub sent: u64,
    /// Of the answers, reasoning included.
    pub received: u64,
    /// Of what was sent, those that came from the endpoint's cache.
    pub cached: u64,
}

/// A question that ended without a draft.
#[derive(Debug, Clone)]
pub struct Failed {
    /// The question.
    pub ask: Box<Ask>,
    /// How it ended.
    pub failure: Failure,
}

/// How a question ended without a draft.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Failure {
    /// Why.
    pub why: String,
    /// What was rejected, where an answer came.
    pub rejected: Vec<Rejected>,
    /// What it took, where the endpoint says so.
    pub usage: Option<Usage>,
    /// What it cost, with its currency.
    pub cost: Option<String>,
}

/// How a step of a model's draft stands to the plan it started from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    /// The same.
    Kept,
    /// Something about it differs.
    Changed,
    /// The plan it started from has no such step.
    New,
    /// The draft has no such step.
    LeftOut,
    /// Code put it back, because the model left it out or wrote it badly.
    PutBack,
    /// A person does it, because the model wrote it badly and other steps rest on it.
    ByHand,
    /// It has not been checked.
    Unchecked,
    /// It may still come.
    Awaited,
}

/// A step of one plan beside the step of the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pair {
    /// Place in the steps of the plan the model started from.
    pub left: Option<usize>,
    /// Place in the steps of the model's draft.
    pub right: Option<usize>,
    /// How they stand to each other.
    pub mark: Mark,
}

impl Ask {
    /// Returns a digest of what is told that a person or a machine wrote: the incident and the inventory.
    pub fn facts(&self) -> Digest {
        let incident = self.incident.as_deref().map(crate::base::document::write);
        let inventory = self.inventory.digest().to_string();
        Digest::of_fields([incident.unwrap_or_default().as_bytes(), inventory.as_bytes()])
    }
}

impl Dialogue {
    /// Returns the model that is asked next.
    pub fn model(&self) -> Option<&ModelRow> {
        self.models.as_ref()?.get(self.chosen)
    }

    /// Tells whether a model was asked about what is on the draft screen.
    pub fn begun(&self) -> bool {
        self.question().is_some()
    }

    /// Returns the question that the draft screen is about: the one under way, else the last one.
    pub fn question(&self) -> Option<&Ask> {
        let asking = self.asking.as_ref().map(|asking| &*asking.ask);
        let failed = self.failed.as_ref().map(|failed| &*failed.ask);
        let asked = asking.or(failed).or_else(|| self.stands.as_ref().map(|stands| &*stands.ask));
        asked.filter(|ask| !(self.aside && ask.revision.is_some()))
    }

    /// Tells whether a revision was left that can be looked at again.
    pub fn left_a_revision(&self) -> bool {
        let stands = self.stands.as_ref().is_some_and(|stands| stands.ask.revision.is_some());
        self.aside && stands
    }

    /// Returns the draft that can be reviewed: it ended, was checked, and is about what the screen is about.
    pub fn standing(&self) -> Option<&ModelAnswer> {
        self.question()?;
        let stands = self.stands.as_ref().filter(|_| self.asking.is_none())?;
        let about =
            |failed: &Failed| failed.ask.revision.is_some() == stands.ask.revision.is_some();
        self.failed.as_ref().is_none_or(about).then_some(&*stands.answer)
    }

    /// Tells whether the question on the draft screen revises a plan under review.
    pub fn revises(&self) -> bool {
        let asked = self.preview.as_ref().map(|preview| &*preview.ask).or(self.question());
        asked.is_some_and(|ask| ask.revision.is_some())
    }
}

impl State {
    /// Returns the plan beside which a model's draft stands: the template draft, or the plan that is to be revised.
    pub fn started_from(&self) -> Option<&Arc<Plan>> {
        let revised = self.dialogue.question().filter(|ask| ask.revision.is_some());
        let drafted = self.drafted.as_ref().map(|drafted| &drafted.plan);
        revised.map(|ask| &ask.plan).or(drafted)
    }
}

impl Review {
    /// Returns the steps that failed in the dry run, as a model is told of them: nothing they printed.
    pub fn failed_in_dry_run(&self) -> Vec<FailedStep> {
        self.proof().map_or(vec![], failed_steps)
    }
}

/// Sets the steps of an answer that is under way beside those of the plan it started from.
pub fn awaited(plan: &Plan, steps: &[Streamed]) -> Vec<Pair> {
    let of = |step: &Streamed| {
        let place = |id: &str| plan.steps.iter().position(|one| one.id.as_str() == id);
        let (id, based_on) = (&step.step.id, step.step.based_on.as_deref());
        based_on.and_then(place).or_else(|| place(id))
    };
    let origins: Vec<Option<usize>> = steps.iter().map(of).collect();
    aligned(plan.steps.len(), &origins, |_, _| Mark::Unchecked, Mark::Awaited)
}

/// Sets the steps of a model's draft beside those of the plan it started from.
pub fn compared(plan: &Plan, draft: &ModelDraft) -> Vec<Pair> {
    let origin = |step: &Step| plan.steps.iter().position(|one| one.id == step.id);
    let origins: Vec<Option<usize>> = draft.plan.steps.iter().map(origin).collect();
    let mark = |left: Option<usize>, right: usize| {
        let step = &draft.plan.steps[right];
        let mut instead = draft.rejected.iter().map(|one| &one.instead);
        let instead = instead.rfind(|instead| place_of(instead) == Some(&step.id));
        match (instead, left.map(|left| &plan.steps[left])) {
            (Some(Instead::Manual(_)), _) => Mark::ByHand,
            (Some(Instead::Template(_)), _) => Mark::PutBack,
            _ if draft.put_back.contains(&step.id) => Mark::PutBack,
            (_, None) => Mark::New,
            (_, Some(old)) if same(old, step) => Mark::Kept,
            (_, Some(_)) => Mark::Changed,
        }
    };
    aligned(plan.steps.len(), &origins, mark, Mark::LeftOut)
}

/// Returns the step of the draft that stands in the place of a rejected one.
pub fn place_of(instead: &Instead) -> Option<&Id> {
    match instead {
        Instead::Template(id) | Instead::Manual(id) => Some(id),
        Instead::LeftOut => None,
    }
}

/// Tells whether two steps are the same but for where they come from.
fn same(one: &Step, other: &Step) -> bool {
    let bare = |step: &Step| Step { provenance: None, ..step.clone() };
    bare(one) == bare(other)
}

/// Pairs `count` steps with those that say which of them they are made from: in the order of the latter, what has no
/// counterpart behind the step it stood behind.
fn aligned(
    count: usize,
    origins: &[Option<usize>],
    mark: impl Fn(Option<usize>, usize) -> Mark,
    alone: Mark,
) -> Vec<Pair> {
    let mut pairs = vec![];
    let mut used: BTreeSet<usize> = origins.iter().flatten().copied().collect();
    let mut taken = BTreeSet::new();
    for (right, origin) in origins.iter().enumerate() {
        let left = origin.filter(|left| taken.insert(*left));
        if let Some(left) = left {
            let before: Vec<usize> = (0..left).filter(|at| !used.contains(at)).collect();
            for at in before {
                used.insert(at);
                pairs.push(Pair { left: Some(at), right: None, mark: alone });
            }
        }
        pairs.push(Pair { left, right: Some(right), mark: mark(left, right) });
    }
    let rest = (0..count).filter(|at| !used.contains(at));
    pairs.extend(rest.map(|at| Pair { left: Some(at), right: None, mark: alone }));
    pairs
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(count: usize, origins: &[Option<usize>], expected: &[(Option<usize>, Option<usize>)]) {
        let pairs = aligned(count, origins, |_, _| Mark::Kept, Mark::LeftOut);
        let places: Vec<_> = pairs.iter().map(|pair| (pair.left, pair.right)).collect();
        assert_eq!(places, expected);
        assert!(pairs.iter().all(|pair| pair.right.is_some() || pair.mark == Mark::LeftOut));
    }

    #[test]
    fn steps_stand_beside_those_they_are_made_from() {
        let some = |at| (Some(at), Some(at));
        check(2, &[Some(0), Some(1)], &[some(0), some(1)]);
        // A new one between them, one left out, one behind the last.
        check(2, &[Some(0), None, Some(1)], &[some(0), (None, Some(1)), (Some(1), Some(2))]);
        check(3, &[Some(2)], &[(Some(0), None), (Some(1), None), (Some(2), Some(0))]);
        check(3, &[Some(0)], &[some(0), (Some(1), None), (Some(2), None)]);
        // The order of the answer counts; a second one of the same origin has none.
        check(2, &[Some(1), Some(0)], &[(Some(1), Some(0)), (Some(0), Some(1))]);
        check(1, &[Some(0), Some(0)], &[some(0), (None, Some(1))]);
        check(0, &[], &[]);
    }
}
