//! RT006: a copy is carried away, and deleted here although that may have failed.

use crate::base::Span;
use crate::check::deeds::{self, Deed};
use crate::check::outcome::{each, within};
use crate::check::python::{Called, Python, TokenKind};
use crate::check::repository::failure_is_lost;
use crate::check::rule::{Example, Report, Rule};
use crate::check::{Context, Run, Unit};
use crate::evidence::{Place, Severity};
use crate::shell::ast::StatementKind;

/// The failure is caught, logged and forgotten.
pub const RULE: Rule = Rule {
    code: "RT006",
    name: "deleted-after-failed-send",
    severity: Severity::High,
    summary: "a file is sent elsewhere, a failure of that is only logged, and the file is deleted",
    why: "on the day the upload fails the only copy goes with it, and the log says that it was moved",
    fix: "delete only where the upload succeeded (`upload && rm`, in the `else` of the try, or let the exception end the program), and after the size there was compared",
    source: "bash(1), Lists; Python reference, The try statement: behind a handler that ends the program goes on; measured: `false || echo failed; rm f` removes f",
    layer: "static",
    bad: &[
        Example::Script(
            r#"#!/bin/bash
set -euo pipefail
dump=/backup/pg/shop-$(date -u +%F).dump
pg_dump -Fc -f "$dump" shop
aws s3 cp "$dump" s3://acme-dumps/pg/ || echo "upload failed" >&2
rm -f "$dump"
"#,
        ),
        Example::File {
            name: "ship.py",
            text: "import logging, pathlib, boto3\nfrom botocore.exceptions import ClientError\ns3 = boto3.client(\"s3\")\n\ndef upload(path):\n    try:\n        s3.upload_file(str(path), \"dumps\", path.name)\n    except ClientError as err:\n        logging.error(\"upload of %s: %s\", path, err)\n\nfor path in pathlib.Path(\"/backup/pg\").glob(\"*.dump\"):\n    upload(path)\n    path.unlink()\n",
        },
        Example::Script(
            "for f in /backup/wal/*; do\n  if ! rclone copy \"$f\" remote:wal; then\n    logger \"could not copy $f\"\n  fi\n  rm \"$f\"\ndone\n",
        ),
        Example::File {
            name: "ship2.py",
            text: "import os, boto3\ndump = \"/backup/shop.dump\"\ntry:\n    boto3.client(\"s3\").upload_file(dump, \"dumps\", \"shop.dump\")\nexcept Exception as err:\n    print(\"failed\", err)\nos.remove(dump)\n",
        },
    ],
    good: &[
        Example::Script(
            r#"#!/bin/bash
set -euo pipefail
dump=/backup/pg/shop-$(date -u +%F).dump
pg_dump -Fc -f "$dump" shop
aws s3 cp "$dump" s3://acme-dumps/pg/
rm -f "$dump"
for f in /backup/wal/*; do
  if ! rclone copy "$f" remote:wal; then logger "could not copy $f"; continue; fi
  rm "$f"
done
"#,
        ),
        Example::File {
            name: "ship.py",
            text: "import logging, pathlib, boto3\nfrom botocore.exceptions import ClientError\ns3 = boto3.client(\"s3\")\n\ndef upload(path):\n    try:\n        s3.upload_file(str(path), \"dumps\", path.name)\n    except ClientError as err:\n        logging.error(\"upload of %s: %s\", path, err)\n        raise\n\nfor path in pathlib.Path(\"/backup/pg\").glob(\"*.dump\"):\n    upload(path)\n    path.unlink()\n",
        },
        Example::File {
            name: "ship2.py",
            text: "import os, boto3\ndump = \"/backup/shop.dump\"\ntry:\n    boto3.client(\"s3\").upload_file(dump, \"dumps\", \"shop.dump\")\nexcept Exception as err:\n    print(\"failed\", err)\nelse:\n    os.remove(dump)\n",
        },
        Example::Script(
            "scp /backup/x.dump nas:/backup/ && rm /backup/x.dump\nrsync -a /etc/ nas:/etc/ || true\nrm -f /tmp/list\n",
        ),
    ],
    run,
};

fn run(context: &Context<'_>, report: &mut Report) {
    for unit in context.scripts().filter(|unit| unit.part != Place::Rollback) {
        let sends: Vec<Run<'_>> = deeds::deeds(unit)
            .filter(|(_, deed)| *deed == Deed::Send)
            .map(|(run, _)| run)
            .collect();
        if sends.is_empty() {
            continue;
        }
        let mut questions: Vec<(Span, Span)> = Vec::new();
        each(&unit.script.statements, &mut |statement, _| {
            if let StatementKind::If { branches, .. } = &statement.kind {
                for (condition, _) in branches {
                    questions.extend(condition.iter().map(|one| (one.span, statement.span)));
                }
            }
        });
        for removal in unit.named(&["rm", "unlink", "shred"]) {
            if let Some(send) = sent_before(unit, removal, &sends, &questions) {
                let name = send.command.name().unwrap_or_default();
                let message =
                    format!("this is deleted although `{name}` may not have carried it away");
                report.add(&RULE, unit, removal.command.span, message);
            }
        }
    }
    if let Some(python) = &context.python {
        for call in lost_in_python(python) {
            let span = python.span_of((call.at, call.end));
            let message =
                "this is deleted although the upload before it may have failed".to_owned();
            report.add_python(&RULE, span, message);
        }
    }
}

/// Returns the command that sends what is deleted later, where its failure changes nothing.
fn sent_before<'u>(
    unit: &'u Unit<'_>,
    removal: Run<'u>,
    sends: &[Run<'u>],
    questions: &[(Span, Span)],
) -> Option<Run<'u>> {
    let names: Vec<String> = removal
        .command
        .arguments()
        .iter()
        .filter(|a| !a.prefix().starts_with('-'))
        .map(|a| removal.command.path(a))
        .collect();
    let mut before = sends.iter().filter(|send| send.index < removal.index);
    let found = before.find(|send| {
        let about = send.command.arguments().iter().any(|a| names.contains(&send.command.path(a)));
        let same = !removal.command.setting.conditional
            || send.command.setting.conditional && unguarded(unit, **send, removal);
        let logged = questions.iter().any(|(condition, whole)| {
            let text = unit.slice(*whole);
            let word = |c: char| !c.is_ascii_alphanumeric();
            let leaves = ["exit", "return", "continue", "break", "die", "fail", "fatal"];
            within(send.command.span, *condition)
                && removal.command.span.start >= whole.end
                && !text.split(word).any(|w| leaves.contains(&w))
        });
        about && same && (logged || failure_is_lost(unit, **send, removal))
    });
    found.copied()
}

/// Tells whether a deletion stands in the same loop or branch as what was sent, not in a condition of its own.
fn unguarded(unit: &Unit<'_>, send: Run<'_>, removal: Run<'_>) -> bool {
    let between =
        Span::new(send.command.span.end, removal.command.span.start.max(send.command.span.end));
    let text = unit.slice(between);
    let opens = [" then", "\tthen", ";then", "&&", "else", "case "];
    let closed = text.rfind("fi").unwrap_or(0);
    !opens.iter().any(|word| text.rfind(word).is_some_and(|at| at >= closed))
}

/// Functions that carry a file away, by the last part of their name.
const UPLOADS: &[&str] = &[
    "upload_file",
    "upload_fileobj",
    "put_object",
    "upload_blob",
    "upload_from_filename",
    "upload_from_file",
    "fput_object",
    "storbinary",
    "put",
    "upload",
    "upload_part",
];

const REMOVALS: &[&str] = &["unlink", "remove", "rmtree"];

/// Returns the calls that delete what a try above them may not have uploaded.
fn lost_in_python<'p, 'a>(python: &'p Python<'a>) -> Vec<&'p Called<'a>> {
    let lines = lines(python);
    let outline = python.outline();
    let last = |call: &Called<'_>| call.path.rsplit('.').next().unwrap_or_default().to_owned();
    let mut found = Vec::new();
    for (at, line) in
        lines.iter().enumerate().filter(|(_, line)| python.name(line.from) == Some("try"))
    {
        let Some((end, body)) = handled(python, &lines, at) else { continue };
        let uploads = outline.calls.iter().filter(|call| {
            UPLOADS.contains(&last(call).as_str())
                && (call.path.contains('.') || call.path.starts_with("upload_"))
                && (body.0..body.1).contains(&call.at)
        });
        for upload in uploads {
            let names = names_in(python, upload);
            let mut after = behind(&lines, end, line.indent);
            let own =
                outline.definitions.iter().rfind(|d| (d.body.0..d.body.1).contains(&upload.at));
            let mut given = names.clone();
            let mut removed = removal(python, &after, &given);
            if let (None, Some(own)) = (removed, own) {
                for call in
                    outline.calls.iter().filter(|call| call.path == own.name && call.dropped)
                {
                    let Some(at) = lines.iter().position(|l| (l.from..l.to).contains(&call.at))
                    else {
                        continue;
                    };
                    after = behind(&lines, at + 1, lines[at].indent);
                    given = names_in(python, call);
                    removed = removed.or_else(|| removal(python, &after, &given));
                }
            }
            found.extend(removed);
        }
    }
    found
}

/// A line of a Python source by its tokens.
struct Line {
    indent: usize,
    from: usize,
    to: usize,
}

fn lines(python: &Python<'_>) -> Vec<Line> {
    let mut lines: Vec<Line> = Vec::new();
    let mut end = 0;
    for (at, token) in python.tokens.iter().enumerate() {
        let new =
            at == 0 || python.text.get(end..token.span.start).is_some_and(|t| t.contains('\n'));
        match lines.last_mut() {
            Some(line) if !new => line.to = at + 1,
            _ => lines.push(Line { indent: token.indent, from: at, to: at + 1 }),
        }
        end = token.span.end;
    }
    lines
}

/// Returns the index of the line behind a try, and its body's tokens, where each of its handlers lets the program go on.
fn handled(python: &Python<'_>, lines: &[Line], at: usize) -> Option<(usize, (usize, usize))> {
    let indent = lines[at].indent;
    let (mut caught, mut swallowed, mut in_handler) = (false, true, false);
    let mut body_end = lines[at].to;
    let mut end = at + 1;
    for line in &lines[at + 1..] {
        let first = python.name(line.from).unwrap_or_default();
        if line.indent <= indent && !matches!(first, "except" | "else" | "finally") {
            break;
        }
        if line.indent == indent {
            in_handler = first == "except";
            caught |= in_handler;
        }
        if !caught && line.indent > indent {
            body_end = line.to;
        }
        let leaves = ["raise", "return", "exit", "continue", "break", "_exit", "abort"];
        let tokens = &python.tokens[line.from..line.to];
        let left = tokens.iter().any(|t| t.kind == TokenKind::Name && leaves.contains(&t.text));
        swallowed &= !(in_handler && left);
        end += 1;
    }
    (caught && swallowed).then_some((end, (lines[at].from, body_end)))
}

/// Returns the tokens of the lines of the same block from one on.
fn behind(lines: &[Line], from: usize, indent: usize) -> Vec<(usize, usize)> {
    let rest = lines.get(from..).unwrap_or_default();
    rest.iter()
        .take_while(|line| line.indent >= indent)
        .filter(|line| line.indent == indent)
        .map(|line| (line.from, line.to))
        .collect()
}

/// Returns the names in what a call is given.
fn names_in(python: &Python<'_>, call: &Called<'_>) -> Vec<String> {
    let common = ["os", "str", "shutil", "self", "Path", "pathlib", "open", "f"];
    let of = |(from, to): (usize, usize)| (from..to).filter_map(|at| python.name(at));
    let all = call.given.iter().flat_map(|given| of(given.value));
    all.filter(|name| !common.contains(name)).map(str::to_owned).collect()
}

/// Returns the call in these lines that deletes something of these names.
fn removal<'p, 'a>(
    python: &'p Python<'a>,
    lines: &[(usize, usize)],
    names: &[String],
) -> Option<&'p Called<'a>> {
    python.outline().calls.iter().find(|call| {
        let last = call.path.rsplit('.').next().unwrap_or_default();
        let here = lines.iter().any(|(from, to)| (*from..*to).contains(&call.at));
        let about = |name: &String| {
            let given = (call.at..call.end).any(|at| python.name(at) == Some(name));
            let variable = name != "path"
                || python.name(call.at) != Some("os")
                || call
                    .given
                    .iter()
                    .any(|g| (g.value.0..g.value.1).any(|at| python.name(at) == Some(name)));
            given && variable
        };
        REMOVALS.contains(&last) && here && names.iter().any(about)
    })
}
