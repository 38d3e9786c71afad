//! PG019: a password that everybody can read.

use crate::base::Span;
use crate::check::rule::{Example, Report, Rule};
use crate::check::{Context, Unit};
use crate::evidence::Severity;

/// Scripts are copied, logged and kept in version control.
pub const RULE: Rule = Rule {
    code: "PG019",
    name: "password-in-script",
    severity: Severity::Medium,
    summary: "a PostgreSQL password stands in the script",
    why: "it is in every copy of the script, in the list of processes and in the history of the shell",
    fix: "a password file (PGPASSFILE, mode 0600), peer authentication over the socket, or a secret of the plan",
    source: "libpq manual, The Password File",
    layer: "static",
    bad: &[
        Example::Script("PGPASSWORD=hunter2 pg_dump -Fc -f /backup/x.new shop\n"),
        Example::Script("export PGPASSWORD=\"s3cret\"\npsql -h db1 -c \"select 1\"\n"),
        Example::Script("psql 'postgresql://app:s3cret@db1/shop' -c 'select 1'\n"),
        Example::Script(
            r#"#!/usr/bin/env bash
set -euo pipefail
umask 077
export PGHOST=db1 PGUSER=backup
export PGPASSWORD='Sommer2026'
ts=$(date -u +%Y%m%dT%H%M%SZ)
pg_dumpall --globals-only -f "/backup/globals-$ts.sql.tmp"
mv "/backup/globals-$ts.sql.tmp" "/backup/globals-$ts.sql"
"#,
        ),
    ],
    good: &[
        Example::Script("export PGPASSFILE=/etc/backup/pgpass\npsql -h db1 -c \"select 1\"\n"),
        Example::Script("PGPASSWORD=$(cat /run/secrets/pg) psql -h db1 -c \"select 1\"\n"),
        Example::Script("export PGPASSWORD\npsql \"postgresql://app@db1/shop\" -c \"select 1\"\n"),
        Example::Script("# PGPASSWORD=x is not used here\npsql -c \"select 1\"\n"),
        Example::Script(
            r#"#!/usr/bin/env bash
set -euo pipefail
umask 077
export PGPASSFILE=/etc/backup/pgpass
ts=$(date -u +%Y%m%dT%H%M%SZ)
pg_dumpall -h db1 -U backup --globals-only -f "/backup/globals-$ts.sql.tmp"
mv "/backup/globals-$ts.sql.tmp" "/backup/globals-$ts.sql"
"#,
        ),
    ],
    run,
};

fn run(context: &Context<'_>, report: &mut Report) {
    let marks = ["PGPASSWORD=", "postgresql://", "postgres://"];
    let marked = |unit: &&Unit<'_>| marks.iter().any(|mark| unit.text.contains(mark));
    for unit in context.scripts().filter(marked) {
        let mut at = 0;
        for line in unit.text.split_inclusive('\n') {
            let start = at;
            at += line.len();
            if line.trim_start().starts_with('#') {
                continue;
            }
            let found = assigned(line).or_else(|| in_address(line));
            if let Some((from, to)) = found {
                let span = Span::new(start + from, start + to);
                report.add(&RULE, unit, span, "a password stands in the text".to_owned());
            }
        }
    }
}

/// Returns where a line gives PGPASSWORD a value that is written out.
fn assigned(line: &str) -> Option<(usize, usize)> {
    let at = line.find("PGPASSWORD=")?;
    let value = line[at + "PGPASSWORD=".len()..].trim_start_matches(['"', '\'']);
    let first = value.chars().next()?;
    (first.is_ascii_alphanumeric()).then_some((at, at + "PGPASSWORD".len()))
}

/// Returns where a line holds an address with user and password, `postgresql://user:password@host`.
fn in_address(line: &str) -> Option<(usize, usize)> {
    let at = line.find("postgresql://").or_else(|| line.find("postgres://"))?;
    let rest = &line[at..];
    let user = rest.split_once("://")?.1;
    let end = user.find(|c: char| c.is_whitespace() || matches!(c, '"' | '\''))?;
    let (login, _) = user[..end].split_once('@')?;
    let (_, password) = login.split_once(':')?;
    let written = password.chars().next().is_some_and(|c| c.is_ascii_alphanumeric());
    written.then_some((at, at + "postgres".len()))
}
