//! Ways through a script: what branches, loops, cases and lists do, and what is known behind them.

use super::assigned;
use super::ast::{Link, Loop, RedirectKind, Statement, StatementKind};
use super::command::Redirection;
use super::environment::{Value, Ways, unknown};
use super::function::runs_arguments;
use super::refine::{self, terminates};
use super::resolve::{Incoming, Resolver, holds_text};
use super::value::{Argument, Origin};

/// How many words of a loop are followed one by one, where they are commands.
const ROUNDS: usize = 12;

impl Resolver {
    pub(super) fn compound(&mut self, statement: &Statement) {
        let redirects = self.redirects(&statement.redirects);
        let (saved, standing) = (self.incoming.clone(), self.standing);
        if let Some(text) = redirects.iter().rev().find(|r| holds_text(r.kind)) {
            self.incoming = Some(Incoming::Text(text.target.clone()));
        }
        if redirects.iter().any(|r| !holds_text(r.kind)) {
            self.push(Vec::new(), redirects, statement.span, Vec::new());
            self.stand();
        }
        match &statement.kind {
            StatementKind::Group(body) => self.sequence(body),
            StatementKind::Subshell(body) => {
                let env = self.env.clone();
                self.sequence(body);
                self.env = env;
            }
            StatementKind::If { branches, otherwise } => {
                self.branches(branches, otherwise.as_deref());
            }
            StatementKind::Loop(one) => self.repeat(one),
            StatementKind::Case { word, arms } => {
                self.word(word);
                let before = self.env.clone();
                let mut after = Ways::from(&before);
                let catch_all = arms.iter().any(|arm| arm.patterns.iter().any(|p| p == "*"));
                let guarded = arms.iter().any(|arm| {
                    arm.patterns.iter().any(|p| p == "*") && terminates(&self.env, &arm.body)
                });
                for arm in arms {
                    self.env = before.clone();
                    for pattern in &arm.patterns {
                        self.expanded(pattern, statement.span);
                    }
                    refine::arm(&mut self.env, word, arm);
                    self.in_branch(&arm.body);
                    if !terminates(&self.env, &arm.body) {
                        let env = std::mem::take(&mut self.env);
                        after.add(env);
                    }
                }
                self.env = match (after.meet(), catch_all) {
                    (Some(after), true) => after,
                    (Some(mut after), false) => {
                        after.join(before);
                        after
                    }
                    (None, _) => before,
                };
                if guarded {
                    refine::sure(&mut self.env, word);
                }
            }
            StatementKind::Simple(_)
            | StatementKind::Pipeline(_)
            | StatementKind::List(_)
            | StatementKind::Condition(_)
            | StatementKind::Arithmetic(_)
            | StatementKind::Function { .. } => {}
        }
        (self.incoming, self.standing) = (saved, standing);
    }

    /// Notes that the output of what follows goes where the last command's does, where that is a file.
    pub(super) fn stand(&mut self) {
        let last = self.out.list.len().saturating_sub(1);
        let file = |r: &Redirection| {
            matches!(r.kind, RedirectKind::Truncate | RedirectKind::Append)
                && r.descriptor.is_none_or(|descriptor| descriptor == 1)
        };
        if self.out.list.get(last).is_some_and(|command| command.redirects.iter().any(file)) {
            self.standing = Some(last);
        }
    }

    pub(super) fn in_branch(&mut self, body: &[Statement]) {
        let conditional = std::mem::replace(&mut self.setting.conditional, true);
        self.sequence(body);
        self.setting.conditional = conditional;
    }

    fn question(&mut self, condition: &[Statement]) {
        let asked = std::mem::replace(&mut self.setting.asked, true);
        self.sequence(condition);
        self.setting.asked = asked;
    }

    fn branches(
        &mut self,
        branches: &[(Vec<Statement>, Vec<Statement>)],
        otherwise: Option<&[Statement]>,
    ) {
        let mut after = Ways::from(&self.env);
        for (condition, body) in branches {
            self.question(condition);
            let before = self.env.clone();
            refine::all(&mut self.env, condition, true);
            self.in_branch(body);
            let ends = terminates(&self.env, body);
            let env = std::mem::replace(&mut self.env, before);
            if !ends {
                after.add(env);
            }
            refine::all(&mut self.env, condition, false);
        }
        let ends = otherwise.is_some_and(|body| {
            self.in_branch(body);
            terminates(&self.env, body)
        });
        if !ends {
            let env = std::mem::take(&mut self.env);
            after.add(env);
        }
        if let Some(after) = after.meet() {
            self.env = after;
        }
    }

