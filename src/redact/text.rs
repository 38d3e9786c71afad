//! Steps through a text at byte offsets, never far: lines, words and what stands beside a place.

use std::ops::Range;

/// How far a look backwards or forwards for the beginning of a line goes, in bytes. A line may have any length.
const REACH: usize = 400;

/// A text being searched. Every step is bounded, so that a search takes time in proportion to the text.
#[derive(Debug, Clone, Copy)]
pub struct Text<'a> {
    /// The text.
    pub all: &'a str,
    /// How often it was decoded to be searched: 0 for what was given.
    pub depth: u8,
}

impl<'a> Text<'a> {
    /// Returns the byte at an offset, 0 behind the end.
    pub fn byte(self, at: usize) -> u8 {
        self.all.as_bytes().get(at).copied().unwrap_or(0)
    }

    /// Returns the byte before an offset, 0 before the beginning.
    pub fn before(self, at: usize) -> u8 {
        at.checked_sub(1).map_or(0, |at| self.byte(at))
    }

    /// Returns a part, moved outwards to whole characters.
    pub fn part(self, range: Range<usize>) -> &'a str {
        let end = self.all.ceil_char_boundary(range.end.min(self.all.len()));
        let start = self.all.floor_char_boundary(range.start.min(end));
        &self.all[start..end]
    }

    /// Returns at most `length` bytes from an offset on, on the same line.
    pub fn ahead(self, at: usize, length: usize) -> &'a str {
        let at = self.all.ceil_char_boundary(at.min(self.all.len()));
        let end =
            self.all.floor_char_boundary(at.saturating_add(length).min(self.all.len())).max(at);
        let part = &self.all[at..end];
        part.bytes().position(|b| b == b'\n').map_or(part, |line| &part[..line])
    }

    /// Returns at most `length` bytes before an offset, on the same line.
    pub fn behind(self, at: usize, length: usize) -> &'a str {
        let at = self.all.floor_char_boundary(at.min(self.all.len()));
        let part = &self.all[self.all.ceil_char_boundary(at.saturating_sub(length))..at];
        part.bytes().rposition(|b| b == b'\n').map_or(part, |line| &part[line + 1..])
    }

    /// Returns the first offset from `at` on whose byte is not accepted.
    pub fn forward(self, at: usize, accept: impl Fn(u8) -> bool) -> usize {
        let bytes = self.all.as_bytes();
        let mut end = at.min(bytes.len());
        while end < bytes.len() && accept(bytes[end]) {
            end += 1;
        }
        end
    }

    /// Returns what [`Text::forward`] does, after `limit` bytes at most.
    pub fn forward_within(self, at: usize, limit: usize, accept: impl Fn(u8) -> bool) -> usize {
        let bytes = self.all.as_bytes();
        let stop = bytes.len().min(at.saturating_add(limit));
        let mut end = at;
        while end < stop && accept(bytes[end]) {
            end += 1;
        }
        end
    }

    /// Returns the first offset of the run of accepted bytes that ends at `at`; looks back a few hundred bytes at most.
    pub fn backward(self, at: usize, accept: impl Fn(u8) -> bool) -> usize {
        let bytes = self.all.as_bytes();
        let mut start = at.min(bytes.len());
        while start > 0 && at - start < REACH && accept(bytes[start - 1]) {
            start -= 1;
        }
        start
    }

    /// Skips spaces and tabs.
    pub fn blanks(self, at: usize) -> usize {
        self.forward(at, |b| matches!(b, b' ' | b'\t'))
    }

    /// Returns where the line ends, behind at most `limit` bytes.
    pub fn line_end(self, at: usize, limit: usize) -> usize {
        let end = at.saturating_add(limit).min(self.all.len());
        let found =
            self.all.as_bytes()[at.min(end)..end].iter().position(|b| matches!(b, b'\n' | b'\r'));
        found.map_or(end, |length| at + length)
    }

    /// Tells whether the text goes on like this, whatever the case of ASCII letters.
    pub fn goes_on(self, at: usize, expected: &str) -> bool {
        let bytes = self.all.as_bytes();
        bytes
            .get(at..at + expected.len())
            .is_some_and(|found| found.eq_ignore_ascii_case(expected.as_bytes()))
    }

    /// Tells whether only blanks, quote marks of mail, list marks or `export` stand before on the line.
    pub fn starts_line(self, at: usize) -> bool {
        let lead = self.behind(at, REACH).trim();
        lead.len() < 20
            && (lead
                .bytes()
                .all(|b| matches!(b, b'>' | b'-' | b'#' | b'*' | b' ' | b'|' | b';' | b'\t'))
                || matches!(lead, "export" | "set" | "SET" | "declare -x" | "setx" | "-e" | "ENV"))
    }

    /// Returns the last word before a place on its line, in lower case, without punctuation.
    pub fn word_before(self, at: usize) -> String {
        let behind = self.behind(at, 64);
        let trimmed = behind.trim_end_matches(|c: char| !c.is_alphanumeric());
        let start = trimmed
            .rfind(|c: char| !c.is_alphanumeric() && !matches!(c, '_' | '-'))
            .map_or(0, |i| i + trimmed[i..].chars().next().map_or(1, char::len_utf8));
        trimmed[start..].to_lowercase()
    }
}

/// Tells whether a byte is part of a word: an ASCII letter or digit, or an underscore.
pub fn is_word(b: u8) -> bool {
    b.is_ascii_alphanumeric() || b == b'_'
}
