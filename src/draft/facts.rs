//! What templates may say: the facts of the asset, its copies, its place and its users, as one value.

use std::collections::HashSet;

use minijinja::Value;
use serde_json::{Value as Json, json};

use super::parameters::path;
use super::{Request, postgres, rank, said, surroundings};
use crate::base::{Id, escape};
use crate::estimate::{self, Choice};
use crate::inventory::{Asset, Backup, CopyMade, CopyType, Immutable, Inventory, Repo};
use crate::plan::Kind;

/// Seconds a step that only renames may take; a rename across layers of a sandbox copies.
const RENAME_LIMIT: u64 = 600;

/// Seconds a step that reads or writes all the data may take where nothing says how long it takes.
const DATA_LIMIT: u64 = 4 * 3_600;

/// Facts for templates. Every text is there, empty where the inventory lacks it, so that a template can ask for it.
#[derive(Debug)]
pub struct Facts {
    /// The facts as templates see them.
    pub value: Value,
    /// What is missing or cannot be used, for a person.
    pub questions: Vec<String>,
}

impl Facts {
    /// Gathers the facts about one asset.
    pub fn collect(request: &Request<'_>, asset: &Asset, choice: &Choice<'_>) -> Self {
        let chosen = choice.chosen.as_ref();
        let inventory = request.inventory;
        let mut questions = vec![];
        let tag = request.now.strftime("%Y%m%dT%H%M%SZ").to_string();
        let paths = paths(asset, &mut questions);
        let places = places(&paths, &tag);
        let backup = match (chosen, request.kind) {
            (Some(chosen), _) => Some(chosen.backup),
            (None, Kind::Recovery) => None,
            (None, Kind::Backup) => rank::made_by(request, asset),
        };
        let repo = backup
            .and_then(|backup| backup.repo.as_ref())
            .and_then(|repo| inventory.repo(repo.as_str()));
        let chain: Vec<Json> = chosen
            .iter()
            .flat_map(|chosen| &chosen.chain)
            .map(|link| {
                let repo = link.backup.repo.as_ref();
                let repo = repo.and_then(|repo| inventory.repo(repo.as_str()));
                copy_facts(link.backup, link.copy, repo)
            })
            .collect();
        let archives: Vec<&str> = chain.iter().filter_map(|copy| copy["path"].as_str()).collect();
        let complete = !archives.is_empty() && archives.iter().all(|archive| !archive.is_empty());
        let archives = if complete { archives } else { vec![] };
        let earlier = &archives[..archives.len().saturating_sub(1)];
        let copy = chain.last().cloned().unwrap_or_else(|| {
            backup.map_or_else(empty_copy, |backup| copy_facts(backup, None, repo))
        });
        let at = chosen.and_then(|chosen| chosen.at);
        let services = services(inventory, asset);
        let started: Vec<Json> = services.iter().rev().cloned().collect();
        let transfer =
            chosen.and_then(|chosen| estimate::transfer_seconds(inventory, asset, chosen));
        let data_limit =
            transfer.map_or(DATA_LIMIT, |seconds| (seconds * 4.0).ceil().max(900.0) as u64);
        let table = request.incident.map(|incident| dropped_table(&incident.words()));
        let table = table.unwrap_or_else(|| dropped_table(""));
        let place = |name: &str| places.first().map_or(Json::from(""), |place| place[name].clone());
        let is_several = paths.len() > 1;
        let facts = json!({
            "asset": {
                "id": asset.id, "kind": asset.kind.word(), "paths": paths, "size": asset.size.map_or(0, |size| size.0),
                "run_as": text(&asset.run_as), "owner": owner(inventory, asset), "version": text(&asset.version),
                "endpoint": text(&asset.endpoint),
            },
            "host": host(inventory, asset),
            "peer": peer(inventory, asset),
            "paths": places,
            "work": place("work"), "tree": place("tree"), "aside": place("aside"),
            "works": places.iter().map(|place| place["work"].clone()).collect::<Vec<_>>(),
            "asides": places.iter().map(|place| place["aside"].clone()).collect::<Vec<_>>(),
            "base": if is_several { "/" } else { paths.first().map_or("", String::as_str) },
            "members": match is_several {
                true => paths.iter().map(|path| path.trim_start_matches('/').to_owned()).collect(),
                false => vec![".".to_owned()],
            },
            "backup": {
                "id": backup.map_or("", |backup| backup.id.as_str()),
                "tool": backup.map_or("", |backup| backup.tool.as_deref().unwrap_or_default()),
            },
            "copy": copy, "chain": &chain, "archives": archives, "earlier": earlier,
            "point": said(at),
            "not_after": not_after(request),
            "last_manifest": if is_several { format!("/manifest.{}", paths.len()) } else { "/manifest".to_owned() },
            "repo": {
                "id": repo.map_or("", |repo| repo.id.as_str()), "kind": repo.map_or("", |repo| repo.kind.as_deref().unwrap_or_default()),
                "address": repo.map_or_else(String::new, address),
                "host": repo.and_then(|repo| repo.host.as_ref()).map_or("", Id::as_str),
                "is_offline": repo.is_some_and(|repo| repo.immutable == Some(Immutable::Offline)),
                "site": repo.and_then(|repo| repo.site.as_ref()).map_or("", Id::as_str),
            },
            "intact": request.incident.is_some_and(|incident| estimate::is_intact(incident, asset.id.as_str())),
            "key": key(backup),
            "destination": destination(asset, backup, repo),
            "compression": compression(&copy),
            "retention": { "keep": keep(backup) },
            "schedule": schedule(backup),
            "incident": {
                "id": request.incident.map_or("", |incident| incident.id.as_str()),
                "title": request.incident.map_or("", |incident| incident.title.as_deref().unwrap_or_default()),
                "schema": table.0, "table": table.1,
                "damage_at": request.incident.map_or_else(String::new, |incident| said(incident.damage_at)),
            },
            "scenario": request.scenario.or(request.incident.and_then(|incident| incident.scenario.as_deref())).unwrap_or_default(),
            "services": services, "services_start": started,
            "limits": { "restore": data_limit, "read": data_limit, "backup": data_limit, "rename": RENAME_LIMIT },
            "defective": defective(request, choice),
            "around": surroundings::facts(request, asset),
            "postgres": postgres::facts(request, asset, chosen, &chain, &tag),
            "tag": tag,
        });
        Self { value: Value::from(minijinja::value::Serde(facts)), questions }
    }
}

