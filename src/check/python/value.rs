//! What an expression of Python comes to, as far as the source says.

use std::cell::Cell;

use super::{Called, Loop, Outline, Python, TokenKind};
use crate::base::Span;
use crate::check::reading::argv::{Bit, Word};

/// How many names are followed from one to the next.
const DEPTH: usize = 8;

/// What an expression comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::check) enum Value {
    /// One word.
    Word(Word),
    /// A list of words.
    List(Vec<Word>),
    /// A text that is split as a shell would (`shlex.split`, `.split()`).
    Split(Word),
}

/// Reads expressions of one source.
#[derive(Debug, Clone, Copy)]
pub(in crate::check) struct Values<'p, 'a> {
    /// The source.
    pub python: &'p Python<'a>,
    /// Its shape.
    pub outline: &'p Outline<'a>,
    /// Steps that may still be taken, so that names made of names cost no more than that.
    pub budget: &'p Cell<usize>,
}

/// Indices of the tokens of an expression: the first, and the one behind the last.
type Range = (usize, usize);

impl Values<'_, '_> {
    /// Returns what an expression comes to.
    pub fn value(&self, range: Range) -> Value {
        self.value_at(range, DEPTH)
    }

    /// Returns an expression as one word.
    pub fn word(&self, range: Range) -> Word {
        self.word_at(range, DEPTH)
    }

    /// Returns the words of a mapping's literal keys with their values.
    pub fn mapping(&self, range: Range) -> Vec<(String, Word)> {
        let (from, to) = range;
        let open = self.python.is(from, "{") && self.python.close(from) == to;
        let pairs = if open { self.python.split(from + 1, to - 1) } else { Vec::new() };
        let pair = |(from, to): Range| {
            let key = self.python.tokens.get(from).filter(|t| t.kind == TokenKind::Text)?;
            let colon = self.python.is(from + 1, ":");
            colon.then(|| (key.text.to_owned(), self.word((from + 2, to))))
        };
        pairs.into_iter().filter_map(pair).collect()
    }

    /// Returns the value a name was given last before a place.
    pub fn assigned(&self, range: Range) -> Option<Range> {
        let (from, to) = range;
        let name = self.python.name(from).filter(|_| to == from + 1)?;
        self.named(name, from)
    }

    /// Returns the value of a name at a place: what it was given last before, or, for a parameter of a function that
    /// is called once, what that call hands over.
    pub fn named(&self, name: &str, at: usize) -> Option<Range> {
        let assignments = self.outline.assignments.iter();
        let mut known = assignments.filter(|a| a.value.1 <= at && a.name == name);
        let last = known.next_back();
        let inside = |range: Range| range.0 <= at && at < range.1;
        let mut around = self.outline.definitions.iter().filter(|d| inside(d.body)).rev();
        let Some((definition, place, parameter)) = around.find_map(|definition| {
            let parameters = self.parameters(definition.head);
            let place = parameters.iter().position(|p| self.python.name(p.0) == Some(name))?;
            Some((definition, place, parameters[place]))
        }) else {
            return last.map(|assignment| assignment.value);
        };
        if let Some(own) = last.filter(|own| definition.body.0 <= own.at) {
            return Some(own.value);
        }
        let called = |path: &str| path.rsplit('.').next() == Some(definition.name);
        let mut calls = self.outline.calls.iter().filter(|call| called(&call.path));
        let (call, None) = (calls.next()?, calls.next()) else { return None };
        let default = || {
            let equal = (parameter.0..parameter.1).find(|at| self.python.is(*at, "="))?;
            Some((equal + 1, parameter.1))
        };
        call.argument(name, Some(place)).or_else(default)
    }

    /// Returns the parameters in the head of a function, save the object itself.
    fn parameters(&self, head: Range) -> Vec<Range> {
        let Some(open) = (head.0..head.1).find(|at| self.python.is(*at, "(")) else {
            return Vec::new();
        };
        let mut parameters = self.python.split(open + 1, self.python.close(open).saturating_sub(1));
        parameters.retain(|p| !matches!(self.python.name(p.0), Some("self" | "cls")));
        parameters
    }

    /// Returns the tree that a loop around a place walks over.
    pub fn walk_around(&self, at: usize) -> Option<Word> {
        let inside = |one: &&Loop| one.body.0 <= at && at < one.body.1;
        let loops = self.outline.loops.iter().filter(inside);
        loops.filter_map(|one| self.walked(one)).next().map(|tree| self.word(tree))
    }

