//! Computes what a recovery gives and costs: the recovery point, the loss, the duration, each number with its formula.

mod chain;
mod duration;
mod exposure;
mod point;
mod reach;
pub mod v1;

pub use chain::Link;
pub use point::{Choice, Chosen};
pub use v1::{Estimate, Exposure, Point, Refused, Rto, Source, Term, Tested};

use crate::base::seconds_between;
use crate::incident::{DataState, Incident};
use crate::inventory::{Asset, Inventory};
use crate::plan::{Kind, Plan};

/// Returns the copy an asset would be recovered from, and why each other one is not it.
///
/// With an incident it is the newest copy made before the damage that is reachable, complete, and not known bad;
/// without one, the newest that is complete.
pub fn choose<'a>(
    inventory: &'a Inventory,
    incident: Option<&Incident>,
    asset: &'a Asset,
) -> Choice<'a> {
    point::choose(inventory, incident, asset)
}

/// Computes the estimate for the assets an incident hits; without an incident, for the assets of the plan's scope;
/// without a plan either, for every asset that has copies or targets. For a backup plan it holds the exposure alone.
pub fn estimate(
    inventory: &Inventory,
    incident: Option<&Incident>,
    plan: Option<&Plan>,
) -> Estimate {
    let mut result = Estimate::default();
    let assets = subjects(inventory, incident, plan, &mut result.notes);
    if plan.is_some_and(|plan| plan.kind == Kind::Backup) {
        // Such a plan recovers nothing; what counts is what its schedule can lose.
        let exposure = assets.iter().flat_map(|asset| exposure::of_asset(inventory, asset));
        result.exposure = exposure.collect();
        return result;
    }
    let mut main = None;
    for asset in &assets {
        let choice = choose(inventory, incident, asset);
        result.refused.extend(choice.refused);
        if incident.is_none() {
            result.exposure.extend(exposure::of_asset(inventory, asset));
        }
        let Some(chosen) = choice.chosen else {
            if choice.needed {
                result.notes.push(format!("no copy of {} can be used", asset.id));
            }
            continue;
        };
        result.recovery_points.push(printed(incident, asset, &chosen));
        if main.is_none() {
            main = Some((*asset, chosen));
        }
    }
    result.recovery_point = result.recovery_points.first().cloned();
    if let Some(point) = &result.recovery_point {
        result.terms.extend(point::terms(incident, point));
    }
    let asset = main.as_ref().map_or(assets.first().copied(), |(asset, _)| Some(*asset));
    if let Some(asset) = asset {
        let chosen = main.as_ref().map(|(_, chosen)| chosen);
        result.rto = Some(duration::rto(inventory, asset, chosen, plan, &mut result.terms));
    }
    result
}

fn subjects<'a>(
    inventory: &'a Inventory,
    incident: Option<&Incident>,
    plan: Option<&Plan>,
    notes: &mut Vec<String>,
) -> Vec<&'a Asset> {
    let scope = plan.and_then(|plan| plan.scope.as_ref());
    let ids = match (incident, scope) {
        (Some(incident), _) => &incident.affected,
        (None, Some(scope)) => &scope.assets,
        (None, None) => {
            let promised = |asset: &&Asset| {
                asset.targets.is_some() || inventory.backups_of(asset.id.as_str()).next().is_some()
            };
            return inventory.assets.iter().filter(promised).collect();
        }
    };
    if ids.is_empty() && incident.is_some() {
        notes.push("the incident names no affected asset".into());
    }
    let mut assets = vec![];
    for id in ids {
        match inventory.asset(id.as_str()) {
            Some(asset) => assets.push(asset),
            None => notes.push(format!("there is no asset {id} in the inventory")),
        }
    }
    assets
}

fn printed(incident: Option<&Incident>, asset: &Asset, chosen: &Chosen<'_>) -> Point {
    let loss_seconds = match incident {
        Some(incident) => {
            incident.damage_at.zip(chosen.at).map(|(damage, at)| seconds_between(at, damage).max(0))
        }
        None => exposure::worst(chosen.backup),
    };
    let rpo = asset.targets.and_then(|targets| targets.rpo);
    Point {
        asset: asset.id.clone(),
        backup: chosen.backup.id.clone(),
        chain: chosen.chain.iter().map(|link| link.backup.id.clone()).collect(),
        at: chosen.at,
        loss_seconds,
        rpo_seconds: rpo.map(|rpo| rpo.0),
        meets_rpo: loss_seconds.zip(rpo).map(|(loss, rpo)| loss as u64 <= rpo.0),
        tested: point::tested(chosen.backup),
        notes: chosen.notes(asset),
    }
}

/// Returns the seconds the data of a chosen copy takes to come back; none where a size or a rate is unknown.
pub fn transfer_seconds(inventory: &Inventory, asset: &Asset, chosen: &Chosen<'_>) -> Option<f64> {
    duration::transfer(inventory, asset, chosen, &mut vec![])
}

/// Tells whether an incident leaves the data of an asset as it was.
pub fn is_intact(incident: &Incident, asset: &str) -> bool {
    match incident.data.get(asset) {
        Some(DataState::Intact) => true,
        Some(DataState::Lost | DataState::Corrupt | DataState::Unknown) | None => false,
    }
}

#[cfg(test)]
mod tests;
