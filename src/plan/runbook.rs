//! Runbooks, `schema: blackstart/runbook/v1`: parametric plans for a kind of asset and a scenario.
//!
//! A runbook is valid YAML first; every string leaf is a template that is rendered afterwards, so a
//! value can never change the structure of the document.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::words::{ApprovalNeed, Kind, OnFailure, Phase, Resume, StepKind};
use crate::base::document::{self, Read};
use crate::base::{AssetKind, Id, Problem, Risk};

/// The tag in the first line of a runbook.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Tag {
    /// Version 1.
    #[serde(rename = "blackstart/runbook/v1")]
    V1,
}

/// A parametric plan.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Runbook {
    /// The format of this file.
    pub schema: Tag,
    /// Name of the runbook.
    pub id: Id,
    /// Whether it makes copies or recovers from them.
    pub kind: Kind,
    /// Title of the plan it makes; a template.
    pub title: String,
    /// What it answers to.
    #[serde(rename = "match")]
    pub matches: Match,
    /// The runbooks whose plans its steps join, each by the start of its id, like `postgres-`. One that joins others
    /// makes no plan of its own.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub joins: Vec<String>,
    /// When to use it, for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub use_when: Option<String>,
    /// When to use another one, for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_for: Option<String>,
    /// What it takes for granted; templates.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub assumptions: Vec<String>,
    /// Values the steps use.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub parameters: Vec<Parameter>,
    /// Who does what; templates.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub roles: BTreeMap<String, String>,
    /// The steps.
    pub steps: Vec<StepTemplate>,
}

/// What a runbook answers to.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Match {
    /// Kinds of assets; empty means any.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub kinds: Vec<AssetKind>,
    /// Kinds of disaster it answers to, or incidents with one of its words; empty means any.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub scenarios: Vec<String>,
    /// Tools of the copy it works with, like `tar`, `tar:incremental`, or `:snapshot` for any tool; empty means any.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tools: Vec<String>,
    /// Words of the incident that speak for it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub words: Vec<String>,
}

/// A value the steps of a runbook use.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Parameter {
    /// Name in the templates.
    pub name: Id,
    /// What it must be.
    #[serde(rename = "type")]
    pub of: ParameterType,
    /// Where it comes from when nobody says otherwise; a template over the inventory's facts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default: Option<String>,
    /// What it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub help: Option<String>,
    /// Whether it may be left empty; templates then see an empty text.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub optional: bool,
}

/// What a parameter must be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ParameterType {
    /// Any text.
    Text,
    /// An absolute path without `..`.
    Path,
    /// An id.
    Id,
    /// A whole number.
    Number,
    /// A size, given to templates in bytes.
    Size,
    /// A duration, given to templates in seconds.
    Duration,
}

/// A step of a runbook: the fields of a plan's step, every text a template.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StepTemplate {
    /// Name of the step; a template where `for_each` repeats it.
    pub id: String,
    /// An expression; the step is left out where it is false.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub when: Option<String>,
    /// An expression that gives a list; the step is repeated for each `item`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub for_each: Option<String>,
    /// The phase of the recovery it belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phase: Option<Phase>,
    /// One line, starting with a verb.
    pub title: String,
    /// What kind of step.
    pub kind: StepKind,
    /// A host of the inventory, or `local`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub host: Option<String>,
    /// The asset it touches.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asset: Option<String>,
    /// The account it runs as.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run_as: Option<String>,
    /// Secrets in its environment: variable name to secret id; an entry whose id renders empty is left out.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub secrets: BTreeMap<String, String>,
    /// Steps that must have succeeded before; one that was left out is dropped. `@recovery` is every step of that phase
    /// that the runbook of the plan has itself.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub needs: Vec<String>,
    /// Steps that wait for this one, named like those of `needs`; for steps that join a plan they cannot edit.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub before: Vec<String>,
    /// The harm it can do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub risk: Option<Risk>,
    /// What runs; every value is shell-quoted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run: Option<String>,
    /// What decides whether it succeeded; every value is shell-quoted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub check: Option<String>,
    /// What undoes it; every value is shell-quoted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rollback: Option<String>,
    /// What it is going to change.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub effects: Option<EffectsTemplate>,
    /// The step that keeps what this one destroys.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub safety_copy: Option<String>,
    /// When it is stopped: a duration, or an expression that gives seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeout: Option<String>,
    /// What happens when it fails.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on_failure: Option<OnFailure>,
    /// What to do when a crash left its result unknown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resume: Option<Resume>,
    /// How many people must approve it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approval: Option<ApprovalNeed>,
    /// Why it is done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
    /// What the operator should see.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expect: Option<String>,
    /// Where a backup script is installed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub install: Option<InstallTemplate>,
}

/// What a step is going to change; templates.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EffectsTemplate {
    /// Paths it creates or changes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub writes: Vec<String>,
    /// Paths it deletes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub deletes: Vec<String>,
    /// How many entries it deletes at most: an expression.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_deletes: Option<String>,
    /// Services it stops or starts.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub services: Vec<String>,
    /// `host:port` it talks to.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub network: Vec<String>,
}

/// Where a backup script is installed; templates.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct InstallTemplate {
    /// Absolute path of the script.
    pub path: String,
    /// systemd calendar expression.
    pub schedule: String,
    /// Time zone of the schedule.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timezone: Option<String>,
}

/// Reads a runbook. Returns as much as could be read and every problem; templates are looked at when they are rendered.
pub fn read(text: &str) -> (Option<Runbook>, Vec<Problem>) {
    let Read { value, problems, .. } = document::read::<Runbook>(text);
    (value, problems)
}
