//! Draft: the plan with its recovery point, loss, duration, and the copies that are not used.

use crossterm::event::{KeyCode, KeyEvent};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Line;

use super::{Reaction, Screen, blank};
use crate::base::readable;
use crate::estimate::{Estimate, Point, Source, Tested};
use crate::flow::{Act, Drafted, Stage, State, span};
use crate::tui::frame::{WIDE, inside, pane};
use crate::tui::keys::{self, Offer, offer};
use crate::tui::list::Page;
use crate::tui::text::{Ink, LABEL, pad};
use crate::tui::theme::Tone;

/// The draft and its numbers.
#[derive(Debug, Default)]
pub struct Draft {
    page: Page,
    steps: Page,
}

impl Screen for Draft {
    fn stage(&self) -> Stage {
        Stage::Draft
    }

    fn status(&self, state: &State) -> String {
        match &state.drafted {
            Some(drafted) => {
                let runbook =
                    drafted.ranking.get(drafted.chosen).map_or("", |ranked| ranked.name.as_str());
                format!(
                    "Draft   {}   {} steps   from {runbook}",
                    drafted.plan.id,
                    drafted.plan.steps.len()
                )
            }
            None => "Draft".into(),
        }
    }

    fn context(&self, _: &State) -> String {
        "Every number is computed from the inventory and the incident. Nothing runs on this screen."
            .into()
    }

    fn offers(&self, state: &State) -> Vec<Offer> {
        let mut offers =
            vec![offer("Enter", "review steps", "Read the steps with findings and effects")];
        if state.drafted.as_ref().is_some_and(|drafted| drafted.ranking.len() > 1) {
            offers.push(offer("o", "other runbook", "Draft from the next runbook of the ranking"));
        }
        offers.push(offer("Esc", "back", "To the incident"));
        offers.push(offer("j", "scroll", "Scroll; also arrows, PgUp, PgDn"));
        offers
    }

    fn draw(&mut self, state: &State, ink: Ink, area: Rect, buf: &mut Buffer) {
        let Some(drafted) = &state.drafted else {
            return;
        };
        if area.width < WIDE {
            let mut lines = numbers(ink, drafted);
            lines.push(blank());
            lines.extend(steps(ink, drafted));
            return show(&mut self.page, ink, area, buf, " What it gives and costs ", &lines);
        }
        let left = Rect { width: area.width * 3 / 5, ..area };
        let right = Rect { x: left.right(), width: area.width - left.width, ..area };
        show(&mut self.page, ink, left, buf, " What it gives and costs ", &numbers(ink, drafted));
        show(&mut self.steps, ink, right, buf, " Steps ", &steps(ink, drafted));
    }

    fn press(&mut self, state: &State, key: KeyEvent) -> Reaction {
        match key.code {
            KeyCode::Enter => Reaction::Act(Act::Review),
            KeyCode::Esc => Reaction::Act(Act::Back),
            KeyCode::Char('o') => match &state.drafted {
                Some(drafted) => Reaction::Act(Act::DraftFrom(
                    (drafted.chosen + 1) % drafted.ranking.len().max(1),
                )),
                None => Reaction::Nothing,
            },
            _ => match keys::movement(key) {
                Some(to) => {
                    self.page.go(to);
                    Reaction::Moved
                }
                None => Reaction::Nothing,
            },
        }
    }
}

/// Draws lines in a frame that says which part of them is seen.
fn show(
    page: &mut Page,
    ink: Ink,
    area: Rect,
    buf: &mut Buffer,
    title: &str,
    lines: &[Line<'static>],
) {
    let part = page.part(inside(area), lines, LABEL);
    pane(ink, area, buf, title, &part.map_or(String::new(), |part| format!(" {part} ")));
    page.draw(inside(area), buf, lines, LABEL);
}

/// Returns a verdict in words and tone.
fn verdict(meets: Option<bool>) -> (Tone, &'static str) {
    match meets {
        Some(true) => (Tone::Good, "MET"),
        Some(false) => (Tone::Danger, "MISSED"),
        None => (Tone::Warn, "UNKNOWN"),
    }
}

fn seconds(seconds: Option<u64>) -> String {
    seconds.map_or("unknown".into(), span)
}

fn point(ink: Ink, point: &Point) -> Vec<Line<'static>> {
    let at = point.at.map_or("at an unknown time".into(), readable);
    let mut lines = ink.labelled(
        "Restore",
        Tone::Strong,
        &format!("{} from {} as of {at}", point.asset, point.backup),
    );
    if point.chain.len() > 1 {
        let chain: Vec<&str> = point.chain.iter().map(|id| id.as_str()).collect();
        lines.extend(ink.labelled("", Tone::Plain, &format!("through {}", chain.join(", then "))));
    }
    let (tone, word) = verdict(point.meets_rpo);
    let loss = point.loss_seconds.map(|loss| u64::try_from(loss).unwrap_or(0));
    let promised = point
        .rpo_seconds
        .map_or("nothing was promised".into(), |rpo| format!("promised at most {}", span(rpo)));
    lines.push(ink.pieces([
        (Tone::Faint, &pad("Lost", LABEL)),
        (Tone::Plain, &format!("{} of work, {promised}: RPO ", seconds(loss))),
        (tone, word),
    ]));
    let (tone, tested) = match point.tested {
        Tested::Passed => (Tone::Good, "a restore from this copy was tried and worked"),
        Tested::Failed => (Tone::Danger, "a restore from this copy was tried and FAILED"),
        Tested::Never => (Tone::Warn, "a restore from this copy was NEVER tried"),
        Tested::Unknown => {
            (Tone::Warn, "whether a restore from this copy was ever tried is not known")
        }
    };
    lines.extend(ink.labelled("Tested", tone, tested));
    point.notes.iter().for_each(|note| lines.extend(ink.labelled("Note", Tone::Plain, note)));
    lines
}

