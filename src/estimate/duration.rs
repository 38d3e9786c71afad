//! How long a recovery takes: the data through its narrowest place, and the steps around it.

use std::collections::HashMap;

use super::point::Chosen;
use super::v1::{Rto, Source, Term};
use crate::inventory::{Asset, Backup, Inventory, Repo};
use crate::plan::{self, Order, Phase, Plan, Step, StepKind};

/// What people and their tools need beside the data: notice, decide, log in, prepare, verify, switch over.
const FIXED_SECONDS: f64 = 3_600.0;

/// How much longer than the median nine recoveries in ten take.
const P90_FACTOR: f64 = 1.5;

/// Share of a link that payload gets where the inventory does not say.
const EFFICIENCY: f64 = 0.9;

/// Returns the duration of a recovery of `asset` from a copy, and adds its terms.
///
/// With a plan it is the critical path over the steps, the data counted on the step that restores it; a plan in which
/// nothing runs, and no plan, count the fixed default.
pub fn rto(
    inventory: &Inventory,
    asset: &Asset,
    chosen: Option<&Chosen<'_>>,
    plan: Option<&Plan>,
    terms: &mut Vec<Term>,
) -> Rto {
    let transfer = match chosen {
        Some(chosen) => transfer(inventory, asset, chosen, terms),
        None => Some(0.0),
    };
    let running = plan.filter(|plan| plan.steps.iter().any(Step::runs));
    let (p50, critical_path) = match running {
        Some(plan) => along(plan, asset, transfer, terms),
        None => {
            terms.push(Term {
                name: "fixed steps".into(),
                formula: "60 min to assess, decide, prepare, verify and switch over".into(),
                value: Some(FIXED_SECONDS),
                unit: "s",
                source: Source::Default,
            });
            let path = vec!["restore".to_owned(), "fixed steps".to_owned()];
            (transfer.map(|transfer| transfer + FIXED_SECONDS), path)
        }
    };
    let p90 = p50.map(|p50| p50 * P90_FACTOR);
    terms.push(Term {
        name: "duration, p90".into(),
        formula: format!("{P90_FACTOR} x the median"),
        value: p90,
        unit: "s",
        source: Source::Default,
    });
    let rto = asset.targets.and_then(|targets| targets.rto);
    Rto {
        p50_seconds: p50.map(whole),
        p90_seconds: p90.map(whole),
        rto_seconds: rto.map(|rto| rto.0),
        meets_rto: p90.zip(rto).map(|(p90, rto)| whole(p90) <= rto.0),
        critical_path,
    }
}

fn whole(seconds: f64) -> u64 {
    seconds.ceil() as u64
}

/// Returns the seconds the data takes: for each copy of the chain its size over the narrowest rate that is known,
/// and the time before the first byte comes.
pub fn transfer(
    inventory: &Inventory,
    asset: &Asset,
    chosen: &Chosen<'_>,
    terms: &mut Vec<Term>,
) -> Option<f64> {
    let mut total = Some(0.0);
    for (at, link) in chosen.chain.iter().enumerate() {
        // Only the first copy of a chain is as large as the asset.
        let whole = asset.size.filter(|_| at == 0);
        let size = link.copy.and_then(|copy| copy.size).or(whole);
        let narrowest = narrowest(inventory, asset, link.backup);
        let seconds = size.zip(narrowest.as_ref()).map(|(size, (_, rate))| size.0 as f64 / rate);
        let formula = match (size, &narrowest) {
            (Some(size), Some((what, rate))) => {
                format!("{} B / {} B/s ({what})", size.0, number(*rate))
            }
            (None, _) => "size unknown".to_owned(),
            (Some(_), None) => "no rate is known".to_owned(),
        };
        terms.push(Term {
            name: format!("restore {}", link.backup.id),
            formula,
            value: seconds,
            unit: "s",
            source: Source::Inventory,
        });
        let repo = link.backup.repo.as_ref().and_then(|repo| inventory.repo(repo.as_str()));
        let delay = repo.and_then(|repo| repo.first_byte_delay).filter(|_| at == 0);
        if let Some(delay) = delay {
            terms.push(Term {
                name: format!("first byte of {}", link.backup.id),
                formula: "first_byte_delay of the repository".into(),
                value: Some(delay.0 as f64),
                unit: "s",
                source: Source::Inventory,
            });
        }
        let delay = delay.map_or(0.0, |delay| delay.0 as f64);
        total = total.zip(seconds).map(|(total, seconds)| total + seconds + delay);
    }
    terms.push(Term {
        name: "restore".into(),
        formula: "sum over the copies of the chain".into(),
        value: total,
        unit: "s",
        source: Source::Inventory,
    });
    total
}

/// Returns the slowest of the known rates on the way of a copy, with its name.
fn narrowest(inventory: &Inventory, asset: &Asset, backup: &Backup) -> Option<(String, f64)> {
    let repo = backup.repo.as_ref().and_then(|repo| inventory.repo(repo.as_str()));
    let restore =
        backup.restore_rate.map(|rate| ("restore_rate".to_owned(), rate.bytes_per_second()));
    let read = repo.and_then(|repo| {
        repo.read_rate.map(|rate| (format!("read_rate of {}", repo.id), rate.bytes_per_second()))
    });
    let link = repo.and_then(|repo| link_rate(inventory, asset, repo));
    [restore, read, link].into_iter().flatten().min_by(|(_, a), (_, b)| a.total_cmp(b))
}

