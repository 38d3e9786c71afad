//! Checks: the facts of this machine handed to the rules, the result kept as evidence of the plan.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use super::dry_runs::hosts_here;
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
        let mut facts = self.facts(plan, inventory);
        let mut checked = check::plan(plan, inventory, &facts);
        if self.installed_tools.answer(&checked.questions, &mut facts) {
            checked = check::plan(plan, inventory, &facts);
        }
        self.keep_plan(plan)?;
        let kept = evidence::Checked {
            at: self.now(),
            risks: checked.steps.clone(),
            findings: checked.findings.iter().map(KeptFinding::from).collect(),
        };
        self.store().add_checked(fingerprint, &kept)?;
        Ok(checked)
    }

    /// Returns what this machine knows that a check of this plan can use: what is installed (where every step runs
    /// here), which file systems the inventory's paths lie on, and which texts bash cannot read.
    pub fn facts(&self, plan: &Plan, inventory: Option<&Inventory>) -> Facts {
        let here = hosts_here(inventory);
        let all_here = plan
            .steps
            .iter()
            .all(|step| step.host() == LOCAL || here.iter().any(|name| name == step.host()));
        let texts =
            plan.steps.iter().flat_map(|step| [&step.run, &step.check, &step.rollback]).flatten();
        Facts {
            installed: all_here.then(probe::installed),
            rejected: refused(texts),
            devices: if all_here { devices(inventory) } else { BTreeMap::new() },
            takes: Default::default(),
            now: Some(self.now()),
        }
    }
}

/// Returns what this machine knows that a check of this script can use.
pub(super) fn script_facts(
    text: &str,
    language: Language,
    installed: &BTreeSet<String>,
    now: Timestamp,
) -> Facts {
    Facts {
        installed: Some(installed.clone()),
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
