//! Draft: the plan with its recovery point, loss, duration; a model's draft beside it, as it comes and when it was checked.

use crossterm::event::{KeyCode, KeyEvent};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Line;

use super::{Reaction, Screen, blank};
use crate::flow::dialogue::{Mark, Preview, Side};
use crate::flow::{Act, Drafted, Stage, State};
use crate::tui::beside::{self, Row};
use crate::tui::frame::{WIDE, inside, pane};
use crate::tui::keys::{self, Offer, offer};
use crate::tui::list::{List, Page};
use crate::tui::numbers;
use crate::tui::outgoing;
use crate::tui::text::{Ink, LABEL, count, pad};
use crate::tui::theme::Tone;

/// The draft and its numbers; beside it the draft of a model.
#[derive(Debug, Default)]
pub struct Draft {
    page: Page,
    steps: Page,
    list: List,
    left: Page,
    right: Page,
    outgoing: Page,
    zoomed: bool,
    /// Whether a person moved among the rows; until then the newest step of an answer is the chosen one.
    moved: bool,
    /// The question the cursors belong to, and whether it was under way; another one begins anew.
    of: (u64, bool),
    /// How many rows there were.
    rows: usize,
}

/// What is seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Seen {
    /// A request before it is sent.
    Outgoing,
    /// The template draft alone.
    Template,
    /// Both drafts.
    Both,
    /// One side of both, where there is no room for two.
    One(Side),
}

fn seen(state: &State, columns: u16) -> Seen {
    let dialogue = &state.dialogue;
    let template = state.drafted.is_some() && !dialogue.revises();
    match (&dialogue.preview, dialogue.begun(), dialogue.side) {
        (Some(_), _, _) => Seen::Outgoing,
        (None, false, _) => Seen::Template,
        (None, true, _) if columns >= WIDE => Seen::Both,
        (None, true, Side::Template) if template => Seen::Template,
        (None, true, side) => Seen::One(side),
    }
}

/// What stands at the left.
fn left_name(state: &State) -> &'static str {
    match state.dialogue.revises() {
        true => "Plan under review",
        false => "Template draft",
    }
}

impl Screen for Draft {
    fn stage(&self) -> Stage {
        Stage::Draft
    }

