//! The frame of every screen: who and where, which screen, the body, one line of context, the keys.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Widget};

use super::keys::Offer;
use super::text::{Ink, cut, width};
use super::theme::Tone;
use crate::base::seconds_between;
use crate::flow::{Notice, State};

/// Below this many columns there is only a card of text.
pub const MIN_COLUMNS: u16 = 60;
/// Below this many rows there is only a card of text.
pub const MIN_ROWS: u16 = 16;

/// From this many columns on, panes stand side by side.
pub const WIDE: u16 = 100;

/// The parts of the frame that a screen fills.
#[derive(Debug)]
pub struct Parts<'a> {
    /// The status row.
    pub status: String,
    /// The context line.
    pub context: String,
    /// A line of guidance, in the demo.
    pub guidance: Option<&'a str>,
    /// The keys that mean something now.
    pub offers: Vec<Offer>,
}

/// Draws everything but the body, and returns where that goes.
pub fn draw(state: &State, ink: Ink, parts: &Parts<'_>, area: Rect, buf: &mut Buffer) -> Rect {
    let row = |y: u16| Rect { y, height: 1, ..area };
    identity(state, ink, row(area.y), buf);
    let status = ink.pieces([(Tone::Strong, " "), (Tone::Strong, &parts.status)]);
    fitted(status, area.width).render(row(area.y + 1), buf);
    let mut bottom = area.bottom() - 2;
    context(state, ink, &parts.context, row(bottom), buf);
    keys(ink, &parts.offers, row(area.bottom() - 1), buf);
    if let Some(guidance) = parts.guidance {
        let columns = usize::from(area.width).saturating_sub(2);
        let line = ink.pieces([(Tone::Good, "Demo: "), (Tone::Plain, guidance)]);
        let lines = super::text::wrap(&line, columns, 6);
        let shown = u16::try_from(lines.len().min(2)).unwrap_or(1);
        bottom -= shown;
        for (at, line) in (bottom..).zip(lines.into_iter().take(2)) {
            let place = row(at);
            line.render(
                Rect { x: place.x + 1, width: place.width.saturating_sub(1), ..place },
                buf,
            );
        }
    }
    Rect { y: area.y + 2, height: bottom - area.y - 2, ..area }
}

/// Row one: the environment, the machine, the person, the incident; at the right the time that is left.
fn identity(state: &State, ink: Ink, row: Rect, buf: &mut Buffer) {
    let mut left = String::new();
    if let Some(environment) =
        state.incident.as_ref().and_then(|incident| incident.environment.as_ref())
    {
        left.push_str(&environment.to_uppercase());
        left.push_str("  ");
    }
    let machine = &state.machine;
    if !machine.hostname.is_empty() {
        left.push_str(&format!("{} (this host) | {}", machine.hostname, machine.user));
    }
    if let Some(incident) = &state.incident {
        left.push_str(&format!(" | {}", incident.title.as_deref().unwrap_or(incident.id.as_str())));
    }
    let live = state.run.as_ref().is_some_and(|run| run.live());
    let mode = if live { " LIVE RUN " } else { "" };
    let (clock, late) = clock(state);
    let columns = usize::from(row.width);
    let room = columns.saturating_sub(width(mode) + width(&clock) + 3);
    let left = cut(&crate::base::escape::one_line(&left), room);
    let gap = columns.saturating_sub(1 + width(mode) + width(&left) + width(&clock) + 1);
    let tone = if late { Tone::Danger } else { Tone::Strong };
    let line = Line::from(vec![
        ink.span(if live { Tone::Danger } else { Tone::Plain }, mode),
        ink.span(Tone::Plain, " "),
        ink.span(Tone::Plain, &left),
        Span::raw(" ".repeat(gap)),
        ink.span(tone, &clock),
    ]);
    line.render(row, buf);
    if live {
        buf.set_style(row, ink.0.style(Tone::Chosen));
    }
}

/// Returns the time that is left until the promise is broken, and whether it is.
fn clock(state: &State) -> (String, bool) {
    let over = state.run.as_ref().is_some_and(|run| run.state.is_over());
    let Some(deadline) = state.deadline().filter(|_| !over) else {
        return (String::new(), false);
    };
    let left = seconds_between(state.now, deadline);
    let seconds = left.unsigned_abs();
    let (hours, minutes, seconds) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
    match left < 0 {
        true => (format!("RTO LATE {hours:02}:{minutes:02}:{seconds:02}"), true),
        false => (format!("RTO {hours:02}:{minutes:02}:{seconds:02} left"), false),
    }
}

