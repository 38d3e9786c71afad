//! Drafting with a model: the template first, then the dialogue, each candidate checked, and always a plan at the end.

use std::time::{Duration, Instant};

use super::leading::Lead;
use super::rule_notes::rule_notes;
use super::{Runtime, RuntimeError};
use crate::base::Timestamp;
use crate::check::{self, Checked};
use crate::draft::dialogue::{
    Ask, Budget, Dialogue, Drafter, Language, ModelDraft, Prompts, Revise, RuleNote, pseudonyms,
};
use crate::draft::{Draft, DraftError, Request, draft};
use crate::flow::dialogue::Progress;
use crate::incident::Incident;
use crate::llm::{Cancel, Cost, Limits, Model, ModelError, Price, Rung, Usage, cost};
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
        on: &mut dyn FnMut(Progress),
    ) -> Result<ModelDrafted, DraftError> {
        let began = Instant::now();
        let start = Start::of(self, model, request, revise)?;
        let limits = Limits {
            deadline: began + settings.deadline,
            bytes: settings.bytes,
            cancel: settings.cancel.clone(),
        };
        let mut lead = Lead::new(self, model, request, limits);
        let (mut draft, end) = match Dialogue::open(start.ask(settings)) {
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
            Err(error) => (start.untouched(&error), Some(error.into())),
        };
        let is_untouched = draft.plan == *start.plan();
        let Start { template, baseline, .. } = start;
        let checked = if is_untouched { baseline } else { self.checked(&draft.plan, request) };
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
        let start = Start::of(self, model, request, revise)?;
        let dialogue = Dialogue::open(start.ask(settings))?;
        let replaced = pseudonyms(dialogue.prompt());
        Ok(Preview {
            text: model.preview(dialogue.prompt()),
            replaced: replaced.into_iter().collect(),
        })
    }

    /// Checks a candidate as every plan is checked, without keeping the result.
    pub(super) fn checked(&self, plan: &Plan, request: &Request<'_>) -> Checked {
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

/// What a dialogue starts from.
struct Start<'a> {
    request: &'a Request<'a>,
    revise: Option<Revise<'a>>,
    template: Draft,
    baseline: Checked,
    rules: Vec<RuleNote>,
    prompts: Prompts,
    model: String,
}

impl<'a> Start<'a> {
    fn of(
        runtime: &Runtime,
        model: &dyn Model,
        request: &'a Request<'a>,
        revise: Option<Revise<'a>>,
    ) -> Result<Self, DraftError> {
        let template = draft(request)?;
        let plan = revise.as_ref().map_or(&template.plan, |revise| revise.plan);
        Ok(Self {
            baseline: runtime.checked(plan, request),
            rules: rule_notes(plan),
            prompts: runtime.prompts(),
            model: model.name(),
            request,
            revise,
            template,
        })
    }

    /// Returns the plan the model starts from.
    fn plan(&self) -> &Plan {
        self.revise.as_ref().map_or(&self.template.plan, |revise| revise.plan)
    }

    fn ask(&self, settings: &Settings) -> Ask<'_> {
        Ask {
            request: self.request,
            template: &self.template,
            revise: self.revise.clone(),
            language: settings.language,
            budget: settings.budget,
            rules: &self.rules,
            baseline: &self.baseline.findings,
            prompts: &self.prompts,
            model: &self.model,
        }
    }

    /// Returns the starting plan as the result of a dialogue that could not be opened.
    fn untouched(&self, error: &TemplateError) -> ModelDraft {
        ModelDraft {
            plan: self.plan().clone(),
            drafter: Drafter::Template,
            rounds: 0,
            rejected: vec![],
            put_back: vec![],
            questions: self.template.questions.clone(),
            notes: vec![],
            summary: None,
            why_template: Some(error.to_string()),
            estimate: self.template.estimate.clone(),
        }
    }
}
