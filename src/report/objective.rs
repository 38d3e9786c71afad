//! Promised, computed and measured times, asset by asset.

use super::{Objective, Sources};
use crate::base::{Id, readable, seconds_between};
use crate::estimate::Point;
use crate::plan::Phase;

/// Returns one line for every asset that was recovered or that the plan is for.
pub fn objectives(sources: &Sources<'_>, measured: Option<f64>) -> Vec<Objective> {
    let points =
        sources.estimate.map(|estimate| estimate.recovery_points.as_slice()).unwrap_or_default();
    let scope = sources.plan.scope.iter().flat_map(|scope| scope.assets.iter());
    let mut assets: Vec<&Id> = points.iter().map(|point| &point.asset).chain(scope).collect();
    assets.sort();
    assets.dedup();
    assets.into_iter().map(|asset| objective(sources, asset, points, measured)).collect()
}

fn objective(
    sources: &Sources<'_>,
    asset: &Id,
    points: &[Point],
    measured: Option<f64>,
) -> Objective {
    let point = points.iter().find(|point| &point.asset == asset);
    let rto = sources.estimate.and_then(|estimate| estimate.rto.as_ref());
    let targets = sources
        .inventory
        .and_then(|inventory| inventory.asset(asset.as_str())?.targets)
        .unwrap_or_default();
    let detected = sources.incident.and_then(|incident| incident.detected_at);
    let finished = sources.run.and_then(|run| run.record.finished);
    let since_detected =
        detected.zip(finished).map(|(detected, finished)| seconds_between(detected, finished));
    let taken = since_detected.map(|seconds| seconds as f64).or(measured);
    Objective {
        asset: asset.to_string(),
        backup: point.map(|point| point.backup.to_string()),
        recovery_point: point.and_then(|point| point.at).map(readable),
        rto: targets.rto.map(|rto| rto.0),
        estimated_p50: rto.and_then(|rto| rto.p50_seconds),
        estimated_p90: rto.and_then(|rto| rto.p90_seconds),
        restore_estimated: restore_term(sources),
        restore_measured: restore_measured(sources),
        measured,
        since_detected,
        rto_met: taken.zip(targets.rto).map(|(taken, rto)| taken <= rto.0 as f64),
        rpo: targets.rpo.map(|rpo| rpo.0),
        loss: point.and_then(|point| point.loss_seconds),
        rpo_met: point.and_then(|point| point.meets_rpo),
    }
}

/// The computed term for bringing the data back.
fn restore_term(sources: &Sources<'_>) -> Option<f64> {
    let terms = &sources.estimate?.terms;
    terms.iter().find(|term| term.name == "restore")?.value
}

/// What the steps of the recovery phase took together; nothing where none of them ended.
fn restore_measured(sources: &Sources<'_>) -> Option<f64> {
    let record = sources.run?.record;
    let steps = sources.plan.steps.iter().filter(|step| step.phase == Some(Phase::Recovery));
    let ends = steps.filter_map(|step| record.step(step.id.as_str()).end);
    let seconds: Vec<f64> = ends.map(|end| end.duration_ms as f64 / 1e3).collect();
    (!seconds.is_empty()).then(|| seconds.iter().sum())
}
