//! What a model is told: the starting plan, the part of the inventory that matters, the numbers, the words of people and logs.

use std::collections::BTreeSet;

use super::budget::tokens;
use super::guards::freedom;
use super::rejected::Reason;
use crate::base::{document, readable};
use crate::draft::{Draft, Request};
use crate::inventory::{Asset, v1};
use crate::plan::{Plan, Step};

/// Copies of one backup that are told, newest last.
const COPIES: usize = 6;

/// Lines of fixed commands that are shown: enough to see what they are for.
const FIXED_LINES: usize = 12;

/// What a pasted log is called.
const LOG: &str = "pasted log";

/// Returns the starting plan within so many tokens, every step of it: where it is longer, commands are left out, those that
/// may not change first. A step whose commands are not all shown can only be kept.
pub fn skeleton(plan: &Plan, most: u32) -> String {
    let with = |fixed, others| written(plan, fixed, others);
    let shorter = [(FIXED_LINES, usize::MAX), (0, usize::MAX), (0, 60), (0, 24), (0, 8)];
    shorter
        .into_iter()
        .map(|(fixed, others)| with(fixed, others))
        .find(|text| tokens(text) <= most)
        .unwrap_or_else(|| with(0, 0))
}

fn written(plan: &Plan, fixed: usize, others: usize) -> String {
    let mut text = format!("title: {}\n", plan.title);
    let assumptions = plan.scope.iter().flat_map(|scope| &scope.assumptions);
    for assumption in assumptions {
        text.push_str(&format!("assumption: {assumption}\n"));
    }
    for step in &plan.steps {
        let freedom = freedom(plan, step);
        text.push_str(&format!("\nstep {} ({})\n", step.id, freedom.told()));
        let lines = match freedom {
            super::guards::Freedom::Fixed => fixed,
            super::guards::Freedom::Changeable | super::guards::Freedom::Optional => others,
        };
        text.push_str(&step_text(step, lines));
    }
    text
}

/// Returns one step, its commands cut to so many lines.
pub fn step_text(step: &Step, lines: usize) -> String {
    let mut text = String::new();
    let mut line = |name: &str, value: Option<&str>| {
        if let Some(value) = value.filter(|value| !value.is_empty()) {
            text.push_str(&format!("  {name}: {value}\n"));
        }
    };
    let needs: Vec<&str> = step.needs.iter().map(|id| id.as_str()).collect();
    line("phase", step.phase.map(|phase| phase.word()));
    line("title", Some(&step.title));
    line("kind", Some(step.kind.word()));
    line("host", step.host.as_ref().map(|host| host.as_str()));
    line("asset", step.asset.as_ref().map(|asset| asset.as_str()));
    line("needs", Some(&needs.join(", ")));
    line("risk", step.risk.map(|risk| risk.word()));
    line("timeout", step.timeout.map(|timeout| format!("{}s", timeout.0)).as_deref());
    line("on_failure", step.on_failure.map(|word| word.word()));
    line("safety_copy", step.safety_copy.as_ref().map(|copy| copy.as_str()));
    line("why", step.why.as_deref());
    line("expect", step.expect.as_deref());
    for (name, commands) in
        [("run", &step.run), ("check", &step.check), ("rollback", &step.rollback)]
    {
        if let Some(commands) = commands {
            text.push_str(&block(name, commands, lines));
        }
    }
    text
}

fn block(name: &str, commands: &str, lines: usize) -> String {
    let mut text = format!("  {name}: |\n");
    for line in commands.lines().take(lines) {
        text.push_str(&format!("    {line}\n"));
    }
    let left = commands.lines().count().saturating_sub(lines);
    if left > 0 {
        text.push_str(&format!("    [{left} more lines, not shown: keep this step]\n"));
    }
    text
}

