//! `draft` with a model: its options, what is shown while it answers, and how its draft is printed.

use std::path::PathBuf;

use serde_json::{Value as Json, json};

use super::choice::{ModelArgs, refusal};
use super::output::Output;
use super::{CommandError, Exit};
use crate::base::{Period, escape};
use crate::draft::Request;
use crate::draft::dialogue::{FailedStep, Instead, Rejected, Revise};
use crate::evidence::Finding;
use crate::flow::dialogue::Progress;
use crate::plan::Plan;
use crate::runtime::{
    DraftingError, Mode, Model, ModelDrafted, Pace, Recorded, Runtime, Settings, Source,
};

/// How a model drafts
#[derive(Debug, clap::Args)]
pub struct ModelDraftArgs {
    #[command(flatten)]
    pub choice: ModelArgs,
    /// Answer from recorded replies: N.prompt.txt and N.reply.txt
    #[arg(long, value_name = "DIR", conflicts_with = "model")]
    replies: Option<PathBuf>,
    /// Write a prompt that has no recorded reply into the directory of --replies
    #[arg(long, requires = "replies")]
    record: bool,
    /// The longest time the whole dialogue may take
    #[arg(long, value_name = "TIME", default_value = "120s", value_parser = Period::parse)]
    deadline: Period,
    /// Draft from runbooks alone
    #[arg(long, conflicts_with_all = ["model", "replies", "preview", "require_model", "revise"])]
    offline: bool,
    /// Print exactly what would be sent first, and send nothing
    #[arg(long)]
    pub preview: bool,
    /// End with code 11 where the model gives no plan that can be used
    #[arg(long)]
    pub require_model: bool,
    /// Revise this plan: a file, or the name of a kept plan
    #[arg(long, value_name = "PLAN")]
    pub revise: Option<PathBuf>,
    /// What to change in it; findings and failed steps of its last dry run are told anyway
    #[arg(long, value_name = "TEXT", requires = "revise")]
    pub comment: Option<String>,
}

/// A plan to revise, with what speaks against it.
#[derive(Debug)]
pub struct Revision {
    /// The plan.
    pub plan: Plan,
    /// What the checker says of it.
    pub findings: Vec<Finding>,
    /// The steps that failed in its last dry run.
    pub failed: Vec<FailedStep>,
}

/// A model with the way it is led.
pub struct Led {
    /// The model.
    pub model: Box<dyn Model>,
    /// How it is led.
    pub settings: Settings,
}

impl std::fmt::Debug for Led {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Led").field("settings", &self.settings).finish_non_exhaustive()
    }
}

impl ModelDraftArgs {
    /// Tells whether a model is asked.
    pub fn is_given(&self) -> bool {
        self.choice.is_given()
            || self.replies.is_some()
            || self.preview
            || self.revise.is_some()
            || self.require_model
    }

    /// Tells whether the replies are recorded ones.
    pub fn is_recorded(&self) -> bool {
        self.replies.is_some()
    }

    /// Returns the model, and how it is led.
    pub fn lead(&self, runtime: &Runtime, output: &mut Output) -> Result<Led, CommandError> {
        let deadline = self.deadline.duration();
        if let Some(directory) = &self.replies {
            let mode = if self.record { Mode::Record } else { Mode::Replay };
            let name = directory.file_name().map(|name| name.to_string_lossy().into_owned());
            let source = Source::Directory(directory.clone());
            let recorded = Recorded::new(name.unwrap_or_default(), source, mode, Pace::default());
            let settings = Settings { deadline, ..Settings::default() };
            return Ok(Led { model: Box::new(recorded), settings });
        }
        let chosen =
            runtime.model(&self.choice.clone().choice()).map_err(|error| refusal(error, output))?;
        let settings = Settings { deadline, ..chosen.settings() };
        Ok(Led { model: chosen.model, settings })
    }
}

impl Revision {
    /// Returns the revision as the drafter takes it.
    pub fn asked<'a>(&'a self, comment: Option<&'a str>) -> Revise<'a> {
        Revise { plan: &self.plan, comment, findings: &self.findings, failed: &self.failed }
    }
}

/// Prints exactly what would be sent.
pub fn preview(
    led: &Led,
    runtime: &Runtime,
    request: &Request<'_>,
    revise: Option<Revise<'_>>,
    output: &mut Output,
) -> Result<Exit, CommandError> {
    let preview = runtime.preview(&*led.model, request, revise, &led.settings).map_err(
        |error| match error {
            DraftingError::Draft(error) => CommandError::caused(Exit::Input, &error),
            DraftingError::Prompt(error) => CommandError::caused(Exit::Input, &error),
        },
    )?;
    if output.is_json() {
        output.object(&json!({
            "schema": "blackstart/preview/v1", "model": led.model.name(), "bytes": preview.text.len(),
            "replaced": preview.replaced.iter().cloned().collect::<std::collections::BTreeMap<_, _>>(), "text": preview.text,
        }))?;
    } else {
        output.data(&escape::terminal(&preview.text))?;
        let replaced: Vec<String> = preview
            .replaced
            .iter()
            .map(|(kind, count)| format!("{count} {}", kind.to_lowercase()))
            .collect();
        let replaced = if replaced.is_empty() { "nothing".to_owned() } else { replaced.join(", ") };
        output.note(&format!(
            "\n{} bytes would go to {}; replaced: {replaced}; nothing was sent",
            preview.text.len(),
            escape::one_line(&led.model.name())
        ));
    }
    Ok(Exit::Ok)
}