    /// Returns the expression for the tree a loop walks over: `for folder, _, names in os.walk(TREE)`.
    fn walked(&self, one: &Loop) -> Option<Range> {
        let inside = |call: &&Called<'_>| one.head.0 <= call.at && call.at < one.head.1;
        let mut calls = self.outline.calls.iter().filter(inside);
        let walk = calls.find(|call| matches!(call.path.as_str(), "os.walk" | "os.fwalk"))?;
        walk.argument("top", Some(0))
    }

    /// Returns the directory that a walk has come to, where the name stands for one.
    fn folder(&self, range: Range, depth: usize) -> Option<Word> {
        let (from, to) = range;
        let name = self.python.name(from).filter(|_| to == from + 1)?;
        let names = |one: &&Loop| {
            one.body.0 <= from
                && from < one.body.1
                && self.python.name(one.head.0 + 1) == Some(name)
        };
        let one = self.outline.loops.iter().rev().find(names)?;
        let mut tree = self.word_at(self.walked(one)?, depth - 1);
        let span = self.python.span_of(range);
        tree.bits.push(Bit::Text { text: "/".to_owned(), span, same: false });
        tree.bits.push(Bit::Code { shell: format!("${{{name}:?}}"), span });
        Some(relocated(tree, span))
    }

    /// Takes a step from the budget; `false` where it is used up.
    fn step(&self) -> bool {
        let left = self.budget.get();
        self.budget.set(left.saturating_sub(1));
        left > 0
    }

    fn value_at(&self, range: Range, depth: usize) -> Value {
        let (from, to) = range;
        let python = self.python;
        if depth == 0 || from >= to || !self.step() {
            return Value::Word(self.unknown(range));
        }
        let added = self.parts(range, "+");
        if added.len() > 1 {
            let parts: Vec<Value> =
                added.into_iter().map(|part| self.value_at(part, depth - 1)).collect();
            if parts.iter().any(|part| matches!(part, Value::List(_))) {
                let words = parts.into_iter().flat_map(|part| match part {
                    Value::List(words) => words,
                    Value::Word(word) | Value::Split(word) => vec![word],
                });
                return Value::List(words.collect());
            }
            return Value::Word(self.word_at(range, depth));
        }
        if (python.is(from, "[") || python.is(from, "(")) && python.close(from) == to {
            let items = python.split(from + 1, to - 1);
            if python.is(from, "(") && items.len() == 1 && !python.is(to - 2, ",") {
                return self.value_at(items[0], depth - 1);
            }
            let mut words = Vec::new();
            for item in items {
                // A star hands over the items of another list.
                let star = python.is(item.0, "*");
                let inner = if star { (item.0 + 1, item.1) } else { item };
                match (star, self.value_at(inner, depth - 1)) {
                    (true, Value::List(more)) => words.extend(more),
                    (_, Value::Word(word) | Value::Split(word)) => words.push(word),
                    (false, Value::List(_)) => words.push(self.unknown(inner)),
                }
            }
            return Value::List(words);
        }
        if let Some(value) = self.assigned(range) {
            let grown = self.grown(range, depth);
            return match self.value_at(value, depth - 1) {
                Value::List(mut words) => {
                    words.extend(grown);
                    Value::List(words)
                }
                Value::Word(word) => Value::Word(relocated(word, python.span_of(range))),
                Value::Split(word) => Value::Split(relocated(word, python.span_of(range))),
            };
        }
        let splits = |at: usize| python.name(at) == Some("split") && python.is(at + 1, "(");
        if to - from > 3 && python.is(to - 1, ")") {
            if python.name(from) == Some("shlex") && splits(from + 2) {
                return Value::Split(self.word_at((from + 4, to - 1), depth - 1));
            }
            if splits(to - 3) && python.is(to - 4, ".") {
                return Value::Split(self.word_at((from, to - 4), depth - 1));
            }
        }
        Value::Word(self.word_at(range, depth))
    }

    /// Returns what a list was given after it was made: `NAME.append(…)`, `NAME.extend([…])`, `NAME += […]`.
    fn grown(&self, range: Range, depth: usize) -> Vec<Word> {
        let python = self.python;
        let Some(name) = python.name(range.0) else {
            return Vec::new();
        };
        let made = self.outline.assignments.iter().rev();
        let made =
            made.filter(|a| a.value.1 <= range.0 && a.name == name).map(|a| a.value.1).next();
        let mut words = Vec::new();
        for at in made.unwrap_or(0)..range.0 {
            if python.name(at) != Some(name) {
                continue;
            }
            let method = python.name(at + 2).filter(|_| python.is(at + 1, "."));
            let value = match method {
                Some("append" | "extend") if python.is(at + 3, "(") => {
                    (at + 4, python.close(at + 3).saturating_sub(1))
                }
                None if python.is(at + 1, "+") && python.is(at + 2, "=") => {
                    (at + 3, python.close(at + 3))
                }
                Some(_) | None => continue,
            };
            match self.value_at(value, depth - 1) {
                Value::List(more) => words.extend(more),
                Value::Word(word) | Value::Split(word) => words.push(word),
            }
        }
        words
    }

