//! PG020: a dump of a part, and what belongs to it elsewhere.

use crate::check::rule::{Example, Report, Rule};
use crate::check::{Context, Run};
use crate::evidence::{Place, Severity};
use crate::plan::Kind;
use crate::shell::Argument;

/// What is chosen by table or schema comes without what it points at.
pub const RULE: Rule = Rule {
    code: "PG020",
    name: "dump-leaves-objects-out",
    severity: Severity::Low,
    summary: "a dump of chosen tables or schemas leaves out large objects, sequences or types that its rows point at",
    why: "rows come back with numbers of large objects that are nowhere, and keys start again at 1",
    fix: "dump the whole database and choose at restore time (`pg_restore -t`); or add -b, and set the sequences (`setval`) behind a load of data only",
    source: "pg_dump(1): -b is the default except with -n, -t and -s; with -t nothing the table depends on is dumped",
    layer: "static",
    bad: &[
        Example::Script("pg_dump -Fc --no-blobs -f \"/backup/shop-$(date +%s).dump\" shop\n"),
        Example::Script(
            r#"#!/usr/bin/env bash
set -euo pipefail
new="/backup/orders-$(date -u +%Y%m%dT%H%M%SZ).sql"
pg_dump -h db1 -U backup --data-only -t public.orders shop > "$new.tmp"
mv "$new.tmp" "$new"
psql -X -v ON_ERROR_STOP=1 -h db2 -d shop_copy -f "$new"
"#,
        ),
    ],
    good: &[
        Example::Script(
            r#"#!/usr/bin/env bash
set -euo pipefail
new="/backup/shop-$(date -u +%Y%m%dT%H%M%SZ).dump"
pg_dump -h db1 -U backup -Fc -f "$new.tmp" shop
pg_restore --list "$new.tmp" > /dev/null
mv "$new.tmp" "$new"
"#,
        ),
        Example::Script(
            "pg_dump -s -n sales shop > /srv/schema/sales.sql\npg_dump -Fc -b -t orders -t 'orders_*_seq' -f /backup/orders.dump.new shop\n",
        ),
        Example::Script(
            "pg_dump -a -t orders shop > /srv/move/orders.sql\npsql -X -v ON_ERROR_STOP=1 -d copy -f /srv/move/orders.sql\npsql -X -d copy -c \"select setval('orders_id_seq', max(id)) from orders\"\n",
        ),
    ],
    run,
};

fn run(context: &Context<'_>, report: &mut Report) {
    let sets = context.named(&["psql"]).any(|(unit, run)| {
        unit.sql(run.command).iter().any(|text| text.to_ascii_lowercase().contains("setval("))
    });
    // A recovery takes single tables out of a restored database on purpose.
    let moves = context.plan.is_some_and(|plan| plan.kind == Kind::Recovery);
    for (unit, run) in context
        .named(&["pg_dump"])
        .filter(|(unit, run)| unit.part != Place::Rollback && run.command.is(&["pg_dump"]))
    {
        let given = |short: &str, long: &[&str]| gives(run, short, long);
        if given("s", &["--schema-only"]) {
            continue;
        }
        let part = given("t", &["--table"]) || given("n", &["--schema"]);
        let objects = given("b", &["--blobs", "--large-objects"]);
        let message = if given("B", &["--no-blobs", "--no-large-objects"]) {
            "large objects are left out"
        } else if given("a", &["--data-only"]) && given("t", &["--table"]) && !sets {
            "the sequences of these tables stay where they were"
        } else if part && !moves && !objects && !given("a", &["--data-only"]) {
            "large objects are left out, and what the chosen tables depend on"
        } else {
            continue;
        };
        report.add(&RULE, unit, run.command.span, message.to_owned());
    }
}

/// Tells whether one of these flags is given, alone or with its value.
fn gives(run: Run<'_>, short: &str, long: &[&str]) -> bool {
    let takes = |letter: char| "dEfFhjnNpStTUZ".contains(letter);
    run.command.arguments().iter().map(Argument::shown).any(|word| {
        if word.starts_with("--") {
            let name = word.split('=').next().unwrap_or_default();
            return long.contains(&name);
        }
        let Some(letters) = word.strip_prefix('-') else { return false };
        for letter in letters.chars() {
            if letter.to_string() == short {
                return true;
            }
            // What follows is the value of this letter.
            if takes(letter) {
                return false;
            }
        }
        false
    })
}
