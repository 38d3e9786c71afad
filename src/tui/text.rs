//! Lines of styled text: cut, padded and wrapped by the columns they take.

use ratatui::text::{Line, Span};
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use super::theme::{Theme, Tone};
use crate::base::escape;

/// Makes lines for one theme; everything that goes in is escaped.
#[derive(Debug, Clone, Copy)]
pub struct Ink(pub Theme);

impl Ink {
    /// Returns a piece of text in a tone, on one line.
    pub fn span(self, tone: Tone, text: &str) -> Span<'static> {
        let text = escape::one_line(text);
        Span::styled(self.0.fit(&text).into_owned(), self.0.style(tone))
    }

    /// Returns a line of one tone.
    pub fn line(self, tone: Tone, text: &str) -> Line<'static> {
        Line::from(self.span(tone, text))
    }

    /// Returns a line of several pieces.
    pub fn pieces<const N: usize>(self, pieces: [(Tone, &str); N]) -> Line<'static> {
        Line::from(pieces.map(|(tone, text)| self.span(tone, text)).to_vec())
    }

    /// Returns a label of fixed width and the text behind it, one line per line of text.
    pub fn labelled(self, label: &str, tone: Tone, text: &str) -> Vec<Line<'static>> {
        let mut lines = vec![];
        for (at, part) in text.trim_end_matches('\n').split('\n').enumerate() {
            let label = if at == 0 { label } else { "" };
            lines.push(Line::from(vec![
                self.span(Tone::Faint, &pad(label, LABEL)),
                self.span(tone, &part.replace('\t', "    ")),
            ]));
        }
        lines
    }
}

/// Columns of a label.
pub const LABEL: usize = 11;

/// Returns a number with its noun: `1 asset`, `2 assets`.
pub fn count(number: usize, noun: &str) -> String {
    match number {
        1 => format!("1 {noun}"),
        _ => format!("{number} {noun}s"),
    }
}

/// Returns a size in bytes as it is read at a glance: `812 B`, `14.2 KB`.
pub fn kilobytes(bytes: usize) -> String {
    match bytes {
        0..1_000 => format!("{bytes} B"),
        _ => format!("{}.{} KB", bytes / 1_000, bytes % 1_000 / 100),
    }
}

/// Returns the columns a text takes.
pub fn width(text: &str) -> usize {
    text.width()
}

/// Returns a text of exactly `columns` columns: padded, or cut with `..` at its end.
pub fn pad(text: &str, columns: usize) -> String {
    let mut fitted = cut(text, columns);
    let missing = columns.saturating_sub(width(&fitted));
    fitted.extend(std::iter::repeat_n(' ', missing));
    fitted
}

/// Returns a text of at most `columns` columns, cut with `..` at its end.
pub fn cut(text: &str, columns: usize) -> String {
    if width(text) <= columns {
        return text.to_owned();
    }
    let room = columns.saturating_sub(2);
    let mut fitted = take(text, room).0.to_owned();
    fitted.push_str(&".."[..2.min(columns)]);
    fitted
}

/// Splits a text behind the most characters that fit into `columns`.
fn take(text: &str, columns: usize) -> (&str, &str) {
    let mut used = 0;
    for (at, c) in text.char_indices() {
        used += c.width().unwrap_or(0);
        if used > columns {
            return text.split_at(at);
        }
    }
    (text, "")
}

/// Breaks a line into lines of at most `columns`, behind spaces where there are some; what follows is indented by
/// `indent`.
pub fn wrap(line: &Line<'static>, columns: usize, indent: usize) -> Vec<Line<'static>> {
    let columns = columns.max(1);
    if line.width() <= columns {
        return vec![line.clone()];
    }
    let indent = if indent < columns / 2 { indent } else { 0 };
    let mut lines: Vec<Line<'static>> = vec![];
    let mut spans: Vec<Span<'static>> = vec![];
    let mut room = columns;
    for span in &line.spans {
        let mut rest = span.content.as_ref();
        while !rest.is_empty() {
            let (mut head, mut tail) = take(rest, room);
            if !tail.is_empty() {
                let fresh =
                    room == columns || spans.iter().all(|span| span.content.trim().is_empty());
                match head.rfind(' ') {
                    Some(space) if space > 0 => (head, tail) = rest.split_at(space + 1),
                    Some(_) | None if !fresh && !rest.starts_with(' ') => (head, tail) = ("", rest),
                    Some(_) | None => {}
                }
            }
            if head.is_empty() && room >= columns.saturating_sub(indent) {
                // A single character wider than the whole line.
                let next = rest.chars().next().map_or(1, char::len_utf8);
                (head, tail) = rest.split_at(next);
            }
            if !head.is_empty() {
                spans.push(Span::styled(head.to_owned(), span.style));
                room = room.saturating_sub(width(head));
            }
            rest = tail;
            if !rest.is_empty() {
                lines.push(Line::from(std::mem::take(&mut spans)));
                if indent > 0 {
                    spans.push(Span::raw(" ".repeat(indent)));
                }
                room = columns - indent;
            }
        }
    }
    lines.push(Line::from(spans));
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str, columns: usize, indent: usize) -> Vec<String> {
        let lines = wrap(&Line::from(text.to_owned()), columns, indent);
        lines.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn lines_break_behind_spaces_and_inside_words_only_where_they_must() {
        assert_eq!(shown("one two three", 8, 2), ["one two ", "  three"]);
        assert_eq!(shown("abcdefghij", 4, 0), ["abcd", "efgh", "ij"]);
        assert_eq!(shown("日本語", 2, 0), ["日", "本", "語"]);
        assert_eq!(shown("日", 1, 0), ["日"]);
        assert_eq!(shown("", 4, 0), [""]);
    }

    #[test]
    fn cut_texts_say_so() {
        assert_eq!(
            [cut("abcdef", 4), cut("abc", 4), cut("abc", 1), pad("日本", 3)],
            ["ab..", "abc", ".", ".. "]
        );
    }

    #[test]
    fn nothing_that_steers_a_terminal_reaches_a_line() {
        let ink = Ink(Theme { colour: true, boxes: false });
        assert_eq!(
            ink.line(Tone::Plain, "a\x1b[31mb\u{202e}ü").to_string(),
            "a\\x1b[31mb\\u{202e}?"
        );
    }
}
