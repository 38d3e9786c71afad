//! ST007: a copy of a size that the others do not have.

use crate::base::Size;
use crate::check::Context;
use crate::check::rule::{Example, Report, Rule};
use crate::evidence::Severity;
use crate::inventory::CopyType;

/// Half as large, or twice: something happened.
pub const RULE: Rule = Rule {
    code: "ST007",
    name: "odd-copy-size",
    severity: Severity::High,
    summary: "the newest full copy is empty, less than half or more than twice the usual size",
    why: "an empty or cut copy is the usual way in which a backup fails silently; a doubled one may be encrypted by an attacker",
    fix: "look at the copy, and let the backup fail on such a jump",
    source: "GitLab 2017: dumps of a few bytes",
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
    last_success: {at: 2026-11-21T02:40:00Z, size: 2GB, duration: 2m}
    last_restore_test: 2026-10-01T09:00:00Z
    copies: [{size: 57GB}, {size: 58GB}, {size: 56GB}]
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
            "schema: blackstart/inventory/v1\nassets: [{id: db, kind: mysql}]\nbackups: [{id: nightly, asset: db, type: full, last_success: {size: 0B}}]\n",
        ),
        Example::Inventory(
            "schema: blackstart/inventory/v1\nassets: [{id: db, kind: mysql}]\nbackups: [{id: nightly, asset: db, last_success: {size: 4GB}, copies: [{size: 10GB}, {size: 11GB}, {size: 9GB}]}]\n",
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
    copies: [{size: 57GB}, {size: 58GB}, {size: 56GB}]
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
            "schema: blackstart/inventory/v1\nassets: [{id: db, kind: mysql}]\nbackups: [{id: nightly, asset: db, last_success: {size: 9GB}, copies: [{size: 10GB}, {size: 11GB}, {size: 9GB}]}]\n",
        ),
        Example::Inventory(
            "schema: blackstart/inventory/v1\nassets: [{id: db, kind: mysql}]\nbackups: [{id: logs, asset: db, type: incremental, last_success: {size: 1MB}, copies: [{size: 10GB}, {size: 1GB}]}]\n",
        ),
    ],
    run,
};

fn run(context: &Context<'_>, report: &mut Report) {
    let Some(inventory) = context.inventory_alone() else {
        return;
    };
    for backup in &inventory.backups {
        let Some(newest) = backup.last_success.as_ref().and_then(|copy| copy.size) else {
            continue;
        };
        if newest.0 == 0 {
            report.add_whole(&RULE, None, format!("the newest copy of {} is empty", backup.id));
            continue;
        }
        let mut others: Vec<u64> =
            backup.copies.iter().filter_map(|copy| copy.size).map(|size| size.0).collect();
        others.sort_unstable();
        let whole = matches!(backup.copy_type, None | Some(CopyType::Full | CopyType::Snapshot));
        let Some(median) = others.get(others.len() / 2).filter(|_| whole && others.len() >= 2)
        else {
            continue;
        };
        if newest.0.saturating_mul(2) < *median || newest.0 > median.saturating_mul(2) {
            report.add_whole(
                &RULE,
                None,
                format!(
                    "the newest copy of {} has {newest}, the others about {}",
                    backup.id,
                    Size(*median)
                ),
            );
        }
    }
}
