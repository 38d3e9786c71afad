//! SQ002: a drop that takes along whatever hangs on it.

use crate::check::Context;
use crate::check::names::is_scratch_database;
use crate::check::rule::{Example, Report, Rule};
use crate::evidence::{Place, Severity};
use crate::sql::Kind;

/// CASCADE is a list of objects that nobody has read.
pub const RULE: Rule = Rule {
    code: "SQ002",
    name: "dropped-with-dependents",
    severity: Severity::High,
    summary: "DROP … CASCADE of a schema, an extension, a type or a table",
    why: "views, foreign keys, columns of other tables and whole tables go with it, and the server only names them in a notice; a restore of the one object does not bring them back",
    fix: "drop without CASCADE: the error lists what depends on it; then drop those by name, or rename the object away and drop it days later",
    source: "DROP_SCHEMA(7), CASCADE: \"and in turn all objects that depend on those objects\"",
    layer: "sql",
    bad: &[
        Example::Script(
            r#"#!/usr/bin/env bash
set -euo pipefail
pg_dump -h db1 -Fc -f "/backup/shop-before-$(date +%s).dump" shop
psql -X -v ON_ERROR_STOP=1 -h db1 -d shop -c 'DROP SCHEMA public CASCADE'
psql -X -v ON_ERROR_STOP=1 -h db1 -d shop -c 'CREATE SCHEMA public'
pg_restore --exit-on-error -h db1 -d shop /backup/shop.dump
"#,
        ),
        Example::File {
            name: "clean.sql",
            text: "drop extension if exists postgis cascade;\nDROP TABLE customers CASCADE;\n",
        },
    ],
    good: &[
        Example::Script(
            r#"#!/usr/bin/env bash
set -euo pipefail
createdb -h db1 shop_restored
pg_restore --exit-on-error -h db1 -d shop_restored /backup/shop.dump
psql -X -v ON_ERROR_STOP=1 -h db1 -d shop -c 'ALTER SCHEMA public RENAME TO public_before'
"#,
        ),
        Example::File {
            name: "views.sql",
            text: "DROP VIEW IF EXISTS monthly CASCADE;\nDROP TABLE old_import;\nDROP SCHEMA restore_check CASCADE;\n",
        },
        Example::File {
            name: "shop.sql",
            text: "CREATE TABLE a (id int);\nINSERT INTO a VALUES (1);\nCREATE SCHEMA side;\nDROP SCHEMA side CASCADE;\nALTER TABLE b ADD FOREIGN KEY (a) REFERENCES a (id) ON DELETE CASCADE;\n",
        },
    ],
    run,
};

fn run(context: &Context<'_>, report: &mut Report) {
    let mut made: Vec<String> = Vec::new();
    for query in context.queries() {
        let statement = &query.statement;
        if statement.kind == Kind::Create {
            made.extend(statement.names.iter().map(|name| name.text.to_ascii_lowercase()));
            continue;
        }
        if statement.kind != Kind::Drop
            || !statement.has("CASCADE")
            || query.unit.part == Place::Rollback
        {
            continue;
        }
        let whole = ["DROP SCHEMA", "DROP EXTENSION", "DROP TYPE", "DROP DOMAIN", "DROP OWNED"];
        let severity = if whole.iter().any(|words| statement.starts(words)) {
            Severity::High
        } else if statement.starts("DROP TABLE") || statement.starts("DROP SEQUENCE") {
            Severity::Medium
        } else {
            continue;
        };
        let kept = |name: &String| !is_scratch_database(name) && !made.contains(name);
        let names: Vec<String> =
            statement.names.iter().map(|name| name.text.to_ascii_lowercase()).collect();
        if names.is_empty() || names.iter().any(kept) {
            let shown = crate::base::escape::one_line(&names.join(", "));
            let message = format!("{shown} is dropped with everything that depends on it");
            report.add(&RULE, query.unit, statement.span, message).severity = severity;
        }
    }
}
