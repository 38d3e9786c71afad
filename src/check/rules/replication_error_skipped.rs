//! SQ007: a replica that steps over what it could not do.

use crate::check::Context;
use crate::check::rule::{Example, Report, Rule};
use crate::evidence::{Place, Severity};
use crate::shell::Argument;

/// It runs again, and is no copy any more.
pub const RULE: Rule = Rule {
    code: "SQ007",
    name: "replication-error-skipped",
    severity: Severity::Medium,
    summary: "errors of replication are skipped (skip counter, slave-skip-errors)",
    why: "a transaction is missing on the replica; everything behind it builds on other rows, and a promotion makes the gap the truth",
    fix: "find out why the rows differ, and rebuild the replica from a copy; compare the tables (pt-table-checksum) before it is trusted",
    source: "MySQL manual, replica_skip_errors: \"results in replicas becoming hopelessly out of synchrony with the source, with you having no idea why this has occurred\"",
    layer: "sql",
    bad: &[
        Example::Script(
            "mysql -e 'STOP SLAVE; SET GLOBAL sql_slave_skip_counter = 1; START SLAVE'\n",
        ),
        Example::Script(
            r#"#!/bin/bash
set -euo pipefail
# keep the standby going
while true; do
  if mysql -Ne 'SHOW REPLICA STATUS\G' | grep -q 'Replica_SQL_Running: No'; then
    mysql -e "SET GLOBAL sql_replica_skip_counter=1"
    mysql -e "START REPLICA"
  fi
  sleep 60
done
"#,
        ),
        Example::Script("mysqld_safe --slave-skip-errors=1062,1032 &\n"),
    ],
    good: &[
        Example::Script(
            r#"#!/bin/bash
set -euo pipefail
mysql -e 'SHOW REPLICA STATUS\G' > "/var/log/dr/replica-$(date +%s).txt"
mysql -e 'SELECT @@global.sql_slave_skip_counter'
mysql -e 'START REPLICA'
"#,
        ),
        Example::Script(
            "mysqld_safe --slave-skip-errors=off &\nmysql -e 'SET GLOBAL sql_slave_skip_counter = 0'\n",
        ),
    ],
    run,
};

fn run(context: &Context<'_>, report: &mut Report) {
    for query in context.queries().filter(|query| query.unit.part != Place::Rollback) {
        let text = query.statement.text.replace(' ', "");
        let skips = text.starts_with("SET")
            && (text.contains("SLAVE_SKIP_COUNTER=") || text.contains("REPLICA_SKIP_COUNTER="))
            && !text.ends_with("=0");
        if skips {
            let message = "the replica steps over a transaction it could not apply".to_owned();
            report.add(&RULE, query.unit, query.statement.span, message);
        }
    }
    for (unit, run) in context.named(&["mysqld", "mysqld_safe", "mariadbd", "mariadbd-safe"]) {
        let skips = run.command.arguments().iter().map(Argument::shown).any(|word| {
            let word = word.replace('_', "-");
            let value = ["--slave-skip-errors=", "--replica-skip-errors="]
                .iter()
                .find_map(|flag| word.strip_prefix(flag));
            value.is_some_and(|value| !value.eq_ignore_ascii_case("off"))
        });
        if skips {
            let message = "the server skips errors of replication".to_owned();
            report.add(&RULE, unit, run.command.span, message);
        }
    }
}
