//! Which runbook fits: by the kind of asset, the tool of the copy, the scenario, and the words of the incident.

use super::library::Entry;
use super::{Library, Request};
use crate::estimate::Chosen;
use crate::inventory::{Asset, Backup, CopyType};
use crate::plan::Kind;

/// A runbook that could be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ranked {
    /// Its id.
    pub id: String,
    /// How well it fits; higher is better.
    pub score: u32,
    /// What speaks for it.
    pub reasons: Vec<String>,
}

/// Returns the runbooks that could be used, best first; of equals the one with the lesser path.
pub fn rank<'a>(
    request: &Request<'a>,
    asset: &'a Asset,
    chosen: Option<&Chosen<'a>>,
) -> Vec<Ranked> {
    let tool = tool(request, asset, chosen);
    let scenario =
        request.scenario.or(request.incident.and_then(|incident| incident.scenario.as_deref()));
    let words =
        request.incident.map(|incident| incident.words().to_lowercase()).unwrap_or_default();
    let mut ranking: Vec<Ranked> = vec![];
    for entry in &request.library.entries {
        let runbook = &entry.runbook;
        if runbook.kind != request.kind || !runbook.joins.is_empty() {
            continue;
        }
        let matches = &runbook.matches;
        let mut ranked = Ranked { id: runbook.id.to_string(), score: 0, reasons: vec![] };
        let mut add = |score: u32, reason: String| {
            ranked.score += score;
            ranked.reasons.push(reason);
        };
        match matches.kinds.contains(&asset.kind) {
            true => add(16, format!("it is for {}", asset.kind.word())),
            false if matches.kinds.is_empty() => {}
            false => continue,
        }
        match &tool {
            Some(Tool { name, copy_type })
                if matches.tools.iter().any(|known| is(known, name, copy_type)) =>
            {
                add(8, format!("it works with {name}"));
            }
            // A copy can only be read by what it was made with; a new one may be made with anything.
            Some(_)
                if request.kind == Kind::Backup && request.runbook == Some(runbook.id.as_str()) => {
            }
            Some(_) if !matches.tools.is_empty() => continue,
            None if !matches.tools.is_empty() && request.kind == Kind::Recovery => continue,
            Some(_) | None => {}
        }
        let said = |word: &&String| words.contains(&word.to_lowercase());
        match scenario {
            Some(scenario) if matches.scenarios.iter().any(|known| known == scenario) => {
                add(4, format!("it answers {scenario}"));
            }
            // One that is for certain disasters alone is also found by their words.
            Some(_) | None
                if matches.scenarios.is_empty() || matches.words.iter().any(|w| said(&w)) => {}
            Some(_) | None => continue,
        }
        for word in matches.words.iter().filter(said).take(3) {
            add(1, format!("the incident says \"{word}\""));
        }
        ranking.push(ranked);
    }
    ranking.sort_by_key(|ranked| std::cmp::Reverse(ranked.score));
    ranking
}

/// Returns what joins the plan of a runbook: by the start of the runbook's id, the kind of asset, and the scenario or
/// the words of the incident. What is for no scenario in particular joins always.
pub fn joining<'a>(request: &Request<'a>, asset: &Asset, runbook: &str) -> Vec<&'a Entry> {
    let scenario =
        request.scenario.or(request.incident.and_then(|incident| incident.scenario.as_deref()));
    let words =
        request.incident.map(|incident| incident.words().to_lowercase()).unwrap_or_default();
    let library: &'a Library = request.library;
    let joins = |entry: &&'a Entry| {
        let (runbook_file, matches) = (&entry.runbook, &entry.runbook.matches);
        let answers = scenario
            .is_some_and(|one| matches.scenarios.iter().any(|known| known == one))
            || matches.words.iter().any(|word| words.contains(&word.to_lowercase()))
            || matches.scenarios.is_empty() && matches.words.is_empty();
        runbook_file.kind == request.kind
            && runbook_file.joins.iter().any(|start| runbook.starts_with(start.as_str()))
            && (matches.kinds.is_empty() || matches.kinds.contains(&asset.kind))
            && answers
    };
    library.entries.iter().filter(joins).collect()
}

/// The tool of a copy, and the kind of copy.
struct Tool<'a> {
    name: &'a str,
    copy_type: &'static str,
}

/// Returns the asset's backup that a new copy is one of: the one made with a tool of the runbook that is asked for, else
/// the first.
pub fn made_by<'a>(request: &Request<'a>, asset: &Asset) -> Option<&'a Backup> {
    let wanted = request.runbook.and_then(|id| request.library.get(id));
    let tools = wanted.map_or(&[][..], |entry| &entry.runbook.matches.tools);
    let inventory: &'a crate::inventory::Inventory = request.inventory;
    let backups = || {
        let own = |backup: &&Backup| backup.asset.as_ref() == Some(&asset.id);
        inventory.backups.iter().filter(own)
    };
    let fits = |backup: &&Backup| {
        tool_of(backup)
            .is_some_and(|tool| tools.iter().any(|known| is(known, tool.name, tool.copy_type)))
    };
    backups().find(fits).or_else(|| backups().next())
}

/// Tells whether a runbook's word for a tool, `tar`, `tar:incremental` or `:snapshot`, is this one. A copy of
/// another kind than an increment counts as full.
fn is(known: &str, name: &str, copy_type: &str) -> bool {
    match known.split_once(':') {
        Some((tool, of)) => {
            let fits = of == copy_type || of == "full" && copy_type != "incremental";
            fits && (tool.is_empty() || tool == name)
        }
        None => known == name,
    }
}

fn tool_of<'a>(backup: &'a Backup) -> Option<Tool<'a>> {
    let copy_type = match backup.copy_type {
        Some(CopyType::Incremental | CopyType::Differential) => "incremental",
        Some(CopyType::Continuous) => "continuous",
        Some(CopyType::Snapshot) => "snapshot",
        Some(CopyType::Replica) => "replica",
        Some(CopyType::Full) | None => "full",
    };
    let name = match (backup.tool.as_deref(), backup.copy_type) {
        (Some(name), _) => name,
        // Whatever makes a snapshot or a live copy, it is used in the same way.
        (None, Some(CopyType::Snapshot | CopyType::Replica)) => "",
        (None, _) => return None,
    };
    Some(Tool { name, copy_type })
}

/// Returns the tool of the copy; for a new copy that of the asset's backups, where it has any.
fn tool<'a>(
    request: &Request<'a>,
    asset: &'a Asset,
    chosen: Option<&Chosen<'a>>,
) -> Option<Tool<'a>> {
    let backups = || request.inventory.backups_of(asset.id.as_str());
    match request.kind {
        // An archived log is played into what the copy below it was made with, so that one's tool decides.
        Kind::Recovery => tool_of(match chosen?.backup.copy_type {
            Some(CopyType::Continuous) => chosen?.chain.first()?.backup,
            Some(
                CopyType::Full
                | CopyType::Incremental
                | CopyType::Differential
                | CopyType::Snapshot
                | CopyType::Replica,
            )
            | None => chosen?.backup,
        }),
        Kind::Backup => backups()
            .filter_map(tool_of)
            .find(|tool| tool.copy_type == "incremental")
            .or_else(|| backups().find_map(tool_of)),
    }
}
