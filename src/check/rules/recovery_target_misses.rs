//! PG009: a target that brings the damage back.

use crate::check::rule::{Example, Report, Rule};
use crate::check::{Context, postgres};
use crate::evidence::Severity;

/// The target lies between the end of the base backup and the damage, and names its zone.
pub const RULE: Rule = Rule {
    code: "PG009",
    name: "recovery-target-misses",
    severity: Severity::High,
    summary: "the recovery target is behind the damage, or names no time zone",
    why: "the recovery replays the damage, or stops hours away from it where the server has another zone",
    fix: "a time before the damage, in UTC with its offset: `2026-03-02 14:03:00+00`",
    source: "PostgreSQL manual, recovery_target_time; measured: pgBackRest refuses a target in the second of the backup",
    layer: "static",
    bad: &[
        Example::Script(
            "# DROP TABLE orders ran at 2026-03-02 14:03:12 UTC\nP=/srv/pitr/main\ncat >> \"$P/postgresql.auto.conf\" <<'CONF'\nrestore_command = 'cp /backup/wal/%f %p'\nrecovery_target_time = '2026-03-02 14:05:00+00'\nCONF\ntouch \"$P/recovery.signal\"\n",
        ),
        Example::Script(
            "P=/srv/pitr/main\ncat >> \"$P/postgresql.auto.conf\" <<'CONF'\nrestore_command = 'cp /backup/wal/%f %p'\nrecovery_target_time = '2026-03-02 14:03:00'\nCONF\ntouch \"$P/recovery.signal\"\n",
        ),
    ],
    good: &[
        Example::Script(
            "# DROP TABLE orders ran at 2026-03-02 14:03:12 UTC\nP=/srv/pitr/main\ncat >> \"$P/postgresql.auto.conf\" <<'CONF'\nrestore_command = 'cp /backup/wal/%f %p'\nrecovery_target_time = '2026-03-02 14:03:00+00'\nCONF\ntouch \"$P/recovery.signal\"\n",
        ),
        Example::Script(
            "P=/srv/pitr/main\ncat >> \"$P/postgresql.auto.conf\" <<'CONF'\nrestore_command = 'cp /backup/wal/%f %p'\nrecovery_target_time = '2026-03-02 15:03:00 UTC'\nCONF\ntouch \"$P/recovery.signal\"\n",
        ),
    ],
    run,
};

fn run(context: &Context<'_>, report: &mut Report) {
    for setting in postgres::settings(context)
        .into_iter()
        .filter(|setting| setting.name == "recovery_target_time")
    {
        let Some(target) = postgres::instant(&setting.value) else { continue };
        let zone = setting.value.get(19..).unwrap_or_default();
        let message = match postgres::damage(setting.unit.text) {
            Some(damage) if target >= damage => {
                "the target is not before the damage that the comment names"
            }
            Some(_) | None
                if postgres::offset(zone).is_none()
                    && !zone.contains(|c: char| c.is_ascii_alphabetic()) =>
            {
                "the target names no time zone, so it depends on the settings of the server"
            }
            Some(_) | None => continue,
        };
        report.add(&RULE, setting.unit, setting.run.command.span, message.to_owned());
    }
}
