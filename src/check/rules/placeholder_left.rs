//! LL003: a placeholder nobody filled in.

use std::collections::BTreeSet;

use crate::base::{Risk, Span};
use crate::check::outcome::{each, within};
use crate::check::rule::{Example, Report, Rule};
use crate::check::{Context, Language, TokenKind, Unit, deeds, risk};
use crate::evidence::Severity;
use crate::shell::ast::{RedirectKind, StatementKind};
use crate::shell::{Argument, Command};

/// Drafts come with `/path/to/backup`, `<HOST>`, `your_password`.
pub const RULE: Rule = Rule {
    code: "LL003",
    name: "placeholder-left",
    severity: Severity::Critical,
    summary: "a value is a placeholder: `/path/to/…`, `<HOST>`, `your_password`, `CHANGEME`",
    why: "the command works on something that does not exist, and in an incident nobody knows the right value",
    fix: "fill in the value from the inventory",
    source: "found in 3 of 5 published articles on backup scripts",
    layer: "static",
    bad: &[
        Example::Script("tar -czf /path/to/backup.tgz.new /srv/app\n"),
        Example::Script(
            "set -euo pipefail\nexport PGPASSWORD=your_password\npg_dump -h db1 -U postgres -Fc -f \"/backup/shop-$(date +%F).dump\" shop\n",
        ),
        Example::Script("BUCKET=CHANGEME\naws s3 sync /backup/daily \"s3://$BUCKET/daily\"\n"),
        Example::Script("ssh <DB_HOST> systemctl stop postgresql\n"),
        Example::Script(
            "#!/usr/bin/env python3\nimport shutil\nshutil.copytree('/path/to/source', '/backup/source')\n",
        ),
        Example::Script("mysql -h {{ db_host }} -e 'show slave status'\n"),
        Example::Script("restic -r s3:https://s3.example.com/bucket backup /srv/app\n"),
        Example::Script(
            r#"#!/usr/bin/env bash
set -euo pipefail
export RESTIC_PASSWORD_FILE=/etc/backup/restic.key
restic -r "sftp:backup@YOUR_BACKUP_HOST:/srv/restic" backup /srv/app --tag nightly
restic -r "sftp:backup@YOUR_BACKUP_HOST:/srv/restic" check --read-data-subset=2%
"#,
        ),
    ],
    good: &[
        Example::Script(
            "d=$(mktemp -d /srv/app/.restore.XXXXXX)\ntar -xzf /backup/app.tgz -C \"$d\"\n",
        ),
        Example::Script("echo 'usage: restore /path/to/archive' >&2\nexit 2\n"),
        Example::Script(
            "# e.g. /path/to/archive\ncp -p /etc/hosts \"/backup/hosts.$(date +%s)\"\n",
        ),
        Example::Script(
            "set -euo pipefail\ndocker inspect --format '{{ .State.Status }}' db\npg_dump -Fc -f \"/backup/shop-$(date +%F).dump\" shop\n",
        ),
        Example::Script(
            "#!/bin/sh\nset -e\n# fill in the template\nsed -e \"s/__DB_USER__/$user/\" /usr/share/app/conf.in > \"$conf.new\"\nawk '\n# TODO: count per day\n{ n++ } END { print n }' /var/log/app.log\n",
        ),
        Example::Script("awk '{{print $1}}' < /srv/list > /srv/list.new\n"),
        Example::Plan {
            plan: "schema: blackstart/plan/v1
id: renew
kind: recovery
title: Renew the certificate
steps:
  - {id: look, title: Look, kind: check, host: lb1, asset: api, check: openssl s_client -connect api.example.net:443 < /dev/null}
",
            inventory: "schema: blackstart/inventory/v1
hosts: [{id: lb1}]
assets: [{id: api, kind: web, host: lb1, endpoint: 'api.example.net:443'}]
",
        },
        Example::Script(
            r#"#!/usr/bin/env bash
set -euo pipefail
target=${1:?usage: backup.sh HOST, for example backup1}
export RESTIC_PASSWORD_FILE=/etc/backup/restic.key
work=$(mktemp -d /var/tmp/backup.XXXXXX)
restic -r "sftp:backup@$target:/srv/restic" backup /srv/app --tag nightly --json > "$work/summary.json"
jq -r 'select(.message_type == "summary") | .snapshot_id' "$work/summary.json"
"#,
        ),
    ],
    run,
};