/// Drafts with a model, and shows on standard error what happens.
pub fn draft(
    led: &Led,
    runtime: &Runtime,
    request: &Request<'_>,
    revise: Option<Revise<'_>>,
    output: &mut Output,
) -> Result<ModelDrafted, CommandError> {
    let name = escape::one_line(&led.model.name());
    let mut tell = |progress: Progress| match progress {
        Progress::Asking { round, of, bytes, replaced } => {
            output.note(&format!("asking {name}, question {round} of at most {of}: {bytes} bytes, {replaced} names replaced"));
        }
        Progress::Thinking(bytes) => {
            output.progress(&format!("{name} is thinking ({bytes} bytes)"))
        }
        Progress::Waiting(seconds) => output.progress(&format!("{name} asks to wait {seconds} s")),
        Progress::Step(step) => {
            output.progress_done();
            let kept = if step.keep { " (as in the runbook)" } else { "" };
            output.note(&format!(
                "  {}: {}{kept}",
                escape::one_line(&step.id),
                escape::one_line(&step.title)
            ));
        }
        Progress::Again(why) => {
            output.progress_done();
            output.note(&format!("the reply starts again: {}", escape::one_line(&why)));
        }
        Progress::Judging => output.progress("checking the reply"),
        Progress::Unusable(why) => {
            output.progress_done();
            output.note(&format!("not usable: {}", escape::one_line(&why)));
        }
    };
    let made = runtime.draft_with(&*led.model, request, revise, &led.settings, &mut tell);
    output.progress_done();
    made.map_err(|error| CommandError::caused(Exit::Input, &error))
}

/// Says on standard error what a person should know of how the plan came about.
pub fn told(made: &ModelDrafted, output: &mut Output) {
    for one in &made.draft.rejected {
        output.note(&format!(
            "rejected {}: {}; {}",
            escape::one_line(&one.step),
            reasons(one).join("; "),
            instead(one)
        ));
    }
    for note in &made.draft.notes {
        output.note(&format!("note: {}", escape::one_line(note)));
    }
    if let Some(usage) = made.usage {
        let cost = made.cost.as_ref().map(|cost| format!(", {cost}")).unwrap_or_default();
        output.note(&format!(
            "used {} tokens of prompt and {} of reply in {} requests{cost}",
            usage.prompt, usage.reply, made.requests
        ));
    }
    if let Some(summary) = made.draft.summary.as_ref() {
        output.note(&format!("the model says: {}", escape::one_line(summary)));
    }
}

/// Says on standard error, whatever was asked for, why the model's plan is not what comes back.
pub fn warned(made: &ModelDrafted, output: &mut Output) {
    if let Some(why) = &made.draft.why_template {
        output.warn(&format!(
            "the model gave no plan, this is the template's: {}",
            escape::one_line(why)
        ));
    } else if let Some(end) = &made.end {
        output.warn(&format!("the dialogue ended early: {}", escape::one_line(&end.to_string())));
    }
}

/// Returns what stands in the place of a rejected step.
pub fn instead(one: &Rejected) -> String {
    match &one.instead {
        Instead::Template(id) => format!("the runbook's {id} stands"),
        Instead::Manual(id) => format!("{id} is a decision for a person"),
        Instead::LeftOut => "left out".to_owned(),
    }
}

fn reasons(one: &Rejected) -> Vec<String> {
    one.reasons
        .iter()
        .map(|reason| {
            let code = reason.code.as_deref().unwrap_or(reason.ground.word());
            format!("{code}: {}", escape::one_line(&reason.why))
        })
        .collect()
}

/// Returns the rejected steps as JSON.
pub fn rejected(made: &ModelDrafted) -> Json {
    let one = |one: &Rejected| {
        let (instead, step) = match &one.instead {
            Instead::Template(id) => ("template", Some(id)),
            Instead::Manual(id) => ("manual", Some(id)),
            Instead::LeftOut => ("left-out", None),
        };
        let reasons: Vec<Json> = one
            .reasons
            .iter()
            .map(|reason| {
                json!({
                    "ground": reason.ground.word(), "code": reason.code, "part": reason.part.word(), "line": reason.line,
                    "why": reason.why, "fix": reason.fix,
                })
            })
            .collect();
        json!({
            "step": one.step, "title": one.title, "reasons": reasons, "instead": instead, "instead_step": step,
            "text": one.text,
        })
    };
    made.draft.rejected.iter().map(one).collect()
}

/// Returns what the model used as JSON; null where the endpoint does not count.
pub fn usage(made: &ModelDrafted) -> Json {
    let tokens = made
        .usage
        .map(|usage| json!({"prompt": usage.prompt, "reply": usage.reply, "cached": usage.cached}));
    let cost =
        made.cost.as_ref().map(|cost| json!({"amount": cost.amount, "currency": cost.currency}));
    json!({
        "requests": made.requests, "tokens": tokens, "cost": cost, "milliseconds": made.took.as_millis() as u64,
    })
}
