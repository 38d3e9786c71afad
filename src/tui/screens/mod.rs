//! The screens, one file each: every screen owns its text and its keys.

mod approve;
mod draft;
mod files;
mod guide;
mod help;
mod home;
mod intake;
mod report;
mod review;
mod run;

use crossterm::event::KeyEvent;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Line;

pub use guide::line as guidance;
pub use help::Help;
pub use review::tone as risk_tone;

use super::dialog::Dialog;
use super::keys::Offer;
use super::text::Ink;
use crate::flow::{Act, Stage, State};

/// One screen: text and keys of one stage. It draws and translates keys; it decides nothing.
pub trait Screen: std::fmt::Debug {
    /// The stage it shows.
    fn stage(&self) -> Stage;
    /// The status row: which screen this is, and how it stands.
    fn status(&self, state: &State) -> String;
    /// The context line, where nothing else is to be said.
    fn context(&self, state: &State) -> String;
    /// The keys that mean something now, most useful first.
    fn offers(&self, state: &State) -> Vec<Offer>;
    /// Draws the body.
    fn draw(&mut self, state: &State, ink: Ink, area: Rect, buf: &mut Buffer);
    /// Takes a key in.
    fn press(&mut self, state: &State, key: KeyEvent) -> Reaction;
    /// Takes pasted text in.
    fn paste(&mut self, _: &State, _: &str) -> Reaction {
        Reaction::Nothing
    }
    /// Tells whether letters are text now, so that no letter is a key.
    fn writes(&self, _: &State) -> bool {
        false
    }
}

/// What a key or a paste leads to.
#[derive(Debug)]
pub enum Reaction {
    /// The key means nothing here.
    Nothing,
    /// Only the view changed.
    Moved,
    /// The session is told.
    Act(Act),
    /// Several things are told, in order.
    Acts(Vec<Act>),
    /// Something is asked first.
    Ask(Dialog),
    /// Leaves for the demo.
    Demo,
}

/// Returns every screen.
pub fn all() -> Vec<Box<dyn Screen>> {
    vec![
        Box::<home::Home>::default(),
        Box::<intake::Form>::default(),
        Box::<draft::Draft>::default(),
        Box::<review::Review>::default(),
        Box::<approve::Approve>::default(),
        Box::<run::Run>::default(),
        Box::<report::Report>::default(),
        Box::<files::Files>::default(),
    ]
}

/// Returns an empty line.
fn blank() -> Line<'static> {
    Line::default()
}

#[cfg(test)]
mod tests;
