//! MY011: an import that goes on behind its errors.

use crate::check::Context;
use crate::check::dumps::dumps;
use crate::check::rule::{Example, Report, Rule};
use crate::evidence::Severity;

/// `--force` skips what fails, and ends with success.
pub const RULE: Rule = Rule {
    code: "MY011",
    name: "import-ignores-errors",
    severity: Severity::Medium,
    summary: "a dump is written or played with --force",
    why: "statements that fail are skipped: tables, rows and views are missing, and nobody is told",
    fix: "leave --force away, and look at the first error",
    source: "mariadb(1), --force; mariadb-dump(1), --force",
    layer: "static",
    bad: &[
        Example::Script("mysql --force --socket=/srv/scratch/s < /backup/shop.sql\n"),
        Example::Script(
            "mysqldump -f --single-transaction -A -R -E --source-data=2 > \"/backup/all-$(date +%s).sql\"\n",
        ),
        Example::Script(
            r#"#!/usr/bin/env bash
set -euo pipefail
dump=/backup/mysql/shop.sql
test -s "$dump"
tail -n 1 "$dump" | grep -q 'Dump completed'
mysql --defaults-extra-file=/etc/restore/my.cnf -e 'CREATE DATABASE shop_restored'
mysql --defaults-extra-file=/etc/restore/my.cnf --force shop_restored < "$dump"
mysql --defaults-extra-file=/etc/restore/my.cnf -Ne 'SELECT count(*) FROM shop_restored.orders'
"#,
        ),
    ],
    good: &[
        Example::Script("mysql --socket=/srv/scratch/s < /backup/shop.sql\n"),
        Example::Script("mysql -f -e 'SELECT 1'\nmysqladmin --force flush-hosts\n"),
        Example::Script(
            r#"#!/usr/bin/env bash
set -euo pipefail
dump=/backup/mysql/shop.sql
test -s "$dump"
tail -n 1 "$dump" | grep -q 'Dump completed'
mysql --defaults-extra-file=/etc/restore/my.cnf -e 'CREATE DATABASE shop_restored'
mysql --defaults-extra-file=/etc/restore/my.cnf --show-warnings shop_restored < "$dump"
mysql --defaults-extra-file=/etc/restore/my.cnf -Ne 'SELECT count(*) FROM shop_restored.orders'
"#,
        ),
    ],
    run,
};

fn run(context: &Context<'_>, report: &mut Report) {
    for (unit, run, call) in dumps(context) {
        if call.has(&["force"]) {
            report.add(
                &RULE,
                unit,
                run.command.span,
                "the dump goes on behind its errors".to_owned(),
            );
        }
    }
    for (unit, run) in context.named(&["mysql", "mariadb"]) {
        let reads =
            run.command.redirects.iter().any(|r| r.kind == crate::shell::ast::RedirectKind::Read)
                || run.command.setting.stage.is_some_and(|stage| stage.position > 0);
        if reads && unit.take_apart(run.command).is_some_and(|call| call.has(&["force"])) {
            report.add(
                &RULE,
                unit,
                run.command.span,
                "the import goes on behind its errors".to_owned(),
            );
        }
    }
}
