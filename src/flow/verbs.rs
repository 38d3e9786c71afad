//! The pure verbs the session calls, in the form the screens need.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::state::{Drafted, Found, Ranked};
use crate::approve::{self, Gap};
use crate::base::Timestamp;
use crate::check;
use crate::draft::{self, Library, Request};
use crate::evidence::{Finding, PlanEvidence, Waived};
use crate::incident::Incident;
use crate::inventory::Inventory;
use crate::plan::{ApprovalNeed, Kind, Plan, Step};

/// Returns the draft for an incident from this runbook, from the one that fits best where none is named.
pub fn draft(
    library: &Library,
    incident: &Incident,
    inventory: &Inventory,
    runbook: Option<&str>,
    now: Timestamp,
) -> Result<Drafted, String> {
    let request = Request {
        inventory,
        incident: Some(incident),
        asset: None,
        scenario: None,
        kind: Kind::Recovery,
        parameters: &BTreeMap::new(),
        now,
        library,
        runbook,
    };
    let draft = draft::draft(&request).map_err(|error| error.to_string())?;
    let ranked =
        |ranked: &draft::Ranked| Ranked { name: ranked.id.clone(), why: ranked.reasons.join(", ") };
    let chosen = draft.ranking.iter().position(|one| one.id == draft.runbook);
    let mut notes = draft.questions;
    if let Some((_, others)) = incident.affected.split_first()
        && !others.is_empty()
    {
        let others: Vec<&str> = others.iter().map(|id| id.as_str()).collect();
        notes.push(format!("this plan recovers the first asset only; not {}", others.join(", ")));
    }
    Ok(Drafted {
        plan: Arc::new(draft.plan),
        at: now,
        ranking: draft.ranking.iter().map(ranked).collect(),
        chosen: chosen.unwrap_or(0),
        estimate: draft.estimate,
        notes,
    })
}

/// Returns findings with the step that each safe fix would make.
pub fn with_fixes(plan: &Plan, findings: Vec<Finding>) -> Vec<Found> {
    let found = |finding: Finding| {
        let fixed = check::fixed(plan, &finding);
        let step = finding.step.as_ref().and_then(|id| fixed?.step(id.as_str()).cloned());
        Found { fixed: step.map(Box::new), finding }
    };
    findings.into_iter().map(found).collect()
}

/// Returns what is open about a plan: what `approve` says, and whether a second person is asked for.
pub fn gaps(plan: &Plan, evidence: &PlanEvidence) -> Vec<Gap> {
    let mut gaps = approve::gaps(plan, evidence);
    let two = |step: &&Step| approve::need(step, evidence) == ApprovalNeed::Two;
    if let Some(step) = plan.steps.iter().find(two) {
        gaps.push(Gap {
            message: format!("step {} asks for two people from two accounts", step.id),
            waiver: Some(Waived::SecondApprover),
            fix: "the other person runs blackstart approve from their account".into(),
        });
    }
    gaps
}
