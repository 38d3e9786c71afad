//! The shape of a Python source: what it imports and defines, what it calls in which loop, what names stand for.

use std::collections::BTreeSet;

use super::{Python, TokenKind};
use crate::base::Span;

/// A name that an `import` brings in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Import<'a> {
    /// The whole name: `subprocess`, `subprocess.run`.
    pub path: String,
    /// The name it has here.
    pub name: &'a str,
    /// Index of that name's token.
    pub at: usize,
}

/// A function or a class.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Definition<'a> {
    /// Its name.
    pub name: &'a str,
    /// Indices of its head's tokens and of its body's.
    pub head: (usize, usize),
    /// Indices of its body's tokens: the first, and the one behind the last.
    pub body: (usize, usize),
}

/// A loop.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Loop {
    /// Indices of its head's tokens.
    pub head: (usize, usize),
    /// Indices of its body's tokens.
    pub body: (usize, usize),
    /// Whether it is `while True`, and nothing in it leaves it.
    pub endless: bool,
}

/// An assignment to a plain name: `NAME = value`, `with open(…) as NAME`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assignment<'a> {
    /// The name.
    pub name: &'a str,
    /// Index of the name's token.
    pub at: usize,
    /// Indices of the value's tokens.
    pub value: (usize, usize),
}

/// An argument of a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Given<'a> {
    /// The keyword, where one stands before it.
    pub keyword: Option<&'a str>,
    /// Indices of its tokens.
    pub value: (usize, usize),
}

/// A call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Called<'a> {
    /// The whole name of the function with its import: `subprocess.run`, `cursor.execute`, `open`.
    pub path: String,
    /// Index of its first token.
    pub at: usize,
    /// Index behind its closing bracket.
    pub end: usize,
    /// Its arguments, in order.
    pub given: Vec<Given<'a>>,
    /// Whether nothing is done with what it returns.
    pub dropped: bool,
    /// Whether it stands in a loop.
    pub repeated: bool,
    /// Whether it stands in a `while True`, or in a function that is called there.
    pub endless: bool,
}

/// The shape of a source.
#[derive(Debug, Default)]
pub struct Outline<'a> {
    /// What it imports, in order.
    pub imports: Vec<Import<'a>>,
    /// Its functions and classes, in order.
    pub definitions: Vec<Definition<'a>>,
    /// Its loops, in order.
    pub loops: Vec<Loop>,
    /// Its assignments, in order.
    pub assignments: Vec<Assignment<'a>>,
    /// Its calls, in order.
    pub calls: Vec<Called<'a>>,
}

impl Called<'_> {
    /// Returns the tokens of an argument: by its keyword, or by its place among those without.
    pub fn argument(&self, keyword: &str, place: Option<usize>) -> Option<(usize, usize)> {
        let named = self.given.iter().find(|given| given.keyword == Some(keyword));
        let placed = || self.given.iter().filter(|given| given.keyword.is_none()).nth(place?);
        named.or_else(placed).map(|given| given.value)
    }
}

impl<'a> Outline<'a> {
    /// Returns the shape of a source.
    pub(super) fn of(python: &Python<'a>) -> Self {
        let mut outline = Self::default();
        let lines = python.lines();
        for (index, &(from, to)) in lines.iter().enumerate() {
            outline.line(python, &lines, index, from, to);
        }
        let calls = (0..python.tokens.len()).filter_map(|at| outline.call(python, at, &lines));
        outline.calls = calls.collect();
        outline.follow_loops();
        outline
    }

    /// Marks the calls in functions that a loop without an end calls, a few calls deep.
    fn follow_loops(&mut self) {
        for _ in 0..4 {
            let endless = self.calls.iter().filter(|call| call.endless);
            let called: BTreeSet<String> = endless.map(|call| call.path.clone()).collect();
            for body in self.definitions.iter().filter(|d| called.contains(d.name)).map(|d| d.body)
            {
                let from = self.calls.partition_point(|call| call.at < body.0);
                let inside = self.calls[from..].iter_mut().take_while(|call| call.at < body.1);
                inside.for_each(|call| call.endless = true);
            }
        }
    }

