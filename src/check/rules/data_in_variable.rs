//! SH023: bytes that do not survive a variable.

use crate::check::deeds::{self, Deed};
use crate::check::rule::{Example, Report, Rule};
use crate::check::{Context, Run, Unit};
use crate::evidence::Severity;

/// A variable holds no zero byte and loses the line feeds at its end.
pub const RULE: Rule = Rule {
    code: "SH023",
    name: "data-in-variable",
    severity: Severity::High,
    summary: "a dump or archive is held in a shell variable",
    why: "zero bytes are dropped and line feeds at the end cut, so the archive is broken and the checksum is another; a large one does not fit into memory",
    fix: "stream it: `pg_dump … | gzip > file`, or redirect into a file",
    source: "bash(1), Command Substitution; measured with bash 5.2: `x=$(printf 'a\\0b\\n\\n')` holds `ab`, with a warning",
    layer: "static",
    bad: &[
        Example::Script("DUMP=$(pg_dump -Fc shop)\necho \"$DUMP\" > /backup/shop.dump.new\n"),
        Example::Script(
            r#"#!/bin/bash
set -euo pipefail
archive=/backup/app.tgz
content=$(cat "$archive")
sum=$(printf %s "$content" | sha256sum | cut -d' ' -f1)
printf '%s' "$content" > "/mnt/offsite/app.tgz.new"
echo "$sum" > /mnt/offsite/app.sum
"#,
        ),
        Example::Script(
            "data=\"$(mysqldump --single-transaction shop)\"\nprintf '%s' \"$data\" | gzip > /backup/s.gz.new\n",
        ),
    ],
    good: &[
        Example::Script("pg_dump -Fc shop > /backup/shop.dump.new\n"),
        Example::Script(
            r#"#!/bin/bash
set -euo pipefail
archive=/backup/app.tgz
sum=$(sha256sum "$archive" | cut -d' ' -f1)
files=$(tar -tzf "$archive" | wc -l)
version=$(cat /etc/debian_version)
head=$(pg_dump --schema-only shop | head -n 5)
echo "$sum $files $version $head"
"#,
        ),
        Example::Script(
            "rows=$(sqlite3 app.db 'select count(*) from notes')\nlist=$(pg_restore --list x.dump)\n",
        ),
        Example::Script(
            "err=$(pg_dump -Fc -f /backup/x.new shop 2>&1)\nout=$(mysqldump shop 2>&1 > /backup/y.new)\nlog=$(tar -czf /backup/x.tgz.new /srv/app 2>&1)\n",
        ),
    ],
    run,
};

fn run(context: &Context<'_>, report: &mut Report) {
    for unit in context.scripts() {
        let dumps = deeds::deeds(unit).filter(|(_, deed)| *deed == Deed::Dump).map(|(run, _)| run);
        let files = unit.named(&["cat"]).filter(|run| {
            run.command.arguments().iter().any(|a| {
                let path = run.command.path(a);
                crate::check::names::is_archive(&path) && !path.ends_with(".sql")
            })
        });
        for run in dumps.chain(files) {
            if held(unit, run) {
                let name = run.command.name().unwrap_or_default();
                let message =
                    format!("what `{name}` prints loses its zero bytes and last line feeds");
                report.add(&RULE, unit, run.command.span, message);
            }
        }
    }
}

/// Tells whether the output of a command becomes a value as it is: nothing takes it before.
fn held(unit: &Unit<'_>, run: Run<'_>) -> bool {
    let command = run.command;
    let setting = &command.setting;
    let last = setting.stage.is_none_or(|s| s.position + 1 == s.length);
    let prints = command.redirects.is_empty() && deeds::outputs(unit, command).is_empty();
    let words = command.literals();
    let to_files = [
        "pg_basebackup",
        "mydumper",
        "restic",
        "borg",
        "kopia",
        "duplicity",
        "rsnapshot",
        "etcdctl",
        "redis-cli",
        "mariabackup",
        "xtrabackup",
        "mariadb-backup",
        "pgbackrest",
        "barman",
        "velero",
        "wal-g",
        "consul",
        "vault",
        "mongodump",
        "influx",
        "influxd",
        "mysqlhotcopy",
    ];
    let schema =
        words.iter().any(|w| w.contains("schema-only") || *w == "-s" || w.contains("no-data"));
    let assigned = {
        let start = unit.text[..command.span.start].trim_end_matches([' ', '"']);
        let opened = start.strip_suffix("$(").or_else(|| start.strip_suffix('`'));
        // Who puts a line feed behind it knows what is lost, and keeps a text.
        let behind = unit.text[command.span.end..].trim_start_matches([' ', ')', '`']);
        let alone = behind.starts_with(['"', '\n', ';', '&', '|', ')']) || behind.is_empty();
        alone && opened.is_some_and(|before| before.trim_end_matches('"').ends_with('='))
    };
    setting.substituted && last && prints && !command.is(&to_files) && !schema && assigned
}
