//! What could be lost at worst, ahead of time.

use super::v1::Exposure;
use crate::inventory::{Asset, Backup, Inventory};

/// Returns the exposure of an asset under each of its backups: the time from the start of one copy until the next
/// is whole, so interval and duration together, not the interval alone.
pub fn of_asset(inventory: &Inventory, asset: &Asset) -> Vec<Exposure> {
    let rpo = asset.targets.and_then(|targets| targets.rpo);
    inventory
        .backups_of(asset.id.as_str())
        .map(|backup| {
            let worst_seconds = worst(backup).map(|seconds| seconds as u64);
            Exposure {
                asset: asset.id.clone(),
                backup: backup.id.clone(),
                worst_seconds,
                rpo_seconds: rpo.map(|rpo| rpo.0),
                meets_rpo: worst_seconds.zip(rpo).map(|(worst, rpo)| worst <= rpo.0),
            }
        })
        .collect()
}

/// Returns the most that can be lost under one backup; none where its interval or duration is unknown.
pub fn worst(backup: &Backup) -> Option<i64> {
    let made = backup.last_success.as_ref().and_then(|copy| copy.duration);
    let duration = backup.duration.or(made)?;
    let interval = backup.interval?;
    i64::try_from(interval.0.saturating_add(duration.0)).ok()
}
