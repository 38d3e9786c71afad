//! SH007: a dump that every user of the machine can read.

use crate::base::Span;
use crate::check::deeds::{self, Deed};
use crate::check::names::{is_archive, looks_backup};
use crate::check::rule::{Example, Report, Rule, edit};
use crate::check::{Called, Context, Language, Python, Run, Unit};
use crate::evidence::{Edit, Severity};
use crate::shell::path;

/// A file that a script makes is readable by all unless the umask says otherwise.
pub const RULE: Rule = Rule {
    code: "SH007",
    name: "dump-readable-by-all",
    severity: Severity::Medium,
    summary: "a database is dumped into a file with the mode that the caller's umask gives it",
    why: "with the usual umask of 022 every user of the machine reads the whole database, passwords included",
    fix: "`umask 077` before the dump, or a directory of mode 0700",
    source: "umask(2); measured: `>` makes mode 644 under umask 022 and 600 under 077; pg_dump and mysqldump make their files the same way",
    layer: "static",
    bad: &[
        Example::Script(
            r#"#!/usr/bin/env python3
"""Keeps the orders of the shop."""
import gzip

import psycopg

with psycopg.connect("service=shop") as connection, gzip.open("/backup/orders.csv.gz", "wb") as out:
    with connection.cursor().copy("COPY orders TO STDOUT (FORMAT csv, HEADER)") as rows:
        for row in rows:
            out.write(row)
"#,
        ),
        Example::Script(
            "#!/bin/bash\nset -euo pipefail\npg_dump -Fc -f \"/backup/shop-$(date +%F).dump\" shop\n",
        ),
        Example::Script(
            r#"#!/bin/bash
set -euo pipefail
DEST=/var/backups/mysql
STAMP=$(date +%F)
mkdir -p "$DEST"
mysqldump --defaults-extra-file=/etc/backup/my.cnf --single-transaction shop | gzip > "$DEST/shop-$STAMP.sql.gz"
chown backup:backup "$DEST/shop-$STAMP.sql.gz"
"#,
        ),
        Example::Script("pg_dumpall -U postgres > /var/www/html/all-$(date +%F).sql\n"),
    ],
    good: &[
        Example::Script(
            r#"#!/usr/bin/env python3
"""Keeps the orders of the shop, for nobody else to read."""
import gzip
import os

import psycopg

os.umask(0o077)
with psycopg.connect("service=shop") as connection, gzip.open("/backup/orders.csv.gz", "wb") as out:
    with connection.cursor().copy("COPY orders TO STDOUT (FORMAT csv, HEADER)") as rows:
        for row in rows:
            out.write(row)
"#,
        ),
        Example::Script(
            "#!/bin/bash\nset -euo pipefail\numask 077\npg_dump -Fc -f \"/backup/shop-$(date +%F).dump\" shop\n",
        ),
        Example::Script(
            r#"#!/bin/bash
set -euo pipefail
DEST=/var/backups/mysql
STAMP=$(date +%F)
install -d -m 700 -o root -g root "$DEST"
mysqldump --defaults-extra-file=/etc/backup/my.cnf --single-transaction shop | gzip > "$DEST/shop-$STAMP.sql.gz"
"#,
        ),
        Example::Script("d=$(mktemp -d)\npg_dump -Fc -f \"$d/shop.dump\" shop\n"),
        Example::Script(
            "pg_dump shop | gpg --batch -r backup@example.org -e > /backup/shop.sql.gpg\npg_dump shop > /dev/null\n",
        ),
        Example::Script(
            "out=/backup/s-$(date +%F).sql\nmysqldump shop > \"$out\"\nchmod 600 \"$out\"\n",
        ),
    ],
    run,
};

const DATABASES: &[&str] = &[
    "pg_dump",
    "pg_dumpall",
    "mysqldump",
    "mariadb-dump",
    "sqlite3",
    "slapcat",
    "redis-cli",
    "etcdctl",
    "mongodump",
];

fn run(context: &Context<'_>, report: &mut Report) {
    if let Some(python) = &context.python {
        in_python(python, report);
    }
    let mut careful = false;
    for unit in &context.units {
        let own = unit.named(RESTRICTS).any(restricts);
        careful |= own;
        if careful && unit.step.is_none() {
            continue;
        }
        for run in unit.named(DATABASES) {
            if own || deeds::deed(unit, run.command) != Some(Deed::Dump) {
                continue;
            }
            if encrypted(unit, run) {
                continue;
            }
            let outputs = deeds::outputs_of_line(unit, run);
            let Some((argument, target)) = outputs.last() else { continue };
            if from_mktemp(argument) {
                continue;
            }
            let open =
                ["/tmp/", "/var/tmp/", "/var/www/", "/srv/www/", "/usr/share/nginx/", "/srv/http/"];
            let message = format!(
                "{target} gets the mode of the caller's umask, and the usual one lets everybody read it"
            );
            let finding = report.add(&RULE, unit, argument.span, message);
            finding.edit = umask(unit);
            if open.iter().any(|dir| target.starts_with(dir)) {
                finding.severity = Severity::High;
            }
            break;
        }
    }
}

