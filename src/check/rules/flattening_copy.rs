//! FS016: a copy that forgets the directories.

use crate::base::Span;
use crate::check::names::{looks_backup, looks_scratch};
use crate::check::rule::{Example, Report, Rule};
use crate::check::{Context, Python, Run, Token, TokenKind, Unit};
use crate::evidence::Severity;
use crate::shell::{Argument, Origin, Piece};

/// Two files of one name in two directories become one.
pub const RULE: Rule = Rule {
    code: "FS016",
    name: "flattening-copy",
    severity: Severity::Critical,
    summary: "files found at any depth are copied into one directory by their names alone",
    why: "files of the same name overwrite each other without a word, and where they belonged is lost",
    fix: "keep the path below the source: `rsync -a`, `cp -a`, `cp --parents`; in Python os.path.relpath or shutil.copytree",
    source: "cp(1); measured: two files named config in two directories become 1",
    layer: "static",
    bad: &[
        Example::Script(
            "#!/usr/bin/env python3\nimport os, shutil\ndef backup(source, target):\n    for root, dirs, files in os.walk(source):\n        for file in files:\n            shutil.copy2(os.path.join(root, file), os.path.join(target, file))\n",
        ),
        Example::Script(
            "#!/usr/bin/env python3\nfrom pathlib import Path\nimport shutil\nDEST = Path('/backup/conf')\nfor path in Path('/etc').rglob('*.conf'):\n    if path.is_file():\n        shutil.copy(path, DEST / path.name)\n",
        ),
        Example::Script("find /etc -name '*.conf' -exec cp -p {} /backup/conf/ \\;\n"),
        Example::Script(
            "set -euo pipefail\nmkdir -p /backup/keys\nfind /home -name 'id_*' -print0 | xargs -0 -I{} cp {} /backup/keys/\n",
        ),
        Example::Script(
            "find /srv/app -type f | while read -r f; do\n  cp \"$f\" \"/backup/app/$(basename \"$f\")\"\ndone\n",
        ),
    ],
    good: &[
        Example::Script(
            "#!/usr/bin/env python3\nimport os, shutil\nfor root, dirs, files in os.walk('/srv'):\n    for file in files:\n        path = os.path.join(root, file)\n        rel = os.path.relpath(path, '/srv')\n        dest = os.path.join('/backup', rel)\n        os.makedirs(os.path.dirname(dest), exist_ok=True)\n        shutil.copy2(path, dest)\n",
        ),
        Example::Script(
            "#!/usr/bin/env python3\nimport os, shutil\nfor name in os.listdir('/srv/conf'):\n    shutil.copy2(os.path.join('/srv/conf', name), os.path.join('/backup', name))\n",
        ),
        Example::Script("find /etc -name '*.conf' -exec cp -p --parents {} /backup/conf/ \\;\n"),
        Example::Script(
            "find /backup/daily -maxdepth 1 -name '*.tgz' -exec mv {} /backup/old/ \\;\n",
        ),
        Example::Script(
            "for f in /srv/app/*.db; do cp \"$f\" /backup/app/; done\nrsync -a /srv/app/ /backup/app/\n",
        ),
    ],
    run,
};

fn run(context: &Context<'_>, report: &mut Report) {
    for unit in &context.units {
        for run in unit.named(&["cp", "mv", "install"]) {
            if handed_over(unit, run) && flattens(unit, run) {
                let message = "files found at any depth land in one directory by their names alone"
                    .to_owned();
                let finding = report.add(&RULE, unit, run.command.span, message);
                // What is gathered somewhere else than in a copy is there still.
                let copy = |path: &str| looks_backup(path) && !looks_scratch(path);
                if !run.command.arguments().iter().any(|a| copy(&run.command.path(a))) {
                    finding.severity = Severity::Low;
                }
            }
        }
    }
    if let Some(python) = &context.python {
        look_python(python, report);
    }
}

/// Tells whether the files come from a search that goes below the first level.
fn handed_over(unit: &Unit<'_>, run: Run<'_>) -> bool {
    let by_wrapper =
        run.command.wrappers.iter().any(|w| w == "find" || w == "xargs" || w == "parallel");
    let deep = unit.named(&["find"]).any(|find| {
        let words = find.command.literals();
        let shallow = words.windows(2).any(|w| w[0] == "-maxdepth" && w[1] == "1");
        let directories = words.windows(2).any(|w| w[0] == "-type" && w[1] == "d");
        let near = find.command.span == run.command.span
            || match (find.command.setting.stage, run.command.setting.stage) {
                (Some(a), Some(b)) => a.pipeline == b.pipeline,
                (None, Some(_)) | (Some(_), None) => false,
                (None, None) => {
                    !by_wrapper && feeds_loop(unit.text, find.command.span, run.command.span)
                }
            };
        near && !shallow && !directories
    });
    deep && (by_wrapper || run.command.setting.repeated)
}

/// Tells whether a search stands in the head of the loop around a command (`for f in $(find …); do`), or feeds it from
/// its end (`done < <(find …)`).
fn feeds_loop(text: &str, search: Span, command: Span) -> bool {
    let before = text.get(..command.start).unwrap_or_default();
    let head = before.rfind("for ").map(|start| {
        let end = text[start..].find("do\n").or_else(|| text[start..].find("do "));
        (start, end.map_or(command.start, |end| start + end))
    });
    let in_head = head.is_some_and(|(start, end)| (start..end).contains(&search.start));
    let between = text.get(command.end..search.start).unwrap_or_default();
    let at_end =
        between.rfind("done").is_some_and(|done| between[done..].trim_end().ends_with("<("));
    in_head || at_end
}

