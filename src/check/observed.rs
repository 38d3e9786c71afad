//! What a dry run showed, compared with what its steps declared.

use std::path::Path;

use super::context::Context;
use super::unit::Unit;
use crate::base::escape;
use crate::evidence::{Change, Declared, Effect, Place, StepDryRun};
use crate::plan::Step;
use crate::shell::{Argument, Command};

/// Paths that a message names.
const NAMED: usize = 3;
/// Characters of a path in a message.
const LONG: usize = 100;

/// Returns the steps of a dry run that declare their effects, each with what was seen of it.
pub fn declared<'a>(context: &'a Context<'_>) -> impl Iterator<Item = (&'a Step, &'a StepDryRun)> {
    let seen = context.seen.iter().flat_map(|seen| &seen.steps);
    seen.filter_map(|shown| Some((context.plan?.step(shown.id.as_str())?, shown)))
        .filter(|(step, _)| step.effects.is_some())
}

/// Returns what a step deleted beyond what it declares, as a sentence.
pub fn deleted_too_much(step: &Step, shown: &StepDryRun) -> Option<String> {
    let total = shown.total(Change::Deleted).entries;
    let most = step.effects.as_ref().and_then(|effects| effects.max_deletes);
    let mut said = Vec::new();
    if let Some(most) = most.filter(|most| total > *most) {
        said.push(format!("it deletes {total} entries and declares at most {most}"));
    }
    let deleted = |change: Change| change == Change::Deleted;
    said.extend(undeclared(shown, deleted).map(|paths| format!("it deletes {paths}, undeclared")));
    (!said.is_empty()).then(|| said.join("; "))
}

/// Names the paths that changed in such a way and are not declared, and says what could not be compared.
pub fn undeclared(shown: &StepDryRun, wanted: impl Fn(Change) -> bool) -> Option<String> {
    let files = shown.effects.iter().filter_map(|effect| match effect {
        Effect::File(file) if wanted(file.change) => Some(file),
        Effect::File(_)
        | Effect::Exec { .. }
        | Effect::Lookup { .. }
        | Effect::Connect { .. }
        | Effect::Denied { .. } => None,
    });
    let files: Vec<_> = files.collect();
    let paths = files.iter().filter(|file| file.declared == Declared::No);
    let paths: Vec<&Path> = paths.map(|file| file.path.as_path()).collect();
    let mut left_out = 0;
    for place in shown.summaries.iter().filter(|place| wanted(place.change)) {
        let there = files.iter().filter(|file| {
            let above = file.path.parent().unwrap_or(&file.path);
            let inside = if place.deep {
                above.starts_with(&place.directory)
            } else {
                above == place.directory
            };
            inside && file.change == place.change
        });
        let more = place.sum.entries.saturating_sub(there.count() as u64);
        left_out += if place.declared == Declared::No { more } else { 0 };
    }
    let mut said = Vec::new();
    if !paths.is_empty() {
        said.push(some(&paths));
    }
    if left_out > 0 {
        said.push(format!("{left_out} paths that were only counted and may be undeclared too"));
    }
    (!said.is_empty()).then(|| said.join(", and "))
}

fn some(paths: &[&Path]) -> String {
    let named: Vec<String> = paths.iter().take(NAMED).map(|path| short(path)).collect();
    match paths.len().saturating_sub(NAMED) {
        0 => named.join(", "),
        more => format!("{} and {more} more", named.join(", ")),
    }
}

fn short(path: &Path) -> String {
    let text = escape::bytes(path.as_os_str().as_encoded_bytes());
    let count = text.chars().count();
    if count <= LONG {
        return text;
    }
    let head: String = text.chars().take(LONG / 2).collect();
    let tail: String = text.chars().skip(count - LONG / 3).collect();
    format!("{head}[…]{tail}")
}

/// Returns the command of a step that deletes what a pattern, or another program, names.
pub fn deletes_by_pattern(context: &Context<'_>, step: &Step) -> Option<String> {
    let own = |unit: &&Unit<'_>| {
        unit.part == Place::Run && unit.step.is_some_and(|other| other.id == step.id)
    };
    let units = context.units.iter().filter(own);
    units.flat_map(|unit| unit.runs().map(move |run| (unit, run.command))).find_map(
        |(unit, command)| {
            is_pattern(unit, command).then(|| command.name().unwrap_or_default().to_owned())
        },
    )
}

fn is_pattern(unit: &Unit<'_>, command: &Command) -> bool {
    let open = |argument: &Argument| argument.has_glob() || argument.literal().is_none();
    match command.name() {
        Some("rm" | "unlink" | "shred" | "rmdir" | "mv" | "truncate") => {
            let handed =
                |wrapper: &String| matches!(wrapper.as_str(), "find" | "xargs" | "parallel");
            command.wrappers.iter().any(handed) || command.arguments().iter().any(open)
        }
        Some("find") => command.has("-delete"),
        Some("rsync") => unit
            .take_apart(command)
            .is_some_and(|call| call.flags.iter().any(|flag| flag.name.starts_with("del"))),
        Some(_) | None => false,
    }
}
