//! Documents kept in the store and found again.

use super::{Runtime, RuntimeError};
use crate::base::{Digest, Problem};
use crate::incident::{self, Incident};
use crate::inventory::{self, Inventory};
use crate::plan::{self, Plan};
use crate::store::{Document, DocumentKind};

impl Runtime {
    /// Keeps an inventory under the digest of its text, and returns that.
    pub fn keep_inventory(&self, name: &str, text: &str) -> Result<Digest, RuntimeError> {
        let id = crate::base::Id::parse(name)
            .unwrap_or_else(|_| crate::base::Id::parse("inventory").expect("a valid id"));
        Ok(self.store().put(DocumentKind::Inventory, &id, name, text, self.now())?)
    }

    /// Keeps an incident.
    pub fn keep_incident(&self, incident: &Incident) -> Result<(), RuntimeError> {
        let text = crate::base::document::write(incident);
        let title = incident.title.as_deref().unwrap_or_default();
        self.store().put(DocumentKind::Incident, &incident.id, title, &text, self.now())?;
        Ok(())
    }

    /// Keeps a plan, and returns the digest of its text.
    pub fn keep_plan(&self, plan: &Plan) -> Result<Digest, RuntimeError> {
        Ok(self.store().put(
            DocumentKind::Plan,
            &plan.id,
            &plan.title,
            &plan::write(plan),
            self.now(),
        )?)
    }

    /// Returns the newest version of a plan.
    pub fn plan(&self, id: &str) -> Result<Plan, RuntimeError> {
        let document = self.store().latest(DocumentKind::Plan, id)?;
        stored("plan", id, document, plan::read)
    }

    /// Returns an incident.
    pub fn incident(&self, id: &str) -> Result<Incident, RuntimeError> {
        let document = self.store().latest(DocumentKind::Incident, id)?;
        stored("incident", id, document, incident::read)
    }

    /// Returns the inventory a plan was drafted from. A plan that names none, and runs on this machine only, needs none.
    pub fn inventory_of(&self, plan: &Plan) -> Result<Option<Inventory>, RuntimeError> {
        let Some(digest) = plan.inventory.as_deref().and_then(Digest::parse) else {
            return Ok(None);
        };
        let document = self.store().by_digest(DocumentKind::Inventory, digest)?;
        match document {
            None => Err(RuntimeError::InventoryMissing { plan: plan.id.to_string() }),
            Some(document) => {
                stored("inventory", &digest.short(), Some(document), inventory::read).map(Some)
            }
        }
    }
}

pub(super) fn stored<T>(
    what: &'static str,
    name: &str,
    document: Option<Document>,
    read: impl FnOnce(&str) -> (Option<T>, Vec<Problem>),
) -> Result<T, RuntimeError> {
    let document = document.ok_or_else(|| RuntimeError::Missing { what, name: name.to_owned() })?;
    let (value, problems) = read(&document.text);
    let why = problems.into_iter().next().map(|problem| problem.message);
    match (value, why) {
        (Some(value), None) => Ok(value),
        (_, why) => Err(RuntimeError::Stored {
            what: format!("{what} {name}"),
            why: why.unwrap_or_default(),
        }),
    }
}
