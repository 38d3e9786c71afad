//! RT005: the end of the list that is deleted holds the newest copies.

use std::collections::BTreeSet;

use crate::base::Span;
use crate::check::names::{is_archive, looks_backup};
use crate::check::outcome::{each, within};
use crate::check::rule::{Example, Report, Rule};
use crate::check::{Context, Unit};
use crate::evidence::Severity;
use crate::shell::Command;
use crate::shell::ast::StatementKind;

/// Which way a list is sorted, and which end of it goes on.
pub const RULE: Rule = Rule {
    code: "RT005",
    name: "newest-deleted",
    severity: Severity::Critical,
    summary: "a list of backups is sorted, and the end that is deleted is the newest one",
    why: "every run deletes what it has just made and keeps the oldest copies for ever",
    fix: "newest first and the tail deleted (`ls -t | tail -n +8`), or oldest first and the head (`sort | head -n -7`); look at what is printed before `rm` gets it",
    source: "ls(1), -t: newest first, -r: reverse; tail(1), -n +NUM; measured: with files of 1, 2 and 3 days `ls -tr | tail -n +3` prints the one of 1 day",
    layer: "static",
    bad: &[
        Example::Script(
            r#"#!/bin/bash
set -euo pipefail
dir=/backup/app
tar -C /srv -czf "$dir/app-$(date -u +%Y%m%d%H%M).tar.gz" app
# keep seven
cd "$dir"
ls -1tr app-*.tar.gz | tail -n +8 | xargs -r rm --
"#,
        ),
        Example::Script(
            "for old in $(ls -t /backup/*.dump | head -n -7); do rm -f \"$old\"; done\n",
        ),
        Example::Script(
            "find /backup/pg -name '*.dump' -printf '%T@ %p\\n' | sort -n | tail -n +15 | cut -d' ' -f2- | while read -r f; do rm \"$f\"; done\n",
        ),
        Example::Script("rm -rf $(ls -d /backup/daily/2* | sort -r | head -n 10)\n"),
    ],
    good: &[
        Example::Script(
            r#"#!/bin/bash
set -euo pipefail
dir=/backup/app
tar -C /srv -czf "$dir/app-$(date -u +%Y%m%d%H%M).tar.gz" app
cd "$dir"
ls -1t app-*.tar.gz | tail -n +8 | xargs -r rm --
ls -1tr app-*.tar.gz | head -n -7 | xargs -r rm --
"#,
        ),
        Example::Script(
            "find /backup/pg -name '*.dump' -printf '%T@ %p\\n' | sort -rn | tail -n +15 | cut -d' ' -f2- | xargs -r rm\nfind /backup -mindepth 1 -maxdepth 1 -type d | sort | head -n -14 | xargs -r rm -rf\n",
        ),
        Example::Script(
            "# the one that broke off goes\npart=$(ls -t /backup/*.dump | head -n 1)\npg_restore -l \"$part\" > /dev/null || rm \"$part\"\nls -t /backup | head -n 5\n",
        ),
    ],
    run,
};

/// Which way a list is sorted by time.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Order {
    NewestFirst,
    OldestFirst,
}

impl Order {
    fn turned(self, turned: bool) -> Self {
        match (self, turned) {
            (Self::NewestFirst, true) | (Self::OldestFirst, false) => Self::OldestFirst,
            (Self::OldestFirst, true) | (Self::NewestFirst, false) => Self::NewestFirst,
        }
    }
}

/// Which end of a list goes on.
#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    Head,
    Tail,
}

