//! Plans as commands are given them: a file or the name of a kept one, with the inventory they rest on.

use std::path::{Path, PathBuf};

use super::output::Output;
use super::problems::load;
use super::{CommandError, Exit};
use crate::base::Digest;
use crate::inventory::{self, Inventory};
use crate::plan::{self, LOCAL, Plan};
use crate::runtime::Runtime;

/// A plan on the command line.
#[derive(Debug, clap::Args)]
pub struct PlanArgs {
    /// The plan: a file, or the name of a kept plan
    #[arg(value_name = "PLAN")]
    pub plan: PathBuf,
    /// The inventory it rests on [default: the one it was drafted from]
    #[arg(long, value_name = "FILE")]
    pub inventory: Option<PathBuf>,
}

/// A plan with the inventory it rests on.
#[derive(Debug)]
pub struct Loaded {
    /// The plan.
    pub plan: Plan,
    /// Its inventory, where it has one.
    pub inventory: Option<Inventory>,
    /// Its fingerprint over the facts as they are.
    pub fingerprint: Digest,
}

impl PlanArgs {
    /// Reads the plan and its inventory, and keeps both.
    pub fn load(&self, runtime: &Runtime, output: &mut Output) -> Result<Loaded, CommandError> {
        let plan = read(&self.plan, runtime, output)?;
        let inventory = match &self.inventory {
            Some(path) => {
                let (inventory, text) = load(path, output, inventory::read)?;
                runtime.keep_inventory(&name_of(path), &text)?;
                Some(inventory)
            }
            None => runtime.inventory_of(&plan)?,
        };
        if inventory.is_none()
            && let Some(step) = plan.steps.iter().find(|step| step.host() != LOCAL)
        {
            let message = format!(
                "step {:?} runs on {:?}, and there is no inventory that says what that is",
                step.id.as_str(),
                step.host()
            );
            return Err(CommandError::new(Exit::Input, message)
                .hint("name the inventory with --inventory FILE"));
        }
        runtime.keep_plan(&plan)?;
        let fingerprint = plan.fingerprint(inventory.as_ref());
        Ok(Loaded { plan, inventory, fingerprint })
    }
}

/// Reads a plan from a file; where there is no such file and the name could be one, the kept plan of that name.
pub fn read(path: &Path, runtime: &Runtime, output: &mut Output) -> Result<Plan, CommandError> {
    let name = path.to_str().filter(|name| crate::base::Id::parse(name).is_ok());
    if let Some(name) = name.filter(|_| !path.exists())
        && let Ok(plan) = runtime.plan(name)
    {
        return Ok(plan);
    }
    Ok(load(path, output, plan::read)?.0)
}

/// Returns the name under which a file is kept: its stem.
pub fn name_of(path: &Path) -> String {
    path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default()
}
