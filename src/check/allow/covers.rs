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
            let lines = Lines::of(text);
            by_lines(text, &["#"], |comment| lines.stands_alone(comment))
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
    let lines = Lines::of(text);
    let covers = |line_end: usize| {
        let (mut at, mut opened) = (line_end, None);
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
    let mut comments: Vec<Comment> = vec![];
    let mut last = None;
    for span in candidates(text, &["<!--"]) {
        let end = lines.around(span.end).end;
        let covered = last.filter(|(line, _)| *line == end).map_or_else(|| covers(end), |(_, c)| c);
        last = Some((end, covered));
        comments.push(Comment { span, covers: covered });
    }
    comments
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
    let lines = Lines::of(text);
    let covers = |span: Span| match lines.stands_alone(span) {
        true => outline.next(span).unwrap_or(Span::new(span.end, span.end)),
        false => lines.around(span.start),
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
    regions.sort_unstable_by_key(|span| (span.start, std::cmp::Reverse(span.end)));
    let next =
        |behind: usize| regions.get(regions.partition_point(|span| span.start < behind)).copied();
    let lines = Lines::of(file);
    let covers = |span: Span| match lines.stands_alone(span) {
        true => next(span.end).unwrap_or(Span::new(span.end, span.end)),
        false => lines.around(span.start),
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
    let lines = Lines::of(text);
    let mut comments: Vec<Comment> = vec![];
    // The next comment on a line of its own, and the line that it speaks for.
    let mut below: Option<(usize, Option<Span>)> = None;
    for span in candidates(text, signs).into_iter().rev().filter(|span| real(*span)) {
        let covers = match lines.stands_alone(span) {
            true => {
                let next = next_lines(text, span.end, signs, below);
                below = Some((lines.around(span.start).start, next));
                next.unwrap_or(Span::new(span.end, span.end))
            }
            false => lines.around(span.start),
        };
        comments.push(Comment { span, covers });
    }
    comments.reverse();
    comments
}

/// Returns the next line that says something; `below` says it of a line of comment further down.
fn next_lines(
    text: &str,
    behind: usize,
    signs: &[&str],
    below: Option<(usize, Option<Span>)>,
) -> Option<Span> {
    let mut at = behind;
    let mut found: Option<(Span, usize, bool)> = None;
    for line in text[behind..].split_inclusive('\n') {
        if let Some((_, known)) = below.filter(|(line, _)| *line == at && found.is_none()) {
            return known;
        }
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
    found.map(|(span, _, _)| span)
}

/// Returns every place where a sign begins something that is meant for the checker, to the end of its line.
fn candidates(text: &str, signs: &[&str]) -> Vec<Span> {
    let mut found: Vec<Span> = vec![];
    for sign in signs {
        let mut end = 0;
        for (at, _) in text.match_indices(sign) {
            if at >= end {
                end = text[at..].find('\n').map_or(text.len(), |end| at + end);
            }
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

/// The lines of a text, to look one up in.
struct Lines {
    /// Where the last of them ends.
    end: usize,
    /// Where each starts, and its first character that is no blank.
    starts: Vec<(usize, usize)>,
}

impl Lines {
    fn of(text: &str) -> Self {
        let mut at = 0;
        let start = |line: &str| {
            let start = at;
            at += line.len();
            (start, start + line.len() - line.trim_start().len())
        };
        let end = text.strip_suffix('\n').unwrap_or(text).len();
        Self { end, starts: text.split_inclusive('\n').map(start).collect() }
    }

    /// Returns the line around a place, without its end.
    fn around(&self, at: usize) -> Span {
        let behind = self.starts.partition_point(|(start, _)| *start <= at);
        let start = behind.checked_sub(1).map_or(0, |line| self.starts[line].0);
        Span::new(start, self.starts.get(behind).map_or(self.end, |(next, _)| next - 1))
    }

    fn stands_alone(&self, comment: Span) -> bool {
        let behind = self.starts.partition_point(|(start, _)| *start <= comment.start);
        behind.checked_sub(1).is_some_and(|line| comment.start <= self.starts[line].1)
    }
}
