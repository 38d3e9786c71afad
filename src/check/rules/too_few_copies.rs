//! ST001: copies that one event takes together.

use crate::check::Context;
use crate::check::rule::{Example, Report, Rule};
use crate::evidence::Severity;
use crate::inventory::{Asset, Backup, CopyType, Immutable, Inventory};

/// Three copies, two places, one elsewhere, one that cannot be changed.
pub const RULE: Rule = Rule {
    code: "ST001",
    name: "too-few-copies",
    severity: Severity::High,
    summary: "an asset with a promise has fewer than two backups, none at another site, or none that cannot be changed",
    why: "a fire, a stolen account or one wrong command takes the data and its only copy at once",
    fix: "keep at least two backups, one of them at another site, one immutable (object lock, append-only, offline)",
    source: "the 3-2-1-1-0 rule",
    layer: "inventory",
    bad: &[
        Example::Inventory(
            "schema: blackstart/inventory/v1\nsites: [{id: a}]\nhosts: [{id: h, site: a}]\nassets: [{id: db, kind: postgres, host: h, targets: {rpo: 1d}}]\nrepos: [{id: disk, site: a}]\nbackups: [{id: one, asset: db, repo: disk}]\n",
        ),
        Example::Inventory(
            "schema: blackstart/inventory/v1\nsites: [{id: a}]\nhosts: [{id: h, site: a}]\nassets: [{id: db, kind: postgres, host: h, targets: {rpo: 1d}}]\nrepos: [{id: disk, site: a}, {id: disk2, site: a}]\nbackups: [{id: one, asset: db, repo: disk}, {id: two, asset: db, repo: disk2}]\n",
        ),
    ],
    good: &[
        Example::Inventory(
            "schema: blackstart/inventory/v1\nsites: [{id: a}, {id: b}]\nhosts: [{id: h, site: a}]\nassets: [{id: db, kind: postgres, host: h, targets: {rpo: 1d}}]\nrepos: [{id: disk, site: a}, {id: vault, site: b, immutable: compliance}]\nbackups: [{id: one, asset: db, repo: disk}, {id: two, asset: db, repo: vault}]\n",
        ),
        Example::Inventory(
            "schema: blackstart/inventory/v1\nassets: [{id: cache, kind: redis}]\nbackups: [{id: one, asset: cache}]\n",
        ),
    ],
    run,
};

fn run(context: &Context<'_>, report: &mut Report) {
    let Some(inventory) = context.inventory_alone() else {
        return;
    };
    for asset in inventory.assets.iter().filter(|asset| asset.targets.is_some()) {
        let copies: Vec<&Backup> = inventory
            .backups_of(asset.id.as_str())
            .filter(|backup| backup.copy_type != Some(CopyType::Replica))
            .collect();
        if copies.is_empty() {
            continue;
        }
        let mut missing = vec![];
        let stores: std::collections::BTreeSet<_> =
            copies.iter().map(|backup| backup.repo.as_ref()).collect();
        if copies.len() < 2 || stores.len() < 2 && !stores.contains(&None) {
            missing.push("a second place of copies");
        }
        let repo =
            |backup: &&Backup| backup.repo.as_ref().and_then(|repo| inventory.repo(repo.as_str()));
        let home = home(inventory, asset);
        let elsewhere = copies.iter().any(|backup| {
            let site = repo(backup).and_then(|repo| repo.site.as_ref());
            // What is not known is not held against it.
            home.is_none() || site.is_none() || site.map(|site| site.as_str()) != home
        });
        if !elsewhere {
            missing.push("a copy at another site");
        }
        let locked = copies.iter().any(|backup| {
            repo(backup).is_none_or(|repo| {
                repo.append_only == Some(true)
                    || !matches!(repo.immutable, None | Some(Immutable::None))
            })
        });
        if !locked {
            missing.push("a copy that cannot be changed");
        }
        if !missing.is_empty() {
            report.add_whole(&RULE, None, format!("{} lacks {}", asset.id, missing.join(", ")));
        }
    }
}

fn home<'a>(inventory: &'a Inventory, asset: &'a Asset) -> Option<&'a str> {
    let of_host = asset
        .host
        .as_ref()
        .and_then(|host| inventory.host(host.as_str()))
        .and_then(|host| host.site.as_ref());
    asset.site.as_ref().or(of_host).map(|site| site.as_str())
}
