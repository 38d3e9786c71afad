//! PG012: a base backup that cannot be started.

use crate::check::Context;
use crate::check::postgres::base_backups;
use crate::check::rule::{Example, Report, Rule};
use crate::evidence::Severity;

/// The files of a base backup are of different instants; the log of that time makes them one.
pub const RULE: Rule = Rule {
    code: "PG012",
    name: "base-backup-without-log",
    severity: Severity::High,
    summary: "a base backup is made without the log it needs",
    why: "without the segments of its own duration it never becomes consistent, and they may be gone from the archive",
    fix: "`pg_basebackup --wal-method=stream`",
    source: "pg_basebackup(1), --wal-method",
    layer: "static",
    bad: &[
        Example::Script("pg_basebackup -D \"/backup/base-$(date +%F)\" -X none\n"),
        Example::Script(
            "pg_basebackup --pgdata=\"/backup/base-$(date +%F)\" --wal-method=none --checkpoint=fast\n",
        ),
        Example::Script(
            r#"#!/usr/bin/env bash
set -euo pipefail
umask 077
# weekly base; the log is archived besides, as everybody hopes
mountpoint -q /srv/base
day=$(date -u +%G-W%V)
sudo -u postgres pg_basebackup --pgdata="/srv/base/$day.partial" --format=tar --gzip --wal-method=none
sha256sum "/srv/base/$day.partial/"*.gz > "/srv/base/$day.partial/SUMS"
mv "/srv/base/$day.partial" "/srv/base/$day"
"#,
        ),
    ],
    good: &[
        Example::Script("pg_basebackup -D \"/backup/base-$(date +%F)\" -X stream\n"),
        Example::Script("pg_basebackup -D \"/backup/base-$(date +%F)\" -c fast\n"),
        Example::Script(
            r#"#!/usr/bin/env bash
set -euo pipefail
umask 077
# weekly base with the log that makes it consistent
mountpoint -q /srv/base
day=$(date -u +%G-W%V)
sudo -u postgres pg_basebackup --pgdata="/srv/base/$day.partial" --wal-method=stream --checkpoint=fast
sudo -u postgres pg_verifybackup "/srv/base/$day.partial"
mv "/srv/base/$day.partial" "/srv/base/$day"
"#,
        ),
    ],
    run,
};

fn run(context: &Context<'_>, report: &mut Report) {
    for (unit, run, call) in base_backups(context) {
        if call
            .value(&["wal-method"])
            .is_some_and(|word| matches!(word.text.as_str(), "none" | "n"))
        {
            let message = "the base backup has no log to become consistent with".to_owned();
            report.add(&RULE, unit, run.command.span, message);
        }
    }
}
