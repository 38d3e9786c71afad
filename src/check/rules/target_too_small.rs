//! FO007: a place to recover to that cannot hold the data.

use crate::base::{Id, Size};
use crate::check::Context;
use crate::check::rule::{Example, Report, Rule};
use crate::evidence::{Place, Severity};
use crate::inventory::{Asset, Host, Inventory};

/// The other site was bought when the data were half as big.
pub const RULE: Rule = Rule {
    code: "FO007",
    name: "target-too-small",
    severity: Severity::High,
    summary: "the disks of the host that is restored to, or of the standby's, are smaller than the data",
    why: "the restore stops hours in, when the disk is full; nothing of it can be used",
    fix: "restore to a host with room for the data and its log, or add a disk first; compare the sizes at every drill",
    source: "arithmetic over the inventory: sizes of disks and assets",
    layer: "inventory",
    bad: &[
        Example::Plan {
            plan: "schema: blackstart/plan/v1\nid: p\nkind: recovery\ntitle: t\nsteps:\n  - {id: back, title: Restore, kind: command, host: dr1, asset: shop, risk: write, run: pgbackrest --stanza=shop restore}\n",
            inventory: "schema: blackstart/inventory/v1\nhosts:\n  - {id: db1, disks: [{device: /dev/vdb, size: 2TB, mount: /srv}]}\n  - {id: dr1, disks: [{device: /dev/vda, size: 100GB, mount: /}, {device: /dev/vdb, size: 500GB, mount: /srv}]}\nassets: [{id: shop, kind: postgres, host: db1, size: 900GB}]\n",
        },
        Example::Inventory(
            "schema: blackstart/inventory/v1\nhosts: [{id: a}, {id: b, disks: [{device: /dev/vdb, size: 400GB}]}]\nassets:\n  - {id: shop, kind: postgres, host: a, size: 900GB, replication: {mode: async, peer: standby}}\n  - {id: standby, kind: postgres, host: b}\n",
        ),
    ],
    good: &[
        Example::Plan {
            plan: "schema: blackstart/plan/v1\nid: p\nkind: recovery\ntitle: t\nsteps:\n  - {id: back, title: Restore, kind: command, host: dr1, asset: shop, risk: write, run: pgbackrest --stanza=shop restore}\n  - {id: look, title: Look, kind: check, host: small, asset: shop, check: 'psql -h dr1 -c \"select 1\"'}\n",
            inventory: "schema: blackstart/inventory/v1\nhosts:\n  - {id: small, disks: [{device: /dev/vda, size: 20GB}]}\n  - {id: dr1, disks: [{device: /dev/vdb, size: 2TB, mount: /srv}]}\nassets: [{id: shop, kind: postgres, size: 900GB}]\n",
        },
        Example::Inventory(
            "schema: blackstart/inventory/v1\nhosts: [{id: a}, {id: b, disks: [{device: /dev/vdb}]}]\nassets:\n  - {id: shop, kind: postgres, host: a, size: 900GB, replication: {mode: async, peer: standby}}\n  - {id: standby, kind: postgres, host: b}\n",
        ),
    ],
    run,
};

/// Programs that fill a data directory.
const FILLS: &[&str] = &[
    "pgbackrest",
    "wal-g",
    "barman",
    "pg_basebackup",
    "pg_restore",
    "restic",
    "borg",
    "rsync",
    "tar",
    "mariabackup",
    "mariadb-backup",
    "xtrabackup",
    "mysql",
    "mariadb",
    "myloader",
    "mongorestore",
    "velero",
    "aws",
    "rclone",
    "cp",
    "psql",
];

fn run(context: &Context<'_>, report: &mut Report) {
    if let Some(inventory) = context.inventory_alone() {
        for asset in &inventory.assets {
            let peer = asset.replication.as_ref().and_then(|replication| replication.peer.as_ref());
            let host = peer.and_then(|peer| inventory.asset(peer.as_str())?.host.as_ref());
            if let Some((host, room)) = host.and_then(|host| lacks(inventory, asset, host)) {
                let message = format!(
                    "{} needs {}, and the disks of its standby's host {} have {room}",
                    asset.id,
                    size(asset),
                    host.id
                );
                report.add_whole(&RULE, None, message);
            }
        }
        return;
    }
    let Some(inventory) = context.inventory.filter(|_| context.plan.is_some()) else { return };
    for (unit, run) in context.runs().filter(|(unit, _)| unit.part == Place::Run) {
        let Some(step) = unit.step else { continue };
        let (Some(host), Some(asset)) = (&step.host, &step.asset) else { continue };
        let fills = run.command.is(FILLS) && step.claimed_risk() > crate::base::Risk::Read;
        let asset = inventory.asset(asset.as_str()).filter(|_| fills);
        if let Some(asset) = asset
            && let Some((host, room)) = lacks(inventory, asset, host)
        {
            let message = format!(
                "{} needs {}, and the disks of {} have {room}",
                asset.id,
                size(asset),
                host.id
            );
            report.add(&RULE, unit, run.command.span, message);
        }
    }
}

fn size(asset: &Asset) -> Size {
    asset.size.unwrap_or(Size(0))
}

/// Returns the host and the room on all of its disks, where the asset is bigger and the size of every disk is known.
fn lacks<'i>(inventory: &'i Inventory, asset: &Asset, host: &Id) -> Option<(&'i Host, Size)> {
    let host = inventory.hosts.iter().find(|one| one.id == *host)?;
    let sizes: Option<Vec<u64>> =
        host.disks.iter().map(|disk| disk.size.map(|size| size.0)).collect();
    let room: u64 = sizes.filter(|sizes| !sizes.is_empty())?.into_iter().sum();
    (asset.size?.0 > room).then_some((host, Size(room)))
}
