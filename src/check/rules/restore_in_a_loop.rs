//! LL012: a restore that never stops.

use crate::base::{Risk, Span};
use crate::check::lookups::Spans;
use crate::check::names::looks_backup;
use crate::check::risk;
use crate::check::rule::{Example, Report, Rule};
use crate::check::{Context, Python, Run, TokenKind, Unit};
use crate::evidence::{Place, Severity};

/// A restore is done once, by decision.
pub const RULE: Rule = Rule {
    code: "LL012",
    name: "restore-in-a-loop",
    severity: Severity::High,
    summary: "data is replaced in a loop that has no end",
    why: "every turn throws away what was written since the last one; live data is destroyed every hour without anybody deciding it",
    fix: "run it once, behind a check and a decision",
    source: "published runbook: `while True` around a restore",
    layer: "static",
    bad: &[
        Example::Script(
            "while true; do\n  rsync -a --delete /backup/app/ /srv/app/\n  sleep 3600\ndone\n",
        ),
        Example::Script(
            "for ((;;)); do cp -a /backup/db.sqlite /srv/app/db.sqlite; sleep 60; done\n",
        ),
        Example::Script(
            "#!/usr/bin/env python3\nimport shutil, time\nwhile True:\n    shutil.copytree('/backup/data', '/srv/data', dirs_exist_ok=True)\n    time.sleep(3600)\n",
        ),
    ],
    good: &[
        Example::Script(
            "while true; do\n  if pg_isready; then break; fi\n  sleep 1\ndone\nrsync -a --delete /backup/app/ /srv/app/\n",
        ),
        Example::Script("while true; do date; sleep 60; done\n"),
        Example::Script(
            "#!/bin/bash\n# a second copy, every hour\nset -e\nwhile true; do\n  rsync -a --delete /srv/app/ /backup/app/\n  sleep 3600\ndone\n",
        ),
        Example::Script(
            r#"#!/usr/bin/env python3
"""Hands new files on; the restore of a copy is done by hand."""
import os
import time


def work(folder):
    for name in os.listdir(folder):
        os.replace(os.path.join(folder, name), os.path.join("/srv/app/incoming", name))
        os.remove(os.path.join("/srv/app/marks", name))


while True:
    work("/srv/app/outgoing")
    time.sleep(5)
"#,
        ),
        Example::Script(
            "while read -r name; do cp -a \"/backup/$name\" \"/srv/restored/$name.new\"; done < /backup/list\n",
        ),
        Example::Script(
            "#!/usr/bin/env python3\nimport shutil, time\nwhile True:\n    if ready():\n        break\n    time.sleep(1)\nshutil.copytree('/backup/data', '/srv/restored')\n",
        ),
    ],
    run,
};

fn run(context: &Context<'_>, report: &mut Report) {
    let mut found = false;
    for unit in context.scripts().filter(|unit| unit.part != Place::Rollback) {
        let loops = endless(unit);
        if loops.is_empty() {
            continue;
        }
        let heavy = |run: &Run<'_>| {
            risk::of_command(unit, run.command) == Risk::Destructive
                // What only takes away, or puts a file in its place, restores nothing.
                && !run.command.is(&["rm", "rmdir", "unlink", "mv"])
                && !makes_a_copy(unit, *run)
        };
        let heavy = Spans::new(unit.runs().filter(heavy).map(|run| (run.command.span, run.index)));
        for (start, end) in loops {
            if let Some(index) = heavy.inside(Span::new(start + 1, end)).min() {
                let run = Run { index, command: &unit.commands.list[index] };
                found = true;
                let message = "data is replaced again and again, without end".to_owned();
                report.add(&RULE, unit, run.command.span, message);
            }
        }
    }
    if let Some(python) = context.python.as_ref().filter(|_| !found) {
        python_loops(python, report);
    }
}

/// Tells whether a command only replaces copies, by data that is none.
fn makes_a_copy(unit: &Unit<'_>, run: Run<'_>) -> bool {
    let copies = unit.copies(run.command);
    !copies.is_empty() && copies.iter().all(|(from, to)| looks_backup(to) && !looks_backup(from))
}

