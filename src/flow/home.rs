//! Home: what there is to go on with, documents opened, ways back.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::effect::Effect;
use super::event::behind;
use super::state::{Machine, Shelf, Stage, State};
use super::{ask, intake, review};
use crate::base::Problem;
use crate::plan::Step;
use crate::{incident, inventory, plan};

pub fn back(state: &mut State) -> Vec<Effect> {
    if state.stage == Stage::Draft && state.dialogue.preview.is_some() {
        return ask::put_away(state);
    }
    if state.stage == Stage::Draft && state.dialogue.revises() && state.review.is_some() {
        return ask::leave_revision(state);
    }
    if state.stage == Stage::Review && state.drafted.is_none() && state.files.is_some() {
        return go(state, Stage::Files);
    }
    let to = behind(state.stage, state.drafted.is_some(), state.intake.is_some());
    go(state, to)
}

pub fn home(state: &mut State) -> Vec<Effect> {
    go(state, Stage::Home)
}

fn go(state: &mut State, to: Stage) -> Vec<Effect> {
    let from = std::mem::replace(&mut state.stage, to);
    state.dialogue.preview = None;
    match to {
        Stage::Home if from == Stage::Files => {
            state.files = None;
            vec![Effect::LeaveFiles, Effect::LoadShelf]
        }
        Stage::Home if from == Stage::Run => vec![Effect::Unfollow, Effect::LoadShelf],
        Stage::Home => vec![Effect::LoadShelf],
        Stage::Intake
        | Stage::Draft
        | Stage::Review
        | Stage::Approve
        | Stage::Run
        | Stage::Report
        | Stage::Files => vec![],
    }
}

pub fn open_file(state: &mut State, path: PathBuf) -> Vec<Effect> {
    if path.as_os_str().is_empty() {
        return state.refuse("type the path of an incident, an inventory or a plan");
    }
    vec![Effect::ReadFile(path)]
}

pub fn introduced(state: &mut State, machine: Machine) -> Vec<Effect> {
    if state.approving.by.is_empty() {
        state.approving.by.clone_from(&machine.operator);
    }
    state.machine = machine;
    vec![]
}

pub fn shelved(state: &mut State, shelf: Shelf) -> Vec<Effect> {
    let newest = shelf.inventories.first().map(|row| row.digest);
    state.shelf = Some(shelf);
    match newest {
        Some(digest) if state.inventory.is_none() => vec![Effect::LoadInventory(Some(digest))],
        Some(_) | None => vec![],
    }
}

/// Takes in a document that was read; its kind stands in its `schema` line.
pub fn text(state: &mut State, path: &Path, text: &str) -> Vec<Effect> {
    let schema = text.lines().find_map(|line| line.strip_prefix("schema:"));
    let name = match path.as_os_str().is_empty() {
        true => "the document".to_owned(),
        false => path.display().to_string(),
    };
    match schema.map(str::trim) {
        Some("blackstart/inventory/v1") => {
            let (value, problems) = inventory::read(text);
            match refused(&name, text, &problems) {
                Some(why) => state.refuse(why),
                None => match value {
                    Some(value) => {
                        state.done(format!("read inventory {name}"));
                        let mut effects = vec![Effect::KeepInventory {
                            name: path.file_stem().map_or("inventory".into(), |stem| {
                                stem.to_string_lossy().into_owned()
                            }),
                            text: text.to_owned(),
                        }];
                        effects.extend(intake::inventory(state, Arc::new(value)));
                        effects
                    }
                    None => state.refuse(format!("{name} holds no inventory")),
                },
            }
        }
        Some("blackstart/incident/v1") => {
            let (value, problems) = incident::read(text);
            match (refused(&name, text, &problems), value) {
                (Some(why), _) => state.refuse(why),
                (None, Some(value)) => intake::open(state, value),
                (None, None) => state.refuse(format!("{name} holds no incident")),
            }
        }
        Some("blackstart/plan/v1") => {
            let (value, problems) = plan::read(text);
            match (refused(&name, text, &problems), value) {
                (Some(why), _) => state.refuse(why),
                (None, Some(value)) => {
                    state.drafted = None;
                    let mut effects = ask::forget(state);
                    effects.extend(review::open(state, Arc::new(value)));
                    effects
                }
                (None, None) => state.refuse(format!("{name} holds no plan")),
            }
        }
        Some(other) => {
            state.refuse(format!("{name}: schema {other} is not an incident, inventory or plan"))
        }
        None => state.refuse(format!(
            "{name} has no line \"schema: blackstart/…/v1\"; `blackstart check` reads scripts"
        )),
    }
}

/// Returns the first problem of a document with its position.
fn refused(name: &str, text: &str, problems: &[Problem]) -> Option<String> {
    let first = problems.first()?;
    let at = crate::base::Position::of(text, first.span.start);
    let help = first.help.as_ref().map_or(String::new(), |help| format!(" ({help})"));
    let more = match problems.len() {
        1 => String::new(),
        count => format!(", and {} more problems", count - 1),
    };
    Some(format!("{name}:{at}: {}{help}{more}", first.message))
}

/// Begins the demo at its incident.
pub fn demo(
    state: &mut State,
    inventory: &str,
    incident: &str,
    planted: Option<Box<Step>>,
) -> Vec<Effect> {
    let empty = Path::new("");
    let mut effects = text(state, empty, inventory);
    effects.extend(text(state, empty, incident));
    (state.demo, state.planted) = (true, planted);
    if state.stage == Stage::Intake {
        state.notice = None;
    }
    effects
}

pub fn failed(state: &mut State, doing: &str, why: String) -> Vec<Effect> {
    if let Some(run) = &mut state.run {
        run.starting = false;
    }
    state.refuse(format!("cannot {doing}: {why}"))
}
