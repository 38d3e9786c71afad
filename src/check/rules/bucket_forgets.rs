//! CL002: a bucket of copies that keeps no older versions and has no lock.

use crate::check::Context;
use crate::check::rule::{Example, Report, Rule};
use crate::evidence::Severity;
use crate::inventory::{Immutable, Repo};

/// Whoever can write to it can delete everything in it.
pub const RULE: Rule = Rule {
    code: "CL002",
    name: "bucket-forgets",
    severity: Severity::High,
    summary: "a bucket or share that holds copies has neither versions nor an object lock, or a lock that a privileged account can lift",
    why: "one stolen key, one sync with deletion or one wrong lifecycle rule empties it, and nothing is left to go back to",
    fix: "turn versions on and lock objects in compliance mode for as long as an intrusion stays unnoticed; write with a role that cannot delete",
    source: "Amazon S3, \"Using S3 Object Lock\"; measured with moto 5: a locked version answers AccessDenied to its deletion; CloudNordic, 2023: all copies encrypted",
    layer: "inventory",
    bad: &[
        Example::Inventory(
            "schema: blackstart/inventory/v1\nassets: [{id: shop, kind: postgres}]\nrepos: [{id: dr, kind: s3, url: \"s3://shop-dr\", versioned: false}]\nbackups: [{id: nightly, asset: shop, repo: dr}]\n",
        ),
        Example::Inventory(
            "schema: blackstart/inventory/v1\nassets: [{id: shop, kind: postgres}, {id: wiki, kind: files}]\nrepos:\n  - {id: dr, url: \"gs://corp-dr\", immutable: none}\n  - {id: gov, kind: s3, versioned: true, immutable: governance}\nbackups:\n  - {id: nightly, asset: shop, repo: dr}\n  - {id: weekly, asset: wiki, repo: gov}\n",
        ),
    ],
    good: &[
        Example::Inventory(
            "schema: blackstart/inventory/v1\nassets: [{id: shop, kind: postgres}]\nrepos: [{id: dr, kind: s3, versioned: true, immutable: compliance}]\nbackups: [{id: nightly, asset: shop, repo: dr}]\n",
        ),
        Example::Inventory(
            "schema: blackstart/inventory/v1\nassets: [{id: shop, kind: postgres}]\nrepos: [{id: dr, kind: s3}, {id: disk, kind: directory, versioned: false, immutable: none}]\nbackups: [{id: nightly, asset: shop, repo: dr}, {id: daily, asset: shop, repo: disk}]\n",
        ),
    ],
    run,
};

fn run(context: &Context<'_>, report: &mut Report) {
    let Some(inventory) = context.inventory_alone() else { return };
    for repo in inventory.repos.iter().filter(|repo| is_bucket(repo)) {
        if !inventory.backups.iter().any(|b| b.repo.as_ref() == Some(&repo.id))
            || repo.append_only == Some(true)
        {
            continue;
        }
        // What is not known is not held against it.
        let unlocked = matches!(repo.immutable, None | Some(Immutable::None));
        let said = repo.versioned == Some(false) || repo.immutable == Some(Immutable::None);
        if unlocked && repo.versioned != Some(true) && said {
            let message = format!("{} keeps no older versions and locks nothing", repo.id);
            report.add_whole(&RULE, None, message);
        } else if repo.immutable == Some(Immutable::Governance) {
            let message = format!("a privileged account can lift the lock of {}", repo.id);
            report.add_whole(&RULE, None, message).severity = Severity::Medium;
        }
    }
}

/// Tells whether a repository is a bucket of an object store, by its kind or address.
fn is_bucket(repo: &Repo) -> bool {
    let kind = repo.kind.as_deref().unwrap_or_default().to_ascii_lowercase();
    let url = repo.url.as_deref().unwrap_or_default();
    ["s3", "gcs", "gs", "bucket", "azure", "blob", "b2", "swift", "minio"]
        .iter()
        .any(|k| kind.contains(k))
        || ["s3:", "gs:", "b2:", "azure:", "swift:"].iter().any(|scheme| url.starts_with(scheme))
        || url.contains(".blob.core.windows.net")
}
