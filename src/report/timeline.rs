//! What happened, told from the log.

use super::{Moment, Sources};
use crate::base::readable;
use crate::evidence::{Event, Record, StepOutcome};

/// Returns the moments of the incident and of every record, in order.
pub fn timeline(sources: &Sources<'_>) -> Vec<Moment> {
    let mut moments = vec![];
    if let Some(incident) = sources.incident {
        let mut say = |at: Option<_>, what: &str| {
            if let Some(at) = at {
                moments.push((at, what.to_owned()));
            }
        };
        say(incident.damage_at, "damage");
        say(incident.detected_at, "noticed");
    }
    for record in sources.records {
        if let (Some(at), Some(what)) = (record.at(), told(record)) {
            moments.push((at, what));
        }
    }
    moments.sort_by_key(|(at, _)| *at);
    moments.into_iter().map(|(at, what)| Moment { at: readable(at), what }).collect()
}

/// Returns what a record says, or nothing for one that only machines need.
fn told(record: &Record) -> Option<String> {
    let step = record.step.as_ref().map(ToString::to_string).unwrap_or_default();
    Some(match record.event()? {
        Event::Approval { by, os_user, .. } => format!("approved by {by} (account {os_user})"),
        Event::ModelAsked { model, round, bytes, .. } => {
            format!("{bytes} bytes sent to {model}, question {round}")
        }
        Event::RunCreated { by, .. } => format!("run set up by {by}"),
        Event::RunStarted { hostname, resumed: false, .. } => format!("run started on {hostname}"),
        Event::RunStarted { hostname, resumed: true, .. } => format!("run resumed on {hostname}"),
        Event::TargetConfirmed { target, by, .. } => format!("{by} typed the target {target}"),
        Event::StepStarted { .. } | Event::CheckFinished { .. } => return None,
        Event::StepFinished(end) => {
            let seconds = end.duration_ms as f64 / 1e3;
            match end.outcome {
                StepOutcome::Succeeded => format!("step {step} succeeded in {seconds:.1} s"),
                StepOutcome::Failed => {
                    format!("step {step} failed: {}", end.why.unwrap_or_default())
                }
                StepOutcome::TimedOut => {
                    format!("step {step} was ended by its timeout after {seconds:.1} s")
                }
                StepOutcome::Stopped => format!("step {step} was stopped"),
            }
        }
        Event::StepSkipped { why } => format!("step {step} was not run: {why}"),
        Event::RollbackStarted { why, .. } => format!("rollback started: {why}"),
        Event::StepRolledBack { succeeded: true, .. } => format!("step {step} was rolled back"),
        Event::StepRolledBack { succeeded: false, .. } => {
            format!("the rollback of step {step} FAILED")
        }
        Event::Question { text, .. } => format!("asked: {text}"),
        Event::Answered { answer, by, .. } => format!("{by} answered {answer:?} for step {step}"),
        Event::StopRequested { by, .. } => format!("{by} asked to stop"),
        Event::Note { text } => text,
        Event::RunFinished { state, why, .. } => match why {
            Some(why) => format!("run {}: {why}", state.word()),
            None => format!("run {}", state.word()),
        },
    })
}
