//! AI005: a model, and nothing of what it was made from.

use crate::base::AssetKind;
use crate::check::Context;
use crate::check::rule::{Example, Report, Rule};
use crate::evidence::Severity;

/// Weights without tokenizer, configuration, code and data are numbers.
pub const RULE: Rule = Rule {
    code: "AI005",
    name: "model-without-origin",
    severity: Severity::Medium,
    summary: "a model is in the inventory with promises or backups, and neither its code nor its data is",
    why: "restored weights cannot be loaded without the code and tokenizer of their day, nor be made again without the data",
    fix: "add the repository, the data set and the registry as assets with backups of their own, and name them in the model's depends_on",
    source: "Hugging Face, repositories of sharded models: configuration, tokenizer and index are files beside the weights, and without them nothing loads",
    layer: "inventory",
    bad: &[
        Example::Inventory(
            "schema: blackstart/inventory/v1\nassets: [{id: ranker, kind: ai_model, size: 140GB, targets: {rto: 4h, rpo: 1d}}]\nbackups: [{id: nightly, asset: ranker, last_success: {at: 2026-11-21T02:00:00Z}}]\n",
        ),
        Example::Inventory(
            "schema: blackstart/inventory/v1\nassets:\n  - {id: api, kind: app}\n  - {id: ranker, kind: ai_model, depends_on: [api], targets: {rto: 4h}}\n",
        ),
    ],
    good: &[
        Example::Inventory(
            "schema: blackstart/inventory/v1\nassets:\n  - {id: code, kind: git}\n  - {id: clicks, kind: dataset}\n  - {id: ranker, kind: ai_model, depends_on: [code, clicks], targets: {rto: 4h}}\n",
        ),
        Example::Inventory(
            "schema: blackstart/inventory/v1\nassets:\n  - {id: base, kind: ai_model, reproducible: \"download of the vendor, pinned by SHA-256\", targets: {rto: 4h}}\n  - {id: toy, kind: ai_model}\n",
        ),
    ],
    run,
};

fn run(context: &Context<'_>, report: &mut Report) {
    let Some(inventory) = context.inventory_alone() else { return };
    for asset in inventory.assets.iter().filter(|asset| asset.kind == AssetKind::AiModel) {
        let needs = asset.depends_on.iter().filter_map(|id| inventory.asset(id.as_str()));
        let origin =
            needs.clone().any(|needed| matches!(needed.kind, AssetKind::Git | AssetKind::Dataset));
        let counts = asset.targets.is_some()
            || inventory.backups.iter().any(|backup| backup.asset.as_ref() == Some(&asset.id));
        if counts && !origin && asset.reproducible.is_none() {
            report.add_whole(&RULE, None, format!("{} depends on no code and no data", asset.id));
        }
    }
}