/// Returns the part of the inventory a plan for this asset can rest on, in the inventory's own words: the asset, what it
/// needs and what needs it, their hosts and sites, the copies and where they are; of secrets the ids alone.
pub fn facts(request: &Request<'_>, asset: &Asset) -> String {
    let inventory = request.inventory;
    let assets = related(request, asset);
    let is_related = |id: &str| assets.iter().any(|asset| asset.id.as_str() == id);
    let backups: Vec<v1::Backup> =
        inventory.backups_of(asset.id.as_str()).cloned().map(with_few_copies).collect();
    let repos: Vec<v1::Repo> = inventory
        .repos
        .iter()
        .filter(|repo| backups.iter().any(|backup| backup.repo.as_ref() == Some(&repo.id)))
        .cloned()
        .collect();
    let hosts: Vec<v1::Host> = inventory
        .hosts
        .iter()
        .filter(|host| {
            let of_asset = assets.iter().any(|asset| asset.host.as_ref() == Some(&host.id));
            of_asset || repos.iter().any(|repo| repo.host.as_ref() == Some(&host.id))
        })
        .cloned()
        .collect();
    let sites: BTreeSet<&str> = hosts
        .iter()
        .filter_map(|host| host.site.as_ref())
        .chain(assets.iter().filter_map(|asset| asset.site.as_ref()))
        .chain(repos.iter().filter_map(|repo| repo.site.as_ref()))
        .map(|id| id.as_str())
        .collect();
    let keys: Vec<&crate::base::Id> =
        backups.iter().filter_map(|backup| backup.encryption.as_ref()?.key.as_ref()).collect();
    let secrets = inventory.secrets.iter().filter(|secret| keys.contains(&&secret.id));
    let secrets =
        secrets.map(|secret| v1::SecretEntry { kept: vec![], read_from: None, ..secret.clone() });
    let told = v1::Inventory {
        schema: v1::Tag::V1,
        sites: inventory
            .sites
            .iter()
            .filter(|site| sites.contains(site.id.as_str()))
            .cloned()
            .collect(),
        links: inventory
            .links
            .iter()
            .filter(|link| sites.contains(link.from.as_str()) && sites.contains(link.to.as_str()))
            .cloned()
            .collect(),
        secrets: secrets.collect(),
        contacts: vec![],
        assets: assets
            .iter()
            .map(|asset| {
                let mut told = (*asset).clone();
                told.depends_on.retain(|id| is_related(id.as_str()));
                told
            })
            .collect(),
        backups,
        repos,
        hosts,
    };
    let text = document::write(&told);
    // The first line names the format; empty lists say nothing.
    let said = text.lines().filter(|line| !line.starts_with("schema:") && !line.ends_with(": []"));
    said.collect::<Vec<_>>().join("\n")
}

fn with_few_copies(mut backup: v1::Backup) -> v1::Backup {
    let extra = backup.copies.len().saturating_sub(COPIES);
    backup.copies.drain(..extra);
    backup
}

/// Returns the asset, everything it needs, and everything that needs it, nearest first, at most thirty.
fn related<'a>(request: &Request<'a>, asset: &Asset) -> Vec<&'a Asset> {
    let inventory = request.inventory;
    let mut found: Vec<&Asset> = inventory.asset(asset.id.as_str()).into_iter().collect();
    for toward in [Toward::Needs, Toward::Needed] {
        let mut at = 0;
        let mut open: Vec<&Asset> = found.iter().take(1).copied().collect();
        while let Some(next) = open.get(at).copied() {
            at += 1;
            let others: Vec<&Asset> = match toward {
                Toward::Needs => {
                    next.depends_on.iter().filter_map(|id| inventory.asset(id.as_str())).collect()
                }
                Toward::Needed => inventory.dependents_of(next.id.as_str()).collect(),
            };
            for other in others {
                if found.len() < 30 && !found.iter().any(|known| known.id == other.id) {
                    found.push(other);
                    open.push(other);
                }
            }
        }
    }
    found
}

#[derive(Clone, Copy)]
enum Toward {
    Needs,
    Needed,
}

/// Returns what the incident says in fields.
pub fn incident(request: &Request<'_>) -> String {
    let Some(incident) = request.incident else {
        return "No incident: the plan is made ahead of time.".into();
    };
    let mut text = format!("id: {}\n", incident.id);
    let mut line = |name: &str, value: Option<String>| {
        if let Some(value) = value.filter(|value| !value.is_empty()) {
            text.push_str(&format!("{name}: {value}\n"));
        }
    };
    let list =
        |ids: &[crate::base::Id]| ids.iter().map(|id| id.as_str()).collect::<Vec<_>>().join(", ");
    line("scenario", incident.scenario.clone());
    line("environment", incident.environment.clone());
    line("affected", Some(list(&incident.affected)));
    line("lost", Some(list(&incident.lost)));
    line("damage_at", incident.damage_at.map(readable));
    line("detected_at", incident.detected_at.map(readable));
    for (asset, state) in &incident.data {
        let word =
            serde_json::to_value(state).ok().and_then(|word| word.as_str().map(str::to_owned));
        line(&format!("data of {asset}"), word);
    }
    for copy in &incident.unusable {
        line("unusable copy", Some(copy.backup.to_string()));
    }
    text
}

