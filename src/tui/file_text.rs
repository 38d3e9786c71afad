//! Findings of a file as a person reads them: the lines they are about, why they matter, what to write instead.

use ratatui::text::Line;

use super::text::{Ink, width};
use super::theme::Tone;
use crate::base::{Position, escape};
use crate::evidence::Severity;
use crate::flow::{Allowed, Placed, Reviewed, RulePage};

/// The room a finding is shown in.
#[derive(Debug, Clone, Copy)]
pub struct Room {
    /// Columns of a line.
    pub columns: usize,
    /// Lines of the file before and behind the one that is meant.
    pub around: usize,
}

impl Room {
    /// Returns the room of a pane: the reason of a finding is to be seen without a key.
    pub fn of(columns: u16, rows: u16) -> Self {
        let around = if rows < 16 { 1 } else { 4 };
        Self { columns: usize::from(columns), around }
    }
}

/// Returns the tone of a weight.
pub fn tone(severity: Severity) -> Tone {
    match severity {
        Severity::Critical | Severity::High => Tone::Danger,
        Severity::Medium => Tone::Warn,
        Severity::Low => Tone::Plain,
    }
}

/// Returns the end of a name where not all of it fits.
pub fn end(name: &str, columns: usize) -> String {
    if width(name) <= columns {
        return name.to_owned();
    }
    let mut start = 0;
    while width(&name[start..]) + 2 > columns.max(2) {
        start += name[start..].chars().next().map_or(1, char::len_utf8);
    }
    format!("..{}", &name[start..])
}

/// Returns a file as a whole.
pub fn file(ink: Ink, reviewed: &Reviewed) -> Vec<Line<'static>> {
    let mut lines = ink.labelled("Language", Tone::Plain, reviewed.language);
    lines.extend(ink.labelled("Risk", Tone::Plain, reviewed.risk.word()));
    for doubt in &reviewed.unknown {
        let step = doubt.step.as_ref().map(|step| format!("step {step}: ")).unwrap_or_default();
        let said = format!("line {}: {step}{}", doubt.start.line, doubt.why);
        lines.extend(ink.labelled("Unknown", Tone::Warn, &said));
    }
    if !reviewed.parsed {
        lines.extend(ink.labelled("Read", Tone::Danger, "not all of it could be read"));
    }
    let counts = Severity::ALL.into_iter().rev().map(|severity| {
        let count = reviewed.open.iter().filter(|one| one.finding.severity == severity).count();
        (severity, count)
    });
    for (severity, count) in counts.filter(|(_, count)| *count > 0) {
        lines.extend(ink.labelled(
            "Findings",
            tone(severity),
            &format!("{count} {}", severity.word()),
        ));
    }
    if reviewed.open.is_empty() {
        lines.extend(ink.labelled("Findings", Tone::Good, "none"));
    }
    let fixes = reviewed.open.iter().filter(|one| one.edit.is_some()).count();
    if fixes > 0 {
        let text = format!("{fixes} with a safe fix; `blackstart check --fix` applies all");
        lines.extend(ink.labelled("Fixes", Tone::Good, &text));
    }
    if !reviewed.allowed.is_empty() {
        let text = format!("{}, by comments in the text", reviewed.allowed.len());
        lines.extend(ink.labelled("Allowed", Tone::Plain, &text));
    }
    lines
}

/// Returns a finding in full.
pub fn finding(ink: Ink, reviewed: &Reviewed, found: &Placed, room: Room) -> Vec<Line<'static>> {
    let finding = &found.finding;
    let head =
        format!("{} {} {}", finding.severity.word().to_uppercase(), finding.rule, finding.name);
    let mut lines = vec![ink.line(tone(finding.severity), &head)];
    lines.push(ink.line(Tone::Strong, &finding.message));
    if let Some(step) = &finding.step {
        let part = finding.part.word();
        lines.extend(ink.labelled("Step", Tone::Plain, format!("{step} {part}").trim_end()));
    }
    lines.push(Line::default());
    lines.extend(excerpt(ink, reviewed, found, room));
    lines.push(Line::default());
    lines.extend(ink.labelled("Why", Tone::Plain, &finding.why));
    if let Some(fix) = &finding.fix {
        lines.extend(ink.labelled("Fix", Tone::Plain, fix));
    }
    if found.edit.is_some() {
        lines.extend(ink.labelled("", Tone::Good, "f shows a fix that is safe to apply"));
    }
    lines
}

