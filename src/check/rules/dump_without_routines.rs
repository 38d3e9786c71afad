//! MY003: procedures, functions and events that no dump holds.

use crate::check::Context;
use crate::check::dumps::{dumps, whole_dumps};
use crate::check::rule::{Example, Report, Rule};
use crate::evidence::Severity;

/// Triggers are dumped by default, routines and events are not.
pub const RULE: Rule = Rule {
    code: "MY003",
    name: "dump-without-routines",
    severity: Severity::High,
    summary: "a dump of whole databases leaves out procedures, functions or events",
    why: "they are not dumped by default; the restored database looks right and its jobs and procedures are gone",
    fix: "add --routines --events (and leave triggers on)",
    source: "mariadb-dump(1), --routines, --events; measured: 0 procedures in a plain dump",
    layer: "static",
    bad: &[
        Example::Script(
            "mysqldump --single-transaction shop > \"/backup/shop-$(date +%F).sql.new\"\n",
        ),
        Example::Script(
            "mariadb-dump --single-transaction --all-databases --routines > \"/backup/all-$(date +%s).sql\"\n",
        ),
        Example::Script(
            "mariadb-dump --single-transaction -A -R -E --skip-triggers > \"/backup/all-$(date +%s).sql\"\n",
        ),
        Example::Script(
            r#"#!/usr/bin/env bash
set -euo pipefail
umask 077
dir=/backup/mysql
mountpoint -q /backup || { echo "/backup is not mounted" >&2; exit 1; }
new="$dir/all-$(date -u +%Y%m%dT%H%M%SZ).sql"
mysqldump --defaults-extra-file=/etc/backup/my.cnf --single-transaction --hex-blob --default-character-set=utf8mb4 --source-data=2 --all-databases > "$new.tmp"
tail -n 1 "$new.tmp" | grep -q 'Dump completed'
mv "$new.tmp" "$new"
find "$dir" -name '*.sql' -mtime +35 -print
"#,
        ),
    ],
    good: &[
        Example::Script(
            "mysqldump --single-transaction --routines --events shop > \"/backup/shop-$(date +%F).sql.new\"\n",
        ),
        Example::Script(
            "mariadb-dump --single-transaction -AER > \"/backup/all-$(date +%s).sql\"\n",
        ),
        Example::Script(
            "mysqldump --single-transaction shop orders > \"/backup/orders-$(date +%s).sql\"\n",
        ),
        Example::Script(
            "mysqldump --single-transaction shop > \"/backup/shop-$(date +%s).sql\"\nmysqldump --no-data --no-create-info --routines --events shop > \"/backup/code-$(date +%s).sql\"\n",
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
    let all = dumps(context);
    let given = |names: &[&str]| all.iter().any(|(_, _, call)| call.has(names));
    for (unit, run, call) in whole_dumps(context) {
        let mut left_out = vec![];
        for (name, what) in [("routines", "procedures and functions"), ("events", "events")] {
            if !given(&[name]) {
                left_out.push(what);
            }
        }
        if call.has(&["skip-triggers"]) {
            left_out.push("triggers");
        }
        if !left_out.is_empty() {
            let message = format!("the dump leaves out {}", left_out.join(", "));
            report.add(&RULE, unit, run.command.span, message);
        }
    }
}
