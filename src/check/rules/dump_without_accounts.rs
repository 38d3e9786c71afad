//! MY005: a dump of databases, and of nobody who may use them.

use crate::check::Context;
use crate::check::dumps::{dumps, is_whole, makes_backups};
use crate::check::rule::{Example, Report, Rule};
use crate::evidence::Severity;

/// Accounts and rights live in the system database, which a dump of other databases does not hold.
pub const RULE: Rule = Rule {
    code: "MY005",
    name: "dump-without-accounts",
    severity: Severity::High,
    summary: "a backup dumps databases by name and never the accounts and rights",
    why: "on a new server nobody can log in, and views and procedures of missing definers fail",
    fix: "dump --all-databases, or the accounts besides: `mariadb-dump --system=users`, `mysqldump mysql`, `pt-show-grants`",
    source: "mariadb-dump(1), --system; mysqldump, --all-databases",
    layer: "static",
    bad: &[
        Example::Script(
            "mysqldump --single-transaction -R -E shop > \"/backup/shop-$(date +%F).sql.new\"\n",
        ),
        Example::Script(
            "mariadb-dump --single-transaction -R -E --databases shop wiki > \"/backup/two-$(date +%s).sql\"\n",
        ),
        Example::Script(
            r#"#!/usr/bin/env bash
set -euo pipefail
umask 077
dir=/backup/mysql
mountpoint -q /backup || { echo "/backup is not mounted" >&2; exit 1; }
new="$dir/shop-$(date -u +%Y%m%dT%H%M%SZ).sql"
mysqldump --defaults-extra-file=/etc/backup/my.cnf --single-transaction --routines --events --hex-blob --default-character-set=utf8mb4 --source-data=2 --databases shop crm > "$new.tmp"
tail -n 1 "$new.tmp" | grep -q 'Dump completed'
mv "$new.tmp" "$new"
find "$dir" -name '*.sql' -mtime +35 -print
"#,
        ),
    ],
    good: &[
        Example::Script(
            "mysqldump --single-transaction -R -E -A > \"/backup/all-$(date +%F).sql.new\"\n",
        ),
        Example::Script(
            "mariadb-dump --system=users > \"/backup/users-$(date +%s).sql\"\nmariadb-dump --single-transaction -R -E shop > \"/backup/shop-$(date +%s).sql\"\n",
        ),
        Example::Script(
            "mysqldump --single-transaction -R -E --databases shop mysql > \"/backup/two-$(date +%s).sql\"\n",
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
    if !makes_backups(context) {
        return;
    }
    let all = dumps(context);
    if all.is_empty() {
        return;
    }
    let kept = all
        .iter()
        .any(|(_, _, call)| call.has(&["all-databases", "system"]) || call.names("mysql"))
        || context.runs().any(|(unit, run)| {
            let asks = |text: &String| {
                let text = text.to_ascii_uppercase();
                text.contains("SHOW GRANTS")
                    || text.contains("SHOW CREATE USER")
                    || text.contains("MYSQL.USER")
            };
            run.command.is(&[
                "pt-show-grants",
                "mysqlpump",
                "mydumper",
                "mariabackup",
                "mariadb-backup",
                "xtrabackup",
            ]) || unit.sql(run.command).iter().any(asks)
        });
    // A name that is only known at run time may be any database, `mysql` among them.
    let certain = |call: &crate::tools::Call<'_>| call.operands.iter().all(|word| word.certain);
    if !kept
        && let Some((unit, run, _)) =
            all.iter().find(|(_, _, call)| is_whole(call) && certain(call))
    {
        report.add(
            &RULE,
            unit,
            run.command.span,
            "no dump holds the accounts and their rights".to_owned(),
        );
    }
}
