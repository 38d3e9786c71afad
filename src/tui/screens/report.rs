//! Report: what happened, to read and to write to a file.

use crossterm::event::{KeyCode, KeyEvent};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::{Reaction, Screen};
use crate::flow::{Act, Stage, State};
use crate::tui::dialog::{Dialog, Extra, Paste};
use crate::tui::frame::{inside, pane};
use crate::tui::keys::{self, Offer, offer};
use crate::tui::list::Page;
use crate::tui::text::Ink;
use crate::tui::theme::Tone;

/// The report of a run.
#[derive(Debug, Default)]
pub struct Report {
    page: Page,
}

fn write(text: &str, _: &Extra) -> Act {
    Act::WriteReport(text.trim().into())
}

impl Screen for Report {
    fn stage(&self) -> Stage {
        Stage::Report
    }

    fn status(&self, state: &State) -> String {
        let run = state.run.as_ref();
        let id = run.and_then(|run| run.id.as_ref()).map_or(String::new(), ToString::to_string);
        let word = run.map_or("", |run| run.state.word());
        format!("Report   run {id}   {}", word.to_uppercase())
    }

    fn context(&self, _: &State) -> String {
        "Computed from the log; nothing here was written by a model.".into()
    }

    fn offers(&self, _: &State) -> Vec<Offer> {
        vec![
            offer("w", "write file", "Write the report to a file"),
            offer("j", "scroll", "Scroll; also arrows, PgUp, PgDn"),
            offer("Esc", "back", "To the run"),
        ]
    }

    fn draw(&mut self, state: &State, ink: Ink, area: Rect, buf: &mut Buffer) {
        let lines: Vec<_> = match &state.report {
            None => vec![ink.line(Tone::Faint, "the report is being made ...")],
            Some(text) => text
                .lines()
                .map(|line| {
                    ink.line(
                        if line.starts_with('#') { Tone::Strong } else { Tone::Plain },
                        &line.replace('\t', "    "),
                    )
                })
                .collect(),
        };
        let part = self.page.part(inside(area), &lines, 2);
        pane(ink, area, buf, " Report ", &part.map_or(String::new(), |part| format!(" {part} ")));
        self.page.draw(inside(area), buf, &lines, 2);
    }

    fn press(&mut self, state: &State, key: KeyEvent) -> Reaction {
        match key.code {
            KeyCode::Char('w') => {
                let run = state.run.as_ref().and_then(|run| run.id.as_ref());
                let start = run.map_or("report.md".into(), |run| format!("report-{run}.md"));
                Dialog::line(
                    "Write the report to",
                    vec![],
                    &start,
                    Paste::Taken,
                    write,
                    Extra::None,
                )
                .into()
            }
            KeyCode::Esc => Reaction::Act(Act::Back),
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
