//! Where the steps of a plan run, and the names that are typed before they do.

use crate::inventory::Inventory;
use crate::plan::{LOCAL, Plan, Step};
use crate::probe::{Here, Place};

/// Returns where a step runs, and whether this machine is the one meant.
pub fn place(here: &Here, step: &Step, inventory: Option<&Inventory>) -> Place {
    match inventory.and_then(|inventory| inventory.host(step.host())) {
        _ if step.host() == LOCAL => Place::Here,
        Some(host) => here.place(host),
        None => Place::Elsewhere,
    }
}

/// Returns every name that can be asked for before a step of the plan, sorted.
pub fn targets(plan: &Plan) -> Vec<String> {
    let here = Here::look();
    let mut names: Vec<String> =
        plan.steps.iter().map(|step| step.target(&here.hostname).to_owned()).collect();
    names.sort();
    names.dedup();
    names
}
