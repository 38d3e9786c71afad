//! Drafts plans: the best runbook, filled with what the inventory and the incident say, and what it will cost.

pub mod artifacts;
pub mod dialogue;
mod facts;
mod guard;
pub mod library;
mod parameters;
mod parts;
mod postgres;
mod rank;
mod render;
mod surroundings;

use std::collections::BTreeMap;

pub use artifacts::{Artifact, artifacts};
pub use library::Library;
pub use rank::Ranked;

use crate::base::{Id, Timestamp, readable};
use crate::estimate::{self, Choice, Estimate};
use crate::incident::Incident;
use crate::inventory::{Asset, Inventory};
use crate::plan::{self, Kind, Plan};

/// What is asked of a drafter.
#[derive(Debug, Clone)]
pub struct Request<'a> {
    /// What there is.
    pub inventory: &'a Inventory,
    /// What happened; none when a plan is made ahead of time.
    pub incident: Option<&'a Incident>,
    /// The asset; by default the first that the incident names.
    pub asset: Option<&'a str>,
    /// The kind of disaster; by default the incident's.
    pub scenario: Option<&'a str>,
    /// Whether to copy or to recover.
    pub kind: Kind,
    /// Values for the runbook's parameters.
    pub parameters: &'a BTreeMap<String, String>,
    /// The present instant; names what a recovery leaves beside the data.
    pub now: Timestamp,
    /// The runbooks.
    pub library: &'a Library,
    /// The id of the runbook to use; by default the one that fits best.
    pub runbook: Option<&'a str>,
}

/// A plan made from a runbook.
#[derive(Debug, Clone)]
pub struct Draft {
    /// The plan.
    pub plan: Plan,
    /// The id of the runbook it was made from.
    pub runbook: String,
    /// The path of that runbook.
    pub path: String,
    /// The runbooks that were considered, best first.
    pub ranking: Vec<Ranked>,
    /// What a person should answer: what the inventory lacks, and why a better runbook could not be used.
    pub questions: Vec<String>,
    /// What it will cost.
    pub estimate: Estimate,
}

/// Why no plan could be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DraftError {
    /// Neither the request nor the incident names an asset.
    #[error("nothing to plan for: name an asset, or let the incident name one under \"affected\"")]
    NoAsset,
    /// The inventory lacks the asset.
    #[error("there is no asset {asset:?} in the inventory{}", near.as_ref().map(|near| format!("; did you mean {near:?}?")).unwrap_or_default())]
    UnknownAsset {
        /// What was asked for.
        asset: String,
        /// The nearest name.
        near: Option<String>,
    },
    /// The library lacks the runbook.
    #[error("there is no runbook {0:?}")]
    UnknownRunbook(String),
    /// No runbook could be rendered.
    #[error("no runbook can be used: {}", reasons.join("; "))]
    NoRunbook {
        /// Why each of them could not.
        reasons: Vec<String>,
    },
}

/// Makes a plan from the runbook that fits best, the next one where it cannot be filled. Needs no model and no
/// input or output.
pub fn draft(request: &Request<'_>) -> Result<Draft, DraftError> {
    let asset = asset_of(request)?;
    let choice = match request.kind {
        Kind::Recovery => estimate::choose(request.inventory, request.incident, asset),
        Kind::Backup => Choice { needed: false, chosen: None, refused: vec![] },
    };
    let ranking = rank::rank(request, asset, choice.chosen.as_ref());
    if let Some(wanted) = request.runbook
        && request.library.get(wanted).is_none()
    {
        return Err(DraftError::UnknownRunbook(wanted.to_owned()));
    }
    let facts = facts::Facts::collect(request, asset, &choice);
    let mut reasons = vec![];
    for ranked in &ranking {
        if request.runbook.is_some_and(|wanted| ranked.id != wanted) {
            continue;
        }
        let Some(entry) = request.library.get(&ranked.id) else {
            continue;
        };
        let joining = rank::joining(request, asset, &ranked.id);
        let with = |joining: &[&library::Entry]| {
            render::plan(request, asset, &choice, &facts, entry, joining)
        };
        let plan = with(&joining).or_else(|reason| {
            // What joins a plan must not keep it from being made.
            let alone = with(&[])?;
            if !joining.is_empty() {
                reasons.push(format!("nothing joins runbook {}: {reason}", ranked.id));
            }
            Ok::<Plan, String>(alone)
        });
        let plan = match plan {
            Ok(plan) => plan,
            Err(reason) => {
                reasons.push(format!("runbook {} cannot be used: {reason}", ranked.id));
                continue;
            }
        };
        let mut questions = facts.questions.clone();
        let estimate = match request.kind {
            Kind::Recovery => estimate::estimate(request.inventory, request.incident, Some(&plan)),
            Kind::Backup => estimate::estimate(request.inventory, None, Some(&plan)),
        };
        questions.extend(reasons);
        if choice.needed && choice.chosen.is_none() {
            questions.push(format!(
                "no copy of {} can be used: is there one that the inventory does not name?",
                asset.id
            ));
        }
        return Ok(Draft {
            runbook: ranked.id.clone(),
            path: entry.path.clone(),
            plan,
            ranking,
            questions,
            estimate,
        });
    }
    Err(DraftError::NoRunbook { reasons })
}

fn asset_of<'a>(request: &Request<'a>) -> Result<&'a Asset, DraftError> {
    let affected = request.incident.and_then(|incident| incident.affected.first());
    let wanted = request.asset.or(affected.map(Id::as_str)).ok_or(DraftError::NoAsset)?;
    request.inventory.asset(wanted).ok_or_else(|| {
        let known = request.inventory.assets.iter().map(|asset| asset.id.as_str());
        DraftError::UnknownAsset {
            asset: wanted.to_owned(),
            near: crate::base::nearest(wanted, known).map(str::to_owned),
        }
    })
}

/// Returns the point a plan recovers to, as the plan writes it.
fn recovery_point(asset: &Asset, choice: &Choice<'_>) -> Option<plan::RecoveryPoint> {
    let chosen = choice.chosen.as_ref()?;
    Some(plan::RecoveryPoint {
        asset: asset.id.clone(),
        backup: chosen.backup.id.clone(),
        at: chosen.at,
    })
}

/// Returns an instant as plans say it to people.
fn said(at: Option<Timestamp>) -> String {
    at.map_or_else(|| "an unknown time".to_owned(), readable)
}

#[cfg(test)]
mod tests;
