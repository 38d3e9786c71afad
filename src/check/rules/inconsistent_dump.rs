//! MY001: a dump whose tables are of different instants.

use crate::check::Context;
use crate::check::dumps::dumps;
use crate::check::rule::{Example, Report, Rule};
use crate::evidence::Severity;

/// Without one transaction, or one lock over everything, each table is of its own instant.
pub const RULE: Rule = Rule {
    code: "MY001",
    name: "inconsistent-dump",
    severity: Severity::High,
    summary: "mysqldump or mariadb-dump reads data without --single-transaction or --lock-all-tables",
    why: "tables are read one after the other while others write; orders without their lines are found when they are restored, and the tables of a database are locked meanwhile",
    fix: "add --single-transaction (InnoDB; no change of structure meanwhile), or --lock-all-tables",
    source: "mariadb-dump(1), --single-transaction, --lock-tables",
    layer: "static",
    bad: &[
        Example::Script(
            "set -euo pipefail\nmysqldump --routines --events shop > \"/backup/shop-$(date +%F).sql.new\"\n",
        ),
        Example::Script(
            "mariadb-dump -A -R -E --skip-lock-tables --result-file=\"/backup/all-$(date +%s).sql\"\n",
        ),
        Example::Script(
            r#"#!/usr/bin/env bash
set -euo pipefail
umask 077
dir=/backup/mysql
mountpoint -q /backup || { echo "/backup is not mounted" >&2; exit 1; }
new="$dir/all-$(date -u +%Y%m%dT%H%M%SZ).sql"
mysqldump --defaults-extra-file=/etc/backup/my.cnf --routines --events --hex-blob --default-character-set=utf8mb4 --source-data=2 --all-databases --skip-lock-tables > "$new.tmp"
tail -n 1 "$new.tmp" | grep -q 'Dump completed'
mv "$new.tmp" "$new"
find "$dir" -name '*.sql' -mtime +35 -print
"#,
        ),
    ],
    good: &[
        Example::Script(
            "mysqldump --single-transaction -R -E shop > \"/backup/shop-$(date +%F).sql.new\"\n",
        ),
        Example::Script("mariadb-dump -A -R -E -x > \"/backup/all-$(date +%s).sql\"\n"),
        Example::Script(
            "mysqldump --no-data shop > \"/backup/schema-$(date +%s).sql\"\nmysqldump --help | grep -q single\n",
        ),
        Example::Script("mysqldump $DUMP_OPTIONS shop > \"/backup/shop-$(date +%s).sql\"\n"),
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
    for (unit, run, call) in dumps(context) {
        let whole = ["single-transaction", "lock-all-tables", "no-data", "system"];
        // Behind a lock of the whole server that the script holds, nothing is written.
        if !call.has(&whole) && !call.has(&["tab"]) {
            let message = format!("`{}` reads each table at another instant", call.name);
            report.add(&RULE, unit, run.command.span, message);
        }
    }
}
