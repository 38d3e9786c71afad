//! Problems of a document, shown with the lines they stand on.

use std::path::Path;

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};

use super::output::Output;
use super::{CommandError, Exit};
use crate::base::{Position, Problem, escape};
use crate::runtime::files::{self, read_text};

/// At most so many problems are shown; the rest is counted.
const SHOWN: usize = 20;

/// Reads a document with `read` and returns it, or an error that shows every problem at its place.
pub fn load<T>(
    path: &Path,
    output: &mut Output,
    read: impl FnOnce(&str) -> (Option<T>, Vec<Problem>),
) -> Result<(T, String), CommandError> {
    let text = read_text(path)?;
    let (value, problems) = read(&text);
    match value {
        Some(value) if problems.is_empty() => Ok((value, text)),
        _ => Err(refusal(path, &text, &problems, output)),
    }
}

/// Reads a document as [`load`] does, where one was named.
pub fn load_given<T>(
    path: Option<&Path>,
    output: &mut Output,
    read: impl FnOnce(&str) -> (Option<T>, Vec<Problem>),
) -> Result<Option<T>, CommandError> {
    let loaded = path.map(|path| load(path, output, read)).transpose()?;
    Ok(loaded.map(|(value, _)| value))
}

/// Returns the error for a document with problems, and shows them where JSON was not asked for.
pub fn refusal(path: &Path, text: &str, problems: &[Problem], output: &mut Output) -> CommandError {
    let name = files::shown(path);
    let what = match problems {
        [one] => format!(
            "{name}:{}: {}",
            Position::of(text, one.span.start),
            escape::one_line(&one.message)
        ),
        many => format!("{name}: {} problems", many.len()),
    };
    let mut error = CommandError::new(Exit::Input, what);
    if output.is_json() {
        error.causes =
            problems.iter().take(SHOWN).map(|problem| line(&name, text, problem)).collect();
    } else {
        output.note(&render(&name, text, problems, output.colour()));
    }
    error
}

fn line(name: &str, text: &str, problem: &Problem) -> String {
    let help = problem.help.as_ref().map(|help| format!(" ({help})")).unwrap_or_default();
    format!("{name}:{}: {}{help}", Position::of(text, problem.span.start), problem.message)
}

/// Returns the problems as text, each with its line and a caret below it.
pub fn render(name: &str, text: &str, problems: &[Problem], colour: bool) -> String {
    let mut shown: Vec<String> = problems
        .iter()
        .take(SHOWN)
        .map(|problem| snippet(name, text, problem, Weight::Error, colour))
        .collect();
    if problems.len() > SHOWN {
        shown.push(format!("… and {} more problems", problems.len() - SHOWN));
    }
    shown.join("\n")
}

/// How much a snippet weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weight {
    /// It stops.
    Error,
    /// It can be lived with.
    Warning,
}

/// Returns one problem as text, with its line and a caret below it.
pub fn snippet(name: &str, text: &str, problem: &Problem, weight: Weight, colour: bool) -> String {
    // The renderer gets only the line in question, escaped: the file is untrusted, and may be long.
    let start = problem.span.start.min(text.len());
    let line_start = text[..start].rfind('\n').map_or(0, |at| at + 1);
    let line_end = text[start..].find('\n').map_or(text.len(), |at| start + at);
    let clip = |part: &str| escape::one_line(part.get(..400).unwrap_or(part)).replace('\t', " ");
    let before = clip(&text[line_start..start]);
    let marked = clip(&text[start..problem.span.end.clamp(start, line_end)]);
    let after = clip(&text[problem.span.end.clamp(start, line_end)..line_end]);
    let shown = format!("{before}{marked}{after}");
    let caret = before.len()
        ..(before.len() + marked.len()).max(before.len() + 1).min(shown.len().max(before.len()));
    let message = escape::one_line(&problem.message);
    let help = problem.help.as_deref().map(escape::one_line);
    let source = Snippet::source(shown.as_str())
        .path(name)
        .line_start(Position::of(text, start).line)
        .annotation(AnnotationKind::Primary.span(caret));
    let level = match weight {
        Weight::Error => Level::ERROR,
        Weight::Warning => Level::WARNING,
    };
    let mut report = vec![Group::with_title(level.primary_title(message.as_str())).element(source)];
    if let Some(help) = &help {
        report.push(Group::with_title(Level::HELP.secondary_title(help.as_str())));
    }
    let renderer = if colour { Renderer::styled() } else { Renderer::plain() };
    renderer.render(&report)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Span;

    #[test]
    fn a_problem_is_shown_with_its_line_and_a_caret() {
        let text = "id: a\ntiemout: 5m\n";
        let problem = Problem::new(Span::new(6, 13), "unknown field \"tiemout\"")
            .with_help("did you mean \"timeout\"?");
        insta::assert_snapshot!(render("plan.yaml", text, &[problem], false), @r#"
        error: unknown field "tiemout"
         --> plan.yaml:2:1
          |
        2 | tiemout: 5m
          | ^^^^^^^
          |
        help: did you mean "timeout"?
        "#);
    }

    #[test]
    fn nothing_in_the_file_reaches_the_terminal_unescaped() {
        let text = "a: \x1b[31m\u{202e}x\n";
        let shown = render("p", text, &[Problem::new(Span::new(3, 8), "bad \x1b")], false);
        assert!(!shown.contains('\x1b') && !shown.contains('\u{202e}'), "{shown:?}");
    }
}
