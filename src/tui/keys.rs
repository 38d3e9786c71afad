//! Keys: what a screen offers, what moves, and which presses are meant.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::list::Move;

/// A key a screen offers now, for the key bar and the help.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Offer {
    /// The key as it is shown: `e`, `Enter`, `Ctrl-D`.
    pub key: &'static str,
    /// One or two words for the key bar.
    pub label: &'static str,
    /// A line for the help.
    pub help: &'static str,
}

/// Returns an offer.
pub const fn offer(key: &'static str, label: &'static str, help: &'static str) -> Offer {
    Offer { key, label, help }
}

/// Returns the name of a key as offers show it, or nothing for keys no offer has.
pub fn name(key: KeyEvent) -> Option<String> {
    let control = key.modifiers.contains(KeyModifiers::CONTROL);
    Some(match key.code {
        KeyCode::Char(' ') => "Space".into(),
        KeyCode::Char(c) if control => format!("Ctrl-{}", c.to_ascii_uppercase()),
        KeyCode::Char(c) => c.to_string(),
        KeyCode::Enter => "Enter".into(),
        KeyCode::Esc => "Esc".into(),
        KeyCode::Tab => "Tab".into(),
        KeyCode::F(1) => "?".into(),
        KeyCode::F(number) => format!("F{number}"),
        _ => return None,
    })
}

/// Returns the movement of a key, by arrows, pages, ends and the letters of vi.
pub fn movement(key: KeyEvent) -> Option<Move> {
    let control = key.modifiers.contains(KeyModifiers::CONTROL);
    Some(match key.code {
        KeyCode::Up | KeyCode::Char('k') if !control => Move::Up,
        KeyCode::Down | KeyCode::Char('j') if !control => Move::Down,
        KeyCode::PageUp => Move::PageUp,
        KeyCode::PageDown => Move::PageDown,
        KeyCode::Char('u') if control => Move::PageUp,
        KeyCode::Char('d') if control => Move::PageDown,
        KeyCode::Home | KeyCode::Char('g') if !control => Move::First,
        KeyCode::End | KeyCode::Char('G') if !control => Move::Last,
        _ => return None,
    })
}

/// What a screen of a list and a detail shows, and where keys move.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Focus {
    /// Whether keys move in the detail.
    pub reading: bool,
    /// Whether the detail has the whole body.
    pub zoomed: bool,
}

impl Focus {
    /// Takes a key in that changes it; `false` for any other key.
    pub fn press(&mut self, code: KeyCode) -> bool {
        match code {
            KeyCode::Char('z') => self.zoomed = !self.zoomed,
            KeyCode::Tab => self.reading = !self.reading,
            KeyCode::Esc if self.zoomed => self.zoomed = false,
            _ => return false,
        }
        true
    }
}

/// How long a key that changed the view is ignored.
const HOLD: u64 = 300;

/// How long it is ignored before something that asks for a confirmation.
const HOLD_BEFORE_CONFIRMING: u64 = 1_000;

/// Ignores a key that is still held, or pressed twice by mistake, when the view it was meant for is gone.
#[derive(Debug, Clone, Default)]
pub struct Guard {
    last: Option<KeyCode>,
    until: u64,
}

impl Guard {
    /// Tells whether a key pressed at `now` (in milliseconds) is meant for what is seen.
    pub fn admits(&mut self, key: KeyCode, now: u64) -> bool {
        if self.last != Some(key) || now >= self.until {
            return true;
        }
        // It is still held: it counts as meant again once it was let go.
        self.until = self.until.max(now + HOLD);
        false
    }

    /// Remembers that a key changed the view.
    pub fn changed(&mut self, key: KeyCode, now: u64, confirming: bool) {
        self.last = Some(key);
        self.until = now + if confirming { HOLD_BEFORE_CONFIRMING } else { HOLD };
    }
}

/// Returns the text of a burst of keys that nobody types that fast: a paste into a terminal that does not mark
/// pastes. At least three different characters with a line end among keys that arrived together.
pub fn burst(keys: &[KeyEvent]) -> Option<String> {
    let mut text = String::new();
    for key in keys {
        match key.code {
            KeyCode::Char(c) if (key.modifiers - KeyModifiers::SHIFT).is_empty() => text.push(c),
            KeyCode::Enter => text.push('\n'),
            KeyCode::Tab => text.push('\t'),
            _ => return None,
        }
    }
    let printable = text.chars().filter(|c| !c.is_whitespace()).count();
    (printable >= 3 && text.contains('\n')).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(code: KeyCode) -> KeyEvent {
        KeyEvent::new(code, KeyModifiers::NONE)
    }

    #[test]
    fn a_held_key_does_not_reach_the_next_view() {
        let mut guard = Guard::default();
        let (enter, other) = (KeyCode::Enter, KeyCode::Esc);
        assert!(guard.admits(enter, 0));
        guard.changed(enter, 0, false);
        assert_eq!(
            [guard.admits(enter, 299), guard.admits(other, 1), guard.admits(enter, 310)],
            [false, true, false]
        );
        assert!(guard.admits(enter, 610), "let go for a while");
        guard.changed(enter, 1_000, true);
        assert_eq!([guard.admits(enter, 1_600), guard.admits(enter, 2_000)], [false, true]);
    }

    #[test]
    fn an_unmarked_paste_is_text_and_typing_is_not() {
        let keys = |text: &str| {
            let code = |c| {
                if c == '\n' { KeyCode::Enter } else { KeyCode::Char(c) }
            };
            text.chars().map(|c| plain(code(c))).collect::<Vec<_>>()
        };
        assert_eq!(burst(&keys("xyz\n")), Some("xyz\n".into()));
        assert_eq!(burst(&keys("jjj")), None);
        assert_eq!(burst(&keys("a\n")), None);
        assert_eq!(burst(&[plain(KeyCode::Up)]), None);
    }
}
