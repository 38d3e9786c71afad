//! Asking a model: what is sent is looked at first, what arrives is shown, and the draft that stands is never lost.

use std::sync::Arc;

use super::dialogue::{
    Ask, Asking, Doing, Failed, Failure, ModelAnswer, ModelRow, Outgoing, Preview, Progress, Reach,
    Revision, Side, Stands, Streamed,
};
use super::effect::Effect;
use super::review;
use super::state::{Knowledge, Stage, State};

pub fn models(state: &mut State, read: Result<Vec<ModelRow>, String>) -> Vec<Effect> {
    let (models, problem) = match read {
        Ok(models) => (models, None),
        Err(why) => (vec![], Some(why)),
    };
    state.dialogue.problem = problem;
    let chosen = state.dialogue.model().map(|model| model.name.clone());
    let place = models.iter().position(|model| Some(&model.name) == chosen.as_ref());
    let first = models.iter().position(|model| model.lacks.is_none());
    state.dialogue.chosen = place.or(first).unwrap_or(0);
    state.dialogue.models = Some(models);
    vec![]
}

/// Chooses the model that is asked next.
pub fn use_model(state: &mut State, name: &str) -> Vec<Effect> {
    let models = state.dialogue.models.iter().flatten();
    let mut places = models.enumerate().filter(|(_, model)| model.name == name);
    if let Some((at, model)) = places.next() {
        let told = format!("{name} is asked next: {}", model.endpoint);
        state.dialogue.chosen = at;
        state.done(told);
    }
    vec![]
}

/// Asks the chosen model for a draft. A request that leaves this machine is shown first, once per session, model and
/// facts; one that is being looked at is sent as it was shown.
pub fn ask(state: &mut State) -> Vec<Effect> {
    match state.dialogue.preview.take() {
        Some(Preview { ask, made: Some(Ok(_)) }) => send(state, ask),
        Some(preview) => {
            let why = match &preview.made {
                Some(Err(why)) => format!("there is no request to send: {why}"),
                Some(Ok(_)) | None => "the request is still being made".to_owned(),
            };
            state.dialogue.preview = Some(preview);
            state.refuse(why)
        }
        None => match question(state, None) {
            Ok(ask) => put(state, ask),
            Err(why) => state.refuse(why),
        },
    }
}

/// Shows what would be sent.
pub fn preview(state: &mut State) -> Vec<Effect> {
    match question(state, None) {
        Ok(ask) => show(state, ask),
        Err(why) => state.refuse(why),
    }
}

/// Asks the chosen model to change the plan under review.
pub fn revise(state: &mut State, comment: &str) -> Vec<Effect> {
    let Some(review) = &state.review else {
        return state.refuse("there is no plan to revise");
    };
    let failed = review.failed_in_dry_run();
    let findings = review.found.iter().map(|found| found.finding.clone()).collect();
    let comment = comment.trim().to_owned();
    if comment.is_empty() && failed.is_empty() {
        return state.refuse("say what should be different");
    }
    match question(state, Some(Revision { comment, findings, failed })) {
        Ok(ask) => {
            state.stage = Stage::Draft;
            put(state, ask)
        }
        Err(why) => state.refuse(why),
    }
}

/// Makes the question, or says why none can be put.
fn question(state: &mut State, revision: Option<Revision>) -> Result<Box<Ask>, String> {
    if state.dialogue.asking.is_some() {
        return Err("a model is being asked; Esc on the draft screen cancels that".into());
    }
    let Some(model) = state.dialogue.model() else {
        return Err(match &state.dialogue.problem {
            Some(why) => format!("no model can be asked: {why}"),
            None => "no model is configured: blackstart models --help says how".into(),
        });
    };
    if let Some(lacks) = &model.lacks {
        return Err(format!("{} cannot be asked: {lacks}", model.name));
    }
    let (name, within) = (model.name.clone(), model.within);
    let rests_on = state.review.as_ref().filter(|_| revision.is_some());
    let rests_on = rests_on.and_then(|review| review.subject.inventory.as_ref());
    let Some(inventory) = rests_on.or(state.inventory.as_ref()) else {
        return Err("a model is asked about a plan and its inventory; there is none".into());
    };
    let Some(Knowledge(library)) = &state.knowledge else {
        return Err("the runbooks are still being read; try again in a moment".into());
    };
    let drafted = state.drafted.as_ref();
    let revises = revision.is_some();
    let plan = match (&revision, &state.review) {
        (Some(_), Some(review)) => Some(Arc::clone(&review.subject.plan)),
        (Some(_), None) | (None, _) => drafted.map(|drafted| Arc::clone(&drafted.plan)),
    };
    let Some(plan) = plan else {
        return Err("there is no draft to start from".into());
    };
    let runbook = drafted.and_then(|drafted| drafted.ranking.get(drafted.chosen));
    let incident = state
        .incident
        .as_ref()
        .filter(|incident| revision.is_none() || plan.incident.as_ref() == Some(&incident.id));
    let ask = Ask {
        number: state.dialogue.last + 1,
        model: name,
        runbook: runbook.map(|runbook| runbook.name.clone()),
        plan,
        revision,
        library: Arc::clone(library),
        inventory: Arc::clone(inventory),
        incident: incident.cloned().map(Box::new),
        at: drafted.filter(|_| !revises).map_or(state.now, |drafted| drafted.at),
        within,
    };
    state.dialogue.last += 1;
    Ok(Box::new(ask))
}

