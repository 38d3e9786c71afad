//! AI007: copies of what can be made again, and none of what cannot.

use crate::base::AssetKind;
use crate::check::Context;
use crate::check::rule::{Example, Report, Rule};
use crate::evidence::Severity;

/// Labels of people and collected data exist once; an index is computed again over night.
pub const RULE: Rule = Rule {
    code: "AI007",
    name: "data-that-cannot-be-made-again",
    severity: Severity::High,
    summary: "a data set that nobody can make again has no backup, while what is made from it has one",
    why: "what is derived comes back in any case; the labels and the collected data are gone for good",
    fix: "back up the data set first; say `reproducible` of what is derived, and copy it less often",
    source: "the inventory's own words: what depends on what, and what can be made again",
    layer: "inventory",
    bad: &[
        Example::Inventory(
            "schema: blackstart/inventory/v1\nassets:\n  - {id: labels, kind: dataset}\n  - {id: ranker, kind: ai_model, depends_on: [labels]}\nbackups: [{id: nightly, asset: ranker, last_success: {at: 2026-11-21T02:00:00Z}}]\n",
        ),
        Example::Inventory(
            "schema: blackstart/inventory/v1\nassets:\n  - {id: answers, kind: dataset, size: 2TB}\n  - {id: vectors, kind: vector_index, depends_on: [answers], reproducible: from answers}\nbackups: [{id: v, asset: vectors, interval: 1h, last_success: {at: 2026-11-21T02:00:00Z}}]\n",
        ),
    ],
    good: &[
        Example::Inventory(
            "schema: blackstart/inventory/v1\nassets:\n  - {id: labels, kind: dataset}\n  - {id: ranker, kind: ai_model, depends_on: [labels]}\nbackups: [{id: l, asset: labels, last_success: {at: 2026-11-21T02:00:00Z}}, {id: r, asset: ranker, last_success: {at: 2026-11-21T02:00:00Z}}]\n",
        ),
        Example::Inventory(
            "schema: blackstart/inventory/v1\nassets:\n  - {id: crawl, kind: dataset, reproducible: \"public archive, pinned release\"}\n  - {id: ranker, kind: ai_model, depends_on: [crawl]}\nbackups: [{id: r, asset: ranker, last_success: {at: 2026-11-21T02:00:00Z}}]\n",
        ),
    ],
    run,
};

fn run(context: &Context<'_>, report: &mut Report) {
    let Some(inventory) = context.inventory_alone() else { return };
    let copied = |id: &crate::base::Id| {
        inventory.backups.iter().any(|backup| backup.asset.as_ref() == Some(id))
    };
    for asset in inventory.assets.iter().filter(|asset| asset.kind == AssetKind::Dataset) {
        let replicated = asset.replication.is_some();
        if asset.reproducible.is_some() || copied(&asset.id) || replicated {
            continue;
        }
        let derived = inventory.assets.iter().find(|other| {
            matches!(other.kind, AssetKind::AiModel | AssetKind::VectorIndex | AssetKind::Dataset)
                && other.depends_on.contains(&asset.id)
                && copied(&other.id)
        });
        if let Some(derived) = derived {
            let message = format!(
                "{} has no backup, and {}, which is made from it, has one",
                asset.id, derived.id
            );
            report.add_whole(&RULE, None, message);
        }
    }
}
