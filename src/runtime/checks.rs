//! Checks: the facts of this machine handed to the rules, the result kept as evidence of the plan.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;

use super::dry_runs::hosts_here;
use super::installed_tools::InstalledTools;
use super::{Runtime, RuntimeError};
use crate::base::{Clock as _, Digest, Timestamp};
use crate::check::{self, Facts, Language};
use crate::evidence::{self, KeptFinding};
use crate::execute::SystemClock;
use crate::inventory::Inventory;
use crate::plan::{LOCAL, Plan};
use crate::probe;

impl Runtime {
    /// Checks a plan and keeps the result as evidence.
    pub fn check_plan(
        &self,
        plan: &Plan,
        inventory: Option<&Inventory>,
        fingerprint: Digest,
    ) -> Result<check::Checked, RuntimeError> {
        let checked = look_at_plan(plan, inventory, &self.installed_tools, self.now());
        self.keep_checked(plan, fingerprint, &checked)?;
        Ok(checked)
    }

    /// Keeps what was found in a plan as its evidence.
    pub fn keep_checked(
        &self,
        plan: &Plan,
        fingerprint: Digest,
        checked: &check::Checked,
    ) -> Result<(), RuntimeError> {
        self.keep_plan(plan)?;
        let kept = evidence::Checked {
            at: self.now(),
            risks: checked.steps.clone(),
            findings: checked.findings.iter().map(KeptFinding::from).collect(),
        };
        Ok(self.store().add_checked(fingerprint, &kept)?)
    }

    /// Returns what this machine knows that a check of this plan can use: what is installed (where every step runs
    /// here), which file systems the inventory's paths lie on, and which texts bash cannot read.
    pub fn facts(&self, plan: &Plan, inventory: Option<&Inventory>) -> Facts {
        plan_facts(plan, inventory, self.now())
    }
}

/// Checks a plan with what this machine knows; where it names flags that are not known, the installed tools are asked.
pub(super) fn look_at_plan(
    plan: &Plan,
    inventory: Option<&Inventory>,
    tools: &InstalledTools,
    now: Timestamp,
) -> check::Checked {
    let mut facts = plan_facts(plan, inventory, now);
    let checked = check::plan(plan, inventory, &facts);
    match tools.answer(&checked.questions, &mut facts) {
        true => check::plan(plan, inventory, &facts),
        false => checked,
    }
}

/// Returns what this machine knows that a check of this plan can use, as [`Runtime::facts`] does.
pub(super) fn plan_facts(plan: &Plan, inventory: Option<&Inventory>, now: Timestamp) -> Facts {
    let here = hosts_here(inventory);
    let all_here = plan
        .steps
        .iter()
        .all(|step| step.host() == LOCAL || here.iter().any(|name| name == step.host()));
    let texts =
        plan.steps.iter().flat_map(|step| [&step.run, &step.check, &step.rollback]).flatten();
    Facts {
        installed: all_here.then(|| Arc::new(probe::installed())),
        rejected: refused(texts),
        devices: if all_here { devices(inventory) } else { BTreeMap::new() },
        takes: Default::default(),
        now: Some(now),
    }
}

/// Returns what this machine knows that a check of this script can use.
pub(super) fn script_facts(
    text: &str,
    language: Language,
    installed: &Arc<BTreeSet<String>>,
    now: Timestamp,
) -> Facts {
    Facts {
        installed: Some(Arc::clone(installed)),
        rejected: refused(check::bash_texts(text, language).iter()),
        devices: BTreeMap::new(),
        takes: Default::default(),
        now: Some(now),
    }
}

/// Checks an inventory, as of now: whether its copies keep what was promised.
pub fn check_inventory(inventory: &Inventory) -> Vec<evidence::Finding> {
    let facts = Facts { now: Some(SystemClock.now()), ..Facts::default() };
    check::inventory(inventory, &facts)
}

fn refused<'t>(texts: impl Iterator<Item = &'t String>) -> BTreeMap<String, String> {
    let texts: Vec<&str> = texts.map(String::as_str).collect();
    probe::refused_scripts(&texts)
}

/// The devices of everything the inventory says lies on this machine.
fn devices(inventory: Option<&Inventory>) -> BTreeMap<String, u64> {
    let Some(inventory) = inventory else {
        return BTreeMap::new();
    };
    let assets = inventory.assets.iter().flat_map(|asset| asset.paths.iter());
    let repos = inventory.repos.iter().filter_map(|repo| repo.path.as_ref());
    let backups = inventory.backups.iter().filter_map(|backup| backup.path.as_ref());
    let paths = assets.chain(repos).chain(backups).filter(|path| path.starts_with('/'));
    paths.filter_map(|path| Some((path.clone(), probe::device_of(&PathBuf::from(path))?))).collect()
}