    fn status(&self, state: &State) -> String {
        let dialogue = &state.dialogue;
        if let Some(preview) = &dialogue.preview {
            return format!("Draft   what would be sent to {}", preview.ask.model);
        }
        if let Some(asking) = &dialogue.asking {
            let round = match asking.round {
                0 => String::new(),
                round => format!("round {round} of {}   ", asking.of),
            };
            return format!(
                "Draft   {}   {round}{} unchecked   {}",
                beside::elapsed(state, asking),
                count(asking.steps.len(), "step"),
                asking.ask.model
            );
        }
        if let (Some(answer), Some(plan)) = (dialogue.standing(), state.started_from()) {
            let reviewed = match dialogue.side {
                Side::Template => left_name(state).to_lowercase(),
                Side::Model => "the model's draft".into(),
            };
            return format!(
                "Draft   to review: {reviewed}   model: {}",
                beside::changes(plan, &answer.draft)
            );
        }
        if let Some(failed) = &dialogue.failed {
            let left = left_name(state).to_lowercase();
            return format!("Draft   no draft of {}; the {left} stands", failed.ask.model);
        }
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

    fn context(&self, state: &State) -> String {
        let dialogue = &state.dialogue;
        let unasked = dialogue.models.as_ref().is_some_and(Vec::is_empty) && !dialogue.begun();
        match (&dialogue.preview, &dialogue.asking) {
            (Some(Preview { made: Some(Ok(_)), .. }), _) => {
                "Nothing was sent so far. y sends exactly this.".into()
            }
            (Some(_), _) => "Nothing was sent so far.".into(),
            (None, Some(asking)) => beside::doing(asking),
            (None, None) if dialogue.begun() => {
                "Enter reviews the draft marked >; Tab marks the other one. Nothing runs here.".into()
            }
            (None, None) if let Some(why) = dialogue.problem.as_ref().filter(|_| unasked) => {
                format!("No model can be asked: {why}")
            }
            (None, None) if unasked => {
                "No model is configured: blackstart models --help. Nothing runs here.".into()
            }
            (None, None) => {
                "Every number is computed from the inventory and the incident. Nothing runs on this screen."
                    .into()
            }
        }
    }

    fn offers(&self, state: &State) -> Vec<Offer> {
        let dialogue = &state.dialogue;
        let mut offers = vec![];
        if let Some(preview) = &dialogue.preview {
            if let Some(Ok(_)) = preview.made {
                offers.push(offer("y", "send", "Send exactly what is shown"));
            }
            offers.push(offer("Esc", "back, send nothing", "Back; nothing is sent"));
            offers.push(offer("j", "scroll", "Scroll; also arrows, PgUp, PgDn"));
            return offers;
        }
        let asking = dialogue.asking.is_some();
        if asking {
            offers.push(offer("Esc", "cancel", "End the question at once; the other draft stands"));
        }
        match dialogue.side {
            Side::Template => offers.push(offer(
                "Enter",
                "review steps",
                "Read the steps of the marked draft with findings and effects",
            )),
            Side::Model if dialogue.standing().is_some() => offers.push(offer(
                "Enter",
                "review model's",
                "Read the steps of the model's draft with findings and effects",
            )),
            Side::Model => {}
        }
        if dialogue.begun() {
            offers.push(offer(
                "Tab",
                "other draft",
                "Mark the other draft; the marked one is reviewed",
            ));
        }
        let models = dialogue.models.as_ref().map_or(0, Vec::len);
        let askable = models > 0 && !asking && !dialogue.revises();
        if askable {
            let label = if dialogue.begun() { "ask again" } else { "ask model" };
            offers.push(offer(
                "d",
                label,
                "Ask the model for a draft; the template draft stays. What leaves the machine is shown first",
            ));
        }
        if !asking {
            offers.push(offer("Esc", "back", "Back to where you came from"));
        }
        if askable {
            offers.push(offer("F4", "preview", "Show exactly what would be sent, names replaced"));
        }
        if askable && models > 1 {
            offers.push(offer("m", "other model", "Ask the next of the configured models"));
        }
        let runbooks = state.drafted.as_ref().map_or(0, |drafted| drafted.ranking.len());
        if !asking && !dialogue.revises() && runbooks > 1 {
            offers.push(offer("o", "other runbook", "Draft from the next runbook of the ranking"));
        }
        if self.rows > 0 {
            offers.push(offer("z", "zoom", "Give the detail the whole screen, and back"));
        }
        offers.push(offer("j", "scroll", "Move; PgUp and PgDn scroll the detail"));
        offers
    }

    fn draw(&mut self, state: &State, ink: Ink, area: Rect, buf: &mut Buffer) {
        if state.dialogue.preview.is_none() {
            self.outgoing = Page::default();
        }
        match (seen(state, area.width), &state.dialogue.preview) {
            (Seen::Outgoing, Some(preview)) => {
                let model = state.dialogue.models.iter().flatten();
                let model = model.into_iter().find(|model| model.name == preview.ask.model);
                let columns = usize::from(inside(area).width);
                let lines = outgoing::lines(ink, preview, model, columns);
                show(&mut self.outgoing, ink, area, buf, " What would be sent ", &lines);
            }
            (Seen::Outgoing | Seen::Template, _) => self.draw_template(state, ink, area, buf),
            (Seen::Both, _) => self.draw_both(state, ink, area, buf),
            (Seen::One(side), _) => self.draw_one(state, ink, side, area, buf),
        }
    }

    fn press(&mut self, state: &State, key: KeyEvent) -> Reaction {
        let dialogue = &state.dialogue;
        if let Some(preview) = &dialogue.preview {
            return match (key.code, &preview.made) {
                (KeyCode::Char('y'), Some(Ok(_))) => Reaction::Act(Act::AskModel),
                (KeyCode::Esc, _) => Reaction::Act(Act::Back),
                (_, _) => scroll(&mut self.outgoing, key),
            };
        }
        match key.code {
            KeyCode::Enter => Reaction::Act(Act::Review),
            KeyCode::Esc if self.zoomed => {
                self.zoomed = false;
                Reaction::Moved
            }
            KeyCode::Esc if dialogue.asking.is_some() => Reaction::Act(Act::CancelModel),
            KeyCode::Esc => Reaction::Act(Act::Back),
            KeyCode::Tab => Reaction::Act(Act::ChooseDraft(match dialogue.side {
                Side::Template => Side::Model,
                Side::Model => Side::Template,
            })),
            KeyCode::Char('z') => {
                self.zoomed = !self.zoomed;
                Reaction::Moved
            }
            KeyCode::Char('d') if key.modifiers.is_empty() => Reaction::Act(Act::AskModel),
            KeyCode::F(4) => Reaction::Act(Act::PreviewRequest),
            KeyCode::Char('m') => match &dialogue.models {
                Some(models) => models
                    .get((dialogue.chosen + 1) % models.len().max(1))
                    .map_or(Reaction::Nothing, |model| {
                        Reaction::Act(Act::UseModel(model.name.clone()))
                    }),
                None => Reaction::Nothing,
            },
            KeyCode::Char('o') => match &state.drafted {
                Some(drafted) => Reaction::Act(Act::DraftFrom(
                    (drafted.chosen + 1) % drafted.ranking.len().max(1),
                )),
                None => Reaction::Nothing,
            },
            _ if self.rows == 0 => scroll(&mut self.page, key),
            KeyCode::PageUp | KeyCode::PageDown => self.scroll_detail(key),
            _ if self.zoomed => self.scroll_detail(key),
            _ => match keys::movement(key) {
                Some(to) => {
                    self.list.go(to, self.rows);
                    self.moved = true;
                    (self.left, self.right) = (Page::default(), Page::default());
                    Reaction::Moved
                }
                None => Reaction::Nothing,
            },
        }
    }
}

fn scroll(page: &mut Page, key: KeyEvent) -> Reaction {
    match keys::movement(key) {
        Some(to) => {
            page.go(to);
            Reaction::Moved
        }
        None => Reaction::Nothing,
    }
}

impl Draft {
    fn scroll_detail(&mut self, key: KeyEvent) -> Reaction {
        scroll(&mut self.left, key);
        scroll(&mut self.right, key)
    }

