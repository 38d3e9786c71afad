//! Rules over a script or a plan, given facts from outside; computes the harm of every step.

mod allow;
mod asked;
mod checkpoints;
mod context;
mod deeds;
mod dumps;
mod etcd;
#[cfg(test)]
mod examples;
mod facts;
mod failover;
mod fix;
mod flags;
mod index;
mod language;
mod lookups;
mod losses;
mod manifest;
mod mirror;
pub mod names;
mod observed;
mod outcome;
mod placed;
mod postgres;
mod provenance;
mod python;
mod queries;
mod reading;
mod redis;
mod repair;
mod repository;
mod reviewed;
mod risk;
mod rule;
mod rules;
mod subcommands;
mod unit;
mod unknown;
mod vital;
mod written;

pub use allow::{Allowed, Settled, settle_plan};
pub use context::Context;
pub use facts::{Facts, Question, Takes};
pub use fix::fixed;
pub use language::Language;
pub use manifest::{Manifest, Volume};
pub use placed::{Placed, in_plan};
pub use python::{
    Assignment, Called, Definition, Given, Import, Loop, Outline, Python, Token, TokenKind,
};
pub use queries::Query;
pub use reading::{Schedule, Unread};
pub use repair::repaired;
pub use reviewed::{FileKind, Reviewed, locate};
pub use rule::{Example, Report, Rule};
pub use rules::{LEFT_OUT, RULES};
pub use unit::{Run, Unit};
pub use unknown::Doubt;

use std::collections::BTreeSet;

use crate::base::{Id, Risk};
use crate::evidence::{DryRun, Finding, Place};
use crate::inventory::Inventory;
use crate::plan::{Plan, order};
use crate::shell::{Payload, on_deep_stack};
use reading::Reading;

/// What the checker says of a script or a plan.
#[derive(Debug, Clone, PartialEq)]
pub struct Checked {
    /// The language of the text; bash for a plan.
    pub language: Language,
    /// Whether all of it could be read.
    pub parsed: bool,
    /// The harm of the worst command.
    pub risk: Risk,
    /// The harm of each step, in a plan, in document order.
    pub steps: Vec<(Id, Risk)>,
    /// What is wrong, in the order of the text.
    pub findings: Vec<Finding>,
    /// Why the harm is unknown, where it is, in the order of the text: what could not be judged. None of it is a finding.
    pub unknown: Vec<Finding>,
    /// What a comment in a script accepts; of a plan it is for [`settle_plan`] to say, and an approval looks at all.
    pub allowed: Vec<Allowed>,
    /// What the installed tools should be asked, so that another check can judge every flag: [`Facts::takes`].
    pub questions: BTreeSet<Question>,
}

/// Returns every rule, in the order of their codes.
pub fn rules() -> &'static [&'static Rule] {
    RULES
}

/// Returns the rule of that code or name.
pub fn rule(code: &str) -> Option<&'static Rule> {
    RULES.iter().copied().find(|rule| rule.code.eq_ignore_ascii_case(code) || rule.name == code)
}

/// Returns the texts of a file that bash would read, for [`Facts::rejected`].
pub fn bash_texts(text: &str, language: Language) -> Vec<String> {
    let parts = reading::read(text, language).parts.into_iter();
    let bash = parts.filter(|part| part.language == Language::Bash);
    bash.map(|part| part.text.into_owned()).collect()
}

/// Checks one script. Whoever checks many calls [`on_deep_stack`] once around all of them.
pub fn script(text: &str, language: Language, facts: &Facts) -> Checked {
    on_deep_stack(|| script_here(text, language, facts)).unwrap_or_else(|| Checked {
        language,
        parsed: false,
        risk: Risk::Unknown,
        steps: Vec::new(),
        findings: unknown::failed("the checker failed on this script"),
        unknown: unknown::failed("the checker failed on this script"),
        allowed: Vec::new(),
        questions: BTreeSet::new(),
    })
}

fn script_here(text: &str, language: Language, facts: &Facts) -> Checked {
    let mut reading = reading::read(text, language);
    let apart = std::mem::take(&mut reading.apart);
    let mut checked = Checked {
        language,
        parsed: true,
        risk: Risk::Read,
        steps: vec![],
        findings: vec![],
        unknown: vec![],
        allowed: vec![],
        questions: BTreeSet::new(),
    };
    for reading in std::iter::once(reading).chain(apart) {
        one(reading, facts, &mut checked);
    }
    let mut findings = std::mem::take(&mut checked.findings);
    sort(&mut findings, None);
    let settled = allow::settle_script(text, language, findings, facts.now);
    checked.findings = settled.open.into_iter().map(|placed| placed.finding).collect();
    checked.allowed = settled.allowed;
    sort(&mut checked.unknown, None);
    checked
}

