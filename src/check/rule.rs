//! A rule: what it is called, why it is one, its examples, and the function that looks.

use std::rc::Rc;

use super::context::Context;
use super::unit::Unit;
use crate::base::{Excerpt, Id, Span};
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
    /// A file whose name says what it is: `restore.md`, `etc/cron.d/backup`, `backup.service`, `pod.yaml`, `dump.sql`.
    File {
        /// Its name.
        name: &'static str,
        /// What is in it.
        text: &'static str,
    },
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

impl Example {
    /// Returns what it says: the script or the document, and what a dry run of it showed.
    pub fn text(&self) -> String {
        match self {
            Self::Script(text)
            | Self::File { text, .. }
            | Self::On { text, .. }
            | Self::Inventory(text) => (*text).to_owned(),
            Self::Plan { plan, .. } => (*plan).to_owned(),
            Self::Seen { plan, lines } => {
                let seen = lines.lines().map(|line| format!("# the dry run showed: {line}\n"));
                format!("{}\n{}", plan.trim_end(), seen.collect::<String>())
            }
        }
    }
}

/// Where a rule puts what it finds.
#[derive(Debug, Default)]
pub struct Report {
    findings: Vec<Finding>,
    /// For each finding, where the text that its spans count in stands in the file.
    excerpts: Vec<Option<Rc<Excerpt>>>,
    /// The same for findings of no unit.
    whole: Option<Rc<Excerpt>>,
}

impl Report {
    /// Returns an empty report on what a part of a file says.
    pub(super) fn on(whole: Option<Rc<Excerpt>>) -> Self {
        Self { whole, ..Self::default() }
    }

    /// Returns what was found, at its places in the file. An edit of what the file does not say letter for letter is
    /// dropped.
    pub(super) fn finish(self) -> Vec<Finding> {
        let mut findings = self.findings;
        for (finding, excerpt) in findings.iter_mut().zip(&self.excerpts) {
            let Some(excerpt) = excerpt else {
                continue;
            };
            finding.span = excerpt.span(finding.span);
            finding.edit = finding.edit.take().and_then(|edit| {
                Some(Edit { span: excerpt.verbatim(edit.span)?, replacement: edit.replacement })
            });
        }
        findings
    }

    /// Adds a finding in a unit.
    pub fn add(
        &mut self,
        rule: &'static Rule,
        unit: &Unit<'_>,
        span: Span,
        message: String,
    ) -> &mut Finding {
        let step = unit.step.map(|step| &step.id);
        self.push(rule, step, unit.part, span, message, unit.excerpt.clone())
    }

    /// Adds a finding about a step as a whole, or about what a document says.
    pub fn add_whole(
        &mut self,
        rule: &'static Rule,
        step: Option<&Id>,
        message: String,
    ) -> &mut Finding {
        self.push(rule, step, Place::Whole, Span::default(), message, self.whole.clone())
    }

    /// Adds a finding at a place of the file.
    pub fn add_place(&mut self, rule: &'static Rule, span: Span, message: String) -> &mut Finding {
        self.push(rule, None, Place::Whole, span, message, None)
    }

    /// Adds a finding in a Python script.
    pub fn add_python(&mut self, rule: &'static Rule, span: Span, message: String) -> &mut Finding {
        self.push(rule, None, Place::Whole, span, message, self.whole.clone())
    }

    fn push(
        &mut self,
        rule: &'static Rule,
        step: Option<&Id>,
        part: Place,
        span: Span,
        message: String,
        excerpt: Option<Rc<Excerpt>>,
    ) -> &mut Finding {
        self.excerpts.push(excerpt);
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
