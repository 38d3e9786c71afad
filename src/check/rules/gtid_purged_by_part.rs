//! MY007: a partial dump that claims every transaction of the server.

use crate::check::Context;
use crate::check::dumps::dumps;
use crate::check::rule::{Example, Report, Rule};
use crate::evidence::Severity;

/// GTID_PURGED says what a server already has; a part of a server does not have it.
pub const RULE: Rule = Rule {
    code: "MY007",
    name: "gtid-purged-by-part",
    severity: Severity::Critical,
    summary: "a dump of single databases or tables sets GTID_PURGED",
    why: "the server that loads it believes it has every transaction of the source, and skips those of all other databases when it replicates or recovers",
    fix: "use --set-gtid-purged=OFF for partial dumps; ON only with --all-databases --triggers --routines --events",
    source: "mysqldump, --set-gtid-purged; the warning it prints for partial dumps",
    layer: "static",
    bad: &[
        Example::Script(
            "mysqldump --single-transaction -R -E --set-gtid-purged=ON --source-data=2 shop > \"/backup/shop-$(date +%s).sql\"\n",
        ),
        Example::Script(
            "mysqldump --single-transaction --set-gtid-purged ON shop orders > \"/backup/orders-$(date +%s).sql\"\n",
        ),
        Example::Script(
            r#"#!/usr/bin/env bash
set -euo pipefail
umask 077
dir=/backup/mysql
mountpoint -q /backup || { echo "/backup is not mounted" >&2; exit 1; }
new="$dir/shop-$(date -u +%Y%m%dT%H%M%SZ).sql"
mysqldump --defaults-extra-file=/etc/backup/my.cnf --single-transaction --routines --events --set-gtid-purged=ON --databases shop > "$new.tmp"
tail -n 1 "$new.tmp" | grep -q 'Dump completed'
mv "$new.tmp" "$new"
find "$dir" -name '*.sql' -mtime +35 -print
"#,
        ),
    ],
    good: &[
        Example::Script(
            "mysqldump --single-transaction -R -E --set-gtid-purged=OFF shop > \"/backup/shop-$(date +%s).sql\"\n",
        ),
        Example::Script(
            "mysqldump --single-transaction -A -R -E --set-gtid-purged=ON > \"/backup/all-$(date +%s).sql\"\n",
        ),
        Example::Script(
            r#"#!/usr/bin/env bash
set -euo pipefail
umask 077
dir=/backup/mysql
mountpoint -q /backup || { echo "/backup is not mounted" >&2; exit 1; }
new="$dir/shop-$(date -u +%Y%m%dT%H%M%SZ).sql"
mysqldump --defaults-extra-file=/etc/backup/my.cnf --single-transaction --routines --events --set-gtid-purged=OFF --databases shop > "$new.tmp"
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
        let on = call
            .value(&["set-gtid-purged"])
            .is_some_and(|word| word.text.eq_ignore_ascii_case("on"));
        if on && !call.has(&["all-databases"]) {
            report.add(
                &RULE,
                unit,
                run.command.span,
                "a part of the server is dumped as if it had every transaction".to_owned(),
            );
        }
    }
}
