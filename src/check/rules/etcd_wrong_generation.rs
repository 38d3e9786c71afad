//! ET005: an etcd tool of another generation than the server.

use crate::base::AssetKind;
use crate::check::rule::{Example, Report, Rule};
use crate::check::{Context, etcd, subcommands};
use crate::evidence::Severity;

/// The tools changed places twice: backup in 2, snapshot of etcdctl in 3, of etcdutl since 3.5.
pub const RULE: Rule = Rule {
    code: "ET005",
    name: "etcd-wrong-generation",
    severity: Severity::Medium,
    summary: "`etcdctl backup` of API 2 is used, or a client whose commands the server's version does not have",
    why: "`backup` saves the keys of API 2 and leaves out those of API 3, which is where everything is today; the other commands fail in the middle of a recovery",
    fix: "`etcdctl snapshot save` on every version; `etcdutl snapshot restore` and `status` from 3.5 on, `etcdctl snapshot restore` before",
    source: "etcd documentation, Disaster recovery of 3.4 and 3.6; etcdctl of 3.6 has no `snapshot restore` any more",
    layer: "static",
    bad: &[
        Example::Script(
            r#"#!/usr/bin/env bash
set -euo pipefail
ts=$(date -u +%Y%m%dT%H%M%SZ)
etcdctl backup --data-dir /var/lib/etcd --backup-dir "/backup/etcd/$ts"
tar -czf "/backup/etcd/$ts.tgz" -C /backup/etcd "$ts"
"#,
        ),
        Example::Plan {
            plan: "schema: blackstart/plan/v1\nid: p\nkind: recovery\ntitle: t\nsteps:\n  - {id: back, title: Restore, kind: command, asset: store, risk: write, run: etcdctl snapshot restore /backup/snap.db --data-dir /var/lib/etcd.new}\n",
            inventory: "schema: blackstart/inventory/v1\nassets:\n  - {id: store, kind: etcd, version: \"3.6.1\"}\n",
        },
        Example::Plan {
            plan: "schema: blackstart/plan/v1\nid: p\nkind: recovery\ntitle: t\nsteps:\n  - {id: back, title: Restore, kind: command, asset: store, risk: write, run: etcdutl snapshot restore /backup/snap.db --data-dir /var/lib/etcd.new}\n",
            inventory: "schema: blackstart/inventory/v1\nassets:\n  - {id: store, kind: etcd, version: \"3.4.23\"}\n",
        },
    ],
    good: &[
        Example::Script(
            r#"#!/usr/bin/env bash
set -euo pipefail
ts=$(date -u +%Y%m%dT%H%M%SZ)
ETCDCTL_API=3 etcdctl --endpoints=https://127.0.0.1:2379 snapshot save "/backup/etcd/$ts.db.tmp"
mv "/backup/etcd/$ts.db.tmp" "/backup/etcd/$ts.db"
"#,
        ),
        Example::Plan {
            plan: "schema: blackstart/plan/v1\nid: p\nkind: recovery\ntitle: t\nsteps:\n  - {id: back, title: Restore, kind: command, asset: store, risk: write, run: etcdutl snapshot restore /backup/snap.db --data-dir /var/lib/etcd.new}\n",
            inventory: "schema: blackstart/inventory/v1\nassets:\n  - {id: store, kind: etcd, version: \"3.6.1\"}\n  - {id: old, kind: etcd, version: \"3.4.23\"}\n",
        },
    ],
    run,
};

fn run(context: &Context<'_>, report: &mut Report) {
    for (unit, run) in context.named(etcd::CLIENTS) {
        let command = run.command;
        let mut add = |message: &str| {
            report.add(&RULE, unit, command.span, message.to_owned());
        };
        if command.is(&["etcdctl"])
            && subcommands::has(command, "--backup-dir")
            && !subcommands::has(command, "--with-v3")
        {
            add("`etcdctl backup` leaves out the keys of API 3");
            continue;
        }
        let offline = subcommands::says(command, &["snapshot", "restore"])
            || subcommands::says(command, &["snapshot", "status"]);
        let Some(minor) = version(context, unit.step).filter(|_| offline) else { continue };
        if command.is(&["etcdctl"]) && minor >= 6 {
            add("etcdctl of 3.6 and later does not have this command; etcdutl has it");
        } else if command.is(&["etcdutl"]) && minor < 5 {
            add("etcdutl comes with 3.5 and later; etcdctl has this command before");
        }
    }
}

/// Returns the minor version of the step's etcd 3, or of the only one the inventory knows.
fn version(context: &Context<'_>, step: Option<&crate::plan::Step>) -> Option<u32> {
    let inventory = context.inventory?;
    let known = |asset: &&crate::inventory::Asset| asset.kind == AssetKind::Etcd;
    let own = step.and_then(|step| step.asset.as_ref()).and_then(|id| inventory.asset(id.as_str()));
    let mut all = inventory.assets.iter().filter(known);
    let only = all.next().filter(|_| all.next().is_none());
    let asset = own.filter(known).or(only)?;
    let mut parts = asset.version.as_deref()?.trim_start_matches('v').split('.');
    parts.next().filter(|major| *major == "3")?;
    parts.next()?.parse().ok()
}
