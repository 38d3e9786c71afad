//! PG002: a dump program that refuses its server.

use crate::check::rule::{Example, Report, Rule};
use crate::check::{Context, postgres};
use crate::evidence::Severity;

/// pg_dump reads servers of its own version and older ones.
pub const RULE: Rule = Rule {
    code: "PG002",
    name: "client-older-than-server",
    severity: Severity::High,
    summary: "a PostgreSQL program is older than the server it is used on",
    why: "pg_dump and pg_basebackup refuse a newer server, so the job fails every time and there is no copy",
    fix: "use the programs of the server's version or a newer one, and compare the versions before the dump",
    source: "pg_dump(1): \"cannot dump from servers newer than its own major version\"; GitLab 2017: pg_dump 9.2 on a 9.6 server",
    layer: "inventory",
    bad: &[
        Example::Script(
            "# server is PostgreSQL 15\n/usr/lib/postgresql/13/bin/pg_dump -Fc -f /backup/shop.dump.new shop\n",
        ),
        Example::Plan {
            plan: "schema: blackstart/plan/v1\nid: p\nkind: backup\ntitle: t\nsteps:\n  - {id: dump, title: t, kind: command, host: db1, asset: shop, risk: write, run: /usr/lib/postgresql/13/bin/pg_dumpall -f /backup/all.sql.new}\n",
            inventory: "schema: blackstart/inventory/v1\nhosts: [{id: db1}, {id: db2}, {id: web1}]\nassets:\n  - {id: shop, kind: postgres, host: db1, version: \"15\", size: 300GB, paths: [/srv/pg]}\n  - {id: web, kind: app, host: web1, depends_on: [shop], services: [app.service]}\n",
        },
    ],
    good: &[
        Example::Script(
            "# server is PostgreSQL 15\n/usr/lib/postgresql/15/bin/pg_dump -Fc -f /backup/shop.dump.new shop\n",
        ),
        Example::Plan {
            plan: "schema: blackstart/plan/v1\nid: p\nkind: backup\ntitle: t\nsteps:\n  - {id: dump, title: t, kind: command, host: db1, asset: shop, risk: write, run: /usr/lib/postgresql/16/bin/pg_dumpall -f /backup/all.sql.new}\n",
            inventory: "schema: blackstart/inventory/v1\nhosts: [{id: db1}, {id: db2}, {id: web1}]\nassets:\n  - {id: shop, kind: postgres, host: db1, version: \"15\", size: 300GB, paths: [/srv/pg]}\n  - {id: web, kind: app, host: web1, depends_on: [shop], services: [app.service]}\n",
        },
        Example::Script("/usr/lib/postgresql/13/bin/pg_dump -Fc -f /backup/shop.dump.new shop\n"),
    ],
    run,
};

fn run(context: &Context<'_>, report: &mut Report) {
    for (unit, run) in context.named(&["pg_dump", "pg_dumpall", "pg_basebackup", "pg_receivewal"]) {
        let command = run.command;
        if !command.is(&["pg_dump", "pg_dumpall", "pg_basebackup", "pg_receivewal"]) {
            continue;
        }
        let Some(client) = command.program().and_then(postgres::version_in) else {
            continue;
        };
        let comments = unit
            .text
            .lines()
            .map(str::trim)
            .filter(|line| line.starts_with('#') && line.contains("server"));
        let said = comments.filter_map(postgres::version_in).next();
        let asset = unit.step.and_then(|step| step.asset.as_ref());
        let known = context
            .inventory
            .zip(asset)
            .and_then(|(inventory, asset)| inventory.asset(asset.as_str()));
        let digits =
            |version: &str| version.split('.').next().and_then(|major| major.parse::<u32>().ok());
        let server = known.and_then(|asset| asset.version.as_deref()).and_then(digits).or(said);
        if let Some(server) = server.filter(|server| *server > client) {
            let name = command.name().unwrap_or_default();
            let message = format!("{name} {client} cannot read a server of version {server}");
            report.add(&RULE, unit, command.span, message);
        }
    }
}
