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
            r#"schema: blackstart/inventory/v1
sites: [{id: home}, {id: dr}]
hosts:
  - {id: db1, site: home}
  - {id: nas, site: dr}
assets:
  - {id: orders, kind: mariadb, host: db1, size: 60GB, targets: {rto: 4h, rpo: 26h}}
  - {id: wiki, kind: files, host: db1, size: 4GB, targets: {rto: 1d, rpo: 26h}}
repos:
  - {id: store, host: nas, path: /srv/copies}
backups:
  - id: orders-nightly
    asset: orders
    repo: store
    tool: mariadb-dump
    interval: 1d
    duration: 40m
    restore_rate: 50MB/s
    last_success: {at: 2026-11-17T02:40:00Z, size: 58GB, duration: 40m}
    last_restore_test: 2026-10-01T09:00:00Z
  - id: wiki-nightly
    asset: wiki
    repo: store
    tool: restic
    interval: 1d
    duration: 5m
    last_success: {at: 2026-11-21T03:00:00Z, size: 4GB}
    last_restore_test: 2026-09-14T09:00:00Z
"#,
        ),
        Example::Inventory(
            "schema: blackstart/inventory/v1\nassets: [{id: db, kind: mysql}]\nbackups: [{id: nightly, asset: db, interval: 1d, last_success: {at: 2026-11-18T02:00:00Z}}]\n",
        ),
        Example::Inventory(
            "schema: blackstart/inventory/v1\nassets: [{id: db, kind: mysql}]\nbackups: [{id: hourly, asset: db, interval: 1h, last_success: {at: 2026-11-21T10:00:00Z}}]\n",
        ),
    ],
    good: &[
        Example::Inventory(
            r#"schema: blackstart/inventory/v1
sites: [{id: home}, {id: dr}]
hosts:
  - {id: db1, site: home}
  - {id: nas, site: dr}
assets:
  - {id: orders, kind: mariadb, host: db1, size: 60GB, targets: {rto: 4h, rpo: 26h}}
  - {id: wiki, kind: files, host: db1, size: 4GB, targets: {rto: 1d, rpo: 26h}}
repos:
  - {id: store, host: nas, path: /srv/copies}
backups:
  - id: orders-nightly
    asset: orders
    repo: store
    tool: mariadb-dump
    interval: 1d
    duration: 40m
    restore_rate: 50MB/s
    last_success: {at: 2026-11-21T02:40:00Z, size: 58GB, duration: 40m}
    last_restore_test: 2026-10-01T09:00:00Z
  - id: wiki-nightly
    asset: wiki
    repo: store
    tool: restic
    interval: 1d
    duration: 5m
    last_success: {at: 2026-11-21T03:00:00Z, size: 4GB}
    last_restore_test: 2026-09-14T09:00:00Z
"#,
        ),
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
