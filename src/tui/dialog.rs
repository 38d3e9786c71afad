//! Questions above a screen: a line to type, or a yes that must be meant.

use crossterm::event::{KeyCode, KeyEvent};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Line;
use ratatui::widgets::{Clear, Widget};

use super::entry::{Entry, Typed};
use super::frame::pane;
use super::keys::{self, Offer, offer};
use super::list::Page;
use super::screens::Reaction;
use super::text::Ink;
use super::theme::Tone;
use crate::flow::Act;

/// A question above a screen.
#[derive(Debug)]
pub struct Dialog {
    title: &'static str,
    body: Vec<Line<'static>>,
    page: Page,
    kind: Kind,
}

#[derive(Debug)]
enum Kind {
    /// A line is typed; Enter hands it on.
    Line { entry: Entry, paste: Paste, act: fn(&str, &Extra) -> Act, extra: Extra },
    /// The one key that means yes.
    Yes { key: char, label: &'static str, act: Act },
}

/// Whether text may be pasted into a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Paste {
    /// It may.
    Taken,
    /// It must be typed, so that it is read.
    Refused,
}

/// What the act of a typed line is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Extra {
    /// Nothing more.
    None,
    /// Something that is waived.
    Waived(crate::evidence::Waived),
    /// A step.
    Step(crate::base::Id),
}

/// What a dialog does with a key.
#[derive(Debug)]
pub enum Answer {
    /// It stays.
    Stay,
    /// It stays, and pasting was refused.
    NoPaste,
    /// It goes.
    Close,
    /// It goes, and this is told.
    Done(Act),
}

impl Dialog {
    /// Returns a dialog that asks for a line of text.
    pub fn line(
        title: &'static str,
        body: Vec<Line<'static>>,
        start: &str,
        paste: Paste,
        act: fn(&str, &Extra) -> Act,
        extra: Extra,
    ) -> Self {
        let kind = Kind::Line { entry: Entry::new(start), paste, act, extra };
        Self { title, body, page: Page::default(), kind }
    }

    /// Returns a dialog that one key answers with yes, every other one with no.
    pub fn yes(
        title: &'static str,
        body: Vec<Line<'static>>,
        key: char,
        label: &'static str,
        act: Act,
    ) -> Self {
        Self { title, body, page: Page::default(), kind: Kind::Yes { key, label, act } }
    }

    /// Tells whether a key that is still held must not answer it.
    pub fn confirms(&self) -> bool {
        match &self.kind {
            Kind::Line { paste, .. } => *paste == Paste::Refused,
            Kind::Yes { .. } => true,
        }
    }

    /// Tells whether letters are text for it.
    pub fn takes_text(&self) -> bool {
        match &self.kind {
            Kind::Line { .. } => true,
            Kind::Yes { .. } => false,
        }
    }

    /// Returns the keys that mean something.
    pub fn offers(&self) -> Vec<Offer> {
        match &self.kind {
            Kind::Line { .. } => vec![offer("Enter", "take it", ""), offer("Esc", "leave it", "")],
            Kind::Yes { label, key, .. } => {
                let key = if *key == 'y' { "y" } else { "K" };
                vec![offer(key, label, ""), offer("Esc", "no", "")]
            }
        }
    }

    /// Takes a key in.
    pub fn press(&mut self, key: KeyEvent) -> Answer {
        if key.code == KeyCode::Esc {
            return Answer::Close;
        }
        match &mut self.kind {
            Kind::Line { entry, act, extra, .. } => match key.code {
                KeyCode::Enter => Answer::Done(act(entry.text(), extra)),
                _ => {
                    let _: Typed = entry.key(key);
                    Answer::Stay
                }
            },
            Kind::Yes { key: yes, act, .. } => {
                if key.code == KeyCode::Char(*yes) {
                    return Answer::Done(act.clone());
                }
                match keys::movement(key) {
                    Some(to) => {
                        self.page.go(to);
                        Answer::Stay
                    }
                    None => Answer::Close,
                }
            }
        }
    }

    /// Takes pasted text in.
    pub fn paste(&mut self, text: &str) -> Answer {
        match &mut self.kind {
            Kind::Line { entry, paste: Paste::Taken, .. } => {
                entry.insert(text);
                Answer::Stay
            }
            Kind::Line { .. } | Kind::Yes { .. } => Answer::NoPaste,
        }
    }

    /// Draws it over the body of a screen.
    pub fn draw(&mut self, ink: Ink, area: Rect, buf: &mut Buffer) {
        let columns = usize::from(area.width.saturating_sub(4)).max(1);
        let lines: usize =
            self.body.iter().map(|line| super::text::wrap(line, columns, 2).len()).sum();
        let entry = if let Kind::Line { .. } = self.kind { 2 } else { 0 };
        let height = u16::try_from(lines + entry + 2).unwrap_or(u16::MAX).min(area.height);
        let place = Rect { y: area.y + (area.height - height) / 2, height, ..area };
        Clear.render(place, buf);
        let inner = pane(ink, place, buf, &format!(" {} ", self.title), "");
        let inner = Rect { x: inner.x + 1, width: inner.width.saturating_sub(2), ..inner };
        let typed = u16::try_from(entry).unwrap_or(0).min(inner.height);
        let text = Rect { height: inner.height - typed, ..inner };
        self.page.draw(text, buf, &self.body, 2);
        if let Kind::Line { entry, .. } = &self.kind
            && typed > 0
        {
            let place = Rect { y: inner.bottom() - 1, height: 1, ..inner };
            let mut line = entry.line(ink, usize::from(place.width.saturating_sub(2)));
            line.spans.insert(0, ink.span(Tone::Strong, "> "));
            line.render(place, buf);
        }
    }
}

/// Turns a dialog's question into a reaction.
impl From<Dialog> for Reaction {
    fn from(dialog: Dialog) -> Self {
        Self::Ask(dialog)
    }
}
