//! PG005: a restore that begins by destroying.

use crate::check::names::is_scratch_database;
use crate::check::rule::{Example, Report, Rule};
use crate::check::{Context, provenance};
use crate::evidence::Place;
use crate::evidence::Severity;

/// The dump is proven when it is restored somewhere, not before.
pub const RULE: Rule = Rule {
    code: "PG005",
    name: "live-database-dropped-for-restore",
    severity: Severity::Critical,
    summary: "a database or its objects are dropped to restore a dump in their place",
    why: "when the dump turns out empty, torn or too old, what was left of the database is gone too",
    fix: "restore into a new database, check it, then rename both (`alter database … rename to …`)",
    source: "pg_restore(1), --clean; pgBackRest refuses a directory that is not empty",
    layer: "static",
    bad: &[
        Example::Script(
            "pg_restore -U postgres --clean --if-exists --exit-on-error -d shop /backup/shop.dump\n",
        ),
        Example::Script(
            "dropdb -U postgres --force shop\ncreatedb -U postgres shop\npg_restore -U postgres --exit-on-error -d shop /backup/shop.dump\n",
        ),
        Example::Script(
            r#"#!/usr/bin/env bash
set -euo pipefail
dump=/backup/shop.dump
pg_restore --list "$dump" > /dev/null
systemctl stop shop-web shop-worker
dropdb -h db1 -U postgres --if-exists --force shop
createdb -h db1 -U postgres -O shop shop
pg_restore -h db1 -U postgres --exit-on-error -d shop "$dump"
systemctl start shop-web shop-worker
"#,
        ),
    ],
    good: &[
        Example::Script(
            "createdb shop_new\npg_restore --exit-on-error -d shop_new /backup/shop.dump\n",
        ),
        Example::Script(
            "dropdb --if-exists shop_restore\ncreatedb shop_restore\npg_restore --exit-on-error -d shop_restore /backup/shop.dump\n",
        ),
        Example::Script("dropdb shop\n"),
        Example::Script(
            r#"#!/usr/bin/env bash
set -euo pipefail
dump=/backup/shop.dump
pg_restore --list "$dump" > /dev/null
createdb -h db1 -U postgres -O shop shop_restored
pg_restore -h db1 -U postgres --exit-on-error -d shop_restored "$dump"
psql -X -h db1 -U postgres -d shop_restored -Atc 'select count(*) from orders'
systemctl stop shop-web shop-worker
psql -X -v ON_ERROR_STOP=1 -h db1 -U postgres -d postgres -c 'alter database shop rename to shop_before' -c 'alter database shop_restored rename to shop'
systemctl start shop-web shop-worker
"#,
        ),
    ],
    run,
};

fn run(context: &Context<'_>, report: &mut Report) {
    for (unit, run) in context.runs() {
        if unit.part == Place::Rollback {
            continue;
        }
        let Some(call) = unit.take_apart(run.command) else { continue };
        if matches!(call.name, "pg_restore" | "dropdb") && provenance::made_here(context, unit, run)
        {
            continue;
        }
        let live = |name: &str| !is_scratch_database(name) && !name.is_empty();
        match call.name {
            "pg_restore" if call.has(&["clean"]) => {
                let name = call.value(&["dbname"]).map_or("", |word| word.text.as_str());
                if live(name) {
                    report.add(
                        &RULE,
                        unit,
                        run.command.span,
                        format!("the objects of {name} are dropped before the dump is proven"),
                    );
                }
            }
            "dropdb" => {
                let name = call.operand(0);
                // The same name comes back from a dump.
                let restored = context.after(unit, run).any(|(_, other)| {
                    other.command.is(&["pg_restore", "psql"])
                        && other
                            .command
                            .literals()
                            .iter()
                            .any(|word| *word == name || word.ends_with(&format!("={name}")))
                });
                let made = context
                    .before(unit, run)
                    .any(|(_, other)| other.command.is(&["createdb"]) && other.command.has(name));
                if live(name) && restored && !made {
                    report.add(
                        &RULE,
                        unit,
                        run.command.span,
                        format!("{name} is dropped before the dump is proven"),
                    );
                }
            }
            _ => {}
        }
    }
}