/// Returns the loops of a script that have no condition and are never left.
fn endless(unit: &Unit<'_>) -> Vec<(usize, usize)> {
    let heads = [
        "while true",
        "while :",
        "while [ 1 ]",
        "while [[ 1 ]]",
        "until false",
        "for ((;;))",
        "for (( ; ; ))",
    ];
    let text = unit.text;
    let heads: Vec<&str> = heads.into_iter().filter(|head| text.contains(head)).collect();
    if heads.is_empty() {
        return vec![];
    }
    let leaving = ["break", "exit", "return", "exec "].into_iter().flat_map(|word| {
        text.match_indices(word).map(move |(at, _)| (Span::new(at, at + word.len()), at))
    });
    let leaving = Spans::new(leaving);
    let bodies = Bodies::of(text);
    let starts = heads.into_iter().flat_map(|head| text.match_indices(head).map(|(at, _)| at));
    let loops = starts.map(|start| (start, bodies.end_of_loop(start).unwrap_or(text.len())));
    loops.filter(|(start, end)| !leaving.any_inside(Span::new(*start, *end))).collect()
}

/// The words `do` and `done` of a text.
struct Bodies {
    /// Whether it is `do`, and where it ends.
    words: Vec<(bool, usize)>,
    /// For each the first `done` from there on that closes nothing that was opened from there on.
    closing: Vec<Option<usize>>,
}

impl Bodies {
    fn of(text: &str) -> Self {
        let separates = |c: char| c.is_whitespace() || c == ';';
        let mut words = vec![];
        let mut at = 0;
        for word in text.split_inclusive(separates) {
            at += word.len();
            match word.trim_end_matches(separates) {
                "do" => words.push((true, at)),
                "done" => words.push((false, at)),
                _ => {}
            }
        }
        let mut closing: Vec<Option<usize>> = vec![None; words.len()];
        for first in (0..words.len()).rev() {
            let (opens, _) = words[first];
            let mut next = Some(if opens { first + 1 } else { first });
            while let Some(inner) =
                next.filter(|at| words.get(*at).is_some_and(|(opens, _)| *opens))
            {
                next = closing[inner].map(|closed| closed + 1);
            }
            closing[first] = next.filter(|at| *at < words.len());
        }
        Self { words, closing }
    }

    /// Returns the place behind the `done` that closes the loop at `start`.
    fn end_of_loop(&self, start: usize) -> Option<usize> {
        let first = self.words.partition_point(|(_, end)| *end <= start);
        // A `done` before any `do` ends it as well.
        let closed = (*self.closing.get(first)?)?;
        Some(self.words[closed].1)
    }
}

fn python_loops(python: &Python<'_>, report: &mut Report) {
    let tokens = &python.tokens;
    for at in 0..tokens.len().saturating_sub(2) {
        let head = tokens[at].text == "while"
            && tokens[at + 1].text == "True"
            && tokens[at + 2].text == ":";
        if !head || tokens[at].kind != TokenKind::Name {
            continue;
        }
        let indent = tokens[at].indent;
        let body = tokens[at + 3..].iter().take_while(|token| token.indent > indent);
        let body: Vec<_> = body.collect();
        let left = body.iter().any(|token| {
            token.kind == TokenKind::Name && matches!(token.text, "break" | "return" | "exit")
        });
        let replaces = ["copytree", "copy2", "copyfile", "move", "rmtree", "extractall"];
        let restores = body
            .iter()
            .find(|token| token.kind == TokenKind::Name && replaces.contains(&token.text));
        // A function whose name says that it restores.
        let called = body.windows(2).find(|pair| {
            let name = pair[0].text.to_ascii_lowercase();
            pair[0].kind == TokenKind::Name
                && pair[1].text == "("
                && (name.contains("restore") || name.contains("recover"))
        });
        let restores = restores.or(called.map(|pair| &pair[0]));
        let from_backup = body.iter().any(|token| {
            token.kind == TokenKind::Text && crate::check::names::looks_backup(token.text)
        }) || body.iter().any(|token| token.text.contains("restore"));
        if let Some(token) = restores.filter(|_| !left && from_backup) {
            report.add_python(
                &RULE,
                token.span,
                "data is replaced again and again, without end".to_owned(),
            );
        }
    }
}
