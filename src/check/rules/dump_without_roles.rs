//! PG001: a dump of a database that nobody may use when it is restored.

use crate::check::Context;
use crate::check::rule::{Example, Report, Rule};
use crate::evidence::Severity;
use crate::plan::Kind;
use crate::shell::Origin;

/// Roles and their passwords belong to the server, so no dump of a database holds them.
pub const RULE: Rule = Rule {
    code: "PG001",
    name: "dump-without-roles",
    severity: Severity::High,
    summary: "pg_dump copies databases, and nothing copies the roles",
    why: "on a new server every OWNER TO and GRANT of the dump fails, and passwords and memberships are gone",
    fix: "add `pg_dumpall --globals-only` to the same copy",
    source: "pg_dump(1), Notes; measured: an archive of -Fc holds no role",
    layer: "static",
    bad: &[
        Example::Script(
            "set -euo pipefail\npg_dump -U postgres -Fc -f \"/backup/shop-$(date +%F).dump\" shop\n",
        ),
        Example::Script(
            "set -euo pipefail\npg_dump shop | gzip > \"/backup/shop-$(date +%F).sql.gz\"\n",
        ),
        Example::Script(
            r#"#!/usr/bin/env bash
set -euo pipefail
umask 077
export PGPASSFILE=/etc/backup/pgpass
ts=$(date -u +%Y%m%dT%H%M%SZ)
pg_dump -h db1 -U backup -Fc -f "/backup/shop-$ts.dump.tmp" shop
pg_restore --list "/backup/shop-$ts.dump.tmp" > /dev/null
mv "/backup/shop-$ts.dump.tmp" "/backup/shop-$ts.dump"
find /backup -name 'shop-*.dump' -mtime +35 -print
"#,
        ),
    ],
    good: &[
        Example::Script(
            "set -euo pipefail\npg_dumpall -U postgres --globals-only -f \"/backup/globals-$(date +%F).sql\"\npg_dump -U postgres -Fc -f \"/backup/shop-$(date +%F).dump\" shop\n",
        ),
        Example::Script(
            "set -euo pipefail\npg_dump -Fc -f \"/backup/before-$(date +%s).dump\" shop\npg_restore --exit-on-error -d shop_new /backup/shop.dump\n",
        ),
        Example::Script("pg_dump --schema-only shop > /srv/docs/schema.sql\n"),
        Example::Script(
            r#"#!/usr/bin/env bash
set -euo pipefail
umask 077
export PGPASSFILE=/etc/backup/pgpass
ts=$(date -u +%Y%m%dT%H%M%SZ)
pg_dumpall -h db1 -U backup --globals-only -f "/backup/globals-$ts.sql.tmp"
pg_dump -h db1 -U backup -Fc -f "/backup/shop-$ts.dump.tmp" shop
pg_restore --list "/backup/shop-$ts.dump.tmp" > /dev/null
mv "/backup/globals-$ts.sql.tmp" "/backup/globals-$ts.sql"
mv "/backup/shop-$ts.dump.tmp" "/backup/shop-$ts.dump"
"#,
        ),
    ],
    run,
};

fn run(context: &Context<'_>, report: &mut Report) {
    let recovers = context.plan.is_some_and(|plan| plan.kind == Kind::Recovery);
    // A dump in front of a restore keeps what is there; it is no backup for another server.
    let restores = |command: &crate::shell::Command| {
        command.is(&["pg_dumpall", "dropdb", "pg_upgrade"])
            || command.is(&["pg_restore"])
                && !command.has("-l")
                && !command.has("--list")
                && command
                    .literals()
                    .iter()
                    .any(|word| word.starts_with("-d") || word.starts_with("--dbname"))
    };
    if recovers || context.runs().any(|(_, run)| restores(run.command)) {
        return;
    }
    for (unit, run) in context.named(&["pg_dump"]) {
        let Some(call) = unit.take_apart(run.command) else { continue };
        let part =
            ["schema", "table", "schema-only", "data-only", "s", "section", "help", "version", "V"];
        let next = run.command.setting.stage.is_some_and(|stage| stage.position + 1 < stage.length);
        let into_client = next
            && unit.runs().any(|other| {
                other.command.is(&["psql", "pg_restore"]) && other.command.setting.stage.is_some()
            });
        let shown = call.value(&["file"]).is_some_and(|file| file.text == "/dev/null");
        if !call.has(&part) && !into_client && !shown {
            let message = "the database is dumped, its roles are not".to_owned();
            // A tool that dumps the one database that its caller names leaves the server to the caller.
            let named = call.operands.iter().filter_map(|w| run.command.words.get(w.index));
            let by_caller = named.into_iter().any(|a| a.comes_from(Origin::Argument));
            let finding = report.add(&RULE, unit, run.command.span, message);
            if by_caller {
                finding.severity = Severity::Medium;
            }
            return;
        }
    }
}
