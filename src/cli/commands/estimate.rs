//! `blackstart estimate`: what a recovery gives and costs, every number with its formula.

use std::path::PathBuf;

use crate::base::{Period, escape, readable};
use crate::cli::output::Output;
use crate::cli::problems::{load, load_given};
use crate::cli::{CommandError, Exit, Global};
use crate::estimate::{Estimate, estimate};
use crate::runtime::Runtime;
use crate::runtime::files::read_text;
use crate::{incident, inventory, plan};

/// Compute the recovery point, the loss and the duration, every number with its formula
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  blackstart estimate inventory.yaml                       what could be lost at worst, asset by asset
  blackstart estimate inventory.yaml --incident inc.yaml   what this incident costs
  blackstart estimate plan.yaml                            what this plan gives")]
pub struct Args {
    /// A plan or an inventory
    #[arg(value_name = "PLAN|INVENTORY")]
    file: PathBuf,
    /// The incident
    #[arg(long, value_name = "FILE")]
    incident: Option<PathBuf>,
    /// The inventory of a plan [default: the one it was drafted from]
    #[arg(long, value_name = "FILE")]
    inventory: Option<PathBuf>,
}

/// Runs the command. Exit code 9 says that an objective would be missed.
pub fn run(args: Args, global: &Global, output: &mut Output) -> Result<Exit, CommandError> {
    let text = read_text(&args.file)?;
    let is_plan = text.lines().any(|line| line.trim_end() == "schema: blackstart/plan/v1");
    let incident = load_given(args.incident.as_deref(), output, incident::read)?;
    let given = load_given(args.inventory.as_deref(), output, inventory::read)?;
    let computed = if is_plan {
        let (plan, _) = load(&args.file, output, plan::read)?;
        let runtime = Runtime::open(global.data_dir.clone())?;
        let inventory = match given {
            Some(inventory) => Some(inventory),
            None => runtime.inventory_of(&plan)?,
        };
        let inventory = inventory.ok_or_else(|| {
            CommandError::new(
                Exit::Input,
                format!("the plan {:?} names no inventory", plan.id.as_str()),
            )
            .hint("name it with --inventory FILE")
        })?;
        let incident = match (incident, &plan.incident) {
            (Some(incident), _) => Some(incident),
            (None, Some(id)) => runtime.incident(id.as_str()).ok(),
            (None, None) => None,
        };
        estimate(&inventory, incident.as_ref(), Some(&plan))
    } else {
        let (inventory, _) = load(&args.file, output, inventory::read)?;
        estimate(&inventory, incident.as_ref(), None)
    };
    if output.is_json() {
        output.object(&computed)?;
    } else {
        output.data(&shown(&computed))?;
    }
    let missed = computed.recovery_points.iter().any(|point| point.meets_rpo == Some(false))
        || computed.rto.as_ref().is_some_and(|rto| rto.meets_rto == Some(false));
    Ok(if missed { Exit::ObjectiveMissed } else { Exit::Ok })
}

/// Returns an estimate as text for people.
pub fn shown(estimate: &Estimate) -> String {
    let period = |seconds: Option<u64>| {
        seconds.map_or("unknown".to_owned(), |seconds| Period(seconds).to_string())
    };
    let verdict = |met: Option<bool>| match met {
        Some(true) => "met",
        Some(false) => "MISSED",
        None => "not known",
    };
    let mut lines = vec![];
    for point in &estimate.recovery_points {
        lines.push(format!(
            "{}: from {}{}, loses {}; RPO {}: {}",
            point.asset,
            point.chain.iter().map(ToString::to_string).collect::<Vec<_>>().join(" + "),
            point.at.map_or(String::new(), |at| format!(" as of {}", readable(at))),
            period(point.loss_seconds.and_then(|seconds| seconds.try_into().ok())),
            period(point.rpo_seconds),
            verdict(point.meets_rpo),
        ));
        lines.extend(point.notes.iter().map(|note| format!("  note: {note}")));
    }
    lines.extend(
        estimate.refused.iter().map(|copy| format!("not used: {}: {}", copy.backup, copy.why)),
    );
    if let Some(rto) = &estimate.rto {
        lines.push(format!(
            "duration: p50 {}, p90 {}; RTO {}: {}",
            period(rto.p50_seconds),
            period(rto.p90_seconds),
            period(rto.rto_seconds),
            verdict(rto.meets_rto)
        ));
    }
    for exposure in &estimate.exposure {
        lines.push(format!(
            "{} with {} alone: loses at most {}; RPO {}: {}",
            exposure.asset,
            exposure.backup,
            period(exposure.worst_seconds),
            period(exposure.rpo_seconds),
            verdict(exposure.meets_rpo)
        ));
    }
    if !estimate.terms.is_empty() {
        lines.push("terms:".into());
    }
    for term in &estimate.terms {
        let value = term.value.map_or("unknown".to_owned(), |value| {
            format!("{value:.1}").trim_end_matches(".0").to_owned()
        });
        lines.push(format!("  {} = {value} {}   {}", term.name, term.unit, term.formula));
    }
    lines.extend(estimate.notes.iter().map(|note| format!("note: {note}")));
    lines.iter().map(|line| escape::one_line(line) + "\n").collect()
}
