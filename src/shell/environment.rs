//! What is known of the variables while a script is followed.

use std::collections::{BTreeSet, HashSet};
use std::rc::Rc;
use std::sync::Arc;

use super::ast::Statement;
use super::shared::Shared;
use super::value::{Argument, Origin, Piece, Unknown};
use crate::base::Span;

/// How the names start that stand for unknown values in text that is parsed again.
pub(super) const VALUE: &str = "__value_";

/// The value of a variable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Value {
    /// One value, in pieces; none when it is empty.
    Scalar(Vec<Piece>),
    /// The elements of an array.
    Array(Vec<Argument>),
}

/// A function of the script.
#[derive(Debug, Clone)]
pub(super) struct Function {
    pub(super) body: Arc<Statement>,
    /// What other branches define it as.
    pub(super) others: Vec<Arc<Statement>>,
    /// Whether what it runs can depend on its arguments.
    pub(super) runs_arguments: bool,
    /// Whether every way here defines it; if not, its name can also be a program's.
    pub(super) sure: bool,
}

impl Function {
    /// Returns the function of two ways that meet: the bodies of both.
    fn or(&self, other: Option<&Self>) -> Self {
        let mut both = self.clone();
        let Some(other) = other else {
            return Self { sure: false, ..both };
        };
        for body in other.bodies() {
            if !both.bodies().any(|own| Arc::ptr_eq(own, body)) {
                both.others.push(Arc::clone(body));
            }
        }
        both.runs_arguments |= other.runs_arguments;
        both.sure &= other.sure;
        both
    }

    /// Returns what it can be, its own body first.
    pub(super) fn bodies(&self) -> impl Iterator<Item = &Arc<Statement>> {
        std::iter::once(&self.body).chain(&self.others)
    }
}

/// What of its variables a shell hands to another one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Passed {
    /// Those that are exported.
    Exported,
    /// None: the other shell runs on another machine.
    Nothing,
}

/// Variables, functions, aliases and the working directory at one point of a script.
#[derive(Debug, Clone, Default)]
pub(super) struct Environment {
    pub(super) values: Shared<Value>,
    pub(super) functions: Shared<Function>,
    /// What each alias stands for, in every branch that sets it.
    pub(super) aliases: Shared<Vec<String>>,
    /// Arguments of the script or function, from `$1`; nothing when they are not known.
    pub(super) arguments: Option<Rc<Vec<Argument>>>,
    /// Whether a test has made sure that arguments are there.
    pub(super) arguments_checked: bool,
    /// Variables that programs are given.
    pub(super) exported: Rc<HashSet<String>>,
    pub(super) cwd: Option<String>,
    pub(super) errexit: bool,
    pub(super) nounset: bool,
    pub(super) pipefail: bool,
}

impl Environment {
    /// Sets a variable.
    pub(super) fn set(&mut self, name: &str, value: Value) {
        self.values.insert(name, value);
    }

    /// Becomes the environment of a shell that this one starts.
    pub(super) fn enter_shell(&mut self, passed: Passed) {
        let exported = Rc::clone(&self.exported);
        let kept = |name: &str| {
            passed == Passed::Exported && exported.contains(name) || name.starts_with(VALUE)
        };
        self.values.retain(kept);
        (self.functions, self.aliases) = Default::default();
    }

    /// Notes that programs are given a variable.
    pub(super) fn export(&mut self, name: &str) {
        if !self.exported.contains(name) {
            Rc::make_mut(&mut self.exported).insert(name.to_owned());
        }
    }

    /// Sets a variable back to what it was.
    pub(super) fn restore(&mut self, name: &str, value: Option<Value>) {
        match value {
            Some(value) => self.values.insert(name, value),
            None => self.values.remove(name),
        }
    }

    /// Forgets the value of a variable that may have been changed.
    pub(super) fn forget(&mut self, name: &str) {
        if self.values.contains(name) {
            let before = self.lookup(name);
            let origin = first_origin(&before).unwrap_or(Origin::Variable);
            let empty = can_be_empty(&before);
            self.set(name, Value::Scalar(vec![unknown(&format!("${name}"), origin, empty)]));
        }
    }

    /// Returns the pieces of a variable.
    pub(super) fn lookup(&self, name: &str) -> Vec<Piece> {
        if let Some(value) = self.values.get(name) {
            return match value {
                Value::Scalar(pieces) => pieces.clone(),
                Value::Array(items) => items.first().map(|a| a.pieces.clone()).unwrap_or_default(),
            };
        }
        if let Ok(position) = name.parse::<usize>() {
            if position == 0 {
                return vec![unknown("$0", Origin::Argument, false)];
            }
            return match &self.arguments {
                Some(given) => {
                    given.get(position - 1).map(|a| a.pieces.clone()).unwrap_or_default()
                }
                None => {
                    vec![unknown(&format!("${name}"), Origin::Argument, !self.arguments_checked)]
                }
            };
        }
        let shown = format!("${name}");
        let sure = matches!(
            name,
            "HOME"
                | "PWD"
                | "OLDPWD"
                | "USER"
                | "HOSTNAME"
                | "RANDOM"
                | "SECONDS"
                | "UID"
                | "EUID"
                | "PPID"
                | "SHELL"
                | "PATH"
                | "BASH_SOURCE"
                | "LINENO"
                | "FUNCNAME"
                | "EPOCHSECONDS"
                | "#"
                | "?"
                | "$"
                | "!"
                | "BASHPID"
                | "BASH_VERSION"
                | "OSTYPE"
                | "LOGNAME"
                | "IFS"
        );
        if name == "PWD"
            && let Some(cwd) = &self.cwd
        {
            return vec![Piece::Text(cwd.clone())];
        }
        vec![unknown(&shown, Origin::Environment, !sure)]
    }

