//! Approve: what is unproven is accepted by name and reason, or nothing is approved.

use super::effect::Effect;
use super::state::{Stage, State};
use super::verbs;
use crate::base::Digest;
use crate::evidence::{Approval, Waived};

pub fn begin(state: &mut State) -> Vec<Effect> {
    if state.review.is_none() {
        return state.refuse("there is no plan to approve");
    }
    state.stage = Stage::Approve;
    refresh(state);
    vec![]
}

/// Computes again what an approval must accept; reasons for what is proven by now are dropped.
pub fn refresh(state: &mut State) {
    let Some(review) = &state.review else {
        return;
    };
    let gaps = verbs::gaps(review.plan(), &review.evidence());
    let approving = &mut state.approving;
    approving.reasons.retain(|what, _| gaps.iter().any(|gap| gap.waiver.as_ref() == Some(what)));
    approving.gaps = gaps;
}

pub fn name(state: &mut State, name: String) -> Vec<Effect> {
    state.approving.by = name;
    vec![]
}

pub fn waive(state: &mut State, what: Waived, reason: String) -> Vec<Effect> {
    let reason = reason.trim();
    if reason.is_empty() {
        state.approving.reasons.remove(&what);
    } else {
        state.approving.reasons.insert(what, reason.to_owned());
    }
    vec![]
}

pub fn approve(state: &mut State) -> Vec<Effect> {
    let by = state.approving.by.trim().to_owned();
    let Some(review) = &state.review else {
        return state.refuse("there is no plan to approve");
    };
    if state.stage != Stage::Approve {
        return state
            .refuse("a plan is approved on its own screen, where what is unproven is shown");
    }
    if review.checked.is_none() {
        return state.refuse("the check is still under way");
    }
    if by.is_empty() {
        return state.refuse("an approval needs a name");
    }
    let stands =
        state.approving.open().find(|gap| gap.waiver.is_none()).map(|gap| gap.message.clone());
    if let Some(gap) = stands {
        return state.refuse(format!("nobody may waive this: {gap}"));
    }
    match state.approving.open().count() {
        0 => {}
        1 => return state.refuse("one unproven thing still needs a reason"),
        count => return state.refuse(format!("{count} unproven things still need a reason")),
    }
    vec![Effect::Approve {
        subject: review.subject.clone(),
        waivers: state.approving.reasons.clone().into_iter().collect(),
        by,
    }]
}

pub fn answered(
    state: &mut State,
    fingerprint: Digest,
    result: Result<Approval, Vec<String>>,
) -> Vec<Effect> {
    let Some(review) = &mut state.review else {
        return vec![];
    };
    if review.subject.fingerprint != fingerprint {
        return vec![];
    }
    match result {
        Ok(approval) => {
            state.approving.refusals.clear();
            let done = format!(
                "approved by {} until {}",
                approval.by,
                crate::base::readable(approval.expires)
            );
            review.approvals.insert(0, approval);
            let again = Effect::Recall(review.subject.clone());
            state.done(done);
            return vec![again];
        }
        Err(refusals) => {
            state.approving.refusals = refusals;
            state.refuse("not approved");
        }
    }
    vec![]
}