/// Sends a question, or shows it first where it leaves this machine for the first time.
fn put(state: &mut State, ask: Box<Ask>) -> Vec<Effect> {
    let dialogue = &state.dialogue;
    let reach = dialogue.model().map_or(Reach::Away, |model| model.reach);
    match reach {
        Reach::Away if !dialogue.shown.contains(&(ask.model.clone(), ask.facts())) => {
            show(state, ask)
        }
        Reach::Away | Reach::Here => send(state, ask),
    }
}

fn show(state: &mut State, ask: Box<Ask>) -> Vec<Effect> {
    state.dialogue.preview = Some(Preview { ask: ask.clone(), made: None });
    vec![Effect::PreviewRequest(ask)]
}

fn send(state: &mut State, ask: Box<Ask>) -> Vec<Effect> {
    let dialogue = &mut state.dialogue;
    dialogue.preview = None;
    (dialogue.failed, dialogue.aside) = (None, false);
    dialogue.side = Side::Model;
    dialogue.shown.insert((ask.model.clone(), ask.facts()));
    dialogue.asking = Some(Asking {
        ask: ask.clone(),
        since: state.now,
        doing: Doing::Asking,
        round: 0,
        of: 0,
        bytes: 0,
        replaced: 0,
        steps: vec![],
        again: None,
    });
    vec![Effect::AskModel(ask)]
}

/// Takes in what would be sent.
pub fn previewed(state: &mut State, number: u64, result: Result<Outgoing, String>) -> Vec<Effect> {
    if let Some(preview) = &mut state.dialogue.preview
        && preview.ask.number == number
    {
        preview.made = Some(result);
    }
    vec![]
}

/// Puts a request away without sending it.
pub fn put_away(state: &mut State) -> Vec<Effect> {
    let preview = state.dialogue.preview.take();
    if preview.is_some_and(|preview| preview.ask.revision.is_some()) && state.review.is_some() {
        state.stage = Stage::Review;
    }
    vec![]
}

/// Ends the question under way; what is heard of it afterwards is not believed.
pub fn cancel(state: &mut State) -> Vec<Effect> {
    let Some(asking) = state.dialogue.asking.take() else {
        return vec![];
    };
    let number = asking.ask.number;
    let revises = asking.ask.revision.is_some();
    if state.dialogue.stands.is_none() {
        state.dialogue.side = Side::Template;
    }
    match revises && state.review.is_some() {
        true => {
            state.stage = Stage::Review;
            state.done("cancelled; the plan under review stands as it is");
        }
        false => state.done("cancelled; the template draft stands"),
    }
    vec![Effect::CancelModel(number)]
}

/// Ends what is under way and lets go of what came of it, because it was about something else.
pub fn forget(state: &mut State) -> Vec<Effect> {
    let dialogue = &mut state.dialogue;
    dialogue.aside = false;
    let ended = dialogue.asking.take().map(|asking| Effect::CancelModel(asking.ask.number));
    (dialogue.preview, dialogue.stands, dialogue.failed) = (None, None, None);
    dialogue.side = Side::Template;
    ended.into_iter().collect()
}

/// Lets go of what a model said about other facts than those of now.
pub fn forget_other_facts(state: &mut State) -> Vec<Effect> {
    let same = |ask: &Ask| {
        let incident = ask.incident.as_deref() == state.incident.as_ref();
        let digest = state.inventory.as_ref().map(|inventory| inventory.digest());
        incident && digest == Some(ask.inventory.digest())
    };
    let dialogue = &state.dialogue;
    let asking = dialogue.asking.as_ref().is_none_or(|asking| same(&asking.ask));
    let stands = dialogue.stands.as_ref().is_none_or(|stands| same(&stands.ask));
    match asking && stands {
        true => vec![],
        false => forget(state),
    }
}

