//! A step as a person reads it, and what differs between two of them.

use ratatui::text::Line;

use super::text::Ink;
use super::theme::Tone;
use crate::base::Id;
use crate::plan::{LOCAL, Step};

/// Returns why a step is done, what it should show, where it runs, and behind what.
pub fn facts(ink: Ink, hostname: &str, step: &Step) -> Vec<Line<'static>> {
    let mut lines = vec![];
    for (label, text) in [("Why", &step.why), ("Expect", &step.expect)] {
        lines.extend(text.iter().flat_map(|text| ink.labelled(label, Tone::Plain, text)));
    }
    let account = step.run_as.as_ref().map_or(String::new(), |account| format!(" as {account}"));
    let timeout =
        step.timeout.map_or("no timeout".to_owned(), |timeout| format!("timeout {timeout}"));
    let host = match step.host() {
        LOCAL => format!("{} (this host)", hostname),
        host => host.to_owned(),
    };
    lines.extend(ink.labelled(
        "Runs on",
        Tone::Plain,
        &format!("{host}{account}   {}   {timeout}", step.kind),
    ));
    if !step.needs.is_empty() {
        let needs: Vec<&str> = step.needs.iter().map(Id::as_str).collect();
        lines.extend(ink.labelled("Behind", Tone::Plain, &needs.join(", ")));
    }
    lines
}

/// Returns what a step runs, each part behind an empty line.
pub fn scripts(ink: Ink, step: &Step) -> Vec<Line<'static>> {
    let mut lines = vec![];
    for (label, text) in
        [("Command", &step.run), ("Check", &step.check), ("Rollback", &step.rollback)]
    {
        if let Some(text) = text {
            lines.push(Line::default());
            lines.extend(ink.labelled(label, Tone::Plain, text));
        }
    }
    lines
}

/// Returns a step in full.
pub fn whole(ink: Ink, hostname: &str, step: &Step) -> Vec<Line<'static>> {
    let mut lines = ink.labelled("Does", Tone::Strong, &step.title);
    lines.extend(facts(ink, hostname, step));
    lines.extend(scripts(ink, step));
    lines
}

/// Returns the lines that differ between two texts, with one line around them.
pub fn difference(ink: Ink, before: &str, after: &str) -> Vec<Line<'static>> {
    let mut lines = vec![];
    let diff = similar::TextDiff::from_lines(before, after);
    for hunk in diff.unified_diff().context_radius(1).iter_hunks() {
        for change in hunk.iter_changes() {
            let (tone, sign) = match change.tag() {
                similar::ChangeTag::Equal => (Tone::Faint, " "),
                similar::ChangeTag::Delete => (Tone::Danger, "-"),
                similar::ChangeTag::Insert => (Tone::Good, "+"),
            };
            let text = change.value().trim_end_matches('\n').replace('\t', "    ");
            lines.push(ink.line(tone, &format!("{sign} {text}")));
        }
    }
    lines
}