    fn draw_template(&mut self, state: &State, ink: Ink, area: Rect, buf: &mut Buffer) {
        self.rows = 0;
        let Some(drafted) = &state.drafted else {
            return;
        };
        let mark = if state.dialogue.begun() {
            " > Template: what it gives and costs "
        } else {
            " What it gives and costs "
        };
        if area.width < WIDE {
            let mut lines = numbers::of_template(ink, drafted);
            lines.push(blank());
            lines.extend(steps(ink, drafted));
            return show(&mut self.page, ink, area, buf, mark, &lines);
        }
        let left = Rect { width: area.width * 3 / 5, ..area };
        let right = Rect { x: left.right(), width: area.width - left.width, ..area };
        show(&mut self.page, ink, left, buf, mark, &numbers::of_template(ink, drafted));
        show(&mut self.steps, ink, right, buf, " Steps ", &steps(ink, drafted));
    }

    /// Returns the rows, with the cursor where it belongs among them.
    fn rows(&mut self, state: &State, all: bool) -> Vec<Row> {
        let asking = state.dialogue.asking.is_some();
        let of = (state.dialogue.question().map_or(0, |ask| ask.number), asking);
        if self.of != of {
            (self.list, self.moved, self.of) = (List::default(), false, of);
            (self.left, self.right) = (Page::default(), Page::default());
        }
        let awaited = |row: &Row| matches!(row, Row::Pair(pair) if pair.mark == Mark::Awaited);
        let mut rows = beside::rows(state);
        rows.retain(|row| all || !awaited(row));
        self.rows = rows.len();
        if asking && !self.moved {
            let newest = |row: &Row| match row {
                Row::Pair(pair) => pair.right,
                Row::Whole | Row::Rejected(_) => None,
            };
            let last = rows.iter().enumerate().max_by_key(|(_, row)| newest(row));
            self.list.cursor = last.map_or(0, |(at, row)| newest(row).map_or(0, |_| at));
        }
        rows
    }

