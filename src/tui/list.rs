//! A list of rows with a cursor, drawn only as far as it is seen.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Line;

use super::theme::{Theme, Tone};

/// Where the cursor and the window of a list stand.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct List {
    /// The chosen row.
    pub cursor: usize,
    /// The first row that is seen.
    top: usize,
}

/// A movement in a list or a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Move {
    /// One row up.
    Up,
    /// One row down.
    Down,
    /// A page up.
    PageUp,
    /// A page down.
    PageDown,
    /// To the first row.
    First,
    /// To the last row.
    Last,
}

/// Rows of a page where the size is not known to the key.
const PAGE: usize = 10;

impl List {
    /// Moves the cursor within `count` rows.
    pub fn go(&mut self, to: Move, count: usize) {
        let last = count.saturating_sub(1);
        self.cursor = match to {
            Move::Up => self.cursor.saturating_sub(1),
            Move::Down => self.cursor.saturating_add(1),
            Move::PageUp => self.cursor.saturating_sub(PAGE),
            Move::PageDown => self.cursor.saturating_add(PAGE),
            Move::First => 0,
            Move::Last => last,
        }
        .min(last);
    }

    /// Draws the rows that are seen; `row` makes one.
    pub fn draw(
        &mut self,
        theme: Theme,
        area: Rect,
        buf: &mut Buffer,
        count: usize,
        mut row: impl FnMut(usize) -> Line<'static>,
    ) {
        let height = usize::from(area.height);
        if height == 0 || area.width == 0 {
            return;
        }
        self.cursor = self.cursor.min(count.saturating_sub(1));
        self.top = self.top.min(self.cursor).min(count.saturating_sub(height));
        self.top = self.top.max((self.cursor + 1).saturating_sub(height));
        for (y, at) in (self.top..count.min(self.top + height)).enumerate() {
            let place =
                Rect { y: area.y + u16::try_from(y).unwrap_or(u16::MAX), height: 1, ..area };
            let chosen = at == self.cursor;
            let mut line = row(at);
            line.spans.insert(0, if chosen { "> ".into() } else { "  ".into() });
            ratatui::widgets::Widget::render(line, place, buf);
            if chosen {
                buf.set_style(place, theme.style(Tone::Chosen));
            }
        }
    }
}

/// Where a long text stands in its window.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Page {
    /// The first line that is seen.
    pub top: usize,
    /// How many lines there were when it was last drawn.
    lines: usize,
    /// How many lines were seen.
    height: usize,
}

impl Page {
    /// Returns a window at the end of its text.
    pub fn at_end() -> Self {
        Self { top: usize::MAX, ..Self::default() }
    }

    /// Moves the window.
    pub fn go(&mut self, to: Move) {
        let page = self.height.saturating_sub(1).max(1);
        self.top = match to {
            Move::Up => self.top.saturating_sub(1),
            Move::Down => self.top.saturating_add(1),
            Move::PageUp => self.top.saturating_sub(page),
            Move::PageDown => self.top.saturating_add(page),
            Move::First => 0,
            Move::Last => usize::MAX,
        }
        .min(self.lines.saturating_sub(self.height));
    }

    /// Draws wrapped lines from where the window stands.
    pub fn draw(&mut self, area: Rect, buf: &mut Buffer, lines: &[Line<'static>], indent: usize) {
        let columns = usize::from(area.width);
        let wrapped = lines.iter().flat_map(|line| super::text::wrap(line, columns, indent));
        let wrapped: Vec<Line<'static>> = wrapped.collect();
        (self.lines, self.height) = (wrapped.len(), usize::from(area.height));
        self.top = self.top.min(self.lines.saturating_sub(self.height));
        for (y, line) in wrapped.into_iter().skip(self.top).take(self.height).enumerate() {
            let place =
                Rect { y: area.y + u16::try_from(y).unwrap_or(u16::MAX), height: 1, ..area };
            ratatui::widgets::Widget::render(line, place, buf);
        }
    }

    /// Fits the window to what is about to be drawn, and returns which part is seen, where not all is.
    pub fn part(&mut self, area: Rect, lines: &[Line<'static>], indent: usize) -> Option<String> {
        let columns = usize::from(area.width);
        let wrapped = lines.iter().map(|line| super::text::wrap(line, columns, indent).len());
        (self.lines, self.height) = (wrapped.sum(), usize::from(area.height));
        self.top = self.top.min(self.lines.saturating_sub(self.height));
        (self.lines > self.height).then(|| {
            let last = (self.top + self.height).min(self.lines);
            format!("{}-{last} of {}", self.top + 1, self.lines)
        })
    }
}
