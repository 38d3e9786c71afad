//! What stands around an asset, as templates see it: who uses it, what it needs, what else is hit, and what the rest is to a recovery.

use std::collections::{BTreeMap, HashMap, HashSet};

use serde_json::{Value as Json, json};

use super::parts::{self, part, words};
use super::{Request, said};
use crate::base::{AssetKind, Id, Period, Size};
use crate::estimate;
use crate::incident::DataState;
use crate::inventory::{Asset, Host, Inventory};

/// How many assets a list holds at most; a plan with more steps of one sort is read by nobody.
const CAP: usize = 24;

/// The inventory as a graph, and what the incident says of it.
struct Surroundings<'a> {
    request: &'a Request<'a>,
    inventory: &'a Inventory,
    asset: &'a Asset,
    /// What the asset needs, directly or through others.
    needs: Vec<&'a Asset>,
    /// What needs the asset, directly or through others, nearest first.
    users: Vec<&'a Asset>,
    affected: HashSet<&'a str>,
}

/// Returns what stands around the asset. Every list is there, empty where nothing is known.
pub fn facts(request: &Request<'_>, asset: &Asset) -> Json {
    let inventory = request.inventory;
    let affected = request.incident.map_or(&[][..], |incident| &incident.affected);
    let all = Surroundings {
        request,
        inventory,
        asset,
        needs: closure(asset, |one| needed_by(inventory, one)),
        users: closure(asset, |one| inventory.dependents_of(one.id.as_str()).collect()),
        affected: affected.iter().map(Id::as_str).collect(),
    };
    all.facts()
}

/// Returns everything reached from an asset, without itself, nearest first.
fn closure<'a>(from: &'a Asset, next: impl Fn(&'a Asset) -> Vec<&'a Asset>) -> Vec<&'a Asset> {
    let mut reached = vec![from];
    let mut known = HashSet::from([from.id.as_str()]);
    let mut at = 0;
    while let Some(one) = reached.get(at).copied() {
        at += 1;
        reached.extend(next(one).into_iter().filter(|other| known.insert(other.id.as_str())));
    }
    reached.remove(0);
    reached
}

fn needed_by<'a>(inventory: &'a Inventory, asset: &'a Asset) -> Vec<&'a Asset> {
    asset.depends_on.iter().filter_map(|id| inventory.asset(id.as_str())).collect()
}

impl<'a> Surroundings<'a> {
    fn facts(&self) -> Json {
        let mut parts: BTreeMap<&str, Vec<&Asset>> =
            parts::all().map(|part| (part, vec![])).collect();
        let relevant = self.relevant();
        for asset in &relevant {
            if let Some(part) = part(asset) {
                parts.entry(part).or_default().push(asset);
            }
        }
        let hit = self.hit();
        let data = self.users.iter().copied().filter(|other| {
            let holds = matches!(
                other.kind,
                AssetKind::Dataset
                    | AssetKind::VectorIndex
                    | AssetKind::AiModel
                    | AssetKind::Redis
                    | AssetKind::Mongodb
            );
            holds && part(other).is_none() && !self.is_replica(other)
        });
        let is_needed = |other: &&Asset| self.needs.iter().any(|one| one.id == other.id);
        let (first, then): (Vec<&Asset>, Vec<&Asset>) = hit.into_iter().partition(is_needed);
        let replicas: Vec<&Asset> =
            self.inventory.assets.iter().filter(|other| self.is_replica(other)).collect();
        let applications = self.users.iter().copied().filter(|other| {
            matches!(other.kind, AssetKind::App | AssetKind::Web | AssetKind::Kubernetes)
        });
        let doubtful = relevant.iter().copied().filter(|other| {
            self.state(other) == "unknown" && !self.affected.contains(other.id.as_str())
        });
        let services = |assets: &[&Asset]| -> Vec<Json> {
            let one = |asset: &&Asset| -> Vec<Json> {
                let host = asset.host.as_ref().map_or("", Id::as_str);
                let service = |name: &String| json!({ "name": name, "slug": slug(&format!("{name}-{host}")), "host": host, "asset": asset.id });
                asset.services.iter().map(service).collect()
            };
            assets.iter().flat_map(one).take(CAP).collect()
        };
        let mut facts = json!({
            "users": self.list(self.users.iter().copied()),
            "derived": self.list(data),
            "part": part(self.asset).unwrap_or_default(),
            "applications": self.list(applications),
            "needs": self.list(self.needs.iter().rev().copied()),
            "replicas": self.list(replicas.into_iter()),
            "hit_first": self.list(first.into_iter()),
            "hit": self.list(then.into_iter()),
            "doubtful": self.list(doubtful),
            "job_services": services(&parts["jobs"]),
            "spare_hosts": self.spare_hosts(),
            "vendor": self.contact(&["vendor", "provider"]),
            "lost": self.request.incident.map_or(vec![], |incident| incident.lost.iter().map(Id::to_string).collect()),
            "constraints": self.request.incident.map_or(&[][..], |incident| &incident.constraints),
        });
        for (part, assets) in parts {
            facts[part] = self.list(assets.into_iter().filter(|other| other.id != self.asset.id));
        }
        facts
    }

