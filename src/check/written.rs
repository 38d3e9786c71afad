//! Texts that a script writes into files, or hands to `crontab`: here-documents, `echo … >`, `printf … | tee`.

use super::{Run, Unit};
use crate::base::Span;
use crate::shell::Argument;
use crate::shell::ast::RedirectKind;

/// A text on its way into a file.
#[derive(Debug, Clone, Copy)]
pub struct Written<'u> {
    /// The command that writes it.
    pub run: Run<'u>,
    /// The text.
    pub text: &'u Argument,
}

/// Returns the texts that are written to paths of which `place` says yes; `crontab -` counts as the path `crontab`.
pub fn written<'u>(unit: &'u Unit<'_>, place: impl Fn(&str) -> bool) -> Vec<Written<'u>> {
    let mut found = Vec::new();
    for run in unit.writing(&["tee", "install", "dd", "crontab"]) {
        let command = run.command;
        let redirected = command.redirects.iter().any(|r| {
            matches!(r.kind, RedirectKind::Truncate | RedirectKind::Append)
                && place(&command.path(&r.target))
        });
        let named = command.is(&["tee", "install", "dd"])
            && command.arguments().iter().any(|a| place(&command.path(a)));
        let table = command.is(&["crontab"])
            && place("crontab")
            && !command.has("-l")
            && !command.has("-r");
        if !redirected && !named && !table {
            continue;
        }
        let document = command
            .redirects
            .iter()
            .find(|r| matches!(r.kind, RedirectKind::Heredoc | RedirectKind::HereString));
        let said = command.is(&["echo", "printf"]).then(|| command.arguments().last()).flatten();
        let text = document.map(|r| &r.target).or(said).or(command.input.as_ref());
        found.extend(text.map(|text| Written { run, text }));
    }
    found
}

/// Returns the lines of a written text with their places; the place of the whole where a line cannot be found in the source.
pub fn lines(unit: &Unit<'_>, text: &Argument) -> Vec<(String, Span)> {
    let source = unit.slice(text.span);
    let mut from = 0;
    let mut out = Vec::new();
    for line in text.shown().lines() {
        let at = source.get(from..).and_then(|rest| rest.find(line)).filter(|_| !line.is_empty());
        let span = match at {
            Some(at) => {
                let start = text.span.start + from + at;
                from += at + line.len();
                Span::new(start, start + line.len())
            }
            None => text.span,
        };
        out.push((line.to_owned(), span));
    }
    out
}

/// Tells whether a path is one that cron reads as a table.
pub fn is_crontab(path: &str) -> bool {
    path == "crontab"
        || path.starts_with("/etc/cron.d/")
        || path == "/etc/crontab"
        || path.starts_with("/var/spool/cron/")
}

/// Splits a line of a crontab into when it runs and what; `system` says that a user stands between.
pub fn cron_line(line: &str, system: bool) -> Option<(&str, &str)> {
    let line = line.trim_start();
    let fields = if line.starts_with('@') { 1 } else { 5 };
    let starts = line.starts_with(|c: char| c.is_ascii_digit() || c == '*' || c == '@');
    if !starts {
        return None;
    }
    let mut rest = line;
    for _ in 0..fields + usize::from(system) {
        let end = rest.find(char::is_whitespace)?;
        rest = rest[end..].trim_start();
    }
    let when_end = line.len() - rest.len();
    (!rest.is_empty()).then_some((line[..when_end].trim_end(), rest))
}
