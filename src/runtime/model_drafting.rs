//! Drafting with a model: the template first, then the dialogue, each candidate checked, and always a plan at the end.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use super::rule_notes::rule_notes;
use super::{Runtime, RuntimeError};
use crate::base::{Digest, Timestamp};
use crate::check::{self, Checked};
use crate::draft::dialogue::{
    Ask, Budget, Dialogue, Drafter, End, Heard, Language, ModelDraft, Next, Prompts, ROUNDS,
    Revise, ShownStep, pseudonyms,
};
use crate::draft::{Draft, DraftError, Request, draft};
use crate::evidence::Event;
use crate::incident::Incident;
use crate::llm::{Cancel, Cost, Limits, Model, ModelError, Piece, Price, Rung, Usage, cost};
use crate::plan::Plan;
use crate::template::TemplateError;

/// How a dialogue is led.
#[derive(Debug, Clone)]
pub struct Settings {
    /// How long all of it may take.
    pub deadline: Duration,
    /// The most bytes of one reply.
    pub bytes: usize,
    /// Ends it at once.
    pub cancel: Cancel,
    /// How much may be sent and answered.
    pub budget: Budget,
    /// The language of the operator; by default that of the incident.
    pub language: Option<Language>,
    /// What the model costs, where it is known.
    pub price: Option<Price>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            deadline: Duration::from_secs(120),
            bytes: 4 << 20,
            cancel: Cancel::default(),
            budget: Budget::default(),
            language: None,
            price: None,
        }
    }
}

/// How far a dialogue has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Drafting {
    /// A prompt leaves.
    Asking {
        /// Which, from 1.
        round: u32,
        /// The most there can be.
        of: u32,
        /// Size of what leaves.
        bytes: usize,
        /// How many different names and secrets were replaced in it.
        replaced: usize,
    },
    /// The model is at work and shows nothing; so many bytes of reasoning were seen.
    Thinking(usize),
    /// The endpoint asked to wait.
    Waiting(Duration),
    /// A step is complete; nothing of it is checked.
    Step(ShownStep),
    /// The reply starts again from nothing.
    Again {
        /// Why.
        why: String,
    },
    /// The reply has ended and is checked.
    Judging,
    /// The reply could not be used.
    Unusable {
        /// Why.
        why: String,
    },
}