/// Judges a Python script that asks a database and writes what it says into a backup.
fn in_python(python: &Python<'_>, report: &mut Report) {
    let outline = python.outline();
    let drivers = ["pymysql", "MySQLdb", "mysql", "mariadb", "psycopg", "psycopg2", "sqlite3"];
    let asks = outline
        .imports
        .iter()
        .any(|one| drivers.contains(&one.path.split('.').next().unwrap_or_default()));
    let last = |call: &Called<'_>| call.path.rsplit('.').next().unwrap_or_default().to_owned();
    let careful = outline.calls.iter().any(|call| {
        matches!(last(call).as_str(), "umask" | "chmod" | "fchmod" | "mkdtemp")
            || call.path == "os.open"
            || call.argument("opener", None).is_some()
            || matches!(last(call).as_str(), "makedirs" | "mkdir")
                && call.argument("mode", None).is_some()
    });
    if !asks || careful {
        return;
    }
    let text = |value: (usize, usize)| python.span_of(value).slice(python.text);
    let written = outline.calls.iter().find(|call| {
        let opens = matches!(call.path.as_str(), "open" | "gzip.open" | "io.open" | "lzma.open");
        let mode = call.argument("mode", Some(1)).map(text).unwrap_or_default();
        let name = call.argument("file", Some(0)).or(call.argument("filename", Some(0)));
        let name = name.map(text).unwrap_or_default();
        let dump = [".sql", ".dump", ".csv"].iter().any(|end| name.contains(end));
        opens && mode.contains(['w', 'x', 'a']) && dump && looks_backup(name)
    });
    if let Some(call) = written {
        let message =
            "the rows of a database go into a file that the usual umask lets everybody read"
                .to_owned();
        report.add_python(&RULE, python.span_of((call.at, call.end)), message);
    }
}

fn from_mktemp(argument: &crate::shell::Argument) -> bool {
    argument.comes_from(crate::shell::Origin::Temporary)
}

/// Tells whether a command sees to it that others cannot read.
/// Commands that say what others may read.
const RESTRICTS: &[&str] = &["umask", "chmod", "install", "mkdir", "setfacl"];

fn restricts(run: Run<'_>) -> bool {
    let command = run.command;
    let words = command.literals();
    let closed = |mode: &str| {
        let digits = mode.trim_start_matches('0');
        mode.chars().all(|c| c.is_ascii_digit()) && digits.len() <= 3 && digits.ends_with('0')
            || mode.contains("go-r")
            || mode.contains("o-r")
            || mode.contains("o=")
            || mode.contains("go=")
            || mode.contains("o-")
    };
    match command.name() {
        Some("umask") => words.first().is_some_and(|mask| {
            mask.ends_with('7') || mask.contains("o=") && !mask.contains("o=r")
        }),
        Some("chmod") => words.iter().any(|w| closed(w)),
        Some("install" | "mkdir") => {
            words.windows(2).any(|w| matches!(w[0], "-m" | "--mode") && closed(w[1]))
                || words.iter().any(|w| {
                    w.strip_prefix("-m")
                        .or(w.strip_prefix("--mode="))
                        .is_some_and(|m| !m.is_empty() && closed(m))
                })
        }
        Some("setfacl") => true,
        Some(_) | None => false,
    }
}

/// Tells whether the dump is encrypted before it reaches a file.
fn encrypted(unit: &Unit<'_>, run: Run<'_>) -> bool {
    let by_name = deeds::outputs_of_line(unit, run).iter().any(|(_, p)| {
        let name = path::file_name(p);
        [".gpg", ".age", ".enc"].iter().any(|end| name.contains(end)) && is_archive(p)
    });
    by_name
        || run.command.setting.stage.is_some_and(|stage| {
            unit.commands.list.iter().any(|other| {
                other.setting.stage.is_some_and(|s| s.pipeline == stage.pipeline)
                    && other.is(&["gpg", "gpg2", "age", "openssl", "restic", "borg"])
            })
        })
}

/// Returns the edit that sets the mask before the first command of a script.
fn umask(unit: &Unit<'_>) -> Option<Edit> {
    if !matches!(unit.language, Language::Bash | Language::Sh) {
        return None;
    }
    let mut at = 0;
    for line in unit.text.split_inclusive('\n') {
        let set = line.starts_with("set -");
        if !line.starts_with('#') && !line.trim().is_empty() && !set {
            break;
        }
        at += line.len();
    }
    edit(Span::new(at, at), "umask 077\n")
}
