//! ST003: copies too rare for what was promised.

use crate::base::Period;
use crate::check::Context;
use crate::check::rule::{Example, Report, Rule};
use crate::evidence::Severity;
use crate::inventory::Backup;

/// What can be lost is the interval and the time the copy takes, not the interval alone.
pub const RULE: Rule = Rule {
    code: "ST003",
    name: "loss-beyond-promise",
    severity: Severity::Critical,
    summary: "interval and duration of every backup of an asset exceed its recovery point objective",
    why: "an incident right before a copy is finished loses more than was promised",
    fix: "make copies more often, or archive the log continuously",
    source: "worst loss = interval + duration of the copy",
    layer: "inventory",
    bad: &[
        Example::Inventory(
            r#"schema: blackstart/inventory/v1
sites: [{id: home}, {id: dr}]
hosts:
  - {id: db1, site: home}
  - {id: nas, site: dr}
assets:
  - {id: orders, kind: mariadb, host: db1, size: 60GB, targets: {rto: 4h, rpo: 1h}}
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
            "schema: blackstart/inventory/v1\nassets: [{id: db, kind: postgres, targets: {rpo: 1h}}]\nbackups: [{id: nightly, asset: db, interval: 1d}]\n",
        ),
        Example::Inventory(
            "schema: blackstart/inventory/v1\nassets: [{id: db, kind: postgres, targets: {rpo: 24h}}]\nbackups: [{id: nightly, asset: db, interval: 24h, duration: 2h}]\n",
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
            "schema: blackstart/inventory/v1\nassets: [{id: db, kind: postgres, targets: {rpo: 26h}}]\nbackups: [{id: nightly, asset: db, interval: 24h, duration: 2h}]\n",
        ),
        Example::Inventory(
            "schema: blackstart/inventory/v1\nassets: [{id: db, kind: postgres, targets: {rpo: 1h}}]\nbackups: [{id: nightly, asset: db, interval: 1d}, {id: logs, asset: db, type: continuous, interval: 5m}]\n",
        ),
        Example::Inventory(
            "schema: blackstart/inventory/v1\nassets: [{id: db, kind: postgres, targets: {rpo: 1h}}]\nbackups: [{id: some, asset: db}]\n",
        ),
    ],
    run,
};

fn run(context: &Context<'_>, report: &mut Report) {
    let Some(inventory) = context.inventory_alone() else {
        return;
    };
    for asset in &inventory.assets {
        let Some(rpo) = asset.targets.and_then(|targets| targets.rpo) else {
            continue;
        };
        let worst: Option<Vec<u64>> =
            inventory.backups_of(asset.id.as_str()).map(at_least).collect();
        // One backup of unknown interval may keep the promise.
        if let Some(best) = worst.and_then(|worst| worst.into_iter().min())
            && best > rpo.0
        {
            report.add_whole(
                &RULE,
                None,
                format!("{} may lose {}, its objective is {rpo}", asset.id, Period(best)),
            );
        }
    }
}

/// Returns the seconds that are lost at worst under a backup, at least.
fn at_least(backup: &Backup) -> Option<u64> {
    let duration = backup.duration.or(backup.last_success.as_ref().and_then(|copy| copy.duration));
    Some(backup.interval?.0.saturating_add(duration.map_or(0, |duration| duration.0)))
}
