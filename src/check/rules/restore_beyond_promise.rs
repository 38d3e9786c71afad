//! ST004: a restore that takes longer than was promised.

use crate::base::Period;
use crate::check::Context;
use crate::check::rule::{Example, Report, Rule};
use crate::estimate;
use crate::evidence::Severity;
use crate::inventory::{CopyType, Inventory};

/// Moving the data alone takes longer than the whole recovery may.
pub const RULE: Rule = Rule {
    code: "ST004",
    name: "restore-beyond-promise",
    severity: Severity::Critical,
    summary: "transferring the data of a copy takes longer than the recovery time objective",
    why: "whatever else goes well, the promise is broken before the first check",
    fix: "restore in parallel, keep a copy nearer, or a warm standby; or promise what can be kept",
    source: "size over restore rate; the rest of the recovery comes on top",
    layer: "inventory",
    bad: &[
        Example::Inventory(
            r#"schema: blackstart/inventory/v1
sites: [{id: home}, {id: dr}]
hosts:
  - {id: db1, site: home}
  - {id: nas, site: dr}
assets:
  - {id: orders, kind: mariadb, host: db1, size: 60GB, targets: {rto: 15m, rpo: 26h}}
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
            "schema: blackstart/inventory/v1\nassets: [{id: db, kind: mysql, size: 820GB, targets: {rto: 8h}}]\nbackups: [{id: nightly, asset: db, restore_rate: 8MB/s, last_success: {at: 2026-11-21T02:00:00Z, size: 820GB}}]\n",
        ),
        Example::Inventory(
            "schema: blackstart/inventory/v1\nassets: [{id: data, kind: files, size: 1TB, targets: {rto: 10m}}]\nbackups: [{id: nightly, asset: data, restore_rate: 100MB/s, last_success: {at: 2026-11-21T02:00:00Z, size: 1TB}}]\n",
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
            "schema: blackstart/inventory/v1\nassets: [{id: db, kind: mysql, size: 10GB, targets: {rto: 8h}}]\nbackups: [{id: nightly, asset: db, restore_rate: 8MB/s, last_success: {at: 2026-11-21T02:00:00Z, size: 10GB}}]\n",
        ),
        Example::Inventory(
            "schema: blackstart/inventory/v1\nassets: [{id: db, kind: mysql, targets: {rto: 1m}}]\nbackups: [{id: nightly, asset: db, last_success: {at: 2026-11-21T02:00:00Z}}]\n",
        ),
    ],
    run,
};

fn run(context: &Context<'_>, report: &mut Report) {
    let Some(inventory) = context.inventory_alone() else {
        return;
    };
    // A replica is used at once, and not in every disaster; what counts is how long a copy takes.
    let mut copies = (**inventory).clone();
    copies.backups.retain(|backup| backup.copy_type != Some(CopyType::Replica));
    let inventory = &Inventory::new(copies, inventory.digest());
    for asset in &inventory.assets {
        let Some(rto) = asset.targets.and_then(|targets| targets.rto) else {
            continue;
        };
        let choice = estimate::choose(inventory, None, asset);
        let seconds = choice
            .chosen
            .as_ref()
            .and_then(|chosen| estimate::transfer_seconds(inventory, asset, chosen));
        if let (Some(seconds), Some(chosen)) =
            (seconds.filter(|seconds| *seconds > rto.0 as f64), choice.chosen)
        {
            let takes = Period(seconds.ceil() as u64);
            report.add_whole(
                &RULE,
                None,
                format!(
                    "{} takes {takes} from {} alone, its objective is {rto}",
                    asset.id, chosen.backup.id
                ),
            );
        }
    }
}
