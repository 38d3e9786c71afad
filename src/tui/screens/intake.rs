//! Intake: the form of an incident. Everything typed or pasted is text.

use std::collections::BTreeMap;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::widgets::Widget;
use ratatui_textarea::{TextArea, WrapMode};

use super::{Reaction, Screen};
use crate::base::escape;
use crate::flow::{Act, Field, Stage, State};
use crate::tui::entry::{Entry, Typed};
use crate::tui::frame::pane;
use crate::tui::keys::{Offer, offer};
use crate::tui::text::{Ink, count, cut, pad};
use crate::tui::theme::Tone;

/// The form. The session holds the texts; cursors are kept here.
#[derive(Debug)]
pub struct Form {
    field: usize,
    entries: BTreeMap<Field, Entry>,
    area: TextArea<'static>,
    /// The incident the cursors belong to; another one begins anew.
    of: Option<String>,
}

impl Default for Form {
    fn default() -> Self {
        Self { field: 0, entries: BTreeMap::new(), area: text_area(""), of: None }
    }
}

fn text_area(text: &str) -> TextArea<'static> {
    let mut area = TextArea::from(text.trim_end_matches('\n').split('\n'));
    area.set_cursor_line_style(Style::new());
    area.set_wrap_mode(WrapMode::Glyph);
    area.move_cursor(ratatui_textarea::CursorMove::Bottom);
    area.move_cursor(ratatui_textarea::CursorMove::End);
    area
}

/// Columns of a field's name.
const NAME: usize = 18;

fn name(field: Field) -> &'static str {
    match field {
        Field::Title => "What is broken?",
        Field::Inventory => "Inventory",
        Field::Affected => "Affected assets",
        Field::Damage => "Damaged (UTC)",
        Field::Detected => "Noticed (UTC)",
        Field::Scenario => "What kind",
        Field::Lost => "Also gone",
        Field::Unusable => "Bad copies",
        Field::Description => "Description",
    }
}

fn hint(field: Field) -> &'static str {
    match field {
        Field::Title => "One line: what users or alerts say.",
        Field::Inventory => {
            "File that says what there is: assets, copies, hosts. Empty: the newest one kept."
        }
        Field::Affected => {
            "Ids of the inventory, like: orders-db, web. Copies are chosen for these."
        }
        Field::Damage => {
            "now, -15m, 09:02, 2026-01-31 23:30. Copies must be older. Empty: not known."
        }
        Field::Detected => "now, -15m, 09:02. The time promised for the recovery counts from here.",
        Field::Scenario => "operator_error, disk_loss, corruption, ransomware, site_loss, ...",
        Field::Lost => "Sites, hosts and repositories that are gone, like: az-a, nas1.",
        Field::Unusable => {
            "Copies known or suspected bad, with the reason, like: dump-nightly: empty; tape: lost"
        }
        Field::Description => {
            "Free text; logs, errors and alerts may be pasted. Nothing leaves this machine unless a model is asked."
        }
    }
}

impl Form {
    fn current(&self) -> Field {
        Field::ALL[self.field.min(Field::ALL.len() - 1)]
    }

    /// Takes the texts of the session in, where it is about another incident than before.
    fn follow(&mut self, state: &State) {
        let Some(intake) = &state.intake else {
            return;
        };
        let of = state.incident.as_ref().map_or(String::new(), |incident| incident.id.to_string());
        let differs = |form: &Self| {
            let entries = form
                .entries
                .iter()
                .any(|(field, entry)| entry.text() != escape::one_line(intake.text(*field)));
            entries
                || form.area.lines().join("\n")
                    != escape::terminal(intake.text(Field::Description).trim_end_matches('\n'))
        };
        if self.of.as_ref() == Some(&of) && !differs(self) {
            return;
        }
        let fresh = self.of.as_ref() != Some(&of) && self.of.as_deref() != Some("");
        self.of = Some(of);
        for field in Field::ALL {
            self.entries.insert(field, Entry::new(&escape::one_line(intake.text(field))));
        }
        self.entries.remove(&Field::Description);
        self.area = text_area(&escape::terminal(intake.text(Field::Description)));
        if fresh {
            self.field = 0;
        }
    }

    fn wrote(&self) -> Act {
        let field = self.current();
        let text = match self.entries.get(&field) {
            Some(entry) => entry.text().to_owned(),
            None => self.area.lines().join("\n"),
        };
        Act::Write(field, text)
    }

    /// Goes to another field; the one that is left is looked at.
    fn go(&mut self, to: usize) -> Reaction {
        let left = self.current();
        self.field = to.min(Field::ALL.len() - 1);
        Reaction::Act(Act::Leave(left))
    }
}

impl Screen for Form {
    fn stage(&self) -> Stage {
        Stage::Intake
    }

    fn status(&self, state: &State) -> String {
        let id = state
            .incident
            .as_ref()
            .map_or("new incident".into(), |incident| format!("incident {}", incident.id));
        let inventory = match &state.inventory {
            Some(inventory) => {
                format!(
                    "{}, {}",
                    count(inventory.assets.len(), "asset"),
                    count(inventory.backups.len(), "backup")
                )
            }
            None => "no inventory yet".into(),
        };
        format!("Incident   {id}   inventory: {inventory}")
    }

    fn context(&self, state: &State) -> String {
        let field = self.current();
        match state.intake.as_ref().and_then(|intake| intake.problem(field)) {
            Some(problem) => format!("{}: {problem}", name(field)),
            None => hint(field).to_owned(),
        }
    }

