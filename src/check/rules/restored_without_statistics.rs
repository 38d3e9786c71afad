//! PG018: a database that is back and too slow to use.

use crate::check::names::looks_backup;
use crate::check::rule::{Example, Report, Rule};
use crate::check::{Context, Unit};
use crate::evidence::Place;
use crate::evidence::Severity;
use crate::plan::Kind;
use crate::shell::Command;

/// A dump holds no statistics, so the planner guesses.
pub const RULE: Rule = Rule {
    code: "PG018",
    name: "restored-without-statistics",
    severity: Severity::Medium,
    summary: "a recovery plan restores a dump and never runs ANALYZE",
    why: "the first hours of users are spent in plans that were guessed; the promise is missed although the data is there",
    fix: "`vacuumdb --analyze-only --jobs=N` before users come back",
    source: "PostgreSQL manual, Populating a Database: run ANALYZE afterwards",
    layer: "static",
    bad: &[
        Example::Plan {
            plan: "schema: blackstart/plan/v1\nid: p\nkind: recovery\ntitle: t\nsteps:\n  - {id: a, title: t, kind: command, risk: disruptive, run: \"createdb shop_new\"}\n  - {id: b, title: t, kind: command, risk: disruptive, run: \"pg_restore --exit-on-error -d shop_new /backup/shop.dump\"}\n",
            inventory: "",
        },
        Example::Plan {
            plan: "schema: blackstart/plan/v1\nid: p\nkind: recovery\ntitle: t\nsteps:\n  - {id: a, title: t, kind: command, risk: disruptive, run: \"psql -X -v ON_ERROR_STOP=1 -d shop_new -f /backup/shop.sql\"}\n",
            inventory: "",
        },
    ],
    good: &[
        Example::Plan {
            plan: "schema: blackstart/plan/v1\nid: p\nkind: recovery\ntitle: t\nsteps:\n  - {id: a, title: t, kind: command, risk: disruptive, run: \"pg_restore --exit-on-error -d shop_new /backup/shop.dump\"}\n  - {id: b, title: t, kind: command, risk: disruptive, run: \"vacuumdb --analyze-only -d shop_new\"}\n",
            inventory: "",
        },
        Example::Plan {
            plan: "schema: blackstart/plan/v1\nid: p\nkind: recovery\ntitle: t\nsteps:\n  - {id: a, title: t, kind: command, risk: disruptive, run: \"pg_restore --exit-on-error -d shop_new /backup/shop.dump\"}\n  - {id: b, title: t, kind: command, risk: disruptive, run: \"psql -X -d shop_new -c 'ANALYZE'\"}\n",
            inventory: "",
        },
        Example::Script("pg_restore --exit-on-error -d shop_new /backup/shop.dump\n"),
    ],
    run,
};

fn run(context: &Context<'_>, report: &mut Report) {
    if context.plan.is_none_or(|plan| plan.kind != Kind::Recovery) {
        return;
    }
    let analyzes = |unit: &Unit<'_>, command: &Command| {
        command.is(&["vacuumdb"])
            || unit.sql(command).iter().any(|text| text.to_ascii_uppercase().contains("ANALYZE"))
    };
    for (unit, run) in context.runs() {
        let Some(call) = unit.take_apart(run.command) else { continue };
        let restores = match call.name {
            "pg_restore" => {
                call.value(&["dbname"]).is_some() && !call.has(&["list", "schema-only", "s"])
            }
            "psql" => call
                .value(&["file"])
                .is_some_and(|word| looks_backup(&word.text) && word.text.contains(".sql")),
            _ => false,
        };
        if restores
            && unit.part != Place::Rollback
            && !context.after(unit, run).any(|(unit, other)| analyzes(unit, other.command))
        {
            report.add(
                &RULE,
                unit,
                run.command.span,
                "no step collects statistics after this restore".to_owned(),
            );
            return;
        }
    }
}
