//! Reviewed files as people and programs read them: one format, one file.

mod github;
mod human;
mod json;
mod sarif;

use std::path::Path;

use super::CommandError;
use super::output::Output;
use crate::base::{Lines, Position, Span, escape};
use crate::check::Reviewed;
use crate::evidence::Severity;
use crate::runtime::files::shown;

pub use human::{Look, diff};

/// How reviewed files are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// For people: the lines in question, why, and what to write instead
    Human,
    /// One object, `blackstart/check/v1`
    Json,
    /// SARIF 2.1.0, for code scanning
    Sarif,
    /// Workflow commands that annotate a change on GitHub
    Github,
}

/// Prints reviewed files one by one, so that a whole repository needs no memory.
pub trait Printer: std::fmt::Debug {
    /// Prints what stands before all files.
    fn begin(&mut self, output: &mut Output) -> Result<(), CommandError>;
    /// Prints one file.
    fn file(&mut self, reviewed: &Reviewed, output: &mut Output) -> Result<(), CommandError>;
    /// Says that a file could not be checked.
    fn unreadable(
        &mut self,
        path: &Path,
        why: &str,
        output: &mut Output,
    ) -> Result<(), CommandError>;
    /// Prints what stands behind all files.
    fn end(&mut self, totals: &Totals, output: &mut Output) -> Result<(), CommandError>;
}

impl Format {
    /// Returns the printer of the format; `alone` where a single file was named.
    pub fn printer(self, alone: bool, output: &Output) -> Box<dyn Printer + Send> {
        match self {
            Self::Human => Box::new(human::Human::new(Look::of(output), alone)),
            Self::Json => Box::<json::Json>::default(),
            Self::Sarif => Box::<sarif::Sarif>::default(),
            Self::Github => Box::<github::Github>::default(),
        }
    }
}

/// How many of what there is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Totals {
    /// Files that were checked.
    pub files: usize,
    /// Findings that stand, by weight.
    pub open: [usize; 4],
    /// Findings that are accepted in the text.
    pub allowed: usize,
    /// Findings that stand and have a safe fix.
    pub fixable: usize,
    /// Files that could not be checked.
    pub unreadable: usize,
    /// Files that were looked at.
    pub done: usize,
    /// Files that there are.
    pub of: usize,
    /// Files of unknown harm.
    pub unknown: usize,
    /// The signal that ended the work before all files were looked at.
    pub interrupted: Option<i32>,
}

impl Totals {
    /// Counts a file.
    pub fn add(&mut self, reviewed: &Reviewed) {
        self.files += 1;
        self.allowed += reviewed.allowed.len();
        self.unknown += usize::from(!reviewed.unknown.is_empty());
        for placed in &reviewed.open {
            self.open[placed.finding.severity as usize] += 1;
            self.fixable += usize::from(placed.edit.is_some());
        }
    }

    /// Returns the counts of findings in words, the weightiest first.
    pub fn findings(&self) -> String {
        let counts =
            Severity::ALL.into_iter().rev().map(|one| (self.open[one as usize], one.word()));
        let counts: Vec<String> = counts
            .filter(|(count, _)| *count > 0)
            .map(|(count, word)| format!("{count} {word}"))
            .collect();
        match counts.is_empty() {
            true => "no findings".to_owned(),
            false => counts.join(", "),
        }
    }
}

impl Totals {
    /// Returns what is said where the work was ended by a signal.
    fn interruption(&self) -> Option<String> {
        self.interrupted?;
        let (done, of) = (self.done, self.of);
        Some(format!("interrupted behind {done} of {of} files; the others were not checked"))
    }
}

/// At most so many reasons for an unknown harm are named; the rest is counted. JSON names all.
const NAMED: usize = 5;

/// Returns why the harm of a file is unknown, a line for each reason, with its place.
fn unknown(reviewed: &Reviewed) -> Vec<String> {
    let name = shown(&reviewed.path);
    let named = reviewed.unknown.iter().take(NAMED).map(|doubt| {
        let step = doubt.step.as_ref().map(|step| format!("step {step}: ")).unwrap_or_default();
        let why = escape::one_line(&doubt.why);
        format!("{name}:{}: risk unknown: {step}{why}", doubt.start)
    });
    let more = reviewed.unknown.len().saturating_sub(NAMED);
    let more = (more > 0).then(|| format!("{name}: risk unknown for {more} more reasons"));
    named.chain(more).collect()
}

/// Returns what is said where the evidence of a plan could not be kept.
pub fn not_kept(why: &str) -> String {
    format!(
        "note: what was found in plans is not kept for their approval: {}",
        escape::one_line(why)
    )
}

/// Returns where what a span means begins and ends, the end just behind it. The break of the line that ends a statement
/// is not meant.
fn positions(lines: &Lines<'_>, span: Span) -> (Position, Position) {
    let said = span.slice(lines.text()).trim_end();
    match said.is_empty() {
        true => edges(lines, span),
        false => edges(lines, Span::new(span.start, span.start + said.len())),
    }
}

/// Returns where a span begins and ends.
fn edges(lines: &Lines<'_>, span: Span) -> (Position, Position) {
    (lines.position(span.start), lines.position(span.end))
}

#[cfg(test)]
mod tests;
