//! What rules look up in a unit over and over: put in order once, so that a text of any length takes time by its length.

use std::cell::OnceCell;
use std::collections::{HashMap, HashSet};

use super::Unit;
use crate::base::Span;
use crate::shell::ast::RedirectKind;
use crate::shell::{Command, Redirection};

/// What was looked up in a unit so far.
#[derive(Debug, Default)]
pub(super) struct Lookups {
    pub(super) trapped: OnceCell<bool>,
    pub(super) endless: OnceCell<Vec<Span>>,
    /// Where exit codes are read, ascending.
    pub(super) statuses: OnceCell<Vec<usize>>,
    /// The commands that change the exit code.
    pub(super) changing: OnceCell<Spans>,
    /// The commands that do something to data somebody will want back.
    pub(super) deeds: OnceCell<Spans>,
    /// Whether the text says which server its clients go to.
    pub(super) server_told: OnceCell<bool>,
    /// The words that it lists or loops over.
    pub(super) listed: OnceCell<HashSet<String>>,
    /// The files that its commands make.
    pub(super) outputs: OnceCell<HashSet<String>>,
    /// The statements behind which their sequence ends the script, and where.
    pub(super) exits: OnceCell<Vec<(Span, usize)>>,
    writers: OnceCell<HashMap<String, Vec<Writer>>>,
}

/// A command that writes a file.
#[derive(Debug, Clone, Copy)]
struct Writer {
    start: usize,
    /// Its place in the list; in the order of `start` the last one of this writer and those before it.
    last: usize,
}

/// Places of commands by their starts.
#[derive(Debug, Default)]
pub(super) struct Spans {
    /// Each with what it stands for, ascending by its start.
    all: Vec<(Span, usize)>,
    /// For each the smallest end of it and those behind.
    ends: Vec<usize>,
    /// For each the greatest end of it and those before.
    reach: Vec<usize>,
}

impl Spans {
    pub(super) fn new(spans: impl IntoIterator<Item = (Span, usize)>) -> Self {
        let mut all: Vec<(Span, usize)> = spans.into_iter().collect();
        all.sort_by_key(|(span, _)| span.start);
        let mut ends: Vec<usize> = all.iter().map(|(span, _)| span.end).collect();
        for at in (1..ends.len()).rev() {
            ends[at - 1] = ends[at - 1].min(ends[at]);
        }
        let mut reach: Vec<usize> = all.iter().map(|(span, _)| span.end).collect();
        for at in 1..reach.len() {
            reach[at] = reach[at].max(reach[at - 1]);
        }
        Self { all, ends, reach }
    }

    /// Returns where the first of those ends that start at a place or behind it.
    pub(super) fn first_end(&self, from: usize) -> Option<usize> {
        let at = self.all.partition_point(|(span, _)| span.start < from);
        self.ends.get(at).copied()
    }

    /// Tells whether one lies inside a span.
    pub(super) fn any_inside(&self, outer: Span) -> bool {
        self.first_end(outer.start).is_some_and(|end| end <= outer.end)
    }

    /// Returns what the first of those around a span stands for, the first by what they stand for.
    pub(super) fn first_around(&self, inner: Span) -> Option<usize> {
        let end = self.all.partition_point(|(span, _)| span.start <= inner.start);
        // Nothing before reaches that far.
        let from = self.reach.partition_point(|reach| *reach < inner.end).min(end);
        let around = self.all[from..end].iter().filter(|(span, _)| span.end >= inner.end);
        around.map(|(_, what)| *what).min()
    }

    /// Returns what those inside a span stand for, by their starts.
    pub(super) fn inside(&self, outer: Span) -> impl Iterator<Item = usize> {
        let from = self.all.partition_point(|(span, _)| span.start < outer.start);
        let reached = self.all[from..].iter().take_while(move |(span, _)| span.start <= outer.end);
        reached.filter(move |(span, _)| span.end <= outer.end).map(|(_, what)| *what)
    }
}

impl Unit<'_> {
    /// Returns the last command of the list that writes a file and stands before a place of the text.
    pub(super) fn writer_of(&self, path: &str, before: usize) -> Option<&Command> {
        let writers = self.lookups.writers.get_or_init(|| self.writers()).get(path)?;
        let behind = writers.partition_point(|writer| writer.start < before);
        let last = writers.get(behind.checked_sub(1)?)?.last;
        self.commands.list.get(last)
    }

    fn writers(&self) -> HashMap<String, Vec<Writer>> {
        let mut found: HashMap<String, Vec<Writer>> = HashMap::new();
        let truncates = |r: &&Redirection| r.kind == RedirectKind::Truncate;
        for run in self.writing(&["tee"]) {
            let command = run.command;
            let redirected = command.redirects.iter().filter(truncates).map(|r| &r.target);
            let named = command.arguments().iter().filter(|_| command.is(&["tee"]));
            for target in redirected.chain(named) {
                let writer = Writer { start: command.span.start, last: run.index };
                found.entry(command.path(target)).or_default().push(writer);
            }
        }
        for writers in found.values_mut() {
            writers.sort_by_key(|writer| writer.start);
            for at in 1..writers.len() {
                writers[at].last = writers[at].last.max(writers[at - 1].last);
            }
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_lies_inside_is_found_as_by_looking_at_all(
            spans in prop::collection::vec((0..40usize, 0..10usize), 0..30),
            outer in (0..40usize, 0..20usize),
        ) {
            let span = |(start, length): (usize, usize)| Span::new(start, start + length);
            let outer = span(outer);
            let all: Vec<Span> = spans.into_iter().map(span).collect();
            let spans = Spans::new(all.iter().copied().zip(0..));
            let within = |one: &Span| one.start >= outer.start && one.end <= outer.end;
            let expected: Vec<usize> = (0..all.len()).filter(|at| within(&all[*at])).collect();
            let mut found: Vec<usize> = spans.inside(outer).collect();
            found.sort_unstable();
            prop_assert_eq!(spans.any_inside(outer), !expected.is_empty());
            prop_assert_eq!(found, expected);
            let ends = all.iter().filter(|one| one.start >= outer.start).map(|one| one.end);
            prop_assert_eq!(spans.first_end(outer.start), ends.min());
            let around = |at: &usize| all[*at].start <= outer.start && outer.end <= all[*at].end;
            prop_assert_eq!(spans.first_around(outer), (0..all.len()).find(around));
        }
    }
}
