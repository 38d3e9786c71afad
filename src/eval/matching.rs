//! Which steps of a plan a predicate holds for, and where it fails when it holds for none.

use super::deeds::Does;
use super::look::{Look, Looked, Ran};
use super::pattern::{CommandPattern, Deed, Part, Pattern};
use super::scenario::Scenario;
use crate::shell::path::within;

/// Which texts of a step count where a pattern does not say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Something must be there: what only a rollback does is not done.
    Wanted,
    /// Something must not be there, nor in a rollback.
    Unwanted,
}

/// A plan beside a scenario.
#[derive(Debug, Clone, Copy)]
pub struct Matching<'a> {
    /// The plan.
    pub look: &'a Look,
    /// The scenario, for its groups.
    pub scenario: &'a Scenario,
    /// What the texts are looked at for.
    pub purpose: Purpose,
}

impl Matching<'_> {
    /// Returns the places, in the order of the run, of the steps that are like the pattern.
    pub fn steps(&self, pattern: &Pattern) -> Vec<usize> {
        let all = 0..self.look.steps.len();
        all.filter(|at| CONDITIONS.iter().all(|(_, holds)| holds(self, pattern, *at))).collect()
    }

    /// Returns the places of the steps that are like any of the patterns.
    pub fn any(&self, patterns: &[Pattern]) -> Vec<usize> {
        let mut places: Vec<usize> = patterns.iter().flat_map(|one| self.steps(one)).collect();
        places.sort_unstable();
        places.dedup();
        places
    }

    /// Returns the places of the steps of a group.
    pub fn group(&self, name: &crate::base::Id) -> Vec<usize> {
        Matching { purpose: Purpose::Wanted, ..*self }.any(self.scenario.group(name))
    }

    /// Says what stands in the way of a pattern: the first condition that no step is left for.
    pub fn why_not(&self, pattern: &Pattern) -> String {
        let mut left: Vec<usize> = (0..self.look.steps.len()).collect();
        for (name, holds) in CONDITIONS {
            let rest: Vec<usize> =
                left.iter().copied().filter(|at| holds(self, pattern, *at)).collect();
            if rest.is_empty() {
                let near: Vec<&str> =
                    left.iter().take(3).map(|at| self.look.steps[*at].id.as_str()).collect();
                return match left.len() {
                    0 => format!("there is no step {}", said(pattern, name)),
                    all if all == self.look.steps.len() => {
                        format!("no step {}", said(pattern, name))
                    }
                    _ => format!("no step {} (looked at {})", said(pattern, name), near.join(", ")),
                };
            }
            left = rest;
        }
        "another predicate already counts that step".into()
    }
}

type Condition = (&'static str, fn(&Matching<'_>, &Pattern, usize) -> bool);

/// The conditions of a pattern, from the coarse to the fine.
const CONDITIONS: &[Condition] = &[
    ("kind", |all, pattern, at| {
        pattern.kind.is_empty() || pattern.kind.contains(&all.look.steps[at].kind)
    }),
    ("asset", |all, pattern, at| {
        let asset = &all.look.steps[at].asset;
        pattern.asset.is_empty() || asset.as_ref().is_some_and(|id| pattern.asset.contains(id))
    }),
    ("host", |all, pattern, at| {
        let hosts = &all.look.steps[at].hosts;
        pattern.host.is_empty()
            || pattern.host.iter().any(|id| hosts.iter().any(|host| host == id.as_str()))
    }),
    ("phase", |all, pattern, at| {
        let phase = all.look.steps[at].phase;
        pattern.phase.is_empty() || phase.is_some_and(|phase| pattern.phase.contains(&phase))
    }),
    ("risk", |all, pattern, at| pattern.risk.is_none_or(|risk| all.look.steps[at].risk >= risk)),
    ("runs", |all, pattern, at| {
        pattern.runs.as_ref().is_none_or(|runs| runs_like(&all.look.steps[at], runs, all.purpose))
    }),
    ("before", |all, pattern, at| {
        pattern.before.iter().all(|group| all.group(group).first().is_some_and(|first| at < *first))
    }),
    ("after", |all, pattern, at| {
        pattern.after.iter().all(|group| all.group(group).first().is_some_and(|first| at > *first))
    }),
];