    /// How tall the rows are drawn, of so many lines.
    fn height(&self, state: &State, lines: u16) -> u16 {
        let most = match state.dialogue.asking {
            Some(_) => lines.saturating_sub(8).max(4),
            None => lines / 2,
        };
        u16::try_from(self.rows).unwrap_or(u16::MAX).saturating_add(2).clamp(4, most.max(4))
    }

    fn draw_both(&mut self, state: &State, ink: Ink, area: Rect, buf: &mut Buffer) {
        let rows = self.rows(state, true);
        let halves = |area: Rect| {
            let left = Rect { width: area.width / 2, ..area };
            [left, Rect { x: left.right(), width: area.width - left.width, ..area }]
        };
        let height = if self.zoomed { 0 } else { self.height(state, area.height) };
        let top = Rect { height, ..area };
        let below = Rect { y: top.bottom(), height: area.height - height, ..area };
        for (side, place) in [Side::Template, Side::Model].into_iter().zip(halves(top)) {
            if !self.zoomed {
                self.draw_rows(state, ink, &rows, side, false, place, buf);
            }
        }
        let row = rows.get(self.list.cursor).copied().unwrap_or(Row::Whole);
        let [left, right] = halves(below);
        let lines = beside::left(ink, state, row);
        show(&mut self.left, ink, left, buf, &title(state, row, Side::Template), &lines);
        let lines = beside::right(ink, state, row, false);
        show(&mut self.right, ink, right, buf, &title(state, row, Side::Model), &lines);
    }

    fn draw_one(&mut self, state: &State, ink: Ink, side: Side, area: Rect, buf: &mut Buffer) {
        let rows = self.rows(state, side == Side::Template);
        let height = if self.zoomed { 0 } else { self.height(state, area.height) };
        if !self.zoomed {
            self.draw_rows(state, ink, &rows, side, true, Rect { height, ..area }, buf);
        }
        let below = Rect { y: area.y + height, height: area.height - height, ..area };
        let row = rows.get(self.list.cursor).copied().unwrap_or(Row::Whole);
        let (page, lines) = match side {
            Side::Template => (&mut self.left, beside::left(ink, state, row)),
            Side::Model => (&mut self.right, beside::right(ink, state, row, true)),
        };
        show(page, ink, below, buf, &title(state, row, side), &lines);
    }

    #[expect(clippy::too_many_arguments, reason = "where and what of one drawing")]
    fn draw_rows(
        &mut self,
        state: &State,
        ink: Ink,
        rows: &[Row],
        side: Side,
        alone: bool,
        place: Rect,
        buf: &mut Buffer,
    ) {
        let mark = if state.dialogue.side == side { "> " } else { "" };
        let name = match side {
            Side::Template => left_name(state).to_owned(),
            Side::Model => state
                .dialogue
                .question()
                .map_or_else(|| "Model".to_owned(), |ask| format!("Model: {}", ask.model)),
        };
        let inner = pane(ink, place, buf, &format!(" {mark}{name} "), "");
        let columns = usize::from(inner.width).saturating_sub(2);
        self.list.draw(ink.0, inner, buf, rows.len(), |at| {
            beside::row(ink, state, rows[at], side, alone, columns)
        });
    }
}

fn title(state: &State, row: Row, side: Side) -> String {
    let whole = match side {
        Side::Template => left_name(state),
        Side::Model => "The answer as a whole",
    };
    let place = |at: Option<usize>| at.map_or(" - ".to_owned(), |at| format!(" Step {} ", at + 1));
    match (row, side) {
        (Row::Whole, _) => format!(" {whole} "),
        (Row::Rejected(_), Side::Template) => " - ".into(),
        (Row::Rejected(_), Side::Model) => " Rejected ".into(),
        (Row::Pair(pair), Side::Template) => place(pair.left),
        (Row::Pair(pair), Side::Model) => place(pair.right),
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

fn steps(ink: Ink, drafted: &Drafted) -> Vec<Line<'static>> {
    let numbered = drafted.plan.steps.iter().enumerate();
    numbered
        .map(|(at, step)| {
            let risk = step.claimed_risk();
            ink.pieces([
                (Tone::Faint, &format!("{:>2} ", at + 1)),
                (super::risk_tone(risk), &pad(risk.word(), 13)),
                (Tone::Plain, &step.title),
            ])
        })
        .collect()
}
