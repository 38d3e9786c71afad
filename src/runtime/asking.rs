//! Asks a model for a session: what would be sent, how far it comes, what came of it; ended at once where that is wanted.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::models::{ChosenModel, ListedModel, ModelChoice};
use super::perform::{Worker, why};
use super::{DialogueEnd, ModelDrafted, Settings};
use crate::base::Id;
use crate::draft::Request;
use crate::draft::dialogue::{Drafter, Revise, tokens};
use crate::flow::News;
use crate::flow::dialogue::{
    Ask, Failure, ModelAnswer, ModelRow, Outgoing, Progress, Reach, Usage,
};
use crate::llm::{Address, Cancel, ModelError};

/// How long an answer may take.
const WITHIN: Duration = Duration::from_secs(120);

/// The questions under way, each with what ends it.
#[derive(Debug, Default)]
pub(super) struct Asked(Mutex<BTreeMap<u64, Cancel>>);

impl Asked {
    fn lock(&self) -> MutexGuard<'_, BTreeMap<u64, Cancel>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes a question before it is asked, so that it can be ended at any time.
    pub(super) fn begin(&self, number: u64) {
        self.lock().insert(number, Cancel::default());
    }

    /// Returns what ends a question; one that nobody noted is ended already.
    pub(super) fn cancel(&self, number: u64) -> Cancel {
        self.lock().get(&number).cloned().unwrap_or_else(|| {
            let ended = Cancel::default();
            ended.now();
            ended
        })
    }

    /// Ends a question.
    pub(super) fn end(&self, number: u64) {
        if let Some(cancel) = self.lock().remove(&number) {
            cancel.now();
        }
    }

    /// Forgets a question that is over.
    pub(super) fn over(&self, number: u64) {
        self.lock().remove(&number);
    }

    /// Ends every question.
    pub(super) fn end_all(&self) {
        std::mem::take(&mut *self.lock()).values().for_each(Cancel::now);
    }
}

impl Worker {
    /// Tells which models are configured.
    pub(super) fn load_models(&self) {
        let listed = self.runtime.models(&ModelChoice::default());
        let rows = listed.map(|listed| listed.iter().map(row).collect());
        self.tell(News::Models(rows.map_err(|error| why(&error))));
    }

    /// Tells what would be sent for a question.
    pub(super) fn preview(&self, ask: &Ask) {
        let result = self.model_of(ask).and_then(|chosen| {
            let settings = settings(ask, &chosen, Cancel::default());
            let parameters = BTreeMap::new();
            let request = request(ask, &parameters);
            let model = chosen.model.as_ref();
            let preview = self.runtime.preview(model, &request, revise(ask), &settings);
            let preview = preview.map_err(|error| why(&error))?;
            Ok(Outgoing {
                bytes: preview.text.len(),
                tokens: tokens(&preview.text),
                replaced: preview.replaced,
                parts: parts(preview.text),
            })
        });
        self.tell(News::Preview { number: ask.number, result });
    }

    /// Asks a model, tells how far it comes and what came of it.
    pub(super) fn ask(&self, ask: &Ask) {
        let number = ask.number;
        let cancel = self.asked.cancel(number);
        let result = self.model_of(ask).and_then(|chosen| {
            let mut thought = 0;
            let mut on = |progress: Progress| {
                // What is thought comes in many small pieces; the screen shows it in steps.
                if let Progress::Thinking(bytes) = progress {
                    let known = std::mem::replace(&mut thought, bytes / THOUGHT);
                    if known == thought && bytes > THOUGHT {
                        return;
                    }
                }
                if !self.tell(News::Drafting { number, progress }) {
                    cancel.now();
                }
            };
            let settings = settings(ask, &chosen, cancel.clone());
            let parameters = BTreeMap::new();
            let request = request(ask, &parameters);
            let model = chosen.model.as_ref();
            let drafted = self.runtime.draft_with(model, &request, revise(ask), &settings, &mut on);
            let drafted = drafted.map_err(|error| why(&error))?;
            Ok(answer(drafted))
        });
        self.asked.over(number);
        let result = result.unwrap_or_else(|why| Err(Failure { why, ..Failure::default() }));
        self.tell(News::ModelEnded { number, result });
    }

