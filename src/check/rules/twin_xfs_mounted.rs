//! LV003: a snapshot of an XFS volume is mounted beside its origin.

use crate::base::Span;
use crate::check::rule::{Example, Report, Rule, edit};
use crate::check::{Context, Run, Unit};
use crate::evidence::Severity;
use crate::shell::path;

/// XFS refuses a second file system of the same UUID.
pub const RULE: Rule = Rule {
    code: "LV003",
    name: "twin-xfs-mounted",
    severity: Severity::High,
    summary: "a snapshot of an XFS file system is mounted without `nouuid`",
    why: "XFS refuses to mount two file systems of one UUID, so the copy that follows finds an empty directory, or the script ends",
    fix: "`mount -o ro,nouuid /dev/VG/SNAP /mnt/snap`, and check with `mountpoint -q` before copying",
    source: "xfs(5), nouuid: \"useful to mount LVM snapshot volumes\"",
    layer: "static",
    bad: &[
        Example::Script(
            "mkfs.xfs /dev/vg0/data\nlvcreate -s -n snap -L 10G vg0/data\nmount -o ro /dev/vg0/snap /mnt/snap\n",
        ),
        Example::Script(
            "#!/usr/bin/env bash\nset -euo pipefail\nxfs_freeze -f /srv/data\nlvcreate -s -n data_snap -L 20G /dev/vg0/data\nxfs_freeze -u /srv/data\nmount -t xfs /dev/vg0/data_snap /mnt/snap\nrsync -aHAX /mnt/snap/ /backup/data/\numount /mnt/snap\nlvremove -y vg0/data_snap\n",
        ),
        Example::Plan {
            plan: "schema: blackstart/plan/v1\nid: p\nkind: backup\ntitle: t\nsteps:\n  - id: copy\n    title: Copy\n    kind: command\n    host: nas\n    risk: write\n    run: |\n      lvcreate -s -n snap -L 10G vg0/data\n      mount -o ro /dev/vg0/snap /mnt/snap\n",
            inventory: "schema: blackstart/inventory/v1\nhosts:\n  - {id: nas, disks: [{device: /dev/vg0/data, fs: xfs, mount: /srv}]}\n",
        },
    ],
    good: &[
        Example::Script(
            r#"#!/bin/bash
set -euo pipefail
# copies the files of a volume from a snapshot
trap 'umount /mnt/snap || true; lvremove -y vg0/data_snap' EXIT
lvcreate -s -n data_snap -L 20G vg0/data
mount -t xfs -o ro,nouuid /dev/vg0/data_snap /mnt/snap
rsync -aHAX --numeric-ids /mnt/snap/ "/backup/data-$(date +%F).partial/"
mv "/backup/data-$(date +%F).partial" "/backup/data-$(date +%F)"
"#,
        ),
        Example::Script(
            "lvcreate -s -n snap -L 10G vg0/data\nmount -t xfs -o ro,nouuid /dev/vg0/snap /mnt/snap\n",
        ),
        Example::Script(
            "lvcreate -s -n snap -L 10G vg0/data\nmount -o ro /dev/vg0/snap /mnt/snap\n",
        ),
        Example::Script("mkfs.xfs /dev/vg0/new\nmount /dev/vg0/new /srv/new\n"),
        Example::Script(
            "set -euo pipefail\nlvcreate -s -n snap -L 10G vg0/data\nxfs_admin -U generate /dev/vg0/snap\nmount -t xfs /dev/vg0/snap /mnt/snap\n",
        ),
    ],
    run,
};

fn run(context: &Context<'_>, report: &mut Report) {
    for (unit, run) in context.named(&["mount"]) {
        let command = run.command;
        let words: Vec<String> =
            command.arguments().iter().map(|a| a.shown().into_owned()).collect();
        if words.iter().any(|w| w.contains("nouuid")) {
            continue;
        }
        let Some(origin) = words.iter().find_map(|word| origin_of(context, unit, run, word)) else {
            continue;
        };
        let typed = words.windows(2).any(|w| w[0] == "-t" && w[1] == "xfs");
        if !(typed || is_xfs(context, unit, run, &origin)) {
            continue;
        }
        let message = format!("a snapshot of the XFS volume {origin} is mounted without `nouuid`");
        let options =
            words.iter().position(|w| w == "-o").and_then(|at| command.arguments().get(at + 1));
        let fix = match options {
            Some(given) if unit.slice(given.span) == given.shown() => {
                edit(Span::new(given.span.end, given.span.end), ",nouuid")
            }
            Some(_) => None,
            None => command
                .words
                .first()
                .and_then(|w| edit(Span::new(w.span.end, w.span.end), " -o nouuid")),
        };
        report.add(&RULE, unit, command.span, message).edit = fix;
    }
}

/// Returns the origin of a snapshot that the script made and this word names.
fn origin_of(context: &Context<'_>, unit: &Unit<'_>, run: Run<'_>, word: &str) -> Option<String> {
    let device = path::file_name(word.strip_prefix("/dev/")?);
    context.before(unit, run).find_map(|(unit, other)| {
        let call = unit.take_apart(other.command).filter(|call| call.name == "lvcreate")?;
        let name = &call.value(&["name"])?.text;
        let made =
            call.has(&["snapshot"]) && (device == name || device.ends_with(&format!("-{name}")));
        // With a UUID of its own it is no twin any more.
        let renamed = context.before(unit, run).any(|(_, one)| one.command.is(&["xfs_admin"]));
        (made && !renamed).then(|| call.operand(0).to_owned())
    })
}

fn is_xfs(context: &Context<'_>, unit: &Unit<'_>, run: Run<'_>, origin: &str) -> bool {
    let short = |text: &str| text.strip_prefix("/dev/").unwrap_or(text).to_owned();
    let tools = context.before(unit, run).any(|(_, other)| {
        let own =
            other.command.name().is_some_and(|name| name.starts_with("xfs_") || name == "mkfs.xfs");
        own && other.command.name().is_some_and(|name| {
            name != "mkfs.xfs"
                || other.command.arguments().iter().any(|a| short(&a.shown()) == short(origin))
        })
    });
    let host = unit.step.and_then(|step| step.host.as_ref());
    let disks =
        context.inventory.zip(host).and_then(|(inventory, host)| inventory.host(host.as_str()));
    let known = disks.is_some_and(|host| {
        host.disks
            .iter()
            .any(|d| short(&d.device) == short(origin) && d.fs.as_deref() == Some("xfs"))
    });
    tools || known
}
