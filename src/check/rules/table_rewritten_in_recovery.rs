//! SQ004: a table that is written anew while everybody waits.

use crate::check::Context;
use crate::check::rule::{Example, Report, Rule};
use crate::evidence::{Place, Severity};
use crate::plan::{Kind as PlanKind, Phase};
use crate::sql::Statement;

/// The recovery time pays for every row of it, and everything waits for its lock.
pub const RULE: Rule = Rule {
    code: "SQ004",
    name: "table-rewritten-in-recovery",
    severity: Severity::Medium,
    summary: "a recovery plan runs VACUUM FULL, CLUSTER, OPTIMIZE TABLE or an ALTER TABLE that rewrites the table",
    why: "the table is copied row by row under an exclusive lock and needs its own size in free space; on a big table that alone is longer than the promised time",
    fix: "leave it for the phase reconstitution, when users are back; ANALYZE is enough for a recovery",
    source: "VACUUM(7), FULL: \"requires extra disk space, since it writes a new copy of the table\", under an exclusive lock; ALTER_TABLE(7), notes on rewrites",
    layer: "sql",
    bad: &[
        Example::Plan {
            plan: "schema: blackstart/plan/v1\nid: p\nkind: recovery\ntitle: t\nsteps:\n  - {id: back, title: Restore, kind: command, risk: write, run: 'pg_restore --exit-on-error -d shop_new /backup/shop.dump'}\n  - {id: tidy, title: Tidy up, kind: command, needs: [back], risk: disruptive, run: \"psql -X -v ON_ERROR_STOP=1 -d shop_new -c 'VACUUM FULL ANALYZE'\"}\n",
            inventory: "",
        },
        Example::Plan {
            plan: "schema: blackstart/plan/v1\nid: p\nkind: recovery\ntitle: t\nsteps:\n  - {id: tidy, title: Convert, kind: command, risk: disruptive, run: \"mysql --defaults-extra-file=/etc/my.cnf shop -e 'ALTER TABLE orders CONVERT TO CHARACTER SET utf8mb4; OPTIMIZE TABLE orders'\"}\n",
            inventory: "",
        },
    ],
    good: &[
        Example::Plan {
            plan: "schema: blackstart/plan/v1\nid: p\nkind: recovery\ntitle: t\nsteps:\n  - {id: back, phase: recovery, title: Restore, kind: command, risk: write, run: 'pg_restore --exit-on-error -d shop_new /backup/shop.dump'}\n  - {id: tidy, phase: recovery, title: Count, kind: command, needs: [back], risk: write, run: \"psql -X -v ON_ERROR_STOP=1 -d shop_new -c 'VACUUM (ANALYZE)' -c 'ALTER TABLE orders ADD COLUMN restored boolean'\"}\n  - {id: later, phase: reconstitution, title: Shrink, kind: command, needs: [tidy], risk: disruptive, run: \"psql -X -v ON_ERROR_STOP=1 -d shop_new -c 'VACUUM FULL events'\"}\n",
            inventory: "",
        },
        Example::Script("psql -X -d shop -c 'VACUUM FULL events'\n"),
    ],
    run,
};

fn run(context: &Context<'_>, report: &mut Report) {
    if context.plan.is_none_or(|plan| plan.kind != PlanKind::Recovery) {
        return;
    }
    for query in context.queries().filter(|query| query.unit.part == Place::Run) {
        let late = query.unit.step.is_some_and(|step| step.phase == Some(Phase::Reconstitution));
        if !late && rewrites(query.statement) {
            let message = "the table is written anew under an exclusive lock".to_owned();
            report.add(&RULE, query.unit, query.statement.span, message);
        }
    }
}

fn rewrites(statement: &Statement) -> bool {
    let plain = statement.starts("VACUUM FULL")
        || statement.starts("VACUUM") && statement.text.contains("FULL")
        || statement.starts("CLUSTER")
        || statement.starts("OPTIMIZE TABLE");
    let altered = statement.starts("ALTER TABLE")
        && (statement.text.contains("CONVERT TO CHARACTER SET")
            || statement.has("ENGINE")
            || statement.has("TYPE") && statement.has("COLUMN")
            || statement.text.contains("SET LOGGED")
            || statement.text.contains("SET UNLOGGED")
            || statement.text.contains("SET TABLESPACE"));
    plain || altered
}
