//! What happens in a script when one of its commands fails.

use super::lookups::Spans;
use super::{Run, Unit};
use crate::base::Span;
use crate::shell::ast::{Statement, StatementKind, Word};

/// What follows from the failure of a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// The script ends.
    Stops,
    /// The script asks for the exit code, or the caller of the function does.
    Asked,
    /// The exit code is thrown away on purpose (`|| true`).
    Hidden,
    /// Nothing: the script goes on.
    Ignored,
    /// Not to be seen from here: in a trap, inside a word or a pipe.
    Elsewhere,
}

/// Returns what happens when a command of the unit fails.
pub fn outcome(unit: &Unit<'_>, run: Run<'_>) -> Outcome {
    let setting = &run.command.setting;
    if setting.deferred || setting.substituted {
        return Outcome::Elsewhere;
    }
    if setting.masked {
        return Outcome::Hidden;
    }
    if setting.asked {
        return Outcome::Asked;
    }
    if let Some(stage) = setting.stage
        && stage.position + 1 < stage.length
        && !setting.pipefail
    {
        return Outcome::Elsewhere;
    }
    if setting.errexit {
        return Outcome::Stops;
    }
    if trapped(unit) || status_read(unit, run) {
        return Outcome::Asked;
    }
    Outcome::Ignored
}

/// Tells whether a trap catches every failure (`trap … ERR`).
fn trapped(unit: &Unit<'_>) -> bool {
    let catches = || unit.named(&["trap"]).any(|run| run.command.has("ERR"));
    *unit.lookups.trapped.get_or_init(catches)
}

/// Tells whether the exit code is read: `$?`, `PIPESTATUS` or a `wait` before any other command ends.
fn status_read(unit: &Unit<'_>, run: Run<'_>) -> bool {
    let end = whole(unit, run).end;
    let statuses = || {
        let reads = |name: &str| matches!(name, "?" | "PIPESTATUS" | "pipestatus");
        let read = unit.commands.uses.iter().filter(|one| reads(&one.name));
        let mut starts: Vec<usize> = read.map(|one| one.span.start).collect();
        starts.sort_unstable();
        starts
    };
    let changing = || {
        let changes = |other: &Run<'_>| {
            !other.command.words.is_empty() && !other.command.is(&["}", "return"])
        };
        Spans::new(unit.runs().filter(changes).map(|other| (other.command.span, other.index)))
    };
    let statuses = unit.lookups.statuses.get_or_init(statuses);
    let Some(next) = statuses.get(statuses.partition_point(|start| *start < end)) else {
        return false;
    };
    let changed = unit.lookups.changing.get_or_init(changing).first_end(end);
    changed.is_none_or(|changed| changed > *next)
}

/// Returns the text of the pipeline a command belongs to, or its own.
pub fn whole(unit: &Unit<'_>, run: Run<'_>) -> Span {
    let pipeline = run.command.setting.stage.and_then(|s| unit.commands.pipelines.get(s.pipeline));
    pipeline.map_or(run.command.span, |p| p.span)
}

/// Returns the loops of a text that have no condition (`while true`) and are never left.
pub fn endless<'u>(unit: &'u Unit<'_>) -> &'u [Span] {
    unit.lookups.endless.get_or_init(|| loops_never_left(unit))
}

fn loops_never_left(unit: &Unit<'_>) -> Vec<Span> {
    let mut loops: Vec<Span> = Vec::new();
    each(&unit.script.statements, &mut |statement, _| {
        let StatementKind::Loop(one) = &statement.kind else { return };
        let [condition] = one.condition.as_slice() else { return };
        let StatementKind::Simple(simple) = &condition.kind else { return };
        let name = simple.words.first().and_then(Word::literal);
        if matches!(name.as_deref(), Some("true" | ":" | "false")) {
            loops.push(statement.span);
        }
    });
    let leaving = unit.named(&["break", "exit", "return"]);
    let leaving = Spans::new(leaving.map(|run| (run.command.span, run.index)));
    loops.retain(|span| !leaving.any_inside(*span));
    loops
}

/// Calls `look` with every statement of a script and the statements that follow it in the same sequence.
pub fn each<'s>(
    statements: &'s [Statement],
    look: &mut impl FnMut(&'s Statement, &'s [Statement]),
) {
    for (at, statement) in statements.iter().enumerate() {
        look(statement, &statements[at + 1..]);
        match &statement.kind {
            StatementKind::Pipeline(body)
            | StatementKind::Subshell(body)
            | StatementKind::Group(body) => each(body, look),
            StatementKind::List(links) => {
                for (_, one) in links {
                    each(std::slice::from_ref(one), look);
                }
            }
            StatementKind::If { branches, otherwise } => {
                for (condition, body) in branches {
                    each(condition, look);
                    each(body, look);
                }
                if let Some(body) = otherwise {
                    each(body, look);
                }
            }
            StatementKind::Loop(one) => {
                each(&one.condition, look);
                each(&one.body, look);
            }
            StatementKind::Case { arms, .. } => {
                for arm in arms {
                    each(&arm.body, look);
                }
            }
            StatementKind::Function { body, .. } => each(std::slice::from_ref(body), look),
            StatementKind::Simple(_)
            | StatementKind::Condition(_)
            | StatementKind::Arithmetic(_) => {}
        }
    }
}

/// Tells whether a span lies inside another.
pub fn within(inner: Span, outer: Span) -> bool {
    inner.start >= outer.start && inner.end <= outer.end
}