/// Returns the copies that are refused because something is wrong with them, not because a better one exists.
fn defective(request: &Request<'_>, choice: &Choice<'_>) -> Vec<Json> {
    let is_defect = |backup: &Id| {
        let unusable = request.incident.is_some_and(|one| one.unusable(backup.as_str()).is_some());
        let torn = |copy: &CopyMade| {
            copy.size.is_some_and(|size| size.0 == 0) || copy.rc.is_some_and(|rc| rc != 0)
        };
        let made = request.inventory.backup(backup.as_str()).map(|backup| &backup.last_success);
        unusable || made.is_some_and(|made| made.as_ref().is_none_or(torn))
    };
    let mut found: Vec<Json> = vec![];
    for refused in choice.refused.iter().filter(|refused| is_defect(&refused.backup)) {
        let known = |one: &Json| one["backup"].as_str() == Some(refused.backup.as_str());
        if !found.iter().any(known) {
            found.push(json!({ "backup": refused.backup, "why": escape::one_line(&refused.why) }));
        }
    }
    found
}

/// Returns schema and name of the table that a DROP or TRUNCATE in a text names; the name is empty where there is none.
fn dropped_table(text: &str) -> (String, String) {
    let words: Vec<&str> = text.split_whitespace().collect();
    let is =
        |at: usize, word: &str| words.get(at).is_some_and(|one| one.eq_ignore_ascii_case(word));
    let starts = |at: &usize| (is(*at, "drop") || is(*at, "truncate")) && is(at + 1, "table");
    let Some(at) = (0..words.len()).find(starts) else {
        return ("public".into(), String::new());
    };
    let at = if is(at + 2, "if") && is(at + 3, "exists") { at + 4 } else { at + 2 };
    let name = words.get(at).copied().unwrap_or_default();
    let plain = |c: char| c.is_alphanumeric() || matches!(c, '_' | '.' | '$');
    let name: String = name.chars().take_while(|c| plain(*c)).collect();
    let name = name.trim_matches('.').to_lowercase();
    let (schema, table) = name.split_once('.').unwrap_or(("public", &name));
    (schema.to_owned(), table.to_owned())
}

fn text(value: &Option<String>) -> &str {
    value.as_deref().unwrap_or_default()
}

/// Returns the paths of an asset, or none and a question where one of them cannot be replaced as a whole.
fn paths(asset: &Asset, questions: &mut Vec<String>) -> Vec<String> {
    let mut paths = vec![];
    for raw in &asset.paths {
        match path(raw) {
            Ok(path) if path == "/" => questions.push(format!(
                "which directories of {} are the data? The whole of / cannot be replaced while it is in use",
                asset.id
            )),
            Ok(path) => paths.push(path),
            Err(why) => questions.push(format!(
                "the path \"{}\" of {} {why}: where is the data?",
                escape::one_line(raw),
                asset.id
            )),
        }
    }
    if asset.paths.is_empty() {
        questions.push(format!("where is the data of {}? The inventory names no paths", asset.id));
    }
    let nested = |path: &String| {
        let inside = |other: &String| other != path && path.starts_with(&format!("{other}/"));
        paths.iter().any(inside)
    };
    if let Some(path) = paths.iter().find(|path| nested(path)) {
        questions.push(format!(
            "\"{}\" lies inside another path of {}",
            escape::one_line(path),
            asset.id
        ));
        return vec![];
    }
    if paths.len() < asset.paths.len() { vec![] } else { paths }
}

