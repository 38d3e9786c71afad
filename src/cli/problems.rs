//! Problems of a document, shown with the lines they stand on.

use std::path::Path;

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};

use super::output::Output;
use super::reviews::Look;
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

/// What stands at the head of a snippet.
#[derive(Debug, Clone, Copy)]
pub struct Label<'a> {
    /// How much it weighs.
    pub weight: Weight,
    /// The word for that.
    pub word: &'a str,
    /// The code of the rule.
    pub code: Option<&'a str>,
}

/// Returns one problem as text, with its line and a caret below it.
pub fn snippet(name: &str, text: &str, problem: &Problem, weight: Weight, colour: bool) -> String {
    let word = match weight {
        Weight::Error => "error",
        Weight::Warning => "warning",
    };
    let label = Label { weight, word, code: None };
    let message = escape::one_line(&problem.message);
    let help = problem.help.as_deref().map(escape::one_line);
    let problem = Problem { span: problem.span, message, help };
    labelled(name, text, &problem, &label, Look { colour, columns: 140 })
}

/// Returns one problem as text, under a label of its own. Its message and help are escaped already.
pub fn labelled(
    name: &str,
    text: &str,
    problem: &Problem,
    label: &Label<'_>,
    look: Look,
) -> String {
    // The renderer gets only the line in question, escaped: the file is untrusted, and may be long.
    let start = problem.span.start.min(text.len());
    let line_start = text[..start].rfind('\n').map_or(0, |at| at + 1);
    let line_end = text[start..].find('\n').map_or(text.len(), |at| start + at);
    let end = problem.span.end.clamp(start, line_end);
    let blank = text.get(start..end).map_or(0, |said| said.len() - said.trim_end().len());
    let end = if start + blank < end { end - blank } else { end };
    let end = (end..=line_end).find(|at| text.is_char_boundary(*at)).unwrap_or(line_end);
    let before = escape::terminal(last(&text[line_start..start], CLIP));
    let marked = escape::terminal(first(&text[start..end], CLIP));
    let after = escape::terminal(first(&text[end..line_end], CLIP));
    let shown = format!("{before}{marked}{after}");
    let width = marked.len().max(after.chars().next().map_or(0, char::len_utf8));
    let caret = before.len()..(before.len() + if marked.is_empty() { width } else { marked.len() });
    let source = Snippet::source(shown.as_str())
        .path(name)
        .line_start(Position::of(text, start).line)
        .annotation(AnnotationKind::Primary.span(caret));
    let level = match label.weight {
        Weight::Error => Level::ERROR,
        Weight::Warning => Level::WARNING,
    };
    let mut title = level.with_name(label.word).primary_title(problem.message.as_str());
    if let Some(code) = label.code {
        title = title.id(code);
    }
    let mut report = vec![Group::with_title(title).element(source)];
    if let Some(help) = &problem.help {
        report.push(Group::with_title(Level::HELP.secondary_title(help.as_str())));
    }
    let renderer = if look.colour { Renderer::styled() } else { Renderer::plain() };
    renderer.term_width(look.columns.max(40)).render(&report)
}

/// Bytes of a line that are shown on each side of what is meant.
const CLIP: usize = 400;

fn first(text: &str, bytes: usize) -> &str {
    let end = (0..=bytes.min(text.len())).rev().find(|at| text.is_char_boundary(*at));
    &text[..end.unwrap_or(0)]
}

fn last(text: &str, bytes: usize) -> &str {
    let start =
        (text.len().saturating_sub(bytes)..=text.len()).find(|at| text.is_char_boundary(*at));
    &text[start.unwrap_or(0)..]
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
    fn carets_stand_under_what_is_meant_behind_tabs_and_wide_characters() {
        let text = "\tmkdir 日本語 && rm -rf $D\n";
        let at = text.find("rm").expect("there");
        let problem = Problem::new(Span::new(at, at + 2), "bad");
        insta::assert_snapshot!(render("p", text, &[problem], false), @r#"
        error: bad
         --> p:1:15
          |
        1 |     mkdir 日本語 && rm -rf $D
          |                     ^^
        "#);
    }

    #[test]
    fn nothing_in_the_file_reaches_the_terminal_unescaped() {
        let text = "a: \x1b[31m\u{202e}x\n";
        let shown = render("p", text, &[Problem::new(Span::new(3, 8), "bad \x1b")], false);
        assert!(!shown.contains('\x1b') && !shown.contains('\u{202e}'), "{shown:?}");
    }
}
