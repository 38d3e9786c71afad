//! MY006: a password that every user of the machine can read.

use crate::check::rule::{Example, Report, Rule};
use crate::check::{Context, Python, TokenKind};
use crate::evidence::Severity;

const CLIENTS: &[&str] = &[
    "mysql",
    "mariadb",
    "mysqldump",
    "mariadb-dump",
    "mysqladmin",
    "mariadb-admin",
    "mysqlbinlog",
    "mariadb-binlog",
    "mysqlcheck",
    "mariadb-check",
    "mysqlimport",
    "mariadb-import",
    "mariabackup",
    "mariadb-backup",
    "xtrabackup",
    "mydumper",
    "myloader",
    "mysqlshow",
    "mariadb-show",
];

/// The command line of a process is public.
pub const RULE: Rule = Rule {
    code: "MY006",
    name: "password-on-command-line",
    severity: Severity::High,
    summary: "a MySQL or MariaDB client gets its password on the command line",
    why: "every user of the machine reads it in the list of processes, and it stays in histories and logs",
    fix: "put it into a file of mode 600 and give --defaults-extra-file first, or log in through the socket",
    source: "mysql manual, End-User Guidelines for Password Security; measured: visible in ps",
    layer: "static",
    bad: &[
        Example::Script(
            "mysqldump -u root -phunter2 --single-transaction -A -R -E > \"/backup/all-$(date +%s).sql\"\n",
        ),
        Example::Script("mysql -u root --password=\"$DB_PASS\" -e 'SELECT 1'\n"),
        Example::Script(
            "mariadb-backup --backup --user=root --password=x1 --target-dir=\"/backup/$(date +%s)\"\n",
        ),
        Example::Script(
            r#"#!/usr/bin/env bash
set -euo pipefail
umask 077
dir=/backup/mysql
mountpoint -q /backup || { echo "/backup is not mounted" >&2; exit 1; }
new="$dir/all-$(date -u +%Y%m%dT%H%M%SZ).sql"
mysqldump --user=backup --password=geheim22 --single-transaction --routines --events --all-databases > "$new.tmp"
tail -n 1 "$new.tmp" | grep -q 'Dump completed'
mv "$new.tmp" "$new"
find "$dir" -name '*.sql' -mtime +35 -print
"#,
        ),
    ],
    good: &[
        Example::Script(
            "mysqldump --defaults-extra-file=/etc/backup/my.cnf --single-transaction -A -R -E > \"/backup/all-$(date +%s).sql\"\n",
        ),
        Example::Script(
            "mysql -u root -p -e 'SELECT 1'\nmysql -u root --password= -P 3307 -e 'SELECT 1'\n",
        ),
        Example::Script("mysql --socket=/run/mysqld/mysqld.sock --skip-password -e 'SELECT 1'\n"),
        Example::Script(
            r#"#!/usr/bin/env bash
set -euo pipefail
umask 077
dir=/backup/mysql
mountpoint -q /backup || { echo "/backup is not mounted" >&2; exit 1; }
new="$dir/all-$(date -u +%Y%m%dT%H%M%SZ).sql"
mysqldump --defaults-extra-file=/etc/backup/my.cnf --single-transaction --routines --events --hex-blob --default-character-set=utf8mb4 --source-data=2 --all-databases > "$new.tmp"
tail -n 1 "$new.tmp" | grep -q 'Dump completed'
mv "$new.tmp" "$new"
find "$dir" -name '*.sql' -mtime +35 -print
"#,
        ),
    ],
    run,
};

fn run(context: &Context<'_>, report: &mut Report) {
    if let Some(python) = &context.python {
        in_python(python, report);
    }
    for (unit, run) in context.named(CLIENTS) {
        let Some(call) = unit.take_apart(run.command) else {
            continue;
        };
        let given = call.flags.iter().find(|flag| {
            flag.name == "password" && flag.value.as_ref().is_some_and(|word| !word.text.is_empty())
        });
        if let Some(word) = given.and_then(|flag| flag.value.as_ref()) {
            let span = run.command.words.get(word.index).map_or(run.command.span, |word| word.span);
            // The password itself is not repeated.
            report.add(
                &RULE,
                unit,
                span,
                format!("`{}` gets its password on the command line", call.name),
            );
        }
    }
}

/// Judges the command lines that a Python script holds as texts, whoever is to run them.
fn in_python(python: &Python<'_>, report: &mut Report) {
    for token in python.tokens.iter().filter(|token| token.kind == TokenKind::Text) {
        let mut words = token.text.split_whitespace();
        let client = words.next().is_some_and(|name| CLIENTS.contains(&name));
        let given = |word: &str| {
            let short = word.strip_prefix("-p").is_some_and(|rest| !rest.is_empty());
            let long = word.strip_prefix("--password=").is_some_and(|rest| !rest.is_empty());
            short || long
        };
        if client && words.any(given) {
            let message = "the password is a word of the command line".to_owned();
            report.add_python(&RULE, token.span, message);
        }
    }
}
