//! EN007: the key comes from a system that is still down.

use crate::check::Context;
use crate::check::rule::{Example, Report, Rule};
use crate::evidence::Severity;
use crate::plan::order;

/// A password store is a system like the others, and goes down with them.
pub const RULE: Rule = Rule {
    code: "EN007",
    name: "key-recovered-later",
    severity: Severity::Critical,
    summary: "the key of a copy is kept only on what that copy is to bring back, or on what the plan brings back later",
    why: "the copy cannot be opened until the system is up, and the system cannot come up until the copy is opened",
    fix: "keep a break-glass copy of the key outside: sealed in a safe, with a second person, at another provider; or bring the key store back first",
    source: "NIST SP 800-34 rev. 1, 3.4: dependencies between systems decide the order of recovery",
    layer: "inventory",
    bad: &[
        Example::Inventory(
            "schema: blackstart/inventory/v1\nhosts: [{id: v1}]\nassets: [{id: vault, kind: files, host: v1}]\nbackups: [{id: vb, asset: vault, encryption: {key: k}}]\nsecrets: [{id: k, where: [{asset: vault}]}]\n",
        ),
        Example::Inventory(
            "schema: blackstart/inventory/v1\nhosts: [{id: db1}, {id: db2}]\nassets: [{id: shop, kind: postgres, host: db1}, {id: wiki, kind: mysql, host: db2}]\nbackups: [{id: nightly, asset: shop, tool: restic, encryption: {key: pass}}]\nsecrets: [{id: pass, kind: passphrase, where: [{host: db1}], read_from: {file: /etc/restic/pass}}]\n",
        ),
    ],
    good: &[
        Example::Inventory(
            "schema: blackstart/inventory/v1\nhosts: [{id: v1}]\nassets: [{id: vault, kind: files, host: v1}]\nbackups: [{id: vb, asset: vault, encryption: {key: k}}]\nsecrets: [{id: k, where: [{asset: vault}, {place: the safe}]}]\n",
        ),
        Example::Inventory(
            "schema: blackstart/inventory/v1\nhosts: [{id: db1}, {id: v1}]\nassets: [{id: shop, kind: postgres, host: db1}, {id: vault, kind: files, host: v1}]\nbackups: [{id: nightly, asset: shop, tool: restic, encryption: {key: pass}}]\nsecrets: [{id: pass, kind: passphrase, where: [{asset: vault}, {place: sealed envelope}], read_from: {prompt: passphrase}}]\n",
        ),
    ],
    run,
};

fn run(context: &Context<'_>, report: &mut Report) {
    let Some(inventory) = context.inventory else { return };
    // Which assets a plan brings back, in which order; alone, an inventory is judged copy by copy.
    let recovered: Vec<&crate::base::Id> = match context.plan {
        Some(plan) => order(plan)
            .or_as_written(plan)
            .into_iter()
            .filter_map(|at| plan.steps[at].asset.as_ref())
            .collect(),
        None => Vec::new(),
    };
    for backup in &inventory.backups {
        let Some(asset) = &backup.asset else { continue };
        let place = recovered.iter().position(|id| *id == asset);
        if context.plan.is_some() && place.is_none() {
            continue;
        }
        let Some(key) = backup.encryption.as_ref().and_then(|e| e.key.as_ref()) else { continue };
        let Some(secret) = inventory.secrets.iter().find(|s| s.id == *key) else { continue };
        let host_of = |id: &crate::base::Id| {
            inventory.assets.iter().find(|a| a.id == *id).and_then(|a| a.host.clone())
        };
        let own_host = host_of(asset);
        let down = |kept: &crate::inventory::Kept| {
            let itself =
                kept.asset.as_ref() == Some(asset) || kept.host.is_some() && kept.host == own_host;
            let later = kept.asset.as_ref().is_some_and(|store| {
                let first = recovered.iter().position(|id| *id == store);
                first.zip(place).is_some_and(|(store, own)| store > own)
            });
            itself || later
        };
        if !secret.kept.is_empty() && secret.kept.iter().all(down) {
            let message = format!(
                "{key}, which opens {}, is kept only on what is down until {} is open",
                backup.id, backup.id
            );
            report.add_whole(&RULE, None, message);
        }
    }
}
