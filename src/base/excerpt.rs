//! Where an excerpt of a file stands in the file: a text made of pieces of another one.

use super::Span;

/// The places of an excerpt's pieces in the file it was taken from.
///
/// A fenced block without its prompts, the command of a crontab line and the words of a list of arguments are read
/// as texts of their own; what is found in them is shown where it stands in the file.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Excerpt {
    /// In the order of the excerpt, without overlap.
    pieces: Vec<Piece>,
    /// Whether the file quotes it in a way of its own, so that a change would have to be quoted too.
    quoted: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Piece {
    own: Span,
    file: Span,
    verbatim: bool,
}

/// An excerpt while it is put together: its text, and where each part of it comes from.
#[derive(Debug, Clone, Default)]
pub struct Excerpting {
    text: String,
    excerpt: Excerpt,
}

impl Excerpting {
    /// Appends what stands at `span` of the file, as it stands there.
    pub fn copy(&mut self, file: &str, span: Span) {
        let own = self.text.len();
        self.text.push_str(span.slice(file));
        self.note(own, span, true);
    }

    /// Appends text that the file holds letter for letter at `span`.
    pub fn show(&mut self, text: &str, span: Span) {
        let own = self.text.len();
        self.text.push_str(text);
        self.note(own, span, true);
    }

    /// Appends text that stands for what the file says at `span` in other words.
    pub fn write(&mut self, text: &str, span: Span) {
        let own = self.text.len();
        self.text.push_str(text);
        self.note(own, span, false);
    }

    /// Returns the text so far.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Returns the text and where it stands.
    pub fn done(self) -> (String, Excerpt) {
        (self.text, self.excerpt)
    }

    fn note(&mut self, own: usize, file: Span, verbatim: bool) {
        let own = Span::new(own, self.text.len());
        if let Some(last) = self.excerpt.pieces.last_mut()
            && verbatim
            && last.verbatim
            && last.file.end == file.start
        {
            (last.own.end, last.file.end) = (own.end, file.end);
        } else if own.start < own.end {
            self.excerpt.pieces.push(Piece { own, file, verbatim });
        }
    }
}

impl Excerpt {
    /// Returns the excerpt that is one stretch of the file as it stands.
    pub fn of(span: Span) -> Self {
        let own = Span::new(0, span.end - span.start);
        Self { pieces: vec![Piece { own, file: span, verbatim: true }], quoted: false }
    }

    /// Returns the excerpt as one that the file quotes in a way of its own: it is shown where it stands, and nothing
    /// in it can be changed there.
    #[must_use]
    pub fn quoted(self) -> Self {
        Self { quoted: true, ..self }
    }

    /// Returns where a span of the excerpt stands in the file: from the start of what it begins in to the end of
    /// what it ends in, cut to the character where the file says the same.
    pub fn span(&self, span: Span) -> Span {
        let Some(last) = self.pieces.last() else {
            return Span::default();
        };
        let first = self.pieces.partition_point(|piece| piece.own.end <= span.start);
        let start = match self.pieces.get(first) {
            Some(piece) if piece.verbatim => {
                piece.file.start + span.start.saturating_sub(piece.own.start)
            }
            Some(piece) => piece.file.start,
            None => last.file.end,
        };
        let behind = self.pieces.partition_point(|piece| piece.own.start < span.end);
        let end = match self.pieces[..behind].last() {
            _ if span.start == span.end => start,
            Some(piece) if piece.verbatim => {
                piece.file.start + span.end.min(piece.own.end) - piece.own.start
            }
            Some(piece) => piece.file.end,
            None => start,
        };
        Span::new(start, end)
    }

    /// Returns where a span of the excerpt stands in the file, where the file says the same there without a gap, so
    /// that it can be changed there.
    pub fn verbatim(&self, span: Span) -> Option<Span> {
        if self.quoted { None } else { self.same(span) }
    }

