//! ST005: a backup that stopped being made.

use crate::base::{Period, seconds_between};
use crate::check::Context;
use crate::check::rule::{Example, Report, Rule};
use crate::evidence::Severity;

/// The absence of a success is the alarm, not the presence of a failure.
pub const RULE: Rule = Rule {
    code: "ST005",
    name: "overdue-backup",
    severity: Severity::High,
    summary: "the newest copy of a backup is older than one and a half intervals",
    why: "a job that does not run reports nothing; its absence is found in the incident",
    fix: "look why it did not run, and alarm on missing success instead of failure",
    source: "GitLab 2017: the dumps had been empty for weeks",
    layer: "inventory",
    bad: &[
        Example::Inventory(
            "schema: blackstart/inventory/v1\nassets: [{id: db, kind: mysql}]\nbackups: [{id: nightly, asset: db, interval: 1d, last_success: {at: 2026-11-18T02:00:00Z}}]\n",
        ),
        Example::Inventory(
            "schema: blackstart/inventory/v1\nassets: [{id: db, kind: mysql}]\nbackups: [{id: hourly, asset: db, interval: 1h, last_success: {at: 2026-11-21T10:00:00Z}}]\n",
        ),
    ],
    good: &[
        Example::Inventory(
            "schema: blackstart/inventory/v1\nassets: [{id: db, kind: mysql}]\nbackups: [{id: nightly, asset: db, interval: 1d, last_success: {at: 2026-11-21T02:00:00Z}}]\n",
        ),
        Example::Inventory(
            "schema: blackstart/inventory/v1\nassets: [{id: db, kind: mysql}]\nbackups: [{id: once, asset: db, last_success: {at: 2020-01-01T00:00:00Z}}]\n",
        ),
    ],
    run,
};

fn run(context: &Context<'_>, report: &mut Report) {
    let (Some(inventory), Some(now)) = (context.inventory_alone(), context.facts.now) else {
        return;
    };
    for backup in &inventory.backups {
        let at = backup.last_success.as_ref().and_then(|copy| copy.at);
        let (Some(interval), Some(at)) = (backup.interval, at) else {
            continue;
        };
        let age = seconds_between(at, now);
        if age > 0 && age as u64 > interval.0.saturating_mul(3) / 2 {
            let age = Period(age as u64);
            report.add_whole(
                &RULE,
                None,
                format!(
                    "the newest copy of {} is {age} old, it is made every {interval}",
                    backup.id
                ),
            );
        }
    }
}
