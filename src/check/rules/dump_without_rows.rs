//! FS022: the backup holds the tables and not what is in them.

use crate::check::deeds::{self, Deed};
use crate::check::names::{is_archive, looks_backup, looks_scratch};
use crate::check::rule::{Example, Report, Rule};
use crate::check::{Context, Run, Unit};
use crate::evidence::{Place, Severity};

/// A schema is no data.
pub const RULE: Rule = Rule {
    code: "FS022",
    name: "dump-without-rows",
    severity: Severity::High,
    summary: "the only dump of a script has an option that leaves the rows out (`-s`, `-d`, `--no-data`, `--schema-only`)",
    why: "the file looks like a dump and restores without an error, to empty tables",
    fix: "dump the rows too: drop the option, or add a second dump of the data (`--data-only`, `--no-create-info`); call a dump of the schema alone what it is",
    source: "mysqldump --help, -d, --no-data: No row information; pg_dump --help, -s, --schema-only: dump only the schema, no data",
    layer: "static",
    bad: &[
        Example::Script(
            r#"#!/bin/bash
# nightly dump of the shop
set -euo pipefail
umask 077
file=/backup/mysql/shop-$(date -u +%F).sql
mysqldump --defaults-extra-file=/root/.my.cnf --single-transaction --routines -d shop > "$file.part"
tail -n 1 "$file.part" | grep -q '^-- Dump completed'
mv "$file.part" "$file"
"#,
        ),
        Example::Script(
            "set -euo pipefail\npg_dumpall -g -f /backup/pg/globals.sql\nfor db in shop billing; do\n  pg_dump -Fc -s -f \"/backup/pg/$db.dump\" \"$db\"\ndone\n",
        ),
        Example::Script(
            "set -o pipefail\nssh db1 'mariadb-dump --no-data --all-databases' | gzip > /backup/db1.sql.gz\n",
        ),
        Example::Script("pg_dumpall --schema-only > /backup/all.sql\n"),
    ],
    good: &[
        Example::Script(
            r#"#!/bin/bash
set -euo pipefail
mysqldump --single-transaction -d shop > /backup/shop-schema.sql
mysqldump --single-transaction --no-create-info shop > /backup/shop-rows.sql
pg_dump -s -f /backup/pg/shop.ddl shop
pg_dump -Fc -f /backup/pg/shop.dump shop
"#,
        ),
        Example::Script(
            "pg_dump -s shop > /backup/shop.schema.sql\nmysqldump --no-data shop | mysql shop_test\npg_dump --schema-only shop | diff -u expected.sql -\n",
        ),
        Example::Script(
            "pg_basebackup -D /backup/base -X stream\npg_dump -s shop > /backup/pg/shop.sql\n",
        ),
    ],
    run,
};

fn run(context: &Context<'_>, report: &mut Report) {
    let mut bare: Vec<(&Unit<'_>, Run<'_>)> = Vec::new();
    for (unit, run) in context.runs() {
        if unit.part == Place::Rollback || deeds::deed(unit, run.command) != Some(Deed::Dump) {
            continue;
        }
        match without_rows(unit, run) {
            Some(true) => bare.push((unit, run)),
            // Another dump has the rows.
            Some(false) => return,
            None => {}
        }
    }
    for (unit, run) in bare {
        if !is_kept(unit, run) {
            continue;
        }
        let name = run.command.name().unwrap_or_default();
        let message = format!("`{name}` leaves the rows out, and nothing else dumps them");
        report.add(&RULE, unit, run.command.span, message);
    }
}

/// Tells whether a dump of a database leaves the rows out; none where it is none of a database, or of accounts alone.
fn without_rows(unit: &Unit<'_>, run: Run<'_>) -> Option<bool> {
    let call = unit.take_apart(run.command)?;
    match call.name {
        "pg_dumpall" if call.has(&["globals-only", "roles-only", "tablespaces-only"]) => None,
        "pg_dump" | "pg_dumpall" => {
            let sections = call.value(&["section"]).is_some_and(|w| w.text != "data");
            Some(call.has(&["schema-only"]) || sections)
        }
        "mysqldump" | "mariadb-dump" if call.has(&["system"]) => None,
        "mysqldump" | "mariadb-dump" => Some(call.has(&["no-data"])),
        "pg_basebackup" | "mydumper" | "mariabackup" | "mariadb-backup" | "xtrabackup"
        | "mysqlhotcopy" | "pgbackrest" | "barman" | "wal-g" | "tar" | "zfs" | "btrfs"
        | "restic" | "borg" => Some(false),
        _ => None,
    }
}

/// Tells whether the dump stays as a file that is called like a backup, not like a schema.
fn is_kept(unit: &Unit<'_>, run: Run<'_>) -> bool {
    let mut outputs: Vec<String> =
        deeds::outputs_of_line(unit, run).into_iter().map(|(_, path)| path).collect();
    // What another shell prints goes where that shell's line says.
    let around = unit.commands.list[..run.index].iter().rev().find(|other| {
        other.span == run.command.span
            && (!other.redirects.is_empty() || other.setting.stage.is_some())
    });
    if let Some(around) = around.filter(|_| outputs.is_empty()) {
        let around = Run { index: around.index, command: around };
        outputs.extend(deeds::outputs_of_line(unit, around).into_iter().map(|(_, path)| path));
    }
    let named = |path: &String| {
        let lower = path.to_ascii_lowercase();
        let schema = [
            "schema", "ddl", "struct", "empty", "skel", "model", "_def", "layout", "nodata",
            "no-data", "no_data",
        ];
        let bare = path.trim_end_matches(".part").trim_end_matches(".new").trim_end_matches(".tmp");
        (looks_backup(path) || is_archive(bare))
            && !schema.iter().any(|word| lower.contains(word))
            && !looks_scratch(path.strip_suffix(".new").unwrap_or(path))
    };
    outputs.iter().any(named)
}
