//! For people: each finding with its line and a caret below it, why it matters once, and what to write instead.

use std::collections::BTreeSet;
use std::path::Path;

use super::{Printer, Totals, unknown};
use crate::base::{Problem, escape};
use crate::check::{Allowed, Placed, Reviewed};
use crate::cli::CommandError;
use crate::cli::output::Output;
use crate::cli::problems::{self, Weight};
use crate::evidence::{Place, Severity};
use crate::redact::masked;
use crate::runtime::files::shown;

/// How text looks where it is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Look {
    /// Whether colours are used.
    pub colour: bool,
    /// Columns of a line.
    pub columns: usize,
}

impl Look {
    /// Returns the look of standard output.
    pub fn of(output: &Output) -> Self {
        Self { colour: output.data_colour(), columns: output.data_columns() }
    }

    fn paint(self, code: &str, text: &str) -> String {
        match self.colour {
            true => format!("\x1b[{code}m{text}\x1b[0m"),
            false => text.to_owned(),
        }
    }
}

const BOLD: &str = "1";
const RED: &str = "31;1";
const YELLOW: &str = "33;1";
const GREEN: &str = "32";
const CYAN: &str = "36;1";
const FAINT: &str = "2";

/// Prints findings for people.
#[derive(Debug)]
pub struct Human {
    look: Look,
    alone: bool,
    /// Rules whose reason was said.
    explained: BTreeSet<&'static str>,
    /// Files that have no finding, and an unknown harm.
    unknown: usize,
}

/// At most so many files that have no finding are named for their unknown harm; the rest is counted.
const UNKNOWN: usize = 20;

impl Human {
    /// Returns a printer; `alone` says that a single file was named, which is then always spoken of.
    pub fn new(look: Look, alone: bool) -> Self {
        Self { look, alone, explained: BTreeSet::new(), unknown: 0 }
    }

    /// Returns all that is said of a file.
    pub fn text(&mut self, reviewed: &Reviewed) -> String {
        let mut text = String::new();
        if !reviewed.open.is_empty() {
            // What is printed may be copied to anywhere.
            let source = masked(&reviewed.text);
            for placed in &reviewed.open {
                text.push_str(&self.finding(reviewed, &source, placed));
            }
        }
        for allowed in &reviewed.allowed {
            text.push_str(&self.allowed(reviewed, allowed));
        }
        let mut own = Totals::default();
        own.add(reviewed);
        let quiet = text.is_empty() && !self.alone;
        if quiet && !reviewed.unknown.is_empty() {
            self.unknown += 1;
        }
        if !quiet || !reviewed.unknown.is_empty() && self.unknown <= UNKNOWN {
            let name = self.look.paint(BOLD, &shown(&reviewed.path));
            let allowed =
                if own.allowed > 0 { format!(", {} allowed", own.allowed) } else { String::new() };
            text.push_str(&format!(
                "{name}: {}, risk {}, {}{allowed}\n",
                reviewed.language,
                reviewed.risk,
                own.findings()
            ));
            for said in unknown(reviewed) {
                text.push_str(&format!("  {}\n", wrapped(&said, self.look.columns, 4)));
            }
            if !self.alone {
                text.push('\n');
            }
        }
        text
    }

    /// Returns one finding.
    fn finding(&mut self, reviewed: &Reviewed, source: &str, placed: &Placed) -> String {
        let finding = &placed.finding;
        let part = match finding.part {
            Place::Run | Place::Whole => String::new(),
            part => format!(", {}", part.word()),
        };
        let step = finding.step.as_ref().map(|step| format!("step {step}{part}: "));
        let step = step.unwrap_or_default();
        let place = shown(&reviewed.path);
        let severity = finding.severity.word();
        let head = severity.len() + finding.rule.len() + 4;
        let title = format!("{step}{} ({})", escape::one_line(&finding.message), finding.name);
        // The renderer indents what follows a break by itself.
        let title = broken(&title, self.look.columns, head).join("\n");
        let weight = match finding.severity {
            Severity::High | Severity::Critical => Weight::Error,
            Severity::Low | Severity::Medium => Weight::Warning,
        };
        let problem = Problem { span: placed.span, message: title, help: None };
        let label = problems::Label { weight, word: severity, code: Some(finding.rule) };
        let mut text = problems::labelled(&place, source, &problem, &label, self.look);
        text.push('\n');
        if self.explained.insert(finding.rule) {
            text.push_str(&self.note("why", CYAN, &finding.why));
        }
        if let Some(fix) = &finding.fix {
            text.push_str(&self.note("fix", GREEN, fix));
        }
        if placed.edit.is_some() {
            text.push_str(&self.note("", GREEN, "`check --fix` makes this change"));
        }
        text.push('\n');
        text
    }

