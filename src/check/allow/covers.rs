//! Finds the comments for the checker in a file, and what each of them speaks for.

use super::Comment;
use super::comment::is_meant;
use super::shell_text::Outline;
use crate::base::{Span, yaml};
use crate::check::{Language, Python, TokenKind};
use crate::shell;

/// The line that says a script was made by blackstart from the steps of a plan.
const GENERATED: &str = "change the plan, not this file.";

/// Tells whether a script was made from a plan, so that its text may be a drafter's.
pub fn is_generated(text: &str) -> bool {
    text.lines()
        .take(5)
        .any(|line| line.starts_with("# Made from the plan ") && line.ends_with(GENERATED))
}

/// Returns the comments of a script.
pub fn comments_of_script(text: &str, language: Language) -> Vec<Comment> {
    match language {
        Language::Bash | Language::Sh => comments_of_shell(text),
        Language::Python => {
            let python = Python::new(text);
            let strings = python.tokens.iter().filter(|token| token.kind == TokenKind::Text);
            let strings: Vec<Span> = strings.map(|token| token.span).collect();
            let mut comments = by_lines(text, &["#"]);
            comments.retain(|comment| {
                strings
                    .iter()
                    .all(|string| !(string.start..string.end).contains(&comment.span.start))
            });
            comments
        }
        Language::Sql => by_lines(text, &["--", "#"]),
        Language::Markdown => {
            let mut comments = by_lines(text, &["#"]);
            comments.extend(of_markdown(text));
            comments.sort_by_key(|comment| comment.span);
            comments
        }
        Language::Crontab | Language::Systemd | Language::Kubernetes | Language::Other => {
            by_lines(text, &["#"])
        }
    }
}

/// Returns the comments of Markdown that stand before a fenced block, and speak for all of it.
fn of_markdown(text: &str) -> Vec<Comment> {
    let is_fence =
        |line: &str| line.trim_start().starts_with("```") || line.trim_start().starts_with("~~~");
    let covers = |span: Span| {
        let (mut at, mut opened) = (line_of(text, span.end).end, None);
        for line in text[at..].split_inclusive('\n') {
            let end = at + line.len();
            match opened {
                None if is_fence(line) => opened = Some(at),
                // Only the block that follows at once is meant, not one behind other words.
                None if !line.trim().is_empty() => break,
                Some(start) if is_fence(line) => return Span::new(start, end),
                None | Some(_) => {}
            }
            at = end;
        }
        Span::new(opened.unwrap_or(at), at)
    };
    let candidates = candidates(text, &["<!--"]).into_iter();
    candidates.map(|span| Comment { span, covers: covers(span) }).collect()
}

/// Returns the comments of a shell script that can be read; of one that cannot, none, because what looks like a comment
/// may be part of a text.
pub fn comments_of_shell(text: &str) -> Vec<Comment> {
    let mut comments = candidates(text, &["#"]);
    if comments.is_empty() {
        return vec![];
    }
    let script = shell::parse(text);
    if !script.parsed {
        return vec![];
    }
    let outline = Outline::of(&script);
    comments.retain(|comment| !outline.in_word(comment.start));
    let covers = |span: Span| match stands_alone(text, span) {
        true => outline.next(span.end).unwrap_or(Span::new(span.end, span.end)),
        false => line_of(text, span.start),
    };
    comments.into_iter().map(|span| Comment { span, covers: covers(span) }).collect()
}

/// Returns the comments of a plan's file that are comments of YAML; one on a line of its own speaks for the step or the field that follows.
pub fn comments_of_plan(file: &str) -> Vec<Comment> {
    let Some(root) = yaml::parse(file).0 else {
        return vec![];
    };
    let (mut regions, mut scalars) = (vec![], vec![]);
    visit(&root, &mut regions, &mut scalars);
    let mut comments = candidates(file, &["#"]);
    comments.retain(|comment| {
        scalars.iter().all(|scalar| !(scalar.start..scalar.end).contains(&comment.start))
    });
    let next = |behind: usize| {
        let later = regions.iter().filter(|span| span.start >= behind);
        later.copied().min_by_key(|span| (span.start, std::cmp::Reverse(span.end)))
    };
    let covers = |span: Span| match stands_alone(file, span) {
        true => next(span.end).unwrap_or(Span::new(span.end, span.end)),
        false => line_of(file, span.start),
    };
    comments.into_iter().map(|span| Comment { span, covers: covers(span) }).collect()
}

/// Collects the fields and items of a tree, and the places of its texts.
fn visit(node: &yaml::Node, regions: &mut Vec<Span>, scalars: &mut Vec<Span>) {
    match &node.value {
        yaml::Value::Null => {}
        yaml::Value::Scalar { .. } => scalars.push(node.span),
        yaml::Value::List(items) => {
            for item in items {
                regions.push(item.span);
                visit(item, regions, scalars);
            }
        }
        yaml::Value::Map(entries) => {
            for (key, value) in entries {
                regions.push(Span::new(key.span.start, value.span.end));
                scalars.push(key.span);
                visit(value, regions, scalars);
            }
        }
    }
}

/// Returns comments that begin with one of these signs; one on a line of its own speaks for the next line that says
/// something, with the lines that continue it or stand deeper.
fn by_lines(text: &str, signs: &[&str]) -> Vec<Comment> {
    let covers = |span: Span| match stands_alone(text, span) {
        true => next_lines(text, span.end, signs),
        false => line_of(text, span.start),
    };
    let candidates = candidates(text, signs).into_iter();
    candidates.map(|span| Comment { span, covers: covers(span) }).collect()
}

fn next_lines(text: &str, behind: usize, signs: &[&str]) -> Span {
    let mut at = behind;
    let mut found: Option<(Span, usize, bool)> = None;
    for line in text[behind..].split_inclusive('\n') {
        let span = Span::new(at, at + line.len());
        at = span.end;
        let said = line.trim();
        let indent = line.len() - line.trim_start().len();
        let comment = signs.iter().any(|sign| said.starts_with(sign));
        found = match found {
            None if said.is_empty() || comment => None,
            None => Some((span, indent, said.ends_with('\\'))),
            Some((covered, first, continued)) => {
                if !continued && (said.is_empty() || indent <= first) {
                    break;
                }
                Some((Span::new(covered.start, span.end), first, said.ends_with('\\')))
            }
        };
    }
    found.map_or(Span::new(behind, behind), |(span, _, _)| span)
}

/// Returns every place where a sign begins something that is meant for the checker, to the end of its line.
fn candidates(text: &str, signs: &[&str]) -> Vec<Span> {
    let mut found: Vec<Span> = vec![];
    for sign in signs {
        for (at, _) in text.match_indices(sign) {
            let end = text[at..].find('\n').map_or(text.len(), |end| at + end);
            let before = text[..at].chars().next_back();
            let begins = before
                .is_none_or(|c| c.is_whitespace() || matches!(c, ';' | '(' | ')' | '&' | '|'));
            if begins && is_meant(&text[at + sign.len()..end]) {
                found.push(Span::new(at, at + text[at..end].trim_end().len()));
            }
        }
    }
    found.sort();
    found
}

fn stands_alone(text: &str, comment: Span) -> bool {
    let line = line_of(text, comment.start);
    text[line.start..comment.start].trim().is_empty()
}

fn line_of(text: &str, at: usize) -> Span {
    let start = text[..at].rfind('\n').map_or(0, |before| before + 1);
    let end = text[at..].find('\n').map_or(text.len(), |end| at + end);
    Span::new(start, end)
}
