//! MO001: nobody misses a backup that does not run.

use crate::check::deeds::{self, Deed};
use crate::check::outcome::endless;
use crate::check::rule::{Example, Report, Rule};
use crate::check::{Context, Run, Unit};
use crate::evidence::Severity;
use crate::shell::ast::RedirectKind;

/// A job that is not started sends no mail.
pub const RULE: Rule = Rule {
    code: "MO001",
    name: "only-failures-are-told",
    severity: Severity::Low,
    summary: "a backup tells somebody when it fails, or loops without end and tells nothing, and no watcher hears when it works",
    why: "a job that is not started, hangs, or whose mail is dropped looks exactly like one that works",
    fix: "a heartbeat with a deadline: write the time of the last success where a monitor reads it, or call a dead man's switch at the end of a good run",
    source: "GitLab 2017, post-mortem of the database outage: the mails of the failing backup were rejected, and nobody missed them",
    layer: "static",
    bad: &[
        Example::Script(
            "#!/bin/bash\n# keeps a second copy of the data\nwhile true; do\n  rsync -a /srv/app/ /backup/app/\n  sleep 3600\ndone\n",
        ),
        Example::Script(
            "pg_dump -Fc -f \"/backup/shop-$(date +%F).dump\" shop || echo failed | mail -s 'backup failed' ops@example.org\n",
        ),
        Example::Script(
            r#"#!/bin/bash
set -euo pipefail
umask 077
trap 'curl -fsS --max-time 10 -d "shop backup failed" https://chat.example.org/hooks/ops' ERR
out="/backup/shop-$(date +%F).sql"
mysqldump --defaults-extra-file=/etc/backup/my.cnf --single-transaction shop > "$out.new"
tail -n 1 "$out.new" | grep -q 'Dump completed'
mv "$out.new" "$out"
"#,
        ),
    ],
    good: &[
        Example::Script(
            r#"#!/usr/bin/env python3
"""Copies the data every hour, and says so to the watch."""
import subprocess
import time
import urllib.request

while True:
    subprocess.run(["restic", "backup", "/srv/app"], check=True)
    urllib.request.urlopen("https://ping.example.org/app", timeout=10)
    time.sleep(3600)
"#,
        ),
        Example::Script(
            "pg_dump -Fc -f \"/backup/shop-$(date +%F).dump\" shop || exit 1\ndate +%s > /var/lib/backup/last-success\n",
        ),
        Example::Script(
            r#"#!/bin/bash
set -euo pipefail
umask 077
trap 'mail -s "backup failed" ops@example.org < /dev/null' ERR
out="/backup/shop-$(date +%F).sql"
mysqldump --defaults-extra-file=/etc/backup/my.cnf --single-transaction shop > "$out.new"
mv "$out.new" "$out"
curl -fsS --max-time 10 https://ping.example.org/shop
"#,
        ),
        Example::Script("rsync -a /etc/ /backup/etc/\n"),
    ],
    run,
};

fn run(context: &Context<'_>, report: &mut Report) {
    for unit in context.scripts().filter(|unit| unit.step.is_none()) {
        unwatched_loop(context, unit, report);
        let alarm = unit
            .named(&[
                "mail",
                "mailx",
                "sendmail",
                "msmtp",
                "mutt",
                "curl",
                "wget",
                "wall",
                "notify-send",
                "telegram-send",
            ])
            .find(|run| {
                (run.command.setting.conditional || run.command.setting.deferred)
                    && tells(unit, *run)
            });
        let Some(alarm) = alarm else { continue };
        let dumps = deeds::deeds(unit).any(|(_, deed)| deed == Deed::Dump);
        if dumps && !heartbeat(unit) {
            let message = "only a run that is started and fails says something".to_owned();
            report.add(&RULE, unit, alarm.command.span, message);
        }
    }
}

/// Judges copies that a loop without an end makes: neither cron nor systemd sees that it no longer does.
fn unwatched_loop(context: &Context<'_>, unit: &Unit<'_>, report: &mut Report) {
    let calls = context.python.iter().flat_map(|python| &python.outline().calls);
    let signs = ["urlopen", "request", "get", "post", "put", "write_text", "touch", "sendmail"];
    let mut last = calls.map(|call| call.path.rsplit('.').next().unwrap_or_default());
    if heartbeat(unit) || last.any(|name| signs.contains(&name)) {
        return;
    }
    for span in endless(unit) {
        if let Some(run) = deeds::first_inside(unit, *span, &[Deed::Dump, Deed::Send]) {
            let message = "when this loop no longer copies, nobody is told".to_owned();
            report.add(&RULE, unit, run.command.span, message);
        }
    }
}

/// Tells whether what a command sends speaks of a failure.
fn tells(unit: &Unit<'_>, run: Run<'_>) -> bool {
    let said: String =
        run.command.arguments().iter().map(|a| a.shown().to_ascii_lowercase()).collect();
    let piped =
        run.command.input.as_ref().map(|i| i.shown().to_ascii_lowercase()).unwrap_or_default();
    let whole = format!("{said} {piped} {}", unit.slice(run.command.span).to_ascii_lowercase());
    ["fail", "error", "problem", "alert"].iter().any(|word| whole.contains(word))
}

/// Tells whether a good run leaves a sign: a call, a marker, a metric, a mail.
fn heartbeat(unit: &Unit<'_>) -> bool {
    unit.runs().any(|run| {
        let command = run.command;
        let always = !command.setting.deferred && !command.setting.substituted;
        let calls = command.is(&[
            "curl",
            "wget",
            "mail",
            "mailx",
            "sendmail",
            "nsca",
            "send_nsca",
            "zabbix_sender",
            "logger",
            "healthcheck",
        ]) && !tells(unit, run);
        let marks = command.is(&["touch"])
            || command.redirects.iter().any(|r| {
                let path = command.path(&r.target);
                matches!(r.kind, RedirectKind::Truncate | RedirectKind::Append)
                    && ["success", "last", "stamp", "status", ".prom", ".ok"]
                        .iter()
                        .any(|w| path.contains(w))
            });
        always && (calls || marks)
    })
}
