//! CL003: every copy lies in the account of what it is a copy of.

use crate::check::Context;
use crate::check::rule::{Example, Report, Rule};
use crate::evidence::Severity;
use crate::inventory::{Inventory, Repo};

/// An account is lost as a whole: stolen, locked, unpaid.
pub const RULE: Rule = Rule {
    code: "CL003",
    name: "copy-in-same-account",
    severity: Severity::High,
    summary: "all copies of an asset lie in the same account as the asset itself",
    why: "whoever takes the account, or closes it, takes the data and every copy at once",
    fix: "copy to a vault in another account that trusts nobody of the first with deletion",
    source: "AWS Well-Architected, REL09-BP02, anti-pattern: \"Having the same access to the backups and restoration automation as you do to the data\"; Code Spaces, 2014: one account held everything",
    layer: "inventory",
    bad: &[
        Example::Inventory(
            "schema: blackstart/inventory/v1\nsites: [{id: eu, kind: region, account: \"111111111111\"}]\nassets: [{id: shop, kind: postgres, site: eu}]\nrepos: [{id: vault, kind: s3, account: \"111111111111\"}]\nbackups: [{id: nightly, asset: shop, repo: vault}]\n",
        ),
        Example::Inventory(
            "schema: blackstart/inventory/v1\nsites:\n  - {id: cloud, account: corp}\n  - {id: eu, parent: cloud}\n  - {id: us, parent: cloud}\nhosts: [{id: db1, site: eu}]\nassets: [{id: shop, kind: postgres, host: db1}]\nrepos: [{id: near, site: eu}, {id: far, site: us}]\nbackups: [{id: nightly, asset: shop, repo: near}, {id: weekly, asset: shop, repo: far}]\n",
        ),
    ],
    good: &[
        Example::Inventory(
            "schema: blackstart/inventory/v1\nsites: [{id: eu, kind: region, account: \"111111111111\"}]\nassets: [{id: shop, kind: postgres, site: eu}]\nrepos: [{id: near, account: \"111111111111\"}, {id: vault, account: \"222222222222\"}]\nbackups: [{id: nightly, asset: shop, repo: near}, {id: weekly, asset: shop, repo: vault}]\n",
        ),
        Example::Inventory(
            "schema: blackstart/inventory/v1\nsites: [{id: eu, account: corp}, {id: office}]\nassets: [{id: shop, kind: postgres, site: eu}]\nrepos: [{id: nas, site: office}]\nbackups: [{id: nightly, asset: shop, repo: nas}]\n",
        ),
    ],
    run,
};

fn run(context: &Context<'_>, report: &mut Report) {
    let Some(inventory) = context.inventory_alone() else { return };
    for asset in &inventory.assets {
        let host = asset.host.as_ref().and_then(|id| inventory.host(id.as_str()));
        let site = asset.site.as_ref().or_else(|| host.and_then(|host| host.site.as_ref()));
        let Some(own) = site.and_then(|site| account(inventory, site.as_str())) else { continue };
        let repo = |id: &crate::base::Id| {
            inventory.repo(id.as_str()).and_then(|repo| account_of(inventory, repo))
        };
        let mut places = inventory
            .backups_of(asset.id.as_str())
            .map(|b| b.repo.as_ref().and_then(repo))
            .peekable();
        if places.peek().is_some() && places.all(|place| place == Some(own)) {
            let message = format!("{} and all of its copies lie in the account {own}", asset.id);
            report.add_whole(&RULE, None, message);
        }
    }
}

/// Returns the account of a site, or of the nearest one it is part of.
fn account<'a>(inventory: &'a Inventory, site: &str) -> Option<&'a str> {
    inventory.site_chain(site).into_iter().find_map(|site| site.account.as_deref())
}

fn account_of<'a>(inventory: &'a Inventory, repo: &'a Repo) -> Option<&'a str> {
    let host = repo.host.as_ref().and_then(|id| inventory.host(id.as_str()));
    let site = repo.site.as_ref().or_else(|| host.and_then(|host| host.site.as_ref()));
    repo.account.as_deref().or_else(|| site.and_then(|site| account(inventory, site.as_str())))
}
