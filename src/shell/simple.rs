//! One simple command on the way: its assignments, its redirects, its words.

use super::ast::{Assigned, Assignment, Redirect, RedirectKind, Simple, Statement};
use super::command::{Command, Redirection, Setting};
use super::environment::{Value, unknown, unknown_argument};
use super::refine;
use super::resolve::{Incoming, Resolver, holds_text};
use super::value::{Argument, Origin, Piece};
use crate::base::Span;

impl Resolver {
    pub(super) fn simple(&mut self, simple: &Simple, statement: &Statement) {
        let redirects = self.redirects(&statement.redirects);
        if simple.words.is_empty() || simple.declares {
            for assignment in &simple.assignments {
                self.assign(assignment);
            }
        } else {
            for assignment in &simple.assignments {
                if let Assigned::Scalar(word) = &assignment.value {
                    let value = self.word(word);
                    self.steered(&assignment.name, &value);
                }
            }
        }
        let words: Vec<Argument> = simple.words.iter().flat_map(|w| self.words(w)).collect();
        if words.is_empty() && redirects.is_empty() {
            if let Some(first) = simple.words.first() {
                self.opaque(first.span, "the name of the command may be empty");
            }
            return;
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
        self.incoming =
            input.or(if from_file { Some(Incoming::Unreadable) } else { saved.clone() });
        self.run(words, redirects, statement.span, Vec::new());
        self.incoming = saved;
    }

    fn assign(&mut self, assignment: &Assignment) {
        let value = match &assignment.value {
            Assigned::Scalar(word) => {
                let value = self.word(word);
                self.steered(&assignment.name, &value);
                let mut pieces = value.pieces;
                if assignment.append {
                    let mut before = self.env.lookup(&assignment.name);
                    if !self.env.values.contains_key(&assignment.name) {
                        before.clear();
                    }
                    before.append(&mut pieces);
                    pieces = before;
                }
                if assignment.indexed {
                    pieces =
                        vec![unknown(&format!("${}", assignment.name), Origin::Variable, false)];
                }
                Value::Scalar(pieces)
            }
            Assigned::Array(words) => {
                let mut items: Vec<Argument> = words.iter().flat_map(|w| self.words(w)).collect();
                if assignment.append
                    && let Some(Value::Array(before)) = self.env.values.get(&assignment.name)
                {
                    items = before.iter().cloned().chain(items).collect();
                }
                Value::Array(items)
            }
        };
        self.env.set(assignment.name.clone(), value);
    }

    pub(super) fn redirects(&mut self, from: &[Redirect]) -> Vec<Redirection> {
        from.iter()
            .map(|redirect| Redirection {
                kind: redirect.kind,
                descriptor: redirect.descriptor,
                target: self.word(&redirect.target),
                span: self.place(redirect.span),
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
        self.out.list.push(Command { index, words, wrappers, redirects, input, span, setting });
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
                    let name = format!("__value_{}", self.values);
                    text.push_str(&format!("${{{name}}}"));
                    let value = Value::Scalar(vec![Piece::Unknown(one.clone())]);
                    self.env.set(name, value);
                }
            }
        }
        text
    }
}