fn run(context: &Context<'_>, report: &mut Report) {
    let real = names(context);
    let placeholder =
        |text: &str| placeholder(text).filter(|found| !real.contains(found.trim_matches('.')));
    // What a Python source starts is looked at with its other strings, below.
    for unit in context.units.iter().filter(|unit| unit.within != Language::Python) {
        let mut done: Vec<Span> = Vec::new();
        let mut said: Vec<String> = Vec::new();
        for run in unit.runs() {
            let command = run.command;
            if speaks(command) {
                done.push(command.span);
                done.extend(command.redirects.iter().map(|r| r.target.span));
                continue;
            }
            if command.is(COMPARES) {
                done.push(command.span);
                continue;
            }
            // A function's own commands stand in the list; its name and its words are looked at there.
            if command.followed {
                done.push(command.span);
                continue;
            }
            let formats = command.is(FORMATS);
            let acts = acts(unit, command);
            for argument in &command.words {
                let what = placeholder(&argument.shown());
                // In a program the words are the program's: a placeholder in `sed` is what it fills in.
                let template = what.as_ref().is_some_and(|w| w.starts_with("{{"));
                if formats && template || what.is_some() && command.is(PROGRAMS) {
                    done.push(argument.span);
                } else if let Some(what) = what {
                    let message = format!("{what} is a placeholder");
                    // One value that is not filled in is one fault, wherever it is used.
                    let again = unit.step.is_none() && said.contains(&what);
                    let finding = report.add(&RULE, unit, argument.span, message);
                    if again || switched_off(unit, command) {
                        finding.severity = Severity::Low;
                    } else if !acts && unit.step.is_none() {
                        finding.severity = Severity::Medium;
                    } else {
                        said.push(what);
                    }
                    done.push(argument.span);
                }
            }
        }
        // Assignments, redirects, here-documents, and scripts that cannot be read: by their text.
        let done = merged(done);
        let mut at = 0;
        for line in unit.text.split_inclusive('\n') {
            let code = code_of(line);
            let start = at + (code.len() - code.trim_start().len());
            let span = Span::new(start, (at + code.trim_end().len()).max(start));
            at += line.len();
            let next = done.partition_point(|s| s.end <= span.start);
            if done.get(next).is_some_and(|s| s.start < span.end) {
                continue;
            }
            if let Some(what) = placeholder(code) {
                let finding = report.add(&RULE, unit, span, format!("{what} is a placeholder"));
                // Where the script can be read, what is used stands in a command.
                if unit.script.parsed {
                    let plan = unit.step.is_some();
                    finding.severity = if plan { Severity::Medium } else { Severity::Low };
                }
            }
        }
    }
    if let Some(python) = &context.python {
        for token in
            python.tokens.iter().filter(|t| t.kind == TokenKind::Text && !t.text.contains('\n'))
        {
            if let Some(what) = placeholder(token.text).filter(|w| !w.starts_with("{{")) {
                report.add_python(&RULE, token.span, format!("{what} is a placeholder"));
            }
        }
    }
}

/// Returns the names by which the inventory's machines and services are reached: what is one of them is filled in,
/// whatever it looks like.
fn names<'a>(context: &Context<'a>) -> BTreeSet<&'a str> {
    let Some(inventory) = context.inventory else {
        return BTreeSet::new();
    };
    let addresses = inventory.hosts.iter().filter_map(|host| host.address.as_deref());
    let endpoints = inventory.assets.iter().filter_map(|asset| asset.endpoint.as_deref());
    let urls = inventory.repos.iter().filter_map(|repo| repo.url.as_deref());
    let parts = |text: &'a str| text.split(['/', ':', '@']);
    addresses.chain(endpoints).chain(urls).flat_map(parts).filter(|part| !part.is_empty()).collect()
}

/// Tells whether a command does something with what it is given: copies, restores, sends, changes. What only looks, or is
/// no tool of the trade, fails and harms nothing.
fn acts(unit: &Unit<'_>, command: &Command) -> bool {
    if unit.step.is_some() {
        return command.is(SETS) || unit.take_apart(command).is_some();
    }
    // A default that a function sets with `eval` is not yet the value that is used.
    if command.is(SETS) {
        return !unit.slice(command.span).starts_with("eval");
    }
    let replaces = || {
        let harm = risk::of_command(unit, command);
        harm >= Risk::Destructive && harm != Risk::Unknown
    };
    deeds::deed(unit, command).is_some() || unit.take_apart(command).is_some() && replaces()
}