/// Returns a finding that is accepted, with the reason it is accepted for.
pub fn allowed(ink: Ink, reviewed: &Reviewed, allowed: &Allowed, room: Room) -> Vec<Line<'static>> {
    let mut lines = ink.labelled("Allowed", Tone::Warn, &format!("until {}", allowed.until));
    lines.extend(ink.labelled("Because", Tone::Plain, &allowed.reason));
    if reviewed.language == "plan" {
        lines.extend(ink.labelled("", Tone::Faint, "its approval still asks for a waiver"));
    }
    lines.push(Line::default());
    lines.extend(finding(ink, reviewed, &allowed.found, room));
    lines
}

/// Returns the lines around what is meant, numbered, with carets below it.
fn excerpt(
    ink: Ink,
    reviewed: &Reviewed,
    found: &Placed,
    Room { columns, around }: Room,
) -> Vec<Line<'static>> {
    let text = &reviewed.text;
    let at = Position::of(text, found.span.start);
    let first = at.line.saturating_sub(around).max(1);
    let digits = (at.line + around).to_string().len();
    let room = columns.saturating_sub(digits + 3).max(10);
    let line_start =
        text[..found.span.start.min(text.len())].rfind('\n').map_or(0, |before| before + 1);
    let line = text[line_start..].lines().next().unwrap_or_default();
    let marked = found.span.slice(text).lines().next().unwrap_or_default().trim_end();
    let before = shown(text.get(line_start..found.span.start).unwrap_or_default());
    // A long line is cut at its front, so that what is meant is seen.
    let over = (width(&before) + width(&shown(marked)).min(room / 2)).saturating_sub(room);
    let mut lines = vec![];
    for (number, other) in
        text.lines().enumerate().skip(first - 1).take(at.line - first + 1 + around)
    {
        let own = number + 1 == at.line;
        let (sign, tone) = if own { (">", Tone::Strong) } else { (" ", Tone::Faint) };
        let said = shown(if own { line } else { other });
        let said = if own { skip(&said, over) } else { said };
        let head = format!("{sign}{:>digits$} ", number + 1);
        lines.push(ink.pieces([(Tone::Faint, &head), (tone, &super::text::cut(&said, room))]));
        if own {
            let indent = width(&before).saturating_sub(over);
            let carets = width(&shown(marked)).max(1).min(room.saturating_sub(indent).max(1));
            let gap = " ".repeat(head.len() + indent);
            lines.push(ink.pieces([(Tone::Plain, &gap), (Tone::Danger, &"^".repeat(carets))]));
        }
    }
    lines
}

fn shown(line: &str) -> String {
    escape::one_line(&line.replace('\t', "    "))
}

/// Returns a text without its first columns.
fn skip(text: &str, columns: usize) -> String {
    let mut start = 0;
    while width(&text[..start]) < columns && start < text.len() {
        start += text[start..].chars().next().map_or(1, char::len_utf8);
    }
    text[start..].to_owned()
}

/// Returns the page of a rule.
pub fn rule(ink: Ink, page: &RulePage) -> Vec<Line<'static>> {
    let mut lines = vec![ink.line(Tone::Strong, &page.title), Line::default()];
    for (label, text) in &page.parts {
        lines.extend(ink.labelled(label, Tone::Plain, text));
    }
    for (label, text) in &page.examples {
        lines.push(Line::default());
        let tone = if *label == "Bad" { Tone::Warn } else { Tone::Good };
        lines.push(ink.line(tone, label));
        lines.extend(
            text.trim().lines().map(|line| ink.line(Tone::Plain, &format!("  {}", shown(line)))),
        );
    }
    lines
}
