//! A rule: what it is called, why it is one, its examples, and the function that looks.

use super::context::Context;
use super::unit::Unit;
use crate::base::{Id, Span};
use crate::evidence::{Edit, Finding, Place, Severity};

/// One rule of the checker. Its examples are its tests.
#[derive(Debug)]
pub struct Rule {
    /// Its code, like `SH002`.
    pub code: &'static str,
    /// The bad pattern, so that "allow dump-piped-without-pipefail" reads right.
    pub name: &'static str,
    /// How much a finding weighs, unless it says otherwise.
    pub severity: Severity,
    /// What it looks for, in one sentence.
    pub summary: &'static str,
    /// Why it matters.
    pub why: &'static str,
    /// What to write instead.
    pub fix: &'static str,
    /// Where the knowledge comes from: a manual page, an incident, a measurement.
    pub source: &'static str,
    /// What its findings rest on.
    pub layer: &'static str,
    /// Texts it must find something in.
    pub bad: &'static [Example],
    /// Texts it must be silent on.
    pub good: &'static [Example],
    /// Looks.
    pub run: fn(&Context<'_>, &mut Report),
}

/// A text for a rule to judge.
#[derive(Debug)]
pub enum Example {
    /// A script.
    Script(&'static str),
    /// A script on a machine where these paths lie on these devices, and these commands exist besides.
    On {
        /// The script.
        text: &'static str,
        /// Paths and their devices.
        devices: &'static [(&'static str, u64)],
    },
    /// An inventory, looked at on 2026-11-21 at noon.
    Inventory(&'static str),
    /// A plan, with an inventory where it needs one.
    Plan {
        /// The plan document.
        plan: &'static str,
        /// The inventory document, empty for none.
        inventory: &'static str,
    },
    /// What a dry run of a plan's first step showed, a line each: `deleted /a`, `modified /b`, `reached db1:5432`; a
    /// line that begins with `undeclared` is not named by the step's `effects`.
    Seen {
        /// The plan document.
        plan: &'static str,
        /// What was seen.
        lines: &'static str,
    },
}

/// Where a rule puts what it finds.
#[derive(Debug, Default)]
pub struct Report {
    pub(super) findings: Vec<Finding>,
}

impl Report {
    /// Adds a finding in a unit.
    pub fn add(
        &mut self,
        rule: &'static Rule,
        unit: &Unit<'_>,
        span: Span,
        message: String,
    ) -> &mut Finding {
        let step = unit.step.map(|step| &step.id);
        self.push(rule, step, unit.part, span, message)
    }

    /// Adds a finding about a step as a whole, or about what a document says.
    pub fn add_whole(
        &mut self,
        rule: &'static Rule,
        step: Option<&Id>,
        message: String,
    ) -> &mut Finding {
        self.push(rule, step, Place::Whole, Span::default(), message)
    }

    /// Adds a finding in a Python script.
    pub fn add_python(&mut self, rule: &'static Rule, span: Span, message: String) {
        self.push(rule, None, Place::Whole, span, message);
    }

    fn push(
        &mut self,
        rule: &'static Rule,
        step: Option<&Id>,
        part: Place,
        span: Span,
        message: String,
    ) -> &mut Finding {
        self.findings.push(Finding {
            rule: rule.code,
            name: rule.name,
            severity: rule.severity,
            step: step.cloned(),
            part,
            span,
            message,
            why: rule.why.to_owned(),
            fix: Some(rule.fix.to_owned()),
            layer: rule.layer,
            edit: None,
        });
        let last = self.findings.len() - 1;
        &mut self.findings[last]
    }
}

/// Returns an edit that replaces `span`.
pub fn edit(span: Span, replacement: impl Into<String>) -> Option<Edit> {
    Some(Edit { span, replacement: replacement.into() })
}
