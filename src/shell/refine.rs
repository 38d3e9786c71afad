//! What a test makes sure of: `[ -n "$X" ] || exit` leaves `$X` not empty.

use std::borrow::Cow;

use super::ast::{Arm, Expansion, Link, PartKind, Statement, StatementKind, Word};
use super::environment::{Environment, Value};
use super::value::Piece;

/// Takes in that the statements, a condition, came out as `truth`.
pub(super) fn all(env: &mut Environment, condition: &[Statement], truth: bool) {
    if let Some(last) = condition.last() {
        statement(env, last, truth);
    }
}

/// Takes in that a statement came out as `truth`.
pub(super) fn statement(env: &mut Environment, from: &Statement, truth: bool) {
    let truth = truth != from.negated;
    match &from.kind {
        StatementKind::Simple(simple) => {
            let name = simple.words.first().and_then(Word::fixed);
            match name.as_deref() {
                Some("[") => {
                    let end = simple.words.len().saturating_sub(1).max(1);
                    test(env, &simple.words[1..end], truth);
                }
                Some("test") => test(env, &simple.words[1..], truth),
                Some("mountpoint" | "stat" | "ls") if truth => {
                    for word in &simple.words[1..] {
                        sure(env, word);
                    }
                }
                _ => {}
            }
        }
        StatementKind::Condition(words) => test(env, words, truth),
        StatementKind::List(links) => {
            let same = |link| links.iter().skip(1).all(|(l, _)| *l == link);
            if truth && same(Link::And) || !truth && same(Link::Or) {
                for (_, one) in links {
                    statement(env, one, truth);
                }
            }
        }
        StatementKind::Group(body) | StatementKind::Subshell(body) => all(env, body, truth),
        StatementKind::Arithmetic(text) => {
            if text.contains('#') {
                env.make_sure("#");
            }
        }
        StatementKind::Pipeline(_)
        | StatementKind::If { .. }
        | StatementKind::Loop(_)
        | StatementKind::Case { .. }
        | StatementKind::Function { .. } => {}
    }
}

/// Takes in that an arm of `case word` was chosen.
pub(super) fn arm(env: &mut Environment, word: &Word, arm: &Arm) {
    let empty = |p: &str| matches!(p, "*" | "" | "''" | "\"\"");
    if !arm.patterns.iter().any(|p| empty(p)) {
        sure(env, word);
    }
}

/// Takes in that a word is not empty, where it is one variable and nothing else.
pub(super) fn sure(env: &mut Environment, word: &Word) {
    let mut names = word.parts.iter().filter_map(|part| match &part.kind {
        PartKind::Variable(v) => Some(v),
        _ => None,
    });
    let Some(variable) = names.next() else { return };
    let others_are_slashes = word.parts.iter().all(|part| match &part.kind {
        PartKind::Variable(_) => true,
        PartKind::Literal(text) => text.is_empty() || text == "/",
        _ => false,
    });
    let value = matches!(variable.expansion, Expansion::Plain | Expansion::Default { .. });
    if names.next().is_none() && others_are_slashes && (value || variable.name == "#") {
        env.make_sure(&variable.name);
    }
}

