//! RT002: damage is older than the oldest copy when it is found.

use crate::base::Period;
use crate::check::Context;
use crate::check::rule::{Example, Report, Rule};
use crate::evidence::Severity;
use crate::inventory::{Backup, Retention};
use crate::shell::Command;

/// Seconds of a day.
const DAY: u64 = 86_400;

/// A copy helps only while it is older than the damage.
pub const RULE: Rule = Rule {
    code: "RT002",
    name: "retention-of-almost-nothing",
    severity: Severity::High,
    summary: "copies are kept for a shorter time than damage takes to be found, or only the last one or two",
    why: "silent corruption and a patient attacker are in every copy that is left when they are noticed",
    fix: "keep days, weeks and months (`--keep-daily 14 --keep-weekly 8 --keep-monthly 12`), at least as far back as `detect_time` of the asset",
    source: "Site Reliability Engineering, ch. 26: data loss is found days or weeks later; restic manual, Removing snapshots according to a policy",
    layer: "inventory",
    bad: &[
        Example::Script("wal-g delete retain FULL 1 --confirm\nwal-g backup-push /srv/pg\n"),
        Example::Inventory(
            "schema: blackstart/inventory/v1\nassets: [{id: db, kind: mysql, detect_time: 30d}]\nbackups: [{id: nightly, asset: db, interval: 1d, retention: {daily: 7}}]\n",
        ),
        Example::Inventory(
            "schema: blackstart/inventory/v1\nassets: [{id: files, kind: files, detect_time: 14d}]\nbackups: [{id: hourly, asset: files, interval: 1h, retention: {keep_last: 48}}]\n",
        ),
        Example::Script(
            "#!/bin/bash\nset -euo pipefail\nexport RESTIC_REPOSITORY=/backup/restic RESTIC_PASSWORD_FILE=/etc/restic/pass\nrestic backup /srv/app\nrestic forget --keep-last 1 --prune\n",
        ),
        Example::Script(
            "set -e\nborg create /backup/borg::'{now}' /srv/app\nborg prune --keep-daily=1 /backup/borg\n",
        ),
    ],
    good: &[
        Example::Script("wal-g delete retain FULL 1\nwal-g delete retain FIND_FULL 5 --confirm\n"),
        Example::Inventory(
            "schema: blackstart/inventory/v1\nassets: [{id: db, kind: mysql, detect_time: 30d}]\nbackups: [{id: nightly, asset: db, interval: 1d, retention: {daily: 7, monthly: 3}}]\n",
        ),
        Example::Inventory(
            "schema: blackstart/inventory/v1\nassets: [{id: db, kind: mysql, detect_time: 10d}]\nbackups: [{id: a, asset: db, interval: 1h, retention: {keep_last: 24}}, {id: b, asset: db, interval: 1d, retention: {daily: 30}}]\n",
        ),
        Example::Script(
            "#!/bin/bash\nset -euo pipefail\nexport RESTIC_REPOSITORY=/backup/restic RESTIC_PASSWORD_FILE=/etc/restic/pass\nrestic backup /srv/app\nrestic forget --keep-last 1 --keep-daily 14 --keep-monthly 12 --prune\nborg prune --keep-within=30d /backup/borg\n",
        ),
        Example::Script(
            "restic forget --keep-last 1 --dry-run\nrestic forget --tag drill --keep-last 1 --prune\n",
        ),
    ],
    run,
};

fn run(context: &Context<'_>, report: &mut Report) {
    if let Some(inventory) = context.inventory_alone() {
        for asset in &inventory.assets {
            let Some(needed) = asset.detect_time else { continue };
            let own = inventory.backups.iter().filter(|b| b.asset.as_ref() == Some(&asset.id));
            let oldest = own.filter_map(|b| Some((reach(b)?, b))).max_by_key(|(reach, _)| *reach);
            if let Some((reach, backup)) = oldest.filter(|(reach, _)| *reach < needed) {
                let message = format!(
                    "damage of {} is found within {needed}, and the copies of {} go back {reach}",
                    asset.id, backup.id
                );
                report.add_whole(&RULE, None, message);
            }
        }
    }
    for (unit, run) in context.named(&["restic", "borg", "wal-g"]) {
        let command = run.command;
        let prunes = command.is(&["restic"]) && command.has("forget")
            || command.is(&["borg"]) && command.has("prune")
            || command.is(&["wal-g"]) && command.has("retain") && command.has("--confirm");
        if !prunes || command.has("--dry-run") || command.has("-n") || command.has("--tag") {
            continue;
        }
        if let Some(kept) = kept(command).filter(|kept| *kept < 3) {
            let copies = if kept == 1 { "copy is" } else { "copies are" };
            report.add(&RULE, unit, command.span, format!("only {kept} {copies} left after this"));
        }
    }
}

/// Returns how far the oldest copy goes back, where the inventory says how copies are kept.
pub(super) fn reach(backup: &Backup) -> Option<Period> {
    let Retention { keep_last, daily, weekly, monthly, yearly } = backup.retention.as_ref()?;
    let interval = backup.interval.map(|interval| interval.0);
    let by_number = keep_last.zip(interval).map(|(n, every)| u64::from(n) * every);
    let by_date = [(daily, 1), (weekly, 7), (monthly, 30), (yearly, 365)];
    let spans = by_date.into_iter().filter_map(|(n, days)| Some(u64::from((*n)?) * days * DAY));
    spans.chain(by_number).max().map(Period)
}

/// Returns how many copies the flags of a call keep, where all of them can be read.
fn kept(command: &Command) -> Option<u64> {
    let words: Vec<String> = command.arguments().iter().map(|a| a.shown().into_owned()).collect();
    // `wal-g delete retain [FULL|FIND_FULL] COUNT`
    if command.is(&["wal-g"]) {
        let at = words.iter().position(|word| word == "retain")?;
        return words[at + 1..].iter().find_map(|word| word.parse().ok());
    }
    let mut sum = None;
    let mut at = 0;
    while let Some(word) = words.get(at) {
        at += 1;
        let Some(rest) = word.strip_prefix("--keep-") else { continue };
        let (which, value) = match rest.split_once('=') {
            Some((which, value)) => (which, value.to_owned()),
            None => {
                at += 1;
                (rest, words.get(at - 1).cloned().unwrap_or_default())
            }
        };
        if which.starts_with("within") || which.starts_with("tag") {
            return None;
        }
        sum = Some(sum.unwrap_or(0) + value.parse::<u64>().ok()?);
    }
    sum
}
