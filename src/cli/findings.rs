//! Findings as people and programs read them.

use serde_json::{Value, json};

use super::problems;
use crate::base::{Position, Problem, escape, yaml};
use crate::evidence::{Finding, Place, Severity};
use crate::plan::Plan;

/// Returns the findings as the `findings` of `blackstart/check/v1`. Lines and columns are those of the file, or of the
/// step's own text where there is no file.
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
        /// The text it was read from.
        file: Option<&'a str>,
    },
}

impl<'a> Texts<'a> {
    /// Returns the text a finding points into.
    pub fn of(&self, finding: &Finding) -> &'a str {
        match self {
            Self::Script(text) => text,
            Self::Plan { plan, .. } => {
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
        let within = Position::of(self.of(finding), finding.span.start);
        match self {
            Self::Plan { plan, file: Some(file) } => {
                in_file(plan, file, finding, within).unwrap_or(within)
            }
            Self::Script(_) | Self::Plan { file: None, .. } => within,
        }
    }
}

/// Gives findings about an inventory the places of the objects they are about: the line with the longest id that the
/// message names.
pub fn locate(findings: &mut [Finding], text: &str) {
    let is_id = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    let ids: Vec<(usize, &str)> = text
        .match_indices("id: ")
        .map(|(at, mark)| {
            let rest = &text[at + mark.len()..];
            (at, &rest[..rest.find(|c| !is_id(c)).unwrap_or(rest.len())])
        })
        .collect();
    for finding in findings {
        let words: Vec<&str> = finding.message.split(|c| !is_id(c)).collect();
        let named = ids.iter().filter(|(_, id)| words.contains(id));
        // Hosts stand before the assets that may bear the same name.
        if let Some((at, id)) = named.max_by_key(|(at, id)| (id.len(), *at)) {
            finding.span = crate::base::Span::new(*at, at + "id: ".len() + id.len());
        }
    }
}

/// Returns where a position within a step's text stands in the plan's file. Exact in a block of lines (`run: |`); in a
/// quoted or folded text the place where that text begins.
fn in_file(plan: &Plan, file: &str, finding: &Finding, within: Position) -> Option<Position> {
    let at = plan.steps.iter().position(|step| Some(&step.id) == finding.step.as_ref())?;
    let root = yaml::parse(file).0?;
    let step = root.get("steps")?.items().get(at)?;
    let Some(text) = step.get(finding.part.word()) else {
        return Some(Position::of(file, step.span.start));
    };
    let start = Position::of(file, text.span.start);
    // The span of a block begins with its first line; the indicator stands on the line above.
    let above = file.lines().nth(start.line.checked_sub(2)?)?;
    match above.contains(": |") || above.contains(": >") {
        true => Some(Position {
            line: start.line + within.line - 1,
            column: start.column + within.column - 1,
        }),
        false => Some(start),
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::{self, Facts};

    #[test]
    fn a_finding_about_an_inventory_points_at_the_object_it_names() {
        let text = "schema: blackstart/inventory/v1\nhosts: [{id: db}]\nassets:\n  - {id: db, kind: mysql, targets: {rpo: 1h}}\n  - {id: db-2, kind: mysql, targets: {rpo: 1h}}\n";
        let inventory = crate::inventory::read(text).0.expect("reads");
        let mut found = check::inventory(&inventory, &Facts::default());
        locate(&mut found, text);
        let places: Vec<&str> = found.iter().map(|one| one.span.slice(text)).collect();
        assert_eq!(places, ["id: db", "id: db-2"]);
        assert_eq!(found[0].span.start, text.rfind("id: db,").expect("there"), "the asset");
    }

    #[test]
    fn a_finding_in_a_plan_is_shown_where_it_stands_in_the_file() {
        let file = "schema: blackstart/plan/v1\nid: p\nkind: recovery\ntitle: t\nsteps:\n  - id: a\n    title: t\n    kind: command\n    run: |\n      set -e\n\n      rm -rf $UNSET/*\n    risk: destructive\n";
        let plan = crate::plan::read(file).0.expect("reads");
        let checked = check::plan(&plan, None, &Facts::default());
        let texts = Texts::Plan { plan: &plan, file: Some(file) };
        let found = json(&checked.findings, &texts);
        let found = found.iter().find(|one| one["rule"] == "SH003").expect("found");
        let line = found["line"].as_u64().expect("a line") as usize;
        assert_eq!(file.lines().nth(line - 1), Some("      rm -rf $UNSET/*"));
        assert_eq!(found["column"], 14);
    }
}
