//! May this plan run? The only maker of a [`Permit`].

mod gaps;
mod refusal;

use std::collections::BTreeMap;
use std::time::Duration;

pub use gaps::{Gap, gaps};
pub use refusal::Refusal;

use crate::base::{Digest, Id, Risk, Timestamp};
use crate::evidence::{Approval, Change, Effect, PlanEvidence, Waived, Waiver};
use crate::plan::{ApprovalNeed, Plan, Step};

/// How long an approval holds where nobody says otherwise.
pub const HOLDS: Duration = Duration::from_secs(24 * 60 * 60);

/// The longest an approval may hold.
pub const HOLDS_AT_MOST: Duration = Duration::from_secs(31 * 24 * 60 * 60);

/// How far the clock of an approver may be ahead.
const SKEW: Duration = Duration::from_secs(60);

/// The right to run exactly one plan. There is no way to one but [`permit`], and it does not cross processes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Permit {
    fingerprint: Digest,
    operator: String,
    risks: BTreeMap<Id, Risk>,
    approved_by: Vec<String>,
    waivers: Vec<Waiver>,
}

impl Permit {
    /// Returns the fingerprint of the plan it is for.
    pub fn fingerprint(&self) -> Digest {
        self.fingerprint
    }

    /// Returns who is going to run it.
    pub fn operator(&self) -> &str {
        &self.operator
    }

    /// Returns the harm a step can do: the worse of what the plan claims and what the check computed.
    pub fn risk(&self, step: &str) -> Risk {
        self.risks.get(step).copied().unwrap_or(Risk::Unknown)
    }

    /// Returns who approved it; nobody where every step only looks.
    pub fn approved_by(&self) -> &[String] {
        &self.approved_by
    }

    /// Returns what was accepted although it is not proven.
    pub fn waivers(&self) -> &[Waiver] {
        &self.waivers
    }
}

/// Returns the permit to run `plan`, or everything that stands against it.
///
/// `fingerprint` is that of the plan over the facts as they are; `evidence` is what is known about exactly this
/// fingerprint; of `approvals` only those count that are for it, for this evidence, and in force at `now`.
pub fn permit(
    plan: &Plan,
    fingerprint: Digest,
    evidence: &PlanEvidence,
    approvals: &[Approval],
    now: Timestamp,
    operator: &str,
) -> Result<Permit, Vec<Refusal>> {
    let seen = evidence.digest();
    let why_not = |approval: &Approval| void(approval, fingerprint, seen, now);
    let valid: Vec<&Approval> =
        approvals.iter().filter(|approval| why_not(approval).is_none()).collect();
    let waivers: Vec<Waiver> =
        valid.iter().flat_map(|approval| approval.waivers.iter().cloned()).collect();
    let waived = |what: &Waived| {
        waivers.iter().any(|waiver| waiver.what == *what && !waiver.reason.trim().is_empty())
    };

    let mut refusals: Vec<Refusal> = vec![];
    let need = plan.steps.iter().map(|step| need(step, evidence)).max();
    let need = need.unwrap_or(ApprovalNeed::None);
    if need != ApprovalNeed::None && valid.is_empty() {
        refusals.extend(approvals.iter().filter_map(why_not));
        if approvals.is_empty() {
            refusals.push(Refusal::not_approved(plan));
        }
    }
    let pairs = || valid.iter().flat_map(|one| valid.iter().map(move |other| (one, other)));
    let two = pairs().any(|(one, other)| one.by != other.by && one.os_user != other.os_user);
    if need == ApprovalNeed::Two && !valid.is_empty() && !two && !waived(&Waived::SecondApprover) {
        let same_account = pairs().any(|(one, other)| one.by != other.by);
        refusals.push(Refusal::second_approver(plan, evidence, same_account));
    }
    for gap in gaps(plan, evidence) {
        match &gap.waiver {
            Some(what) if waived(what) => {}
            Some(_) | None => refusals.push(Refusal::gap(plan, gap)),
        }
    }
    if !refusals.is_empty() {
        return Err(refusals);
    }
    Ok(Permit {
        fingerprint,
        operator: operator.to_owned(),
        risks: plan.steps.iter().map(|step| (step.id.clone(), risk(step, evidence))).collect(),
        approved_by: valid.iter().map(|one| format!("{} ({})", one.by, one.os_user)).collect(),
        waivers,
    })
}

