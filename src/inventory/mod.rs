//! What there is: sites, hosts, assets, their copies, and who answers for them.

mod backup;
mod copy_type;
mod references;
pub mod v1;

use std::collections::HashMap;

pub use crate::base::AssetKind;
pub use copy_type::CopyType;
pub use v1::{
    Access, Asset, Backup, Contact, CopyMade, Disk, Encryption, Host, Identity, Immutable, Kept,
    Link, ReadFrom, Replication, Repo, RestoreTest, RestoreTestResult, RestoreTestWord, Retention,
    SecretEntry, Site, Targets, TestResult, Verify, VerifyLevel,
};

use crate::base::document::{self, Read};
use crate::base::{Digest, Id, Problem};

/// An inventory with its lookups and the digest of the text it was read from.
#[derive(Debug, Clone)]
pub struct Inventory {
    document: v1::Inventory,
    digest: Digest,
    hosts: HashMap<Id, usize>,
    assets: HashMap<Id, usize>,
    backups: HashMap<Id, usize>,
}

impl std::ops::Deref for Inventory {
    type Target = v1::Inventory;
    fn deref(&self) -> &v1::Inventory {
        &self.document
    }
}

/// Reads an inventory. Returns as much as could be read and every problem: fields, units,
/// repeated ids, references to nothing, circular dependencies.
pub fn read(text: &str) -> (Option<Inventory>, Vec<Problem>) {
    let Read { value, mut problems, root } = document::read::<v1::Inventory>(text);
    let (Some(document), Some(root)) = (value, root) else {
        return (None, problems);
    };
    problems.extend(references::check(&document, &root));
    problems.sort_by_key(|problem| problem.span);
    (Some(Inventory::new(document, Digest::of(text.as_bytes()))), problems)
}