/// Says a condition of a pattern as the rest of a sentence.
fn said(pattern: &Pattern, condition: &str) -> String {
    let list = |words: Vec<String>| words.join(" or ");
    let ids = |ids: &[crate::base::Id]| list(ids.iter().map(ToString::to_string).collect());
    match condition {
        "kind" => {
            format!("of kind {}", list(pattern.kind.iter().map(ToString::to_string).collect()))
        }
        "asset" => format!("about {}", ids(&pattern.asset)),
        "host" => format!("on {}", ids(&pattern.host)),
        "phase" => {
            format!("in phase {}", list(pattern.phase.iter().map(ToString::to_string).collect()))
        }
        "risk" => format!("of risk {} or more", pattern.risk.map_or("", crate::base::Risk::word)),
        "before" => format!("before {}", ids(&pattern.before)),
        "after" => format!("behind {}", ids(&pattern.after)),
        _ => pattern.runs.as_ref().map_or_else(String::new, runs_said),
    }
}

fn runs_said(runs: &CommandPattern) -> String {
    let mut parts = vec![];
    if !runs.tool.is_empty() {
        parts.push(format!("runs {}", runs.tool.join(" or ")));
    }
    if !runs.does.is_empty() {
        let deeds: Vec<&str> = runs.does.iter().map(|deed| deed.word()).collect();
        let on =
            if runs.on.is_empty() { String::new() } else { format!(" {}", runs.on.join(" or ")) };
        parts.push(format!("{}{on}", deeds.join(" or ")));
    }
    if !runs.sql.is_empty() {
        parts.push(format!("runs the statement {}", runs.sql.join(" or ")));
    }
    if !runs.words.is_empty() {
        parts.push(format!("has the words {}", runs.words.join(" ")));
    }
    format!("that {}", parts.join(" and "))
}

fn runs_like(step: &Looked, pattern: &CommandPattern, purpose: Purpose) -> bool {
    let counts = |part: Part| match (pattern.part.is_empty(), purpose) {
        (false, _) => pattern.part.contains(&part),
        (true, Purpose::Wanted) => part != Part::Rollback,
        (true, Purpose::Unwanted) => true,
    };
    step.commands.iter().any(|ran| counts(ran.part) && is_like(ran, pattern))
}

/// Tells whether one command is like the pattern.
pub fn is_like(ran: &Ran, pattern: &CommandPattern) -> bool {
    let tool = pattern.tool.is_empty() || pattern.tool.contains(&ran.tool);
    let does = pattern.does.is_empty()
        || ran.effect.does.iter().any(|does| {
            pattern.does.contains(&does.deed)
                && (pattern.on.is_empty() || pattern.on.iter().any(|on| touches(does, on)))
        });
    let sql =
        pattern.sql.is_empty()
            || ran.effect.statements.iter().any(|statement| {
                pattern.sql.iter().any(|start| statement.starts_with(start.as_str()))
            });
    let words = pattern.words.iter().all(|word| ran.words.iter().any(|one| one == word));
    tool && does && sql && words
}

/// Tells whether what is done is done to `on`.
fn touches(does: &Does, on: &str) -> bool {
    match does.deed {
        deed if deed.is_to_path() => {
            // Whoever deletes or renames a directory does that to everything in it.
            let whole = matches!(deed, Deed::Deletes | Deed::Moves) && does.on.starts_with('/');
            within(&does.on, on) || whole && within(on, does.on.trim_end_matches('*'))
        }
        Deed::Fetches | Deed::Sends => does.on.contains(on),
        Deed::Stops | Deed::Starts | Deed::Promotes | Deed::RunsUnseen => does.on == on,
        Deed::Reads | Deed::Writes | Deed::Moves | Deed::Deletes => does.on == on,
    }
}
