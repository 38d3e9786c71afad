//! Python sources as tokens: enough to see which functions are called on what.

mod outline;
pub(in crate::check) mod value;

pub use outline::{Assignment, Called, Definition, Given, Import, Loop, Outline};

use crate::base::Span;

/// A token of a Python source.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Token<'a> {
    /// What it is.
    pub kind: TokenKind,
    /// Its text; for a string without its quotes.
    pub text: &'a str,
    /// Where it stands.
    pub span: Span,
    /// Columns the line is indented by.
    pub indent: usize,
}

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenKind {
    /// A name or a keyword.
    Name,
    /// A string.
    Text,
    /// A number.
    Number,
    /// Anything else, one character each.
    Sign,
}

/// A Python source.
#[derive(Debug)]
pub struct Python<'a> {
    /// The text.
    pub text: &'a str,
    /// Its tokens.
    pub tokens: Vec<Token<'a>>,
    outline: Outline<'a>,
}

impl<'a> Python<'a> {
    /// Splits a source into tokens; comments go.
    pub fn new(text: &'a str) -> Self {
        let mut tokens = Vec::new();
        let mut at = 0;
        let mut indent = 0;
        let mut line_start = true;
        while let Some(c) = text[at..].chars().next() {
            let rest = &text[at..];
            if c == '\n' {
                (indent, line_start, at) = (0, true, at + 1);
                continue;
            }
            if c.is_whitespace() {
                indent += usize::from(line_start);
                at += c.len_utf8();
                continue;
            }
            line_start = false;
            if c == '#' {
                at += rest.find('\n').unwrap_or(rest.len());
                continue;
            }
            let (kind, length, inner) = one(rest, c);
            let span = Span::new(at, at + length);
            tokens.push(Token { kind, text: &rest[inner.start..inner.end], span, indent });
            at += length;
        }
        let mut python = Self { text, tokens, outline: Outline::default() };
        python.outline = Outline::of(&python);
        python
    }

    /// Returns what it imports and defines, its loops, its assignments and its calls.
    pub fn outline(&self) -> &Outline<'a> {
        &self.outline
    }

    /// Returns the calls of dotted names ending in one of `names`: index of the name, index of `(`,
    /// index behind `)`.
    pub fn calls<'p>(
        &'p self,
        names: &'p [&str],
    ) -> impl Iterator<Item = (usize, usize, usize)> + 'p {
        self.tokens.iter().enumerate().filter_map(move |(at, token)| {
            let named = token.kind == TokenKind::Name && names.contains(&token.text);
            let open =
                self.tokens.get(at + 1).is_some_and(|t| t.text == "(" && t.kind == TokenKind::Sign);
            (named && open).then(|| (at, at + 1, self.close(at + 1)))
        })
    }

    /// Returns the index behind the bracket that closes the one at `open`.
    pub fn close(&self, open: usize) -> usize {
        let mut depth = 0usize;
        for (at, token) in
            self.tokens.iter().enumerate().skip(open).filter(|(_, t)| t.kind == TokenKind::Sign)
        {
            match token.text {
                "(" | "[" | "{" => depth += 1,
                ")" | "]" | "}" => depth = depth.saturating_sub(1),
                _ => {}
            }
            if depth == 0 {
                return at + 1;
            }
        }
        self.tokens.len()
    }
}

/// Returns the kind, length and inner range of the token at the start of `rest`.
fn one(rest: &str, first: char) -> (TokenKind, usize, Span) {
    let word = |c: char| c.is_alphanumeric() || c == '_';
    if word(first) {
        let end = rest.find(|c| !word(c)).unwrap_or(rest.len());
        let prefix = end <= 2 && rest[..end].chars().all(|c| "rbfuRBFU".contains(c));
        if !(prefix && rest[end..].starts_with(['\'', '"'])) {
            let kind = if first.is_ascii_digit() { TokenKind::Number } else { TokenKind::Name };
            return (kind, end, Span::new(0, end));
        }
        let (_, length, inner) = one(&rest[end..], rest[end..].chars().next().unwrap_or('"'));
        return (TokenKind::Text, end + length, inner.shifted(end));
    }
    if first == '\'' || first == '"' {
        let triple = &rest[..1].repeat(3);
        let quote = if rest.starts_with(triple.as_str()) { triple.as_str() } else { &rest[..1] };
        let mut at = quote.len();
        while at < rest.len() && !rest[at..].starts_with(quote) {
            if quote.len() == 1 && rest[at..].starts_with('\n') {
                return (TokenKind::Text, at, Span::new(quote.len(), at));
            }
            let c = rest[at..].chars().next().map_or(1, char::len_utf8);
            at += c;
            if rest[at - c..at] == *"\\" {
                at += rest[at..].chars().next().map_or(0, char::len_utf8);
            }
        }
        let inner = Span::new(quote.len().min(at), at.min(rest.len()));
        return (TokenKind::Text, (at + quote.len()).min(rest.len()), inner);
    }
    (TokenKind::Sign, first.len_utf8(), Span::new(0, first.len_utf8()))
}
