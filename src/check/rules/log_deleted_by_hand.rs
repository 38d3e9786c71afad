//! PG015: the log is taken from under its server.

use crate::check::Context;
use crate::check::names::looks_scratch;
use crate::check::rule::{Example, Report, Rule};
use crate::evidence::Severity;

/// What lies in pg_wal and pg_xact is data that is not yet, or not only, anywhere else.
pub const RULE: Rule = Rule {
    code: "PG015",
    name: "log-deleted-by-hand",
    severity: Severity::Critical,
    summary: "files below pg_wal, pg_xlog or pg_xact are deleted",
    why: "without them the server does not start again, and transactions that were confirmed are gone",
    fix: "give the disk room, repair archiving, drop the slot that holds the log back, and let the server remove segments at its next checkpoint",
    source: "PostgreSQL manual, WAL; a full disk is its most common cause",
    layer: "static",
    bad: &[
        Example::Script("rm -f /var/lib/postgresql/15/main/pg_wal/0000*\n"),
        Example::Script("find /var/lib/postgresql/15/main/pg_wal -mtime +2 -delete\n"),
        Example::Script("cd /srv/pg/pg_xlog && rm -f 00000001*\n"),
        Example::Script("rm -rf /var/lib/postgresql/15/main/pg_xact\n"),
        Example::Script(
            r#"#!/usr/bin/env bash
set -euo pipefail
# the disk is full and the server does not start
df -h /var/lib/postgresql
systemctl stop postgresql
cd /var/lib/postgresql/15/main/pg_wal
rm -f 0000000100000000000000*
systemctl start postgresql
"#,
        ),
    ],
    good: &[
        Example::Script("pg_archivecleanup /backup/wal 000000010000000000000010\n"),
        Example::Script("find /backup/wal -mtime +30 -delete\n"),
        Example::Script(
            "stage=$(mktemp -d)\ncp -a /backup/base/. \"$stage\"\nrm -f \"$stage/pg_wal/000000010000000000000003\"\n",
        ),
        Example::Script(
            r#"#!/usr/bin/env bash
set -euo pipefail
# the disk of the archive is full
df -h /backup/wal
oldest=$(find /backup/base -name backup_label -exec awk '/START WAL LOCATION/ { print $6 }' {} + | tr -d ')' | sort | head -n 1)
pg_archivecleanup -n /backup/wal "$oldest"
pg_archivecleanup /backup/wal "$oldest"
"#,
        ),
    ],
    run,
};

const DIRECTORIES: &[&str] = &["pg_wal", "pg_xlog", "pg_xact", "pg_clog", "pg_multixact"];

fn run(context: &Context<'_>, report: &mut Report) {
    for (unit, run) in context.named(&["rm", "unlink", "shred", "truncate", "find"]) {
        let command = run.command;
        let deletes = command.is(&["rm", "unlink", "shred", "truncate"])
            || command.is(&["find"]) && command.literals().contains(&"-delete");
        if !deletes || command.setting.deferred {
            continue;
        }
        let found = command.arguments().iter().find_map(|argument| {
            let path = command.path(argument);
            let named = path.split('/').any(|part| DIRECTORIES.contains(&part));
            (named && !unit.is_fresh(command, argument) && !looks_scratch(&path)).then_some(path)
        });
        if let Some(path) = found {
            report.add(
                &RULE,
                unit,
                command.span,
                format!("{path} belongs to a server and is deleted"),
            );
        }
    }
}
