//! SH014: a job that is started again while it still runs.

use crate::check::Context;
use crate::check::deeds::Deed;
use crate::check::outcome::endless;
use crate::check::rule::{Example, Report, Rule};
use crate::check::written::{cron_line, is_crontab, lines, written};
use crate::check::{Language, Unit, deeds};
use crate::evidence::Severity;

/// cron starts the next run whether or not the last one has ended.
pub const RULE: Rule = Rule {
    code: "SH014",
    name: "runs-overlap",
    severity: Severity::Medium,
    summary: "a backup that is started every hour or more often, or that loops without end, holds no lock",
    why: "when one run takes longer, the next one writes into the same files and deletes what the first is still reading; both slow each other down until none ends",
    fix: "`flock -n /run/lock/backup.lock command`, or a systemd timer, which does not start a unit that still runs",
    source: "flock(1), --nonblock; published runbook: a copy that takes two hours is made every hour",
    layer: "static",
    bad: &[
        Example::Script(
            r#"#!/usr/bin/env python3
"""Mirrors the data every ten minutes."""
import subprocess
import time


def mirror():
    subprocess.run(["rsync", "-a", "/srv/app/", "dr1:/srv/app/"], check=True)


while True:
    mirror()
    time.sleep(600)
"#,
        ),
        Example::Script(
            "echo '*/10 * * * * root rsync -a --delete /srv/app/ dr1:/srv/app/' > /etc/cron.d/mirror\n",
        ),
        Example::Script(
            r#"#!/bin/bash
set -euo pipefail
# copies for the shop
cat > /etc/cron.d/shop <<'CRON'
MAILTO=ops@example.org
7 * * * * backup restic backup /srv/shop
30 3 * * * backup restic check
CRON
chmod 644 /etc/cron.d/shop
"#,
        ),
        Example::File {
            name: "etc/cron.d/shop",
            text: "MAILTO=ops@example.org\n*/15 * * * * backup pg_dump -Fc -f /backup/shop.new shop\n",
        },
    ],
    good: &[
        Example::Script(
            r#"#!/usr/bin/env python3
"""Mirrors the data every ten minutes; a second one of it ends at once."""
import fcntl
import subprocess
import time

LOCK = open("/run/lock/mirror", "w")
fcntl.lockf(LOCK, fcntl.LOCK_EX | fcntl.LOCK_NB)
while True:
    subprocess.run(["rsync", "-a", "/srv/app/", "dr1:/srv/app/"], check=True)
    time.sleep(600)
"#,
        ),
        Example::Script(
            "echo '*/10 * * * * root flock -n /run/lock/mirror rsync -a --delete /srv/app/ dr1:/srv/app/' > /etc/cron.d/mirror\n",
        ),
        Example::Script(
            r#"#!/bin/bash
set -euo pipefail
cat > /etc/cron.d/shop <<'CRON'
7 3 * * * backup restic backup /srv/shop
*/5 * * * * backup test -e /run/backup.stamp
@daily backup pg_dump -Fc -f /backup/shop.new shop
CRON
"#,
        ),
        Example::File {
            name: "etc/cron.d/shop",
            text: "MAILTO=ops@example.org\n*/15 * * * * backup flock -n /run/lock/shop pg_dump -Fc -f /backup/shop.new shop\n",
        },
    ],
    run,
};

fn run(context: &Context<'_>, report: &mut Report) {
    for unit in &context.units {
        in_loop(context, unit, report);
        if let Some(schedule) = unit.schedule.as_ref().filter(|s| often(&s.when)) {
            for (run, deed) in deeds::deeds(unit) {
                let locked = run.command.wrappers.iter().any(|w| w == "flock") || locks(unit.text);
                if matches!(deed, Deed::Dump | Deed::Send) && !locked {
                    let message =
                        format!("this is started {}, also while it still runs", schedule.when);
                    report.add(&RULE, unit, run.command.span, message);
                }
            }
        }
        for (table, system) in [("crontab", false), ("/etc/", true)] {
            let place = |path: &str| {
                is_crontab(path) && (path == table || system && path.starts_with(table))
            };
            for one in written(unit, place) {
                for (line, span) in lines(unit, one.text) {
                    let Some((when, command)) = cron_line(&line, system) else { continue };
                    if often(when) && copies(command) && !locks(command) {
                        let message = format!(
                            "this is started {}, also while it still runs",
                            when.split_whitespace().take(5).collect::<Vec<_>>().join(" ")
                        );
                        report.add(&RULE, unit, span, message);
                    }
                }
            }
        }
    }
}

/// Judges copies that a loop without an end makes: nothing keeps the loop itself from being started twice.
fn in_loop(context: &Context<'_>, unit: &Unit<'_>, report: &mut Report) {
    let python = context.python.as_ref().filter(|_| unit.within == Language::Python);
    let text = python.map_or(unit.text, |python| python.text);
    let asks =
        ["lockf", "LOCK_EX", "O_EXCL", "filelock", "FileLock", "pidfile", "PIDFile", "PidFile"];
    if locks(text) || asks.iter().any(|word| text.contains(word)) {
        return;
    }
    for span in endless(unit) {
        if let Some(run) = deeds::first_inside(unit, *span, &[Deed::Dump, Deed::Send]) {
            let message = "nothing keeps a second one of this loop from being started".to_owned();
            report.add(&RULE, unit, run.command.span, message).severity = Severity::Low;
        }
    }
}

/// Tells whether a schedule starts at least once an hour.
fn often(when: &str) -> bool {
    let fields: Vec<&str> = when.split_whitespace().collect();
    matches!(fields.as_slice(), ["@hourly", ..])
        || matches!(fields.as_slice(), [_, "*", "*", "*", "*", ..])
}

fn locks(command: &str) -> bool {
    ["flock", "lockfile", "setlock", "run-one", "chpst -L", "with-lock"]
        .iter()
        .any(|word| command.contains(word))
}

/// Tells whether a line of a crontab makes or carries copies.
fn copies(command: &str) -> bool {
    let line = Unit::new(command, None, crate::evidence::Place::Whole, Language::Sh);
    deeds::deeds(&line).any(|(_, deed)| matches!(deed, Deed::Dump | Deed::Send))
}
