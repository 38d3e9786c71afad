//! `blackstart/approval/v1`: an approval, as stored and printed.

use serde::{Deserialize, Serialize};

use super::super::{Approval, Waived, Waiver};
use crate::base::{Digest, Id, Timestamp};

#[derive(Serialize, Deserialize)]
enum Tag {
    #[serde(rename = "blackstart/approval/v1")]
    V1,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Document {
    schema: Tag,
    id: Id,
    fingerprint: Digest,
    evidence: Digest,
    by: String,
    os_user: String,
    at: Timestamp,
    expires: Timestamp,
    waivers: Vec<OneWaiver>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct OneWaiver {
    what: What,
    step: Option<Id>,
    rule: Option<String>,
    reason: String,
    by: String,
    at: Timestamp,
}

#[derive(Serialize, Deserialize, Clone, Copy)]
#[serde(rename_all = "kebab-case")]
enum What {
    Step,
    Finding,
    Level,
    SecondApprover,
}

impl From<&Approval> for Document {
    fn from(approval: &Approval) -> Self {
        let waiver = |waiver: &Waiver| {
            let (what, rule, step) = match &waiver.what {
                Waived::Step(step) => (What::Step, None, Some(step.clone())),
                Waived::Finding { rule, step } => (What::Finding, Some(rule.clone()), step.clone()),
                Waived::Level => (What::Level, None, None),
                Waived::SecondApprover => (What::SecondApprover, None, None),
            };
            let (reason, by) = (waiver.reason.clone(), waiver.by.clone());
            OneWaiver { what, step, rule, reason, by, at: waiver.at }
        };
        Self {
            schema: Tag::V1,
            id: approval.id.clone(),
            fingerprint: approval.fingerprint,
            evidence: approval.evidence,
            by: approval.by.clone(),
            os_user: approval.os_user.clone(),
            at: approval.at,
            expires: approval.expires,
            waivers: approval.waivers.iter().map(waiver).collect(),
        }
    }
}

impl From<Document> for Approval {
    fn from(document: Document) -> Self {
        let waiver = |waiver: OneWaiver| {
            let what = match (waiver.what, waiver.step, waiver.rule) {
                (What::Step, Some(step), _) => Waived::Step(step),
                (What::Finding, step, Some(rule)) => Waived::Finding { rule, step },
                (What::Level, _, _) => Waived::Level,
                (What::SecondApprover, _, _) => Waived::SecondApprover,
                (What::Step, None, _) | (What::Finding, _, None) => return None,
            };
            Some(Waiver { what, reason: waiver.reason, by: waiver.by, at: waiver.at })
        };
        Self {
            id: document.id,
            fingerprint: document.fingerprint,
            evidence: document.evidence,
            by: document.by,
            os_user: document.os_user,
            at: document.at,
            expires: document.expires,
            waivers: document.waivers.into_iter().filter_map(waiver).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_approval_reads_back_with_every_kind_of_waiver() {
        let id = |text: &str| Id::parse(text).unwrap();
        let at: Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
        let whats = [
            Waived::Step(id("a")),
            Waived::Finding { rule: "FS001".into(), step: Some(id("a")) },
            Waived::Finding { rule: "FS001".into(), step: None },
            Waived::Level,
            Waived::SecondApprover,
        ];
        let waiver = |what| Waiver { what, reason: "tested".into(), by: "ana".into(), at };
        let approval = Approval {
            id: id("01"),
            fingerprint: Digest::of(b"plan"),
            evidence: Digest::of(b"seen"),
            by: "ana".into(),
            os_user: "ana (1000)".into(),
            at,
            expires: "2026-01-02T00:00:00Z".parse().unwrap(),
            waivers: whats.into_iter().map(waiver).collect(),
        };
        let text = super::super::write_approval(&approval);
        assert_eq!(super::super::read_approval(&text), Ok(approval));
    }
}
