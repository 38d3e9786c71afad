//! What a plan's evidence leaves open: what must be repaired, and what a person may accept with a reason.

use super::risk;
use crate::base::Risk;
use crate::evidence::{KeptFinding, Outcome, PlanEvidence, Severity, StepDryRun, Waived};
use crate::plan::{Plan, Step};

/// Something the evidence does not prove, or that speaks against the plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gap {
    /// What: lower case, no final period.
    pub message: String,
    /// The waiver that accepts it; none where nobody may.
    pub waiver: Option<Waived>,
    /// What to do about it instead.
    pub fix: String,
}

const CHECK: &str = "blackstart check PLAN";
const DRY_RUN: &str = "blackstart dry-run PLAN";

/// Returns everything that is open, in the order of the steps; nothing where the plan is proven as far as a dry
/// run can prove it.
pub fn gaps(plan: &Plan, evidence: &PlanEvidence) -> Vec<Gap> {
    let mut gaps = vec![];
    let mut gap = |message: String, waiver: Option<Waived>, fix: &str| {
        gaps.push(Gap { message, waiver, fix: fix.to_owned() });
    };
    match &evidence.checked {
        None => gap("it was not checked".into(), None, CHECK),
        Some(checked) => checked.findings.iter().for_each(|one| open_finding(one, CHECK, &mut gap)),
    }
    let Some(dry_run) = &evidence.dry_run else {
        gap("it was not dry-run".into(), None, DRY_RUN);
        return gaps;
    };
    if !dry_run.level.counts() {
        let why = dry_run.level_reason.as_deref().map_or(String::new(), |why| format!(" ({why})"));
        let message = format!("its dry run is {} only{why}", dry_run.level.word());
        gap(message, Some(Waived::Level), DRY_RUN);
    }
    for shown in &dry_run.steps {
        shown.findings.iter().for_each(|one| open_finding(one, DRY_RUN, &mut gap));
    }
    for step in &plan.steps {
        let id = step.id.as_str();
        let shown = dry_run.steps.iter().find(|shown| shown.id == step.id);
        let mut why: Vec<String> = vec![];
        if step.runs() && risk(step, evidence) == Risk::Unknown && evidence.checked.is_some() {
            why.push("its risk is unknown".into());
        }
        match open(step, shown, dry_run.level.counts()) {
            Open::Nothing => {}
            Open::Waivable(reason) => why.push(reason),
            Open::Never(reason) => gap(format!("step {id}: {reason}"), None, DRY_RUN),
        }
        why.extend(open_rollback(shown));
        if !why.is_empty() {
            let message = format!("step {id}: {}", why.join(", and "));
            gap(message, Some(Waived::Step(step.id.clone())), DRY_RUN);
        }
    }
    gaps
}

/// A finding that weighs is a gap until somebody accepts it.
fn open_finding(
    finding: &KeptFinding,
    fix: &str,
    gap: &mut impl FnMut(String, Option<Waived>, &str),
) {
    if finding.severity < Severity::High {
        return;
    }
    let place = finding.step.as_ref().map_or(String::new(), |step| format!(", step {step}"));
    let severity = finding.severity.word();
    let message = format!("open {severity} finding {}{place}: {}", finding.rule, finding.message);
    let (rule, step) = (finding.rule.clone(), finding.step.clone());
    gap(message, Some(Waived::Finding { rule, step }), fix);
}

enum Open {
    Nothing,
    Waivable(String),
    Never(String),
}

/// Returns what the dry run of a step leaves open. Where the whole run was below the full levels, the waiver of
/// the level speaks for all that could not be proven; a failure is a failure at any level.
fn open(step: &Step, shown: Option<&StepDryRun>, full: bool) -> Open {
    let Some(shown) = shown else {
        return match full || step.runs() {
            true => Open::Never("the dry run does not have it".into()),
            false => Open::Nothing,
        };
    };
    match shown.outcome {
        Outcome::Failed => Open::Never("it failed in the dry run".into()),
        Outcome::TimedOut => {
            Open::Never("it ran out of time in the dry run (give it a `timeout`)".into())
        }
        Outcome::NotRun
        | Outcome::Limited
        | Outcome::Simulated
        | Outcome::OtherHost
        | Outcome::Manual
            if !full =>
        {
            Open::Nothing
        }
        Outcome::NotRun => Open::Never("the dry run did not come to it".into()),
        Outcome::Limited => {
            let limit = shown.limit.as_deref().unwrap_or("a limit");
            Open::Waivable(format!("{limit} stopped its dry run"))
        }
        Outcome::Simulated => {
            Open::Waivable(format!("stand-ins answered for {}", shown.simulated.join(", ")))
        }
        Outcome::OtherHost => Open::Waivable(format!("it runs on {}, not here", step.host())),
        Outcome::Manual => Open::Waivable("a person does it, nothing ran".into()),
        Outcome::Passed => Open::Nothing,
    }
}

/// Returns what the rollback of a step leaves open, whatever became of the step itself.
fn open_rollback(shown: Option<&StepDryRun>) -> Option<String> {
    let proof = shown?.rollback.as_ref()?;
    let differs = Some("its rollback does not bring back what was".to_owned());
    match proof.outcome {
        Outcome::Failed | Outcome::TimedOut => differs,
        Outcome::Passed | Outcome::OtherHost | Outcome::Manual => {
            differs.filter(|_| !proof.differences.is_empty())
        }
        Outcome::Simulated | Outcome::Limited | Outcome::NotRun => {
            match proof.differences.is_empty() {
                true => Some("its rollback is not proven".into()),
                false => differs,
            }
        }
    }
}
