//! CT001: a recovery to a time of an unknown zone.

use crate::check::Context;
use crate::check::rule::{Example, Report, Rule};
use crate::evidence::{Place, Severity};

/// `--stop-datetime` is read in the time zone of whoever runs the program.
pub const RULE: Rule = Rule {
    code: "CT001",
    name: "local-time-in-recovery",
    severity: Severity::High,
    summary: "binary logs are replayed up to a time, and nothing says in which time zone",
    why: "one hour too late replays the damage, one hour too early loses an hour; machines in different zones read the same text differently",
    fix: "set TZ=UTC for the program and give the time in UTC, or end at a position",
    source: "mariadb-binlog(1), --stop-datetime: in the local time zone",
    layer: "static",
    bad: &[
        Example::Script(
            r#"#!/bin/bash
set -euo pipefail
# replays what the shop lost, up to the accident
from=/backup/binlog
out=/srv/scratch/replay.sql.new
test -s "$from/binlog.000042"
mysqlbinlog --stop-datetime='2026-03-02 14:03:11' "$from/binlog.000042" "$from/binlog.000043" > "$out"
grep -c '^# at' "$out"
mysql --defaults-extra-file=/etc/backup/my.cnf shop_replay < "$out"
"#,
        ),
        Example::Script(
            "mysqlbinlog --stop-datetime='2026-03-02 14:03:11' /backup/binlog/binlog.000042 > /srv/scratch/replay.sql.new\n",
        ),
        Example::Script(
            "mariadb-binlog --start-position=4 --stop-datetime=\"$STOP\" binlog.000042 | mariadb --socket=/srv/scratch/s\n",
        ),
    ],
    good: &[
        Example::Script(
            r#"#!/bin/bash
set -euo pipefail
# replays what the shop lost, up to the accident, by the clock of the server
export TZ=UTC
from=/backup/binlog
out=/srv/scratch/replay.sql.new
test -s "$from/binlog.000042"
mysqlbinlog --stop-datetime='2026-03-02 13:03:11' "$from/binlog.000042" > "$out"
grep -c '^# at' "$out"
mysql --defaults-extra-file=/etc/backup/my.cnf shop_replay < "$out"
"#,
        ),
        Example::Script(
            "TZ=UTC mysqlbinlog --stop-datetime='2026-03-02 14:03:11' /backup/binlog/binlog.000042 > /srv/scratch/replay.sql.new\n",
        ),
        Example::Script(
            "export TZ=UTC\nmysqlbinlog --stop-datetime=\"$(date --utc +'%F %T')\" binlog.000042 > /srv/scratch/replay.sql.new\n",
        ),
        Example::Script(
            "mysqlbinlog --stop-position=88421 binlog.000042 > /srv/scratch/replay.sql.new\n",
        ),
    ],
    run,
};

fn run(context: &Context<'_>, report: &mut Report) {
    for (unit, run) in context.named(&["mysqlbinlog", "mariadb-binlog"]) {
        let timed = unit
            .take_apart(run.command)
            .is_some_and(|call| call.has(&["stop-datetime", "start-datetime"]));
        let pinned = unit.text.contains("TZ=")
            || context.units.iter().any(|unit| unit.text.contains("timedatectl"));
        if timed && !pinned && unit.part != Place::Rollback {
            report.add(
                &RULE,
                unit,
                run.command.span,
                "the time is read in the zone of the machine, whichever that is".to_owned(),
            );
        }
    }
}
