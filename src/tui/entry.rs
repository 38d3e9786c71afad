//! One line of text being typed.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::text::{Line, Span};

use super::text::{Ink, width};
use super::theme::Tone;
use crate::base::escape;

/// One line of text with its cursor.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Entry {
    text: String,
    /// Byte offset of the cursor, at a character's border.
    at: usize,
}

/// What a key did to a line of text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Typed {
    /// The text changed.
    Changed,
    /// The cursor moved.
    Moved,
    /// The key means nothing here.
    Not,
}

impl Entry {
    /// Returns a line with this text, the cursor at its end.
    pub fn new(text: &str) -> Self {
        Self { text: text.to_owned(), at: text.len() }
    }

    /// Returns the text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Takes a key in.
    pub fn key(&mut self, key: KeyEvent) -> Typed {
        let control = key.modifiers.contains(KeyModifiers::CONTROL);
        match key.code {
            KeyCode::Char('u') if control => self.remove(0..self.at),
            KeyCode::Char('k') if control => self.remove(self.at..self.text.len()),
            KeyCode::Char('w') if control => {
                let head = self.text[..self.at].trim_end();
                let start = head.rfind(' ').map_or(0, |space| space + 1);
                self.remove(start..self.at)
            }
            KeyCode::Char('a') if control => self.go(0),
            KeyCode::Char('e') if control => self.go(self.text.len()),
            KeyCode::Char(c) if !control && !key.modifiers.contains(KeyModifiers::ALT) => {
                self.insert(c.encode_utf8(&mut [0; 4]));
                Typed::Changed
            }
            KeyCode::Backspace => self.remove(self.before()..self.at),
            KeyCode::Delete => self.remove(self.at..self.behind()),
            KeyCode::Left => self.go(self.before()),
            KeyCode::Right => self.go(self.behind()),
            KeyCode::Home => self.go(0),
            KeyCode::End => self.go(self.text.len()),
            _ => Typed::Not,
        }
    }

    /// Puts a text in at the cursor, on one line; breaks become spaces.
    pub fn insert(&mut self, text: &str) {
        let text = text.trim_end_matches(['\r', '\n']).replace(['\r', '\n', '\t'], " ");
        let text = escape::one_line(&text);
        self.text.insert_str(self.at, &text);
        self.at += text.len();
    }

    fn before(&self) -> usize {
        self.text[..self.at].chars().next_back().map_or(self.at, |c| self.at - c.len_utf8())
    }

    fn behind(&self) -> usize {
        self.text[self.at..].chars().next().map_or(self.at, |c| self.at + c.len_utf8())
    }

    fn go(&mut self, to: usize) -> Typed {
        self.at = to;
        Typed::Moved
    }

    fn remove(&mut self, range: std::ops::Range<usize>) -> Typed {
        self.at = range.start;
        if range.is_empty() {
            return Typed::Moved;
        }
        self.text.replace_range(range, "");
        Typed::Changed
    }

    /// Returns the part of the line that fits `columns`, with the cursor in it.
    pub fn line(&self, ink: Ink, columns: usize) -> Line<'static> {
        let columns = columns.max(2);
        let mut start = 0;
        while width(&self.text[start..self.at]) + 1 > columns {
            start += self.text[start..].chars().next().map_or(1, char::len_utf8);
        }
        let under = self.text[self.at..].chars().next();
        let behind = &self.text[self.behind()..];
        let cursor = under.map_or(" ".to_owned(), String::from);
        let mut spans = vec![
            ink.span(Tone::Plain, &self.text[start..self.at]),
            Span::styled(ink.0.fit(&cursor).into_owned(), ink.0.style(Tone::Chosen)),
        ];
        spans.push(ink.span(Tone::Plain, behind));
        Line::from(spans)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(start: &str, keys: &[KeyEvent], expected: &str) {
        let mut entry = Entry::new(start);
        keys.iter().for_each(|key| {
            entry.key(*key);
        });
        assert_eq!(entry.text(), expected);
    }

    fn plain(code: KeyCode) -> KeyEvent {
        KeyEvent::new(code, KeyModifiers::NONE)
    }

    fn control(c: char) -> KeyEvent {
        KeyEvent::new(KeyCode::Char(c), KeyModifiers::CONTROL)
    }

    #[test]
    fn a_line_is_edited_as_shells_do() {
        check("añb", &[plain(KeyCode::Left), plain(KeyCode::Backspace)], "ab");
        check("one two", &[control('w')], "one ");
        check(
            "one two",
            &[plain(KeyCode::Home), plain(KeyCode::Delete), plain(KeyCode::Char('O'))],
            "One two",
        );
        check("one", &[control('u'), plain(KeyCode::Backspace), plain(KeyCode::Delete)], "");
        check("", &[plain(KeyCode::Left), plain(KeyCode::Right), plain(KeyCode::Char('é'))], "é");
    }

    #[test]
    fn what_is_pasted_stays_on_the_line() {
        let mut entry = Entry::new("");
        entry.insert("a\r\nb\x1b[m\n");
        assert_eq!(entry.text(), "a  b\\x1b[m");
    }
}
