//! SH004: a value that the shell splits into several file names.

use std::collections::HashSet;

use crate::base::Span;
use crate::check::rule::{Example, Report, Rule, edit};
use crate::check::{Context, Run, Unit};
use crate::evidence::{Edit, Severity};
use crate::shell::{Argument, Origin, Piece, Unknown};

/// Without quotes a value is split at blanks, and its parts are file name patterns.
pub const RULE: Rule = Rule {
    code: "SH004",
    name: "unquoted-variable",
    severity: Severity::Low,
    summary: "a variable or substitution stands unquoted in a command that copies, moves or deletes files",
    why: "a blank in the value makes two names of one: files are missed, or others are deleted or overwritten",
    fix: "quote it: `\"$dir\"`, and use an array for several words",
    source: "bash(1), Word Splitting; ShellCheck SC2086",
    layer: "static",
    bad: &[
        Example::Script("for f in /srv/app/*; do cp $f /backup/app/; done\n"),
        Example::Script(
            r#"#!/bin/bash
set -euo pipefail
# keep the last seven, whatever they are called
cd /backup/wiki
ls -1t | tail -n +8 | while read -r old; do
  rm -rf $old
done
tar -czf "wiki-$(date +%F).tgz" -C /srv wiki
"#,
        ),
        Example::Script("SRC=$1\nrsync -a $SRC /backup/files/\n"),
    ],
    good: &[
        Example::Script("for f in /srv/app/*; do cp \"$f\" /backup/app/; done\n"),
        Example::Script(
            r#"#!/bin/bash
set -euo pipefail
SRC=/srv/app
STAMP=$(date +%F)
OPTS="-a --delete-after"
rsync $OPTS $SRC/ "/backup/app-$STAMP/"
dir=$(mktemp -d)
cp "$1" "$dir/"
rm -rf "$dir"
"#,
        ),
        Example::Script("n=$#\ntar -czf /backup/app-$(date +%F).tgz -C /srv app\nkill $!\n"),
        Example::Script("rsync -a ${EXTRA_OPTS:-} /srv/ /backup/srv/\n"),
    ],
    run,
};

fn run(context: &Context<'_>, report: &mut Report) {
    for unit in context.scripts() {
        for run in unit.named(&["cp", "mv", "rm", "tar", "rsync", "dd", "shred", "ln"]) {
            let Some(argument) = run.command.arguments().iter().find(|a| splits(a)) else {
                continue;
            };
            let message = format!("{} is split at blanks", argument.shown());
            let finding = report.add(&RULE, unit, argument.span, message);
            finding.edit = quoted(unit, argument);
            if deletes(run) && argument.unknowns().any(|u| u.origin == Origin::Found) {
                finding.severity = Severity::Medium;
            }
        }
    }
}

fn deletes(run: Run<'_>) -> bool {
    let short = |w: &&str| w.starts_with('-') && !w.starts_with("--") && w.contains(['r', 'R']);
    let recursive = run.command.literals().iter().any(|w| *w == "--recursive" || short(w));
    run.command.is(&["shred"])
        || run.command.is(&["rm"]) && recursive
        || run.command.is(&["rsync"])
            && run.command.literals().iter().any(|w| w.starts_with("--del"))
}

/// Tells whether a word holds a value that can be several words, where one is meant.
fn splits(argument: &Argument) -> bool {
    let list = |u: &Unknown| {
        let name = u.shown.to_ascii_lowercase();
        // Names that say that several words are meant.
        let several = [
            "opt", "arg", "flag", "files", "list", "exclude", "param", "include", "dirs", "paths",
            "@", "*",
        ];
        several.iter().any(|w| name.contains(w))
    };
    argument.unknowns().any(|u| {
        let open = matches!(u.origin, Origin::Found | Origin::Argument | Origin::Environment);
        !u.quoted
            && open
            && !list(u)
            && !matches!(u.shown.as_str(), "$#" | "$?" | "$!" | "$$" | "{}" | "$UID" | "$RANDOM")
    })
}

/// Returns the edit that puts quotes around a word that has none.
fn quoted(unit: &Unit<'_>, argument: &Argument) -> Option<Edit> {
    let text = unit.slice(argument.span);
    let plain = text.chars().all(|c| c.is_ascii_alphanumeric() || "$_/.{}-:".contains(c));
    // A function is followed at its calls, where the word may come from elsewhere in the text.
    let own = text.contains('$') && !text.is_empty();
    // A value from outside that is a word of its own may be none at all, or several.
    let whole = matches!(argument.pieces.as_slice(), [Piece::Unknown(u)] if u.origin == Origin::Environment);
    if !plain || !own || whole {
        return None;
    }
    // Who lists it or loops over it expects a pattern in it.
    if unit.lookups.listed.get_or_init(|| listed(unit.text)).contains(text) {
        return None;
    }
    edit(Span::new(argument.span.start, argument.span.end), format!("\"{text}\""))
}

/// Returns the words that a text lists or loops over.
fn listed(text: &str) -> HashSet<String> {
    let starts =
        [("$(", "ls "), ("`", "ls "), (" ", "in ")].into_iter().flat_map(|(sign, head)| {
            let found = text.match_indices(head).filter(move |(at, _)| text[..*at].ends_with(sign));
            found.map(|(at, head)| at + head.len())
        });
    let word = |start: usize| {
        let end = text[start..].find([' ', ';', ')', '`', '\n'])?;
        Some(text[start..start + end].to_owned())
    };
    starts.filter_map(word).collect()
}
