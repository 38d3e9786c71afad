//! ST002: a promise that nothing keeps.

use crate::base::AssetKind;
use crate::check::Context;
use crate::check::rule::{Example, Report, Rule};
use crate::evidence::Severity;
use crate::inventory::CopyType;

/// A replica is no backup: it repeats mistakes.
pub const RULE: Rule = Rule {
    code: "ST002",
    name: "promise-without-backup",
    severity: Severity::Critical,
    summary: "an asset has a recovery objective and no backup",
    why: "what was promised cannot be kept by anything; a live copy repeats every mistake within a second",
    fix: "add a backup of it, or say how it is made again (`reproducible`)",
    source: "AWS Well-Architected REL09-BP01, REL13-BP01",
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
            "schema: blackstart/inventory/v1\nassets: [{id: db, kind: postgres, targets: {rto: 4h, rpo: 1h}}]\n",
        ),
        Example::Inventory(
            "schema: blackstart/inventory/v1\nassets: [{id: db, kind: mysql, targets: {rto: 4h}}]\nbackups: [{id: live, asset: db, type: replica}]\n",
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
            "schema: blackstart/inventory/v1\nassets: [{id: db, kind: postgres, targets: {rto: 4h, rpo: 1h}}]\nbackups: [{id: nightly, asset: db}]\n",
        ),
        Example::Inventory(
            "schema: blackstart/inventory/v1\nassets: [{id: web, kind: app, targets: {rto: 1h}}, {id: index, kind: files, reproducible: from the catalogue, targets: {rto: 1d}}]\n",
        ),
    ],
    run,
};

fn run(context: &Context<'_>, report: &mut Report) {
    let Some(inventory) = context.inventory_alone() else {
        return;
    };
    for asset in &inventory.assets {
        let targets = asset.targets.unwrap_or_default();
        // A program without data of its own is installed again.
        let has_data = targets.rpo.is_some()
            || !matches!(
                asset.kind,
                AssetKind::App
                    | AssetKind::Host
                    | AssetKind::Web
                    | AssetKind::Dns
                    | AssetKind::Vm
                    | AssetKind::Other
            );
        let promised = (targets.rpo.is_some() || targets.rto.is_some())
            && has_data
            && asset.reproducible.is_none();
        let kept = inventory
            .backups_of(asset.id.as_str())
            .any(|backup| backup.copy_type != Some(CopyType::Replica));
        if promised && !kept {
            report.add_whole(
                &RULE,
                None,
                format!("{} has a recovery objective and no backup", asset.id),
            );
        }
    }
}
