//! PG011: a recovered server that archives over its own past.

use crate::check::rule::{Example, Report, Rule};
use crate::check::{Context, postgres};
use crate::evidence::Severity;

/// After a recovery the history has a new number, and some names come twice.
pub const RULE: Rule = Rule {
    code: "PG011",
    name: "two-histories-in-one-archive",
    severity: Severity::High,
    summary: "the recovered server archives to the directory it is recovered from",
    why: "segments and history files of both lives mix, and neither can be recovered again",
    fix: "a new directory, or a new stanza, for the recovered server",
    source: "PostgreSQL manual, Timelines; exercised: timeline 1 becomes 2",
    layer: "static",
    bad: &[
        Example::Script(
            "P=/srv/pitr/main\ncat >> \"$P/postgresql.auto.conf\" <<'CONF'\nrestore_command = 'cp /backup/wal/%f %p'\nrecovery_target_time = '2026-03-02 14:03:00+00'\narchive_command = 'test ! -f /backup/wal/%f && cp %p /backup/wal/%f'\nCONF\ntouch \"$P/recovery.signal\"\n",
        ),
        Example::Script(
            "psql -X -c \"alter system set archive_command = 'test ! -f /mnt/wal/%f && cp %p /mnt/wal/%f'\"\nP=/srv/pitr/main\ncat >> \"$P/postgresql.auto.conf\" <<'CONF'\nrestore_command = 'cp /mnt/wal/%f %p'\nCONF\ntouch \"$P/recovery.signal\"\n",
        ),
    ],
    good: &[
        Example::Script(
            "P=/srv/pitr/main\ncat >> \"$P/postgresql.auto.conf\" <<'CONF'\nrestore_command = 'cp /backup/wal/%f %p'\nrecovery_target_time = '2026-03-02 14:03:00+00'\narchive_command = 'test ! -f /backup/wal2/%f && cp %p /backup/wal2/%f'\nCONF\ntouch \"$P/recovery.signal\"\n",
        ),
        Example::Script(
            "P=/srv/pitr/main\ncat >> \"$P/postgresql.auto.conf\" <<'CONF'\nrestore_command = 'cp /backup/wal/%f %p'\nCONF\ntouch \"$P/recovery.signal\"\n",
        ),
    ],
    run,
};

fn run(context: &Context<'_>, report: &mut Report) {
    let settings = postgres::settings(context);
    let from: Vec<String> = settings
        .iter()
        .filter(|one| one.name == "restore_command")
        .flat_map(|one| places(&one.value))
        .collect();
    for setting in settings.iter().filter(|setting| setting.name == "archive_command") {
        if let Some(place) = places(&setting.value).into_iter().find(|place| from.contains(place)) {
            let message = format!(
                "the log of the recovered server goes to {place}, from where it is recovered"
            );
            report.add(&RULE, setting.unit, setting.run.command.span, message);
        }
    }
}

/// Returns the directories in which a command looks for the file of a segment.
fn places(value: &str) -> Vec<String> {
    let words = value.split(|c: char| c.is_whitespace() || matches!(c, '\'' | '"' | ';'));
    words.filter_map(|word| word.find("/%f").map(|at| word[..at].to_owned())).collect()
}
