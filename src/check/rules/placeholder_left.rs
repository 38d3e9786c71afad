//! LL003: a placeholder nobody filled in.

use crate::base::Span;
use crate::check::rule::{Example, Report, Rule};
use crate::check::{Context, TokenKind};
use crate::evidence::Severity;

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
        Example::Script("awk '{{print $1}}' < /srv/list > /srv/list.new\n"),
    ],
    run,
};

fn run(context: &Context<'_>, report: &mut Report) {
    for unit in &context.units {
        let mut seen: Vec<Span> = Vec::new();
        for run in unit.runs() {
            let command = run.command;
            let speaks = command.is(&[
                "echo", "printf", "log", "logger", "warn", "die", "fail", "usage", "info", "error",
            ]);
            let redirected = command
                .redirects
                .iter()
                .any(|r| r.target.shown().starts_with('/'));
            let formats = command.is(&[
                "docker",
                "podman",
                "kubectl",
                "awk",
                "gawk",
                "jq",
                "go",
                "helm",
                "nerdctl",
                "ansible",
                "ctr",
                "consul-template",
            ]);
            if speaks && !redirected {
                seen.push(command.span);
                continue;
            }
            for argument in &command.words {
                let what = placeholder(&argument.shown()).filter(|_| !speaks);
                let template = what.as_ref().is_some_and(|w| w.starts_with("{{"));
                if let Some(what) = what.filter(|_| !(formats && template)) {
                    report.add(
                        &RULE,
                        unit,
                        argument.span,
                        format!("{what} is a placeholder"),
                    );
                } else {
                    seen.push(argument.span);
                }
            }
        }
        // Assignments, redirects, here-documents, and scripts that cannot be read: by their text.
        let mut at = 0;
        for line in unit.text.split_inclusive('\n') {
            let code = code_of(line);
            let start = at + (code.len() - code.trim_start().len());
            let span = Span::new(start, at + code.trim_end().len());
            at += line.len();
            let inside = |s: &Span| s.start < span.end && span.start < s.end;
            let spoken = unit
                .commands
                .list
                .iter()
                .any(|c| inside(&c.span) && !c.words.is_empty());
            let told =
                code.contains("echo ") || code.contains("printf ") || code.contains("--format");
            if spoken && unit.script.parsed || told || seen.iter().any(inside) && unit.script.parsed
            {
                continue;
            }
            if let Some(what) = placeholder(code) {
                report.add(&RULE, unit, span, format!("{what} is a placeholder"));
            }
        }
    }
    if let Some(python) = &context.python {
        for token in python
            .tokens
            .iter()
            .filter(|t| t.kind == TokenKind::Text && !t.text.contains('\n'))
        {
            if let Some(what) = placeholder(token.text).filter(|w| !w.starts_with("{{")) {
                report.add_python(
                    &RULE,
                    python,
                    token.span,
                    format!("{what} is a placeholder"),
                );
            }
        }
    }
}

fn code_of(line: &str) -> &str {
    match line.find('#') {
        Some(0) => "",
        Some(at) if line[..at].ends_with(char::is_whitespace) => &line[..at],
        Some(_) | None => line.trim_end_matches('\n'),
    }
}

/// Returns the placeholder in a text, if there is one.
fn placeholder(text: &str) -> Option<String> {
    if let Some(at) = text.find("/path/to/") {
        return Some(word_at(text, at));
    }
    for (open, close) in [("<", ">"), ("{{", "}}"), ("__", "__"), ("[", "]")] {
        for (at, _) in text.match_indices(open) {
            let rest = &text[at + open.len()..];
            let Some(end) = rest.find(close) else {
                continue;
            };
            if between(&rest[..end], open) {
                return Some(text[at..at + open.len() + end + close.len()].to_owned());
            }
        }
    }
    let is_word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    text.split(|c: char| !is_word(c))
        .find(|w| whole(w))
        .map(str::to_owned)
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
            upper
                && (inner.contains('_')
                    || asks.iter().any(|a| lower.contains(a))
                    || matches!(inner, "HOST" | "IP" | "DB" | "DATE"))
                || asks
                    .iter()
                    .any(|a| lower.starts_with(a) || lower.ends_with(a))
        }
        "{{" => true,
        "__" => upper && !inner.contains(' '),
        _ => lower.starts_with("your ") || lower.starts_with("insert "),
    }
}

/// Tells whether a word is a placeholder as a whole.
fn whole(word: &str) -> bool {
    let lower = word.trim_matches('.').to_ascii_lowercase();
    let exact = [
        "changeme",
        "change_me",
        "change-me",
        "replaceme",
        "replace_me",
        "replace-me",
        "fixme",
        "todo",
        "tbd",
        "placeholder",
        "yourpassword",
        "mypassword",
        "your_password",
        "xxx.xxx.xxx.xxx",
        "x.x.x.x",
        "insert_here",
        "fill_me_in",
        "s3cr3t_here",
    ];
    exact.contains(&lower.as_str())
        || ["your_", "your-", "my_actual_", "enter_your", "insert_your"]
            .iter()
            .any(|p| lower.starts_with(p))
        || ["_here", "-here", "_placeholder", "-placeholder"]
            .iter()
            .any(|s| lower.ends_with(s) && lower.len() > s.len() + 2)
        || ["example.com", "example.org", "example.net"]
            .iter()
            .any(|d| lower == *d || lower.ends_with(&format!(".{d}")))
}
