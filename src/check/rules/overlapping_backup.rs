//! ST008: a backup that is not done before the next one starts.

use crate::check::Context;
use crate::check::rule::{Example, Report, Rule};
use crate::evidence::Severity;

/// A copy that takes longer than its interval runs beside itself.
pub const RULE: Rule = Rule {
    code: "ST008",
    name: "overlapping-backup",
    severity: Severity::High,
    summary: "making a copy takes longer than the interval at which it is made",
    why: "runs overlap, disturb each other's files and slow each other down, until none is finished any more",
    fix: "make fewer or incremental copies, make them faster, and hold a lock",
    source: "published runbook: a copy of 24 h in a window of 8 h",
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
    interval: 1h
    duration: 2h
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
            "schema: blackstart/inventory/v1\nassets: [{id: db, kind: mysql}]\nbackups: [{id: hourly, asset: db, interval: 1h, duration: 2h}]\n",
        ),
        Example::Inventory(
            "schema: blackstart/inventory/v1\nassets: [{id: db, kind: mysql}]\nbackups: [{id: nightly, asset: db, interval: 1d, last_success: {duration: 30h}}]\n",
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
    interval: 1h
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
            "schema: blackstart/inventory/v1\nassets: [{id: db, kind: mysql}]\nbackups: [{id: hourly, asset: db, interval: 1h, duration: 50m}]\n",
        ),
        Example::Inventory(
            "schema: blackstart/inventory/v1\nassets: [{id: db, kind: mysql}]\nbackups: [{id: nightly, asset: db, duration: 30h}]\n",
        ),
    ],
    run,
};

fn run(context: &Context<'_>, report: &mut Report) {
    let Some(inventory) = context.inventory_alone() else {
        return;
    };
    for backup in &inventory.backups {
        let measured = backup.last_success.as_ref().and_then(|copy| copy.duration);
        if let (Some(interval), Some(duration)) = (backup.interval, backup.duration.max(measured))
            && duration.0 >= interval.0
        {
            report.add_whole(
                &RULE,
                None,
                format!("{} takes {duration} and is made every {interval}", backup.id),
            );
        }
    }
}
