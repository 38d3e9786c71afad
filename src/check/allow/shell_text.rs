//! Where statements and words of a shell script stand: what a comment can speak for, and where none can stand.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::covers::Places;
use crate::base::Span;
use crate::shell::ast::{
    Assigned, Expansion, Part, PartKind, Script, Simple, Statement, StatementKind, Word,
};

/// The places of a script's statements and words.
#[derive(Debug, Default)]
pub(super) struct Outline {
    /// Every statement, at every depth, by its start and then the longer first.
    statements: Vec<Span>,
    /// Every word and the body of every here-document.
    words: Places,
    /// From each of these places on, the end of the innermost script that stands in a word around it.
    inner: Vec<(usize, usize)>,
}

/// An outline while it is made.
#[derive(Debug, Default)]
struct Found {
    statements: Vec<Span>,
    words: Vec<Span>,
    inner: Vec<Span>,
}

impl Outline {
    /// Returns the outline of a script.
    pub fn of(script: &Script) -> Self {
        let mut found = Found::default();
        found.all(&script.statements);
        found.statements.sort_by_key(|span| (span.start, std::cmp::Reverse(span.end)));
        let inner = innermost(found.inner);
        Self { statements: found.statements, words: Places::new(found.words), inner }
    }

    /// Returns the whole command that begins behind a comment first: the outermost one that begins there. A comment in a
    /// script that stands in a word speaks for nothing outside of that word.
    pub fn next(&self, comment: Span) -> Option<Span> {
        let at = self.statements.partition_point(|span| span.start < comment.end);
        let behind = self.inner.partition_point(|(from, _)| *from <= comment.start);
        let end = behind.checked_sub(1).map_or(usize::MAX, |around| self.inner[around].1);
        self.statements.get(at).copied().filter(|next| next.end <= end)
    }

    /// Tells whether a place is inside of a word or a here-document, so that no comment begins there.
    pub fn in_word(&self, at: usize) -> bool {
        self.words.hold(at)
    }
}

/// Returns where the first of the spans around each place ends; `usize::MAX` where there is none.
fn innermost(mut spans: Vec<Span>) -> Vec<(usize, usize)> {
    spans.retain(|span| span.start < span.end);
    spans.sort_unstable();
    let mut places: Vec<usize> = spans.iter().flat_map(|span| [span.start, span.end]).collect();
    places.sort_unstable();
    places.dedup();
    let mut open: BinaryHeap<Reverse<usize>> = BinaryHeap::new();
    let mut spans = spans.into_iter().peekable();
    let first_end = |place: usize| {
        while let Some(span) = spans.next_if(|span| span.start <= place) {
            open.push(Reverse(span.end));
        }
        while open.peek().is_some_and(|Reverse(end)| *end <= place) {
            open.pop();
        }
        (place, open.peek().map_or(usize::MAX, |Reverse(end)| *end))
    };
    places.into_iter().map(first_end).collect()
}

impl Found {
    fn all(&mut self, statements: &[Statement]) {
        statements.iter().for_each(|statement| self.one(statement));
    }

    fn one(&mut self, statement: &Statement) {
        self.statements.push(statement.span);
        for redirect in &statement.redirects {
            self.word(&redirect.target);
        }
        match &statement.kind {
            StatementKind::Simple(simple) => self.simple(simple),
            StatementKind::Pipeline(parts) => self.all(parts),
            StatementKind::List(links) => links.iter().for_each(|(_, link)| self.one(link)),
            StatementKind::If { branches, otherwise } => {
                for (condition, body) in branches {
                    self.all(condition);
                    self.all(body);
                }
                otherwise.iter().for_each(|body| self.all(body));
            }
            StatementKind::Loop(one) => {
                one.words.iter().flatten().for_each(|word| self.word(word));
                self.all(&one.condition);
                self.all(&one.body);
            }
            StatementKind::Case { word, arms } => {
                self.word(word);
                arms.iter().for_each(|arm| self.all(&arm.body));
            }
            StatementKind::Subshell(body) | StatementKind::Group(body) => self.all(body),
            StatementKind::Function { body, .. } => self.one(body),
            StatementKind::Condition(words) => words.iter().for_each(|word| self.word(word)),
            StatementKind::Arithmetic(_) => self.words.push(statement.span),
        }
    }

    fn simple(&mut self, simple: &Simple) {
        for assignment in &simple.assignments {
            match &assignment.value {
                Assigned::Scalar(word) => self.word(word),
                Assigned::Array(words) => {
                    self.inner.push(assignment.span);
                    words.iter().for_each(|word| self.word(word));
                }
            }
        }
        simple.words.iter().for_each(|word| self.word(word));
    }

    /// A word covers its place, but for the scripts inside of it, which may hold comments of their own.
    fn word(&mut self, word: &Word) {
        let mut at = word.span.start;
        let before = self.words.len();
        for part in &word.parts {
            self.part(part, &mut at);
        }
        match self.words.len() == before && at == word.span.start {
            true => self.words.push(word.span),
            false => self.words.push(Span::new(at, word.span.end)),
        }
    }

    fn part(&mut self, part: &Part, at: &mut usize) {
        let body = match &part.kind {
            PartKind::Command(body) | PartKind::Process { body, .. } => body,
            PartKind::Variable(variable) => {
                match &variable.expansion {
                    Expansion::Default { word, .. } | Expansion::Alternative(word) => {
                        self.word(word);
                    }
                    Expansion::Plain
                    | Expansion::Required { .. }
                    | Expansion::Length
                    | Expansion::Slice { .. }
                    | Expansion::Other => {}
                }
                return;
            }
            PartKind::Literal(_)
            | PartKind::Arithmetic(_)
            | PartKind::Glob(_)
            | PartKind::Brace(_)
            | PartKind::Tilde(_) => return,
        };
        self.words.push(Span::new(*at, part.span.start));
        *at = part.span.end;
        self.inner.push(part.span);
        self.all(body);
    }
}