fn context(state: &State, ink: Ink, context: &str, row: Rect, buf: &mut Buffer) {
    let line = match &state.notice {
        Some(Notice::Failed(why)) => ink.pieces([(Tone::Danger, " ! "), (Tone::Plain, why)]),
        Some(Notice::Done(what)) => ink.pieces([(Tone::Good, " ok "), (Tone::Plain, what)]),
        None => ink.pieces([(Tone::Faint, " "), (Tone::Faint, context)]),
    };
    fitted(line, row.width).render(row, buf);
}

/// Returns a line cut at its end, with `..` where something is missing.
fn fitted(line: Line<'static>, columns: u16) -> Line<'static> {
    let columns = usize::from(columns);
    if line.width() <= columns {
        return line;
    }
    let mut room = columns;
    let mut spans = vec![];
    for span in line.spans {
        let text = cut(&span.content, room);
        room -= width(&text);
        spans.push(Span::styled(text, span.style));
    }
    Line::from(spans)
}

/// The key bar: as many keys as fit; help stays.
fn keys(ink: Ink, offers: &[Offer], row: Rect, buf: &mut Buffer) {
    let columns = usize::from(row.width).saturating_sub(2);
    let size = |offer: &Offer| width(offer.key) + width(offer.label) + 3;
    let all: usize = offers.iter().map(size).sum();
    let help = offers.iter().find(|offer| offer.key == "?");
    let kept = help.map_or(0, |_| width("? more") + 2);
    let mut spans = vec![Span::raw(" ")];
    let mut used = 0;
    for offer in offers {
        let is_help = offer.key == "?" && all > columns;
        if !is_help && all > columns && used + size(offer) + kept > columns {
            continue;
        }
        if is_help {
            continue;
        }
        used += size(offer);
        spans.push(ink.span(Tone::Strong, offer.key));
        spans.push(ink.span(Tone::Faint, &format!(" {}", offer.label)));
        spans.push(Span::raw("  "));
    }
    if all > columns && help.is_some() {
        spans.push(ink.span(Tone::Strong, "?"));
        spans.push(ink.span(Tone::Faint, " more"));
    }
    Line::from(spans).render(row, buf);
}

/// Returns the inside of a frame that leaves a column free on each side.
pub fn inside(area: Rect) -> Rect {
    Rect {
        x: area.x.saturating_add(2),
        y: area.y.saturating_add(1),
        width: area.width.saturating_sub(4),
        height: area.height.saturating_sub(2),
    }
}

/// Draws a frame with a title at the left and a note at the right of its upper edge, and returns its inside.
pub fn pane(ink: Ink, area: Rect, buf: &mut Buffer, title: &str, note: &str) -> Rect {
    let title = crate::base::escape::one_line(title);
    let room = usize::from(area.width).saturating_sub(width(note) + 4);
    let block = Block::bordered()
        .border_set(ink.0.border())
        .border_style(ink.0.style(Tone::Faint))
        .title(Line::from(ink.span(Tone::Strong, &cut(&title, room))))
        .title(Line::from(ink.span(Tone::Plain, note)).right_aligned());
    let inner = block.inner(area);
    block.render(area, buf);
    inner
}

/// Where there is no room for a screen: what matters, as text.
pub fn card(state: &State, ink: Ink, area: Rect, buf: &mut Buffer) {
    let mut lines = vec![format!(
        "blackstart needs {MIN_COLUMNS}x{MIN_ROWS}, has {}x{}.",
        area.width, area.height
    )];
    if let Some(run) = state.run.as_ref().filter(|run| run.id.is_some()) {
        let done = run.steps().filter(|step| run.record.step(step.id.as_str()).finished.is_some());
        let word = run.state.word().to_uppercase();
        lines.push(format!(
            "{word} step {}/{}",
            (done.count() + 1).min(run.order.len()),
            run.order.len()
        ));
    }
    if let Some(asking) = &state.dialogue.asking {
        let steps = super::text::count(asking.steps.len(), "step");
        lines.push(format!("model asked: {steps}, {}", super::beside::elapsed(state, asking)));
    }
    let (clock, _) = clock(state);
    if !clock.is_empty() {
        lines.push(clock);
    }
    lines.push("q quits; a run goes on".into());
    for (y, line) in (area.y..area.bottom()).zip(lines) {
        ink.line(Tone::Plain, &line).render(Rect { y, height: 1, ..area }, buf);
    }
}
