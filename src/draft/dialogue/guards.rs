//! Which steps of a starting plan a model may not change, and which it may not drop.

use crate::plan::{Phase, Plan, Step, StepKind};

/// What a model may do with a step of the starting plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Freedom {
    /// Its commands stay as they are, and it is put back where it is dropped: it protects something.
    Fixed,
    /// Its commands may be others; it is put back where it is dropped, because others rest on it.
    Changeable,
    /// It may be left out.
    Optional,
}

/// Returns what a model may do with a step. A step protects something when it checks or decides or waits, when it belongs to the
/// activation (identity, preflight, fencing, stopping writers), when another step names it as its safety copy, or when two
/// people must approve it. What a model wrote earlier protects nothing by itself, so that it can be mended.
pub fn freedom(plan: &Plan, step: &Step) -> Freedom {
    let by_model = step.provenance.as_ref().is_some_and(|provenance| provenance.by == super::MODEL);
    let looks = match step.kind {
        StepKind::Check | StepKind::Decision | StepKind::Wait => true,
        StepKind::Command | StepKind::Manual | StepKind::Notify => false,
    };
    let keeps = plan.steps.iter().any(|other| other.safety_copy.as_ref() == Some(&step.id));
    let two = step.approval == Some(crate::plan::ApprovalNeed::Two);
    let protects = looks || step.phase == Some(Phase::Activation) || keeps || two;
    let is_needed = plan.steps.iter().any(|other| other.needs.contains(&step.id));
    match (protects && !by_model, is_needed) {
        (true, _) => Freedom::Fixed,
        (false, true) => Freedom::Changeable,
        (false, false) => Freedom::Optional,
    }
}

impl Freedom {
    /// Returns what a model is told.
    pub fn told(self) -> &'static str {
        match self {
            Self::Fixed => "commands fixed, cannot be dropped",
            Self::Changeable => "commands may change, cannot be dropped",
            Self::Optional => "may change or be dropped",
        }
    }
}
