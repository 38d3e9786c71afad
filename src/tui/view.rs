//! What is seen: the screen of the session's stage, dialogs above it, and which key goes where.

use crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::dialog::{Answer, Dialog};
use super::frame::{self, MIN_COLUMNS, MIN_ROWS, Parts};
use super::keys::{self, Guard, Offer, offer};
use super::screens::{self, Help, Reaction, Screen};
use super::text::Ink;
use super::theme::Theme;
use crate::evidence::Stop;
use crate::flow::{Act, Stage, State};

/// What is seen, beside what the session knows.
#[derive(Debug)]
pub struct View {
    theme: Theme,
    screens: Vec<Box<dyn Screen>>,
    dialog: Option<Dialog>,
    help: Option<Help>,
    guard: Guard,
    /// A word of the view itself, gone with the next key.
    hint: Option<&'static str>,
    interrupted: Option<u64>,
    size: (u16, u16),
}

/// What a key leads to.
#[derive(Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The session is told.
    Acts(Vec<Act>),
    /// The program is left.
    Quit,
    /// The program is left for the demo.
    Demo,
    /// The program is stopped, to be continued by the shell.
    Suspend,
    /// Everything is drawn anew.
    Repaint,
}

const NO_PASTE: &str = "pasted text does nothing here: keys must be pressed";
const NO_PASTE_NAME: &str = "this must be typed, not pasted";

impl View {
    /// Returns the view of a theme.
    pub fn new(theme: Theme) -> Self {
        Self {
            theme,
            screens: screens::all(),
            dialog: None,
            help: None,
            guard: Guard::default(),
            hint: None,
            interrupted: None,
            size: (80, 24),
        }
    }

    fn at(&mut self, stage: Stage) -> &mut Box<dyn Screen> {
        let found = self.screens.iter().position(|screen| screen.stage() == stage);
        let at = found.expect("every stage has a screen");
        &mut self.screens[at]
    }

    /// Draws everything.
    pub fn draw(&mut self, state: &State, area: Rect, buf: &mut Buffer) {
        let ink = Ink(self.theme);
        self.size = (area.width, area.height);
        if area.width < MIN_COLUMNS || area.height < MIN_ROWS {
            return frame::card(state, ink, area, buf);
        }
        let offers = self.offers(state);
        let hint = self.hint;
        let screen = self.at(state.stage);
        let parts = Parts {
            status: screen.status(state),
            context: hint.map_or_else(|| screen.context(state), str::to_owned),
            guidance: state.demo.then(|| screens::guidance(state)),
            offers,
        };
        let body = frame::draw(state, ink, &parts, area, buf);
        self.at(state.stage).draw(state, ink, body, buf);
        if let Some(help) = &mut self.help {
            help.draw(ink, body, buf);
        }
        if let Some(dialog) = &mut self.dialog {
            dialog.draw(ink, body, buf);
        }
    }

    fn offers(&mut self, state: &State) -> Vec<Offer> {
        if let Some(dialog) = &self.dialog {
            return dialog.offers();
        }
        if let Some(help) = &self.help {
            return help.offers();
        }
        let screen = self.at(state.stage);
        let mut offers = screen.offers(state);
        if !screen.writes(state) {
            offers.push(offer("?", "help", "This page"));
            offers.push(offer("q", "quit", "Leave blackstart; a run goes on without it"));
        } else {
            offers.push(offer("F1", "help", "This page"));
        }
        offers
    }

    /// Takes a key pressed at `now` (milliseconds) in.
    pub fn press(&mut self, state: &State, key: KeyEvent, now: u64) -> Outcome {
        let nothing = Outcome::Acts(vec![]);
        let text = matches!(key.code, KeyCode::Char(_)) && self.takes_text(state);
        if key.kind == KeyEventKind::Release || !(text || self.guard.admits(key.code, now)) {
            return nothing;
        }
        self.hint = None;
        let control = key.modifiers.contains(KeyModifiers::CONTROL);
        match key.code {
            KeyCode::Char('c') if control => return self.interrupt(state, now),
            KeyCode::Char('z') if control => return Outcome::Suspend,
            KeyCode::Char('l') if control => return Outcome::Repaint,
            _ => {}
        }
        if self.size.0 < MIN_COLUMNS || self.size.1 < MIN_ROWS {
            return match key.code {
                KeyCode::Char('q') => Outcome::Quit,
                _ => nothing,
            };
        }
        let before = self.place(state);
        let outcome = self.dispatch(state, key);
        let moved = self.place(state) != before;
        let changes = |act: &Act| !matches!(act, Act::Write(..) | Act::Leave(_) | Act::MarkRead(_));
        let acts = matches!(&outcome, Outcome::Acts(acts) if acts.iter().any(changes));
        if moved || acts {
            let dialog = self.dialog.as_ref().is_some_and(Dialog::confirms);
            let confirming = dialog || (acts && matches!(state.stage, Stage::Run | Stage::Approve));
            self.guard.changed(key.code, now, confirming);
        }
        outcome
    }

