//! Applies the safe change of a finding to the plan it was found in.

use crate::evidence::{Finding, Place};
use crate::plan::Plan;

/// Returns the plan with the finding's edit applied, or nothing where it has no edit or does not fit the plan.
pub fn fixed(plan: &Plan, finding: &Finding) -> Option<Plan> {
    let edit = finding.edit.as_ref()?;
    let id = finding.step.as_ref()?;
    let mut fixed = plan.clone();
    let step = fixed.steps.iter_mut().find(|step| step.id == *id)?;
    let text = match finding.part {
        Place::Whole => return None,
        Place::Run => step.run.as_mut()?,
        Place::Check => step.check.as_mut()?,
        Place::Rollback => step.rollback.as_mut()?,
    };
    text.get(edit.span.start..edit.span.end)?;
    text.replace_range(edit.span.start..edit.span.end, &edit.replacement);
    Some(fixed)
}
