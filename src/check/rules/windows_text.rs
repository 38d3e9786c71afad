//! SH031: a script whose lines end as on Windows.

use crate::base::Span;
use crate::check::rule::{Example, Report, Rule, edit};
use crate::check::{Context, Unit};
use crate::evidence::Severity;
use crate::shell::Argument;

/// A shell takes the carriage return for the last letter of the last word, and a byte order mark for the first of the first.
pub const RULE: Rule = Rule {
    code: "SH031",
    name: "windows-text",
    severity: Severity::High,
    summary: "lines of a shell script end with a carriage return, or a byte order mark stands before the first",
    why: "the kernel looks for an interpreter named `/bin/bash\\r`, `then\\r` is no keyword, and every last word of a line is another name: the job never starts, or writes to and deletes what nobody meant",
    fix: "write the file with plain line ends and without a mark (`dos2unix`, `sed -i 's/\\r$//'`), and keep it so with `*.sh text eol=lf` in .gitattributes",
    source: "measured: bash 5.2 runs `ls /srv\\r` as a call with that letter, and `bash -n` refuses `then\\r`; execve(2) takes the whole first line for the interpreter; gitattributes(5)",
    layer: "static",
    bad: &[
        Example::Script(
            "#!/bin/bash\r\nset -euo pipefail\r\n# nightly dump, edited on a desktop\r\numask 077\r\nout=\"/backup/shop-$(date -u +%F).dump\"\r\npg_dump -Fc -f \"$out.new\" shop\r\npg_restore --list \"$out.new\" > /dev/null\r\nmv \"$out.new\" \"$out\"\r\n",
        ),
        Example::Script(
            "#!/bin/sh\nset -eu\nif mountpoint -q /backup; then\n  rsync -aHAX --numeric-ids /srv/app/ /backup/app.partial/\r\n  mv /backup/app.partial /backup/app-2026-11-21\r\nfi\n",
        ),
        Example::Script("\u{feff}#!/bin/bash\nset -euo pipefail\nrestic backup /srv/app\n"),
        Example::Script(
            "set -o pipefail\npg_dump shop | gzip > /backup/shop-$(date +%F).gz.new\r\nls\n",
        ),
        Example::Script("cd /srv/app\r\ntar -czf /backup/app.tgz.new data\r\n"),
    ],
    good: &[
        Example::Script(
            "#!/bin/bash\nset -euo pipefail\n# what the mail server wants to read\nprintf 'Subject: backup done\\r\\n\\r\\n' > /tmp/mail.$$\ncat > /srv/app/request.txt <<'END'\nGET /health HTTP/1.0\r\nHost: app\r\n\r\nEND\ncurl -fsS --data-binary @/srv/app/request.txt http://app.internal/\n",
        ),
        Example::Script("sed -i 's/\r$//' /srv/app/import.csv\ntr -d '\r' < in.csv > out.csv\n"),
        Example::Script("printf 'a\r\nb\r\n'\n"),
        Example::File {
            name: "restore.sql",
            text: "begin;\r\nselect count(*) from orders;\r\ncommit;\r\n",
        },
    ],
    run,
};

fn run(context: &Context<'_>, report: &mut Report) {
    let files = context.units.iter().filter(|unit| unit.step.is_none() && unit.within.is_shell());
    for unit in files.filter(|unit| unit.excerpt.is_none()) {
        if unit.text.starts_with('\u{feff}') {
            let mark = Span::new(0, '\u{feff}'.len_utf8());
            let message = "a byte order mark stands before the first line, which is then no `#!`";
            report.add(&RULE, unit, mark, message.to_owned()).edit = edit(mark, "");
        }
        if unit.text.contains("\r\n") {
            carriage_returns(unit, report);
        }
    }
}

fn carriage_returns(unit: &Unit<'_>, report: &mut Report) {
    let text = unit.text;
    let lines = text.split_inclusive('\n').count();
    let ending = text.matches("\r\n").count();
    // What ends a command is meant by nobody; what stands in a text of a command may be.
    let last_words = unit.runs().filter_map(|run| {
        let targets = run.command.redirects.iter().map(|redirect| &redirect.target);
        run.command.words.iter().chain(targets).max_by_key(|word| word.span.end)
    });
    let ends_line = |word: &&Argument| {
        let behind = text.get(word.span.end..).is_some_and(|rest| rest.starts_with('\n'));
        behind && word.span.slice(text).ends_with('\r')
    };
    let strays: Vec<Span> = last_words.filter(ends_line).map(|word| word.span).collect();
    let comment = text.split_inclusive('\n').next().filter(|line| line.starts_with('#'));
    let begins = comment.is_some_and(|line| line.ends_with("\r\n"));
    let unread = !unit.script.parsed && ending * 2 > lines;
    if begins || unread || strays.len() * 2 > unit.commands.list.len() {
        let at = text.find("\r\n").unwrap_or_default();
        let start = text[..at].rfind('\n').map_or(0, |before| before + 1);
        let message = format!("{ending} of {lines} lines end with a carriage return");
        let plain = text[start..].replace("\r\n", "\n");
        report.add(&RULE, unit, Span::new(start, at + 1), message).edit =
            edit(Span::new(start, text.len()), plain);
        return;
    }
    for word in strays {
        let sign = Span::new(word.end - 1, word.end);
        let message = "the line ends with a carriage return, which the command takes for a letter";
        report.add(&RULE, unit, word, message.to_owned()).edit = edit(sign, "");
    }
}
