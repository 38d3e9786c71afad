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
            "schema: blackstart/inventory/v1\nassets: [{id: db, kind: postgres, targets: {rto: 4h, rpo: 1h}}]\n",
        ),
        Example::Inventory(
            "schema: blackstart/inventory/v1\nassets: [{id: db, kind: mysql, targets: {rto: 4h}}]\nbackups: [{id: live, asset: db, type: replica}]\n",
        ),
    ],
    good: &[
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