/// Returns each path with the names a recovery uses beside it.
fn places(paths: &[String], tag: &str) -> Vec<Json> {
    paths
        .iter()
        .enumerate()
        .map(|(at, path)| {
            let parent = match path.rsplit_once('/') {
                Some(("", _)) | None => "/",
                Some((parent, _)) => parent,
            };
            let suffix = if paths.len() > 1 { format!(".{}", at + 1) } else { String::new() };
            json!({
                "path": path, "parent": parent, "suffix": suffix, "n": at + 1,
                "work": format!("{path}.restoring-{tag}"),
                "tree": format!("{path}.restoring-{tag}/tree"),
                "aside": format!("{path}.before-{tag}"),
            })
        })
        .collect()
}

/// Returns the instant behind which no copy may be taken, in UTC: the damage, its detection, or now.
fn not_after(request: &Request<'_>) -> String {
    let damage = request.incident.and_then(|incident| incident.damage_at.or(incident.detected_at));
    damage.unwrap_or(request.now).strftime("%Y-%m-%d %H:%M:%S").to_string()
}

fn empty_copy() -> Json {
    json!({ "backup": "", "path": "", "id": "", "sha256": "", "size": 0, "at": said(None), "host": "" })
}

fn copy_facts(backup: &Backup, copy: Option<&CopyMade>, repo: Option<&Repo>) -> Json {
    let relative = copy.and_then(|copy| copy.path.as_deref()).or(backup.path.as_deref());
    let root = repo.and_then(|repo| repo.path.as_deref());
    let place = match (root, relative) {
        (_, Some(relative)) if relative.starts_with('/') => relative.to_owned(),
        (Some(root), Some(relative)) => format!("{root}/{relative}"),
        (Some(_) | None, _) => String::new(),
    };
    json!({
        "backup": backup.id,
        "path": path(&place).unwrap_or_default(),
        "id": copy.map_or("", |copy| text(&copy.id)),
        "sha256": copy.map_or_else(String::new, |copy| text(&copy.sha256).to_lowercase()),
        "size": copy.and_then(|copy| copy.size).map_or(0, |size| size.0),
        "at": said(copy.and_then(|copy| copy.at)),
        "host": repo.and_then(|repo| repo.host.as_ref()).map_or("", Id::as_str),
    })
}

/// Returns where a backup's copies go: its own directory, or one with the asset's name below the repository.
fn destination(asset: &Asset, backup: Option<&Backup>, repo: Option<&Repo>) -> String {
    let root = repo.and_then(|repo| repo.path.as_deref()).unwrap_or_default();
    let own = backup.and_then(|backup| backup.path.as_deref()).unwrap_or_default();
    let (parent, name) = own.rsplit_once('/').unwrap_or(("", own));
    let is_one_copy =
        [".t", ".db", ".dump", ".sql"].iter().any(|end| name.contains(end)) || is_stamped(name);
    // Nothing is ever written into a snapshot, which is somebody else's single copy.
    let is_snapshot = backup.is_some_and(|one| one.copy_type == Some(CopyType::Snapshot));
    let directory = match (is_one_copy, is_snapshot && !root.is_empty()) {
        (_, true) => "",
        (false, false) if !is_snapshot => own,
        (_, false) => parent,
    };
    let place = match (directory, root) {
        (directory, _) if directory.starts_with('/') => directory.to_owned(),
        (_, "") => String::new(),
        ("", root) => format!("{root}/{}", asset.id),
        (directory, root) => format!("{root}/{directory}"),
    };
    path(&place).unwrap_or_default()
}

/// Tells whether a name begins with the instant of a copy, as the runbooks name theirs: `20261120T000000Z-base`.
fn is_stamped(name: &str) -> bool {
    let stamp = name.split(['-', '.']).next().unwrap_or_default();
    let shape: String = stamp.chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect();
    shape == "00000000T000000Z"
}

fn address(repo: &Repo) -> String {
    let own = repo.url.as_deref().or(repo.path.as_deref());
    own.unwrap_or_default().to_owned()
}

fn key(backup: Option<&Backup>) -> &str {
    let encryption = backup.and_then(|backup| backup.encryption.as_ref());
    encryption.and_then(|encryption| encryption.key.as_ref()).map_or("", Id::as_str)
}

