//! SQ009: work that is undone when the client leaves.

use crate::check::Context;
use crate::check::rule::{Example, Report, Rule};
use crate::evidence::Severity;
use crate::sql::{Kind, Statement};

/// The script ends, the session ends, the transaction is rolled back, and everything said it was done.
pub const RULE: Rule = Rule {
    code: "SQ009",
    name: "transaction-never-committed",
    severity: Severity::High,
    summary: "a transaction is begun and changes rows, and the text ends without COMMIT",
    why: "the server rolls it back when the client disconnects; the exit code is 0 and nothing was repaired",
    fix: "COMMIT as the last statement, behind a check of the counts; or ROLLBACK where it was only a try",
    source: "measured with psql and PostgreSQL 15: BEGIN and INSERT on standard input without COMMIT end with exit code 0, and the row is not there",
    layer: "sql",
    bad: &[
        Example::Script(
            r#"#!/usr/bin/env bash
set -euo pipefail
psql -X -v ON_ERROR_STOP=1 -d shop <<'SQL'
BEGIN;
CREATE TABLE orders_before AS SELECT * FROM orders;
DELETE FROM orders WHERE id IN (SELECT id FROM damaged);
INSERT INTO orders SELECT r.* FROM restored.orders r JOIN damaged USING (id);
SQL
echo "orders repaired"
"#,
        ),
        Example::File {
            name: "repair.sql",
            text: "START TRANSACTION;\nUPDATE accounts SET balance = 5 WHERE id = 7;\n",
        },
    ],
    good: &[
        Example::Script(
            r#"#!/usr/bin/env bash
set -euo pipefail
psql -X -v ON_ERROR_STOP=1 -d shop <<'SQL'
BEGIN;
DELETE FROM orders WHERE id IN (SELECT id FROM damaged);
INSERT INTO orders SELECT r.* FROM restored.orders r JOIN damaged USING (id);
COMMIT;
SQL
"#,
        ),
        Example::File {
            name: "try.sql",
            text: "BEGIN;\nDELETE FROM orders WHERE id = 7;\nSELECT count(*) FROM orders;\nROLLBACK;\nBEGIN;\nSELECT 1;\n",
        },
        Example::Script("psql -X -d shop -c 'BEGIN' -c 'INSERT INTO a VALUES (1)' -c 'COMMIT'\n"),
    ],
    run,
};

fn run(context: &Context<'_>, report: &mut Report) {
    for unit in &context.units {
        if let Some(script) = &unit.queries {
            look(unit, &script.statements, report);
        }
        for run in unit.runs() {
            look(unit, unit.statements(run.command), report);
        }
    }
}

fn look(unit: &crate::check::Unit<'_>, statements: &[Statement], report: &mut Report) {
    let mut open: Option<&Statement> = None;
    let mut changes = false;
    for statement in statements {
        let begins = statement.starts("BEGIN") || statement.starts("START TRANSACTION");
        let ends = ["COMMIT", "END", "ROLLBACK", "ABORT", "PREPARE TRANSACTION"]
            .iter()
            .any(|word| statement.starts(word))
            && !statement.text.starts_with("ROLLBACK TO");
        if begins && statement.kind == Kind::Transaction {
            (open, changes) = (open.or(Some(statement)), changes);
        } else if ends {
            (open, changes) = (None, false);
        } else if open.is_some() {
            changes |= statement.risk >= crate::base::Risk::Write;
        }
        // A file that is read in between may hold the end.
        if statement.file.is_some() {
            (open, changes) = (None, false);
        }
    }
    if let Some(begin) = open.filter(|_| changes) {
        let message = "the transaction that begins here is never committed".to_owned();
        report.add(&RULE, unit, begin.span, message);
    }
}