    fn same(&self, span: Span) -> Option<Span> {
        let at = self.pieces.partition_point(|piece| piece.own.end < span.end);
        let piece = self.pieces.get(at)?;
        if !piece.verbatim || piece.own.start > span.start {
            return None;
        }
        let start = piece.file.start + span.start - piece.own.start;
        Some(Span::new(start, start + span.end - span.start))
    }

    /// Returns where an excerpt of this excerpt stands in the file.
    #[must_use]
    pub fn inner(&self, inner: &Excerpt) -> Self {
        let mut pieces = Vec::new();
        for piece in &inner.pieces {
            match (piece.verbatim, self.same(piece.file)) {
                (true, Some(file)) => pieces.push(Piece { file, ..*piece }),
                (true, None) => self.cut(piece, &mut pieces),
                (false, _) => pieces.push(Piece { file: self.span(piece.file), ..*piece }),
            }
        }
        Self { pieces, quoted: self.quoted || inner.quoted }
    }

    /// Cuts a piece of an inner excerpt where the pieces of this one end.
    fn cut(&self, piece: &Piece, pieces: &mut Vec<Piece>) {
        let first = self.pieces.partition_point(|outer| outer.own.end <= piece.file.start);
        for outer in self.pieces[first..].iter().take_while(|o| o.own.start < piece.file.end) {
            let from = outer.own.start.max(piece.file.start);
            let to = outer.own.end.min(piece.file.end);
            let own = Span::new(
                piece.own.start + from - piece.file.start,
                piece.own.start + to - piece.file.start,
            );
            let file = match outer.verbatim {
                true => Span::new(
                    outer.file.start + from - outer.own.start,
                    outer.file.start + to - outer.own.start,
                ),
                false => outer.file,
            };
            pieces.push(Piece { own, file, verbatim: outer.verbatim });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_in_an_excerpt_is_shown_where_it_stands_in_the_file() {
        let file = "  $ ls /a\n  > /b\n";
        let mut excerpting = Excerpting::default();
        excerpting.copy(file, Span::new(4, 10));
        excerpting.copy(file, Span::new(14, 17));
        excerpting.write("'quoted'", Span::new(2, 3));
        let (text, excerpt) = excerpting.done();
        assert_eq!(text, "ls /a\n/b\n'quoted'");
        let seen = |part: &str| {
            let at = text.find(part).unwrap();
            let span = Span::new(at, at + part.len());
            (excerpt.span(span).slice(file), excerpt.verbatim(span).map(|s| s.slice(file)))
        };
        assert_eq!(seen("ls"), ("ls", Some("ls")));
        assert_eq!(seen("/b"), ("/b", Some("/b")));
        assert_eq!(seen("/a\n/b"), ("/a\n  > /b", None));
        assert_eq!(seen("uot"), ("$", None));
        assert_eq!(excerpt.span(Span::new(3, 3)), Span::new(7, 7));
        assert_eq!(excerpt.span(Span::new(99, 99)), Span::new(3, 3));
        assert_eq!(Excerpt::default().span(Span::new(1, 2)), Span::default());
    }

    #[test]
    fn an_excerpt_of_an_excerpt_stands_in_the_file() {
        let file = "# a one\n# b two\n";
        let mut outer = Excerpting::default();
        outer.copy(file, Span::new(2, 8));
        outer.copy(file, Span::new(10, 16));
        let (text, outer) = outer.done();
        assert_eq!(text, "a one\nb two\n");
        let mut inner = Excerpting::default();
        inner.copy(&text, Span::new(2, 11));
        inner.write("!", Span::new(0, 1));
        let (inside, inner) = inner.done();
        assert_eq!(inside, "one\nb two!");
        let both = outer.inner(&inner);
        assert_eq!(both.span(Span::new(4, 5)).slice(file), "b");
        assert_eq!(both.verbatim(Span::new(6, 9)).unwrap().slice(file), "two");
        assert_eq!(both.verbatim(Span::new(1, 5)), None);
        assert_eq!(both.span(Span::new(9, 10)).slice(file), "a");
    }
}
