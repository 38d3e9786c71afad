//! Help: the keys that mean something on the screen below, and those that always do.

use crossterm::event::{KeyCode, KeyEvent};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Line;
use ratatui::widgets::{Clear, Widget};

use super::blank;
use crate::flow::Stage;
use crate::tui::frame::pane;
use crate::tui::keys::{self, Offer, offer};
use crate::tui::list::Page;
use crate::tui::text::{Ink, pad};
use crate::tui::theme::Tone;

/// The help above a screen.
#[derive(Debug)]
pub struct Help {
    stage: Stage,
    offers: Vec<Offer>,
    page: Page,
}

const ALWAYS: [(&str, &str); 7] = [
    ("arrows j k", "Move; g G first and last, PgUp PgDn Ctrl-U Ctrl-D a page"),
    ("Esc", "Back; text that was typed stays"),
    ("Ctrl-C", "Takes a question back; twice leaves; with a live run it asks"),
    ("Ctrl-Z", "Back to the shell; fg returns"),
    ("Ctrl-L", "Draw everything anew"),
    ("F1", "This page, also while typing"),
    ("words", "RTO: time promised for the recovery; RPO: work that may be lost"),
];

/// What each stage is for, in a sentence.
fn purpose(stage: Stage) -> &'static str {
    match stage {
        Stage::Home => "Home: go on with an incident, a plan or a run, or begin.",
        Stage::Intake => {
            "Incident: what happened. The assets and the time of the damage decide which copy is used."
        }
        Stage::Draft => {
            "Draft: the plan's numbers, computed from the inventory. A model may draft beside it; what leaves this machine is shown first, and its answer can be reviewed when it was checked."
        }
        Stage::Review => {
            "Review: read each step with its findings and effects. An edit voids the plan's dry run and approvals."
        }
        Stage::Approve => {
            "Approve: say that exactly this plan may run. What is unproven needs a reason, which the report shows."
        }
        Stage::Run => {
            "Run: the plan, for real. The runner is a process of its own; closing this terminal does not stop it."
        }
        Stage::Report => "Report: what happened, computed from the log.",
        Stage::Files => {
            "Files: scripts, plans and runbooks with what the checker found. Nothing in them is run; a file that changes is looked at again."
        }
    }
}

impl Help {
    /// Returns the help for a stage and its keys.
    pub fn new(stage: Stage, offers: Vec<Offer>) -> Self {
        Self { stage, offers, page: Page::default() }
    }

    /// Returns the keys that mean something.
    pub fn offers(&self) -> Vec<Offer> {
        vec![offer("Esc", "close", ""), offer("j k", "scroll", "")]
    }

    /// Takes a key in; false where it closes the help.
    pub fn press(&mut self, key: KeyEvent) -> bool {
        match keys::movement(key) {
            Some(to) => {
                self.page.go(to);
                true
            }
            None => !matches!(
                key.code,
                KeyCode::Esc | KeyCode::Char('?' | 'q') | KeyCode::F(1) | KeyCode::Enter
            ),
        }
    }

    /// Draws it over the body.
    pub fn draw(&mut self, ink: Ink, area: Rect, buf: &mut Buffer) {
        Clear.render(area, buf);
        let inner = pane(ink, area, buf, " Help ", "");
        let mut lines = vec![ink.line(Tone::Plain, purpose(self.stage)), blank()];
        let row = |key: &str, text: &str| {
            Line::from(vec![ink.span(Tone::Strong, &pad(key, 12)), ink.span(Tone::Plain, text)])
        };
        lines.extend(self.offers.iter().map(|offer| row(offer.key, offer.help)));
        lines.push(blank());
        lines.extend(ALWAYS.iter().map(|(key, text)| row(key, text)));
        let inner = Rect { x: inner.x + 1, width: inner.width.saturating_sub(2), ..inner };
        self.page.draw(inner, buf, &lines, 12);
    }
}
