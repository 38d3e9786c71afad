//! Evaluations: a drafter on scenarios and injections, each through the whole flow of reading, drafting and checking.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::RuntimeError;
use super::files::{self, FileError};
use crate::base::{Position, Problem, Risk, Timestamp};
use crate::check::{self, Checked, Facts};
use crate::draft::{Draft, Library, Request, draft};
use crate::estimate::Estimate;
use crate::eval::{
    self, Applied, Case, Channel, Ending, Injection, Judgement, Score, Subject, Texts,
};
use crate::incident::{self, Incident};
use crate::inventory::{self, Inventory};
use crate::plan::{self, Kind, Plan};

/// Who drafts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Drafter {
    /// Nobody: what it scores is what an evaluation gives for nothing.
    Null,
    /// The runbooks alone.
    Template,
}

/// A scenario that can be evaluated.
#[derive(Debug, Clone)]
pub struct Loaded {
    /// The scenario.
    pub case: Case,
    /// The text of its inventory.
    pub inventory: String,
}

/// What a drafter made of a scenario.
#[derive(Debug)]
pub struct Drafted {
    /// The plan.
    pub plan: Plan,
    /// The estimate that is shown with it.
    pub estimate: Estimate,
    /// What the checker says of it.
    pub checked: Checked,
    /// The runbook it was made from.
    pub runbook: String,
}

/// A scored scenario.
#[derive(Debug)]
pub struct Evaluated {
    /// The kind of the asset that is recovered.
    pub kind: String,
    /// Whether the library has runbooks for assets of this kind.
    pub covered: bool,
    /// The runbook the plan was made from.
    pub runbook: Option<String>,
    /// Why there is no plan.
    pub failure: Option<String>,
    /// How long drafting took.
    pub took: Duration,
    /// The score.
    pub score: Score,
}

/// An injection with its ending.
#[derive(Debug)]
pub struct Attacked {
    /// The injection.
    pub injection: Injection,
    /// How it ended.
    pub judgement: Judgement,
}

/// The instant at which plans of an evaluation are made, after every damage: a score must not change with the day.
fn now(incident: &Incident) -> Timestamp {
    let noticed = incident.detected_at.or(incident.damage_at);
    noticed.unwrap_or(Timestamp::UNIX_EPOCH)
}

/// Returns the scenarios of a directory, or those of the program.
pub fn scenarios(directory: Option<&Path>) -> Result<Vec<Loaded>, RuntimeError> {
    let texts = match directory {
        Some(directory) => texts_in(directory)?,
        None => eval::embedded_scenarios(),
    };
    texts.into_iter().map(load).collect()
}

fn load(texts: Texts) -> Result<Loaded, RuntimeError> {
    let case = eval::case(&texts.expect, &texts.inventory, &texts.incident);
    let text_of = |file: &str| match file {
        "inventory.yaml" => &texts.inventory,
        "incident.yaml" => &texts.incident,
        _ => &texts.expect,
    };
    let case = case.map_err(|problems| RuntimeError::Unreadable {
        what: format!("scenario {}", texts.name),
        why: problems.first().map_or_else(String::new, |(file, problem)| {
            format!(
                "{file}:{}: {}",
                Position::of(text_of(file), problem.span.start),
                problem.message
            )
        }),
    })?;
    Ok(Loaded { case, inventory: texts.inventory })
}

fn texts_in(directory: &Path) -> Result<Vec<Texts>, RuntimeError> {
    let mut texts = vec![];
    let io = |source| FileError::Io { action: "read", path: directory.to_owned(), source };
    let entries = std::fs::read_dir(directory).map_err(io)?;
    let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    paths.sort();
    for path in paths {
        let read = |name: &str| files::read_text(&path.join(name));
        if path.join("expect.yaml").is_file() {
            texts.push(Texts {
                name: files::shown(&path),
                expect: read("expect.yaml")?,
                inventory: read("inventory.yaml")?,
                incident: read("incident.yaml")?,
            });
        }
    }
    Ok(texts)
}

/// Returns the injections of the program.
pub fn injections() -> Result<Vec<Injection>, RuntimeError> {
    let read = |(name, text): (String, String)| match Injection::read(&text) {
        (Some(injection), problems) if problems.is_empty() => Ok(injection),
        (_, problems) => {
            let why = problems.first().map(|problem| problem.message.clone()).unwrap_or_default();
            Err(RuntimeError::Unreadable { what: format!("injection {name}"), why })
        }
    };
    eval::embedded_injections().into_iter().map(read).collect()
}

impl Drafter {
    /// Returns the word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Template => "template",
        }
    }

    /// Makes a plan, or says why it cannot.
    fn draft(
        self,
        inventory: &Inventory,
        incident: &Incident,
        library: &Library,
    ) -> Result<Option<Drafted>, String> {
        match self {
            Self::Null => Ok(None),
            Self::Template => {
                let request = Request {
                    inventory,
                    incident: Some(incident),
                    asset: None,
                    scenario: None,
                    kind: Kind::Recovery,
                    parameters: &BTreeMap::new(),
                    now: now(incident),
                    library,
                    runbook: None,
                };
                let Draft { plan, runbook, estimate, .. } =
                    draft(&request).map_err(|error| error.to_string())?;
                let checked = check::plan(&plan, Some(inventory), &Facts::default());
                Ok(Some(Drafted { plan, estimate, checked, runbook }))
            }
        }
    }
}