fn test(env: &mut Environment, words: &[Word], truth: bool) {
    let texts: Vec<Option<Cow<'_, str>>> = words.iter().map(Word::fixed).collect();
    let is = |at: usize, text: &str| texts.get(at).is_some_and(|t| t.as_deref() == Some(text));
    for (joint, needed) in [("-o", false), ("||", false), ("-a", true), ("&&", true)] {
        if let Some(at) = (1..words.len()).find(|at| is(*at, joint) && words.len() > 2) {
            if truth == needed {
                test(env, &words[..at], truth);
                test(env, &words[at + 1..], truth);
            }
            return;
        }
    }
    if is(0, "!") && words.len() > 1 {
        return test(env, &words[1..], !truth);
    }
    match words {
        [only] if truth => sure(env, only),
        [_, operand] => {
            let op = texts[0].as_deref().unwrap_or_default();
            let proves = if op == "-z" { !truth } else { truth && op.starts_with('-') };
            if proves && op != "-v" {
                sure(env, operand);
            }
        }
        [left, _, right] => {
            let op = texts[1].as_deref().unwrap_or_default();
            let equal = matches!(op, "=" | "==" | "=~");
            let empty = texts[2].as_deref() == Some("");
            if (equal && truth || op == "!=" && !truth) && !empty {
                let text = texts[2].as_deref();
                if text != Some("*") {
                    sure(env, left);
                }
                if let (Some(text), [part]) = (text, left.parts.as_slice())
                    && let PartKind::Variable(v) = &part.kind
                    && v.expansion == Expansion::Plain
                    && v.index.is_none()
                    && op != "=~"
                    && !text.contains(['*', '?', '[', '$', '|', '"', '\''])
                    && v.name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
                {
                    let value = Value::Scalar(vec![Piece::Text(text.to_owned())]);
                    env.set(&v.name, value);
                }
                if right.fixed().is_none() {
                    sure(env, right);
                }
            }
            if empty && (op == "!=" && truth || equal && !truth) {
                sure(env, left);
            }
            if op.starts_with('-') && (truth || left.is_variable("#")) {
                sure(env, left);
            }
        }
        _ => {}
    }
}

/// Tells whether nothing behind these statements runs.
pub(super) fn terminates(env: &Environment, statements: &[Statement]) -> bool {
    statements.last().is_some_and(|last| ends(env, last, 0))
}

fn ends(env: &Environment, statement: &Statement, depth: usize) -> bool {
    match &statement.kind {
        StatementKind::Simple(simple) => {
            let name = simple.words.first().and_then(Word::fixed).unwrap_or_default();
            if let Some(function) = env.functions.get(&name) {
                let all = || function.bodies().all(|body| ends(env, body, depth + 1));
                return depth < 4 && function.sure && all();
            }
            matches!(
                &*name,
                "exit"
                    | "return"
                    | "break"
                    | "continue"
                    | "exec"
                    | "die"
                    | "fail"
                    | "fatal"
                    | "abort"
                    | "bail"
                    | "usage"
            )
        }
        StatementKind::Group(body) => body.last().is_some_and(|s| ends(env, s, depth)),
        StatementKind::List(links) => {
            links.last().is_some_and(|(link, s)| *link == Link::And && ends(env, s, depth))
        }
        StatementKind::If { branches, otherwise } => {
            let last = |body: &[Statement]| body.last().is_some_and(|s| ends(env, s, depth));
            branches.iter().all(|(_, body)| last(body))
                && otherwise.as_ref().is_some_and(|body| last(body))
        }
        StatementKind::Pipeline(_)
        | StatementKind::Loop(_)
        | StatementKind::Case { .. }
        | StatementKind::Subshell(_)
        | StatementKind::Function { .. }
        | StatementKind::Condition(_)
        | StatementKind::Arithmetic(_) => false,
    }
}

/// Tells whether a statement is `true` or `:`, so that `|| true` hides a failure.
pub(super) fn does_nothing(statement: &Statement) -> bool {
    match &statement.kind {
        StatementKind::Simple(simple) => matches!(
            simple.words.first().and_then(Word::fixed).as_deref(),
            Some("true" | ":" | "echo" | "printf" | "logger" | "log" | "warn")
        ),
        _ => false,
    }
}

/// Tells whether a word takes a default or an alternative (`${CMD:-ls}`).
pub(super) fn has_default(word: &Word) -> bool {
    word.parts.iter().any(|part| match &part.kind {
        PartKind::Variable(v) => {
            matches!(v.expansion, Expansion::Default { .. } | Expansion::Alternative(_))
        }
        _ => false,
    })
}
