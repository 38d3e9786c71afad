//! Finds the comments for the checker in a file, and what each of them speaks for.

use super::Comment;
use super::comment::is_meant;
use super::shell_text::Outline;
use crate::base::{Span, yaml};
use crate::check::reading::{self, Reading};
use crate::check::{Language, Python, TokenKind};
use crate::shell;
use crate::sql::{self, Dialect};

/// The line that says a script was made by blackstart from the steps of a plan.
const GENERATED: &str = "change the plan, not this file.";

/// Tells whether a script was made from a plan, so that its text may be a drafter's.
pub fn is_generated(text: &str) -> bool {
    text.lines().any(|line| {
        line.starts_with("# Made from the plan ") && line.trim_end().ends_with(GENERATED)
    })
}

/// Returns the comments of a script: what its own language takes for one, never what only looks like it in a string.
pub fn comments_of_script(text: &str, language: Language) -> Vec<Comment> {
    match language {
        Language::Bash | Language::Sh => comments_of_shell(text),
        Language::Python => {
            let python = Python::new(text);
            let strings = python.tokens.iter().filter(|token| token.kind == TokenKind::Text);
            let strings = Places::new(strings.map(|token| token.span));
            by_lines(text, &["#"], |comment| !strings.hold(comment.start))
        }
        Language::Sql => {
            let comments = sql::read(text, Dialect::of_text(text)).comments;
            let begins = |at: usize| comments.binary_search_by_key(&at, |span| span.start).is_ok();
            by_lines(text, &["--", "#"], |comment| begins(comment.start))
        }
        Language::Markdown => {
            let mut comments = of_parts(&reading::read(text, language));
            comments.extend(of_markdown(text));
            comments.sort_by_key(|comment| comment.span);
            comments
        }
        Language::Kubernetes => {
            let reading = reading::read(text, language);
            let mut scalars = vec![];
            for manifest in &reading.manifests {
                visit(&manifest.root, &mut vec![], &mut scalars);
            }
            let scalars = Places::new(scalars);
            let mut comments = by_lines(text, &["#"], |comment| !scalars.hold(comment.start));
            comments.extend(of_parts(&reading));
            comments.sort_by_key(|comment| comment.span);
            comments
        }
        // There a sign behind other words is no comment.
        Language::Crontab | Language::Systemd | Language::Other => {
            by_lines(text, &["#"], |comment| stands_alone(text, comment))
        }
    }
}

/// Returns the comments of the texts that stand in a file, where the file shows them letter for letter.
fn of_parts(reading: &Reading<'_>) -> Vec<Comment> {
    let mut comments = vec![];
    for part in reading.parts.iter().chain(&reading.python) {
        for comment in comments_of_script(&part.text, part.language) {
            let place =
                part.excerpt.as_ref().map_or(Some(comment.span), |e| e.verbatim(comment.span));
            let covers = part.excerpt.as_ref().map_or(comment.covers, |e| e.span(comment.covers));
            comments.extend(place.map(|span| Comment { span, covers }));
        }
    }
    comments.extend(reading.apart.iter().flat_map(of_parts));
    comments
}

/// Places of a text, to look one up in.
#[derive(Debug, Default)]
pub(super) struct Places {
    /// Ascending, without overlap.
    spans: Vec<Span>,
}

impl Places {
    pub fn new(spans: impl IntoIterator<Item = Span>) -> Self {
        let mut all: Vec<Span> = spans.into_iter().filter(|span| span.start < span.end).collect();
        all.sort();
        let mut joined: Vec<Span> = Vec::with_capacity(all.len());
        for span in all {
            match joined.last_mut() {
                Some(last) if span.start < last.end => last.end = last.end.max(span.end),
                Some(_) | None => joined.push(span),
            }
        }
        Self { spans: joined }
    }

    /// Tells whether one of them holds a place.
    pub fn hold(&self, at: usize) -> bool {
        let behind = self.spans.partition_point(|span| span.start <= at);
        self.spans[..behind].last().is_some_and(|span| at < span.end)
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
        true => outline.next(span).unwrap_or(Span::new(span.end, span.end)),
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
    let scalars = Places::new(scalars);
    let mut comments = candidates(file, &["#"]);
    comments.retain(|comment| !scalars.hold(comment.start));
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

/// Returns comments that begin with one of these signs, as far as they are `real` ones; one on a line of its own speaks
/// for the next line that says something, with the lines that continue it or stand deeper.
fn by_lines(text: &str, signs: &[&str], real: impl Fn(Span) -> bool) -> Vec<Comment> {
    let covers = |span: Span| match stands_alone(text, span) {
        true => next_lines(text, span.end, signs),
        false => line_of(text, span.start),
    };
    let candidates = candidates(text, signs).into_iter().filter(|span| real(*span));
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