fn numbers(ink: Ink, drafted: &Drafted) -> Vec<Line<'static>> {
    let estimate: &Estimate = &drafted.estimate;
    let mut lines = ink.labelled("Plan", Tone::Strong, &drafted.plan.title);
    for one in &estimate.recovery_points {
        lines.extend(point(ink, one));
    }
    if estimate.recovery_points.is_empty() {
        lines.extend(ink.labelled("Restore", Tone::Warn, "no copy is used"));
    }
    if let Some(rto) = &estimate.rto {
        let (tone, word) = verdict(rto.meets_rto);
        let promised = rto
            .rto_seconds
            .map_or("nothing was promised".into(), |rto| format!("promised {}", span(rto)));
        let takes = format!(
            "{} likely, {} nine times in ten, {promised}: RTO ",
            seconds(rto.p50_seconds),
            seconds(rto.p90_seconds)
        );
        lines.push(ink.pieces([
            (Tone::Faint, &pad("Takes", LABEL)),
            (Tone::Plain, &takes),
            (tone, word),
        ]));
    }
    for (at, refused) in estimate.refused.iter().enumerate() {
        let label = if at == 0 { "Not used" } else { "" };
        lines.extend(ink.labelled(
            label,
            Tone::Plain,
            &format!("{} of {}: {}", refused.backup, refused.asset, refused.why),
        ));
    }
    for note in estimate
        .notes
        .iter()
        .chain(&drafted.notes)
        .filter(|note| !estimate.recovery_points.iter().any(|point| point.notes.contains(note)))
    {
        lines.extend(ink.labelled("Note", Tone::Warn, note));
    }
    lines.push(blank());
    for (at, ranked) in drafted.ranking.iter().enumerate() {
        let label = if at == 0 { "Runbooks" } else { "" };
        let mark = if at == drafted.chosen { "used" } else { "    " };
        let tone = if at == drafted.chosen { Tone::Strong } else { Tone::Plain };
        lines.extend(ink.labelled(
            label,
            tone,
            &format!(
                "{mark} {}: {}",
                ranked.name,
                if ranked.why.is_empty() { "nothing speaks for it" } else { &ranked.why }
            ),
        ));
    }
    lines.push(blank());
    for (at, term) in estimate.terms.iter().enumerate() {
        let label = if at == 0 { "Computed" } else { "" };
        let value =
            term.value.map_or("unknown".into(), |value| format!("{} {}", number(value), term.unit));
        let source = match term.source {
            Source::Default => "assumed",
            Source::Inventory => "inventory",
            Source::Measured => "measured",
        };
        lines.extend(ink.labelled(
            label,
            Tone::Faint,
            &format!("{} = {value}: {} [{source}]", term.name, term.formula),
        ));
    }
    lines
}

fn number(value: f64) -> String {
    match value.fract() == 0.0 {
        true => format!("{value:.0}"),
        false => format!("{value:.1}"),
    }
}

fn steps(ink: Ink, drafted: &Drafted) -> Vec<Line<'static>> {
    let numbered = drafted.plan.steps.iter().enumerate();
    numbered
        .map(|(at, step)| {
            let risk = step.claimed_risk();
            ink.pieces([
                (Tone::Faint, &format!("{:>2} ", at + 1)),
                (super::review::tone(risk), &pad(risk.word(), 13)),
                (Tone::Plain, &step.title),
            ])
        })
        .collect()
}