/// Chooses which draft goes to the review.
pub fn choose(state: &mut State, side: Side) -> Vec<Effect> {
    state.dialogue.side = side;
    vec![]
}

/// Leaves a revision for the review of the plan it was to change.
pub fn leave_revision(state: &mut State) -> Vec<Effect> {
    state.stage = Stage::Review;
    (state.dialogue.failed, state.dialogue.aside) = (None, true);
    vec![]
}

/// Looks at a revision again that was left.
pub fn look_again(state: &mut State) -> Vec<Effect> {
    if state.dialogue.left_a_revision() {
        (state.dialogue.aside, state.dialogue.side) = (false, Side::Model);
        state.stage = Stage::Draft;
    }
    vec![]
}

/// Takes the draft of the model to the review.
pub fn review(state: &mut State) -> Vec<Effect> {
    let dialogue = &state.dialogue;
    if dialogue.asking.is_some() {
        return state.refuse(
            "the model has not ended: nothing of its answer is checked. Tab goes to the other draft",
        );
    }
    let (Some(stands), Some(_)) = (&dialogue.stands, dialogue.standing()) else {
        return state.refuse("there is no draft of the model. Tab goes to the other one");
    };
    let plan = Arc::new(stands.answer.draft.plan.clone());
    let started_from = Arc::clone(&stands.ask.plan);
    let revised = stands.ask.revision.is_some();
    state.dialogue.aside = revised;
    let under = state.review.as_ref().map(|review| &review.subject.plan);
    if revised && under.is_some_and(|under| **under == *started_from) {
        state.stage = Stage::Review;
        let effects = review::change(state, (*plan).clone());
        state.done("the revised plan is under review: its dry run and approvals are void (u takes it back)");
        return effects;
    }
    review::open(state, plan)
}

/// Returns the question under way, if it is this one; what is heard about another one is stale.
fn about(state: &mut State, number: u64) -> Option<&mut Asking> {
    state.dialogue.asking.as_mut().filter(|asking| asking.ask.number == number)
}

/// Takes in how far a question has come.
pub fn progress(state: &mut State, number: u64, progress: Progress) -> Vec<Effect> {
    let Some(asking) = about(state, number) else {
        return vec![];
    };
    match progress {
        Progress::Asking { round, of, bytes, replaced } => {
            (asking.round, asking.of) = (round, of);
            (asking.bytes, asking.replaced) = (bytes, replaced);
            asking.doing = Doing::Asking;
        }
        Progress::Thinking(bytes) => asking.doing = Doing::Thinking(bytes),
        Progress::Waiting(seconds) => asking.doing = Doing::Waiting(seconds),
        Progress::Judging => asking.doing = Doing::Judging,
        Progress::Unusable(why) => {
            asking.again = Some(format!("the answer could not be used: {why}"))
        }
        Progress::Again(why) => {
            let round = asking.round;
            asking.steps.retain(|step| step.round != round);
            (asking.doing, asking.again) = (Doing::Asking, Some(format!("started again: {why}")));
        }
        Progress::Step(step) => {
            (asking.doing, asking.again) = (Doing::Answering, None);
            let round = asking.round;
            let step = Streamed { step, round };
            match asking.steps.iter_mut().find(|one| one.step.id == step.step.id) {
                Some(place) => *place = step,
                None => asking.steps.push(step),
            }
        }
    }
    vec![]
}

/// Takes in what came of a question.
pub fn ended(
    state: &mut State,
    number: u64,
    result: Result<Box<ModelAnswer>, Failure>,
) -> Vec<Effect> {
    if about(state, number).is_none() {
        return vec![];
    }
    let Some(asking) = state.dialogue.asking.take() else {
        return vec![];
    };
    let model = asking.ask.model.clone();
    let elsewhere = match (state.stage, asking.ask.revision.is_some()) {
        (Stage::Draft, _) => "",
        (_, _) => " (Esc leads back to the drafts)",
    };
    match result {
        Ok(answer) => {
            let plan = Effect::KeepPlan(Arc::new(answer.draft.plan.clone()));
            state.dialogue.stands = Some(Stands { ask: asking.ask, answer });
            state.done(format!("the draft of {model} has ended and was checked{elsewhere}"));
            vec![plan]
        }
        Err(failure) => {
            let stands = match asking.ask.revision {
                Some(_) => "the plan under review stands as it is",
                None => "the template draft stands",
            };
            let refused = format!("no draft of {model}; {stands}: {}", failure.why);
            state.dialogue.failed = Some(Failed { ask: asking.ask, failure });
            state.refuse(refused)
        }
    }
}
