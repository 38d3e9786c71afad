//! SH013: success is reported whether the backup worked or not.

use std::cell::OnceCell;

use crate::check::deeds::{self, Deed};
use crate::check::outcome::{Outcome, outcome, whole};
use crate::check::rule::{Example, Report, Rule};
use crate::check::{Context, Run, Unit};
use crate::evidence::Severity;
use crate::shell::{Argument, Command};

/// A marker that is always set marks nothing.
pub const RULE: Rule = Rule {
    code: "SH013",
    name: "success-claimed-unasked",
    severity: Severity::Medium,
    summary: "a success marker, heartbeat or message follows a backup without asking whether it worked",
    why: "the watch on the backup is fed by runs that failed, so nobody is called",
    fix: "`backup && touch marker`, or `set -euo pipefail` before both",
    source: "bash(1), Lists; measured with bash 5.2: `false; echo \"backup ok\"` prints and exits with 0",
    layer: "static",
    bad: &[
        Example::Script(
            "pg_dump -Fc -f /backup/shop.dump.new shop; echo \"backup completed successfully\"\n",
        ),
        Example::Script(
            r#"#!/bin/bash
# nightly copy, watched by a dead man's switch
DEST=/backup/app-$(date +%F).tgz
tar -czf "$DEST" -C /srv/app data
rclone copy "$DEST" offsite:app
curl -fsS --retry 3 https://hc-ping.com/4f1c2b6e-0000-4000-8000-1f2e3d4c5b6a > /dev/null
"#,
        ),
        Example::Script(
            "set -e\nrestic backup /srv/app || true\ndate +%s > /var/lib/backup/last-success\n",
        ),
    ],
    good: &[
        Example::Script(
            "pg_dump -Fc -f /backup/shop.dump.new shop && echo \"backup completed successfully\"\n",
        ),
        Example::Script(
            r#"#!/bin/bash
set -euo pipefail
DEST=/backup/app-$(date +%F).tgz
tar -czf "$DEST" -C /srv/app data
rclone copy "$DEST" offsite:app
curl -fsS --retry 3 https://hc-ping.com/4f1c2b6e-0000-4000-8000-1f2e3d4c5b6a > /dev/null
"#,
        ),
        Example::Script(
            "pg_dump -f /backup/x.new shop\nif [ $? -ne 0 ]; then echo 'backup failed'; exit 1; fi\necho 'backup finished'\n",
        ),
        Example::Script("echo 'starting a successful day'\nmkdir -p /backup\n"),
    ],
    run,
};

fn run(context: &Context<'_>, report: &mut Report) {
    for unit in context.scripts().filter(|unit| unit.step.is_none()) {
        let claiming = OnceCell::new();
        for (run, deed) in deeds::deeds(unit) {
            let unasked = matches!(outcome(unit, run), Outcome::Ignored | Outcome::Hidden);
            if deed == Deed::Delete || !unasked {
                continue;
            }
            let end = whole(unit, run).end;
            let all = || {
                let free = |other: &Run<'_>| !other.command.setting.deferred;
                let claims = |other: &Run<'_>| claims(other.command).is_some();
                unit.named(CLAIMING).filter(free).filter(claims).collect::<Vec<_>>()
            };
            let claim = claiming.get_or_init(all).iter().copied().find(|other| {
                let setting = &other.command.setting;
                let free = !setting.conditional || run.command.setting.conditional;
                other.command.span.start >= end && other.index > run.index && free
            });
            if let Some(claim) = claim {
                say(unit, run, claim, report);
                break;
            }
        }
    }
}

fn say(unit: &Unit<'_>, run: Run<'_>, claim: Run<'_>, report: &mut Report) {
    let name = run.command.name().unwrap_or_default();
    let message = format!("this runs although `{name}` may have failed");
    let finding = report.add(&RULE, unit, claim.command.span, message);
    if let Some(severity) = claims(claim.command) {
        finding.severity = severity;
    }
}

/// Commands that may say that all is well.
const CLAIMING: &[&str] = &[
    "touch",
    "curl",
    "wget",
    "date",
    "echo",
    "printf",
    "logger",
    "mail",
    "mailx",
    "log",
    "notify-send",
];

/// Returns how much a claim of success weighs, where a command is one: a marker that a machine reads more than a sentence.
fn claims(command: &Command) -> Option<Severity> {
    let text = |arguments: &[Argument]| {
        arguments.iter().map(Argument::shown).collect::<Vec<_>>().join(" ").to_ascii_lowercase()
    };
    let said = text(command.arguments());
    let bad = ["fail", "error", "not ", "start", "begin", "if "].iter().any(|w| said.contains(w));
    let good = ["success", "succeed", "complete", "finished", "backup ok", "all good", "erfolg"]
        .iter()
        .any(|w| said.contains(w));
    let marker =
        ["success", "last_ok", "last-ok", ".ok", ".done", "last_run", "last-run", "heartbeat"];
    let marks = |path: &str| {
        let name = crate::shell::path::file_name(path).to_ascii_lowercase();
        marker.iter().any(|m| name.contains(m))
    };
    let writes = command.redirects.iter().any(|r| marks(&r.target.shown()));
    match command.name() {
        Some("touch") if command.arguments().iter().any(|a| marks(&a.shown())) => {
            Some(Severity::High)
        }
        Some("curl" | "wget") if !bad => {
            let watches =
                ["hc-ping", "healthchecks", "heartbeat", "/ping/", "uptime", "deadman", "cronitor"];
            watches.iter().any(|w| said.contains(w)).then_some(Severity::High)
        }
        Some("date" | "echo" | "printf") if writes => Some(Severity::High),
        Some("echo" | "printf" | "logger" | "mail" | "mailx" | "log" | "notify-send") => {
            (good && !bad).then_some(Severity::Medium)
        }
        Some(_) | None => None,
    }
}
