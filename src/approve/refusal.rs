//! Why a plan may not run, and the next command to type.

use super::{Gap, need};
use crate::base::{Digest, Id, readable};
use crate::evidence::{Approval, PlanEvidence};
use crate::plan::{ApprovalNeed, Plan};

/// One thing that stands against a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// What stands against it: lower case, no final period, names the object.
    pub message: String,
    /// The next command to type.
    pub next: String,
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "{} (next: {})", self.message, self.next)
    }
}

impl Refusal {
    pub(super) fn not_approved(plan: &Plan) -> Self {
        Self {
            message: format!("the plan {:?} is not approved", plan.id.as_str()),
            next: "blackstart approve PLAN --as NAME".into(),
        }
    }

    /// Returns the refusal of an approval that the log does not record as it stands in the store.
    pub fn unrecorded(approval: &Id) -> Self {
        Self {
            message: format!(
                "the approval {approval} is not what the log records: it was changed, or put into the store"
            ),
            next: "blackstart log verify, then approve again".into(),
        }
    }

    pub(super) fn expired(approval: &Approval) -> Self {
        Self {
            message: format!(
                "the approval of {} expired at {}",
                approval.by,
                readable(approval.expires)
            ),
            next: "blackstart approve PLAN --as NAME".into(),
        }
    }

    pub(super) fn impossible_times(approval: &Approval) -> Self {
        Self {
            message: format!(
                "the approval of {} holds from {} to {}, which cannot be (check the clocks)",
                approval.by,
                readable(approval.at),
                readable(approval.expires)
            ),
            next: "blackstart approve PLAN --as NAME".into(),
        }
    }

    pub(super) fn other_plan(approval: &Approval, fingerprint: Digest) -> Self {
        Self {
            message: format!(
                "the approval of {} is for {}, but the plan with its facts is now {}: it was edited, or the inventory changed",
                approval.by,
                approval.fingerprint.short(),
                fingerprint.short()
            ),
            next: "blackstart check PLAN, then dry-run and approve again".into(),
        }
    }

    pub(super) fn other_evidence(approval: &Approval) -> Self {
        Self {
            message: format!("the evidence changed after {} approved it", approval.by),
            next: "blackstart approve PLAN --as NAME, after looking at what changed".into(),
        }
    }

    pub(super) fn second_approver(
        plan: &Plan,
        evidence: &PlanEvidence,
        same_account: bool,
    ) -> Self {
        let asking = plan.steps.iter().filter(|step| need(step, evidence) == ApprovalNeed::Two);
        let steps: Vec<&str> = asking.map(|step| step.id.as_str()).collect();
        let why = match same_account {
            true => "the second approval comes from the same account as the first",
            false => "only one approved",
        };
        Self {
            message: format!("two people must approve {}, but {why}", steps.join(", ")),
            next: "blackstart approve PLAN --as NAME, from the second person's own account".into(),
        }
    }

    /// Returns the refusal for something the evidence leaves open.
    pub fn gap(plan: &Plan, gap: Gap) -> Self {
        let next = match &gap.waiver {
            Some(what) => format!("blackstart approve PLAN --as NAME --waive '{what}=REASON'"),
            None => gap.fix,
        };
        Self { message: format!("plan {:?}: {}", plan.id.as_str(), gap.message), next }
    }
}