    fn offers(&self, _: &State) -> Vec<Offer> {
        vec![
            offer("Tab", "next field", "To the next field; Shift-Tab to the one before"),
            offer(
                "Ctrl-D",
                "draft a plan",
                "Choose a copy, make a plan, compute loss and duration",
            ),
            offer("Esc", "back", "To the first screen; what was typed stays"),
        ]
    }

    fn draw(&mut self, state: &State, ink: Ink, area: Rect, buf: &mut Buffer) {
        self.follow(state);
        let rows = Field::ALL.len() as u16 - 1;
        let top = Rect { height: (rows + 2).min(area.height.saturating_sub(5)), ..area };
        let inner = pane(ink, top, buf, " Incident ", "");
        let lines = &Field::ALL[..usize::from(rows)];
        let first = (self.field + 1).min(lines.len()).saturating_sub(usize::from(inner.height));
        for ((at, field), y) in lines.iter().enumerate().skip(first).zip(inner.y..inner.bottom()) {
            let place = Rect { y, height: 1, ..inner };
            self.row(state, ink, *field, at == self.field, place, buf);
        }
        let rest = Rect { y: top.bottom(), height: area.bottom() - top.bottom(), ..area };
        let note = match self.area.lines().len() {
            0 | 1 => String::new(),
            lines => format!(" {lines} lines "),
        };
        let mark = if self.current() == Field::Description { "> " } else { "" };
        let title = format!(" {mark}Description (paste logs, errors, alerts here) ");
        let inner = pane(ink, rest, buf, &title, &note);
        let cursor = match self.current() == Field::Description {
            true => ink.0.style(Tone::Chosen),
            false => Style::new(),
        };
        self.area.set_cursor_style(cursor);
        let inner = Rect { x: inner.x + 1, width: inner.width.saturating_sub(2), ..inner };
        Widget::render(&self.area, inner, buf);
    }

    fn press(&mut self, state: &State, key: KeyEvent) -> Reaction {
        self.follow(state);
        let control = key.modifiers.contains(KeyModifiers::CONTROL);
        let last = Field::ALL.len() - 1;
        let text = self.current() == Field::Description;
        match key.code {
            KeyCode::Esc => Reaction::Acts(vec![Act::Leave(self.current()), Act::Back]),
            KeyCode::Char('d') if control => {
                Reaction::Acts(vec![Act::Leave(self.current()), Act::Draft])
            }
            KeyCode::Tab => self.go(if self.field == last { 0 } else { self.field + 1 }),
            KeyCode::BackTab => self.go(if self.field == 0 { last } else { self.field - 1 }),
            KeyCode::Down if !text => self.go(self.field + 1),
            KeyCode::Enter if !text => self.go(self.field + 1),
            KeyCode::Up if !text => self.go(self.field.saturating_sub(1)),
            KeyCode::Up if self.area.cursor().0 == 0 => self.go(self.field.saturating_sub(1)),
            _ if text => match self.area.input(key) {
                true => Reaction::Act(self.wrote()),
                false => Reaction::Moved,
            },
            _ => match self.entries.entry(self.current()).or_default().key(key) {
                Typed::Changed => Reaction::Act(self.wrote()),
                Typed::Moved => Reaction::Moved,
                Typed::Not => Reaction::Nothing,
            },
        }
    }

    fn paste(&mut self, state: &State, text: &str) -> Reaction {
        self.follow(state);
        let text = text.replace("\r\n", "\n").replace('\r', "\n");
        match self.entries.get_mut(&self.current()) {
            Some(entry) => entry.insert(&text),
            None => {
                self.area.insert_str(escape::terminal(&text));
            }
        }
        Reaction::Act(self.wrote())
    }

    fn writes(&self, _: &State) -> bool {
        true
    }
}

impl Form {
    fn row(
        &self,
        state: &State,
        ink: Ink,
        field: Field,
        chosen: bool,
        place: Rect,
        buf: &mut Buffer,
    ) {
        let problem = state.intake.as_ref().and_then(|intake| intake.problem(field));
        let mark = if chosen { "> " } else { "  " };
        let tone = if chosen { Tone::Strong } else { Tone::Plain };
        let columns = usize::from(place.width).saturating_sub(NAME + 3);
        let mut line = ink.pieces([(tone, mark), (tone, &pad(name(field), NAME))]);
        let Some(entry) = self.entries.get(&field) else {
            return;
        };
        match (problem, chosen) {
            (_, true) => line.spans.extend(entry.line(ink, columns).spans),
            (Some(problem), false) => {
                let text = cut(entry.text(), columns / 3);
                line.spans.push(ink.span(Tone::Plain, &text));
                line.spans.push(
                    ink.span(Tone::Danger, &cut(&format!("  ! {problem}"), columns - columns / 3)),
                );
            }
            (None, false) if field == Field::Inventory && entry.text().is_empty() => {
                let kept = match &state.inventory {
                    Some(inventory) => {
                        format!("the newest kept: {}", count(inventory.assets.len(), "asset"))
                    }
                    None => "none kept yet: name a file".to_owned(),
                };
                line.spans.push(ink.span(Tone::Faint, &cut(&kept, columns)));
            }
            (None, false) if field == Field::Affected && entry.text().is_empty() => {
                line.spans.push(ink.span(Tone::Faint, &cut(&known(state), columns)));
            }
            (None, false) => line.spans.push(ink.span(Tone::Plain, &cut(entry.text(), columns))),
        }
        line.render(place, buf);
    }
}

/// Returns the assets there are, as many as fit a line.
fn known(state: &State) -> String {
    let Some(inventory) = &state.inventory else {
        return String::new();
    };
    let ids: Vec<&str> = inventory.assets.iter().take(12).map(|asset| asset.id.as_str()).collect();
    format!("there are: {}", ids.join(", "))
}
