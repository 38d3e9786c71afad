//! Evaluations: a drafter on scenarios and injections, each through the whole flow of reading, drafting and checking.

mod attack;
mod load;

use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, Instant};

pub use attack::attack;
pub use load::{injections, scenarios};

use super::{Runtime, Settings, recorded_instant};
use crate::check::{self, Checked, Facts};
use crate::draft::dialogue::Drafter as Whose;
use crate::draft::{Draft, Library, Request, draft};
use crate::estimate::Estimate;
use crate::eval::{self, Case, Injection, Judgement, Score, Subject};
use crate::incident::Incident;
use crate::inventory::Inventory;
use crate::llm::{Mode, Model, Pace, Recorded, Source};
use crate::plan::{Kind, Plan};

/// Who drafts.
#[derive(Debug, Clone, Copy)]
pub enum Drafter<'a> {
    /// Nobody: what it scores is what an evaluation gives for nothing.
    Null,
    /// The runbooks alone.
    Template,
    /// A model that starts from the runbooks.
    Model(Asked<'a>),
}

/// A model, and how it is asked.
#[derive(Clone, Copy)]
pub struct Asked<'a> {
    /// What performs the dialogue.
    pub runtime: &'a Runtime,
    /// The model.
    pub model: &'a dyn Model,
    /// How the dialogue is led.
    pub settings: &'a Settings,
}

impl std::fmt::Debug for Asked<'_> {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Asked").field("model", &self.model.name()).finish_non_exhaustive()
    }
}

/// Returns a model that answers the prompts of one scenario from the records in a directory of its name. With
/// `Mode::Record` a prompt that has no answer yet is written there.
pub fn recorded(directory: &Path, scenario: &str, mode: Recording) -> Box<dyn Model> {
    let mode = match mode {
        Recording::Replay => Mode::ReplayChanged,
        Recording::Record => Mode::Record,
    };
    let source = Source::Directory(directory.join(scenario));
    Box::new(Recorded::new(format!("recorded {scenario}"), source, mode, Pace::default()))
}

/// What is done with a prompt that has no recorded answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Recording {
    /// The template stands. A prompt that has changed since is answered by its record, and the notes say so.
    Replay,
    /// It is written down, for somebody to answer.
    Record,
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
    /// What the model did, where one was asked.
    pub model: Option<ModelPart>,
}

/// What a model did in a draft.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ModelPart {
    /// How often it answered.
    pub rounds: u32,
    /// How much of what it wrote was not used as it was written.
    pub rejected: usize,
    /// Tokens of prompts and replies together, where they are counted.
    pub tokens: Option<u64>,
    /// Why the plan is the template's, where it is.
    pub why_template: Option<String>,
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
    /// What the model did, where one was asked.
    pub model: Option<ModelPart>,
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

impl Drafter<'_> {
    /// Returns the word for it.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Template => "template",
            Self::Model(_) => "model",
        }
    }

    /// Makes a plan, or says why it cannot. The instant is that of the incident: a score must not change with the day.
    fn draft(
        &self,
        inventory: &Inventory,
        incident: &Incident,
        library: &Library,
    ) -> Result<Option<Drafted>, String> {
        let request = Request {
            inventory,
            incident: Some(incident),
            asset: None,
            scenario: None,
            kind: Kind::Recovery,
            parameters: &BTreeMap::new(),
            now: recorded_instant(Some(incident)),
            library,
            runbook: None,
        };
        match self {
            Self::Null => Ok(None),
            Self::Template => {
                let Draft { plan, runbook, estimate, .. } =
                    draft(&request).map_err(|error| error.to_string())?;
                let checked = check::plan(&plan, Some(inventory), &Facts::default());
                Ok(Some(Drafted { plan, estimate, checked, runbook, model: None }))
            }
            Self::Model(Asked { runtime, model, settings }) => {
                let drafted = runtime
                    .draft_with(*model, &request, None, settings, &mut |_| {})
                    .map_err(|error| error.to_string())?;
                let whose = drafted.draft.drafter;
                let model = ModelPart {
                    rounds: drafted.draft.rounds,
                    rejected: drafted.draft.rejected.len(),
                    tokens: drafted.usage.map(|usage| usage.prompt + usage.reply),
                    why_template: drafted
                        .draft
                        .why_template
                        .or_else(|| drafted.end.map(|end| end.to_string()))
                        .filter(|_| whose == Whose::Template),
                };
                Ok(Some(Drafted {
                    plan: drafted.draft.plan,
                    estimate: drafted.draft.estimate,
                    checked: drafted.checked,
                    runbook: drafted.template.runbook,
                    model: Some(model),
                }))
            }
        }
    }
}

/// Lets a drafter answer a scenario, and scores the answer.
pub fn evaluate(loaded: &Loaded, drafter: Drafter<'_>, library: &Library) -> Evaluated {
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
        runbook: drafted.as_ref().map(|drafted| drafted.runbook.clone()),
        model: drafted.and_then(|drafted| drafted.model),
        failure,
        took,
    }
}