    fn line(
        &mut self,
        python: &Python<'a>,
        lines: &[(usize, usize)],
        index: usize,
        from: usize,
        to: usize,
    ) {
        let word = |at: usize| python.name(at).unwrap_or_default();
        let first = if word(from) == "async" { from + 1 } else { from };
        match word(first) {
            "import" | "from" => self.import(python, first, to),
            "def" | "class" => {
                let body = python.body(lines, index);
                self.definitions.push(Definition { name: word(first + 1), head: (from, to), body });
            }
            "while" | "for" => {
                let truth = matches!(word(first + 1), "True") || python.is(first + 1, "1");
                let endless = word(first) == "while" && truth && python.is(first + 2, ":");
                let body = python.body(lines, index);
                let left = (body.0..body.1).any(|at| matches!(word(at), "break" | "return"));
                self.loops.push(Loop { head: (from, to), body, endless: endless && !left });
            }
            "with" => {
                let mut start = first + 1;
                for at in first..to {
                    if word(at) == "as" && python.name(at + 1).is_some() {
                        let value = (start, at);
                        self.assignments.push(Assignment { name: word(at + 1), at: at + 1, value });
                        start = at + 3;
                    }
                }
            }
            name if !name.is_empty() => {
                // A type may stand between: `NAME: str = value`.
                let typed = python.is(first + 1, ":");
                let equal = match typed {
                    true => (first + 2..to).find(|at| python.is(*at, "=")),
                    false => Some(first + 1).filter(|at| python.is(*at, "=")),
                };
                if let Some(at) = equal.filter(|at| !python.is(at + 1, "=")) {
                    self.assignments.push(Assignment { name, at: first, value: (at + 1, to) });
                }
            }
            _ => {}
        }
    }

    fn import(&mut self, python: &Python<'a>, first: usize, to: usize) {
        let from_module = python.name(first) == Some("from");
        let mut at = first + 1;
        let mut module = String::new();
        if from_module {
            while at < to && python.name(at) != Some("import") {
                module.push_str(python.tokens[at].text);
                at += 1;
            }
            at += 1;
            module.push('.');
        }
        while at < to {
            let mut path = String::new();
            let start = at;
            while at < to && (python.is(at, ".") || python.name(at).is_some_and(|n| n != "as")) {
                path.push_str(python.tokens[at].text);
                at += 1;
            }
            let mut name_at = start;
            if python.name(at) == Some("as") {
                name_at = at + 1;
                at += 2;
            }
            if let Some(name) = python.name(name_at) {
                let plain = !from_module && name_at == start;
                let path = if plain { name.to_owned() } else { format!("{module}{path}") };
                self.imports.push(Import { path, name, at: name_at });
            }
            at += 1;
        }
    }

    /// Returns the call whose name ends at the token `at`.
    fn call(&self, python: &Python<'a>, at: usize, lines: &[(usize, usize)]) -> Option<Called<'a>> {
        python.name(at).filter(|name| !KEYWORDS.contains(name))?;
        if !python.is(at + 1, "(") || at > 0 && matches!(python.name(at - 1), Some("def" | "class"))
        {
            return None;
        }
        let mut first = at;
        while first >= 2 && python.is(first - 1, ".") && python.name(first - 2).is_some() {
            first -= 2;
        }
        // What a call or a string returns: its method is all that is known.
        let of_value = first > 0 && python.is(first - 1, ".");
        let mut path: String = python.tokens[first..=at].iter().map(|t| t.text).collect();
        let head = python.name(first)?;
        if let Some(import) = self.imports.iter().rev().find(|i| i.name == head && !of_value) {
            path = format!("{}{}", import.path, &path[head.len()..]);
        }
        let end = python.close(at + 1);
        let inside = |one: &&Loop| one.body.0 <= at && at < one.body.1;
        let line = lines[..lines.partition_point(|(from, _)| *from <= at)].last();
        Some(Called {
            path,
            at: first,
            end,
            given: python.arguments(at + 1, end),
            dropped: line.is_some_and(|(from, to)| *from == first && end >= *to),
            repeated: self.loops.iter().any(|one| inside(&one)),
            endless: self.loops.iter().filter(inside).any(|one| one.endless),
        })
    }
}

const KEYWORDS: &[&str] = &[
    "if", "elif", "while", "for", "in", "not", "and", "or", "is", "return", "yield", "print",
    "assert", "del", "lambda", "except", "raise", "with", "await", "from", "import", "else",
];

impl<'a> Python<'a> {
    /// Returns the name at a token.
    pub fn name(&self, at: usize) -> Option<&'a str> {
        self.tokens.get(at).filter(|t| t.kind == TokenKind::Name).map(|t| t.text)
    }

