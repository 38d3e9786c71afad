//! The recovery point: which copy, and why not the others.

use super::chain::{self, Link};
use super::v1::{Point, Refused, Source, Term, Tested};
use super::{is_intact, reach};
use crate::base::{Timestamp, readable};
use crate::incident::{DataState, Incident};
use crate::inventory::{
    Asset, Backup, CopyMade, CopyType, Inventory, RestoreTest, RestoreTestWord, TestResult,
};

/// The copy an asset is recovered from, and the others.
#[derive(Debug)]
pub struct Choice<'a> {
    /// Whether the asset has lost anything, or may have.
    pub needed: bool,
    /// The copy.
    pub chosen: Option<Chosen<'a>>,
    /// The copies that are not used, with the reason.
    pub refused: Vec<Refused>,
}

/// The copy an asset is recovered from.
#[derive(Debug)]
pub struct Chosen<'a> {
    /// The backup that determines the point.
    pub backup: &'a Backup,
    /// The instant that is reached.
    pub at: Option<Timestamp>,
    /// Every copy to restore, oldest first.
    pub chain: Vec<Link<'a>>,
}

/// Parts of scenario names that say that machines or places broke and nobody changed data; against anything else a
/// live copy is no protection, because it repeats what was done.
const PHYSICAL: &[&str] = &[
    "disk",
    "hardware",
    "host",
    "node",
    "site",
    "region",
    "zone",
    "power",
    "fire",
    "flood",
    "network",
    "outage",
    "datacentre",
    "datacenter",
    "theft",
];

/// What decides whether a copy can be used.
pub struct Filter<'a, 'i> {
    pub inventory: &'a Inventory,
    pub incident: Option<&'i Incident>,
    pub asset: &'a str,
}

impl<'a> Filter<'a, '_> {
    /// Returns why a copy cannot be used, apart from its age and what it builds on.
    pub fn obstacle(&self, backup: &'a Backup, copy: &CopyMade) -> Option<String> {
        if let Some(why) = self.incomplete(copy) {
            return Some(why);
        }
        let incident = self.incident?;
        if let Some(why) = incident.unusable(backup.id.as_str()) {
            return Some(why.to_owned());
        }
        if backup.copy_type == Some(CopyType::Replica) && !self.is_physical(incident) {
            return Some("a replica repeats what was done to the original".into());
        }
        reach::obstacle(self.inventory, incident, backup)
    }

    /// Returns why a copy is not whole.
    pub fn incomplete(&self, copy: &CopyMade) -> Option<String> {
        match (copy.size, copy.rc) {
            (Some(size), _) if size.0 == 0 => Some("it is empty".into()),
            (_, Some(rc)) if rc != 0 => Some(format!("the tool that made it ended with code {rc}")),
            _ => None,
        }
    }

    fn is_physical(&self, incident: &Incident) -> bool {
        if incident.data.get(self.asset) == Some(&DataState::Corrupt) {
            return false;
        }
        let scenario = incident.scenario.as_deref().unwrap_or_default().to_lowercase();
        PHYSICAL.iter().any(|word| scenario.contains(word))
    }
}

/// Returns the newest copy that can be used.
pub fn choose<'a>(
    inventory: &'a Inventory,
    incident: Option<&Incident>,
    asset: &'a Asset,
) -> Choice<'a> {
    if incident.is_some_and(|incident| is_intact(incident, asset.id.as_str())) {
        return Choice { needed: false, chosen: None, refused: vec![] };
    }
    let filter = Filter { inventory, incident, asset: asset.id.as_str() };
    // The damage is not younger than its detection.
    let limit = incident.and_then(|incident| incident.damage_at.or(incident.detected_at));
    let mut usable: Vec<Chosen<'a>> = vec![];
    let mut refused = vec![];
    let mut refuse = |backup: &Backup, at: Option<Timestamp>, why: String| {
        let (asset, backup) = (asset.id.clone(), backup.id.clone());
        refused.push(Refused { asset, backup, at, why });
    };
    for backup in inventory.backups_of(asset.id.as_str()) {
        let mut copies = chain::copies(backup).peekable();
        if copies.peek().is_none() {
            refuse(backup, None, "no copy of it is known".into());
        }
        for copy in copies {
            match consider(&filter, backup, copy, limit) {
                Ok(chosen) => usable.push(chosen),
                Err(why) => refuse(backup, copy.at, why),
            }
        }
    }
    // Of equally new copies a tested one wins, then the one with fewer parts, then the one written first.
    let best = (0..usable.len()).max_by_key(|at| {
        let chosen = &usable[*at];
        let fewer = std::cmp::Reverse(chosen.chain.len());
        (chosen.at, tested(chosen.backup), fewer, std::cmp::Reverse(*at))
    });
    let chosen = best.map(|best| usable.remove(best));
    if let Some(chosen) = &chosen {
        let part = |other: &Chosen<'_>| {
            let other = other.chain.last().and_then(|link| link.copy);
            chosen
                .chain
                .iter()
                .filter_map(|link| link.copy)
                .any(|copy| other.is_some_and(|other| std::ptr::eq(copy, other)))
        };
        for other in usable.iter().filter(|other| !part(other)) {
            let why = match other.at == chosen.at {
                true => format!("{} is as new and was preferred", chosen.backup.id),
                false => format!("{} is newer", chosen.backup.id),
            };
            refuse(other.backup, other.at, why);
        }
    }
    Choice { needed: true, chosen, refused }
}

