//! Who said that a plan may run, having seen what, until when, and in spite of what.

use crate::base::{Digest, Id, Timestamp};

/// One person's word that one plan may run.
///
/// It is bound to the plan's fingerprint and to the digest of the evidence that was shown; it says
/// nothing about any other plan or any later evidence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Approval {
    /// Name of this approval.
    pub id: Id,
    /// Fingerprint of the approved plan.
    pub fingerprint: Digest,
    /// `PlanEvidence::digest` of what was shown.
    pub evidence: Digest,
    /// The name the approver gave.
    pub by: String,
    /// The account the operating system knows the approver by.
    pub os_user: String,
    /// When it was given.
    pub at: Timestamp,
    /// When it ends.
    pub expires: Timestamp,
    /// What it accepts although it is not proven.
    pub waivers: Vec<Waiver>,
}

/// Something unproven or objectionable that a person accepts, with the reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiver {
    /// What is accepted.
    pub what: Waived,
    /// Why; never empty.
    pub reason: String,
    /// Who accepts it.
    pub by: String,
    /// When.
    pub at: Timestamp,
}

/// What a waiver accepts.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Waived {
    /// A step whose dry run proves less than a full one, or whose risk is unknown.
    Step(Id),
    /// A finding of this rule, in this step or in the plan as a whole.
    Finding {
        /// Code of the rule.
        rule: String,
        /// The step, where the finding belongs to one.
        step: Option<Id>,
    },
    /// A dry run below the full levels.
    Level,
    /// That no second person approved a step that asks for two.
    SecondApprover,
}

impl Waived {
    /// Reads what a person typed, like `restore`, `FS001`, `FS001@restore`, `level` or `second-approver`.
    /// A name that is one of `steps` is always the step.
    pub fn parse(text: &str, steps: &[&str]) -> Result<Self, String> {
        if steps.contains(&text) {
            return Id::parse(text).map(Self::Step);
        }
        if let Some((rule, step)) = text.split_once('@') {
            return match steps.contains(&step) {
                true => Ok(Self::Finding { rule: rule.to_owned(), step: Some(Id::parse(step)?) }),
                false => Err(format!("there is no step {step:?}")),
            };
        }
        let digits = text.trim_start_matches(|c: char| c.is_ascii_uppercase());
        let is_rule = digits.len() < text.len()
            && !digits.is_empty()
            && digits.bytes().all(|byte| byte.is_ascii_digit());
        match text {
            "level" => Ok(Self::Level),
            "second-approver" => Ok(Self::SecondApprover),
            _ if is_rule => Ok(Self::Finding { rule: text.to_owned(), step: None }),
            _ => Err(format!(
                "{text:?} is neither a step of the plan nor a rule, `RULE@STEP`, `level` or `second-approver`"
            )),
        }
    }
}

impl std::fmt::Display for Waived {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Step(step) => write!(out, "{step}"),
            Self::Finding { rule, step: Some(step) } => write!(out, "{rule}@{step}"),
            Self::Finding { rule, step: None } => write!(out, "{rule}"),
            Self::Level => out.write_str("level"),
            Self::SecondApprover => out.write_str("second-approver"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_waived_reads_back_as_it_is_shown() {
        let steps = ["restore", "level"];
        for text in ["restore", "FS001", "FS001@restore", "second-approver"] {
            assert_eq!(
                Waived::parse(text, &steps).map(|what| what.to_string()),
                Ok(text.to_owned())
            );
        }
        assert_eq!(Waived::parse("level", &[]), Ok(Waived::Level));
        assert_eq!(Waived::parse("level", &steps).map(|w| matches!(w, Waived::Step(_))), Ok(true));
        assert_eq!(Waived::parse("FS001@gone", &steps), Err("there is no step \"gone\"".into()));
        assert!(Waived::parse("everything", &steps).is_err());
    }
}
