//! MY004: a dump on which no binary log can be replayed.

use crate::check::Context;
use crate::check::dumps::{makes_backups, whole_dumps};
use crate::check::rule::{Example, Report, Rule};
use crate::evidence::Severity;

/// Without its position in the binary log a dump is one instant, and what came later is lost.
pub const RULE: Rule = Rule {
    code: "MY004",
    name: "dump-without-position",
    severity: Severity::Medium,
    summary: "a dump does not say to which position of the binary log it belongs",
    why: "without the position nothing can be replayed on it: everything since the dump is lost, and no replica can be made from it",
    fix: "add --master-data=2 (MariaDB) or --source-data=2 (MySQL 8.0.26 and newer)",
    source: "mariadb-dump(1), --master-data",
    layer: "static",
    bad: &[
        Example::Script(
            "mysqldump --single-transaction -R -E -A > \"/backup/all-$(date +%F).sql.new\"\n",
        ),
        Example::Script(
            "mariadb-dump --single-transaction -R -E shop | gzip > \"/backup/shop-$(date +%s).sql.gz\"\n",
        ),
        Example::Script(
            r#"#!/usr/bin/env bash
set -euo pipefail
umask 077
dir=/backup/mysql
mountpoint -q /backup || { echo "/backup is not mounted" >&2; exit 1; }
new="$dir/all-$(date -u +%Y%m%dT%H%M%SZ).sql"
mysqldump --defaults-extra-file=/etc/backup/my.cnf --single-transaction --routines --events --hex-blob --default-character-set=utf8mb4 --all-databases > "$new.tmp"
tail -n 1 "$new.tmp" | grep -q 'Dump completed'
mv "$new.tmp" "$new"
find "$dir" -name '*.sql' -mtime +35 -print
"#,
        ),
    ],
    good: &[
        Example::Script(
            "mysqldump --single-transaction --source-data=2 -R -E -A > \"/backup/all-$(date +%F).sql.new\"\n",
        ),
        Example::Script(
            "mariadb-dump --single-transaction --master-data=2 -R -E -A > \"/backup/all-$(date +%s).sql\"\n",
        ),
        Example::Script(
            "mysqldump --single-transaction -R -E --flush-logs -A > \"/backup/all-$(date +%s).sql\"\n",
        ),
        Example::Script(
            "mysqldump --single-transaction -R -E shop > \"/backup/shop-before-$(date +%s).sql\"\nmysql shop < /backup/shop.sql\n",
        ),
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
    let mut dumps = whole_dumps(context).peekable();
    if dumps.peek().is_none() {
        return;
    }
    let asked = context.runs().any(|(unit, run)| {
        unit.sql(run.command).iter().any(|text| {
            let text = text.to_ascii_uppercase();
            text.contains("MASTER STATUS") || text.contains("BINARY LOG STATUS")
        })
    });
    if asked || !makes_backups(context) {
        return;
    }
    for (unit, run, call) in dumps {
        let says = [
            "master-data",
            "source-data",
            "dump-slave",
            "dump-replica",
            "gtid",
            "flush-logs",
            "delete-master-logs",
        ];
        if !call.has(&says) {
            report.add(
                &RULE,
                unit,
                run.command.span,
                "the dump has no position in the binary log".to_owned(),
            );
        }
    }
}
