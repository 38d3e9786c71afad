//! Findings as people and programs read them.

use serde_json::{Value, json};

use super::problems;
use crate::base::{Position, Problem, escape};
use crate::evidence::{Finding, Place, Severity};
use crate::plan::Plan;

/// Returns the findings as the `findings` of `blackstart/check/v1`, for a text or a plan that is not a file. Lines and
/// columns are those of the text, or of the step's own text.
pub fn json(findings: &[Finding], texts: &Texts<'_>) -> Vec<Value> {
    let one = |finding: &Finding| {
        let at = texts.position(finding);
        json!({
            "rule": finding.rule, "name": finding.name, "severity": finding.severity.word(), "step": finding.step,
            "part": finding.part.word(), "line": at.line, "column": at.column, "message": finding.message, "why": finding.why,
            "fix": finding.fix, "layer": finding.layer,
        })
    };
    findings.iter().map(one).collect()
}

/// Where the texts stand that findings point into.
#[derive(Debug, Clone, Copy)]
pub enum Texts<'a> {
    /// One script.
    Script(&'a str),
    /// The steps of a plan.
    Plan {
        /// The plan.
        plan: &'a Plan,
    },
}

impl<'a> Texts<'a> {
    /// Returns the text a finding points into.
    pub fn of(&self, finding: &Finding) -> &'a str {
        match self {
            Self::Script(text) => text,
            Self::Plan { plan } => {
                let step = finding.step.as_ref().and_then(|id| plan.step(id.as_str()));
                let text = step.and_then(|step| match finding.part {
                    Place::Whole => None,
                    Place::Run => step.run.as_deref(),
                    Place::Check => step.check.as_deref(),
                    Place::Rollback => step.rollback.as_deref(),
                });
                text.unwrap_or_default()
            }
        }
    }

    fn position(&self, finding: &Finding) -> Position {
        Position::of(self.of(finding), finding.span.start)
    }
}

/// Returns the findings as text, each with the line it points at.
pub fn text(name: &str, findings: &[Finding], texts: &Texts<'_>, colour: bool) -> String {
    let mut shown = String::new();
    for finding in findings {
        let step = finding.step.as_ref().map(|step| format!(" step {step}")).unwrap_or_default();
        let part = match finding.part {
            Place::Whole => String::new(),
            part => format!(" {}", part.word()),
        };
        let place = match texts {
            Texts::Script(_) => name.to_owned(),
            Texts::Plan { .. } => format!("{name}{step}{part}"),
        };
        let severity = finding.severity.word().to_uppercase();
        let title = format!(
            "{severity} {} {}: {}",
            finding.rule,
            finding.name,
            escape::one_line(&finding.message)
        );
        let problem = Problem { span: finding.span, message: title, help: finding.fix.clone() };
        let text = texts.of(finding);
        if text.is_empty() {
            shown.push_str(&format!("{}\n --> {place}\n", problem.message));
            if let Some(fix) = &finding.fix {
                shown.push_str(&format!("help: {}\n", escape::one_line(fix)));
            }
        } else {
            let level = match finding.severity {
                Severity::High | Severity::Critical => problems::Weight::Error,
                Severity::Low | Severity::Medium => problems::Weight::Warning,
            };
            shown.push_str(&problems::snippet(&place, text, &problem, level, colour));
            shown.push('\n');
        }
    }
    shown
}
