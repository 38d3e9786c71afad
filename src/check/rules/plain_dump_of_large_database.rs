//! PG003: a dump that only one process can restore.

use crate::check::Context;
use crate::check::rule::{Example, Report, Rule};
use crate::evidence::Severity;

/// Plain SQL is read by one psql, statement by statement.
pub const RULE: Rule = Rule {
    code: "PG003",
    name: "plain-dump-of-large-database",
    severity: Severity::Medium,
    summary: "a large database is dumped as plain SQL",
    why: "one process restores it, without parallel loading or choice of tables; the recovery takes many times as long",
    fix: "`--format=directory --jobs=N`, or `--format=custom`, and `pg_restore --jobs=N`",
    source: "pg_dump(1), --format and --jobs",
    layer: "inventory",
    bad: &[
        Example::Plan {
            plan: "schema: blackstart/plan/v1\nid: p\nkind: backup\ntitle: t\nsteps:\n  - {id: dump, title: t, kind: command, asset: shop, risk: write, run: 'pg_dump -f \"/backup/shop-$(date +%F).sql\" shop'}\n",
            inventory: "schema: blackstart/inventory/v1\nhosts: [{id: db1}, {id: db2}, {id: web1}]\nassets:\n  - {id: shop, kind: postgres, host: db1, version: \"15\", size: 300GB, paths: [/srv/pg]}\n  - {id: web, kind: app, host: web1, depends_on: [shop], services: [app.service]}\n",
        },
        Example::Plan {
            plan: "schema: blackstart/plan/v1\nid: p\nkind: backup\ntitle: t\nsteps:\n  - {id: dump, title: t, kind: command, asset: shop, risk: write, run: 'set -o pipefail; pg_dump shop | zstd -o \"/backup/shop-$(date +%F).sql.zst\"'}\n",
            inventory: "schema: blackstart/inventory/v1\nhosts: [{id: db1}, {id: db2}, {id: web1}]\nassets:\n  - {id: shop, kind: postgres, host: db1, version: \"15\", size: 300GB, paths: [/srv/pg]}\n  - {id: web, kind: app, host: web1, depends_on: [shop], services: [app.service]}\n",
        },
    ],
    good: &[
        Example::Plan {
            plan: "schema: blackstart/plan/v1\nid: p\nkind: backup\ntitle: t\nsteps:\n  - {id: dump, title: t, kind: command, asset: shop, risk: write, run: 'pg_dump -Fd -j 4 -f \"/backup/shop-$(date +%F).dir\" shop'}\n",
            inventory: "schema: blackstart/inventory/v1\nhosts: [{id: db1}, {id: db2}, {id: web1}]\nassets:\n  - {id: shop, kind: postgres, host: db1, version: \"15\", size: 300GB, paths: [/srv/pg]}\n  - {id: web, kind: app, host: web1, depends_on: [shop], services: [app.service]}\n",
        },
        Example::Plan {
            plan: "schema: blackstart/plan/v1\nid: p\nkind: backup\ntitle: t\nsteps:\n  - {id: dump, title: t, kind: command, asset: web, risk: write, run: 'pg_dump -f \"/backup/shop-$(date +%F).sql\" shop'}\n",
            inventory: "schema: blackstart/inventory/v1\nhosts: [{id: db1}, {id: db2}, {id: web1}]\nassets:\n  - {id: shop, kind: postgres, host: db1, version: \"15\", size: 300GB, paths: [/srv/pg]}\n  - {id: web, kind: app, host: web1, depends_on: [shop], services: [app.service]}\n",
        },
    ],
    run,
};

/// Bytes from which on a database counts as large: half an hour of one process that loads 30 MB/s.
const LARGE: u64 = 50_000_000_000;

fn run(context: &Context<'_>, report: &mut Report) {
    for (unit, run) in context.named(&["pg_dump"]) {
        let asset = unit.step.and_then(|step| step.asset.as_ref());
        let known = context
            .inventory
            .zip(asset)
            .and_then(|(inventory, asset)| inventory.asset(asset.as_str()));
        let Some(size) = known.and_then(|asset| asset.size).filter(|size| size.0 >= LARGE) else {
            continue;
        };
        let Some(call) = unit.take_apart(run.command) else { continue };
        let format = call.value(&["format"]).map_or("p", |word| word.text.as_str());
        if format.starts_with('p')
            && !call.has(&["schema-only", "s", "table", "version", "V", "help"])
        {
            let message = format!("{size} are dumped as plain SQL");
            report.add(&RULE, unit, run.command.span, message);
        }
    }
}
