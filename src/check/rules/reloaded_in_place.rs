//! SQ003: a table that is emptied and filled again, with nothing beside it.

use crate::check::Context;
use crate::check::names::is_scratch_database;
use crate::check::rule::{Example, Report, Rule};
use crate::evidence::Severity;
use crate::sql::{Kind, Statement};

/// Between the two statements the data exist nowhere.
pub const RULE: Rule = Rule {
    code: "SQ003",
    name: "reloaded-in-place",
    severity: Severity::High,
    summary: "a file of SQL empties a table and loads it again, and keeps no copy of what was there",
    why: "rows that are newer than the copy are gone, and when the load fails in the middle the table is half empty",
    fix: "CREATE TABLE x_before AS SELECT * FROM x (or RENAME it away) first, load into a new table, compare, and swap the names",
    source: "TRUNCATE(7): not MVCC-safe, and an ACCESS EXCLUSIVE lock on the table; the same demand as for files: keep what a restore replaces (NIST SP 800-34)",
    layer: "sql",
    bad: &[
        Example::File {
            name: "restore-orders.sql",
            text: "\\set ON_ERROR_STOP on\n-- rows of last night\nTRUNCATE TABLE public.orders;\nINSERT INTO public.orders SELECT * FROM restored.orders;\nANALYZE public.orders;\n",
        },
        Example::File {
            name: "reload.sql",
            text: "START TRANSACTION;\nDELETE FROM prices;\nLOAD DATA INFILE '/srv/load/prices.csv' INTO TABLE prices;\nCOMMIT;\n",
        },
    ],
    good: &[
        Example::File {
            name: "restore-orders.sql",
            text: "CREATE TABLE orders_before AS SELECT * FROM orders;\nTRUNCATE TABLE orders;\nINSERT INTO orders SELECT * FROM restored.orders;\n",
        },
        Example::File {
            name: "stage.sql",
            text: "TRUNCATE staging_orders;\nCOPY staging_orders FROM '/srv/load/orders.csv' CSV HEADER;\nDELETE FROM orders WHERE id IN (SELECT id FROM staging_orders);\nINSERT INTO orders SELECT * FROM staging_orders;\n",
        },
        Example::File {
            name: "dump.sql",
            text: "DROP TABLE IF EXISTS `orders`;\nCREATE TABLE `orders` (id int);\nINSERT INTO `orders` VALUES (1);\n",
        },
    ],
    run,
};

fn run(context: &Context<'_>, report: &mut Report) {
    // What a command hands to a client is judged as a restore.
    for unit in &context.units {
        let Some(script) = &unit.queries else { continue };
        let statements = &script.statements;
        for (at, statement) in statements.iter().enumerate() {
            let empties = statement.kind == Kind::Truncate
                || statement.kind == Kind::Delete && !statement.filtered;
            if !empties {
                continue;
            }
            let emptied: Vec<String> = tables(statement);
            let loads = |later: &&Statement| {
                matches!(later.kind, Kind::Insert | Kind::Copy | Kind::Replace)
                    && emptied.iter().any(|name| names(later, name))
            };
            let keeps = statements[..at].iter().any(|before| {
                let text = &before.text;
                before.kind == Kind::Create && text.contains(" SELECT ")
                    || text.contains("RENAME TO")
                    || before.kind == Kind::Copy && text.contains(" TO ")
                    || before.kind == Kind::Create
                        && tables(before).iter().any(|name| emptied.contains(name))
            });
            let scratch = emptied.iter().all(|name| is_scratch_database(name));
            if statements[at + 1..].iter().any(|later| loads(&later)) && !keeps && !scratch {
                let shown = crate::base::escape::one_line(&emptied.join(", "));
                let message =
                    format!("{shown} is emptied and loaded again, and nothing keeps what is there");
                report.add(&RULE, unit, statement.span, message);
            }
        }
    }
}

fn tables(statement: &Statement) -> Vec<String> {
    let names = statement.names.iter().map(|name| name.text.as_str());
    names.map(|name| name.rsplit('.').next().unwrap_or_default().to_ascii_lowercase()).collect()
}

/// Tells whether a statement that loads goes into this table.
fn names(statement: &Statement, table: &str) -> bool {
    tables(statement).iter().any(|name| name == table)
        || statement.kind == Kind::Copy
            && (statement.has(&table.to_ascii_uppercase()) || statement.text.contains("\"\""))
}