    fn list(&self, assets: impl Iterator<Item = &'a Asset>) -> Json {
        assets.take(CAP).map(|asset| self.neighbour(asset)).collect()
    }

    fn neighbour(&self, asset: &Asset) -> Json {
        let choice = estimate::choose(self.inventory, self.request.incident, asset);
        let chosen = choice.chosen.as_ref();
        let repo = chosen.and_then(|chosen| chosen.backup.repo.as_ref());
        let repo = repo.and_then(|repo| self.inventory.repo(repo.as_str()));
        let size = |size: Option<Size>| size.map_or_else(String::new, |size| size.to_string());
        let transfer =
            chosen.and_then(|one| estimate::transfer_seconds(self.inventory, asset, one));
        let transfer =
            transfer.map_or_else(String::new, |seconds| Period(seconds.ceil() as u64).to_string());
        let uses: Vec<&Id> = asset.depends_on.iter().collect();
        json!({
            "id": asset.id, "slug": slug(asset.id.as_str()), "kind": asset.kind.word(),
            "host": asset.host.as_ref().map_or("", Id::as_str), "paths": asset.paths, "services": asset.services,
            "size": size(asset.size), "needs": uses, "state": self.state(asset),
            "is_affected": self.affected.contains(asset.id.as_str()),
            "run_as": asset.run_as.as_deref().unwrap_or_default(),
            "owner": super::facts::owner(self.inventory, asset),
            "copy": chosen.map_or("", |chosen| chosen.backup.id.as_str()),
            "copy_at": said(chosen.and_then(|chosen| chosen.at)),
            "copy_host": repo.and_then(|repo| repo.host.as_ref()).map_or("", Id::as_str),
            "copy_tool": chosen.map_or("", |chosen| chosen.backup.tool.as_deref().unwrap_or_default()),
            "transfer": transfer,
            "has_copies": self.inventory.backups_of(asset.id.as_str()).next().is_some(),
        })
    }

