//! Intake: an incident is written, field by field, and becomes a document.

use std::sync::Arc;

use super::ask;
use super::draft as drafting;
use super::effect::Effect;
use super::state::{Field, Intake, Stage, State};
use super::when::moment;
use crate::base::{Id, Timestamp, nearest, readable};
use crate::incident::{Incident, Unusable, v1};
use crate::inventory::Inventory;

pub fn begin(state: &mut State) -> Vec<Effect> {
    if state.intake.is_none() || state.incident.is_some() {
        let mut intake = Intake::default();
        intake.texts.insert(Field::Detected, readable(state.now));
        state.intake = Some(intake);
        state.incident = None;
        state.drafted = None;
        state.demo = false;
        state.stage = Stage::Intake;
        return ask::forget(state);
    }
    state.stage = Stage::Intake;
    vec![]
}

/// Opens an incident in the form.
pub fn open(state: &mut State, incident: Incident) -> Vec<Effect> {
    let mut intake = Intake::default();
    let ids = |ids: &[Id]| ids.iter().map(Id::as_str).collect::<Vec<_>>().join(", ");
    let time = |at: Option<Timestamp>| at.map(readable).unwrap_or_default();
    let unusable: Vec<String> = incident
        .unusable
        .iter()
        .map(|copy| match &copy.why {
            Some(why) => format!("{}: {why}", copy.backup),
            None => copy.backup.to_string(),
        })
        .collect();
    let description = told(&incident);
    for (field, text) in [
        (Field::Title, incident.title.clone().unwrap_or_default()),
        (Field::Affected, ids(&incident.affected)),
        (Field::Damage, time(incident.damage_at)),
        (Field::Detected, time(incident.detected_at)),
        (Field::Scenario, incident.scenario.clone().unwrap_or_default()),
        (Field::Lost, ids(&incident.lost)),
        (Field::Unusable, unusable.join("; ")),
        (Field::Description, description),
    ] {
        intake.texts.insert(field, text);
    }
    state.intake = Some(intake);
    state.incident = Some(incident);
    state.drafted = None;
    state.stage = Stage::Intake;
    ask::forget(state)
}

/// Returns description and evidence of an incident as the one text of the form.
fn told(incident: &Incident) -> String {
    let mut text = incident.description.clone().unwrap_or_default();
    for evidence in &incident.evidence {
        if !text.is_empty() && !text.ends_with('\n') {
            text.push('\n');
        }
        text.push_str(evidence);
    }
    text
}

pub fn write(state: &mut State, field: Field, text: String) -> Vec<Effect> {
    if let Some(intake) = &mut state.intake {
        intake.problems.retain(|(at, _)| *at != field);
        intake.texts.insert(field, text);
    }
    vec![]
}

pub fn leave(state: &mut State, field: Field) -> Vec<Effect> {
    let now = state.now;
    let inventory = state.inventory.clone();
    let Some(intake) = &mut state.intake else {
        return vec![];
    };
    if field == Field::Inventory {
        let path = intake.text(field).trim();
        return match path.is_empty() {
            true => vec![],
            false => vec![Effect::ReadFile(path.into())],
        };
    }
    let (_, problems) = read(intake, now, None, inventory.as_deref());
    intake.problems.retain(|(at, _)| *at != field);
    intake.problems.extend(problems.into_iter().filter(|(at, _)| *at == field));
    vec![]
}

/// Takes in an inventory.
pub fn inventory(state: &mut State, inventory: Arc<Inventory>) -> Vec<Effect> {
    let old = state.inventory.replace(Arc::clone(&inventory));
    if let Some(intake) = &mut state.intake {
        intake.problems.retain(|(at, _)| *at != Field::Affected && *at != Field::Inventory);
    }
    let changed = old.is_none_or(|old| old.digest() != inventory.digest());
    match changed && state.review.is_some() {
        true => super::review::rebase(state),
        false => vec![],
    }
}

pub fn draft(state: &mut State) -> Vec<Effect> {
    let now = state.now;
    let inventory = state.inventory.clone();
    let old = state.incident.take();
    let Some(intake) = &mut state.intake else {
        return vec![];
    };
    let (incident, mut problems) = read(intake, now, old, inventory.as_deref());
    if inventory.is_none() {
        let problem = "name the file that says what there is".to_owned();
        problems.push((Field::Inventory, problem));
    }
    if incident.affected.is_empty() && !problems.iter().any(|(at, _)| *at == Field::Affected) {
        problems.push((Field::Affected, "name at least one asset".to_owned()));
    }
    let refused = problems.len();
    intake.problems = problems;
    state.incident = Some(incident);
    match refused {
        0 => drafting::from(state, None),
        1 => state.refuse("one field needs a look before a draft can be made"),
        count => state.refuse(format!("{count} fields need a look before a draft can be made")),
    }
}