/// Returns the texts of people and machines, each with what it is. They are quoted, never obeyed.
pub fn untrusted(request: &Request<'_>) -> Vec<(String, String)> {
    let Some(incident) = request.incident else {
        return vec![];
    };
    let mut texts = vec![];
    let mut add = |what: String, text: &str| {
        if !text.trim().is_empty() {
            texts.push((what, text.to_owned()));
        }
    };
    add("title of the incident".into(), incident.title.as_deref().unwrap_or_default());
    add(
        "description, as typed by the operator".into(),
        incident.description.as_deref().unwrap_or_default(),
    );
    add("constraints, as typed by the operator".into(), &incident.constraints.join("\n"));
    let reasons = incident
        .unusable
        .iter()
        .filter_map(|copy| Some(format!("{}: {}", copy.backup, copy.why.as_ref()?)));
    add("why copies are not usable".into(), &reasons.collect::<Vec<_>>().join("\n"));
    for (at, text) in incident.evidence.iter().enumerate() {
        add(format!("{LOG} {}", at + 1), text);
    }
    texts
}

/// Tells whether a text is a pasted log, by what it is.
pub fn is_log(what: &str) -> bool {
    what.starts_with(LOG)
}

/// Returns the numbers that code computed.
pub fn numbers(draft: &Draft) -> String {
    let estimate = &draft.estimate;
    let mut text = String::new();
    let seconds = |seconds: u64| format!("{seconds} s ({})", human(seconds));
    for point in &estimate.recovery_points {
        let at = point.at.map_or_else(|| "an unknown time".to_owned(), readable);
        text.push_str(&format!("recovery point of {}: {} as of {at}\n", point.asset, point.backup));
        let loss = point.loss_seconds.and_then(|loss| u64::try_from(loss).ok());
        text.push_str(&format!(
            "  data lost: {}\n",
            loss.map_or_else(|| "unknown".to_owned(), seconds)
        ));
        for note in &point.notes {
            text.push_str(&format!("  note: {note}\n"));
        }
    }
    if estimate.recovery_points.is_empty() {
        text.push_str("no copy is restored\n");
    }
    for refused in &estimate.refused {
        let at = refused.at.map(|at| format!(" of {}", readable(at))).unwrap_or_default();
        text.push_str(&format!("not usable: {}{at}: {}\n", refused.backup, refused.why));
    }
    if let Some(rto) = &estimate.rto {
        let known = |value: Option<u64>| value.map_or_else(|| "unknown".to_owned(), seconds);
        text.push_str(&format!(
            "time to recover: {} as likely as not, {} nine times in ten\n",
            known(rto.p50_seconds),
            known(rto.p90_seconds)
        ));
    }
    for exposure in &estimate.exposure {
        let worst = exposure.worst_seconds.map_or_else(|| "unknown".to_owned(), seconds);
        text.push_str(&format!("most that can be lost with {}: {worst}\n", exposure.backup));
    }
    for question in &draft.questions {
        text.push_str(&format!("open question: {question}\n"));
    }
    text
}

/// Returns seconds in the units people use.
fn human(seconds: u64) -> String {
    match seconds {
        0..=119 => format!("{seconds} s"),
        120..=7_199 => format!("{} min", seconds.div_ceil(60)),
        _ => format!("{} h {} min", seconds / 3_600, seconds % 3_600 / 60),
    }
}

/// Returns reasons as lines, for the model.
pub fn reasons(reasons: &[Reason]) -> String {
    let mut text = String::new();
    for reason in reasons {
        let code = reason.code.as_deref().unwrap_or(reason.ground.word());
        let part = reason.part.word();
        let place = match (part, reason.line) {
            ("", _) => String::new(),
            (part, Some(line)) => format!(" ({part}, line {line})"),
            (part, None) => format!(" ({part})"),
        };
        text.push_str(&format!("  - {code}{place}: {}\n", reason.why));
        if let Some(fix) = &reason.fix {
            text.push_str(&format!("    instead: {fix}\n"));
        }
    }
    text
}
