//! TG004: a device that is mounted, or the repository itself, as the target.

use super::swapped_source_and_target::is_repository;
use crate::base::Risk;
use crate::check::rule::{Example, Report, Rule};
use crate::check::{Context, Run, Unit};
use crate::evidence::{Place, Severity};
use crate::tools::{Role, is_device, tar};

/// What is mounted is in use, whatever its name.
pub const RULE: Rule = Rule {
    code: "TG004",
    name: "target-in-use",
    severity: Severity::Critical,
    summary: "a file system is made, written or repaired on a device that is mounted, or a restore goes into the repository",
    why: "a mounted file system that changes under its kernel is destroyed; a restore into the repository overwrites the copies",
    fix: "unmount the device and prove it (findmnt), or use another one; restore into a scratch directory",
    source: "fsck(8), mkfs(8): never on a mounted file system",
    layer: "inventory",
    bad: &[
        Example::Plan {
            plan: "schema: blackstart/plan/v1\nid: p\nkind: recovery\ntitle: t\nsteps:\n  - {id: make, title: Make, kind: command, host: web1, risk: irreversible, run: mkfs.ext4 /dev/sdb1}\n",
            inventory: INVENTORY,
        },
        Example::Plan {
            plan: "schema: blackstart/plan/v1\nid: p\nkind: recovery\ntitle: t\nsteps:\n  - {id: back, title: Restore, kind: command, host: web1, risk: destructive, run: tar -xzf /mnt/backup/wiki.tgz -C /mnt/backup}\n",
            inventory: INVENTORY,
        },
        Example::Script(
            "set -euo pipefail\nfsck.ext4 -y /dev/vg0/data\nmount -o remount,rw /srv/app\n",
        ),
    ],
    good: &[
        Example::Plan {
            plan: "schema: blackstart/plan/v1\nid: p\nkind: recovery\ntitle: t\nsteps:\n  - {id: make, title: Make, kind: command, host: web1, risk: irreversible, run: mkfs.ext4 /dev/sdc1}\n  - {id: back, title: Restore, kind: command, host: web1, risk: destructive, run: 'd=$(mktemp -d /srv/x.XXXX); tar -xzf /mnt/backup/wiki.tgz -C \"$d\"'}\n",
            inventory: INVENTORY,
        },
        Example::Script("umount /srv/app\nfsck.ext4 -y /dev/vg0/data\nmount /srv/app\n"),
        Example::Script("fsck.ext4 -n /dev/vg0/data\nmount -o remount,ro /srv/app\n"),
    ],
    run,
};

const INVENTORY: &str = "schema: blackstart/inventory/v1\nhosts:\n  - {id: web1, disks: [{device: /dev/sdb1, mount: /srv}, {device: /dev/sdc1}]}\nrepos: [{id: disk, path: /mnt/backup}]\n";

fn run(context: &Context<'_>, report: &mut Report) {
    for (unit, run) in context.runs() {
        if unit.part == Place::Rollback {
            continue;
        }
        for device in changed_devices(unit, run) {
            let unmounted = context
                .before(unit, run)
                .any(|(_, other)| other.command.is(&["umount", "swapoff"]));
            let mount = mounted_at(context, unit, &device);
            let remounted = context.after(unit, run).any(|(_, other)| {
                other.command.is(&["mount"])
                    && other.command.arguments().iter().any(|a| a.shown().contains("remount,rw"))
            });
            if unmounted {
                continue;
            }
            if let Some(mount) = mount {
                let message = format!("{device} is mounted at {mount}");
                report.add(&RULE, unit, run.command.span, message);
            } else if remounted && run.command.name().is_some_and(|name| name.starts_with("fsck")) {
                report.add(
                    &RULE,
                    unit,
                    run.command.span,
                    format!("{device} is repaired while it is mounted"),
                );
            }
        }
        let Some(inventory) = context.inventory else {
            continue;
        };
        if let Some(target) = restored_into(unit, run).filter(|at| is_repository(inventory, at)) {
            report.add(
                &RULE,
                unit,
                run.command.span,
                format!("the restore goes into the repository, to {target}"),
            );
        }
    }
}

/// Returns the devices a command writes to or repairs.
fn changed_devices(unit: &Unit<'_>, run: Run<'_>) -> Vec<String> {
    let command = run.command;
    let Some(name) = command.name() else {
        return vec![];
    };
    let repairs = (name.starts_with("fsck") || name == "e2fsck" || name == "xfs_repair")
        && !command
            .literals()
            .iter()
            .any(|w| w.starts_with('-') && !w.starts_with("--") && w.contains('n'));
    let writes = unit.take_apart(command).is_some_and(|call| {
        call.risk() == Risk::Irreversible
            && ["mkfs", "dd", "shred", "wipefs"].contains(&call.tool.name)
    });
    if !repairs && !writes {
        return vec![];
    }
    let device = |word: &str| {
        let path = word.strip_prefix("of=").unwrap_or(word).to_owned();
        is_device(&path).then_some(path)
    };
    let source = |word: &&str| word.starts_with("if=");
    command.literals().into_iter().filter(|word| !source(word)).filter_map(device).collect()
}

/// Returns where the inventory says that a device, or a partition of it, is mounted.
fn mounted_at(context: &Context<'_>, unit: &Unit<'_>, device: &str) -> Option<String> {
    let host = unit.step?.host.as_ref()?;
    let host = context.inventory?.host(host.as_str())?;
    let part = |disk: &str| {
        disk == device
            || disk.strip_prefix(device).is_some_and(|rest| {
                rest.trim_start_matches('p').chars().all(|c| c.is_ascii_digit())
            })
    };
    host.disks.iter().find(|disk| part(&disk.device)).and_then(|disk| disk.mount.clone())
}

/// Returns the directory a restore writes to.
fn restored_into(unit: &Unit<'_>, run: Run<'_>) -> Option<String> {
    let call = unit.take_apart(run.command)?;
    let word = match call.tool.name {
        "tar" if tar::mode(call) == tar::Mode::Extract => call.value(&["directory"])?,
        "restic" if call.names("restore") => call.value(&["target"])?,
        _ => return None,
    };
    let fresh = word.fresh || call.of_role(Role::Target).iter().any(|word| word.fresh);
    (!fresh).then(|| unit.path(run.command, word))
}
