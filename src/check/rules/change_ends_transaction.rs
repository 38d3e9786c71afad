//! SQ010: a transaction of MySQL that a change of a table ends in its middle.

use crate::check::rule::{Example, Report, Rule};
use crate::check::{Context, Unit};
use crate::evidence::Severity;
use crate::sql::{Dialect, Kind, Statement};

/// In MySQL every DDL statement commits what was open, and cannot be rolled back itself.
pub const RULE: Rule = Rule {
    code: "SQ010",
    name: "change-ends-transaction",
    severity: Severity::Medium,
    summary: "a transaction of MySQL or MariaDB holds CREATE, ALTER, DROP, TRUNCATE or LOCK TABLES",
    why: "the statement commits what was done before it; a ROLLBACK after an error undoes only the rest, and half of the repair stays",
    fix: "make and drop tables before START TRANSACTION or behind COMMIT; DELETE in place of TRUNCATE inside of it",
    source: "MySQL documentation, Statements that cause an implicit commit; MariaDB documentation, SQL statements that cause an implicit commit",
    layer: "sql",
    bad: &[
        Example::Script(
            r#"#!/usr/bin/env bash
set -euo pipefail
mysql --defaults-extra-file=/etc/backup/my.cnf shop <<'SQL'
START TRANSACTION;
CREATE TABLE orders_before AS SELECT * FROM orders;
DELETE FROM orders WHERE created > '2026-11-20';
TRUNCATE TABLE order_totals;
INSERT INTO orders SELECT * FROM restored.orders WHERE created > '2026-11-20';
COMMIT;
SQL
"#,
        ),
        Example::Script(
            "mariadb shop -e 'BEGIN; UPDATE a SET b = 1 WHERE c = 2; ALTER TABLE a DROP COLUMN c; ROLLBACK'\n",
        ),
    ],
    good: &[
        Example::Script(
            r#"#!/usr/bin/env bash
set -euo pipefail
mysql --defaults-extra-file=/etc/backup/my.cnf shop <<'SQL'
CREATE TABLE orders_before AS SELECT * FROM orders;
START TRANSACTION;
CREATE TEMPORARY TABLE ids AS SELECT id FROM damaged;
DELETE FROM orders WHERE created > '2026-11-20';
INSERT INTO orders SELECT * FROM restored.orders WHERE created > '2026-11-20';
COMMIT;
SQL
"#,
        ),
        Example::Script(
            "psql -X -d shop -c 'BEGIN; ALTER TABLE a DROP COLUMN c; UPDATE a SET b = 1 WHERE d = 2; COMMIT'\n",
        ),
    ],
    run,
};

fn run(context: &Context<'_>, report: &mut Report) {
    for unit in &context.units {
        if let Some(script) =
            unit.queries.as_ref().filter(|script| script.dialect == Dialect::Mysql)
        {
            look(unit, &script.statements, report);
        }
        for run in unit.named(&["mysql", "mariadb"]) {
            look(unit, unit.statements(run.command), report);
        }
    }
}

fn look(unit: &Unit<'_>, statements: &[Statement], report: &mut Report) {
    let (mut open, mut changed) = (false, false);
    for statement in statements {
        let temporary = statement.has("TEMPORARY");
        match statement.kind {
            Kind::Transaction => {
                open = statement.starts("BEGIN") || statement.starts("START TRANSACTION");
                changed = false;
            }
            Kind::Create | Kind::Alter | Kind::Drop | Kind::Truncate if open && !temporary => {
                let (message, severity) = match changed {
                    true => ("what was done before is committed here", Severity::Medium),
                    false => ("the transaction ends here", Severity::Low),
                };
                report.add(&RULE, unit, statement.span, message.to_owned()).severity = severity;
                (open, changed) = (false, false);
            }
            Kind::Insert | Kind::Update | Kind::Delete | Kind::Replace => changed |= open,
            Kind::Look
            | Kind::Create
            | Kind::Alter
            | Kind::Drop
            | Kind::Truncate
            | Kind::Configure
            | Kind::Copy
            | Kind::PurgeLogs
            | Kind::Replicate
            | Kind::Set
            | Kind::Grant
            | Kind::Maintain
            | Kind::Client
            | Kind::Other => {}
        }
    }
}
