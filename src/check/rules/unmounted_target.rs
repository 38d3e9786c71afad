//! TG010: copies written to a mount point that nobody looked at.

use crate::check::rule::{Example, Report, Rule};
use crate::check::{Context, Unit};
use crate::evidence::{Place, Severity};
use crate::shell::path;

/// A directory under a mount point is there too when nothing is mounted.
pub const RULE: Rule = Rule {
    code: "TG010",
    name: "unmounted-target",
    severity: Severity::High,
    summary: "copies go below a mount point, and nothing asserts that something is mounted there",
    why: "when the disk is missing the copies fill the root file system, on the machine they should protect, until everything stops",
    fix: "`mountpoint -q /mnt/backup || exit 1` before the copy",
    source: "mountpoint(1)",
    layer: "static",
    bad: &[
        Example::On {
            text: "#!/bin/bash\nset -euo pipefail\nrsync -aHAX --numeric-ids /srv/app/data/ \"/backup/data-$(date +%F).partial/\"\nmv \"/backup/data-$(date +%F).partial\" \"/backup/data-$(date +%F)\"\n",
            devices: &[("/", 2049), ("/srv", 2050), ("/backup", 2049)],
        },
        Example::Script("rsync -a /srv/app/data/ /mnt/usb/data/\n"),
        Example::Script("tar -czf \"/media/disk1/app-$(date +%F).tgz\" -C /srv app\n"),
        Example::Plan {
            plan: "schema: blackstart/plan/v1\nid: p\nkind: backup\ntitle: t\nsteps:\n  - {id: copy, title: Copy, kind: command, host: web1, risk: write, run: 'cp -a /srv/wiki \"/backup/wiki-$(date +%F)\"'}\n",
            inventory: "schema: blackstart/inventory/v1\nhosts:\n  - {id: web1, disks: [{device: /dev/sda1, mount: /}, {device: /dev/sdb1, mount: /backup}]}\n",
        },
    ],
    good: &[
        Example::On {
            text: "#!/bin/bash\nset -euo pipefail\nrsync -aHAX --numeric-ids /srv/app/data/ \"/backup/data-$(date +%F).partial/\"\nmv \"/backup/data-$(date +%F).partial\" \"/backup/data-$(date +%F)\"\n",
            devices: &[("/", 2049), ("/srv", 2050), ("/backup", 2065)],
        },
        Example::Script(
            "mountpoint -q /mnt/usb || exit 1\nrsync -a /srv/app/data/ /mnt/usb/data/\n",
        ),
        Example::Script(
            "[ \"$(stat -c %d /mnt/usb)\" != \"$(stat -c %d /)\" ] || exit 1\nrsync -a /srv/app/data/ /mnt/usb/data/\n",
        ),
        Example::Script("mount /dev/sdb1 /mnt/usb\nrsync -a /srv/app/data/ /mnt/usb/data/\n"),
        Example::Script(
            "rsync -a /mnt/usb/data/ /srv/restored/data/\ntar -czf \"/backup/app-$(date +%F).tgz\" -C /srv app\n",
        ),
        Example::Script(
            r#"#!/usr/bin/env bash
set -euo pipefail
if ! mountpoint -q /mnt/usb; then
  echo "plug in the disk" >&2
  exit 1
fi
new="/mnt/usb/app-$(date -u +%Y%m%dT%H%M%SZ)"
rsync -aHAX /srv/app/data/ "$new.tmp/"
mv -T "$new.tmp" "$new"
"#,
        ),
    ],
    run,
};

fn run(context: &Context<'_>, report: &mut Report) {
    for (unit, run) in context
        .named(crate::check::unit::COPIERS)
        .filter(|(unit, _)| unit.part == Place::Run || unit.part == Place::Whole)
    {
        let Some(target) = unit
            .copies(run.command)
            .into_iter()
            .map(|(_, target)| target)
            .find(|at| mount_of(context, unit, at).is_some())
        else {
            continue;
        };
        let asserted = context.before(unit, run).any(|(_, other)| {
            other.command.is(&[
                "mountpoint",
                "findmnt",
                "mount",
                "stat",
                "df",
                "lsblk",
                "systemd-mount",
                "automount",
                "mktemp",
            ]) || other
                .command
                .arguments()
                .iter()
                .any(|a| a.shown().contains("/proc/mounts") || a.shown().contains("mountinfo"))
        });
        if !asserted {
            let mount = mount_of(context, unit, &target).unwrap_or_default();
            report.add(
                &RULE,
                unit,
                run.command.span,
                format!("{target} is written without asserting that {mount} is mounted"),
            );
        }
    }
}

/// Returns the mount point a path lies below: by the inventory, or by the directories that are for mounts.
fn mount_of(context: &Context<'_>, unit: &Unit<'_>, at: &str) -> Option<String> {
    let host = unit.step.and_then(|step| step.host.as_ref());
    let host = host.and_then(|host| context.inventory?.host(host.as_str()));
    let known =
        host.into_iter().flat_map(|host| &host.disks).filter_map(|disk| disk.mount.as_deref());
    let known = known
        .filter(|mount| mount.len() > 1 && path::within(at, mount))
        .max_by_key(|mount| mount.len());
    if let Some(known) = known {
        // Data of the machine itself lies on mounted disks too; what is meant are places of copies.
        return crate::check::names::looks_backup(known).then(|| known.to_owned());
    }
    let device = |path: &str| context.facts.devices.get(path);
    let top: String = at.split_inclusive('/').take(2).collect();
    let top = top.trim_end_matches('/');
    // A directory of the root that is called a place for copies, and lies on the disk of the root itself.
    if crate::check::names::looks_backup(top) && device(top).is_some() && device(top) == device("/")
    {
        return Some(top.to_owned());
    }
    let mut parts = at.split('/').skip(1);
    let (root, name) = (parts.next()?, parts.next()?);
    (["mnt", "media"].contains(&root) && !name.is_empty()).then(|| format!("/{root}/{name}"))
}
