//! MO002: a check that finds itself.

use crate::check::rule::{Example, Report, Rule};
use crate::check::{Context, Language, Run, Unit};
use crate::evidence::Severity;
use crate::shell::Command;

/// The command line of `grep` holds the word that it looks for.
pub const RULE: Rule = Rule {
    code: "MO002",
    name: "process-list-searched",
    severity: Severity::Medium,
    summary: "whether a service is well is asked by `ps | grep`",
    why: "grep finds its own line, so the answer is always yes; and a process that is there may still not answer",
    fix: "ask the service: `pg_isready`, `redis-cli ping`, `curl -f …/health`, `systemctl is-active`; or `pgrep -x name`",
    source: "ps(1), pgrep(1); measured: `ps aux | grep nosuchservice` prints its own line and gave 0 in 10 of 10 runs",
    layer: "static",
    bad: &[
        Example::Script("if ps aux | grep mysqld; then echo up; else systemctl start mysql; fi\n"),
        Example::Script(
            r#"#!/bin/bash
set -euo pipefail
# wait for the database before the dump
n=$(ps -ef | grep -c postgres)
if [ "$n" -gt 0 ]; then
  pg_dump -Fc -f /backup/shop.dump.new shop
fi
"#,
        ),
    ],
    good: &[
        Example::Script(
            "if pgrep -x mysqld > /dev/null; then echo up; fi\nif ps aux | grep '[m]ysqld'; then echo up; fi\n",
        ),
        Example::Script(
            r#"#!/bin/bash
set -euo pipefail
pg_isready -q -h /var/run/postgresql
ps aux | grep postgres | grep -v grep | wc -l
pg_dump -Fc -f /backup/shop.dump.new shop
"#,
        ),
        Example::Script("if ps -e | grep -q 'backupd$'; then echo up; fi\n"),
        Example::Script("ps -C nginx -o pid= | head -1\nps -p \"$pid\" -o args= | grep -q nginx\n"),
    ],
    run,
};

fn run(context: &Context<'_>, report: &mut Report) {
    for unit in &context.units {
        for ps in unit.named(&["ps"]) {
            let Some(stage) = ps.command.setting.stage.filter(|s| s.position == 0) else {
                continue;
            };
            let narrow =
                ps.command.literals().iter().any(|w| matches!(*w, "-p" | "-C" | "--pid" | "-q"))
                    || !shows_arguments(ps.command);
            let filters: Vec<Run<'_>> = unit
                .named(&["grep", "egrep", "fgrep", "awk"])
                .filter(|r| r.command.setting.stage.is_some_and(|s| s.pipeline == stage.pipeline))
                .collect();
            let itself = filters.first().filter(|r| r.command.is(&["grep", "egrep", "fgrep"]));
            let excluded = filters.iter().any(|r| r.command.has("-v") || careful(r.command));
            if let Some(grep) = itself.filter(|_| !narrow && !excluded && asked(unit, ps)) {
                let message = "grep finds its own line, so this is always true".to_owned();
                report.add(&RULE, unit, grep.command.span, message);
            }
        }
    }
}

/// Tells whether the list holds whole command lines: `ps aux`, `ps -ef`, `ps -eo pid,args`; `ps -e` holds names.
fn shows_arguments(ps: &Command) -> bool {
    let words: Vec<_> = ps.arguments().iter().map(crate::shell::Argument::shown).collect();
    words.iter().enumerate().any(|(at, word)| {
        let before = at.checked_sub(1).map_or("", |before| &*words[before]);
        let value = before.starts_with('-') && before.ends_with(['o', 't', 'u', 'U', 'G', 'g']);
        let format = ["args", "cmd", "command"].iter().any(|one| word.contains(one));
        format
            || !value
                && match word.strip_prefix('-') {
                    Some(letters) => {
                        !word.starts_with("--") && letters.contains(['f', 'F', 'x'])
                            || letters == "aux"
                    }
                    None => true,
                }
    })
}

/// Tells whether the pattern cannot match itself: `[m]ysqld`.
fn careful(command: &Command) -> bool {
    command.arguments().iter().any(|a| a.shown().contains('['))
        || command.literals().iter().any(|w| w.contains('^'))
}

/// Tells whether the result decides something: it is a condition or a value.
fn asked(unit: &Unit<'_>, ps: Run<'_>) -> bool {
    // Python gets the exit code of the line.
    unit.within == Language::Python || ps.command.setting.asked || ps.command.setting.substituted
}