fn link_rate(inventory: &Inventory, asset: &Asset, repo: &Repo) -> Option<(String, f64)> {
    let site_of_host =
        |host: &Option<crate::base::Id>| inventory.host(host.as_ref()?.as_str())?.site.as_ref();
    let from = repo.site.as_ref().or_else(|| site_of_host(&repo.host))?;
    let to = asset.site.as_ref().or_else(|| site_of_host(&asset.host))?;
    if from == to {
        return None;
    }
    let ends = |id: &crate::base::Id| -> Vec<String> {
        inventory.site_chain(id.as_str()).iter().map(|site| site.id.to_string()).collect()
    };
    let (from, to) = (ends(from), ends(to));
    let joins = |link: &&crate::inventory::Link| {
        let is = |end: &crate::base::Id, ends: &[String]| ends.iter().any(|id| id == end.as_str());
        (is(&link.from, &from) && is(&link.to, &to)) || (is(&link.from, &to) && is(&link.to, &from))
    };
    let link = inventory.links.iter().find(joins)?;
    let efficiency = link.efficiency.unwrap_or(EFFICIENCY);
    let rate = link.rate?.bytes_per_second() * efficiency;
    let name = format!("link {} - {} x {efficiency}", link.from, link.to);
    (rate.is_finite() && rate > 0.0).then_some((name, rate))
}

/// Returns the length and the steps of the longest way through a plan.
fn along(
    plan: &Plan,
    asset: &Asset,
    transfer: Option<f64>,
    terms: &mut Vec<Term>,
) -> (Option<f64>, Vec<String>) {
    let restoring = restoring_step(plan, asset);
    let mut counted: Vec<(&'static str, f64, usize)> = vec![];
    let seconds_of = |step: &Step| fixed_seconds(step.kind);
    // What is done once users are back does not keep them waiting.
    let counts = |step: &Step| step.phase != Some(Phase::Reconstitution);
    for step in plan.steps.iter().filter(|step| counts(step)) {
        let (kind, seconds) = (step.kind.word(), seconds_of(step));
        match counted.iter_mut().find(|(known, ..)| *known == kind) {
            Some((_, _, count)) => *count += 1,
            None => counted.push((kind, seconds, 1)),
        }
    }
    for (kind, seconds, count) in counted {
        terms.push(Term {
            name: format!("{kind} steps"),
            formula: format!("{seconds} s each, {count} of them, beside the data"),
            value: Some(seconds),
            unit: "s",
            source: Source::Default,
        });
    }
    let order = match plan::order(plan) {
        Order::Steps(order) => order,
        Order::Circle(_) => return (None, vec![]),
    };
    let index: HashMap<&str, usize> =
        plan.steps.iter().enumerate().map(|(at, step)| (step.id.as_str(), at)).collect();
    let mut ends = vec![0.0_f64; plan.steps.len()];
    let mut before: Vec<Option<usize>> = vec![None; plan.steps.len()];
    let mut last = None::<usize>;
    for at in order {
        let step = &plan.steps[at];
        let latest = step
            .needs
            .iter()
            .filter_map(|id| index.get(id.as_str()).copied())
            .max_by(|a, b| ends[*a].total_cmp(&ends[*b]));
        let data = transfer.filter(|_| restoring == Some(at)).unwrap_or(0.0);
        before[at] = latest;
        ends[at] = latest.map_or(0.0, |at| ends[at]) + seconds_of(step) + data;
        if counts(step) && last.is_none_or(|last| ends[at] > ends[last]) {
            last = Some(at);
        }
    }
    let length = last.map_or(0.0, |at| ends[at]);
    let mut path = vec![];
    while let Some(at) = last {
        path.push(plan.steps[at].id.to_string());
        last = before[at];
    }
    path.reverse();
    let unplaced = if restoring.is_none() { transfer } else { transfer.map(|_| 0.0) };
    (unplaced.map(|unplaced| unplaced + length), path)
}

/// Returns the step that moves the data: of the changing steps of the recovery phase the one with the longest timeout.
fn restoring_step(plan: &Plan, asset: &Asset) -> Option<usize> {
    let restores = |step: &Step| {
        step.kind == StepKind::Command
            && step.phase == Some(Phase::Recovery)
            && step.asset.as_ref().is_none_or(|id| *id == asset.id)
    };
    let mut best: Option<usize> = None;
    for (at, step) in plan.steps.iter().enumerate().filter(|(_, step)| restores(step)) {
        if best.is_none_or(|best| step.timeout > plan.steps[best].timeout) {
            best = Some(at);
        }
    }
    best
}

/// Seconds a step of a kind takes beside the data; timeouts are limits, not estimates.
fn fixed_seconds(kind: StepKind) -> f64 {
    match kind {
        StepKind::Command | StepKind::Check => 15.0,
        StepKind::Wait => 60.0,
        StepKind::Manual => 600.0,
        StepKind::Decision => 300.0,
        StepKind::Notify => 120.0,
    }
}

fn number(value: f64) -> String {
    format!("{value:.3}").trim_end_matches('0').trim_end_matches('.').to_owned()
}