/// Returns the harm a step can do: the worst of what the plan claims, what the check computed and what the dry run saw.
pub fn risk(step: &Step, evidence: &PlanEvidence) -> Risk {
    if !step.runs() {
        return step.claimed_risk();
    }
    let computed = evidence.checked.as_ref().map(|checked| checked.risk(step.id.as_str()));
    let claimed = step.risk.unwrap_or(Risk::Read);
    let said = claimed.max(computed.unwrap_or(Risk::Unknown));
    said.max(observed(step, evidence, said))
}

/// Returns the harm a dry run saw. A step that is said to look only, and changes files, is not what it is said to be.
fn observed(step: &Step, evidence: &PlanEvidence, said: Risk) -> Risk {
    let dry_run = evidence.dry_run.iter().flat_map(|dry_run| &dry_run.steps);
    let effects = dry_run.filter(|shown| shown.id == step.id).flat_map(|shown| &shown.effects);
    let of_change = |change: Change| match change {
        Change::Created | Change::Metadata => Risk::Write,
        Change::Modified | Change::Deleted | Change::Renamed | Change::TypeChanged => match said {
            Risk::Read => Risk::Destructive,
            Risk::Write
            | Risk::Disruptive
            | Risk::Destructive
            | Risk::Irreversible
            | Risk::Unknown => Risk::Write,
        },
    };
    let changes = effects.filter_map(|effect| match effect {
        Effect::File(file) => Some(of_change(file.change)),
        Effect::Exec { .. }
        | Effect::Lookup { .. }
        | Effect::Connect { .. }
        | Effect::Denied { .. } => None,
    });
    changes.max().unwrap_or(Risk::Read)
}

/// Tells whether the full name of its target must be typed before a step of this risk runs.
pub fn must_be_typed(risk: Risk) -> bool {
    match risk {
        Risk::Read | Risk::Write | Risk::Disruptive => false,
        Risk::Destructive | Risk::Irreversible | Risk::Unknown => true,
    }
}

/// Returns how many people must approve a step: what the plan asks for, and at least one for a step that changes
/// something. A plan cannot ask for less, because it may come from whom it is to be protected from.
pub fn need(step: &Step, evidence: &PlanEvidence) -> ApprovalNeed {
    let least = match risk(step, evidence) {
        Risk::Read => ApprovalNeed::None,
        Risk::Write | Risk::Disruptive | Risk::Destructive | Risk::Irreversible | Risk::Unknown => {
            ApprovalNeed::One
        }
    };
    step.approval.unwrap_or(ApprovalNeed::None).max(least)
}

/// Returns why an approval does not count, or `None` where it does.
fn void(approval: &Approval, fingerprint: Digest, seen: Digest, now: Timestamp) -> Option<Refusal> {
    if approval.fingerprint != fingerprint {
        return Some(Refusal::other_plan(approval, fingerprint));
    }
    if approval.evidence != seen {
        return Some(Refusal::other_evidence(approval));
    }
    let longest = approval.at.checked_add(HOLDS_AT_MOST).unwrap_or(Timestamp::MAX);
    let latest = now.checked_add(SKEW).unwrap_or(Timestamp::MAX);
    if approval.at > latest || approval.expires <= approval.at || approval.expires > longest {
        return Some(Refusal::impossible_times(approval));
    }
    (approval.expires <= now).then(|| Refusal::expired(approval))
}

#[cfg(test)]
mod tests;
