//! What is known of a word after expansion: fixed text, globs, and pieces only the run knows.

use std::borrow::Cow;

use super::path;
use crate::base::Span;

/// A piece of an expanded word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// Text that is certain.
    Text(String),
    /// A file name pattern, as written.
    Glob(String),
    /// Something only the run knows.
    Unknown(Unknown),
}

/// A value only the run knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unknown {
    /// How to name it to a person: `$STAGE`, `$(date …)`.
    pub shown: String,
    /// Where it comes from.
    pub origin: Origin,
    /// Whether it can be empty, as far as the script tells.
    pub may_be_empty: bool,
    /// Whether it stands in quotes, so that it stays one word.
    pub quoted: bool,
}

/// Where an unknown value comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// A variable the script never sets: the environment, or nothing.
    Environment,
    /// A variable the script sets to something that cannot be computed.
    Variable,
    /// An argument of the script or of a function.
    Argument,
    /// The output of a command.
    Output,
    /// A directory or file that `mktemp` made.
    Temporary,
    /// A point in time (`date`), different in every run.
    Time,
    /// A path that `find`, `xargs` or a loop over files hands over.
    Found,
}

/// An argument of a command, expanded as far as possible.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Argument {
    /// Its pieces; none for an empty argument. Texts never stand side by side.
    pub pieces: Vec<Piece>,
    /// The word it comes from.
    pub span: Span,
}

impl Argument {
    /// Returns an argument of these pieces; texts that stand side by side become one.
    pub fn new(mut pieces: Vec<Piece>, span: Span) -> Self {
        let loose = |pair: &[Piece]| matches!(pair, [Piece::Text(_), Piece::Text(_)]);
        let empty = |piece: &Piece| matches!(piece, Piece::Text(text) if text.is_empty());
        if pieces.iter().any(empty) {
            pieces.retain(|piece| !empty(piece));
        }
        if pieces.windows(2).any(loose) {
            let mut merged: Vec<Piece> = Vec::with_capacity(pieces.len());
            for piece in pieces {
                match (merged.last_mut(), piece) {
                    (Some(Piece::Text(last)), Piece::Text(more)) => last.push_str(&more),
                    (_, piece) => merged.push(piece),
                }
            }
            pieces = merged;
        }
        Self { pieces, span }
    }

    /// Returns an argument of fixed text.
    pub fn text(text: &str, span: Span) -> Self {
        let pieces = if text.is_empty() { Vec::new() } else { vec![Piece::Text(text.to_owned())] };
        Self { pieces, span }
    }

    /// Returns the text, where all of it is certain.
    pub fn literal(&self) -> Option<&str> {
        match self.pieces.as_slice() {
            [] => Some(""),
            [Piece::Text(text)] => Some(text),
            _ => None,
        }
    }

    /// Returns the text with globs as written and unknown pieces under their shown names.
    pub fn shown(&self) -> Cow<'_, str> {
        fn one(piece: &Piece) -> &str {
            match piece {
                Piece::Text(text) | Piece::Glob(text) => text,
                Piece::Unknown(unknown) => &unknown.shown,
            }
        }
        match self.pieces.as_slice() {
            [] => Cow::Borrowed(""),
            [only] => Cow::Borrowed(one(only)),
            pieces => Cow::Owned(pieces.iter().map(one).collect()),
        }
    }

    /// Returns the certain text at the start, up to the first piece that is not.
    pub fn prefix(&self) -> &str {
        match self.pieces.first() {
            Some(Piece::Text(text)) => text,
            Some(Piece::Glob(_) | Piece::Unknown(_)) | None => "",
        }
    }

    /// Returns the pieces only the run knows.
    pub fn unknowns(&self) -> impl Iterator<Item = &Unknown> {
        self.pieces.iter().filter_map(|piece| match piece {
            Piece::Unknown(unknown) => Some(unknown),
            Piece::Text(_) | Piece::Glob(_) => None,
        })
    }

    /// Tells whether any piece comes from there.
    pub fn comes_from(&self, origin: Origin) -> bool {
        self.unknowns().any(|u| u.origin == origin)
    }

    /// Tells whether the argument holds a file name pattern.
    pub fn has_glob(&self) -> bool {
        self.pieces.iter().any(|p| matches!(p, Piece::Glob(_)))
    }

    /// Returns what is left when every piece that can be empty is; nothing when none can.
    pub fn emptied(&self) -> Option<String> {
        self.unknowns().any(|u| u.may_be_empty).then(|| {
            let kept = self.pieces.iter().filter_map(|piece| match piece {
                Piece::Text(text) | Piece::Glob(text) => Some(text.as_str()),
                Piece::Unknown(u) if u.may_be_empty => None,
                Piece::Unknown(u) => Some(u.shown.as_str()),
            });
            kept.collect()
        })
    }

    /// Returns the argument as an absolute path, `.` and `..` taken out, seen from `cwd`; a path
    /// that starts with an unknown piece or stands in an unknown directory stays as it is.
    pub fn path(&self, cwd: Option<&str>) -> String {
        let shown = self.shown();
        let starts_unknown =
            matches!(self.pieces.first(), Some(Piece::Unknown(_))) || shown.starts_with('~');
        path::absolute(&shown, if starts_unknown { None } else { cwd })
    }
}
