//! Follows the functions of a script where they are called.

use std::rc::Rc;

use super::assigned;
use super::ast::{Statement, StatementKind};
use super::command::Redirection;
use super::environment::{Function, Value};
use super::hidden::is_running_subscript;
use super::resolve::Resolver;
use super::value::Argument;
use crate::base::Span;

/// How often a function is followed where the script itself calls it; more calls do no other kind of harm.
const CALLS: usize = 12;

/// The same for calls from other functions.
const INNER_CALLS: usize = 3;

/// How often a function is followed that runs what it is given: there each call can do another harm.
const RUNNERS: usize = 400;

/// How deep functions may call each other.
const DEPTH: usize = 30;

/// A function that is being followed.
#[derive(Debug)]
pub(super) struct Frame {
    pub(super) name: String,
    /// Whether it was started beside the one that calls it.
    spawned: bool,
    /// Its own variables, with the values they hide.
    hidden: Vec<(String, Option<Value>)>,
}

impl Resolver {
    /// Follows a call of a function.
    pub(super) fn call(
        &mut self,
        name: &str,
        function: &Function,
        words: &[Argument],
        redirects: Vec<Redirection>,
        span: Span,
    ) {
        if let Some(at) = self.following.iter().position(|frame| frame.name == name) {
            if self.spawns || self.following[at + 1..].iter().any(|frame| frame.spawned) {
                self.opaque(span, "a function starts itself again and again, beside itself");
            }
            return self.push_call(words, redirects, span);
        }
        let body = &function.body;
        let calls = self.called.entry(name.to_owned()).or_default();
        *calls += 1;
        let outer = if self.following.is_empty() { CALLS } else { INNER_CALLS };
        let often = *calls > outer && (*calls > RUNNERS || !function.runs_arguments);
        if often || self.following.len() >= DEPTH {
            if self.following.len() >= DEPTH {
                self.opaque(span, "functions call each other too deep to be followed");
            } else if function.runs_arguments {
                let why = "a function that runs its arguments is called too often to be followed";
                self.opaque(span, why);
            }
            let functions = self.env.functions.clone();
            let body = std::slice::from_ref(&**body);
            match assigned::by(body, &functions, &mut self.looks) {
                Some(names) => names.iter().for_each(|name| self.env.forget(name)),
                None => self.opaque(span, "what a function changes is too much to be followed"),
            }
            return self.push_call(words, redirects, span);
        }
        if words[1..].iter().any(|word| word.literal().is_some_and(is_running_subscript)) {
            self.opaque(span, "a subscript runs a command");
        }
        let standing = self.standing;
        if !redirects.is_empty() {
            self.push_redirects(redirects, span);
            self.stand();
        }
        let arguments = self.env.arguments.replace(Rc::new(words[1..].to_vec()));
        let spawned = std::mem::replace(&mut self.spawns, false);
        self.following.push(Frame { name: name.to_owned(), spawned, hidden: Vec::new() });
        self.sequence(std::slice::from_ref(body));
        let frame = self.following.pop();
        for (name, value) in frame.into_iter().flat_map(|frame| frame.hidden).rev() {
            self.env.restore(&name, value);
        }
        (self.spawns, self.standing) = (spawned, standing);
        self.env.arguments = arguments;
    }

    fn push_call(&mut self, words: &[Argument], redirects: Vec<Redirection>, span: Span) {
        self.push(words.to_vec(), redirects, span, Vec::new());
        if let Some(command) = self.out.list.last_mut() {
            command.followed = true;
        }
    }

    /// Makes a variable the function's own (`local`).
    pub(super) fn hide(&mut self, name: &str) {
        let value = self.env.values.get(name).cloned();
        if let Some(frame) = self.following.last_mut() {
            frame.hidden.push((name.to_owned(), value));
        }
    }
}

/// Tells whether what a function runs can depend on its arguments: a command that starts with a
/// variable, or one that parses text again.
pub(super) fn runs_arguments(statement: &Statement) -> bool {
    let any = |body: &[Statement]| body.iter().any(runs_arguments);
    match &statement.kind {
        StatementKind::Simple(simple) => simple.words.first().is_some_and(|first| {
            let parsed_again = [
                "eval", "bash", "sh", "ssh", "su", "sudo", "xargs", "env", "trap", "timeout",
                "nice",
            ];
            first.fixed().is_none_or(|name| parsed_again.contains(&&*name))
        }),
        StatementKind::Pipeline(body)
        | StatementKind::Subshell(body)
        | StatementKind::Group(body) => any(body),
        StatementKind::List(links) => links.iter().any(|(_, s)| runs_arguments(s)),
        StatementKind::If { branches, otherwise } => {
            branches.iter().any(|(a, b)| any(a) || any(b)) || otherwise.as_deref().is_some_and(any)
        }
        StatementKind::Loop(one) => any(&one.condition) || any(&one.body),
        StatementKind::Case { arms, .. } => arms.iter().any(|arm| any(&arm.body)),
        StatementKind::Function { body, .. } => runs_arguments(body),
        StatementKind::Condition(_) | StatementKind::Arithmetic(_) => false,
    }
}
