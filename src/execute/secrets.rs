//! Secrets of a step: from the environment, from a file, or typed by a person; never from a document, never kept.

use std::collections::BTreeMap;
use std::{env, fs};

use crate::base::{Id, Secret};
use crate::inventory::{Inventory, ReadFrom};
use crate::plan::{Plan, SecretUse};

/// Returns the value of a secret, or why there is none. One line end at the end of a file does not belong to it.
pub fn resolve(
    used: &SecretUse,
    inventory: Option<&Inventory>,
    typed: &BTreeMap<Id, Secret>,
) -> Result<Secret, String> {
    let name = &used.secret;
    if let Some(secret) = typed.get(name) {
        return Ok(secret.clone());
    }
    let value = match source(used, inventory)? {
        ReadFrom { env: Some(variable), .. } => {
            env::var_os(variable).map(std::os::unix::ffi::OsStringExt::into_vec).ok_or_else(
                || format!("secret {name}: the environment variable {variable} is not set"),
            )?
        }
        ReadFrom { file: Some(file), .. } => {
            let read = fs::read(file);
            let mut value = read.map_err(|error| format!("secret {name}: {file}: {error}"))?;
            if value.ends_with(b"\n") {
                value.pop();
            }
            value
        }
        ReadFrom { .. } => return Err(format!("secret {name} was not typed")),
    };
    match value.contains(&0) {
        true => Err(format!("secret {name} holds a zero byte, which an environment cannot")),
        false => Ok(Secret::new(value)),
    }
}

/// Returns the secrets of a plan that can be had without asking anybody.
pub fn without_asking(plan: &Plan, inventory: Option<&Inventory>) -> BTreeMap<Id, Secret> {
    let used = plan.steps.iter().flat_map(|step| &step.secrets);
    let known = used.filter_map(|used| {
        let secret = resolve(used, inventory, &BTreeMap::new()).ok()?;
        Some((used.secret.clone(), secret))
    });
    known.collect()
}

/// Returns the secrets of a plan that a person must type, with the question for each.
pub fn to_type(plan: &Plan, inventory: Option<&Inventory>) -> Vec<(Id, String)> {
    let mut asked: Vec<(Id, String)> = vec![];
    for used in plan.steps.iter().flat_map(|step| &step.secrets) {
        if let Ok(ReadFrom { env: None, file: None, prompt: Some(prompt) }) =
            source(used, inventory)
            && !asked.iter().any(|(id, _)| *id == used.secret)
        {
            asked.push((used.secret.clone(), prompt.clone()));
        }
    }
    asked
}

fn source<'a>(used: &SecretUse, inventory: Option<&'a Inventory>) -> Result<&'a ReadFrom, String> {
    let name = &used.secret;
    let entry = inventory
        .and_then(|inventory| inventory.secret(name.as_str()))
        .ok_or_else(|| format!("secret {name} is not in the inventory"))?;
    entry
        .read_from
        .as_ref()
        .ok_or_else(|| format!("secret {name} has no \"read_from\" in the inventory"))
}
