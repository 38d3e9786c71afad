//! What a model is told of a dry run that failed.

use super::FailedStep;
use crate::base::escape;
use crate::evidence::{DryRun, Effect, Outcome, StepDryRun};

/// Returns the steps that failed in a dry run, for a model: how they ended and what they were denied, nothing they printed.
pub fn failed_steps(run: &DryRun) -> Vec<FailedStep> {
    let failed = run.steps.iter().filter(|step| match step.outcome {
        Outcome::Failed | Outcome::TimedOut | Outcome::Limited => true,
        Outcome::Passed
        | Outcome::Simulated
        | Outcome::OtherHost
        | Outcome::Manual
        | Outcome::NotRun => false,
    });
    let denied = |step: &StepDryRun| {
        let names = step.effects.iter().filter_map(|effect| match effect {
            Effect::Denied { what } => Some(what),
            Effect::Connect { destination, .. } => Some(destination),
            Effect::File(_) | Effect::Exec { .. } | Effect::Lookup { .. } => None,
        });
        names.take(10).map(|name| escape::one_line(name).chars().take(120).collect()).collect()
    };
    failed
        .map(|step| FailedStep {
            step: step.id.to_string(),
            outcome: step.outcome,
            exit_code: step.exit_code,
            denied: denied(step),
        })
        .collect()
}
