//! `blackstart/checked/v1`: the results of a check, as stored.

use serde::{Deserialize, Serialize};

use super::super::{Checked, KeptFinding, Severity};
use super::word;
use crate::base::{Id, Risk, Timestamp};

#[derive(Serialize, Deserialize)]
enum Tag {
    #[serde(rename = "blackstart/checked/v1")]
    V1,
}

#[derive(Serialize, Deserialize)]
pub(super) struct Document {
    schema: Tag,
    at: Timestamp,
    risks: Vec<StepRisk>,
    findings: Vec<OneFinding>,
}

#[derive(Serialize, Deserialize)]
struct StepRisk {
    step: Id,
    risk: Risk,
}

#[derive(Serialize, Deserialize)]
struct OneFinding {
    rule: String,
    severity: String,
    step: Option<Id>,
    message: String,
}

impl From<&Checked> for Document {
    fn from(checked: &Checked) -> Self {
        let finding = |finding: &KeptFinding| OneFinding {
            rule: finding.rule.clone(),
            severity: finding.severity.word().to_owned(),
            step: finding.step.clone(),
            message: finding.message.clone(),
        };
        let risk = |(step, risk): &(Id, Risk)| StepRisk { step: step.clone(), risk: *risk };
        Self {
            schema: Tag::V1,
            at: checked.at,
            risks: checked.risks.iter().map(risk).collect(),
            findings: checked.findings.iter().map(finding).collect(),
        }
    }
}

impl TryFrom<Document> for Checked {
    type Error = String;
    fn try_from(document: Document) -> Result<Self, String> {
        let finding = |finding: OneFinding| {
            Ok(KeptFinding {
                rule: finding.rule,
                severity: word(Severity::parse, "a severity", &finding.severity)?,
                step: finding.step,
                message: finding.message,
            })
        };
        Ok(Self {
            at: document.at,
            risks: document.risks.into_iter().map(|one| (one.step, one.risk)).collect(),
            findings: document.findings.into_iter().map(finding).collect::<Result<_, String>>()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_results_of_a_check_read_back() {
        let checked = Checked {
            at: "2026-01-01T00:00:00Z".parse().unwrap(),
            risks: vec![(Id::parse("a").unwrap(), Risk::Unknown)],
            findings: vec![KeptFinding {
                rule: "FS001".into(),
                severity: Severity::Critical,
                step: Some(Id::parse("a").unwrap()),
                message: "\"quoted\" \u{1b}".into(),
            }],
        };
        let text = super::super::write_checked(&checked);
        assert_eq!(super::super::read_checked(&text), Ok(checked));
        let wrong = text.replace("critical", "awful");
        assert_eq!(
            super::super::read_checked(&wrong),
            Err("\"awful\" is not a word for a severity".into())
        );
    }
}