/// Why a dialogue ended before it was finished.
#[derive(Debug, thiserror::Error)]
pub enum DialogueEnd {
    /// The model gave no reply.
    #[error(transparent)]
    Model(#[from] ModelError),
    /// What leaves could not be written to the log, so nothing left.
    #[error("what would leave cannot be recorded: {0}")]
    Log(#[source] RuntimeError),
    /// A prompt of the user's own cannot be rendered.
    #[error(transparent)]
    Prompt(#[from] TemplateError),
}

/// What came of a dialogue: always a plan that can be used.
#[derive(Debug)]
pub struct ModelDrafted {
    /// The draft; the template's own where the model gave nothing that can be used.
    pub draft: ModelDraft,
    /// What the template drafter made.
    pub template: Draft,
    /// What the checker says of the plan.
    pub checked: Checked,
    /// Tokens of all replies together, where the endpoint counts them.
    pub usage: Option<Usage>,
    /// What they cost, where tokens and price are known.
    pub cost: Option<Cost>,
    /// How many requests it took.
    pub requests: u32,
    /// How the form of the last reply was asked for.
    pub rung: Option<Rung>,
    /// How long it took.
    pub took: Duration,
    /// Why it ended early, where it did.
    pub end: Option<DialogueEnd>,
}

impl Runtime {
    /// Drafts with a model, or revises a plan. The template draft is made first and is what comes back whatever happens to
    /// the model; fails only where no template can be made either.
    pub fn draft_with(
        &self,
        model: &dyn Model,
        request: &Request<'_>,
        revise: Option<Revise<'_>>,
        settings: &Settings,
        on: &mut dyn FnMut(Drafting),
    ) -> Result<ModelDrafted, DraftError> {
        let began = Instant::now();
        let template = draft(request)?;
        let start = revise.as_ref().map_or(&template.plan, |revise| revise.plan).clone();
        let baseline = self.checked(&start, request);
        let prompts = self.prompts();
        let name = model.name();
        let rules = rule_notes(&start);
        let ask = Ask {
            request,
            template: &template,
            revise,
            language: settings.language,
            budget: settings.budget,
            rules: &rules,
            baseline: &baseline.findings,
            prompts: &prompts,
            model: &name,
        };
        let mut lead = Lead {
            runtime: self,
            model,
            request,
            settings,
            limits: Limits {
                deadline: began + settings.deadline,
                bytes: settings.bytes,
                cancel: settings.cancel.clone(),
            },
            usage: None,
            requests: 0,
            rung: None,
            remarks: vec![],
        };
        let (mut draft, end) = match Dialogue::open(ask) {
            Ok(mut dialogue) => {
                let end = lead.all(&mut dialogue, on).err();
                let mut draft = dialogue.finish();
                if draft.drafter == Drafter::Template
                    && let Some(end) = &end
                {
                    draft.why_template = Some(end.to_string());
                }
                (draft, end)
            }
            Err(error) => (untouched(&template, &start, &error), Some(error.into())),
        };
        let checked =
            if draft.plan == start { baseline } else { self.checked(&draft.plan, request) };
        let Lead { usage, requests, rung, remarks, .. } = lead;
        draft.notes.extend(remarks);
        Ok(ModelDrafted {
            draft,
            checked,
            cost: usage.zip(settings.price.as_ref()).map(|(usage, price)| cost(usage, price)),
            usage,
            requests,
            rung,
            took: began.elapsed(),
            end,
            template,
        })
    }

    /// Returns exactly what would be sent first; nothing is sent, and nothing recorded.
    pub fn preview(
        &self,
        model: &dyn Model,
        request: &Request<'_>,
        revise: Option<Revise<'_>>,
        settings: &Settings,
    ) -> Result<Preview, DraftingError> {
        let template = draft(request)?;
        let start = revise.as_ref().map_or(&template.plan, |revise| revise.plan).clone();
        let baseline = self.checked(&start, request);
        let (prompts, rules, name) = (self.prompts(), rule_notes(&start), model.name());
        let dialogue = Dialogue::open(Ask {
            request,
            template: &template,
            revise,
            language: settings.language,
            budget: settings.budget,
            rules: &rules,
            baseline: &baseline.findings,
            prompts: &prompts,
            model: &name,
        })?;
        let replaced = pseudonyms(dialogue.prompt());
        Ok(Preview {
            text: model.preview(dialogue.prompt()),
            replaced: replaced.into_iter().collect(),
        })
    }

    /// Checks a candidate as every plan is checked, without keeping the result.
    fn checked(&self, plan: &Plan, request: &Request<'_>) -> Checked {
        check::plan(plan, Some(request.inventory), &self.facts(plan, Some(request.inventory)))
    }

    /// Returns the prompts of the program, overridden by those of the user's own directory.
    pub fn prompts(&self) -> Prompts {
        Prompts::new(super::drafting::texts(super::place::prompt_directory()))
    }
}

/// Exactly what would be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Preview {
    /// The body of the request.
    pub text: String,
    /// How many different pseudonyms it holds, by kind.
    pub replaced: Vec<(String, u64)>,
}

/// Why there is no preview.
#[derive(Debug, thiserror::Error)]
pub enum DraftingError {
    /// There is no template draft to start from.
    #[error(transparent)]
    Draft(#[from] DraftError),
    /// A prompt of the user's own cannot be rendered.
    #[error(transparent)]
    Prompt(#[from] TemplateError),
}

/// Returns the instant at which a recorded exchange takes place: that of the incident, so that a prompt does not change with
/// the day.
pub fn recorded_instant(incident: Option<&Incident>) -> Timestamp {
    let noticed = incident.and_then(|incident| incident.detected_at.or(incident.damage_at));
    noticed.unwrap_or(Timestamp::UNIX_EPOCH)
}

struct Lead<'a> {
    runtime: &'a Runtime,
    model: &'a dyn Model,
    request: &'a Request<'a>,
    settings: &'a Settings,
    limits: Limits,
    usage: Option<Usage>,
    requests: u32,
    rung: Option<Rung>,
    remarks: Vec<String>,
}

impl Lead<'_> {
    /// Asks and judges until the dialogue is done. An error ends the asking; what was accepted before it stays.
    fn all(
        &mut self,
        dialogue: &mut Dialogue<'_>,
        on: &mut dyn FnMut(Drafting),
    ) -> Result<(), DialogueEnd> {
        loop {
            let asked = self.once(dialogue, on);
            on(Drafting::Judging);
            let mut next = match &asked {
                Ok(Heard::Candidate) => Next::Check,
                Ok(Heard::Unusable { why }) => {
                    on(Drafting::Unusable { why: why.clone() });
                    dialogue.judge(&[], &[])
                }
                Err(_) => dialogue.give_up(),
            };
            while next == Next::Check
                && let Some(candidate) = dialogue.candidate()
            {
                let checked = self.runtime.checked(candidate, self.request);
                next = dialogue.judge(&checked.findings, &checked.steps);
            }
            asked?;
            if next != Next::Ask {
                return Ok(());
            }
        }
    }

    fn once(
        &mut self,
        dialogue: &mut Dialogue<'_>,
        on: &mut dyn FnMut(Drafting),
    ) -> Result<Heard, DialogueEnd> {
        let prompt = dialogue.prompt().clone();
        let round = dialogue.rounds() + 1;
        let bytes = self.model.preview(&prompt);
        let replaced = pseudonyms(&prompt);
        let names = replaced.values().sum::<u64>();
        on(Drafting::Asking {
            round,
            of: ROUNDS,
            bytes: bytes.len(),
            replaced: usize::try_from(names).unwrap_or(usize::MAX),
        });
        if self.settings.cancel.is_set() {
            return Err(ModelError::Cancelled.into());
        }
        let mut sent = Digest::of(bytes.as_bytes());
        self.record(round, &bytes, &replaced)?;
        let mut unrecorded = None;
        let answered = self.model.ask(&prompt, &self.limits, &mut |piece| match piece {
            Piece::Text(text) => {
                for step in dialogue.hear(text) {
                    on(Drafting::Step(step));
                }
            }
            Piece::Again { why } => {
                dialogue.again();
                on(Drafting::Again { why: why.to_owned() });
                // A lower rung sends other bytes: they are on record before they leave, or do not leave.
                let bytes = self.model.preview(&prompt);
                let digest = Digest::of(bytes.as_bytes());
                if std::mem::replace(&mut sent, digest) != digest
                    && let Err(error) = self.record(round, &bytes, &replaced)
                {
                    unrecorded = Some(error);
                    self.limits.cancel.now();
                }
            }
            Piece::Thinking(bytes) => on(Drafting::Thinking(bytes)),
            Piece::Waiting { time } => on(Drafting::Waiting(time)),
        });
        if let Some(error) = unrecorded {
            return Err(error);
        }
        let answered = answered?;
        self.remarks.extend(answered.remark);
        self.requests += answered.requests;
        self.rung = answered.rung.or(self.rung);
        if let Some(usage) = answered.usage {
            let sum = self.usage.unwrap_or_default();
            self.usage = Some(Usage {
                prompt: sum.prompt.saturating_add(usage.prompt),
                reply: sum.reply.saturating_add(usage.reply),
                cached: sum.cached.saturating_add(usage.cached),
            });
        }
        let was_complete = answered.reply.end == End::Complete;
        let heard = dialogue.answer(answered.reply);
        if was_complete && matches!(heard, Heard::Unusable { .. }) {
            self.model.ask_lower();
        }
        Ok(heard)
    }
}

impl Lead<'_> {
    /// Writes down what is about to leave: how much, its digest, and how many names of which kind were replaced in it.
    fn record(
        &self,
        round: u32,
        bytes: &str,
        replaced: &BTreeMap<String, u64>,
    ) -> Result<(), DialogueEnd> {
        let event = Event::ModelAsked {
            model: self.model.name(),
            round,
            bytes: bytes.len() as u64,
            digest: Digest::of(bytes.as_bytes()),
            replaced: replaced.clone(),
        };
        let recorded = self.runtime.store().record(self.runtime.now(), None, None, &event);
        recorded.map(drop).map_err(|error| DialogueEnd::Log(error.into()))
    }
}

/// Returns the starting plan as the result of a dialogue that could not be opened.
fn untouched(template: &Draft, start: &Plan, error: &TemplateError) -> ModelDraft {
    ModelDraft {
        plan: start.clone(),
        drafter: Drafter::Template,
        rounds: 0,
        rejected: vec![],
        put_back: vec![],
        questions: template.questions.clone(),
        notes: vec![],
        summary: None,
        why_template: Some(error.to_string()),
        estimate: template.estimate.clone(),
    }
}
