//! Draft: the template drafter makes a plan from the incident, with its numbers.

use std::sync::Arc;

use super::dialogue::Side;
use super::effect::Effect;
use super::state::{Knowledge, Stage, State};
use super::{ask, review, verbs};

pub fn learned(state: &mut State, knowledge: Knowledge) -> Vec<Effect> {
    state.knowledge = Some(knowledge);
    vec![]
}

/// Drafts from the runbook at `choice` of the ranking, from the best where none is given, and shows the draft.
pub fn from(state: &mut State, choice: Option<usize>) -> Vec<Effect> {
    let (Some(incident), Some(inventory)) = (&state.incident, &state.inventory) else {
        return state.refuse("a draft needs an incident and an inventory");
    };
    let Some(Knowledge(library)) = &state.knowledge else {
        return state.refuse("the runbooks are still being read; try again in a moment");
    };
    let kept = Effect::SaveIncident(Box::new(incident.clone()));
    let ranking = state.drafted.as_ref().map(|drafted| &drafted.ranking);
    let runbook = choice.and_then(|at| ranking?.get(at)).map(|ranked| ranked.name.as_str());
    match verbs::draft(library, incident, inventory, runbook, state.now) {
        Ok(drafted) => {
            let plan = Effect::KeepPlan(Arc::clone(&drafted.plan));
            state.drafted = Some(drafted);
            state.stage = Stage::Draft;
            let mut effects = vec![kept, plan];
            effects.extend(ask::forget_other_facts(state));
            effects
        }
        Err(why) => {
            state.refuse(format!("no draft: {why}"));
            vec![kept]
        }
    }
}

pub fn review(state: &mut State) -> Vec<Effect> {
    match state.dialogue.side {
        Side::Model => return ask::review(state),
        Side::Template if state.dialogue.revises() && state.review.is_some() => {
            return ask::leave_revision(state);
        }
        Side::Template => {}
    }
    let Some(drafted) = &state.drafted else {
        return state.refuse("there is no draft to review");
    };
    let mut plan = Arc::clone(&drafted.plan);
    if let Some(planted) = &state.planted {
        let changed = Arc::make_mut(&mut plan);
        changed.steps.insert(1.min(changed.steps.len()), (**planted).clone());
    }
    review::open(state, plan)
}