    /// Notes that a variable is not empty from here on.
    pub(super) fn make_sure(&mut self, name: &str) {
        if name == "#" || name == "@" || name == "*" {
            self.arguments_checked = true;
            return;
        }
        let mut pieces = self.lookup(name);
        let sure = pieces.iter().any(|p| match p {
            Piece::Text(text) | Piece::Glob(text) => !text.is_empty(),
            Piece::Unknown(u) => !u.may_be_empty,
        });
        if sure || pieces.is_empty() {
            return;
        }
        if let [Piece::Unknown(only)] = pieces.as_mut_slice() {
            only.may_be_empty = false;
        }
        if !matches!(self.values.get(name), Some(Value::Array(_))) {
            self.set(name, Value::Scalar(pieces));
        }
    }

    /// Merges what another way through the script leaves behind: what differs is not known.
    pub(super) fn join(&mut self, other: Environment) {
        for name in self.values.differing(&other.values) {
            let merged = self.merged(&other, &name);
            self.set(&name, merged);
        }
        self.join_settings(other);
    }

    /// Merges what is left behind by another way, which differs from this one in these names alone or was merged with what
    /// this one knows of the others.
    fn join_in(&mut self, mut other: Environment, names: &BTreeSet<String>) {
        for name in names {
            if self.values.get(name) != other.values.get(name) {
                let merged = self.merged(&other, name);
                other.set(name, merged);
            }
        }
        self.values = std::mem::take(&mut other.values);
        self.join_settings(other);
    }

    /// Returns what is known of a variable behind two ways on which it differs.
    fn merged(&self, other: &Self, name: &str) -> Value {
        let ours = self.lookup(name);
        let theirs = other.lookup(name);
        let empty = can_be_empty(&ours) || can_be_empty(&theirs);
        let origin = match (first_origin(&ours), first_origin(&theirs)) {
            (Some(a), Some(b)) if a == b => a,
            _ => Origin::Variable,
        };
        Value::Scalar(vec![unknown(&format!("${name}"), origin, empty)])
    }

    /// Tells whether both know the same of what they hold no value of.
    fn is_like(&self, other: &Self) -> bool {
        let arguments = match (&self.arguments, &other.arguments) {
            (Some(ours), Some(theirs)) => Rc::ptr_eq(ours, theirs),
            (None, None) => true,
            (Some(_), None) | (None, Some(_)) => false,
        };
        arguments && self.cwd == other.cwd && self.arguments_checked == other.arguments_checked
    }

    fn join_settings(&mut self, other: Environment) {
        if self.cwd != other.cwd {
            self.cwd = None;
        }
        self.functions.merge(&other.functions, Function::or);
        self.aliases.merge(&other.aliases, |ours, theirs| {
            let new = theirs.into_iter().flatten().filter(|text| !ours.contains(text));
            ours.iter().chain(new).cloned().collect()
        });
        self.arguments_checked &= other.arguments_checked;
        self.errexit &= other.errexit;
        self.nounset &= other.nounset;
        self.pipefail &= other.pipefail;
    }
}

/// Ways through a script that begin at one place and meet at another: many branches cost what each of them changes.
pub(super) struct Ways {
    start: Environment,
    /// What those that met leave behind, and the variables that every one of them changed.
    met: Option<(Environment, BTreeSet<String>)>,
}

impl Ways {
    /// Returns no way yet, from a place where this is known.
    pub(super) fn from(start: &Environment) -> Self {
        Self { start: start.clone(), met: None }
    }

    /// Adds a way that leaves this behind.
    pub(super) fn add(&mut self, mut env: Environment) {
        let changed: BTreeSet<String> =
            env.values.differing(&self.start.values).into_iter().collect();
        let Some((met, always)) = self.met.take() else {
            self.met = Some((env, changed));
            return;
        };
        let always = match env.is_like(&self.start) {
            true => {
                // What neither this way nor all before it changed was merged with what was known at the start.
                env.join_in(met, &changed.union(&always).cloned().collect());
                always.intersection(&changed).cloned().collect()
            }
            false => {
                env.join(met);
                always
            }
        };
        self.met = Some((env, always));
    }

    /// Returns what is known where they meet; nothing where there is no way.
    pub(super) fn meet(self) -> Option<Environment> {
        self.met.map(|(env, _)| env)
    }
}

fn first_origin(pieces: &[Piece]) -> Option<Origin> {
    match pieces {
        [Piece::Unknown(u)] => Some(u.origin),
        _ => None,
    }
}

/// Tells whether a value can turn out empty.
pub(super) fn can_be_empty(pieces: &[Piece]) -> bool {
    pieces.iter().all(|p| match p {
        Piece::Text(text) | Piece::Glob(text) => text.is_empty(),
        Piece::Unknown(u) => u.may_be_empty,
    })
}

/// Returns a piece only the run knows.
pub(super) fn unknown(shown: &str, origin: Origin, may_be_empty: bool) -> Piece {
    Piece::Unknown(Unknown { shown: shown.to_owned(), origin, may_be_empty, quoted: true })
}

/// Returns an argument only the run knows.
pub(super) fn unknown_argument(shown: &str, origin: Origin, span: Span) -> Argument {
    Argument::new(vec![unknown(shown, origin, false)], span)
}