impl Inventory {
    /// Wraps a document that was read from a text with this digest.
    pub fn new(document: v1::Inventory, digest: Digest) -> Self {
        fn index<'a>(ids: impl Iterator<Item = &'a Id>) -> HashMap<Id, usize> {
            ids.enumerate().map(|(at, id)| (id.clone(), at)).collect()
        }
        Self {
            hosts: index(document.hosts.iter().map(|host| &host.id)),
            assets: index(document.assets.iter().map(|asset| &asset.id)),
            backups: index(document.backups.iter().map(|backup| &backup.id)),
            document,
            digest,
        }
    }

    /// Returns the digest of the text this inventory was read from.
    pub fn digest(&self) -> Digest {
        self.digest
    }

    /// Returns a host by id.
    pub fn host(&self, id: &str) -> Option<&Host> {
        self.hosts.get(id).and_then(|at| self.document.hosts.get(*at))
    }

    /// Returns an asset by id.
    pub fn asset(&self, id: &str) -> Option<&Asset> {
        self.assets.get(id).and_then(|at| self.document.assets.get(*at))
    }

    /// Returns a backup by id.
    pub fn backup(&self, id: &str) -> Option<&Backup> {
        self.backups.get(id).and_then(|at| self.document.backups.get(*at))
    }

    /// Returns a repository by id.
    pub fn repo(&self, id: &str) -> Option<&Repo> {
        self.document.repos.iter().find(|repo| repo.id.as_str() == id)
    }

    /// Returns a site by id.
    pub fn site(&self, id: &str) -> Option<&Site> {
        self.document.sites.iter().find(|site| site.id.as_str() == id)
    }

    /// Returns a secret's entry by id.
    pub fn secret(&self, id: &str) -> Option<&SecretEntry> {
        self.document.secrets.iter().find(|secret| secret.id.as_str() == id)
    }

    /// Returns the backups of an asset, in document order.
    pub fn backups_of<'a>(&'a self, asset: &'a str) -> impl Iterator<Item = &'a Backup> {
        self.document
            .backups
            .iter()
            .filter(move |backup| backup.asset.as_ref().is_some_and(|id| id.as_str() == asset))
    }

    /// Returns the assets that cannot work without `asset`, directly.
    pub fn dependents_of<'a>(&'a self, asset: &'a str) -> impl Iterator<Item = &'a Asset> {
        self.document
            .assets
            .iter()
            .filter(move |other| other.depends_on.iter().any(|id| id.as_str() == asset))
    }

    /// Returns the sites `site` is part of, itself first; a circle of parents ends where it closes.
    pub fn site_chain(&self, site: &str) -> Vec<&Site> {
        let mut chain: Vec<&Site> = vec![];
        let mut next = self.site(site);
        while let Some(site) = next {
            if chain.iter().any(|seen| seen.id == site.id) {
                break;
            }
            chain.push(site);
            next = site.parent.as_ref().and_then(|parent| self.site(parent.as_str()));
        }
        chain
    }

    /// Returns the facts about the named hosts, assets, backups and secrets on which a plan rests, as
    /// `(name, value)` in a fixed order: addresses, identities, paths, places of copies. They are part of
    /// a plan's fingerprint, so that a re-addressed host voids what was proven about the old one.
    pub fn facts_about<'a>(
        &self,
        names: impl IntoIterator<Item = &'a str>,
    ) -> Vec<(String, String)> {
        let mut names: Vec<&str> = names.into_iter().collect();
        names.sort_unstable();
        names.dedup();
        let mut facts = vec![];
        let mut add = |name: &str, what: &str, value: Result<String, serde_json::Error>| {
            facts.push((format!("{what} {name}"), value.unwrap_or_default()));
        };
        for name in names {
            if let Some(host) = self.host(name) {
                add(
                    name,
                    "host",
                    serde_json::to_string(&(&host.address, host.access, &host.identity)),
                );
            }
            if let Some(asset) = self.asset(name) {
                let facts = (
                    &asset.host,
                    &asset.paths,
                    &asset.services,
                    &asset.role,
                    &asset.endpoint,
                    &asset.run_as,
                );
                add(name, "asset", serde_json::to_string(&facts));
            }
            if let Some(backup) = self.backup(name) {
                let repo = backup.repo.as_ref().and_then(|repo| self.repo(repo.as_str()));
                let place = repo.map(|repo| (&repo.id, &repo.url, &repo.path, &repo.host));
                let facts =
                    (&backup.asset, &backup.path, &backup.last_success, &backup.copies, place);
                add(name, "backup", serde_json::to_string(&facts));
            }
            if let Some(secret) = self.secret(name) {
                add(name, "secret", serde_json::to_string(&secret.read_from));
            }
        }
        facts
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SMALL: &str = "
schema: blackstart/inventory/v1
sites: [{id: a, parent: r}, {id: r, parent: a}]
hosts: [{id: h1, address: 10.0.0.1, site: a}]
assets:
  - {id: data, kind: files, host: h1, paths: [/srv/data], targets: {rto: 4h, rpo: 1h}}
  - {id: web, kind: app, depends_on: [data]}
backups:
  - {id: nightly, asset: data, type: full, repo: disk, last_success: {at: 2026-01-01T00:00:00Z, size: 5GB}, last_restore_test: never}
repos: [{id: disk, site: a}]
";

    #[test]
    fn an_inventory_reads_and_answers() {
        let (inventory, problems) = read(SMALL);
        assert_eq!(problems, []);
        let inventory = inventory.expect("reads");
        assert_eq!(inventory.backups_of("data").count(), 1);
        assert_eq!(
            inventory.dependents_of("data").map(|a| a.id.to_string()).collect::<Vec<_>>(),
            ["web"]
        );
        assert_eq!(inventory.site_chain("a").len(), 2, "a circle of parents ends");
    }

    #[test]
    fn facts_change_when_a_host_moves_and_not_when_a_phone_does() {
        let facts =
            |text: &str| read(text).0.expect("reads").facts_about(["data", "h1", "nightly"]);
        assert_ne!(facts(SMALL), facts(&SMALL.replace("10.0.0.1", "10.0.0.2")));
        assert_ne!(facts(SMALL), facts(&SMALL.replace("/srv/data", "/srv/dat")));
        assert_eq!(facts(SMALL), facts(&SMALL.replace("rto: 4h", "rto: 5h")));
    }
}
