//! Report: what happened, as text, written to a file where the person says.

use std::path::{Path, PathBuf};

use super::effect::Effect;
use super::state::{Stage, State};
use crate::base::Id;

pub fn open(state: &mut State) -> Vec<Effect> {
    let id = state.run.as_ref().and_then(|run| run.id.clone());
    match id {
        Some(id) => {
            state.stage = Stage::Report;
            vec![Effect::Report(id)]
        }
        None => state.refuse("a report needs a run"),
    }
}

pub fn made(state: &mut State, id: &Id, text: String) -> Vec<Effect> {
    if state.run.as_ref().is_some_and(|run| run.id.as_ref() == Some(id)) {
        state.report = Some(text);
    }
    vec![]
}

pub fn write(state: &mut State, path: PathBuf) -> Vec<Effect> {
    let id = state.run.as_ref().and_then(|run| run.id.clone());
    match (id, &state.report) {
        (Some(run), Some(text)) if !path.as_os_str().is_empty() => {
            let text = text.clone();
            vec![Effect::WriteReport { run, path, text }]
        }
        (Some(_), Some(_)) => state.refuse("type where the report is to go"),
        (None, _) | (_, None) => state.refuse("there is no report to write"),
    }
}

pub fn written(state: &mut State, path: &Path) -> Vec<Effect> {
    state.done(format!("report written to {}", path.display()));
    vec![]
}