fn consider<'a>(
    filter: &Filter<'a, '_>,
    backup: &'a Backup,
    copy: &'a CopyMade,
    limit: Option<Timestamp>,
) -> Result<Chosen<'a>, String> {
    if let Some(why) = filter.obstacle(backup, copy) {
        return Err(why);
    }
    let made = copy.at.ok_or("when it was made is not known")?;
    let follows = matches!(backup.copy_type, Some(CopyType::Continuous | CopyType::Replica));
    let at = match limit {
        // A log can be replayed up to any instant it covers.
        Some(limit) if follows => made.min(limit),
        Some(limit) if made >= limit => {
            return Err(format!("it was made at {}, not before the damage", readable(made)));
        }
        _ => made,
    };
    let chain = chain::of(filter, backup, copy, at)?;
    Ok(Chosen { backup, at: Some(at), chain })
}

/// Returns whether a restore from a backup was ever tried.
pub fn tested(backup: &Backup) -> Tested {
    match &backup.last_restore_test {
        None => Tested::Unknown,
        Some(RestoreTest::Word(RestoreTestWord::Never | RestoreTestWord::No)) => Tested::Never,
        Some(RestoreTest::Word(RestoreTestWord::Yes) | RestoreTest::At(_)) => Tested::Passed,
        Some(RestoreTest::Result(test)) => match test.result {
            TestResult::Passed => Tested::Passed,
            TestResult::Failed => Tested::Failed,
        },
    }
}

impl Chosen<'_> {
    /// Returns what a person should know of the chosen copy.
    pub fn notes(&self, asset: &Asset) -> Vec<String> {
        let id = &self.backup.id;
        let mut notes = vec![];
        match tested(self.backup) {
            Tested::Never => notes.push(format!("a restore from {id} was never tried")),
            Tested::Unknown => {
                notes.push(format!("whether a restore from {id} was ever tried is not known"))
            }
            Tested::Failed => notes.push(format!("the last try to restore from {id} failed")),
            Tested::Passed => {}
        }
        if self.backup.copy_type.is_some_and(CopyType::needs_base) && self.chain.len() == 1 {
            notes.push(format!(
                "no full copy is known that {id} builds on; it counts as complete in itself"
            ));
        }
        if self.backup.repo.is_none() {
            notes.push(format!("where {id} is kept is not known"));
        }
        let whole = self.chain.first().and_then(|link| link.copy).and_then(|copy| copy.size);
        if let Some((copy, whole)) = whole.zip(asset.size) {
            let ratio = asset.compress_ratio.unwrap_or(1.0);
            if copy.0 as f64 * ratio * 20.0 < whole.0 as f64 {
                notes.push(format!(
                    "the copy has {copy} where the asset has {whole}: look whether it is whole"
                ));
            }
        }
        let attempt = self.backup.last_attempt.as_ref();
        if attempt.is_some_and(|attempt| attempt.rc.is_some_and(|rc| rc != 0)) {
            notes.push(format!("the newest run of {id} failed"));
        }
        notes
    }
}

/// Returns the numbers behind a point.
pub fn terms(incident: Option<&Incident>, point: &Point) -> Vec<Term> {
    let formula = match (incident, point.at) {
        (Some(incident), Some(at)) => match incident.damage_at {
            Some(damage) => format!("damage at {} - copy of {}", readable(damage), readable(at)),
            None => "damage at unknown - copy".into(),
        },
        (Some(_), None) => "damage - copy of unknown time".into(),
        (None, _) => "interval + duration of the backup".into(),
    };
    let name = match incident {
        Some(_) => format!("loss of {}", point.asset),
        None => format!("worst loss of {}", point.asset),
    };
    vec![Term {
        name,
        formula,
        value: point.loss_seconds.map(|loss| loss as f64),
        unit: "s",
        source: Source::Inventory,
    }]
}