    fn note(&self, word: &str, code: &str, said: &str) -> String {
        let head = if word.is_empty() { "     ".to_owned() } else { format!("{word}: ") };
        let said = wrapped(&escape::one_line(said), self.look.columns, head.len() + 2);
        format!("  {}{said}\n", self.look.paint(code, &head))
    }

    /// Returns a finding that is accepted: those that weigh are always named.
    fn allowed(&self, reviewed: &Reviewed, allowed: &Allowed) -> String {
        let finding = &allowed.found.finding;
        let at = crate::base::Position::of(&reviewed.text, allowed.found.span.start);
        let text = format!(
            "{}:{at}: allowed until {}: {} {} {} ({})",
            shown(&reviewed.path),
            allowed.until,
            finding.severity.word(),
            finding.rule,
            finding.name,
            escape::one_line(&allowed.reason)
        );
        self.look.paint(FAINT, &wrapped(&text, self.look.columns, 2)) + "\n"
    }
}

impl Printer for Human {
    fn begin(&mut self, _: &mut Output) -> Result<(), CommandError> {
        Ok(())
    }

    fn file(&mut self, reviewed: &Reviewed, output: &mut Output) -> Result<(), CommandError> {
        let text = self.text(reviewed);
        output.data(&text)
    }

    fn unreadable(
        &mut self,
        path: &Path,
        why: &str,
        output: &mut Output,
    ) -> Result<(), CommandError> {
        let name = shown(path);
        let why = escape::one_line(why);
        let line = if why.contains(&name) { why } else { format!("{name}: {why}") };
        output.warn(&format!("{}: {line}", self.look.paint(YELLOW, "not checked")));
        Ok(())
    }

    fn end(&mut self, totals: &Totals, output: &mut Output) -> Result<(), CommandError> {
        if let Some(said) = totals.interruption() {
            output.warn(&self.look.paint(YELLOW, &said));
        }
        if self.alone {
            return Ok(());
        }
        let files = match totals.files {
            1 => "1 file".to_owned(),
            count => format!("{count} files"),
        };
        let mut text = format!("{files} checked: {}", totals.findings());
        if totals.allowed > 0 {
            text.push_str(&format!("; {} allowed in the text", totals.allowed));
        }
        if totals.fixable > 0 {
            text.push_str(&format!("; {} can be fixed with --fix", totals.fixable));
        }
        if totals.unreadable > 0 {
            text.push_str(&format!("; {} not checked", totals.unreadable));
        }
        if totals.unknown > 0 {
            text.push_str(&format!("; risk unknown in {}", totals.unknown));
        }
        if self.unknown > UNKNOWN {
            let more = self.unknown - UNKNOWN;
            text.push_str(&format!(", {more} of them not named here (--format json names all)"));
        }
        let heavy = totals.open[Severity::High as usize] + totals.open[Severity::Critical as usize];
        output.data(&(self.look.paint(if heavy > 0 { RED } else { BOLD }, &text) + "\n"))
    }
}

/// Returns a text behind a head of so many columns, every further line indented by as many.
fn wrapped(text: &str, columns: usize, head: usize) -> String {
    broken(text, columns, head).join(&format!("\n{}", " ".repeat(head)))
}

/// Returns a text broken behind spaces so that no line is longer than `columns` where `head` of them are taken.
fn broken(text: &str, columns: usize, head: usize) -> Vec<String> {
    use unicode_width::UnicodeWidthStr;
    let room = columns.saturating_sub(head).max(20);
    let mut lines: Vec<String> = vec![String::new()];
    for word in text.split(' ') {
        let last = lines.last_mut().expect("there is always a line");
        if !last.is_empty() && last.width() + 1 + word.width() > room {
            lines.push(word.to_owned());
        } else {
            if !last.is_empty() {
                last.push(' ');
            }
            last.push_str(word);
        }
    }
    lines
}

/// Returns what differs between two texts of a file, as a unified diff.
pub fn diff(path: &Path, before: &str, after: &str, look: Look) -> String {
    let name = shown(path);
    let name = name.trim_start_matches("./");
    let (old, new) = match path.is_absolute() {
        true => (name.to_owned(), name.to_owned()),
        false => (format!("a/{name}"), format!("b/{name}")),
    };
    let diff = similar::TextDiff::from_lines(before, after);
    let diff = diff.unified_diff().header(&old, &new).to_string();
    let mut text = String::new();
    // A carriage return before the break is a part of the line, and may be all that differs.
    for line in diff.split_terminator('\n') {
        let shown = escape::terminal(line);
        let code = match line.as_bytes().first() {
            Some(b'+') => Some(GREEN),
            Some(b'-') => Some(RED),
            Some(b'@') => Some(CYAN),
            _ => None,
        };
        text.push_str(&code.map_or_else(|| shown.clone(), |code| look.paint(code, &shown)));
        text.push('\n');
    }
    text
}
