//! Dry runs: started with room enough for the data, kept as evidence of the plan.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::{Runtime, RuntimeError, SystemClock};
use crate::base::{Digest, Id};
use crate::check;
use crate::dryrun::{self, Options, Progress};
use crate::evidence::DryRun;
use crate::execute::account_environment;
use crate::inventory::Inventory;
use crate::plan::{Order, Plan, order};
use crate::probe::{Here, Place};
use crate::sandbox::{self, Following};

/// Room for scratch files beside the data.
const SCRATCH: u64 = 512 << 20;

impl Runtime {
    /// Dry-runs a plan, or only the steps up to and with `last`, and keeps the result as evidence when it is about the whole plan.
    pub fn dry_run(
        &self,
        plan: &Plan,
        inventory: Option<&Inventory>,
        fingerprint: Digest,
        last: Option<&Id>,
        following: Following,
        progress: &mut dyn FnMut(Progress<'_>),
    ) -> Result<DryRun, RuntimeError> {
        let order = match order(plan) {
            Order::Steps(steps) => steps,
            Order::Circle(_) => vec![],
        };
        let end = last.and_then(|last| order.iter().position(|at| &plan.steps[*at].id == last));
        let wanted = &order[..end.map_or(order.len(), |end| end + 1)];
        let options = Options {
            sandbox: sandbox::Options {
                names: names_of(inventory),
                following,
                ..self.sandbox(scope_bytes(plan, inventory))
            },
            here: hosts_here(inventory),
            secrets: crate::execute::secrets_without_asking(plan, inventory),
            account: account_environment,
            cwd: PathBuf::from("/"),
        };
        let mut result = dryrun::dry_run(plan, wanted, &options, &SystemClock, progress)?;
        result.keep(&check::observed(plan, &result));
        if last.is_none() {
            self.keep_plan(plan)?;
            self.store().add_dry_run(fingerprint, &result)?;
        }
        Ok(result)
    }

    /// Dry-runs one script; the names of the inventory resolve there.
    pub fn dry_run_script(
        &self,
        path: &Path,
        inventory: Option<&Inventory>,
        following: Following,
        progress: &mut dyn FnMut(Progress<'_>),
    ) -> Result<DryRun, RuntimeError> {
        let options = Options {
            sandbox: sandbox::Options { names: names_of(inventory), following, ..self.sandbox(0) },
            here: vec![],
            secrets: BTreeMap::new(),
            account: account_environment,
            cwd: PathBuf::from("/"),
        };
        Ok(dryrun::dry_run_script(path, &options, &SystemClock, progress)?)
    }

    /// The sandbox with room for `data` twice (a restore beside what it replaces) and some scratch, but for no more
    /// than half of the free memory: layers lie in memory.
    fn sandbox(&self, data: u64) -> sandbox::Options {
        let mut options = sandbox::Options::new(self.program());
        let wanted = data.saturating_mul(2).saturating_add(SCRATCH);
        options.disk = wanted.min(available_memory() / 2).max(options.disk.min(SCRATCH));
        options.files = options.files.max(2_000_000);
        options
    }
}

/// Returns the names under which the inventory knows this machine.
pub fn hosts_here(inventory: Option<&Inventory>) -> Vec<String> {
    let here = Here::look();
    let hosts = inventory.iter().flat_map(|inventory| &inventory.hosts);
    hosts.filter(|host| here.place(host) == Place::Here).map(|host| host.id.to_string()).collect()
}

/// Returns the names that an inventory uses for machines and services, each with its address, or another name of
/// its machine, where it has one: they resolve in a dry run.
fn names_of(inventory: Option<&Inventory>) -> Vec<(String, Option<String>)> {
    let mut names = vec![];
    for host in inventory.iter().flat_map(|inventory| &inventory.hosts) {
        names.push((host.id.to_string(), host.address.clone()));
        let own = host.identity.as_ref().and_then(|identity| identity.hostname.clone());
        names.extend(own.map(|own| (own, host.address.clone().or(Some(host.id.to_string())))));
    }
    let assets = inventory.iter().flat_map(|inventory| &inventory.assets);
    let endpoints = assets.filter_map(|asset| asset.endpoint.as_deref());
    names.extend(endpoints.filter_map(machine_of).map(|name| (name.to_owned(), None)));
    names
}

/// Returns the machine of an endpoint: `db1` of `postgres://me@db1:5432/shop`; `None` for a path.
fn machine_of(endpoint: &str) -> Option<&str> {
    let behind = endpoint.split_once("://").map_or(endpoint, |(_, rest)| rest);
    let authority = behind.split(['/', '?']).next()?;
    let place = authority.rsplit_once('@').map_or(authority, |(_, place)| place);
    let name = match place.strip_prefix('[') {
        Some(address) => address.split(']').next()?,
        None => place.rsplit_once(':').map_or(place, |(name, _)| name),
    };
    (!name.is_empty()).then_some(name)
}

fn scope_bytes(plan: &Plan, inventory: Option<&Inventory>) -> u64 {
    let assets = plan.scope.iter().flat_map(|scope| &scope.assets);
    let sizes = assets.filter_map(|asset| inventory?.asset(asset.as_str())?.size);
    sizes.map(|size| size.0).sum()
}

/// `MemAvailable` of `/proc/meminfo` in bytes (proc_meminfo(5)); 2 GiB where it cannot be read.
fn available_memory() -> u64 {
    let text = std::fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix("MemAvailable:"));
    let kibibytes = line.and_then(|rest| rest.trim().trim_end_matches(" kB").parse::<u64>().ok());
    kibibytes.map_or(2 << 30, |kibibytes| kibibytes << 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_machine_of_an_endpoint_is_found_in_every_form() {
        let table = [
            ("db1:5432", Some("db1")),
            ("db1", Some("db1")),
            ("postgres://me:word@db1.example.com:5432/shop?x=1", Some("db1.example.com")),
            ("https://api.example.net", Some("api.example.net")),
            ("[2001:db8::7]:5432", Some("2001:db8::7")),
            ("10.0.0.1:5433", Some("10.0.0.1")),
            ("/var/run/mysqld/mysqld.sock", None),
            ("", None),
        ];
        for (endpoint, expected) in table {
            assert_eq!(machine_of(endpoint), expected, "{endpoint}");
        }
    }
}