/// Judges what belongs together of a file.
fn one(reading: Reading<'_>, facts: &Facts, checked: &mut Checked) {
    let Reading { parts, python, unread, manifests, .. } = &reading;
    let units: Vec<Unit<'_>> = parts.iter().map(Unit::of).collect();
    let reads = |unit: &Unit<'_>| unit.script.parsed && !facts.rejected.contains_key(unit.text);
    checked.parsed &= unread.iter().all(|one| one.aside) && units.iter().all(reads);
    let risks =
        units.iter().map(|unit| if reads(unit) { risk::of_unit(unit) } else { Risk::Unknown });
    checked.risk = risks.max().unwrap_or(Risk::Read).max(checked.risk);
    if python.is_some() || !unread.is_empty() {
        checked.risk = Risk::Unknown;
    }
    let whole = python.as_ref().and_then(|part| part.excerpt.clone());
    let texts = payloads_of(&units);
    let payloads = inner_units(&units, &texts);
    let context = Context {
        units,
        payloads,
        python: python.as_ref().map(|part| Python::new(&part.text)),
        unread: unread.clone(),
        manifests,
        plan: None,
        inventory: None,
        facts,
        seen: None,
    };
    checked.questions.extend(rules::questions(&context));
    checked.unknown.extend(unknown::reasons(&context));
    checked.findings.extend(placed_best(judge(&context, Report::on(whole)), &context));
}

/// Leaves out what a rule says of a text for another shell as a whole where it also says it of a place inside.
fn placed_best(findings: Vec<Finding>, context: &Context<'_>) -> Vec<Finding> {
    let whole = |unit: &Unit<'_>| {
        let of = |payload: &Payload| match &unit.excerpt {
            Some(excerpt) => excerpt.span(payload.span),
            None => payload.span,
        };
        unit.commands.payloads.iter().map(of).collect::<Vec<_>>()
    };
    let wholes: Vec<_> = context.units.iter().flat_map(whole).collect();
    let better = |one: &Finding| {
        let inside = |other: &Finding| {
            other.rule == one.rule
                && other.span != one.span
                && outcome::within(other.span, one.span)
        };
        wholes.contains(&one.span) && findings.iter().any(inside)
    };
    findings.iter().filter(|one| !better(one)).cloned().collect()
}

/// Returns the texts that the shells of each unit hand to others.
fn payloads_of(units: &[Unit<'_>]) -> Vec<Vec<Payload>> {
    units.iter().map(|unit| unit.commands.payloads.clone()).collect()
}

/// Reads the texts that other shells run.
fn inner_units<'a>(units: &[Unit<'a>], texts: &'a [Vec<Payload>]) -> Vec<Unit<'a>> {
    let of = |(unit, texts): (&Unit<'a>, &'a Vec<Payload>)| {
        texts.iter().map(|text| Unit::inner(unit, unit.step, text)).collect::<Vec<_>>()
    };
    units.iter().zip(texts).flat_map(of).filter(|unit| unit.script.parsed).collect()
}

/// Checks a plan: every text of every step, the order of the steps, and the names they use.
pub fn plan(plan: &Plan, inventory: Option<&Inventory>, facts: &Facts) -> Checked {
    on_deep_stack(|| plan_here(plan, inventory, facts)).unwrap_or_else(|| Checked {
        language: Language::Bash,
        parsed: false,
        risk: Risk::Unknown,
        steps: Vec::new(),
        findings: unknown::failed("the checker failed on this plan"),
        unknown: unknown::failed("the checker failed on this plan"),
        allowed: Vec::new(),
        questions: BTreeSet::new(),
    })
}

/// Checks an inventory: whether its copies keep what was promised. Ages are judged by [`Facts::now`].
pub fn inventory(inventory: &Inventory, facts: &Facts) -> Vec<Finding> {
    let context = Context {
        units: vec![],
        payloads: vec![],
        python: None,
        unread: vec![],
        manifests: &[],
        plan: None,
        inventory: Some(inventory),
        facts,
        seen: None,
    };
    let mut findings = judge(&context, Report::default());
    sort(&mut findings, None);
    findings
}

