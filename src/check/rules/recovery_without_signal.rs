//! PG008: a recovery that never begins.

use crate::check::rule::{Example, Report, Rule};
use crate::check::{Context, Unit, postgres};
use crate::evidence::Severity;

/// From version 12 on the server recovers only where it finds recovery.signal or standby.signal.
pub const RULE: Rule = Rule {
    code: "PG008",
    name: "recovery-without-signal",
    severity: Severity::High,
    summary: "recovery settings are written, and no recovery.signal",
    why: "the server ignores target and restore_command and comes up for writing, on a state nobody chose",
    fix: "`touch \"$PGDATA/recovery.signal\"` before the start",
    source: "PostgreSQL manual, Archive Recovery (since 12)",
    layer: "static",
    bad: &[
        Example::Script(
            "P=/srv/pitr/main\ncat >> \"$P/postgresql.auto.conf\" <<'CONF'\nrestore_command = 'cp /backup/wal/%f %p'\nrecovery_target_time = '2026-03-02 14:03:00+00'\nCONF\nchown -R postgres:postgres \"$P\"\n",
        ),
        Example::Script(
            "# PostgreSQL 15\ncat > /srv/pg/recovery.conf <<'CONF'\nrestore_command = 'cp /backup/wal/%f %p'\nCONF\n",
        ),
    ],
    good: &[
        Example::Script(
            "P=/srv/pitr/main\ncat >> \"$P/postgresql.auto.conf\" <<'CONF'\nrestore_command = 'cp /backup/wal/%f %p'\nrecovery_target_time = '2026-03-02 14:03:00+00'\nCONF\ntouch \"$P/recovery.signal\"\n",
        ),
        Example::Script(
            "P=/srv/pitr/main\ncat >> \"$P/postgresql.auto.conf\" <<'CONF'\nprimary_conninfo = 'host=db1'\nrestore_command = 'cp /backup/wal/%f %p'\nCONF\ntouch \"$P/standby.signal\"\n",
        ),
        Example::Script(
            "# PostgreSQL 11\ncat > /srv/pg/recovery.conf <<'CONF'\nrestore_command = 'cp /backup/wal/%f %p'\nCONF\n",
        ),
    ],
    run,
};

fn run(context: &Context<'_>, report: &mut Report) {
    let marked = context
        .units
        .iter()
        .any(|unit| unit.text.contains("recovery.signal") || unit.text.contains("standby.signal"));
    let settings = postgres::settings(context);
    let Some(first) =
        settings.iter().find(|setting| postgres::RECOVERY.contains(&setting.name.as_str()))
    else {
        return;
    };
    let old = |unit: &Unit<'_>| {
        unit.text
            .lines()
            .filter(|line| line.trim().starts_with('#'))
            .filter_map(postgres::version_in)
            .any(|version| version < 12)
    };
    let in_old_file = first.file.ends_with("recovery.conf");
    let newer = first
        .unit
        .text
        .lines()
        .filter(|line| line.trim().starts_with('#'))
        .filter_map(postgres::version_in)
        .any(|version| version >= 12);
    if marked || old(first.unit) || in_old_file && !newer {
        return;
    }
    let message = match in_old_file {
        true => "recovery.conf is not read since version 12".to_owned(),
        false => format!("{} is set, and nothing makes recovery.signal", first.name),
    };
    report.add(&RULE, first.unit, first.run.command.span, message);
}