fn compression(copy: &Json) -> &'static str {
    let path = copy["path"].as_str().unwrap_or_default();
    match path {
        path if path.ends_with(".xz") || path.ends_with(".txz") => "xz",
        path if path.ends_with(".zst") || path.ends_with(".tzst") => "zstd",
        _ => "gzip",
    }
}

fn keep(backup: Option<&Backup>) -> u32 {
    let retention = backup.and_then(|backup| backup.retention.as_ref());
    let last = retention.and_then(|retention| retention.keep_last.or(retention.daily));
    last.unwrap_or(7).max(1)
}

/// Returns when a backup runs as a systemd calendar expression: its own, where it is one, else from its interval.
fn schedule(backup: Option<&Backup>) -> String {
    let calendar = |text: &&str| {
        let known = |c: char| c.is_ascii_alphanumeric() || " *:,/.~-".contains(c);
        text.chars().all(known) && text.contains([':', '*'])
    };
    let own = backup.and_then(|backup| backup.schedule.as_deref()).filter(calendar);
    let hours = backup.and_then(|backup| backup.interval).map_or(24, |interval| interval.0 / 3_600);
    own.map(str::to_owned).unwrap_or_else(|| {
        match hours {
            0..=1 => "*-*-* *:00:00",
            2..=6 => "*-*-* 00/6:00:00",
            7..=24 => "*-*-* 02:00:00",
            _ => "Sun *-*-* 02:00:00",
        }
        .to_owned()
    })
}

/// Returns the name of whoever answers for an asset.
pub fn owner(inventory: &Inventory, asset: &Asset) -> String {
    let Some(owner) = &asset.owner else {
        return "its owner".into();
    };
    let contact = inventory.contacts.iter().find(|contact| contact.id == *owner);
    let name = contact.and_then(|contact| contact.name.clone());
    name.unwrap_or_else(|| owner.to_string())
}

fn host(inventory: &Inventory, asset: &Asset) -> Json {
    let host = asset.host.as_ref().and_then(|host| inventory.host(host.as_str()));
    let identity = host.and_then(|host| host.identity.as_ref());
    json!({
        "id": asset.host.as_ref().map_or("", Id::as_str),
        "hostname": identity.map_or("", |identity| text(&identity.hostname)),
        "machine_id": identity.map_or("", |identity| text(&identity.machine_id)),
    })
}

/// Returns the live copy an asset replicates with, every text empty where there is none.
fn peer(inventory: &Inventory, asset: &Asset) -> Json {
    let replication = asset.replication.as_ref();
    let peer =
        replication.and_then(|replication| inventory.asset(replication.peer.as_ref()?.as_str()));
    let host = peer.map_or_else(|| json!({}), |peer| host(inventory, peer));
    let of_host = |name: &str| host.get(name).cloned().unwrap_or_else(|| Json::from(""));
    json!({
        "id": peer.map_or("", |peer| peer.id.as_str()), "endpoint": peer.map_or("", |peer| text(&peer.endpoint)),
        "run_as": peer.map_or("", |peer| text(&peer.run_as)),
        "host": of_host("id"), "hostname": of_host("hostname"), "machine_id": of_host("machine_id"),
    })
}

/// Returns the services that write to an asset or need it, in the order in which they are stopped: what depends on
/// others first.
fn services(inventory: &Inventory, asset: &Asset) -> Vec<Json> {
    let mut reached: Vec<&Asset> = vec![asset];
    let mut known: HashSet<&str> = HashSet::from([asset.id.as_str()]);
    let mut at = 0;
    while let Some(next) = reached.get(at).copied() {
        at += 1;
        for dependent in inventory.dependents_of(next.id.as_str()) {
            if known.insert(dependent.id.as_str()) {
                reached.push(dependent);
            }
        }
    }
    let mut services: Vec<Json> = vec![];
    let mut seen = HashSet::new();
    let mut slugs = HashSet::new();
    for asset in reached.into_iter().rev() {
        let host = asset.host.as_ref().map_or("", Id::as_str);
        let writers = asset.services.iter().filter(|name| !postgres::is_server(asset, name));
        for name in writers.filter(|name| seen.insert((host, name.as_str()))) {
            let plain = |c: char| {
                if c.is_ascii_alphanumeric() || "._-".contains(c) { c } else { '-' }
            };
            let slug: String = name.chars().take(60).map(plain).collect();
            let mut slug = if host.is_empty() { slug } else { format!("{slug}-{host}") };
            while !slugs.insert(slug.clone()) {
                slug.push('x');
            }
            services.push(json!({ "name": name, "slug": slug, "host": host, "asset": asset.id }));
        }
    }
    services
}
