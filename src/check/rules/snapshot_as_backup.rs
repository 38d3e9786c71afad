//! LV001: a snapshot that is the backup, or that is never removed.

use crate::check::Context;
use crate::check::rule::{Example, Report, Rule};
use crate::evidence::Severity;
use crate::plan::Kind;
use crate::shell::Argument;
use crate::tools::Call;

/// A snapshot lies on the disk of what it shall protect, and fills up.
pub const RULE: Rule = Rule {
    code: "LV001",
    name: "snapshot-as-backup",
    severity: Severity::Medium,
    summary: "a classic LVM snapshot is made, and nothing copies from it or nothing removes it; or a volume is called a backup and stays empty",
    why: "it dies with the disk of its origin; and when it is full it becomes invalid, without a word to the script that made it",
    fix: "mount it read-only, copy it to another disk, look at `lvs -o data_percent`, remove it in a `trap`; size it by change rate times duration, doubled",
    source: "lvcreate(8), --snapshot: \"the snapshot is dropped if it becomes full\"; GitLab, postmortem of 31 January 2017: LVM snapshots on the same host",
    layer: "static",
    bad: &[
        Example::Script("lvcreate -s -n data-backup -L 10G vg0/data\n"),
        Example::Script(
            "#!/bin/bash\nset -euo pipefail\n# nightly backup of the data volume\nlvcreate -L 10G -n \"data_backup\" vg0\nlvchange -ay vg0/data_backup\nlogger -t backup \"data_backup made\"\n",
        ),
        Example::Script(
            "#!/bin/bash\nset -euo pipefail\nday=$(date +%u)\nlvcreate --snapshot --name \"home_$day\" --size 20G /dev/vg0/home\nlogger -t backup \"snapshot home_$day made\"\n",
        ),
        Example::Script(
            "set -e\nlvcreate -L5G -s -n mysnap /dev/vg0/data\nmkdir -p /mnt/snap\nmount -o ro /dev/vg0/mysnap /mnt/snap\ntar -czf \"/backup/data-$(date +%F).tgz\" -C /mnt/snap .\numount /mnt/snap\n",
        ),
    ],
    good: &[
        Example::Script(
            "lvcreate -s -n snap -L 10G vg0/data\nmount -o ro /dev/vg0/snap /mnt/snap\nrsync -a /mnt/snap/ /backup/data/\numount /mnt/snap\nlvremove -y vg0/snap\n",
        ),
        Example::Script(
            "set -euo pipefail\ncleanup() { umount /mnt/snap || true; lvremove -f vg0/snap; }\ntrap cleanup EXIT\nlvcreate -s -n snap -L 10G vg0/data\nmount -o ro /dev/vg0/snap /mnt/snap\nborg create /backup/borg::\"$(date +%F)\" /mnt/snap\n",
        ),
        Example::Script(
            "lvcreate -s -n before-upgrade -L 10G vg0/root\napt-get -y dist-upgrade\nlvconvert --merge vg0/before-upgrade\n",
        ),
        Example::Script("lvcreate -n data -L 10G vg0\n"),
        Example::Script(
            "#!/bin/bash\nset -euo pipefail\n# a place for copies, on disks of its own\nvgcreate copies /dev/sdb\nlvcreate -n backup -L 200G copies\nmkfs.xfs /dev/copies/backup\nmount /dev/copies/backup /srv/backup\n",
        ),
        Example::Plan {
            plan: "schema: blackstart/plan/v1\nid: p\nkind: recovery\ntitle: t\nsteps:\n  - {id: keep, title: Keep the damaged state, kind: command, risk: write, run: lvcreate -s -n damaged -L 10G vg0/data}\n",
            inventory: "",
        },
    ],
    run,
};

/// Returns the name of a new volume that is called a copy and into which nothing is ever copied.
fn empty_copy(context: &Context<'_>, call: &Call<'_>) -> Option<String> {
    let plain = call.has(&["size", "extents"])
        && !call.has(&["snapshot", "thinpool", "virtualsize", "type", "T", "test"]);
    let name = call.value(&["name"]).filter(|_| plain)?.text.clone();
    let words = ["backup", "bak", "snap", "snapshot"];
    let called = name.to_ascii_lowercase();
    let called = called.split(['-', '_', '.']).any(|part| words.contains(&part));
    let filled = context.runs().any(|(_, other)| {
        let command = other.command;
        let uses = command.name().is_some_and(|name| name.starts_with("mkfs"))
            || command.is(&[
                "mount",
                "dd",
                "pv",
                "cryptsetup",
                "mkswap",
                "qemu-img",
                "virsh",
                "virt-install",
            ]);
        uses && command.arguments().iter().any(|a| a.shown().contains(&name))
    });
    (called && !filled).then_some(name)
}

fn run(context: &Context<'_>, report: &mut Report) {
    // In a recovery a snapshot is the way back, kept until somebody is content.
    if context.plan.is_some_and(|plan| plan.kind == Kind::Recovery) {
        return;
    }
    for (unit, run) in context.named(&["lvcreate"]) {
        let Some(call) = unit.take_apart(run.command) else { continue };
        // A thin snapshot has no size and cannot fill up by itself.
        if let Some(name) = empty_copy(context, call) {
            let message = format!(
                "{name} is a new and empty volume, no snapshot, and nothing is copied into it"
            );
            report.add(&RULE, unit, run.command.span, message);
            continue;
        }
        let classic = call.has(&["snapshot"]) && call.has(&["size", "extents"]);
        if !classic || run.command.setting.contained {
            continue;
        }
        let uses = |names: &[&str]| context.runs().any(|(_, other)| other.command.is(names));
        let ended = context.runs().any(|(_, other)| {
            let merges = |a: &Argument| a.shown().starts_with("--merge");
            other.command.is(&["lvremove"])
                || other.command.is(&["lvconvert", "lvm"])
                    && other.command.arguments().iter().any(merges)
        });
        let read = uses(&[
            "mount",
            "dd",
            "partclone.ext4",
            "partclone.xfs",
            "xfsdump",
            "dump",
            "fsarchiver",
            "rsync",
            "restic",
            "borg",
            "tar",
            "qemu-img",
            "pv",
            "cp",
            "kpartx",
        ]);
        let name = call.value(&["name"]).map_or_else(String::new, |w| w.text.to_ascii_lowercase());
        let named =
            ["backup", "bak", "daily", "nightly", "copy"].iter().any(|word| name.contains(word));
        if !read && !ended {
            let message =
                "the snapshot stays on the disk of its origin, and nothing copies from it"
                    .to_owned();
            let finding = report.add(&RULE, unit, run.command.span, message);
            if named || context.plan.is_some() {
                finding.severity = Severity::High;
            }
        } else if !ended {
            let message = "the snapshot is never removed; when it is full it is invalid".to_owned();
            report.add(&RULE, unit, run.command.span, message);
        }
    }
}
