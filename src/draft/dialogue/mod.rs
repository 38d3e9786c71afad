//! Drafts with a model: what it is asked, what of its answer is believed, and what is sent back.
//!
//! A [`Dialogue`] is opened over a starting plan. It gives a [`Prompt`], takes the [`Reply`], and assembles a candidate from
//! what can be believed of it; whoever drives it has the candidate checked and tells it the findings. The dialogue never does
//! input or output, so every draft can be made again from its replies.

mod accept;
mod assemble;
mod boundary;
mod budget;
mod claims;
mod compose;
mod drive;
mod ending;
mod exchange;
mod extract;
mod failed;
mod ground;
mod guards;
mod known;
mod judging;
mod language;
mod names;
mod prompts;
mod prose;
mod rejected;
mod reply;
mod restore;
mod schema;
mod stream;
mod told;
mod written;

pub use budget::{Budget, tokens};
pub use drive::{Dialogue, Heard, Next, ROUNDS};
pub use exchange::{End, Message, Prompt, Reply, Role};
pub use failed::failed_steps;
pub use guards::{Freedom, freedom};
pub use known::known;
pub use language::Language;
pub use prompts::Prompts;
pub use rejected::{Ground, Instead, Reason, Rejected};

use std::collections::BTreeMap;

use super::{Draft, Request};
use crate::base::Id;
use crate::estimate::Estimate;
use crate::evidence::{Finding, Outcome};
use crate::plan::{Plan, StepKind};

/// Returns how many different pseudonyms a prompt holds, by the word of their kind.
pub fn pseudonyms(prompt: &Prompt) -> BTreeMap<String, u64> {
    let mut names: Vec<&str> = prompt
        .messages
        .iter()
        .flat_map(|message| restore::pseudonyms(message.text.as_str()))
        .collect();
    names.sort_unstable();
    names.dedup();
    let mut counts = BTreeMap::new();
    for name in names {
        let kind = name.trim_start_matches('<').rsplit_once('_').map_or(name, |(kind, _)| kind);
        *counts.entry(kind.to_owned()).or_insert(0) += 1;
    }
    counts
}

/// Who drafted a step, in its provenance.
pub const MODEL: &str = "model";

/// What a model is asked for, and with what.
#[derive(Debug, Clone)]
pub struct Ask<'a> {
    /// What is asked of every drafter.
    pub request: &'a Request<'a>,
    /// What the template drafter made of it.
    pub template: &'a Draft,
    /// A plan to revise in its place.
    pub revise: Option<Revise<'a>>,
    /// The language of the operator; by default that of the incident's text.
    pub language: Option<Language>,
    /// How much may be sent and answered.
    pub budget: Budget,
    /// The rules that matter for the tools of the starting plan.
    pub rules: &'a [RuleNote],
    /// What the checker says of the starting plan: it is not the model's fault.
    pub baseline: &'a [Finding],
    /// The templates of the prompts.
    pub prompts: &'a Prompts,
    /// What the model is called, for the provenance of its steps.
    pub model: &'a str,
}

/// A plan to revise, and why. What a dry run printed or changed is never among it.
#[derive(Debug, Clone)]
pub struct Revise<'a> {
    /// The plan.
    pub plan: &'a Plan,
    /// What a reviewer wrote.
    pub comment: Option<&'a str>,
    /// What the checker says of it.
    pub findings: &'a [Finding],
    /// The steps that failed in a dry run.
    pub failed: &'a [FailedStep],
}

/// A step that failed in a dry run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FailedStep {
    /// The step.
    pub step: String,
    /// How it ended.
    pub outcome: Outcome,
    /// Its exit code, where it had one.
    pub exit_code: Option<i32>,
    /// The names of what it was denied: hosts, commands, paths.
    pub denied: Vec<String>,
}

/// A rule of the checker, as a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleNote {
    /// Its code.
    pub code: String,
    /// What it looks for.
    pub summary: String,
    /// Why it matters.
    pub why: String,
    /// A script that is right.
    pub good: Option<String>,
}

/// A step shown while the reply arrives: nothing of it is checked, and it may never be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShownStep {
    /// Its id.
    pub id: String,
    /// Its title.
    pub title: String,
    /// Its kind, where it is one.
    pub kind: Option<StepKind>,
    /// Where it would run.
    pub host: Option<String>,
    /// The step of the starting plan it stands for.
    pub based_on: Option<String>,
    /// Whether it keeps that step's commands.
    pub keep: bool,
    /// What it would run; untrusted text.
    pub run: Option<String>,
}

/// What came of it all.
#[derive(Debug, Clone)]
pub struct ModelDraft {
    /// The plan: it reads back as it is written, and every step of a model in it was accepted.
    pub plan: Plan,
    /// Whose plan it is.
    pub drafter: Drafter,
    /// How often the model answered.
    pub rounds: u32,
    /// What was not used as it was written.
    pub rejected: Vec<Rejected>,
    /// Steps of the starting plan that the model left out and code put back.
    pub put_back: Vec<Id>,
    /// What a person should answer.
    pub questions: Vec<String>,
    /// What was changed in what was used, and what was cut from the prompt.
    pub notes: Vec<String>,
    /// What the model says of its plan.
    pub summary: Option<String>,
    /// Why the starting plan stands as it was, where it does.
    pub why_template: Option<String>,
    /// What it will cost.
    pub estimate: Estimate,
}

/// Whose plan it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Drafter {
    /// The starting plan, as it was.
    Template,
    /// Something of it is a model's.
    Model,
}

impl Drafter {
    /// Returns the word used in documents.
    pub fn word(self) -> &'static str {
        match self {
            Self::Template => "template",
            Self::Model => MODEL,
        }
    }
}

impl Revise<'_> {
    /// Returns what speaks against the plan, for the model: findings and outcomes, never output.
    fn told(&self) -> String {
        let mut text = String::new();
        for finding in self.findings {
            let step = finding.step.as_ref().map_or("the plan", |step| step.as_str());
            text.push_str(&format!("- {step}: {} {}\n", finding.rule, finding.message));
            if let Some(fix) = &finding.fix {
                text.push_str(&format!("  instead: {fix}\n"));
            }
        }
        for failed in self.failed {
            let code =
                failed.exit_code.map(|code| format!(" with exit code {code}")).unwrap_or_default();
            text.push_str(&format!(
                "- {}: {} in the dry run{code}\n",
                failed.step,
                failed.outcome.word()
            ));
            if !failed.denied.is_empty() {
                text.push_str(&format!("  denied: {}\n", failed.denied.join(", ")));
            }
        }
        if text.is_empty() && self.comment.is_some() {
            text.push_str("The reviewer's comment below.\n");
        }
        text
    }
}
