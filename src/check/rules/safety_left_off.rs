//! SQ005: a safety of the server that is switched off for a load and stays so.

use crate::check::rule::{Example, Report, Rule};
use crate::check::{Context, postgres};
use crate::evidence::{Place, Severity};

/// It was off for an hour, for speed; the next power cut finds it off.
pub const RULE: Rule = Rule {
    code: "SQ005",
    name: "safety-left-off",
    severity: Severity::High,
    summary: "fsync, full_page_writes, the binary log, constraints or triggers are switched off for all, and nothing switches them on again",
    why: "after the next crash the data are torn beyond repair, replicas and point-in-time recovery miss what was not logged, and rows break the keys unnoticed",
    fix: "switch it for the one session; or switch it on again in the same script, in a trap, and look (`SHOW fsync`) as its last step",
    source: "PostgreSQL documentation, fsync: \"unrecoverable data corruption in the event of a power failure or system crash\"; MariaDB documentation, innodb_flush_log_at_trx_commit and sql_log_bin",
    layer: "sql",
    bad: &[
        Example::Script(
            r#"#!/usr/bin/env bash
set -euo pipefail
createdb -h db1 shop_new
psql -X -v ON_ERROR_STOP=1 -h db1 -d postgres -c "ALTER SYSTEM SET fsync = off" -c "SELECT pg_reload_conf()"
pg_restore --exit-on-error -j 8 -h db1 -d shop_new /backup/shop.dump
vacuumdb -h db1 --analyze-only shop_new
"#,
        ),
        Example::Script(
            "mysql -e 'SET GLOBAL innodb_flush_log_at_trx_commit=0; SET GLOBAL foreign_key_checks=0'\nmysql shop_new < /backup/shop.sql\n",
        ),
        Example::File {
            name: "load.sql",
            text: "ALTER TABLE orders DISABLE TRIGGER ALL;\nCOPY orders FROM '/srv/load/orders.csv' CSV;\n",
        },
    ],
    good: &[
        Example::Script(
            r#"#!/usr/bin/env bash
set -euo pipefail
psql -X -v ON_ERROR_STOP=1 -d postgres -c "ALTER SYSTEM SET fsync = off" -c "SELECT pg_reload_conf()"
pg_restore --exit-on-error -j 8 -d shop_new /backup/shop.dump
psql -X -v ON_ERROR_STOP=1 -d postgres -c "ALTER SYSTEM RESET fsync" -c "SELECT pg_reload_conf()"
"#,
        ),
        Example::File {
            name: "dump.sql",
            text: "/*!40014 SET @OLD_FOREIGN_KEY_CHECKS=@@FOREIGN_KEY_CHECKS, FOREIGN_KEY_CHECKS=0 */;\nCREATE TABLE a (id int);\n/*!40000 ALTER TABLE `a` DISABLE KEYS */;\nINSERT INTO a VALUES (1);\n/*!40000 ALTER TABLE `a` ENABLE KEYS */;\n/*!40014 SET FOREIGN_KEY_CHECKS=@OLD_FOREIGN_KEY_CHECKS */;\n",
        },
        Example::Script(
            "mysql -e 'SET SESSION sql_log_bin=0; CREATE DATABASE drill'\npsql -d shop -c 'ALTER TABLE t DISABLE TRIGGER ALL' -c 'ALTER TABLE t ENABLE TRIGGER ALL'\n",
        ),
    ],
    run,
};

/// Settings, their dangerous values and whether those destroy data in a crash.
const SWITCHES: &[(&str, &[&str], Severity)] = &[
    ("FSYNC", &["OFF", "''OFF''", "0", "FALSE"], Severity::High),
    ("FULL_PAGE_WRITES", &["OFF", "0", "FALSE"], Severity::High),
    ("ARCHIVE_MODE", &["OFF"], Severity::High),
    ("INNODB_FLUSH_LOG_AT_TRX_COMMIT", &["0", "2"], Severity::Medium),
    ("INNODB_DOUBLEWRITE", &["0", "OFF"], Severity::High),
    ("SYNC_BINLOG", &["0"], Severity::Medium),
    ("SYNCHRONOUS_COMMIT", &["OFF"], Severity::Medium),
    ("AUTOVACUUM", &["OFF"], Severity::Medium),
    ("FOREIGN_KEY_CHECKS", &["0", "OFF"], Severity::High),
    ("UNIQUE_CHECKS", &["0", "OFF"], Severity::Medium),
    ("SESSION_REPLICATION_ROLE", &["REPLICA"], Severity::High),
];

fn run(context: &Context<'_>, report: &mut Report) {
    let queries: Vec<_> = context.queries().collect();
    let plain = |text: &str| text.replace([' ', '\'', '"'], "").replace("@@", "");
    for (at, query) in queries.iter().enumerate() {
        let text = plain(&query.statement.text);
        let later = &queries[at + 1..];
        if query.unit.part == Place::Rollback {
            continue;
        }
        let system = text.starts_with("ALTERSYSTEMSET");
        let global = text.starts_with("SETGLOBAL")
            || text.starts_with("SETPERSIST")
            || text.starts_with("SET") && text.contains("GLOBAL.");
        let database = text.starts_with("ALTERDATABASE") || text.starts_with("ALTERROLE");
        for (name, values, severity) in SWITCHES.iter().filter(|_| system || global || database) {
            let off = values.iter().any(|value| {
                let ends = |rest: &str| {
                    rest.chars().next().is_none_or(|c| !c.is_ascii_alphanumeric() && c != '_')
                };
                ["=", "TO"].iter().any(|sign| {
                    let pattern = format!("{name}{sign}{value}");
                    text.find(&pattern).is_some_and(|at| ends(&text[at + pattern.len()..]))
                })
            });
            let back = later.iter().any(|other| {
                let other = plain(&other.statement.text);
                other.contains(name) && other != text && !other.starts_with("SHOW")
            });
            if off && !back && !written_back(context, name) {
                let message =
                    format!("{} is switched off for all and stays off", name.to_ascii_lowercase());
                report.add(&RULE, query.unit, query.statement.span, message).severity = *severity;
            }
        }
        let table = |text: &str| text.strip_prefix("ALTERTABLE").map(|rest| rest.to_owned());
        if let Some(rest) = table(&text)
            && let Some((name, what)) = rest.split_once("DISABLE")
            && ["TRIGGERALL", "TRIGGERUSER", "KEYS"].iter().any(|word| what.starts_with(word))
        {
            let back = later.iter().any(|other| {
                let other = plain(&other.statement.text);
                other.contains(&format!("{name}ENABLE")) || other.contains("ENABLETRIGGERALL")
            });
            if !back {
                let message = "what is disabled here is never enabled again".to_owned();
                let severity =
                    if what.starts_with("KEYS") { Severity::Low } else { Severity::High };
                report.add(&RULE, query.unit, query.statement.span, message).severity = severity;
            }
        }
    }
}

/// Tells whether a configuration file gets the setting, where the order cannot be told.
fn written_back(context: &Context<'_>, name: &str) -> bool {
    postgres::settings(context).iter().any(|setting| {
        !setting.file.is_empty() && setting.name.eq_ignore_ascii_case(name) && setting.value == "on"
    })
}
