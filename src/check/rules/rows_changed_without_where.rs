//! SQ001: a change of every row.

use crate::check::Context;
use crate::check::names::is_scratch_database;
use crate::check::rule::{Example, Report, Rule};
use crate::evidence::{Place, Severity};
use crate::sql::{Kind, Statement};

/// The most expensive missing line of all.
pub const RULE: Rule = Rule {
    code: "SQ001",
    name: "rows-changed-without-where",
    severity: Severity::High,
    summary: "a DELETE or an UPDATE without WHERE, or with one that is always true",
    why: "every row is gone or has the same value, also those that came after the backup; with autocommit there is no way back",
    fix: "a WHERE that names the rows, tried as SELECT count(*) first; in a transaction that is committed only when the count is the expected one",
    source: "DELETE(7): \"If the WHERE clause is absent, the effect is to delete all rows in the table\"; mysql(1), --safe-updates, exists for this mistake",
    layer: "sql",
    bad: &[
        Example::Script(
            r#"#!/usr/bin/env bash
set -euo pipefail
# bring back the orders of yesterday
pg_restore --exit-on-error -d shop --schema=restored /backup/shop.dump
psql -X -v ON_ERROR_STOP=1 -d shop <<'SQL'
DELETE FROM public.orders;
INSERT INTO public.orders SELECT * FROM restored.orders;
SQL
"#,
        ),
        Example::Script(
            "mysql --defaults-extra-file=/etc/backup/my.cnf shop -e 'UPDATE accounts SET balance = 0 WHERE 1=1'\n",
        ),
        Example::File { name: "fix.sql", text: "BEGIN;\nDELETE FROM invoices;\nCOMMIT;\n" },
    ],
    good: &[
        Example::Script(
            r#"#!/usr/bin/env bash
set -euo pipefail
psql -X -v ON_ERROR_STOP=1 -d shop <<'SQL'
BEGIN;
CREATE TABLE orders_before AS SELECT * FROM orders;
DELETE FROM orders WHERE id IN (SELECT id FROM damaged_ids);
INSERT INTO orders SELECT r.* FROM restored.orders r JOIN damaged_ids USING (id);
COMMIT;
SQL
"#,
        ),
        Example::File {
            name: "stage.sql",
            text: "CREATE TEMP TABLE ids (id bigint);\nDELETE FROM ids;\nDELETE FROM staging_orders;\n",
        },
        Example::File {
            name: "migrate.sql",
            text: "ALTER TABLE users ADD COLUMN lang text;\nUPDATE users SET lang = 'en';\nDELETE FROM sessions;\n",
        },
    ],
    run,
};

fn run(context: &Context<'_>, report: &mut Report) {
    let mut before: Vec<(Kind, String)> = Vec::new();
    for query in context.queries() {
        let statement = &query.statement;
        let name = table(statement);
        if matches!(statement.kind, Kind::Create | Kind::Alter) {
            before.push((statement.kind, name));
            continue;
        }
        if !matches!(statement.kind, Kind::Delete | Kind::Update) || statement.filtered {
            continue;
        }
        // A table that the text makes or widens holds nothing yet that could be lost.
        let own = before.iter().any(|(kind, known)| {
            *known == name && (*kind == Kind::Create || statement.kind == Kind::Update)
        });
        if own || passing(&name) || query.unit.part == Place::Rollback || limited(statement) {
            continue;
        }
        let what = if statement.kind == Kind::Delete { "deleted from" } else { "changed in" };
        let shown = crate::base::escape::one_line(&name);
        let finding =
            report.add(&RULE, query.unit, statement.span, format!("every row is {what} {shown}"));
        if statement.kind == Kind::Update {
            finding.severity = Severity::Medium;
        }
    }
}

/// Returns the table a statement is about, without its schema, in lower case.
fn table(statement: &Statement) -> String {
    let name = statement.names.first().map(|name| name.text.as_str()).unwrap_or_default();
    name.rsplit('.').next().unwrap_or_default().to_ascii_lowercase()
}

/// Tells whether a table holds what comes and goes, by its name.
fn passing(name: &str) -> bool {
    let words = ["cache", "caches", "session", "sessions", "lock", "locks", "queue", "log", "logs"];
    name.is_empty()
        || is_scratch_database(name)
        || name.split(|c: char| !c.is_ascii_alphanumeric()).any(|word| words.contains(&word))
}

/// Tells whether something else limits the rows: another table, a number.
fn limited(statement: &Statement) -> bool {
    ["LIMIT", "USING", "JOIN", "RETURNING"].iter().any(|word| statement.has(word))
        || statement.kind == Kind::Update && statement.has("FROM")
}