    /// Tells whether letters are text now; one too many is seen, and does nothing.
    fn takes_text(&mut self, state: &State) -> bool {
        match (&self.dialog, &self.help) {
            (Some(dialog), _) => dialog.takes_text(),
            (None, Some(_)) => false,
            (None, None) => self.at(state.stage).writes(state),
        }
    }

    fn place(&self, state: &State) -> (Stage, bool, bool) {
        (state.stage, self.dialog.is_some(), self.help.is_some())
    }

    fn dispatch(&mut self, state: &State, key: KeyEvent) -> Outcome {
        let nothing = Outcome::Acts(vec![]);
        if let Some(dialog) = &mut self.dialog {
            let answer = dialog.press(key);
            return self.answered(answer);
        }
        if let Some(help) = &mut self.help {
            if !help.press(key) {
                self.help = None;
            }
            return nothing;
        }
        let screen = self.at(state.stage);
        let writes = screen.writes(state);
        match key.code {
            KeyCode::F(1) => return self.open_help(state),
            KeyCode::Char('?') if !writes => return self.open_help(state),
            KeyCode::Char('q') if !writes => return Outcome::Quit,
            _ => {}
        }
        let offered = keys::name(key)
            .is_some_and(|name| screen.offers(state).iter().any(|offer| offer.key == name));
        if !offered && !writes && keys::movement(key).is_none() {
            return nothing;
        }
        match screen.press(state, key) {
            Reaction::Nothing | Reaction::Moved => nothing,
            Reaction::Act(act) => Outcome::Acts(vec![act]),
            Reaction::Acts(acts) => Outcome::Acts(acts),
            Reaction::Demo => Outcome::Demo,
            Reaction::Ask(dialog) => {
                self.dialog = Some(dialog);
                nothing
            }
        }
    }

    fn answered(&mut self, answer: Answer) -> Outcome {
        match answer {
            Answer::Stay => Outcome::Acts(vec![]),
            Answer::NoPaste => {
                self.hint = Some(NO_PASTE_NAME);
                Outcome::Acts(vec![])
            }
            Answer::Close => {
                self.dialog = None;
                Outcome::Acts(vec![])
            }
            Answer::Done(act) => {
                self.dialog = None;
                Outcome::Acts(vec![act])
            }
        }
    }

    fn open_help(&mut self, state: &State) -> Outcome {
        let offers = self.offers(state);
        self.help = Some(Help::new(state.stage, offers));
        Outcome::Acts(vec![])
    }

    /// Takes pasted text in: never as keys.
    pub fn paste(&mut self, state: &State, text: &str) -> Outcome {
        self.hint = None;
        if let Some(dialog) = &mut self.dialog {
            let answer = dialog.paste(text);
            return self.answered(answer);
        }
        let reaction = self.at(state.stage).paste(state, text);
        match reaction {
            Reaction::Act(act) => Outcome::Acts(vec![act]),
            Reaction::Acts(acts) => Outcome::Acts(acts),
            Reaction::Nothing | Reaction::Moved | Reaction::Ask(_) | Reaction::Demo => {
                self.hint = Some(NO_PASTE);
                Outcome::Acts(vec![])
            }
        }
    }

    /// Ctrl-C: takes back what is asked; with a live run asks what is to happen to it; twice leaves.
    fn interrupt(&mut self, state: &State, now: u64) -> Outcome {
        let twice = self.interrupted.is_some_and(|at| now.saturating_sub(at) < 2_000);
        if twice {
            return Outcome::Quit;
        }
        self.interrupted = Some(now);
        if self.dialog.take().is_some() || self.help.take().is_some() {
            return Outcome::Acts(vec![]);
        }
        let live = state.run.as_ref().is_some_and(|run| run.live());
        if live && state.stage == Stage::Run {
            let ink = Ink(self.theme);
            self.dialog = Some(super::confirm::stop_dialog(ink, Stop::AfterStep));
            return Outcome::Acts(vec![]);
        }
        self.hint = Some("Ctrl-C again leaves blackstart");
        Outcome::Acts(vec![])
    }
}
