//! Whether a copy, and the key that opens it, can still be reached.

use crate::incident::Incident;
use crate::inventory::{Backup, Inventory, Kept};

/// Returns why a copy cannot be reached, if it cannot.
pub fn obstacle(inventory: &Inventory, incident: &Incident, backup: &Backup) -> Option<String> {
    let lost = Lost { inventory, incident };
    if incident.is_lost(backup.id.as_str()) {
        return Some("it is lost".into());
    }
    if let Some(repo) = backup.repo.as_ref()
        && let Some(gone) = lost.repo(repo.as_str())
    {
        return Some(format!("it is kept in {repo}: {gone}"));
    }
    let key = backup.encryption.as_ref()?.key.as_ref()?;
    let places = &inventory.secret(key.as_str())?.kept;
    let all_gone = !places.is_empty() && places.iter().all(|place| lost.place(place));
    all_gone
        .then(|| format!("the key {key} that opens it is kept only where it cannot be read now"))
}

struct Lost<'a> {
    inventory: &'a Inventory,
    incident: &'a Incident,
}

impl Lost<'_> {
    fn repo(&self, id: &str) -> Option<String> {
        if self.incident.is_lost(id) {
            return Some("it is lost".into());
        }
        let repo = self.inventory.repo(id)?;
        let site = repo.site.as_ref().and_then(|site| self.site(site.as_str()));
        site.or_else(|| repo.host.as_ref().and_then(|host| self.host(host.as_str())))
    }

    /// A site is lost with any site it is part of.
    fn site(&self, id: &str) -> Option<String> {
        if self.incident.is_lost(id) {
            return Some(format!("site {id} is lost"));
        }
        let chain = self.inventory.site_chain(id);
        let gone = chain.iter().find(|site| self.incident.is_lost(site.id.as_str()))?;
        Some(format!("site {id} is part of {}, which is lost", gone.id))
    }

    fn host(&self, id: &str) -> Option<String> {
        if self.incident.is_lost(id) {
            return Some(format!("host {id} is lost"));
        }
        self.site(self.inventory.host(id)?.site.as_ref()?.as_str())
    }

    /// Tells whether a place of a key is gone: its site, its host, or the asset that holds it. An asset that is
    /// itself to be recovered cannot give the key for its recovery.
    fn place(&self, place: &Kept) -> bool {
        let asset = place.asset.as_ref().is_some_and(|id| {
            let hit = self.incident.affected.contains(id)
                && !super::is_intact(self.incident, id.as_str());
            let asset = self.inventory.asset(id.as_str());
            let host = asset.and_then(|asset| asset.host.as_ref());
            let site = asset.and_then(|asset| asset.site.as_ref());
            hit || self.incident.is_lost(id.as_str())
                || host.is_some_and(|host| self.host(host.as_str()).is_some())
                || site.is_some_and(|site| self.site(site.as_str()).is_some())
        });
        asset
            || place.site.as_ref().is_some_and(|id| self.site(id.as_str()).is_some())
            || place.host.as_ref().is_some_and(|id| self.host(id.as_str()).is_some())
    }
}
