//! One simple command on the way: its assignments, its redirects, its words.

use super::ast::{Assigned, Assignment, Redirect, RedirectKind, Simple, Statement, Word};
use super::command::{Command, Redirection, Setting};
use super::environment::{VALUE, Value, unknown, unknown_argument};
use super::hidden::is_running_subscript;
use super::refine;
use super::resolve::{Incoming, Resolver, holds_text};
use super::value::{Argument, Origin, Piece};
use crate::base::Span;

impl Resolver {
    pub(super) fn simple(&mut self, simple: &Simple, statement: &Statement) {
        let redirects = self.redirects(&statement.redirects);
        let mut before = Vec::new();
        if simple.declares {
            self.declared(simple);
        }
        for assignment in &simple.assignments {
            if !simple.words.is_empty() && !simple.declares {
                // Before a command it holds for that command alone.
                let value = self.env.values.get(&assignment.name).cloned();
                before.push((assignment.name.clone(), value));
                self.env.export(&assignment.name);
            }
            self.assign(assignment);
        }
        let words = self.words(&simple.words);
        if words.is_empty() && redirects.is_empty() {
            if let Some(first) = simple.words.first() {
                self.opaque(first.span, "the name of the command may be empty");
            }
            return self.undo(before);
        }
        if let Some(first) = simple.words.first().filter(|w| refine::has_default(w)) {
            self.opaque(first.span, "the name of the command can be set from outside");
        }
        let input = redirects
            .iter()
            .rev()
            .find(|r| holds_text(r.kind))
            .map(|r| Incoming::Text(r.target.clone()));
        let from_file = redirects.iter().any(|r| r.kind == RedirectKind::Read);
        let saved = self.incoming.clone();
        let changes = input.is_some() || from_file;
        self.incoming =
            input.or(if from_file { Some(Incoming::Unreadable) } else { saved.clone() });
        // `exec < file` alone changes where everything behind it reads from.
        let stays = changes && words.len() == 1 && words[0].literal() == Some("exec");
        let only_redirects = words.is_empty();
        self.run(words, redirects, statement.span, Vec::new());
        if let Some(command) = self.out.list.last_mut().filter(|_| only_redirects) {
            command.only_redirects = true;
        }
        if !stays {
            self.incoming = saved;
        }
        self.undo(before);
    }

    fn undo(&mut self, before: Vec<(String, Option<Value>)>) {
        for (name, value) in before.into_iter().rev() {
            self.env.restore(&name, value);
        }
    }

    /// Takes in what `local`, `export` and relatives do besides assigning.
    fn declared(&mut self, simple: &Simple) {
        let words: Vec<String> = simple.words.iter().filter_map(Word::literal).collect();
        let Some((builtin, rest)) = words.split_first() else {
            return;
        };
        let has = |letter: char| {
            rest.iter().any(|w| w.strip_prefix('-').is_some_and(|flags| flags.contains(letter)))
        };
        let own = match builtin.as_str() {
            "local" => true,
            "declare" | "typeset" => !has('g'),
            _ => false,
        };
        let bare = rest.iter().filter(|word| !word.starts_with('-')).map(String::as_str);
        let assigned = simple.assignments.iter().map(|a| a.name.as_str());
        for name in bare.clone().chain(assigned) {
            if own {
                self.hide(name);
            }
            if builtin == "export" || has('x') {
                self.env.export(name);
            }
        }
        if own && !self.following.is_empty() {
            for name in bare {
                self.env.set(name, Value::Scalar(Vec::new()));
            }
        }
        // A reference to another variable: what is assigned to it changes that one.
        for assignment in simple.assignments.iter().filter(|_| has('n')) {
            let target = match &assignment.value {
                Assigned::Scalar(word) => self.word(word),
                Assigned::Array(_) => continue,
            };
            match target.literal() {
                Some(target) => self.env.forget(target),
                None => self.opaque(assignment.span, "which variable is changed is not known"),
            }
        }
    }

    fn assign(&mut self, assignment: &Assignment) {
        let value = match &assignment.value {
            Assigned::Scalar(word) => {
                let value = self.word(word);
                self.steered(&assignment.name, &value);
                let mut pieces = value.pieces;
                if assignment.append {
                    let mut before = self.env.lookup(&assignment.name);
                    if !self.env.values.contains(&assignment.name) {
                        before.clear();
                    }
                    before.append(&mut pieces);
                    pieces = before;
                }
                if Argument::new(pieces.clone(), value.span)
                    .literal()
                    .is_some_and(is_running_subscript)
                {
                    self.opaque(assignment.span, "the value runs a command where it is a number");
                }
                if assignment.indexed {
                    pieces =
                        vec![unknown(&format!("${}", assignment.name), Origin::Variable, false)];
                }
                Value::Scalar(pieces)
            }
            Assigned::Array(words) => {
                let mut items = self.words(words);
                if assignment.append
                    && let Some(Value::Array(before)) = self.env.values.get(&assignment.name)
                {
                    items = before.iter().cloned().chain(items).collect();
                }
                Value::Array(items)
            }
        };
        self.env.set(&assignment.name, value);
    }

    pub(super) fn redirects(&mut self, from: &[Redirect]) -> Vec<Redirection> {
        from.iter()
            .map(|redirect| {
                let target = self.word(&redirect.target);
                Redirection {
                    kind: kind(redirect, &target),
                    descriptor: redirect.descriptor,
                    target,
                    span: self.place(redirect.span),
                }
            })
            .collect()
    }

    /// Adds a command as it is.
    pub(super) fn push(
        &mut self,
        words: Vec<Argument>,
        redirects: Vec<Redirection>,
        span: Span,
        wrappers: Vec<String>,
    ) {
        let setting = Setting {
            errexit: self.env.errexit,
            nounset: self.env.nounset,
            pipefail: self.env.pipefail,
            cwd: self.env.cwd.clone(),
            ..self.setting.clone()
        };
        let input = match &self.incoming {
            Some(Incoming::Text(text)) => Some(text.clone()),
            Some(Incoming::Unreadable) | None => None,
        };
        let span = self.place(span);
        let index = self.out.list.len();
        let command =
            Command { index, wrappers, redirects, input, span, setting, ..Command::new(words) };
        self.wrote(&command);
        self.out.list.push(command);
    }

    /// Returns an argument that stands for what `find` or `xargs` hands over.
    pub(super) fn found(&self, span: Span) -> Argument {
        unknown_argument("{}", Origin::Found, span)
    }

    /// Writes an argument as shell text; what is unknown becomes a variable of a name nobody uses.
    pub(super) fn as_script(&mut self, argument: &Argument) -> String {
        let mut text = String::new();
        for piece in &argument.pieces {
            match piece {
                Piece::Text(more) | Piece::Glob(more) => text.push_str(more),
                Piece::Unknown(one) => {
                    self.values += 1;
                    let name = format!("{VALUE}{}", self.values);
                    text.push_str(&format!("${{{name}}}"));
                    let value = Value::Scalar(vec![Piece::Unknown(one.clone())]);
                    self.env.set(&name, value);
                }
            }
        }
        text
    }
}

/// Returns what a redirect does: `>&$X` names a file where `$X` is no number.
fn kind(redirect: &Redirect, target: &Argument) -> RedirectKind {
    let descriptor = |text: &str| text.trim_end_matches('-').bytes().all(|b| b.is_ascii_digit());
    match redirect.kind {
        RedirectKind::Duplicate
            if redirect.descriptor.is_none_or(|fd| fd == 1)
                && target.literal().is_some_and(|text| !descriptor(text)) =>
        {
            RedirectKind::Truncate
        }
        kind => kind,
    }
}
