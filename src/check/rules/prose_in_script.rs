//! LL007: what a word processor or a chat makes of a script.

use crate::base::Span;
use crate::check::Context;
use crate::check::rule::{Example, Report, Rule};
use crate::evidence::Severity;

/// Curved quotes quote nothing, and a fence of Markdown is a command.
pub const RULE: Rule = Rule {
    code: "LL007",
    name: "prose-in-script",
    severity: Severity::Medium,
    summary: "curved quotes, full-width signs or a Markdown fence stand where the shell reads code",
    why: "the shell takes them as letters: words split at other places than they seem to, and a fence opens a command substitution",
    fix: "write straight quotes and ASCII signs, and leave the fences out",
    source: "scripts copied from published articles",
    layer: "static",
    bad: &[
        Example::Script("cp -a “/srv/my app” /backup/app.new\n"),
        Example::Script("set -e\nrsync -a /srv/app/data/ /backup/data/；echo done\n"),
        Example::Script("```bash\nls /srv\n```\n"),
        Example::Script(
            r#"#!/usr/bin/env bash
set -euo pipefail
# copy the data to the backup disk
mountpoint -q /backup
rsync -a /srv/app/data/ /backup/app.new/
mv -T /backup/app.new “/backup/app-$(date +%F)”
ls -l /backup
"#,
        ),
    ],
    good: &[
        Example::Script(
            "#!/bin/bash\nset -euo pipefail\n# what the mail of the nightly backup says; the fence belongs to its Markdown\nmountpoint -q /backup\nrsync -a /srv/app/data/ \"/backup/app-$(date +%F).new/\"\nmv \"/backup/app-$(date +%F).new\" \"/backup/app-$(date +%F)\"\ncat > /var/lib/backup/report.md <<'EOF'\n```\ncopied to \u{201c}/backup\u{201d}\n```\nEOF\n",
        ),
        Example::Script("echo '备份完成：“ok”，结束'\n# “quoted” in a comment；\nls /srv\n"),
        Example::Script("cat <<'EOF'\n```\n“text”\n```\nEOF\n"),
        Example::Script("x=$(printf '%s' \"“\")\nls \"/srv/“odd” name\"\n"),
    ],
    run,
};

const SIGNS: &[char] = &['“', '”', '‘', '’', '，', '；', '：', '（', '）', '｜', '＞', '－'];

fn run(context: &Context<'_>, report: &mut Report) {
    for unit in &context.units {
        let mut at = 0;
        let fences = unit.text.contains("```");
        for line in unit.text.split_inclusive('\n').filter(|_| fences) {
            if line.trim_start().starts_with("```") && !quoted(unit.text, at) {
                let span = Span::new(at, at + line.trim_end().len());
                report.add(&RULE, unit, span, "a Markdown fence is read as a command".to_owned());
            }
            at += line.len();
        }
        if unit.text.is_ascii() {
            continue;
        }
        for run in unit.runs() {
            for argument in &run.command.words {
                let source = unit.slice(argument.span);
                // Inside quotes they are text.
                if source.contains(['\'', '"']) {
                    continue;
                }
                if let Some(sign) = source.chars().find(|c| SIGNS.contains(c)) {
                    report.add(
                        &RULE,
                        unit,
                        argument.span,
                        format!("{sign} is a letter to the shell"),
                    );
                }
            }
        }
    }
}

/// Tells whether a place lies inside a here-document, as far as its text says.
fn quoted(text: &str, at: usize) -> bool {
    let before = &text[..at];
    before.rfind("<<").is_some_and(|open| {
        let mark: String = before[open..]
            .trim_start_matches(['<', '-', ' ', '\'', '"'])
            .chars()
            .take_while(|c| c.is_alphanumeric() || *c == '_')
            .collect();
        let body = &before[open..];
        !mark.is_empty() && !body.lines().skip(1).any(|line| line.trim() == mark)
    })
}
