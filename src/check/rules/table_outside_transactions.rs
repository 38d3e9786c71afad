//! MY002: a table that no transaction protects.

use crate::check::Context;
use crate::check::dumps::dumps;
use crate::check::rule::{Example, Report, Rule};
use crate::evidence::Severity;
use crate::sql::{Kind, Statement};

/// A consistent dump by a transaction is one only for engines that have transactions.
pub const RULE: Rule = Rule {
    code: "MY002",
    name: "table-outside-transactions",
    severity: Severity::Medium,
    summary: "a table is made with MyISAM, Aria, MEMORY, CSV or ARCHIVE",
    why: "a dump with --single-transaction does not hold it still, so its rows are of another moment than the rest; a crash tears it, and a rollback does not touch it",
    fix: "ENGINE=InnoDB; or dump with --lock-all-tables, or copy with mariadb-backup",
    source: "mariadb-dump(1), --single-transaction: works only for tables in engines with multiversioning, currently only InnoDB",
    layer: "sql",
    bad: &[
        Example::File {
            name: "schema.sql",
            text: "CREATE TABLE orders (\n  id int NOT NULL AUTO_INCREMENT PRIMARY KEY,\n  total decimal(10,2)\n) ENGINE=MyISAM DEFAULT CHARSET=utf8mb4;\n",
        },
        Example::Script(
            r#"#!/usr/bin/env bash
set -euo pipefail
mysql --defaults-extra-file=/etc/backup/my.cnf shop -e "ALTER TABLE events ENGINE = MyISAM"
new="/backup/shop-$(date -u +%Y%m%dT%H%M%SZ).sql"
mysqldump --defaults-extra-file=/etc/backup/my.cnf --single-transaction --routines --events shop > "$new.tmp"
mv "$new.tmp" "$new"
"#,
        ),
    ],
    good: &[
        Example::Script(
            r#"#!/bin/bash
set -euo pipefail
# moves the last tables into the engine that a dump can hold still
umask 077
my() { mysql --defaults-extra-file=/etc/backup/my.cnf "$@"; }
my shop -e "ALTER TABLE events ENGINE = InnoDB"
my -Ne "SELECT table_name FROM information_schema.tables WHERE engine = 'MyISAM' AND table_schema = 'shop'"
new="/backup/shop-$(date -u +%Y%m%dT%H%M%SZ).sql"
mysqldump --defaults-extra-file=/etc/backup/my.cnf --single-transaction --routines --events shop > "$new.tmp"
mv "$new.tmp" "$new"
"#,
        ),
        Example::File {
            name: "schema.sql",
            text: "CREATE TABLE orders (id int PRIMARY KEY, note text COMMENT 'was ENGINE=MyISAM') ENGINE=InnoDB;\nCREATE TEMPORARY TABLE t (id int) ENGINE=MEMORY;\n",
        },
        Example::Script(
            r#"#!/usr/bin/env bash
set -euo pipefail
mysql --defaults-extra-file=/etc/backup/my.cnf shop -e "ALTER TABLE events ENGINE = InnoDB"
mysql --defaults-extra-file=/etc/backup/my.cnf -Ne "SELECT table_name FROM information_schema.tables WHERE engine = 'MyISAM'"
"#,
        ),
    ],
    run,
};

fn run(context: &Context<'_>, report: &mut Report) {
    let dumped = || dumps(context).iter().any(|(_, _, call)| call.has(&["single-transaction"]));
    for query in context.queries() {
        let Some(engine) = engine(query.statement) else { continue };
        let message = if dumped() {
            format!("a {engine} table, and the dump counts on transactions")
        } else {
            format!("a {engine} table: no dump by transaction holds it still")
        };
        report.add(&RULE, query.unit, query.statement.span, message);
    }
}

/// Returns the engine without transactions that a statement gives a lasting table.
fn engine(statement: &Statement) -> Option<&'static str> {
    let makes = matches!(statement.kind, Kind::Create | Kind::Alter) && !statement.has("TEMPORARY");
    let (_, behind) = statement.text.split_once("ENGINE").filter(|_| makes)?;
    let value = behind.trim_start_matches([' ', '=']);
    let name: String = value.chars().take_while(char::is_ascii_alphanumeric).collect();
    ["MyISAM", "Aria", "MEMORY", "HEAP", "CSV", "ARCHIVE"]
        .into_iter()
        .find(|engine| engine.eq_ignore_ascii_case(&name))
}
