//! Home: what there is to go on with.

use crossterm::event::{KeyCode, KeyEvent};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::widgets::Widget;

use super::{Reaction, Screen, blank};
use crate::base::{Digest, Id, Timestamp, readable};
use crate::flow::{Act, Shelf, Stage, State};
use crate::tui::dialog::{Dialog, Extra, Paste};
use crate::tui::entry::{Entry, Typed};
use crate::tui::frame::pane;
use crate::tui::keys::{self, Offer, offer};
use crate::tui::list::{List, Page};
use crate::tui::text::{Ink, count, pad};
use crate::tui::theme::{Theme, Tone};

/// The first screen.
#[derive(Debug, Default)]
pub struct Home {
    list: List,
    filter: Entry,
    filtering: bool,
}

/// A row of the list.
struct Row<'a> {
    kind: &'static str,
    name: &'a str,
    title: &'a str,
    state: &'a str,
    at: Timestamp,
    open: Open<'a>,
}

enum Open<'a> {
    Incident(&'a Id),
    Plan(Digest),
    Run(&'a Id),
}

/// Returns the rows that fit the filter: runs that may need somebody first, then incidents, plans, other runs.
fn rows<'a>(shelf: &'a Shelf, filter: &str) -> Vec<Row<'a>> {
    let run = |run: &'a crate::flow::RunRow| Row {
        kind: "run",
        name: run.id.as_str(),
        title: run.plan.as_str(),
        state: run.state.word(),
        at: run.at,
        open: Open::Run(&run.id),
    };
    let live = shelf.runs.iter().filter(|run| !run.state.is_over()).map(run);
    let over = shelf.runs.iter().filter(|run| run.state.is_over()).map(run);
    let incidents = shelf.incidents.iter().map(|incident| Row {
        kind: "incident",
        name: incident.id.as_str(),
        title: &incident.title,
        state: "",
        at: incident.at,
        open: Open::Incident(&incident.id),
    });
    let plans = shelf.plans.iter().map(|plan| Row {
        kind: "plan",
        name: plan.id.as_str(),
        title: &plan.title,
        state: "",
        at: plan.at,
        open: Open::Plan(plan.digest),
    });
    let words: Vec<String> = filter.split_whitespace().map(str::to_lowercase).collect();
    let fits = |row: &Row<'_>| {
        let text = format!("{} {} {} {}", row.kind, row.name, row.title, row.state).to_lowercase();
        words.iter().all(|word| text.contains(word.as_str()))
    };
    live.chain(incidents).chain(plans).chain(over).filter(fits).collect()
}

impl Home {
    fn rows<'a>(&self, state: &'a State) -> Vec<Row<'a>> {
        state.shelf.as_ref().map_or(vec![], |shelf| rows(shelf, self.filter.text()))
    }
}

fn path(text: &str, _: &Extra) -> Act {
    Act::OpenFile(text.trim().into())
}

impl Screen for Home {
    fn stage(&self) -> Stage {
        Stage::Home
    }

    fn status(&self, state: &State) -> String {
        let Some(shelf) = &state.shelf else {
            return "Home   reading what is kept ...".into();
        };
        let all = shelf.incidents.len() + shelf.plans.len() + shelf.runs.len();
        let filter = match (self.filtering, self.filter.text()) {
            (false, "") => String::new(),
            (_, text) => format!("   filter: {text}"),
        };
        let inventory = match &state.inventory {
            Some(inventory) => format!("   inventory: {}", count(inventory.assets.len(), "asset")),
            None => "   no inventory yet".into(),
        };
        format!("Home   {} of {all}{filter}{inventory}", self.rows(state).len())
    }

    fn context(&self, state: &State) -> String {
        let machine = &state.machine;
        match (&machine.level, &machine.level_reason) {
            (Some(level), None) => format!("dry runs on this machine: {}", level.word()),
            (Some(level), Some(why)) => {
                format!("dry runs on this machine: {} ({why})", level.word())
            }
            (None, _) => String::new(),
        }
    }

    fn offers(&self, state: &State) -> Vec<Offer> {
        let mut offers = vec![];
        if self.filtering {
            offers.push(offer("Enter", "keep filter", "Keep the filter and go to the list"));
            offers.push(offer("Esc", "no filter", "Take the filter away"));
            return offers;
        }
        if !self.rows(state).is_empty() {
            offers.push(offer("Enter", "open", "Open the chosen incident, plan or run"));
        }
        offers.extend([
            offer("n", "new incident", "Describe what happened"),
            offer("o", "open file", "Open a file: an incident, an inventory or a plan"),
            offer("D", "demo", "Make a throw-away tree, damage it and recover it, offline"),
            offer("/", "filter", "Show only rows that hold these words"),
            offer("R", "refresh", "Read the lists again"),
        ]);
        offers
    }

