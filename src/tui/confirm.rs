//! What is asked before a run starts, changes data or stops.

use super::dialog::{Dialog, Extra, Paste};
use super::screens::Reaction;
use super::text::Ink;
use super::theme::Tone;
use crate::base::Id;
use crate::evidence::{Answer, Stop};
use crate::flow::Act;
use ratatui::text::Line;

/// Asks whether a run is to stop.
pub fn stop_dialog(ink: Ink, when: Stop) -> Dialog {
    let (title, text, key) = match when {
        Stop::AfterStep => (
            "Stop the run?",
            "It stops when the running step has ended. What is done stays done; it can be taken up again.",
            'y',
        ),
        Stop::Now => (
            "Stop the running step NOW?",
            "Its processes are ended at once; its result is then not known and must be looked at.",
            'K',
        ),
    };
    let body = vec![
        ink.line(Tone::Plain, text),
        Line::default(),
        ink.line(Tone::Faint, "Leaving blackstart with q does not stop a run."),
    ];
    let label = if when == Stop::Now { "stop now" } else { "stop after this step" };
    Dialog::yes(title, body, key, label, Act::Stop(when))
}

/// Tells a name typed before the start.
pub fn target(text: &str, _: &Extra) -> Act {
    Act::TypeTarget(text.to_owned())
}

/// Tells a name typed as an answer to a step.
pub fn target_answer(text: &str, extra: &Extra) -> Act {
    match extra {
        Extra::Step(step) => Act::Answer(step.clone(), Answer::Target(text.to_owned())),
        Extra::None | Extra::Waived(_) => Act::Refresh,
    }
}

/// Returns ids as a list.
pub fn ids(ids: &[Id]) -> String {
    ids.iter().map(Id::as_str).collect::<Vec<_>>().join(", ")
}

/// Asks for the full name of a target.
pub fn target_dialog(
    ink: Ink,
    name: &str,
    steps: &[Id],
    act: fn(&str, &Extra) -> Act,
    extra: Extra,
) -> Reaction {
    let body = vec![
        ink.pieces([(Tone::Plain, "Deletes or replaces data of:  "), (Tone::Danger, name)]),
        ink.line(Tone::Plain, &format!("In steps: {}", ids(steps))),
        Line::default(),
        ink.line(
            Tone::Plain,
            "Type the full name; pasting is off. Esc leaves everything as it is.",
        ),
    ];
    Dialog::line("The full name of the target", body, "", Paste::Refused, act, extra).into()
}
