//! What stands around an asset, for templates: what it needs, what needs it, its live copies, what else was hit, and where
//! its copies are kept.

use std::collections::HashSet;

use serde_json::{Value as Json, json};

use super::{Request, said};
use crate::base::Id;
use crate::estimate;
use crate::inventory::{Asset, Inventory};

/// Returns the facts about everything around `asset`.
pub fn facts<'a>(request: &Request<'a>, asset: &'a Asset) -> Json {
    let inventory = request.inventory;
    let named = |id: &Id| inventory.asset(id.as_str());
    let needed: Vec<&Asset> = asset.depends_on.iter().filter_map(named).collect();
    let replicas = replicas(inventory, asset);
    let is_replica = |one: &Asset| replicas.iter().any(|replica| replica.id == one.id);
    let dependents: Vec<&Asset> = dependents(inventory, asset)
        .into_iter()
        .filter(|one| one.services.is_empty() && !is_replica(one))
        .collect();
    let hit = request.incident.map_or(&[][..], |incident| &incident.affected);
    let others: Vec<&Asset> = hit.iter().filter(|id| **id != asset.id).filter_map(named).collect();
    // What leans on the same things fails, or is attacked, next.
    let leans = |one: &&Asset| one.depends_on.iter().any(|id| asset.depends_on.contains(id));
    let known = |one: &&Asset| one.id != asset.id && !others.iter().any(|other| other.id == one.id);
    let siblings: Vec<&Asset> = inventory
        .assets
        .iter()
        .filter(leans)
        .filter(known)
        .filter(|one| !is_replica(one))
        .collect();
    let mut needed_by_others: Vec<&Asset> = vec![];
    for one in others.iter().flat_map(|one| &one.depends_on).filter_map(named) {
        let is_known = |list: &[&Asset]| list.iter().any(|known| known.id == one.id);
        let is_new = one.id != asset.id && !is_known(&needed) && !is_known(&others);
        if is_new && !is_known(&needed_by_others) {
            needed_by_others.push(one);
        }
    }
    let others: Vec<Json> = others.iter().map(|one| other(request, one)).collect();
    json!({
        "needed": list(&needed), "replicas": list(&replicas), "dependents": list(&dependents),
        "siblings": list(&siblings), "needed_by_others": list(&needed_by_others), "others": others, "stores": stores(inventory, asset),
    })
}

fn list(assets: &[&Asset]) -> Vec<Json> {
    assets.iter().map(|asset| one(asset)).collect()
}

fn one(asset: &Asset) -> Json {
    json!({
        "id": asset.id, "kind": asset.kind.word(), "host": asset.host.as_ref().map_or("", Id::as_str),
    })
}

/// Returns another asset that was hit, with the copy it would be recovered from.
fn other(request: &Request<'_>, asset: &Asset) -> Json {
    let choice = estimate::choose(request.inventory, request.incident, asset);
    let chosen = choice.chosen.as_ref();
    let mut facts = one(asset);
    facts["lost"] = json!(choice.needed);
    facts["copy"] = json!(chosen.map_or("", |chosen| chosen.backup.id.as_str()));
    facts["point"] = json!(said(chosen.and_then(|chosen| chosen.at)));
    facts
}

/// Returns the live copies of an asset, on either side of the replication.
fn replicas<'a>(inventory: &'a Inventory, asset: &Asset) -> Vec<&'a Asset> {
    let peer =
        |one: &Asset| one.replication.as_ref().and_then(|replication| replication.peer.clone());
    let own = peer(asset);
    let is = |one: &&Asset| peer(one).as_ref() == Some(&asset.id) || own.as_ref() == Some(&one.id);
    inventory.assets.iter().filter(|one| one.id != asset.id).filter(is).collect()
}

/// Returns everything that cannot work without an asset, the nearest first.
fn dependents<'a>(inventory: &'a Inventory, asset: &'a Asset) -> Vec<&'a Asset> {
    let mut found: Vec<&Asset> = vec![];
    let mut seen: HashSet<&str> = HashSet::from([asset.id.as_str()]);
    let mut waiting = vec![asset.id.as_str()];
    while let Some(next) = waiting.pop() {
        for dependent in inventory.dependents_of(next) {
            if seen.insert(dependent.id.as_str()) {
                waiting.push(dependent.id.as_str());
                found.push(dependent);
            }
        }
    }
    found
}

/// Returns the machines that hold copies of an asset, each once.
fn stores(inventory: &Inventory, asset: &Asset) -> Vec<Json> {
    let repos = inventory.backups_of(asset.id.as_str()).filter_map(|backup| backup.repo.as_ref());
    let repos = repos.filter_map(|repo| inventory.repo(repo.as_str()));
    let mut seen = HashSet::new();
    repos
        .filter_map(|repo| Some((repo, repo.host.as_ref()?)))
        .filter(|(_, host)| asset.host.as_ref() != Some(*host) && seen.insert(host.as_str()))
        .map(|(repo, host)| json!({ "id": repo.id, "host": host }))
        .collect()
}
