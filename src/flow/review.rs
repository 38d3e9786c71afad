//! Review: steps are read, edited, fixed, dry-run; every change voids what was proven about the plan before it.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::effect::{Effect, Subject};
use super::state::{DryRunView, Review, Stage, State};
use super::step_text;
use super::verbs;
use crate::base::{Digest, Id};
use crate::evidence::{Approval, Checked, DryRun, Finding, PlanEvidence};
use crate::inventory::Inventory;
use crate::plan::{Plan, order};

/// Opens a plan for review.
pub fn open(state: &mut State, plan: Arc<Plan>) -> Vec<Effect> {
    state.stage = Stage::Review;
    let same = state.review.as_ref().is_some_and(|review| {
        let first = review.undo.first().unwrap_or(&review.subject.plan);
        **first == *plan || *review.subject.plan == *plan
    });
    if same {
        return vec![];
    }
    let review = Review {
        subject: subject(&plan, state.inventory.as_ref()),
        order: order(&plan).or_as_written(&plan),
        read: BTreeSet::new(),
        checked: None,
        found: vec![],
        dry_run: DryRunView::None,
        recorded: PlanEvidence::default(),
        approvals: vec![],
        undo: vec![],
        redo: vec![],
    };
    let asked = ask(&review.subject);
    state.review = Some(review);
    state.run = None;
    asked
}

/// Puts the plan under review onto the inventory as it is.
pub fn rebase(state: &mut State) -> Vec<Effect> {
    let plan = state.review.as_ref().map(|review| Arc::clone(&review.subject.plan));
    plan.map_or(vec![], |plan| replace(state, plan))
}

/// Returns a plan over its inventory: the one it was drafted from. A plan that names none rests on none, as in every
/// command on a plan.
fn subject(plan: &Arc<Plan>, inventory: Option<&Arc<Inventory>>) -> Subject {
    let named = |inventory: &&Arc<Inventory>| {
        plan.inventory.as_ref() == Some(&inventory.digest().to_string())
    };
    let inventory = inventory.filter(named);
    Subject {
        plan: Arc::clone(plan),
        inventory: inventory.cloned(),
        fingerprint: plan.fingerprint(inventory.map(AsRef::as_ref)),
    }
}

fn ask(subject: &Subject) -> Vec<Effect> {
    vec![Effect::Check(subject.clone()), Effect::Recall(subject.clone())]
}

/// Puts another plan in the place of the one under review. What was proven about the old one does not carry over.
fn replace(state: &mut State, plan: Arc<Plan>) -> Vec<Effect> {
    let inventory = state.inventory.clone();
    let Some(review) = &mut state.review else {
        return vec![];
    };
    let changed = |id: &Id| review.subject.plan.step(id.as_str()) != plan.step(id.as_str());
    let unread: Vec<Id> = review.read.iter().filter(|id| changed(id)).cloned().collect();
    unread.iter().for_each(|id| {
        review.read.remove(id);
    });
    review.subject = subject(&plan, inventory.as_ref());
    review.order = order(&plan).or_as_written(&plan);
    review.checked = None;
    review.found = vec![];
    review.dry_run = DryRunView::None;
    review.recorded = PlanEvidence::default();
    review.approvals = vec![];
    state.approving.reasons.clear();
    state.approving.refusals.clear();
    state.run = None;
    let mut effects = vec![Effect::KeepPlan(plan)];
    effects.extend(ask(&review.subject));
    effects
}

/// Puts a changed plan in the place of the one under review; the change can be taken back.
pub fn change(state: &mut State, plan: Plan) -> Vec<Effect> {
    if let Some(review) = &mut state.review {
        review.undo.push(Arc::clone(&review.subject.plan));
        review.redo.clear();
    }
    replace(state, Arc::new(plan))
}

pub fn mark(state: &mut State, step: Id) -> Vec<Effect> {
    if let Some(review) = &mut state.review
        && !review.read.remove(&step)
    {
        review.read.insert(step);
    }
    vec![]
}

pub fn edit(state: &mut State, step: Id) -> Vec<Effect> {
    let found = state.review.as_ref().and_then(|review| review.plan().step(step.as_str()));
    match found {
        Some(found) => {
            let text = step_text::write(found);
            vec![Effect::EditStep { step, text }]
        }
        None => state.refuse(format!("there is no step {step}")),
    }
}