/// Reads the form: an incident, and what is wrong with which field.
fn read(
    intake: &Intake,
    now: Timestamp,
    old: Option<Incident>,
    inventory: Option<&Inventory>,
) -> (Incident, Vec<(Field, String)>) {
    let mut problems = vec![];
    let some =
        |field: Field| Some(intake.text(field).trim().to_owned()).filter(|text| !text.is_empty());
    // The form shows whole seconds; a time that was not touched stays what it was.
    let (damage, detected) =
        (old.as_ref().and_then(|old| old.damage_at), old.as_ref().and_then(|old| old.detected_at));
    let mut time = |field: Field, old: Option<Timestamp>| {
        let text = some(field)?;
        if let Some(old) = old.filter(|old| readable(*old) == text) {
            return Some(old);
        }
        moment(&text, now).map_err(|why| problems.push((field, why))).ok()
    };
    let damage_at = time(Field::Damage, damage);
    let detected_at = time(Field::Detected, detected);
    if let (Some(damage), Some(detected)) = (damage_at, detected_at)
        && damage > detected
    {
        problems.push((Field::Damage, "the damage cannot be younger than its detection".into()));
    }
    let affected = ids(intake, Field::Affected, &mut problems);
    let lost = ids(intake, Field::Lost, &mut problems);
    if let Some(inventory) = inventory {
        let unknown = affected.iter().find(|id| inventory.asset(id.as_str()).is_none());
        if let Some(id) = unknown {
            let known = inventory.assets.iter().map(|asset| asset.id.as_str());
            let near = nearest(id.as_str(), known)
                .map_or(String::new(), |near| format!("; did you mean {near:?}?"));
            let message = format!("there is no asset {:?}{near}", id.as_str());
            problems.push((Field::Affected, message));
        }
    }
    let unusable = copies(intake, inventory, &mut problems);
    let stamp = now.strftime("%Y%m%d-%H%M%S");
    let fresh = Id::parse(&format!("inc-{stamp}")).expect("digits and dashes make an id");
    // A text that was not touched stays what it was: description and evidence apart, its line ends too.
    let untouched =
        old.as_ref().filter(|old| told(old).trim() == intake.text(Field::Description).trim());
    let (description, evidence) = match untouched {
        Some(old) => (old.description.clone(), old.evidence.clone()),
        None => (some(Field::Description), vec![]),
    };
    let incident = Incident {
        schema: v1::Tag::V1,
        id: old.as_ref().map_or(fresh, |old| old.id.clone()),
        title: some(Field::Title),
        description,
        detected_at,
        damage_at,
        affected,
        scenario: some(Field::Scenario),
        environment: old.as_ref().and_then(|old| old.environment.clone()),
        constraints: old.as_ref().map_or(vec![], |old| old.constraints.clone()),
        data: old.map_or_else(Default::default, |old| old.data),
        lost,
        unusable,
        evidence,
    };
    (incident, problems)
}

fn ids(intake: &Intake, field: Field, problems: &mut Vec<(Field, String)>) -> Vec<Id> {
    let words = intake.text(field).split([',', ' ', '\n']).filter(|word| !word.is_empty());
    words
        .filter_map(|word| Id::parse(word).map_err(|why| problems.push((field, why))).ok())
        .collect()
}

fn copies(
    intake: &Intake,
    inventory: Option<&Inventory>,
    problems: &mut Vec<(Field, String)>,
) -> Vec<Unusable> {
    let entries = intake.text(Field::Unusable).split([';', '\n']).map(str::trim);
    let mut copies = vec![];
    for entry in entries.filter(|entry| !entry.is_empty()) {
        let (name, why) = match entry.split_once(':') {
            Some((name, why)) => (name.trim(), Some(why.trim().to_owned())),
            None => (entry, None),
        };
        match Id::parse(name) {
            Ok(backup) => {
                if inventory.is_some_and(|inventory| inventory.backup(name).is_none()) {
                    problems.push((Field::Unusable, format!("there is no copy {name}")));
                }
                copies.push(Unusable { backup, why });
            }
            Err(why) => problems.push((Field::Unusable, why)),
        }
    }
    copies
}
