//! Where a step runs, and the name that must be typed before it does.

use crate::base::Risk;
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

/// Returns the full name that must be typed before a step: the asset it touches, else the host it runs on.
pub fn target(here: &Here, step: &Step) -> String {
    match (&step.asset, step.host()) {
        (Some(asset), _) => asset.to_string(),
        (None, LOCAL) => here.hostname.clone(),
        (None, host) => host.to_owned(),
    }
}

/// Returns every name that can be asked for before a step of the plan, sorted.
pub fn targets(plan: &Plan) -> Vec<String> {
    let here = Here::look();
    let mut names: Vec<String> = plan.steps.iter().map(|step| target(&here, step)).collect();
    names.sort();
    names.dedup();
    names
}

/// Tells whether the name of the target must be typed before a step of this risk runs.
pub fn must_be_typed(risk: Risk) -> bool {
    match risk {
        Risk::Read | Risk::Write | Risk::Disruptive => false,
        Risk::Destructive | Risk::Irreversible | Risk::Unknown => true,
    }
}
