//! SH010: a function that counts on `set -e` where it does not hold.

use std::collections::BTreeSet;

use crate::check::deeds::{self, Deed};
use crate::check::outcome::{each, within};
use crate::check::rule::{Example, Report, Rule};
use crate::check::{Context, Unit};
use crate::evidence::Severity;
use crate::shell::ast::{Statement, StatementKind, Word};

/// While a function runs as a question, nothing inside it stops at a failure.
pub const RULE: Rule = Rule {
    code: "SH010",
    name: "errexit-suspended",
    severity: Severity::Medium,
    summary: "a function of several steps is called in `if`, `&&`, `||` or `!`, and counts on `set -e` inside",
    why: "`set -e` is switched off in the whole function, so it goes on behind a failed dump or restore and returns the code of its last command",
    fix: "end each step that matters with `|| return`, or call the function as a command of its own and test `$?` by a trap",
    source: "bash(1), set -e; measured with bash 5.2: `set -e; f() { false; echo ran past; }; if f; then echo taken; fi` prints both",
    layer: "static",
    bad: &[
        Example::Script(
            "set -e\nf() {\n  pg_dump -Fc -f /backup/x.new shop\n  echo dumped\n}\nif f; then echo ok; fi\n",
        ),
        Example::Script(
            r#"#!/bin/bash
set -euo pipefail
backup() {
  mysqldump --single-transaction shop > /backup/shop.sql.new
  gzip -f /backup/shop.sql.new
  mv /backup/shop.sql.new.gz /backup/shop.sql.gz
}
backup || { logger -p user.err "backup failed"; exit 1; }
"#,
        ),
    ],
    good: &[
        Example::Script(
            "set -e\nf() {\n  pg_dump -Fc -f /backup/x.new shop || return\n  echo dumped\n}\nif f; then echo ok; fi\n",
        ),
        Example::Script(
            r#"#!/bin/bash
set -euo pipefail
trap 'logger -p user.err "backup failed"' ERR
backup() {
  mysqldump --single-transaction shop > /backup/shop.sql.new
  gzip -f /backup/shop.sql.new
  mv /backup/shop.sql.new.gz /backup/shop.sql.gz
}
backup
"#,
        ),
        Example::Script(
            "set -e\ndump_one() {\n  echo \"dumping $1\"\n  pg_dump -Fc -f \"/backup/$1.new\" \"$1\"\n}\ndump_one shop || exit 1\n",
        ),
        Example::Script(
            "f() {\n  pg_dump -Fc -f /backup/x.new shop && mv /backup/x.new /backup/x\n}\nf || exit 1\n",
        ),
    ],
    run,
};

fn run(context: &Context<'_>, report: &mut Report) {
    for unit in context.scripts() {
        if unit.commands.defined.is_empty() || !unit.runs().any(|r| r.command.setting.errexit) {
            continue;
        }
        let mut asked: BTreeSet<String> = BTreeSet::new();
        let mut bodies: Vec<(String, &Statement)> = Vec::new();
        each(&unit.script.statements, &mut |statement, _| {
            let mut note = |one: &Statement| asked.extend(call(one));
            match &statement.kind {
                StatementKind::List(links) => {
                    links.iter().take(links.len().saturating_sub(1)).for_each(|(_, s)| note(s));
                }
                StatementKind::If { branches, .. } => {
                    branches.iter().flat_map(|(condition, _)| condition).for_each(note);
                }
                StatementKind::Function { name, body } => bodies.push((name.clone(), body)),
                _ if statement.negated => note(statement),
                _ => {}
            }
        });
        for (name, body) in bodies.iter().filter(|(name, _)| asked.contains(name)) {
            if let Some((span, command)) = unguarded(unit, body) {
                let message = format!(
                    "`{name}` is called as a question, so it goes on when `{command}` fails"
                );
                report.add(&RULE, unit, span, message);
            }
        }
    }
}

/// Returns the name of the function or command that a statement calls.
fn call(statement: &Statement) -> Option<String> {
    let StatementKind::Simple(simple) = &statement.kind else { return None };
    simple.words.first().and_then(Word::literal)
}

/// Returns the first step of a function whose failure matters and that is not its last.
fn unguarded(unit: &Unit<'_>, body: &Statement) -> Option<(crate::base::Span, String)> {
    let statements = match &body.kind {
        StatementKind::Group(inner) | StatementKind::Subshell(inner) => inner.as_slice(),
        _ => return None,
    };
    let (_, steps) = statements.split_last()?;
    for step in steps {
        if !matches!(step.kind, StatementKind::Simple(_) | StatementKind::Pipeline(_)) {
            continue;
        }
        let found = deeds::deeds(unit).find(|(run, deed)| {
            within(run.command.span, step.span)
                && !run.command.setting.substituted
                && matches!(deed, Deed::Dump | Deed::Restore | Deed::Send | Deed::Verify)
        });
        if let Some((run, _)) = found {
            let next = unit.text[step.span.end..].lines().nth(1).unwrap_or_default();
            if next.contains("$?") || next.contains("PIPESTATUS") {
                continue;
            }
            return Some((run.command.span, run.command.name().unwrap_or_default().to_owned()));
        }
    }
    None
}
