//! What was rejected of an answer, why, and what stands instead; how a step failed.

use ratatui::text::Line;

use super::text::Ink;
use super::theme::Tone;
use crate::draft::dialogue::{FailedStep, Instead, Reason, Rejected};
use crate::evidence::Place;

/// Returns what a rejected part is called.
pub fn name(one: &Rejected) -> &str {
    match (one.title.is_empty(), one.step.is_empty()) {
        (false, _) => &one.title,
        (true, false) => &one.step,
        (true, true) => "the answer as a whole",
    }
}

/// Returns what was rejected, why, what stands instead, and what the model wrote.
pub fn rejection(ink: Ink, one: &Rejected) -> Vec<Line<'static>> {
    let mut lines = ink.labelled("Rejected", Tone::Danger, name(one));
    for (at, reason) in one.reasons.iter().enumerate() {
        let label = if at == 0 { "Because" } else { "" };
        lines.extend(ink.labelled(label, Tone::Plain, &because(reason)));
    }
    let instead = match &one.instead {
        Instead::Template(id) => format!("step {id} as it was before"),
        Instead::Manual(id) => format!("step {id}: a person decides"),
        Instead::LeftOut => "nothing".to_owned(),
    };
    lines.extend(ink.labelled("Instead", Tone::Plain, &instead));
    if !one.text.trim().is_empty() {
        let text: Vec<&str> = one
            .text
            .trim_end()
            .lines()
            .map(|line| line.strip_prefix("  ").unwrap_or(line))
            .collect();
        lines.extend(ink.labelled("It wrote", Tone::Faint, &text.join("\n")));
    }
    lines
}

/// Returns a reason with its rule, its place and what to write instead.
fn because(reason: &Reason) -> String {
    let code = reason.code.as_ref().map_or(String::new(), |code| format!("{code}: "));
    let place = match (reason.part, reason.line) {
        (Place::Whole, _) => String::new(),
        (part, None) => format!(" ({})", part.word()),
        (part, Some(line)) => format!(" ({} line {line})", part.word()),
    };
    let fix = reason.fix.as_ref().map_or(String::new(), |fix| format!("; better: {fix}"));
    format!("{code}{}{place}{fix}", reason.why)
}

/// Returns how a step failed in a dry run.
pub fn failed_step(failed: &FailedStep) -> String {
    let code = failed.exit_code.map_or(String::new(), |code| format!(", exit code {code}"));
    let denied = match failed.denied.as_slice() {
        [] => String::new(),
        denied => format!(", denied: {}", denied.join(", ")),
    };
    format!("step {}: {}{code}{denied}", failed.step, failed.outcome.word())
}