    fn word_at(&self, range: Range, depth: usize) -> Word {
        let (from, to) = range;
        let python = self.python;
        if depth == 0 || from >= to || !self.step() {
            return self.unknown(range);
        }
        for (sign, between) in [("+", ""), ("/", "/")] {
            let parts = self.parts(range, sign);
            if parts.len() > 1 {
                return self.joined(&parts, between, depth);
            }
        }
        if python.is(from, "(") && python.close(from) == to {
            return self.word_at((from + 1, to - 1), depth - 1);
        }
        if let Some(folder) = self.folder(range, depth) {
            return folder;
        }
        if let Some(value) = self.assigned(range) {
            return relocated(self.word_at(value, depth - 1), python.span_of(range));
        }
        let text = |at: usize| python.tokens.get(at).is_some_and(|t| t.kind == TokenKind::Text);
        if (from..to).all(text) {
            let bits = (from..to).flat_map(|at| self.string(at, depth));
            return Word { bits: bits.collect() };
        }
        if text(from) && (python.is(from + 1, "%") || python.name(from + 2) == Some("format")) {
            return Word { bits: self.filled(from) };
        }
        if let Some(open) = (from..to).find(|at| python.is(*at, "("))
            && python.close(open) == to
        {
            let arguments = python.split(open + 1, to - 1);
            let name = python.name(open.saturating_sub(1)).unwrap_or_default();
            match (name, arguments.as_slice()) {
                ("join", parts) if parts.len() > 1 => return self.joined(parts, "/", depth),
                ("str" | "quote" | "Path" | "PurePath" | "fspath" | "text" | "abspath", [one]) => {
                    return self.word_at(*one, depth - 1);
                }
                ("getenv", [one, ..]) if text(one.0) => {
                    return self.code(&format!("${{{}}}", python.tokens[one.0].text), range);
                }
                ("dedent", [one]) => return self.word_at(*one, depth - 1),
                _ => {}
            }
        }
        self.unknown(range)
    }

    fn joined(&self, parts: &[Range], between: &str, depth: usize) -> Word {
        let mut bits = Vec::new();
        for (index, part) in parts.iter().enumerate() {
            if index > 0 && !between.is_empty() {
                let at = self.python.span_of(*part).start;
                let span = Span::new(at, at);
                bits.push(Bit::Text { text: between.to_owned(), span, same: false });
            }
            bits.extend(self.word_at(*part, depth - 1).bits);
        }
        Word { bits }
    }

    /// Splits an expression at a sign outside of brackets.
    fn parts(&self, range: Range, sign: &str) -> Vec<Range> {
        let (mut start, mut at) = (range.0, range.0);
        let mut parts = Vec::new();
        while at < range.1 {
            if ["(", "[", "{"].iter().any(|open| self.python.is(at, open)) {
                at = self.python.close(at).max(at + 1);
                continue;
            }
            if self.python.is(at, sign) {
                parts.push((start, at));
                start = at + 1;
            }
            at += 1;
        }
        parts.push((start, range.1));
        match parts.iter().all(|(from, to)| from < to) {
            true => parts,
            false => vec![range],
        }
    }