    fn draw(&mut self, state: &State, ink: Ink, area: Rect, buf: &mut Buffer) {
        let rows = self.rows(state);
        let inner = pane(ink, area, buf, " Go on with ", "");
        if rows.is_empty() {
            let empty = state.shelf.as_ref().is_some_and(|_| self.filter.text().is_empty());
            return Page::default().draw(inner, buf, &nothing(ink, state, empty), 0);
        }
        let columns = usize::from(inner.width).saturating_sub(2);
        let name = (columns / 4).clamp(16, 32);
        let stands = if columns < 70 { 0 } else { 13 };
        let title = columns.saturating_sub(10 + name + stands + 12);
        let head = format!(
            "  {}{}{}{}{}",
            pad("WHAT", 10),
            pad("NAME", name),
            pad("TITLE", title),
            pad("STATE", stands),
            "SINCE UTC"
        );
        ink.line(Tone::Faint, &head).render(Rect { height: 1.min(inner.height), ..inner }, buf);
        let body = Rect { y: inner.y + 1, height: inner.height.saturating_sub(1), ..inner };
        let theme: Theme = ink.0;
        self.list.draw(theme, body, buf, rows.len(), |at| {
            let row = &rows[at];
            let escape = crate::base::escape::one_line;
            let waits =
                row.kind == "run" && ["input-needed", "failed", "running"].contains(&row.state);
            let tone = if waits { Tone::Warn } else { Tone::Plain };
            let since: String = readable(row.at).chars().skip(5).take(11).collect();
            ink.pieces([
                (Tone::Plain, &pad(row.kind, 10)),
                (Tone::Strong, &pad(&format!("{} ", pad(&escape(row.name), name - 1)), name)),
                (
                    Tone::Plain,
                    &pad(&format!("{} ", pad(&escape(row.title), title.saturating_sub(1))), title),
                ),
                (tone, &pad(row.state, stands)),
                (Tone::Plain, &since),
            ])
        });
    }

    fn press(&mut self, state: &State, key: KeyEvent) -> Reaction {
        if self.filtering {
            match key.code {
                KeyCode::Enter => self.filtering = false,
                KeyCode::Esc => {
                    self.filtering = false;
                    self.filter = Entry::default();
                }
                KeyCode::Up | KeyCode::Down => {
                    let count = self.rows(state).len();
                    if let Some(to) = keys::movement(key) {
                        self.list.go(to, count);
                    }
                }
                _ => {
                    if self.filter.key(key) == Typed::Changed {
                        self.list = List::default();
                    }
                }
            }
            return Reaction::Moved;
        }
        match key.code {
            KeyCode::Enter => {
                let rows = self.rows(state);
                match rows.get(self.list.cursor).map(|row| &row.open) {
                    Some(Open::Incident(id)) => Reaction::Act(Act::OpenIncident((*id).clone())),
                    Some(Open::Plan(digest)) => Reaction::Act(Act::OpenPlan(*digest)),
                    Some(Open::Run(id)) => Reaction::Act(Act::OpenRun((*id).clone())),
                    None => Reaction::Nothing,
                }
            }
            KeyCode::Char('n') => Reaction::Act(Act::NewIncident),
            KeyCode::Char('o') => Dialog::line(
                "Open a file: incident, inventory or plan",
                vec![],
                "",
                Paste::Taken,
                path,
                Extra::None,
            )
            .into(),
            KeyCode::Char('D') => Reaction::Demo,
            KeyCode::Char('R') => Reaction::Act(Act::Refresh),
            KeyCode::Char('/') => {
                self.filtering = true;
                Reaction::Moved
            }
            _ => match keys::movement(key) {
                Some(to) => {
                    self.list.go(to, self.rows(state).len());
                    Reaction::Moved
                }
                None => Reaction::Nothing,
            },
        }
    }

    fn paste(&mut self, _: &State, text: &str) -> Reaction {
        if !self.filtering {
            return Reaction::Nothing;
        }
        self.filter.insert(text);
        Reaction::Acts(vec![])
    }

    fn writes(&self, _: &State) -> bool {
        self.filtering
    }
}

/// What is said where there are no rows.
fn nothing(ink: Ink, state: &State, empty: bool) -> Vec<ratatui::text::Line<'static>> {
    if state.shelf.is_none() {
        return vec![blank(), ink.line(Tone::Faint, "  reading what is kept ...")];
    }
    if !empty {
        return vec![
            blank(),
            ink.line(Tone::Plain, "  nothing fits the filter; Esc takes it away"),
        ];
    }
    let row = |key: &str, what: &str, more: &str| {
        ink.pieces([
            (Tone::Strong, &pad(key, 5)),
            (Tone::Plain, &pad(what, 24)),
            (Tone::Faint, more),
        ])
    };
    vec![
        blank(),
        ink.line(Tone::Strong, "  Nothing here yet."),
        blank(),
        row("  D", "try the demo", "a throw-away tree is recovered, offline"),
        row("  n", "describe an incident", "something is broken now"),
        row("  o", "open a file", "an incident, an inventory or a plan"),
        blank(),
        ink.line(Tone::Faint, "  Nothing runs for real before you approve a plan."),
    ]
}