    /// Returns the state of an asset's data as the incident says it, empty where it says nothing.
    fn state(&self, asset: &Asset) -> &'static str {
        let state = self.request.incident.and_then(|incident| incident.data.get(asset.id.as_str()));
        match state {
            Some(DataState::Lost) => "lost",
            Some(DataState::Corrupt) => "corrupt",
            Some(DataState::Intact) => "intact",
            Some(DataState::Unknown) => "unknown",
            None => "",
        }
    }

    /// Tells whether an asset follows the one that is recovered: it is filled again from it, not from a copy.
    fn is_replica(&self, other: &Asset) -> bool {
        let role = other.role.as_deref().unwrap_or_default().to_lowercase();
        let replication = other.replication.as_ref();
        other.id != self.asset.id
            && other.kind == self.asset.kind
            && (replication.is_some_and(|one| one.peer.as_ref() == Some(&self.asset.id))
                || other.depends_on.contains(&self.asset.id)
                    && ["standby", "replica"].iter().any(|word| role.contains(word)))
    }

    /// Returns the other assets that the incident hits, each behind what it needs.
    fn hit(&self) -> Vec<&'a Asset> {
        let is_hit = |other: &&Asset| {
            let is_gone = matches!(self.state(other), "lost" | "corrupt");
            other.id != self.asset.id
                && !self.is_replica(other)
                && (is_gone || self.affected.contains(other.id.as_str()))
        };
        let mut hit: Vec<(usize, &Asset)> = self
            .inventory
            .assets
            .iter()
            .filter(is_hit)
            .map(|other| (closure(other, |one| needed_by(self.inventory, one)).len(), other))
            .collect();
        // Whatever needs another has more below it than that one.
        hit.sort_by_key(|(below, _)| *below);
        hit.into_iter().map(|(_, other)| other).collect()
    }

    /// Returns the assets an incident may concern: what is connected with the hit ones, what the incident names, and
    /// what the same people answer for; ten thousand strangers are none of them.
    fn relevant(&self) -> Vec<&'a Asset> {
        let words = self.request.incident.map(|one| one.words().to_lowercase()).unwrap_or_default();
        let mut near: HashSet<&str> = HashSet::from([self.asset.id.as_str()]);
        near.extend(self.needs.iter().chain(&self.users).map(|one| one.id.as_str()));
        for id in &self.affected {
            let Some(hit) = self.inventory.asset(id) else {
                continue;
            };
            near.insert(hit.id.as_str());
            let below = closure(hit, |one| needed_by(self.inventory, one));
            let above = closure(hit, |one| self.inventory.dependents_of(one.id.as_str()).collect());
            near.extend(below.iter().chain(&above).map(|one| one.id.as_str()));
        }
        let owners: HashSet<&str> = self
            .inventory
            .assets
            .iter()
            .filter(|one| {
                self.affected.contains(one.id.as_str())
                    || one.id == self.asset.id
                    || self.needs.iter().any(|need| need.id == one.id)
            })
            .filter_map(|one| one.owner.as_ref().map(Id::as_str))
            .collect();
        let is_near = |other: &&Asset| {
            near.contains(other.id.as_str())
                || !self.state(other).is_empty()
                || other.owner.as_ref().is_some_and(|owner| owners.contains(owner.as_str()))
                || names(&words, other.id.as_str())
        };
        self.inventory.assets.iter().filter(is_near).collect()
    }

    /// Returns the machines on which a recovery may be tried without touching what is in use: named for it by an asset.
    fn spare_hosts(&self) -> Vec<Json> {
        let spare = |asset: &&Asset| part(asset) == Some("spares");
        let host = |asset: &'a Asset| self.inventory.host(asset.host.as_ref()?.as_str());
        let mut seen: HashMap<&str, (&Asset, &Host)> = HashMap::new();
        let mut found = vec![];
        for asset in self.relevant().into_iter().filter(spare) {
            let Some(host) = host(asset) else {
                continue;
            };
            if Some(&host.id) != self.asset.host.as_ref()
                && seen.insert(host.id.as_str(), (asset, host)).is_none()
            {
                let identity = host.identity.as_ref();
                let disk = host.disks.iter().max_by_key(|disk| disk.size.map_or(0, |size| size.0));
                found.push(json!({
                    "asset": asset.id, "host": host.id, "slug": slug(host.id.as_str()),
                    "hostname": identity.and_then(|one| one.hostname.as_deref()).unwrap_or_default(),
                    "machine_id": identity.and_then(|one| one.machine_id.as_deref()).unwrap_or_default(),
                    "room": disk.and_then(|disk| disk.mount.as_deref()).unwrap_or_default(),
                }));
            }
        }
        found
    }

    /// Returns the name of the first contact with one of the roles, empty where there is none.
    fn contact(&self, roles: &[&str]) -> String {
        let has = |role: &Option<String>| {
            role.as_deref().is_some_and(|role| words(role).any(|one| roles.contains(&one.as_str())))
        };
        let contact = self.inventory.contacts.iter().find(|contact| has(&contact.role));
        contact.map_or_else(String::new, |contact| {
            contact.name.clone().unwrap_or_else(|| contact.id.to_string())
        })
    }
}

/// Tells whether a text names an id as a word of its own.
fn names(text: &str, id: &str) -> bool {
    let id = id.to_lowercase();
    let part = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    text.match_indices(&id).any(|(at, _)| {
        !text[..at].chars().next_back().is_some_and(part)
            && !text[at + id.len()..].chars().next().is_some_and(part)
    })
}

/// Returns a text as part of an id.
fn slug(text: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() || "._-".contains(c) { c } else { '-' };
    text.chars().take(60).map(plain).collect()
}
