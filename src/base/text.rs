//! Positions in a text, and problems that point at them.

use std::fmt;

use super::nearest::nearest;

/// A half-open range of byte offsets into one text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash, PartialOrd, Ord)]
pub struct Span {
    /// Offset of the first byte.
    pub start: usize,
    /// Offset just behind the last byte.
    pub end: usize,
}

impl Span {
    /// Returns the span of `start..end`; an end before the start gives an empty span.
    pub fn new(start: usize, end: usize) -> Self {
        Self { start, end: end.max(start) }
    }

    /// Returns the text the span covers, or nothing where it does not fit `text`.
    pub fn slice(self, text: &str) -> &str {
        text.get(self.start..self.end).unwrap_or_default()
    }

    /// Returns this span moved right by `offset` bytes.
    pub fn shifted(self, offset: usize) -> Self {
        Self { start: self.start + offset, end: self.end + offset }
    }
}

/// A line and a column, both counted from 1; columns count characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// Line number, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
}

impl Position {
    /// Returns where the byte `offset` of `text` stands; an offset past the end gives the end.
    pub fn of(text: &str, offset: usize) -> Self {
        let mut offset = offset.min(text.len());
        while !text.is_char_boundary(offset) {
            offset -= 1;
        }
        let before = &text[..offset];
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        Self {
            line: before.matches('\n').count() + 1,
            column: before[line_start..].chars().count() + 1,
        }
    }
}

/// The lines of a text, so that many places in it are found without reading it again for each.
#[derive(Debug, Clone)]
pub struct Lines<'t> {
    text: &'t str,
    /// Where each line begins.
    starts: Vec<usize>,
}

impl<'t> Lines<'t> {
    /// Returns the lines of a text.
    pub fn of(text: &'t str) -> Self {
        let behind = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
        let starts = std::iter::once(0).chain(behind.map(|(at, _)| at + 1)).collect();
        Self { text, starts }
    }

    /// Returns the text.
    pub fn text(&self) -> &'t str {
        self.text
    }

    /// Returns where the byte `offset` stands, as [`Position::of`] does.
    pub fn position(&self, offset: usize) -> Position {
        let mut offset = offset.min(self.text.len());
        while !self.text.is_char_boundary(offset) {
            offset -= 1;
        }
        let line = self.starts.partition_point(|start| *start <= offset);
        let start = self.starts[line - 1];
        Position { line, column: self.text[start..offset].chars().count() + 1 }
    }
}

impl fmt::Display for Position {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}:{}", self.line, self.column)
    }
}

/// Something wrong with a text, at a place, with what to do about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Where; an empty span at 0 means the text as a whole.
    pub span: Span,
    /// What is wrong: lower case, no final period, names the object.
    pub message: String,
    /// What to write instead, where that is known.
    pub help: Option<String>,
}

impl Problem {
    /// Returns a problem without advice.
    pub fn new(span: Span, message: impl Into<String>) -> Self {
        Self { span, message: message.into(), help: None }
    }

    /// Returns the problem of a name that is not among the known ones, with the nearest of them.
    pub fn no_such<'a>(
        span: Span,
        what: &str,
        name: &str,
        known: impl IntoIterator<Item = &'a str>,
    ) -> Self {
        let problem = Self::new(span, format!("there is no {what} {name:?}"));
        match nearest(name, known) {
            Some(near) => problem.with_help(format!("did you mean {near:?}?")),
            None => problem,
        }
    }

    /// Returns the problem with advice.
    #[must_use]
    pub fn with_help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

/// Problems collected up to a bound, so that a hostile document costs neither time nor memory.
#[derive(Debug, Default)]
pub struct Problems(Vec<Problem>);

impl Problems {
    /// More problems than this are not looked at.
    pub const MOST: usize = 200;

    /// Adds a problem while there is room; past the bound it is not even made.
    pub fn add(&mut self, make: impl FnOnce() -> Problem) {
        if !self.is_full() {
            self.0.push(make());
        }
    }

    /// Tells whether nothing was found.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Tells whether there is no more room.
    pub fn is_full(&self) -> bool {
        self.0.len() >= Self::MOST
    }

    /// Returns what was found, in source order.
    pub fn into_sorted(mut self) -> Vec<Problem> {
        self.0.sort_by_key(|problem| problem.span);
        self.0
    }

    /// Adds all of `others`, as far as there is room.
    pub fn extend(&mut self, others: impl IntoIterator<Item = Problem>) {
        let room = Self::MOST.saturating_sub(self.0.len());
        self.0.extend(others.into_iter().take(room));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_know_the_places_of_a_text() {
        let text = "a\n\u{65e5}\u{672c} b\r\n\nend";
        let lines = Lines::of(text);
        for offset in 0..text.len() + 2 {
            assert_eq!(lines.position(offset), Position::of(text, offset), "{offset}");
        }
    }

    #[test]
    fn a_position_counts_lines_and_characters_from_one() {
        let text = "ab\nçd\n";
        let at = |offset| Position::of(text, offset).to_string();
        assert_eq!(
            [at(0), at(1), at(3), at(5), at(6), at(99)],
            ["1:1", "1:2", "2:1", "2:2", "2:3", "3:1"]
        );
        assert_eq!(at(4), "2:1", "an offset inside a character counts as its start");
    }
}
