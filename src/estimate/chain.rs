//! The copies that are restored one after the other to reach a point.

use super::point::Filter;
use crate::base::Timestamp;
use crate::inventory::{Backup, CopyMade, CopyType};

/// One copy of a chain.
#[derive(Debug, Clone, Copy)]
pub struct Link<'a> {
    /// The backup it belongs to.
    pub backup: &'a Backup,
    /// The copy; none where the inventory names no single one.
    pub copy: Option<&'a CopyMade>,
}

/// How many backups may build on each other; the reader refuses circles, this bounds what it returned anyway.
const DEPTH: usize = 64;

/// Returns the chain that ends with `copy`, oldest first, or why there is none.
pub fn of<'a>(
    filter: &Filter<'a, '_>,
    backup: &'a Backup,
    copy: &'a CopyMade,
    at: Timestamp,
) -> Result<Vec<Link<'a>>, String> {
    build(filter, backup, copy, at, 0)
}

fn build<'a>(
    filter: &Filter<'a, '_>,
    backup: &'a Backup,
    copy: &'a CopyMade,
    at: Timestamp,
    depth: usize,
) -> Result<Vec<Link<'a>>, String> {
    let last = Link { backup, copy: Some(copy) };
    let Some(kind) = backup.copy_type.filter(|kind| kind.needs_base()) else {
        return Ok(vec![last]);
    };
    if depth > DEPTH {
        return Err("too many copies build on each other".into());
    }
    let Some((base, base_copy)) = base(filter, backup, kind, at)? else {
        return Ok(vec![last]);
    };
    let base_at = base_copy.at.unwrap_or(at);
    let mut chain = build(filter, base, base_copy, base_at, depth + 1)
        .map_err(|why| format!("its base {} cannot be used: {why}", base.id))?;
    if kind == CopyType::Incremental {
        // Every increment between the base and this one is needed.
        let mut between: Vec<&CopyMade> = copies(backup)
            .filter(|other| other.at.is_some_and(|other| other > base_at && other < at))
            .collect();
        between.sort_by_key(|other| other.at);
        for other in between {
            if let Some(why) = filter.incomplete(other) {
                return Err(format!("an increment before it cannot be used: {why}"));
            }
            chain.push(Link { backup, copy: Some(other) });
        }
    }
    chain.push(last);
    Ok(chain)
}

/// Returns the copy that `backup` builds on: of the named base, else of the asset's newest full backup before it.
/// None where the asset has no full backup at all; the copy then counts as self-contained.
fn base<'a>(
    filter: &Filter<'a, '_>,
    backup: &'a Backup,
    kind: CopyType,
    at: Timestamp,
) -> Result<Option<(&'a Backup, &'a CopyMade)>, String> {
    let candidates: Vec<&Backup> = match backup.base.as_ref() {
        Some(id) => filter.inventory.backup(id.as_str()).into_iter().collect(),
        None => {
            let full = |other: &&Backup| {
                other.id != backup.id && matches!(other.copy_type, None | Some(CopyType::Full))
            };
            backup
                .asset
                .iter()
                .flat_map(|asset| filter.inventory.backups_of(asset.as_str()))
                .filter(full)
                .collect()
        }
    };
    if candidates.is_empty() {
        return Ok(None);
    }
    let mut before: Vec<(&Backup, &CopyMade)> = candidates
        .iter()
        .flat_map(|base| copies(base).map(move |copy| (*base, copy)))
        .filter(|(_, copy)| copy.at.is_some_and(|base_at| base_at <= at))
        .collect();
    before.sort_by_key(|(_, copy)| std::cmp::Reverse(copy.at));
    let mut first_reason = None;
    for (base, copy) in before {
        match filter.obstacle(base, copy) {
            None => return Ok(Some((base, copy))),
            Some(why) => {
                first_reason.get_or_insert(format!("its base {} cannot be used: {why}", base.id));
                // A log can be replayed on any older copy; an increment fits only the one it was made from.
                if kind != CopyType::Continuous {
                    break;
                }
            }
        }
    }
    let ids: Vec<&str> = candidates.iter().map(|base| base.id.as_str()).collect();
    Err(first_reason.unwrap_or_else(|| {
        format!("no copy of {} that it could build on is older", ids.join(", "))
    }))
}

/// Returns every copy of a backup that the inventory names.
pub fn copies(backup: &Backup) -> impl Iterator<Item = &CopyMade> {
    backup.last_success.iter().chain(&backup.copies)
}
