//! Follows the functions of a script where they are called.

use std::rc::Rc;

use super::assigned;
use super::ast::{Assigned, Expansion, Part, PartKind, Statement, StatementKind, Word};
use super::command::Redirection;
use super::environment::{Function, Value};
use super::hidden::is_running_subscript;
use super::resolve::{Resolver, holds_text};
use super::value::Argument;
use crate::base::Span;

/// How often a function is followed where the script itself calls it, without arguments or only to say them.
const CALLS: usize = 12;

/// The same for calls from other functions.
const INNER_CALLS: usize = 3;

/// How often a function is followed that works on what it is given: there each call can do another harm.
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
        let harmless = *calls > outer
            && !function.runs_arguments
            && (words.len() == 1 || function.bodies().all(|body| Said::by(body).only_says()));
        let often = harmless || *calls > RUNNERS;
        if often || self.following.len() >= DEPTH {
            if self.following.len() >= DEPTH {
                self.opaque(span, "functions call each other too deep to be followed");
            } else if !harmless {
                let why =
                    "a function that works on its arguments is called too often to be followed";
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
        if function.others.is_empty() {
            self.sequence(std::slice::from_ref(body));
        } else {
            let before = self.env.clone();
            for body in function.bodies() {
                let after = std::mem::replace(&mut self.env, before.clone());
                self.in_branch(std::slice::from_ref(&**body));
                if !std::ptr::eq(body, &function.body) {
                    self.env.join(after);
                }
            }
        }
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

    /// Forgets variables, and functions where they are meant or no variable has the name (`unset`).
    pub(super) fn unset(&mut self, arguments: &[Argument]) {
        let words = || arguments.iter().filter_map(Argument::literal);
        let flag = |letter: char| {
            words().any(|word| word.strip_prefix('-').is_some_and(|flags| flags.contains(letter)))
        };
        let (functions, variables) = (flag('f'), flag('v'));
        for name in words() {
            if !variables && (functions || !self.env.values.contains(name)) {
                self.env.functions.remove(name);
            }
            if !functions {
                self.env.set(name, Value::Scalar(Vec::new()));
            }
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

/// What a function does besides saying its arguments.
#[derive(Debug, Default)]
struct Said {
    more: bool,
    assigns: bool,
    /// Whether it writes into a file that a variable names.
    writes: bool,
}

impl Said {
    fn by(body: &Statement) -> Self {
        let mut said = Self::default();
        said.statement(body);
        said
    }

    /// Tells whether its arguments come to nothing but text on the screen or in a file that does not depend on them.
    fn only_says(&self) -> bool {
        !(self.more || self.assigns && self.writes)
    }

    fn all(&mut self, body: &[Statement]) {
        body.iter().for_each(|statement| self.statement(statement));
    }

    fn statement(&mut self, statement: &Statement) {
        for redirect in &statement.redirects {
            let positional = |part: &Part| match &part.kind {
                PartKind::Variable(v) => !v.name.starts_with(|c: char| c.is_ascii_alphabetic()),
                _ => false,
            };
            let writes = !holds_text(redirect.kind) && redirect.target.fixed().is_none();
            self.writes |= writes;
            self.more |= writes && redirect.target.parts.iter().any(positional);
            self.word(&redirect.target);
        }
        match &statement.kind {
            StatementKind::Simple(simple) => {
                let says = [
                    "echo", "printf", "local", "return", "exit", ":", "true", "false", "date",
                    "test", "[", "cat", "logger", "shift", "hostname", "basename", "tput",
                ];
                let first = simple.words.first();
                self.more |= first
                    .is_some_and(|first| first.fixed().is_none_or(|name| !says.contains(&&*name)));
                self.assigns |= !simple.assignments.is_empty();
                for assignment in &simple.assignments {
                    match &assignment.value {
                        Assigned::Scalar(word) => self.word(word),
                        Assigned::Array(words) => words.iter().for_each(|word| self.word(word)),
                    }
                }
                simple.words.iter().for_each(|word| self.word(word));
            }
            StatementKind::Pipeline(body)
            | StatementKind::Subshell(body)
            | StatementKind::Group(body) => self.all(body),
            StatementKind::List(links) => links.iter().for_each(|(_, one)| self.statement(one)),
            StatementKind::If { branches, otherwise } => {
                for (condition, body) in branches {
                    self.all(condition);
                    self.all(body);
                }
                self.all(otherwise.as_deref().unwrap_or_default());
            }
            StatementKind::Case { word, arms } => {
                self.word(word);
                arms.iter().for_each(|arm| self.all(&arm.body));
            }
            StatementKind::Condition(words) => words.iter().for_each(|word| self.word(word)),
            StatementKind::Loop(_)
            | StatementKind::Function { .. }
            | StatementKind::Arithmetic(_) => self.more = true,
        }
    }

    fn word(&mut self, word: &Word) {
        for part in &word.parts {
            match &part.kind {
                PartKind::Command(body) => self.all(body),
                PartKind::Process { .. } | PartKind::Arithmetic(_) => self.more = true,
                PartKind::Variable(variable) => match &variable.expansion {
                    _ if variable.index.is_some() => self.more = true,
                    Expansion::Default { word, assign, .. } => {
                        self.assigns |= assign;
                        self.word(word);
                    }
                    Expansion::Alternative(word) => self.word(word),
                    Expansion::Plain
                    | Expansion::Required { .. }
                    | Expansion::Length
                    | Expansion::Slice { .. } => {}
                    Expansion::Other => self.more = true,
                },
                PartKind::Literal(_)
                | PartKind::Glob(_)
                | PartKind::Brace(_)
                | PartKind::Tilde(_) => {}
            }
        }
    }
}
