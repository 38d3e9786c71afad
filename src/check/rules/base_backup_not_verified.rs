//! PG013: a base backup nobody read.

use crate::check::Context;
use crate::check::postgres::base_backups;
use crate::check::rule::{Example, Report, Rule};
use crate::evidence::Severity;

/// The manifest of a base backup is there to be compared with its files.
pub const RULE: Rule = Rule {
    code: "PG013",
    name: "base-backup-not-verified",
    severity: Severity::Medium,
    summary: "a base backup is made, and nothing reads it back",
    why: "a file that was cut off or rotted is found in the recovery",
    fix: "`pg_verifybackup DIRECTORY` behind it, and a restore to a scratch place now and then",
    source: "pg_verifybackup(1): \"you should still perform test restores\"",
    layer: "static",
    bad: &[
        Example::Script("pg_basebackup -D \"/backup/base-$(date +%F)\" -X stream\n"),
        Example::Script(
            "set -e\npg_basebackup -D /backup/base.new -X stream -c fast\nmv -T /backup/base.new \"/backup/base-$(date +%F)\"\n",
        ),
        Example::Script(
            r#"#!/usr/bin/env bash
set -euo pipefail
umask 077
export PGPASSFILE=/etc/backup/pgpass
ts=$(date -u +%Y%m%dT%H%M%SZ)
new="/backup/base/$ts"
mountpoint -q /backup
pg_basebackup -h db1 -U replicator -D "$new.tmp" -X stream -c fast --progress
mv -T "$new.tmp" "$new"
ln -sfn "$new" /backup/base/latest
"#,
        ),
    ],
    good: &[
        Example::Script(
            "d=\"/backup/base-$(date +%F)\"\npg_basebackup -D \"$d\" -X stream\npg_verifybackup \"$d\"\n",
        ),
        Example::Script("pg_basebackup -h db1 -D /srv/standby -R -X stream\n"),
        Example::Script(
            "d=\"/backup/base-$(date +%F)\"\npg_basebackup -D \"$d\"\n/usr/lib/postgresql/15/bin/pg_verifybackup \"$d\"\n",
        ),
        Example::Script(
            r#"#!/usr/bin/env bash
set -euo pipefail
umask 077
export PGPASSFILE=/etc/backup/pgpass
ts=$(date -u +%Y%m%dT%H%M%SZ)
new="/backup/base/$ts"
mountpoint -q /backup
pg_basebackup -h db1 -U replicator -D "$new.tmp" -X stream -c fast --progress
pg_verifybackup "$new.tmp"
mv -T "$new.tmp" "$new"
ln -sfn "$new" /backup/base/latest
"#,
        ),
    ],
    run,
};

fn run(context: &Context<'_>, report: &mut Report) {
    let proven = context.named(&["pg_verifybackup", "pgbackrest", "barman"]).next().is_some();
    if proven {
        return;
    }
    for (unit, run, call) in base_backups(context) {
        // A standby proves its copy by starting on it; what goes to standard output cannot be read again here.
        let elsewhere = call.has(&["write-recovery-conf", "R", "version", "help"])
            || call.value(&["pgdata"]).is_some_and(|word| word.text == "-");
        if !elsewhere {
            report.add(
                &RULE,
                unit,
                run.command.span,
                "nothing compares the base backup with its manifest".to_owned(),
            );
        }
    }
}
