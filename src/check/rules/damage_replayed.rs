//! FO008: a log that brings the damage back.

use crate::check::rule::{Example, Report, Rule};
use crate::check::{Context, postgres};
use crate::evidence::Severity;

/// A log holds the mistake as faithfully as the work before it.
pub const RULE: Rule = Rule {
    code: "FO008",
    name: "damage-replayed",
    severity: Severity::High,
    summary: "a log is replayed to its end although somebody changed the data by mistake",
    why: "the statement that did the damage runs again on the restored data",
    fix: "a stop in front of it: `--stop-datetime` or `--stop-position`, `recovery_target_time`",
    source: "mysqlbinlog(1), --stop-datetime; PostgreSQL manual, Recovery Target Settings",
    layer: "static",
    bad: &[
        Example::Script(
            "# DROP TABLE orders at 2026-03-02 14:03:12 UTC\nmysqlbinlog /backup/binlog/binlog.000042 | mysql shop_restore\n",
        ),
        Example::Plan {
            plan: "schema: blackstart/plan/v1\nid: p\nkind: recovery\ntitle: t\nscope: {assets: [shop], scenario: operator_error}\nsteps:\n  - {id: a, title: t, kind: command, risk: disruptive, run: \"P=/srv/pitr/main\\ncat >> \\\"$P/postgresql.auto.conf\\\" <<'CONF'\\nrestore_command = 'cp /backup/wal/%f %p'\\nCONF\\ntouch \\\"$P/recovery.signal\\\"\\n\"}\n",
            inventory: "schema: blackstart/inventory/v1\nhosts: [{id: db1}, {id: db2}, {id: web1}]\nassets:\n  - {id: shop, kind: postgres, host: db1, version: \"15\", size: 300GB, paths: [/srv/pg]}\n  - {id: web, kind: app, host: web1, depends_on: [shop], services: [app.service]}\n",
        },
    ],
    good: &[
        Example::Script(
            "# DROP TABLE orders at 2026-03-02 14:03:12 UTC\nmysqlbinlog --stop-datetime='2026-03-02 14:03:00' /backup/binlog/binlog.000042 | mysql shop_restore\n",
        ),
        Example::Script("mysqlbinlog /backup/binlog/binlog.000042 | mysql shop_restore\n"),
        Example::Script(
            "# DROP TABLE orders at 2026-03-02 14:03:12 UTC\nset -o pipefail\nstop=(--stop-datetime=\"$1\")\nif [ -n \"$2\" ]; then\n  stop=(--stop-position=\"$2\")\nfi\nmysqlbinlog \"${stop[@]}\" -- binlog.000042 | mysql shop_restore\n",
        ),
        Example::Plan {
            plan: "schema: blackstart/plan/v1\nid: p\nkind: recovery\ntitle: t\nscope: {assets: [shop], scenario: operator_error}\nsteps:\n  - {id: a, title: t, kind: command, risk: disruptive, run: \"P=/srv/pitr/main\\ncat >> \\\"$P/postgresql.auto.conf\\\" <<'CONF'\\nrestore_command = 'cp /backup/wal/%f %p'\\nrecovery_target_time = '2026-03-02 14:03:00+00'\\nCONF\\ntouch \\\"$P/recovery.signal\\\"\\n\"}\n",
            inventory: "schema: blackstart/inventory/v1\nhosts: [{id: db1}, {id: db2}, {id: web1}]\nassets:\n  - {id: shop, kind: postgres, host: db1, version: \"15\", size: 300GB, paths: [/srv/pg]}\n  - {id: web, kind: app, host: web1, depends_on: [shop], services: [app.service]}\n",
        },
        Example::Plan {
            plan: "schema: blackstart/plan/v1\nid: p\nkind: recovery\ntitle: t\nscope: {assets: [shop], scenario: disk_loss}\nsteps:\n  - {id: a, title: t, kind: command, risk: disruptive, run: \"P=/srv/pitr/main\\ncat >> \\\"$P/postgresql.auto.conf\\\" <<'CONF'\\nrestore_command = 'cp /backup/wal/%f %p'\\nCONF\\ntouch \\\"$P/recovery.signal\\\"\\n\"}\n",
            inventory: "schema: blackstart/inventory/v1\nhosts: [{id: db1}, {id: db2}, {id: web1}]\nassets:\n  - {id: shop, kind: postgres, host: db1, version: \"15\", size: 300GB, paths: [/srv/pg]}\n  - {id: web, kind: app, host: web1, depends_on: [shop], services: [app.service]}\n",
        },
    ],
    run,
};

/// Kinds of disaster in which somebody or something changed the data itself.
const LOGICAL: &[&str] =
    &["operator_error", "corruption", "ransomware", "data_corruption", "logical_corruption"];

fn run(context: &Context<'_>, report: &mut Report) {
    let scenario = context
        .plan
        .and_then(|plan| plan.scope.as_ref())
        .and_then(|scope| scope.scenario.as_deref());
    let logical = scenario.is_some_and(|scenario| LOGICAL.contains(&scenario));
    for (unit, run) in context.named(&["mysqlbinlog", "mariadb-binlog"]) {
        let command = run.command;
        if !command.is(&["mysqlbinlog", "mariadb-binlog"])
            || !(logical || postgres::damage(unit.text).is_some())
        {
            continue;
        }
        // A list of options, in front of the names of the logs, may hold the stop.
        let options = unit.slice(command.span).split(" -- ").next().unwrap_or_default();
        let stops = options.contains("[@]}")
            || command.arguments().iter().any(|word| {
                let word = word.shown();
                word.starts_with("--stop-")
                    || word.starts_with("--include-gtids")
                    || word.starts_with("--exclude-gtids")
            });
        let replayed = command.setting.stage.is_some_and(|stage| stage.position + 1 < stage.length);
        if replayed && !stops {
            report.add(
                &RULE,
                unit,
                command.span,
                "the log is replayed to its end, with the damage in it".to_owned(),
            );
        }
    }
    if !logical {
        return;
    }
    let settings = postgres::settings(context);
    let targets = settings.iter().any(|setting| {
        setting.name.starts_with("recovery_target")
            && !setting.name.ends_with("_timeline")
            && !setting.name.ends_with("_action")
    });
    if let Some(setting) =
        settings.iter().find(|setting| setting.name == "restore_command").filter(|_| !targets)
    {
        report.add(
            &RULE,
            setting.unit,
            setting.run.command.span,
            "the log is replayed to its end, with the damage in it".to_owned(),
        );
    }
}