fn run(context: &Context<'_>, report: &mut Report) {
    for unit in context.scripts() {
        let cut = unit.named(&["head", "tail", "sed", "awk"]);
        let indices: BTreeSet<usize> =
            cut.filter_map(|run| run.command.setting.stage).map(|stage| stage.pipeline).collect();
        for index in indices {
            let Some(pipeline) = unit.commands.pipelines.get(index) else { continue };
            let stages: Vec<&Command> = unit
                .commands
                .list
                .iter()
                .filter(|c| c.setting.stage.is_some_and(|s| s.pipeline == index))
                .collect();
            let about = stages.iter().any(|c| c.is(&["ls", "find", "stat"]) && of_backups(c));
            if !about || passed(&stages) != Some(true) {
                continue;
            }
            let here = stages.iter().any(|c| removes(c));
            if here || deleted_later(unit, pipeline.span) {
                let message = "what is deleted here are the newest; the oldest are kept".to_owned();
                report.add(&RULE, unit, pipeline.span, message);
            }
        }
    }
}

/// Tells whether what comes out of a pipeline are the newest of a list; none where nothing says so.
fn passed(stages: &[&Command]) -> Option<bool> {
    let (mut order, mut end): (Option<Order>, Option<End>) = (None, None);
    for command in stages {
        let words = command.literals();
        let letter = |c: char| {
            words.iter().any(|w| {
                w.strip_prefix('-').is_some_and(|rest| {
                    rest.contains(c)
                        && !rest.starts_with('-')
                        && rest.chars().all(|c| c.is_ascii_alphanumeric())
                })
            })
        };
        let has = |word: &str| words.iter().any(|w| w.starts_with(word));
        match command.name() {
            Some("ls") if letter('S') || letter('X') || letter('U') || has("--sort=size") => {
                return None;
            }
            Some("ls") => {
                let timed = letter('t') || has("--sort=time");
                let first = if timed { Order::NewestFirst } else { Order::OldestFirst };
                order = Some(first.turned(letter('r') || has("--reverse")));
            }
            Some("sort") if letter('R') || letter('S') => return None,
            Some("sort") => {
                let reversed = letter('r')
                    || has("--reverse")
                    || words.iter().any(|w| w.starts_with("-k") && w.ends_with('r'));
                order = Some(Order::OldestFirst.turned(reversed));
            }
            Some("tac") => order = order.map(|order| order.turned(true)),
            Some("head" | "tail") if end.is_some() => return None,
            Some(name @ ("head" | "tail")) => {
                let one = words.iter().any(|w| matches!(*w, "-1" | "-n1" | "1" | "-n 1"));
                if one {
                    return None;
                }
                end = Some(if name == "head" { End::Head } else { End::Tail });
            }
            Some("sed") => {
                let cut = words.iter().any(|w| w.starts_with("1,") && w.ends_with('d'));
                end = if cut { Some(End::Tail) } else { end };
            }
            Some("awk") => {
                let cut = words.iter().any(|w| w.replace(' ', "").starts_with("NR>"));
                end = if cut { Some(End::Tail) } else { end };
            }
            Some(_) | None => {}
        }
    }
    Some(matches!(
        (order?, end?),
        (Order::NewestFirst, End::Head) | (Order::OldestFirst, End::Tail)
    ))
}

/// Tells whether a command lists copies: by the place or the pattern it names, or by where it stands.
fn of_backups(command: &Command) -> bool {
    let about = |path: &str| looks_backup(path) || is_archive(path.trim_end_matches('*'));
    command.setting.cwd.as_deref().is_some_and(looks_backup)
        || command.arguments().iter().any(|a| about(&command.path(a)))
}

fn removes(command: &Command) -> bool {
    command.is(&["rm", "unlink", "shred", "rmdir"])
}

/// Tells whether what a substitution puts out is deleted: as arguments of a command, or by a loop over it.
fn deleted_later(unit: &Unit<'_>, list: Span) -> bool {
    let mut found = unit.runs().any(|run| {
        removes(run.command)
            && within(list, run.command.span)
            && !run.command.setting.substituted
            && list != run.command.span
    });
    each(&unit.script.statements, &mut |statement, _| {
        if let StatementKind::Loop(one) = &statement.kind
            && one.words.iter().flatten().any(|word| within(list, word.span))
        {
            let body = |span: Span| one.body.iter().any(|s| within(span, s.span));
            found |= unit.runs().any(|run| removes(run.command) && body(run.command.span));
        }
    });
    found
}