    fn repeat(&mut self, one: &Loop) {
        let before = self.env.clone();
        let (mut rounds, mut sure) = (Vec::new(), false);
        if let Some(name) = one.variable.as_deref().filter(|name| !name.is_empty()) {
            let items = one.words.as_deref().map(|words| self.words(words));
            let runs = one.body.iter().any(runs_arguments);
            rounds = items.as_deref().filter(|_| runs).map(commands_in).unwrap_or_default();
            let known = |items: &[Argument]| items.iter().any(|item| item.literal().is_some());
            sure = items.as_deref().is_some_and(known);
            let value = loop_value(name, items.as_deref());
            self.env.set(name, value);
        }
        let repeated = std::mem::replace(&mut self.setting.repeated, true);
        self.forget_changed(one);
        self.question(&one.condition);
        refine::all(&mut self.env, &one.condition, true);
        let rest = self.incoming.take();
        for round in rounds {
            if let Some(name) = &one.variable {
                let value = self.env.values.get(name).cloned();
                self.env.set(name, Value::Scalar(round.pieces));
                self.sequence(&one.body);
                self.env.restore(name, value);
            }
        }
        // A loop over words that are known runs, whatever happens.
        match sure {
            true => self.sequence(&one.body),
            false => self.in_branch(&one.body),
        }
        self.incoming = rest;
        self.setting.repeated = repeated;
        let variable = one.variable.as_deref().and_then(|v| self.env.values.get(v).cloned());
        self.env.join(before);
        if let (Some(name), Some(value)) = (&one.variable, variable) {
            self.env.set(name, value);
        }
    }

    /// What a loop assigns is not known at its start from the second round on.
    fn forget_changed(&mut self, one: &Loop) {
        let functions = self.env.functions.clone();
        let both = [&one.condition, &one.body];
        for statements in both {
            let Some(names) = assigned::by(statements, &functions, &mut self.looks) else {
                let span = statements.first().map(|s| s.span).unwrap_or_default();
                self.opaque(span, "a loop changes more than can be followed");
                return;
            };
            for name in names {
                self.env.forget(&name);
            }
        }
    }

    pub(super) fn list(&mut self, links: &[(Link, Statement)]) {
        let conditional = self.setting.conditional;
        let masked = self.setting.masked;
        for (index, (link, statement)) in links.iter().enumerate() {
            let next = links.get(index + 1);
            let asked = self.setting.asked;
            self.setting.asked |= next.is_some();
            self.setting.masked = masked
                || next.is_some_and(|(link, s)| *link == Link::Or && refine::does_nothing(s));
            if index == 0 {
                self.statement(statement);
                self.setting.asked = asked;
                continue;
            }
            let truth = *link == Link::And;
            self.setting.conditional = true;
            let before = self.env.clone();
            let (_, previous) = &links[index - 1];
            refine::statement(&mut self.env, previous, truth);
            self.statement(statement);
            self.setting.asked = asked;
            if terminates(&self.env, std::slice::from_ref(statement)) {
                self.env = before;
                refine::statement(&mut self.env, previous, !truth);
            } else if truth {
                // `a && b`: what follows runs either way, even under `-e`.
                let mut before = before;
                std::mem::swap(&mut self.env, &mut before);
                let cwd = before.cwd.clone();
                self.env.join(before);
                self.env.cwd = cwd;
            } else {
                self.env.join(before);
            }
        }
        self.setting.conditional = conditional;
        self.setting.masked = masked;
    }
}

/// Returns what the variable of a loop over these words is known to be.
fn loop_value(name: &str, items: Option<&[Argument]>) -> Value {
    let shown = format!("${name}");
    let Some(items) = items else {
        return Value::Scalar(vec![unknown(&shown, Origin::Argument, false)]);
    };
    match items {
        [only] if only.literal().is_some() => Value::Scalar(only.pieces.clone()),
        _ => {
            let outside = items.iter().any(|a| a.comes_from(Origin::Argument));
            let plain = |a: &Argument| {
                a.literal().is_some_and(|t| !t.is_empty() && !t.contains(char::is_whitespace))
            };
            let origin = match outside {
                true => Origin::Argument,
                // One of a list that stands here is one word, whatever it is.
                false if items.iter().all(plain) && !items.is_empty() => Origin::Variable,
                false => Origin::Found,
            };
            Value::Scalar(vec![unknown(&shown, origin, false)])
        }
    }
}

/// Returns the words of a loop that are commands with their arguments, each to be followed in a round of its own.
fn commands_in(items: &[Argument]) -> Vec<Argument> {
    let blank = |item: &&Argument| item.shown().trim().contains(char::is_whitespace);
    let found: Vec<Argument> = items.iter().filter(blank).cloned().collect();
    if items.len() < 2 || found.len() > ROUNDS { Vec::new() } else { found }
}