fn plan_here(plan: &Plan, inventory: Option<&Inventory>, facts: &Facts) -> Checked {
    let units = units_of(plan);
    let steps: Vec<(Id, Risk)> = plan
        .steps
        .iter()
        .map(|step| {
            let own = units.iter().filter(|u| u.step.is_some_and(|s| s.id == step.id));
            // A rollback runs without another question, so its harm is the step's.
            let risk =
                own.map(|u| if u.language.is_shell() { risk::of_unit(u) } else { Risk::Unknown });
            (step.id.clone(), risk.max().unwrap_or(Risk::Read))
        })
        .collect();
    let reads = |unit: &Unit<'_>| unit.script.parsed && !facts.rejected.contains_key(unit.text);
    let parsed = units.iter().all(reads);
    let texts = payloads_of(&units);
    let payloads = inner_units(&units, &texts);
    let context = Context {
        units,
        payloads,
        python: None,
        unread: vec![],
        manifests: &[],
        plan: Some(plan),
        inventory,
        facts,
        seen: None,
    };
    let questions = rules::questions(&context);
    let mut findings = placed_best(judge(&context, Report::default()), &context);
    findings.extend(rules::claims(plan, &steps));
    sort(&mut findings, Some(plan));
    let mut unknown = unknown::reasons(&context);
    sort(&mut unknown, Some(plan));
    let risk = steps.iter().map(|(_, risk)| *risk).max().unwrap_or(Risk::Read);
    Checked {
        language: Language::Bash,
        parsed,
        risk,
        steps,
        findings,
        unknown,
        allowed: Vec::new(),
        questions,
    }
}

/// Reads every text of a plan, in the order in which they would run.
fn units_of(plan: &Plan) -> Vec<Unit<'_>> {
    let mut units = Vec::new();
    for at in order(plan).or_as_written(plan) {
        let step = &plan.steps[at];
        let texts = [
            (Place::Run, &step.run),
            (Place::Check, &step.check),
            (Place::Rollback, &step.rollback),
        ];
        for (part, text) in texts {
            if let Some(text) = text {
                let language = Language::of(text, "");
                let mut unit = Unit::new(text, Some(step), part, language);
                if part == Place::Rollback {
                    // What the step itself made anew is nobody's data when it is taken back.
                    let own = |unit: &&Unit<'_>| unit.step.is_some_and(|one| one.id == step.id);
                    units.iter().filter(own).for_each(|one| unit.follows(&one.fresh));
                    let here = |unit: &&Unit<'_>| unit.step.is_some_and(|s| s.host == step.host);
                    let earlier = units.iter().filter(here).filter(|u| u.part == Place::Run);
                    if let Some(effects) = &step.effects {
                        earlier.for_each(|one| unit.takes_back(&one.fresh, &effects.writes));
                    }
                }
                units.push(unit);
            }
        }
    }
    units
}

/// Returns what the rules say of what a dry run showed: what no step declared, and what a pattern hit beyond that.
pub fn observed(plan: &Plan, seen: &DryRun) -> Vec<Finding> {
    let look = || {
        let (units, facts) = (units_of(plan), Facts::default());
        let context = Context {
            units,
            payloads: vec![],
            python: None,
            unread: vec![],
            manifests: &[],
            plan: Some(plan),
            inventory: None,
            facts: &facts,
            seen: Some(seen),
        };
        let mut report = Report::default();
        for rule in RULES.iter().filter(|rule| rule.layer == rules::DRY_RUN) {
            (rule.run)(&context, &mut report);
        }
        let mut findings = report.finish();
        sort(&mut findings, Some(plan));
        findings
    };
    on_deep_stack(look).unwrap_or_else(|| unknown::failed("the checker failed on this dry run"))
}

fn judge(context: &Context<'_>, mut report: Report) -> Vec<Finding> {
    for rule in RULES {
        (rule.run)(context, &mut report);
    }
    report.finish()
}

/// Sorts by place and leaves out what is said twice (a function that is called twice).
fn sort(findings: &mut Vec<Finding>, plan: Option<&Plan>) {
    let position = |finding: &Finding| {
        let step = finding.step.as_ref()?;
        plan?.steps.iter().position(|s| s.id == *step)
    };
    findings.sort_by_cached_key(|f| (position(f), f.part, f.span, f.rule, f.message.clone()));
    findings.dedup_by(|a, b| {
        let about = a.part != Place::Whole || a.message == b.message;
        a.rule == b.rule && a.span == b.span && a.step == b.step && a.part == b.part && about
    });
}
