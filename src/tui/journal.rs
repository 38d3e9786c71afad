//! What the journal of a run says, as words and lines.

use ratatui::text::Line;

use super::text::Ink;
use super::theme::Tone;
use crate::evidence::{Event, Record, StepOutcome, StepRecord, StepState};
use crate::flow::Running;

/// Returns the word for where a step stands, with its tone.
pub fn stands(record: &StepRecord, run: &Running) -> (Tone, &'static str) {
    if record.question.is_some() {
        return (Tone::Warn, "WAITS FOR YOU");
    }
    match &record.state {
        StepState::NotStarted => (Tone::Faint, ""),
        StepState::Started { .. } if run.alive => (Tone::Strong, "running"),
        StepState::Started { .. } => (Tone::Danger, "UNKNOWN"),
        StepState::Ended(StepOutcome::Succeeded) => (Tone::Good, "ok"),
        StepState::Ended(StepOutcome::Failed) => (Tone::Danger, "FAILED"),
        StepState::Ended(StepOutcome::TimedOut) => (Tone::Danger, "TIMED OUT"),
        StepState::Ended(StepOutcome::Stopped) => (Tone::Danger, "STOPPED"),
        StepState::Skipped => (Tone::Warn, "skipped"),
        StepState::RolledBack => (Tone::Warn, "rolled back"),
        StepState::RollbackFailed => (Tone::Danger, "ROLLBACK FAILED"),
    }
}

/// Returns a record as a line of the timeline; some say nothing to a person.
pub fn told(ink: Ink, record: &Record) -> Option<Line<'static>> {
    let time: String = record.at.chars().skip(11).take(8).collect();
    let step = record.step.as_ref().map_or(String::new(), |step| format!("{step} "));
    let (tone, what) = match record.event()? {
        Event::Approval { .. } | Event::CheckFinished { .. } | Event::ModelAsked { .. } => {
            return None;
        }
        Event::RunCreated { by, .. } => (Tone::Plain, format!("set up by {by}")),
        Event::RunStarted { resumed: false, .. } => (Tone::Plain, "the runner started".into()),
        Event::RunStarted { resumed: true, .. } => (Tone::Warn, "a new runner took it up".into()),
        Event::TargetConfirmed { target, by, .. } => (Tone::Plain, format!("{by} typed {target}")),
        Event::StepStarted { part, .. } => (Tone::Faint, format!("{} started", part.word())),
        Event::StepFinished(end) => match end.outcome {
            StepOutcome::Succeeded => (Tone::Good, "ok".into()),
            StepOutcome::Failed => {
                (Tone::Danger, format!("FAILED {}", end.why.unwrap_or_default()))
            }
            StepOutcome::TimedOut => (Tone::Danger, "TIMED OUT".into()),
            StepOutcome::Stopped => (Tone::Danger, "STOPPED".into()),
        },
        Event::StepSkipped { why } => (Tone::Warn, format!("skipped: {why}")),
        Event::RollbackStarted { why, .. } => (Tone::Warn, format!("rolling back: {why}")),
        Event::StepRolledBack { succeeded: true, .. } => (Tone::Warn, "rolled back".into()),
        Event::StepRolledBack { succeeded: false, .. } => (Tone::Danger, "ROLLBACK FAILED".into()),
        Event::Question { text, .. } => (Tone::Warn, format!("asks: {text}")),
        Event::Answered { answer, by, .. } => (Tone::Plain, format!("{by} answered {answer:?}")),
        Event::StopRequested { by, .. } => (Tone::Warn, format!("{by} asked it to stop")),
        Event::Note { text } => (Tone::Plain, text),
        Event::RunFinished { state, why, .. } => {
            let why = why.map_or(String::new(), |why| format!(": {why}"));
            (Tone::Strong, format!("{}{why}", state.word().to_uppercase()))
        }
    };
    Some(ink.pieces([
        (Tone::Faint, &time),
        (Tone::Plain, "  "),
        (Tone::Plain, &step),
        (tone, &what),
    ]))
}