    /// Tells whether a token is this sign or number.
    pub fn is(&self, at: usize, sign: &str) -> bool {
        let other = |kind| matches!(kind, TokenKind::Sign | TokenKind::Number);
        self.tokens.get(at).is_some_and(|t| other(t.kind) && t.text == sign)
    }

    /// Returns the logical lines: the index of the first token of each, and the one behind its last.
    fn lines(&self) -> Vec<(usize, usize)> {
        let mut lines: Vec<(usize, usize)> = Vec::new();
        let mut depth = 0usize;
        let mut end = 0;
        for (at, token) in self.tokens.iter().enumerate() {
            let between = self.text.get(end..token.span.start).unwrap_or_default();
            let breaks = between.contains('\n') && !between.contains("\\\n")
                || at > 0 && self.is(at - 1, ";") && depth == 0;
            match lines.last_mut() {
                Some(line) if depth > 0 || !breaks => line.1 = at + 1,
                _ => lines.push((at, at + 1)),
            }
            match (token.kind, token.text) {
                (TokenKind::Sign, "(" | "[" | "{") => depth += 1,
                (TokenKind::Sign, ")" | "]" | "}") => depth = depth.saturating_sub(1),
                _ => {}
            }
            end = token.span.end;
        }
        lines
    }

    /// Returns the tokens of the block below a head: the lines indented deeper, or what follows on its line.
    fn body(&self, lines: &[(usize, usize)], head: usize) -> (usize, usize) {
        let (from, to) = lines[head];
        let indent = self.tokens[from].indent;
        let deeper = |line: &&(usize, usize)| self.tokens[line.0].indent > indent;
        let last = lines[head + 1..].iter().take_while(deeper).last();
        (to, last.map_or(to, |line| line.1))
    }

    /// Splits what stands between the brackets of a call.
    fn arguments(&self, open: usize, end: usize) -> Vec<Given<'a>> {
        let split = self.split(open + 1, end.saturating_sub(1));
        let given = split.into_iter().map(|(from, to)| {
            let keyword = self.name(from).filter(|_| self.is(from + 1, "="));
            let named = keyword.is_some() && !self.is(from + 2, "=");
            match named {
                true => Given { keyword, value: (from + 2, to) },
                false => Given { keyword: None, value: (from, to) },
            }
        });
        given.collect()
    }

    /// Splits tokens at the commas outside of brackets.
    pub fn split(&self, from: usize, to: usize) -> Vec<(usize, usize)> {
        let mut parts = Vec::new();
        let mut start = from;
        let mut at = from;
        while at < to {
            if ["(", "[", "{"].iter().any(|open| self.is(at, open)) {
                at = self.close(at).max(at + 1);
                continue;
            }
            if self.is(at, ",") {
                parts.push((start, at));
                start = at + 1;
            }
            at += 1;
        }
        if start < to {
            parts.push((start, to));
        }
        parts.retain(|(from, to)| from < to);
        parts
    }

    /// Returns the text that tokens cover.
    pub fn span_of(&self, value: (usize, usize)) -> Span {
        let first = self.tokens.get(value.0).map(|t| t.span.start).unwrap_or(self.text.len());
        let last = value.1.checked_sub(1).and_then(|at| self.tokens.get(at));
        Span::new(first, last.map_or(first, |t| t.span.end))
    }
}