pub fn edited(state: &mut State, step: Id, text: Option<String>) -> Vec<Effect> {
    let Some(text) = text else {
        state.done("nothing was changed");
        return vec![];
    };
    let Some(review) = &state.review else {
        return vec![];
    };
    match step_text::replaced(review.plan(), &step, &text) {
        Ok(plan) if plan == *review.plan() => {
            state.done("nothing was changed");
            vec![]
        }
        Ok(plan) => {
            let effects = change(state, plan);
            state.done(format!(
                "step {step} changed: its dry run and approvals are void (u takes it back)"
            ));
            effects
        }
        Err(why) => state.refuse(format!("step {step} was not changed: {why}")),
    }
}

pub fn apply_fix(state: &mut State, at: usize) -> Vec<Effect> {
    let Some(review) = &state.review else {
        return vec![];
    };
    let Some(found) = review.found.get(at) else {
        return vec![];
    };
    let Some(fixed) = &found.fixed else {
        let why = format!("{} has no fix that is safe to apply by itself", found.finding.rule);
        return state.refuse(why);
    };
    let rule = found.finding.rule;
    let mut plan = review.plan().clone();
    let Some(step) = plan.steps.iter_mut().find(|step| step.id == fixed.id) else {
        return vec![];
    };
    *step = (**fixed).clone();
    let effects = change(state, plan);
    state.done(format!("fix for {rule} applied: dry run and approvals are void (u takes it back)"));
    effects
}

pub fn undo(state: &mut State) -> Vec<Effect> {
    let Some(review) = &mut state.review else {
        return vec![];
    };
    let Some(plan) = review.undo.pop() else {
        return state.refuse("there is no change to take back");
    };
    review.redo.push(Arc::clone(&review.subject.plan));
    let effects = replace(state, plan);
    state.done("the last change was taken back (U makes it again)");
    effects
}

pub fn redo(state: &mut State) -> Vec<Effect> {
    let Some(review) = &mut state.review else {
        return vec![];
    };
    let Some(plan) = review.redo.pop() else {
        return state.refuse("there is no change to make again");
    };
    review.undo.push(Arc::clone(&review.subject.plan));
    let effects = replace(state, plan);
    state.done("the change was made again");
    effects
}

pub fn dry_run(state: &mut State) -> Vec<Effect> {
    let Some(review) = &mut state.review else {
        return vec![];
    };
    if let DryRunView::Under { .. } = review.dry_run {
        return state.refuse("the dry run is under way");
    }
    review.dry_run = DryRunView::Under { step: None, done: 0 };
    vec![Effect::DryRun(review.subject.clone())]
}

/// Returns the review, if it is about this plan; news about another plan are stale.
fn about(state: &mut State, fingerprint: Digest) -> Option<&mut Review> {
    state.review.as_mut().filter(|review| review.subject.fingerprint == fingerprint)
}

pub fn checked(
    state: &mut State,
    fingerprint: Digest,
    checked: Checked,
    findings: Vec<Finding>,
) -> Vec<Effect> {
    if let Some(review) = about(state, fingerprint) {
        review.found = verbs::with_fixes(&review.subject.plan, findings);
        review.recorded.checked = Some(checked.clone());
        review.checked = Some(checked);
        super::approve::refresh(state);
    }
    vec![]
}

pub fn recalled(
    state: &mut State,
    fingerprint: Digest,
    evidence: PlanEvidence,
    approvals: Vec<Approval>,
) -> Vec<Effect> {
    if let Some(review) = about(state, fingerprint) {
        review.approvals = approvals;
        if let (DryRunView::None, Some(dry_run)) = (&review.dry_run, &evidence.dry_run) {
            review.dry_run = DryRunView::Done(Box::new(dry_run.clone()));
        }
        review.recorded = evidence;
        super::approve::refresh(state);
    }
    vec![]
}

pub fn dry_run_at(state: &mut State, fingerprint: Digest, step: Id, done: usize) -> Vec<Effect> {
    if let Some(review) = about(state, fingerprint) {
        review.dry_run = DryRunView::Under { step: Some(step), done };
    }
    vec![]
}

pub fn dry_run_ended(
    state: &mut State,
    fingerprint: Digest,
    result: Result<DryRun, String>,
) -> Vec<Effect> {
    let Some(review) = about(state, fingerprint) else {
        return vec![];
    };
    let again = Effect::Recall(review.subject.clone());
    match result {
        Ok(dry_run) => {
            review.dry_run = DryRunView::Done(Box::new(dry_run));
            super::approve::refresh(state);
            vec![again]
        }
        Err(why) => {
            review.dry_run = DryRunView::Failed(why.clone());
            state.refuse(format!("no dry run: {why}"))
        }
    }
}
