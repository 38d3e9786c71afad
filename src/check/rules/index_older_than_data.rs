//! AI006: copies that do not fit together.

use crate::base::AssetKind;
use crate::base::seconds_between;
use crate::check::Context;
use crate::check::rule::{Example, Report, Rule};
use crate::evidence::Severity;

/// An index points at rows and was computed by a model; restored from another day it points at nothing.
pub const RULE: Rule = Rule {
    code: "AI006",
    name: "index-older-than-data",
    severity: Severity::Medium,
    summary: "the copies of a vector index and of what it was made from are of different times",
    why: "after a restore the index returns entries that are not in the data, misses those that are, or holds vectors of another model",
    fix: "copy index, data and model together as one point; or declare the index as made again from its data (`reproducible`)",
    source: "the inventory's own times; NIST SP 800-34 on interdependent systems",
    layer: "inventory",
    bad: &[
        Example::Inventory(
            "schema: blackstart/inventory/v1\nassets:\n  - {id: docs, kind: postgres}\n  - {id: vectors, kind: vector_index, depends_on: [docs]}\nbackups:\n  - {id: docs-nightly, asset: docs, interval: 1d, last_success: {at: 2026-11-21T02:00:00Z}}\n  - {id: vectors-weekly, asset: vectors, interval: 7d, last_success: {at: 2026-11-15T02:00:00Z}}\n",
        ),
        Example::Inventory(
            "schema: blackstart/inventory/v1\nassets:\n  - {id: embedder, kind: ai_model, reproducible: pinned}\n  - {id: vectors, kind: vector_index, depends_on: [embedder]}\nbackups:\n  - {id: model, asset: embedder, last_success: {at: 2026-11-01T02:00:00Z}}\n  - {id: vectors, asset: vectors, last_success: {at: 2026-11-21T02:00:00Z}}\n",
        ),
    ],
    good: &[
        Example::Inventory(
            "schema: blackstart/inventory/v1\nassets:\n  - {id: docs, kind: postgres}\n  - {id: vectors, kind: vector_index, depends_on: [docs]}\nbackups:\n  - {id: docs-nightly, asset: docs, last_success: {at: 2026-11-21T02:00:00Z}}\n  - {id: vectors-nightly, asset: vectors, last_success: {at: 2026-11-21T02:40:00Z}}\n",
        ),
        Example::Inventory(
            "schema: blackstart/inventory/v1\nassets:\n  - {id: docs, kind: postgres}\n  - {id: vectors, kind: vector_index, depends_on: [docs], reproducible: from docs in 3 hours}\nbackups:\n  - {id: docs-nightly, asset: docs, last_success: {at: 2026-11-21T02:00:00Z}}\n  - {id: vectors-weekly, asset: vectors, last_success: {at: 2026-11-15T02:00:00Z}}\n",
        ),
    ],
    run,
};

/// Copies nearer than this, in seconds, count as one point.
const TOGETHER: i64 = 6 * 3_600;

fn run(context: &Context<'_>, report: &mut Report) {
    let Some(inventory) = context.inventory_alone() else { return };
    let newest = |id: &crate::base::Id| {
        let own = inventory.backups.iter().filter(|backup| backup.asset.as_ref() == Some(id));
        own.filter_map(|backup| backup.last_success.as_ref()?.at).max()
    };
    let indexes = inventory
        .assets
        .iter()
        .filter(|asset| asset.kind == AssetKind::VectorIndex && asset.reproducible.is_none());
    for asset in indexes {
        let Some(own) = newest(&asset.id) else { continue };
        for needed in &asset.depends_on {
            let Some(other) = newest(needed) else { continue };
            let apart = seconds_between(own, other).abs();
            if apart > TOGETHER {
                let apart = crate::base::Period(apart.unsigned_abs());
                let message =
                    format!("the newest copies of {} and {needed} are {apart} apart", asset.id);
                report.add_whole(&RULE, None, message);
            }
        }
    }
}
