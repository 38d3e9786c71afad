//! PG007: a recovery that takes a missing segment for an empty one.

use crate::check::rule::{Example, Report, Rule};
use crate::check::{Context, postgres};
use crate::evidence::Severity;

/// A non-zero status of restore_command is how the server learns where the log ends.
pub const RULE: Rule = Rule {
    code: "PG007",
    name: "restore-command-hides-missing-file",
    severity: Severity::High,
    summary: "restore_command succeeds for files that are not there",
    why: "the recovery fails on a segment that is not one, or ends earlier than it could, without a word",
    fix: "let it fail: `cp D/%f %p`, and nothing behind it",
    source: "PostgreSQL manual, restore_command: \"must return nonzero when asked for\" a missing file",
    layer: "static",
    bad: &[
        Example::Script(
            "P=/srv/pitr/main\ncat >> \"$P/postgresql.auto.conf\" <<'CONF'\nrestore_command = 'cp /backup/wal/%f %p || true'\nCONF\ntouch \"$P/recovery.signal\"\n",
        ),
        Example::Script(
            "psql -X -c \"alter system set restore_command = 'gunzip < /wal/%f.gz > %p; exit 0'\"\ntouch /srv/pg/recovery.signal\n",
        ),
    ],
    good: &[
        Example::Script(
            "P=/srv/pitr/main\ncat >> \"$P/postgresql.auto.conf\" <<'CONF'\nrestore_command = 'cp /backup/wal/%f %p'\nCONF\ntouch \"$P/recovery.signal\"\n",
        ),
        Example::Script(
            "P=/srv/pitr/main\ncat >> \"$P/postgresql.auto.conf\" <<'CONF'\nrestore_command = 'cp /backup/wal/%f %p || cp /srv/left/%f %p'\nCONF\ntouch \"$P/recovery.signal\"\n",
        ),
    ],
    run,
};

fn run(context: &Context<'_>, report: &mut Report) {
    for setting in postgres::settings(context) {
        if setting.name == "restore_command" && postgres::masks_failure(&setting.value) {
            let message = "restore_command succeeds for a file that is missing".to_owned();
            report.add(&RULE, setting.unit, setting.run.command.span, message);
        }
    }
}