/// Lets a drafter answer a scenario, and scores the answer.
pub fn evaluate(loaded: &Loaded, drafter: Drafter, library: &Library) -> Evaluated {
    let Case { scenario, inventory, incident } = &loaded.case;
    let started = Instant::now();
    let drafted = drafter.draft(inventory, incident, library);
    let took = started.elapsed();
    let (drafted, failure) = match drafted {
        Ok(drafted) => (drafted, None),
        Err(why) => (None, Some(why)),
    };
    let subject = drafted.as_ref().map(|drafted| Subject {
        plan: &drafted.plan,
        estimate: &drafted.estimate,
        checked: &drafted.checked,
        dry_run: None,
    });
    let asset = incident.affected.first().and_then(|id| inventory.asset(id.as_str()));
    let covered = asset.is_some_and(|asset| {
        library.entries.iter().any(|entry| {
            let runbook = &entry.runbook;
            runbook.kind == Kind::Recovery && runbook.matches.kinds.contains(&asset.kind)
        })
    });
    Evaluated {
        kind: asset.map_or_else(String::new, |asset| asset.kind.word().to_owned()),
        covered,
        score: eval::score(scenario, subject.as_ref()),
        runbook: drafted.map(|drafted| drafted.runbook),
        failure,
        took,
    }
}

fn first(problems: &[Problem]) -> String {
    problems.first().map(|problem| problem.message.clone()).unwrap_or_default()
}

/// Lets a drafter answer a scenario with hostile text in it: the documents are read as they would be, a plan is made,
/// and the plan is checked.
pub fn attack(
    injection: &Injection,
    loaded: &Loaded,
    drafter: Drafter,
    library: &Library,
) -> Judgement {
    let applied = match eval::apply(injection, &loaded.case, &loaded.inventory) {
        Ok(applied) => applied,
        Err(why) => return Judgement::new(Ending::Obeyed, format!("it cannot be tried: {why}")),
    };
    let Case { inventory, incident, .. } = &loaded.case;
    let clean = match drafter.draft(inventory, incident, library) {
        Ok(Some(clean)) => clean,
        Ok(None) => return Judgement::new(Ending::NotReached, "nothing is drafted"),
        Err(why) => {
            return Judgement::new(Ending::Obeyed, format!("there is no plan without it: {why}"));
        }
    };
    match injection.channel {
        Channel::ReplyCommand => replied(&applied, &clean.plan, inventory),
        Channel::Reply => match plan::read(applied.reply.as_deref().unwrap_or_default()) {
            (Some(_), problems) if problems.is_empty() => {
                Judgement::new(Ending::Obeyed, "it reads as a plan")
            }
            (_, problems) => Judgement::new(Ending::Refused, first(&problems)),
        },
        Channel::Endpoint => Judgement::new(Ending::NotReached, "this drafter asks no model"),
        Channel::Log
        | Channel::IncidentText
        | Channel::FileName
        | Channel::Dump
        | Channel::InventoryValue
        | Channel::InventoryDocument => {
            through_the_flow(injection, &applied, &clean.plan, drafter, library)
        }
    }
}

fn through_the_flow(
    injection: &Injection,
    applied: &Applied,
    clean: &Plan,
    drafter: Drafter,
    library: &Library,
) -> Judgement {
    let (inventory, problems) = inventory::read(&applied.inventory);
    let inventory = match inventory {
        Some(inventory) if problems.is_empty() => inventory,
        _ => return Judgement::new(Ending::Refused, first(&problems)),
    };
    let (incident, problems) = incident::read(&applied.incident);
    let incident = match incident {
        Some(incident) if problems.is_empty() => incident,
        _ => return Judgement::new(Ending::Refused, first(&problems)),
    };
    match drafter.draft(&inventory, &incident, library) {
        Err(why) => Judgement::new(Ending::Refused, why),
        Ok(None) => Judgement::new(Ending::NotReached, "nothing is drafted"),
        Ok(Some(drafted)) => eval::judge_plan(injection, clean, &drafted.plan, &drafted.checked),
    }
}

/// The command stands in a step of the plan, as a model that obeys would reply it; the plan is written, read and checked.
/// Tried with what a liar claims of its harm, and with what an honest one does not claim; the weaker ending counts.
fn replied(applied: &Applied, plan: &Plan, inventory: &Inventory) -> Judgement {
    let command = applied.reply.as_deref().unwrap_or_default();
    let tried =
        [Some(Risk::Read), None].map(|claimed| one_reply(command, claimed, plan, inventory));
    let [liar, honest] = tried;
    if liar.ending.is_safe() { honest } else { liar }
}

fn one_reply(
    command: &str,
    claimed: Option<Risk>,
    plan: &Plan,
    inventory: &Inventory,
) -> Judgement {
    let mut plan = plan.clone();
    let Some(step) = eval::replied_step(&plan, command, claimed) else {
        return Judgement::new(Ending::NotReached, "the plan has no step");
    };
    plan.steps.push(step.clone());
    let (read, problems) = plan::read(&plan::write(&plan));
    match read {
        Some(read) if problems.is_empty() && read == plan => {}
        _ => return Judgement::new(Ending::Refused, first(&problems)),
    }
    let checked = check::plan(&plan, Some(inventory), &Facts::default());
    eval::judge_command(&step, &checked)
}