    /// Reads a string with its escapes and, in an f-string, its values.
    fn string(&self, at: usize, depth: usize) -> Vec<Bit> {
        let token = &self.python.tokens[at];
        let source = token.span.slice(self.python.text);
        let prefix: String = source.chars().take_while(|c| c.is_alphabetic()).collect();
        let prefix = prefix.to_ascii_lowercase();
        let (raw, formatted) = (prefix.contains('r'), prefix.contains('f'));
        let quotes = &source[prefix.len()..];
        let triple = quotes.starts_with("'''") || quotes.starts_with("\"\"\"");
        let start = token.span.start + prefix.len() + if triple { 3 } else { 1 };
        let mut bits: Vec<Bit> = Vec::new();
        let mut rest = token.text;
        while let Some(c) = rest.chars().next() {
            let here = start + token.text.len() - rest.len();
            let mut length = c.len_utf8();
            match c {
                '\\' if !raw => {
                    let next = rest[1..].chars().next();
                    length += next.map_or(0, char::len_utf8);
                    let text = match next {
                        Some('n') => "\n",
                        Some('t') => "\t",
                        Some('\n') | None => "",
                        Some(_) => &rest[1..length],
                    };
                    push(&mut bits, text, Span::new(here, here + length), false);
                }
                '{' | '}' if formatted && rest[1..].starts_with(c) => {
                    length = 2;
                    push(&mut bits, &rest[..1], Span::new(here, here + 2), false);
                }
                '{' if formatted => {
                    let end = rest.find('}');
                    length = end.map_or(rest.len(), |end| end + 1);
                    let span = Span::new(here, here + length);
                    let expression = &rest[1..end.unwrap_or(rest.len())];
                    bits.extend(self.inserted(expression, at, span, depth));
                }
                _ => {
                    let end = rest.find(['\\', '{', '}']).filter(|end| *end > 0);
                    length =
                        end.unwrap_or(if matches!(c, '{' | '}' | '\\') { 1 } else { rest.len() });
                    push(&mut bits, &rest[..length], Span::new(here, here + length), true);
                }
            }
            rest = &rest[length..];
        }
        if bits.is_empty() {
            bits.push(Bit::Text { text: String::new(), span: token.span, same: false });
        }
        bits
    }

    /// Returns what an f-string inserts for an expression.
    fn inserted(&self, expression: &str, at: usize, span: Span, depth: usize) -> Vec<Bit> {
        let name = expression.trim();
        let plain = !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || c == '_');
        if plain
            && depth > 0
            && let Some(value) = self.named(name, at)
        {
            return relocated(self.word_at(value, depth - 1), span).bits;
        }
        vec![Bit::Code { shell: shell_of(expression), span }]
    }

    /// Reads a string that `%` or `.format` fills in.
    fn filled(&self, at: usize) -> Vec<Bit> {
        let token = &self.python.tokens[at];
        let mut rest = token.text;
        let mut bits = Vec::new();
        while let Some(found) = rest.find(['%', '{']) {
            push(&mut bits, &rest[..found], token.span, false);
            let length = match &rest[found..] {
                percent if percent.starts_with('%') => {
                    percent.find(|c: char| "sdrf%".contains(c) && c != '%').map(|end| end + 1)
                }
                brace => brace.find('}').map(|end| end + 1),
            };
            let length = length.unwrap_or(rest.len() - found);
            let shell = shell_of(&rest[found..found + length]);
            bits.push(Bit::Code { shell, span: token.span });
            rest = &rest[found + length..];
        }
        push(&mut bits, rest, token.span, false);
        bits
    }

    fn unknown(&self, range: Range) -> Word {
        let span = self.python.span_of(range);
        self.code(&shell_of(span.slice(self.python.text)), range)
    }

    fn code(&self, shell: &str, range: Range) -> Word {
        let span = self.python.span_of(range);
        Word { bits: vec![Bit::Code { shell: shell.to_owned(), span }] }
    }
}

fn push(bits: &mut Vec<Bit>, piece: &str, here: Span, now: bool) {
    match bits.last_mut() {
        _ if piece.is_empty() => {}
        Some(Bit::Text { text, span, same }) if *same == now && span.end == here.start => {
            text.push_str(piece);
            span.end = here.end;
        }
        _ => bits.push(Bit::Text { text: piece.to_owned(), span: here, same: now }),
    }
}

/// Returns a word as it stands where its name is used.
fn relocated(word: Word, span: Span) -> Word {
    let bits = word.bits.into_iter().map(|bit| match bit {
        Bit::Text { text, .. } => Bit::Text { text, span, same: false },
        Bit::Code { shell, .. } => Bit::Code { shell, span },
    });
    Word { bits: bits.collect() }
}

/// Returns what the shell would say for a value only the run knows: a point in time, a variable of the environment,
/// or a variable that is surely set.
fn shell_of(expression: &str) -> String {
    let words = || expression.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    let times = ["strftime", "now", "utcnow", "today", "time", "isoformat", "date", "timestamp"];
    if words().any(|word| times.contains(&word)) || expression.contains(":%") {
        return "$(date +%s)".to_owned();
    }
    if expression.contains("mkdtemp") || expression.contains("TemporaryDirectory") {
        return "$(mktemp -d)".to_owned();
    }
    let name: Vec<&str> = words().filter(|word| !word.is_empty()).take(3).collect();
    let name = name.join("_");
    match name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') {
        true => format!("${{{name}:?}}"),
        false => "${value:?}".to_owned(),
    }
}
