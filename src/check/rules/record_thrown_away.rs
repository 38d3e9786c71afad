//! MO003: nobody can say what the backup did.

use crate::check::deeds::{self, Deed};
use crate::check::rule::{Example, Report, Rule};
use crate::check::written::{cron_line, is_crontab, lines, written};
use crate::check::{Context, Unit};
use crate::evidence::Severity;
use crate::shell::Command;
use crate::shell::ast::RedirectKind;

/// What a backup prints is the only record of how long it took and what it left out.
pub const RULE: Rule = Rule {
    code: "MO003",
    name: "record-thrown-away",
    severity: Severity::Low,
    summary: "all that a backup says, messages and errors, goes to /dev/null",
    why: "how long it took, how much it copied and what it skipped is known to nobody when a copy turns out to be small or slow",
    fix: "let cron or the journal keep it, or append it to a log: `>> /var/log/backup.log 2>&1`; note duration, bytes and the id of the copy",
    source: "crontab(5), MAILTO: the output of a job is its report; Site Reliability Engineering, ch. 26",
    layer: "static",
    bad: &[
        Example::Script("restic -r /backup/restic backup /srv/app > /dev/null 2>&1\n"),
        Example::Script(
            r#"#!/bin/bash
set -euo pipefail
exec > /dev/null 2>&1
day=$(date +%F)
pg_dump -Fc -f "/backup/shop-$day.dump" shop
rclone copy "/backup/shop-$day.dump" offsite:shop
"#,
        ),
        Example::Script(
            "echo '15 2 * * * root rsync -a /srv/app/ dr1:/srv/app/ >/dev/null 2>&1' > /etc/cron.d/copy\n",
        ),
    ],
    good: &[
        Example::Script("restic -r /backup/restic backup /srv/app >> /var/log/restic.log 2>&1\n"),
        Example::Script(
            r#"#!/bin/bash
set -euo pipefail
exec >> /var/log/backup.log 2>&1
day=$(date +%F)
pg_dump -Fc -f "/backup/shop-$day.dump" shop
gzip -t /backup/other.gz > /dev/null 2>&1
rclone copy -q "/backup/shop-$day.dump" offsite:shop > /dev/null
"#,
        ),
        Example::Script("pg_dump shop > /dev/null 2>&1 || echo 'the database cannot be read'\n"),
    ],
    run,
};

fn run(context: &Context<'_>, report: &mut Report) {
    for unit in context.scripts() {
        let copies =
            |unit: &Unit<'_>| deeds::deeds(unit).any(|(_, d)| matches!(d, Deed::Dump | Deed::Send));
        let silent =
            unit.named(&["exec"]).chain(unit.writing(&[]).filter(|r| r.command.words.is_empty()));
        for run in silent.filter(|run| thrown(run.command) && run.command.setting.stage.is_none()) {
            let text = unit.slice(run.command.span);
            if text.starts_with("exec") && copies(unit) {
                report.add(
                    &RULE,
                    unit,
                    run.command.span,
                    "nothing of what this script says is kept".to_owned(),
                );
            }
        }
        for (run, deed) in deeds::deeds(unit) {
            let stores = run.command.is(&[
                "restic",
                "borg",
                "rsync",
                "rclone",
                "duplicity",
                "kopia",
                "rsnapshot",
                "pgbackrest",
                "barman",
            ]);
            if stores
                && matches!(deed, Deed::Dump | Deed::Send)
                && thrown(run.command)
                && !run.command.setting.asked
            {
                report.add(
                    &RULE,
                    unit,
                    run.command.span,
                    "nothing of what this says is kept".to_owned(),
                );
            }
        }
        for one in written(unit, is_crontab) {
            for (line, span) in lines(unit, one.text) {
                let system = !one.run.command.is(&["crontab"]);
                let Some((_, command)) = cron_line(&line, system) else { continue };
                let line = Unit::new(
                    command,
                    None,
                    crate::evidence::Place::Whole,
                    crate::check::Language::Sh,
                );
                if copies(&line)
                    && line
                        .runs()
                        .any(|r| thrown(r.command) && deeds::deed(&line, r.command).is_some())
                {
                    report.add(
                        &RULE,
                        unit,
                        span,
                        "nothing of what this job says is kept".to_owned(),
                    );
                }
            }
        }
    }
}

/// Tells whether both output and errors go to /dev/null.
fn thrown(command: &Command) -> bool {
    let null = |d: &[Option<i32>]| {
        command.redirects.iter().any(|r| {
            d.contains(&r.descriptor)
                && matches!(r.kind, RedirectKind::Truncate | RedirectKind::Append)
                && r.target.literal() == Some("/dev/null")
        })
    };
    let joined = command.redirects.iter().any(|r| {
        r.kind == RedirectKind::Duplicate
            && r.descriptor == Some(2)
            && r.target.literal() == Some("1")
    });
    null(&[None, Some(1)]) && (null(&[Some(2)]) || joined)
}