/// Tells whether a command stands in a branch that the script itself keeps from running: a switch above says no.
fn switched_off(unit: &Unit<'_>, command: &Command) -> bool {
    let off = unit.lookups.switched_off.get_or_init(|| branches_off(unit));
    off.iter().any(|branch| within(command.span, *branch))
}

/// Returns the branches that a switch above keeps from running.
fn branches_off(unit: &Unit<'_>) -> Vec<Span> {
    let never = |test: &Command| {
        let words: Vec<Option<&str>> = test.arguments().iter().map(Argument::literal).collect();
        match words.as_slice() {
            [Some(left), Some("=" | "=="), Some(right), Some("]")] if test.is(&["["]) => {
                left != right
            }
            [Some(left), Some("=" | "=="), Some(right)] if test.is(&["test"]) => left != right,
            _ => false,
        }
    };
    let tests = unit.named(&["[", "test"]).filter(|test| never(test.command));
    let tests: BTreeSet<Span> = tests.map(|test| test.command.span).collect();
    let mut off = Vec::new();
    if tests.is_empty() {
        return off;
    }
    each(&unit.script.statements, &mut |statement, _| {
        let StatementKind::If { branches, .. } = &statement.kind else { return };
        for (condition, body) in branches {
            let (Some(first), Some(last), [asked]) = (body.first(), body.last(), &condition[..])
            else {
                continue;
            };
            if tests.contains(&asked.span) {
                off.push(Span::new(first.span.start, last.span.end));
            }
        }
    });
    off
}

/// Commands whose operand is a program, or what is searched for.
const PROGRAMS: &[&str] =
    &["awk", "gawk", "mawk", "perl", "sed", "grep", "egrep", "fgrep", "envsubst"];

/// Commands that compare: a script may well look for a placeholder.
const COMPARES: &[&str] = &["[", "test", "[["];

/// Commands whose value goes to every command behind.
const SETS: &[&str] = &["export", "declare", "readonly", "typeset", "env"];

/// Commands whose arguments are templates of their own.
const FORMATS: &[&str] = &[
    "docker", "podman", "kubectl", "awk", "gawk", "jq", "helm", "nerdctl", "ansible", "ctr",
    "perl", "sed", "grep",
];

/// Tells whether a command only talks to a person.
fn speaks(command: &Command) -> bool {
    let talks = command.is(&[
        "echo", "printf", "cat", "log", "logger", "warn", "die", "fail", "usage", "info", "error",
    ]);
    let into_file = command.redirects.iter().any(|r| {
        let writes = matches!(r.kind, RedirectKind::Truncate | RedirectKind::Append);
        writes && r.descriptor.is_none_or(|d| d == 1)
    });
    talks
        && !into_file
        && command.setting.stage.is_none()
        && !command.setting.substituted
        && (!command.is(&["cat"]) || command.input.is_some())
}

fn code_of(line: &str) -> &str {
    match line.find('#') {
        Some(0) => "",
        Some(at) if line[..at].ends_with(char::is_whitespace) => &line[..at],
        Some(_) | None => line.trim_end_matches('\n'),
    }
}

/// Returns spans in order, those that touch each other as one.
fn merged(mut spans: Vec<Span>) -> Vec<Span> {
    spans.sort_unstable();
    let mut out: Vec<Span> = Vec::with_capacity(spans.len());
    for span in spans {
        match out.last_mut() {
            Some(last) if span.start < last.end => last.end = last.end.max(span.end),
            Some(_) | None => out.push(span),
        }
    }
    out
}

/// Returns the placeholder in a text, if there is one.
fn placeholder(text: &str) -> Option<String> {
    // Most words hold no sign of one.
    let sign = |byte: u8| matches!(byte, b'<' | b'{' | b'_' | b'[' | b'-' | b'.' | b'/');
    let signs = text.bytes().any(sign);
    if let Some(at) = text.find("/path/to/").filter(|_| signs) {
        return Some(word_at(text, at));
    }
    for (open, close) in [("<", ">"), ("{{", "}}"), ("__", "__"), ("[", "]")] {
        if !signs || !text.as_bytes().contains(&open.as_bytes()[0]) {
            continue;
        }
        for (at, _) in text.match_indices(open) {
            // A placeholder is short; a search to the end of a long text for each bracket takes minutes.
            let rest = &text[at + open.len()..];
            let rest = &rest[..rest.floor_char_boundary(80)];
            let Some(end) = rest.find(close) else {
                continue;
            };
            if between(&rest[..end], open) {
                return Some(text[at..at + open.len() + end + close.len()].to_owned());
            }
        }
    }
    // In a sentence `TODO` is a note.
    let sentence = || text.split_whitespace().nth(3).is_some();
    let note = |w: &str| matches!(w, "TODO" | "FIXME" | "TBD" | "PLACEHOLDER");
    words(text).find(|w| whole(w) && !(note(w) && sentence())).map(str::to_owned)
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    let is_word = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.');
    let words = text.as_bytes().split(move |byte| !is_word(byte));
    // None is shorter than `TBD`.
    words.filter(|word| word.len() > 2).filter_map(|word| str::from_utf8(word).ok())
}

