//! Workflow commands: findings beside the lines of a change on GitHub.

use std::path::Path;

use super::{Printer, Totals, positions, unknown};
use crate::base::{Lines, escape};
use crate::check::{Placed, Reviewed};
use crate::cli::CommandError;
use crate::cli::output::Output;
use crate::evidence::Severity;
use crate::runtime::files::shown;

/// Prints `::error file=…,line=…::…`, one line for each finding.
#[derive(Debug, Default)]
pub struct Github;

impl Printer for Github {
    fn begin(&mut self, _: &mut Output) -> Result<(), CommandError> {
        Ok(())
    }

    fn file(&mut self, reviewed: &Reviewed, output: &mut Output) -> Result<(), CommandError> {
        output.data(&text(reviewed))
    }

    fn unreadable(
        &mut self,
        path: &Path,
        why: &str,
        output: &mut Output,
    ) -> Result<(), CommandError> {
        let (file, title) = (property(&file(path)), property("not checked"));
        output.data(&format!("::error file={file},title={title}::{}\n", data(why)))
    }

    fn end(&mut self, totals: &Totals, output: &mut Output) -> Result<(), CommandError> {
        if let Some(said) = totals.interruption() {
            output.data(&format!("::error title=not checked::{}\n", data(&said)))?;
        }
        let allowed = match totals.allowed {
            0 => String::new(),
            count => format!(", {count} allowed in the text"),
        };
        output.data(&format!(
            "blackstart: {} files, {}{allowed}\n",
            totals.files,
            totals.findings()
        ))
    }
}

/// Returns the commands for a file.
pub fn text(reviewed: &Reviewed) -> String {
    let lines = Lines::of(&reviewed.text);
    let findings = reviewed.open.iter().map(|placed| line(reviewed, &lines, placed));

    let unknown =
        unknown(reviewed).into_iter().map(|said| format!("blackstart: {}\n", plain(&said)));
    findings.chain(unknown).collect()
}

/// Escapes a text behind other words of a line, where the older form of commands is heard (actions/runner,
/// `ActionCommand.TryParse`).
fn plain(text: &str) -> String {
    text.replace("##[", "## [")
}

fn line(reviewed: &Reviewed, lines: &Lines<'_>, placed: &Placed) -> String {
    let finding = &placed.finding;
    let level = match finding.severity {
        Severity::Critical | Severity::High => "error",
        Severity::Medium => "warning",
        Severity::Low => "notice",
    };
    let (start, end) = positions(lines, placed.span);
    // The end is the last column that is meant; columns count only within one line.
    let columns = match start.line == end.line {
        true => format!(",col={},endColumn={}", start.column, end.column.max(start.column + 1) - 1),
        false => String::new(),
    };
    let title = format!("{} {} ({})", finding.rule, finding.name, finding.severity.word());
    let fix = finding.fix.as_ref().map(|fix| format!("\nFix: {fix}")).unwrap_or_default();
    let step = finding.step.as_ref().map(|step| format!("step {step}: ")).unwrap_or_default();
    let message = format!("{step}{}\nWhy: {}{fix}", finding.message, finding.why);
    format!(
        "::{level} file={},line={},endLine={}{columns},title={}::{}\n",
        property(&file(&reviewed.path)),
        start.line,
        end.line.max(start.line),
        property(&title),
        data(&message)
    )
}

fn file(path: &Path) -> String {
    let name = shown(path);
    name.strip_prefix("./").map(str::to_owned).unwrap_or(name)
}

/// Escapes the text of a command (actions/toolkit, `escapeData`); what steers a terminal is made visible first.
fn data(text: &str) -> String {
    escape::terminal(text).replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// Escapes the value of a property (actions/toolkit, `escapeProperty`).
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
