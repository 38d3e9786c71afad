//! SH026: a step that can wait for ever.

use crate::check::deeds;
use crate::check::rule::{Example, Report, Rule};
use crate::check::{Context, Run};
use crate::evidence::Severity;

/// A connection that is dropped without a word is waited on for hours.
pub const RULE: Rule = Rule {
    code: "SH026",
    name: "no-time-limit",
    severity: Severity::Low,
    summary: "a backup or recovery script reaches another machine without a limit of time",
    why: "a half-dead host holds the whole recovery, and every later run of the backup, until somebody looks",
    fix: "`timeout 2h command`, `ssh -o ConnectTimeout=10 -o ServerAliveInterval=15`, `curl --max-time 60`, `rsync --timeout=300`",
    source: "ssh_config(5), ConnectTimeout; rsync(1), --timeout: the default is no timeout; curl(1), --max-time",
    layer: "static",
    bad: &[
        Example::Script(
            r#"#!/bin/bash
set -euo pipefail
# carries the dumps of the night to the other house
day=$(date +%F)
mountpoint -q /backup
sha256sum "/backup/shop-$day.dump" > "/backup/shop-$day.dump.sha256"
rsync -a "/backup/shop-$day.dump" "/backup/shop-$day.dump.sha256" backup@dr1:/srv/copies/shop/
ssh backup@dr1 "cd /srv/copies/shop && sha256sum --check shop-$day.dump.sha256"
"#,
        ),
        Example::Script("set -e\nssh db1 'pg_dump -Fc shop' > /backup/shop.dump.new\n"),
        Example::Script(
            r#"#!/bin/bash
set -euo pipefail
# to the other house
rsync -aHAX --numeric-ids /srv/app/ backup@dr1:/srv/copies/app/
curl -fsS https://status.example.org/copied
"#,
        ),
    ],
    good: &[
        Example::Script(
            "set -e\nssh -o ConnectTimeout=10 -o ServerAliveInterval=15 db1 'pg_dump -Fc shop' > /backup/shop.dump.new\n",
        ),
        Example::Script(
            r#"#!/bin/bash
set -euo pipefail
rsync -aHAX --timeout=300 /srv/app/ backup@dr1:/srv/copies/app/
timeout 2h rsync -a /srv/www/ backup@dr1:/srv/copies/www/
rsync -a /srv/app/ /mnt/disk/app/
curl -fsS --max-time 20 https://status.example.org/copied
"#,
        ),
        Example::Script("ssh web1 uptime\ncurl -fsS https://example.org/\n"),
    ],
    run,
};

fn run(context: &Context<'_>, report: &mut Report) {
    for unit in context.units.iter().filter(|unit| unit.step.is_none()) {
        if deeds::deeds(unit).next().is_none() || unit.text.contains("ConnectTimeout") {
            continue;
        }
        let endless = unit.named(&["ssh", "rsync", "scp", "curl", "wget"]).find(|run| waits(*run));
        if let Some(run) = endless {
            let name = run.command.name().unwrap_or_default();
            report.add(
                &RULE,
                unit,
                run.command.span,
                format!("`{name}` waits for the other side without end"),
            );
        }
    }
}

/// Tells whether a command reaches another machine and has no limit.
fn waits(run: Run<'_>) -> bool {
    let command = run.command;
    if command.wrappers.iter().any(|w| w == "timeout") || command.setting.remote.is_some() {
        return false;
    }
    let words = command.arguments();
    let starts = |prefixes: &[&str]| {
        words.iter().any(|w| prefixes.iter().any(|p| w.prefix().starts_with(p)))
    };
    match command.name() {
        Some("ssh" | "scp") => !starts(&["-F"]),
        Some("rsync") => {
            let remote = words.iter().any(|w| {
                let shown = w.shown();
                shown.split_once(':').is_some_and(|(host, _)| {
                    !host.is_empty() && !host.contains('/') && !host.starts_with('-')
                })
            });
            remote && !starts(&["--timeout", "--contimeout"])
        }
        Some("curl") => !starts(&["--max-time", "-m", "--connect-timeout"]),
        Some("wget") => !starts(&["--timeout", "-T"]),
        Some(_) | None => false,
    }
}
