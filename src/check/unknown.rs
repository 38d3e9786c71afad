//! Why the harm of a text is not known: every part that nobody can judge beforehand, with its place.

use std::collections::BTreeSet;

use super::{Context, Placed, Unit, risk, rules};
use crate::base::{Id, Lines, Position, Risk, Span};
use crate::evidence::{Finding, Place, Severity};
use crate::shell::Command;

/// A part of a file that makes its harm unknown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Doubt {
    /// The step, in a plan.
    pub step: Option<Id>,
    /// Which text of the step.
    pub part: Place,
    /// Where it begins in the file.
    pub start: Position,
    /// Where it ends in the file, just behind it.
    pub end: Position,
    /// Why nobody can judge it beforehand: lower case, no final period.
    pub why: String,
}

impl Doubt {
    /// Returns a reason at its place in the text of a file.
    pub(super) fn of(lines: &Lines<'_>, placed: Placed) -> Self {
        let (start, reason) = (placed.span.start, placed.finding);
        let end = start + placed.span.slice(lines.text()).trim_end().len();
        let (start, end) = (lines.position(start), lines.position(end));
        Self { step: reason.step, part: reason.part, start, end, why: reason.message }
    }
}

/// Returns every reason for which the harm of these texts is `unknown`, each once for a step's text, where it is met first.
/// They stand in the shape of findings, so that they are placed like those; none of them is one.
pub(super) fn reasons(context: &Context<'_>) -> Vec<Finding> {
    let mut reasons = Reasons::default();
    for unread in &context.unread {
        reasons.add(None, Place::Whole, unread.span, unread.why.clone());
    }
    if context.python.is_some() {
        let why = "what this Python script does beside the commands it starts is not judged";
        reasons.add(None, Place::Whole, Span::default(), why.to_owned());
    }
    for unit in &context.units {
        let rejected = context.facts.rejected.get(unit.text);
        let own = |unit: &Unit<'_>| context.plan.is_none() || unit.part != Place::Rollback;
        if !own(unit) {
            continue;
        }
        let mut add = |span: Span, why: String| {
            let span = unit.excerpt.as_ref().map_or(span, |excerpt| excerpt.span(span));
            reasons.add(unit.step.map(|step| &step.id), unit.part, span, why);
        };
        if unit.step.is_some() && !unit.language.is_shell() {
            add(Span::default(), format!("a step in {} is not judged", unit.language.word()));
        } else if let Some(message) = rejected {
            add(Span::default(), format!("bash does not read it: {message}"));
        } else if risk::of_unit(unit) == Risk::Unknown {
            of_unit(unit, &mut add);
        }
    }
    reasons.list
}

/// Returns the reason for a text that the checker could not look at.
pub(super) fn failed(why: &str) -> Vec<Finding> {
    vec![rules::unreadable(Place::Whole, None, why)]
}

fn of_unit(unit: &Unit<'_>, add: &mut impl FnMut(Span, String)) {
    if let Some(script) = unit.queries {
        for statement in script.statements.iter().filter(|one| one.risk == Risk::Unknown) {
            let why = statement.why.unwrap_or("what this statement does is not known");
            add(statement.span, why.to_owned());
        }
        if script.rest == Risk::Unknown {
            let end = unit.text.trim_end().len();
            add(Span::new(end, end), "what the client does behind this is not known".to_owned());
        }
        return;
    }
    for problem in &unit.script.problems {
        add(problem.span, format!("cannot be read: {}", problem.message));
    }
    for opaque in &unit.commands.opaque {
        add(opaque.span, opaque.why.clone());
    }
    for command in &unit.commands.list {
        if risk::of_command(unit, command) == Risk::Unknown {
            add(command.span, of_command(unit, command));
        }
    }
}

fn of_command(unit: &Unit<'_>, command: &Command) -> String {
    if let Some(path) = risk::written_to_run_later(unit, command) {
        return format!("what is written to {path} is run later, and not read");
    }
    match (command.program(), unit.take_apart(command)) {
        (None, _) => "which program runs is not known before it runs".to_owned(),
        (Some(program), None) => format!("what {program} does is not known"),
        (Some(program), Some(_)) => format!("what {program} does here is not known"),
    }
}

#[derive(Default)]
struct Reasons {
    list: Vec<Finding>,
    said: BTreeSet<(Option<Id>, Place, String)>,
}

impl Reasons {
    fn add(&mut self, step: Option<&Id>, part: Place, span: Span, why: String) {
        if !self.said.insert((step.cloned(), part, why.clone())) {
            return;
        }
        let mut reason = rules::unreadable(part, None, &why);
        reason.step = step.cloned();
        reason.severity = Severity::Low;
        reason.span = span;
        self.list.push(reason);
    }
}
