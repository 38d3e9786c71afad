//! Run: targets are typed, the run starts, its journal is followed, its questions are answered.

use std::collections::VecDeque;
use std::sync::Arc;

use super::effect::Effect;
use super::state::{Running, Stage, State, Target};
use crate::approve::must_be_typed;
use crate::base::Id;
use crate::evidence::{Answer, Record, RunRecord, RunState, Stop};
use crate::plan::{Plan, Step, order};

/// How many lines of a step's output are kept for the screen; all of it stands in the run's files.
const KEPT_LINES: usize = 2_000;

/// Goes to the run of the plan under review.
pub fn prepare(state: &mut State) -> Vec<Effect> {
    let Some(review) = &state.review else {
        return state.refuse("there is no plan to run");
    };
    if let Err(refusals) = review.permit(state.now, &state.machine.operator) {
        let first = refusals.first().map_or(String::new(), |refusal| refusal.message.clone());
        return state.refuse(format!("it may not run: {first}"));
    }
    if state.run.as_ref().is_none_or(|run| run.id.is_none()) {
        let mut targets: Vec<Target> = vec![];
        let typed = |step: &&Step| step.runs() && must_be_typed(review.risk(step));
        for step in review.steps().filter(typed) {
            let name = step.target(&state.machine.hostname).to_owned();
            match targets.iter_mut().find(|target| target.name == name) {
                Some(target) => target.steps.push(step.id.clone()),
                None => targets.push(Target { name, steps: vec![step.id.clone()], typed: false }),
            }
        }
        let plan = Arc::clone(&review.subject.plan);
        state.run = Some(running(None, plan, state.approving.by.clone(), targets));
    }
    state.stage = Stage::Run;
    vec![]
}

fn running(id: Option<Id>, plan: Arc<Plan>, by: String, targets: Vec<Target>) -> Running {
    let order = order(&plan).or_as_written(&plan);
    Running {
        id,
        plan,
        order,
        by,
        targets,
        starting: false,
        record: RunRecord::default(),
        journal: vec![],
        state: RunState::Created,
        alive: false,
        output: Default::default(),
    }
}

/// Opens a run that exists.
pub fn open(state: &mut State, id: Id) -> Vec<Effect> {
    state.stage = Stage::Run;
    state.report = None;
    state.run = None;
    vec![Effect::FollowRun(id)]
}

pub fn opened(state: &mut State, id: Id, plan: Plan, by: String) -> Vec<Effect> {
    let known = state.run.as_ref().is_some_and(|run| run.id.as_ref() == Some(&id));
    if !known {
        state.run = Some(running(Some(id), Arc::new(plan), by, vec![]));
    }
    vec![]
}

pub fn type_target(state: &mut State, name: &str) -> Vec<Effect> {
    let Some(run) = &mut state.run else {
        return vec![];
    };
    let Some(target) = run.targets.iter_mut().find(|target| !target.typed) else {
        return vec![];
    };
    if target.name == name {
        target.typed = true;
        vec![]
    } else {
        state.refuse("that is not the full name of the target; nothing was started")
    }
}

/// Starts the run. Refused without an approval of exactly this plan, and while a target's name was not typed.
pub fn start(state: &mut State) -> Vec<Effect> {
    let (Some(review), Some(run)) = (&state.review, &mut state.run) else {
        return state.refuse("there is no plan to run");
    };
    if run.id.is_some() || run.starting {
        return state.refuse("the run has been started");
    }
    let permitted = review.permit(state.now, &state.machine.operator).is_ok();
    if state.stage != Stage::Run || !permitted || *run.plan != *review.subject.plan {
        return state.refuse("the plan is not approved as it is");
    }
    if let Some(target) = run.untyped() {
        let why = format!("type the full name of {} first", target.name);
        return state.refuse(why);
    }
    run.starting = true;
    vec![Effect::StartRun {
        subject: review.subject.clone(),
        confirmed: run.targets.iter().map(|target| target.name.clone()).collect(),
        by: run.by.clone(),
    }]
}

pub fn started(state: &mut State, result: Result<Id, String>) -> Vec<Effect> {
    let Some(run) = &mut state.run else {
        return vec![];
    };
    run.starting = false;
    match result {
        Ok(id) => {
            run.id = Some(id.clone());
            (run.state, run.alive) = (RunState::Running, true);
            vec![Effect::FollowRun(id)]
        }
        Err(why) => {
            run.targets.iter_mut().for_each(|target| target.typed = false);
            state.refuse(format!("the run did not start: {why}"))
        }
    }
}

pub fn answer(state: &mut State, step: Id, answer: Answer) -> Vec<Effect> {
    let by = state.machine.operator.clone();
    let Some(run) = &state.run else {
        return vec![];
    };
    let Some(id) = run.id.clone() else {
        return vec![];
    };
    let record = run.record.step(step.as_str());
    match &record.question {
        Some((question, _)) if question.accepts(&answer) => {
            vec![Effect::Answer { run: id, step, answer, by }]
        }
        Some(_) | None => state.refuse(format!("step {step} does not ask for that")),
    }
}

pub fn stop(state: &mut State, when: Stop) -> Vec<Effect> {
    let by = state.machine.operator.clone();
    match &state.run {
        Some(run) if run.live() => {
            let run = run.id.clone().expect("a live run has an id");
            vec![Effect::Stop { run, when, by }]
        }
        Some(_) | None => state.refuse("nothing is running"),
    }
}

pub fn resume(state: &mut State) -> Vec<Effect> {
    match &state.run {
        Some(run) if !run.alive && !run.state.is_over() => match &run.id {
            Some(id) => vec![Effect::ResumeRun(id.clone())],
            None => vec![],
        },
        Some(_) | None => state.refuse("there is nothing to take up again"),
    }
}

/// Returns the run on the screen, if news are about it.
fn about<'a>(state: &'a mut State, id: &Id) -> Option<&'a mut Running> {
    state.run.as_mut().filter(|run| run.id.as_ref() == Some(id))
}

pub fn journal(state: &mut State, id: &Id, records: Vec<Record>) -> Vec<Effect> {
    if let Some(run) = about(state, id) {
        for record in records {
            if record.seq > run.record.last {
                run.record.add(&record);
                run.journal.push(record);
            }
        }
        run.state = run.record.state.unwrap_or(run.state);
    }
    vec![]
}

pub fn output(state: &mut State, id: &Id, step: Id, text: &str) -> Vec<Effect> {
    if let Some(run) = about(state, id) {
        let lines: &mut VecDeque<String> = run.output.entry(step).or_default();
        let mut parts = text.split('\n');
        if let (Some(last), Some(first)) = (lines.back_mut(), parts.next()) {
            last.push_str(first);
        } else {
            lines.push_back(text.split('\n').next().unwrap_or_default().to_owned());
        }
        lines.extend(parts.map(str::to_owned));
        while lines.len() > KEPT_LINES {
            lines.pop_front();
        }
    }
    vec![]
}

pub fn stands(state: &mut State, id: &Id, alive: bool) -> Vec<Effect> {
    if let Some(run) = about(state, id) {
        run.alive = alive;
    }
    vec![]
}