    fn model_of(&self, ask: &Ask) -> Result<ChosenModel, String> {
        let choice = ModelChoice { model: Some(ask.model.clone()), ..ModelChoice::default() };
        self.runtime.model(&choice).map_err(|error| why(&error))
    }
}

/// So many bytes of reasoning are told at a time.
const THOUGHT: usize = 1_000;

fn row(listed: &ListedModel) -> ModelRow {
    let config = &listed.config;
    let address = Address::parse(&config.base_url);
    let here = address.as_ref().is_ok_and(Address::is_loopback);
    let shown = address.as_ref().map_or("an address that cannot be read", Address::as_str);
    ModelRow {
        name: config.id.to_string(),
        endpoint: format!("{} at {shown}", config.model),
        reach: if here { Reach::Here } else { Reach::Away },
        lacks: listed.endpoint.as_ref().err().map(|error| why(error)),
        within: WITHIN,
    }
}

fn settings(ask: &Ask, chosen: &ChosenModel, cancel: Cancel) -> Settings {
    Settings { deadline: ask.within, cancel, ..chosen.settings() }
}

fn request<'a>(ask: &'a Ask, parameters: &'a BTreeMap<String, String>) -> Request<'a> {
    let of_plan = ask.plan.scope.as_ref().and_then(|scope| scope.assets.first());
    Request {
        inventory: &ask.inventory,
        incident: ask.incident.as_deref(),
        asset: of_plan.filter(|_| ask.incident.is_none()).map(Id::as_str),
        scenario: None,
        kind: ask.plan.kind,
        parameters,
        now: ask.at,
        library: &ask.library,
        runbook: ask.runbook.as_deref(),
    }
}

fn revise(ask: &Ask) -> Option<Revise<'_>> {
    ask.revision.as_ref().map(|revision| Revise {
        plan: &ask.plan,
        comment: Some(revision.comment.as_str()).filter(|comment| !comment.is_empty()),
        findings: &revision.findings,
        failed: &revision.failed,
    })
}

/// Splits a request into what is told by whom, to be read, and its bytes as they are.
fn parts(text: String) -> Vec<(String, String)> {
    let body: serde_json::Value = serde_json::from_str(&text).unwrap_or_default();
    let messages = body.get("messages").and_then(serde_json::Value::as_array);
    let part = |message: &serde_json::Value| {
        let of = |name: &str| Some(message.get(name)?.as_str()?.to_owned());
        Some((of("role")?, of("content")?))
    };
    let mut parts: Vec<(String, String)> =
        messages.into_iter().flatten().filter_map(part).collect();
    parts.push(("the whole request, byte by byte".to_owned(), text));
    parts
}

/// Returns what came of it: a draft of the model's, also where it keeps everything; or why there is none.
fn answer(drafted: ModelDrafted) -> Result<Box<ModelAnswer>, Failure> {
    let early = drafted.end.as_ref().map(said);
    let counted = drafted.usage;
    let cost = drafted.cost.map(|cost| cost.to_string());
    let usage = counted.map(|usage| Usage {
        sent: usage.prompt,
        received: usage.reply,
        cached: usage.cached,
    });
    let draft = drafted.draft;
    let none = match draft.drafter {
        Drafter::Template => early.clone().or_else(|| draft.why_template.clone()),
        Drafter::Model => None,
    };
    match none {
        Some(why) => Err(Failure { why, rejected: draft.rejected, usage, cost }),
        None => Ok(Box::new(ModelAnswer { draft, usage, cost, took: drafted.took, early })),
    }
}

/// Returns why a dialogue ended early, with what the operator may do.
fn said(end: &DialogueEnd) -> String {
    let advice = match end {
        DialogueEnd::Model(error) => ModelError::advice(error),
        DialogueEnd::Log(_) | DialogueEnd::Prompt(_) => None,
    };
    let advice = advice.map_or(String::new(), |advice| format!("; {advice}"));
    format!("{}{advice}", why(end))
}
