//! The pure verbs the session calls, in the form the screens need: draft, check, approve.

use std::sync::Arc;

use super::state::{Drafted, Found};
use crate::approve::{self, Gap};
use crate::base::{Digest, Risk};
use crate::evidence::{Checked, PlanEvidence, Waived};
use crate::incident::Incident;
use crate::inventory::Inventory;
use crate::plan::{ApprovalNeed, LOCAL, Plan, Step};

/// The runbooks.
#[derive(Debug, Clone, Default)]
pub struct Library;

/// What the check needs to know from outside.
#[derive(Debug, Clone, Default)]
pub struct Facts;

/// Returns the draft for an incident from the runbook at `choice` of the ranking, the best where none is given.
pub fn draft(
    _library: &Library,
    _incident: &Incident,
    _inventory: &Inventory,
    _choice: Option<usize>,
) -> Result<Drafted, String> {
    Err("no runbook fits".into())
}

/// Returns what the static check says about a plan, with the step each safe fix would make.
pub fn check(
    plan: &Arc<Plan>,
    _inventory: Option<&Inventory>,
    _facts: &Facts,
    at: crate::base::Timestamp,
) -> (Checked, Vec<Found>) {
    let risks = plan
        .steps
        .iter()
        .map(|step| (step.id.clone(), step.claimed_risk()))
        .collect();
    let checked = Checked {
        at,
        risks,
        findings: vec![],
    };
    (checked, vec![])
}

/// Returns the plan over the facts it rests on.
pub fn fingerprint(plan: &Plan, inventory: Option<&Inventory>) -> Digest {
    let facts = inventory
        .map(|inventory| inventory.facts_about(plan.names()))
        .unwrap_or_default();
    plan.fingerprint(&facts)
}

/// Returns what is open about a plan: what `approve` says, and whether a second person is asked for.
pub fn gaps(plan: &Plan, evidence: &PlanEvidence) -> Vec<Gap> {
    let mut gaps = approve::gaps(plan, evidence);
    let two = |step: &&Step| approve::need(step, evidence) == ApprovalNeed::Two;
    if let Some(step) = plan.steps.iter().find(two) {
        gaps.push(Gap {
            message: format!("step {} asks for two people from two accounts", step.id),
            waiver: Some(Waived::SecondApprover),
            fix: "blackstart approve PLAN --as NAME, from the other person's account".into(),
        });
    }
    gaps
}

/// Returns the full name that must be typed before a step of this risk runs; none where the step does no such harm.
pub fn target(step: &Step, risk: Risk, hostname: &str) -> Option<String> {
    match risk {
        Risk::Read | Risk::Write | Risk::Disruptive => None,
        Risk::Destructive | Risk::Irreversible | Risk::Unknown => Some(match (&step.asset, step.host()) {
            (Some(asset), _) => asset.to_string(),
            (None, LOCAL) => hostname.to_owned(),
            (None, host) => host.to_owned(),
        }),
    }
}