fn flattens(unit: &Unit<'_>, run: Run<'_>) -> bool {
    let Some(call) = unit.take_apart(run.command) else {
        return false;
    };
    if call.has(&["parents", "recursive", "archive", "backup", "directory"]) {
        return false;
    }
    let found = |argument: &Argument| matches!(argument.pieces.as_slice(), [Piece::Unknown(u)] if u.origin == Origin::Found);
    let target = match call.value(&["target-directory"]) {
        Some(word) => run.command.words.get(word.index),
        None => call.operands.last().and_then(|w| run.command.words.get(w.index)),
    };
    let Some(target) = target else { return false };
    let from_search = run.command.arguments().iter().any(found);
    let by_name =
        target.unknowns().any(|u| u.shown.starts_with("$(basename") || u.shown.contains("…}"));
    let by_search = target.unknowns().any(|u| u.origin == Origin::Found && !u.shown.contains("…}"));
    from_search && (by_name || !by_search)
}

fn look_python(python: &Python<'_>, report: &mut Report) {
    let walks: Vec<(usize, usize, bool)> = python
        .calls(&["walk", "rglob", "glob", "iglob", "fwalk"])
        .filter_map(|(at, open, end)| {
            let text = |i: usize| python.tokens.get(i).map_or("", |t| t.text);
            let recursive = match text(at) {
                "walk" | "rglob" | "fwalk" => true,
                _ => python.tokens[open..end]
                    .iter()
                    .any(|t| t.kind == TokenKind::Text && t.text.contains("**")),
            };
            recursive.then_some((at, end, text(at) == "walk" || text(at) == "fwalk"))
        })
        .collect();
    for (walk, end, tuple) in walks {
        let Some(body) = body(python, walk, end) else {
            continue;
        };
        let tokens = &python.tokens[body.0..body.1];
        let relative = tokens.iter().any(|t| {
            matches!(t.text, "relpath" | "relative_to" | "commonpath" | "makedirs" | "mkdir")
        });
        if relative {
            continue;
        }
        let root = if tuple { loop_names(python, walk).first().copied() } else { None };
        for (at, open, close) in
            python.calls(&["copy", "copy2", "copyfile", "move", "rename", "replace"])
        {
            if at < body.0 || close > body.1 {
                continue;
            }
            let target =
                second_argument(&python.tokens[open + 1..close.saturating_sub(1).max(open + 1)]);
            let source_root = root.is_some_and(|root| {
                target.iter().any(|t| t.text == root && t.kind == TokenKind::Name)
            });
            if !target.is_empty()
                && !source_root
                && !assigned_with_root(python, body, &target, root)
            {
                let span = python.tokens[at].span;
                report.add_python(
                    &RULE,
                    span,
                    "the target is made of the file's name alone".to_owned(),
                );
            }
        }
    }
}

/// Returns the tokens of the loop around a walk: those indented deeper than its line.
fn body(python: &Python<'_>, walk: usize, end: usize) -> Option<(usize, usize)> {
    let indent = python.tokens.get(walk)?.indent;
    let start = end;
    let stop = python.tokens.iter().enumerate().skip(end).find(|(_, t)| {
        let line_start = python.text[..t.span.start].rfind('\n').map_or(0, |n| n + 1);
        python.text[line_start..t.span.start].trim().is_empty() && t.indent <= indent
    });
    Some((start, stop.map_or(python.tokens.len(), |(at, _)| at)))
}

/// Returns the names a `for … in` before the walk binds.
fn loop_names<'p>(python: &'p Python<'_>, walk: usize) -> Vec<&'p str> {
    let before = &python.tokens[..walk];
    let Some(start) = before.iter().rposition(|t| t.text == "for") else {
        return Vec::new();
    };
    before[start + 1..]
        .iter()
        .take_while(|t| t.text != "in")
        .filter(|t| t.kind == TokenKind::Name)
        .map(|t| t.text)
        .collect()
}

fn second_argument<'a>(tokens: &[Token<'a>]) -> Vec<Token<'a>> {
    let mut depth = 0usize;
    let mut argument = 0;
    let mut out = Vec::new();
    for token in tokens {
        if token.kind == TokenKind::Sign {
            match token.text {
                "(" | "[" | "{" => depth += 1,
                ")" | "]" | "}" => depth = depth.saturating_sub(1),
                "," if depth == 0 => {
                    argument += 1;
                    continue;
                }
                _ => {}
            }
        }
        if argument == 1 {
            out.push(*token);
        }
    }
    out
}

/// Tells whether a name in the target was assigned from something that names the walk's directory.
fn assigned_with_root(
    python: &Python<'_>,
    body: (usize, usize),
    target: &[Token<'_>],
    root: Option<&str>,
) -> bool {
    let Some(root) = root else { return false };
    let names = target.iter().filter(|t| t.kind == TokenKind::Name);
    names.into_iter().any(|name| {
        python.tokens[body.0..body.1].windows(2).enumerate().any(|(at, pair)| {
            let assigned =
                pair[0].text == name.text && pair[1].text == "=" && pair[1].kind == TokenKind::Sign;
            let line_end = python.text[pair[0].span.end..]
                .find('\n')
                .map_or(python.text.len(), |n| pair[0].span.end + n);
            assigned
                && python.tokens[body.0 + at..body.1]
                    .iter()
                    .take_while(|t| t.span.start < line_end)
                    .any(|t| t.text == root)
        })
    })
}