fn word_at(text: &str, at: usize) -> String {
    let end = text[at..]
        .find(|c: char| c.is_whitespace() || matches!(c, '"' | '\''))
        .map_or(text.len(), |e| at + e);
    text[at..end].to_owned()
}

fn between(inner: &str, open: &str) -> bool {
    let inner = inner.trim();
    let name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | ' ' | '.');
    if inner.len() < 2
        || inner.len() > 40
        || !inner.chars().all(name)
        || !inner.starts_with(|c: char| c.is_ascii_alphabetic())
    {
        return false;
    }
    let upper = inner.chars().all(|c| !c.is_ascii_lowercase())
        && inner.chars().filter(char::is_ascii_uppercase).count() > 1;
    let asks = [
        "your", "host", "name", "user", "password", "path", "bucket", "database", "server",
        "address", "target", "insert", "backup",
    ];
    let lower = inner.to_ascii_lowercase();
    match open {
        "<" => {
            let named = inner.contains('_')
                || inner.contains('-')
                || asks.iter().any(|a| lower.contains(a));
            let asking =
                ["your", "insert", "enter", "replace"].iter().any(|a| lower.starts_with(a));
            upper && (named || matches!(inner, "IP" | "DB" | "DATE" | "ID" | "FILE" | "DEVICE"))
                || asking
        }
        "{{" => true,
        "__" => upper && !inner.contains(' ') && asks.iter().any(|a| lower.contains(a)),
        _ => lower.starts_with("your ") || lower.starts_with("insert "),
    }
}

/// Tells whether a word is a placeholder as a whole.
fn whole(word: &str) -> bool {
    let plain = ["changeme", "replaceme", "yourpassword", "mypassword"];
    if !word.contains(['_', '-', '.']) {
        return plain.iter().any(|one| word.eq_ignore_ascii_case(one))
            || matches!(word, "TODO" | "FIXME" | "TBD" | "PLACEHOLDER");
    }
    let word_alone = word.trim_matches('.');
    let letter = |byte: Option<&u8>| byte.map_or(0, u8::to_ascii_lowercase);
    let first = letter(word_alone.as_bytes().first());
    let last = letter(word_alone.as_bytes().last());
    // Most words are told by the letters at their ends.
    let begins_so = matches!(first, b'c' | b'r' | b'y' | b'm' | b'x' | b'i' | b'f' | b's' | b'e');
    if !begins_so && !matches!(last, b'e' | b'r' | b'm' | b'g' | b't') {
        return false;
    }
    let begins = |with: &str| {
        word_alone
            .as_bytes()
            .get(..with.len())
            .is_some_and(|b| b.eq_ignore_ascii_case(with.as_bytes()))
    };
    // Returns what stands before an ending.
    let before = |end: &str| {
        let at = word_alone.len().checked_sub(end.len())?;
        let (rest, tail) = word_alone.split_at_checked(at)?;
        tail.eq_ignore_ascii_case(end).then_some(rest)
    };
    let exact = [
        "changeme",
        "change_me",
        "change-me",
        "replaceme",
        "replace_me",
        "replace-me",
        "yourpassword",
        "mypassword",
        "your_password",
        "xxx.xxx.xxx.xxx",
        "x.x.x.x",
        "insert_here",
        "fill_me_in",
        "s3cr3t_here",
    ];
    exact.iter().any(|one| word_alone.eq_ignore_ascii_case(one))
        || matches!(word, "TODO" | "FIXME" | "TBD" | "PLACEHOLDER")
        || ["your_", "your-", "my_actual_", "enter_your", "insert_your"].into_iter().any(begins)
        || ["_here", "-here", "_placeholder", "-placeholder"]
            .iter()
            .any(|end| before(end).is_some_and(|rest| rest.len() > 2))
        || ["example.com", "example.org", "example.net"]
            .iter()
            .any(|d| before(d).is_some_and(|rest| rest.is_empty() || rest.ends_with('.')))
}
