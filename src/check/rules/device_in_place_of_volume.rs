//! LV002: a disk is named where LVM expects a group or a volume.

use crate::check::Context;
use crate::check::rule::{Example, Report, Rule};
use crate::evidence::Severity;

/// Without a snapshot the copy that follows is taken from nothing.
pub const RULE: Rule = Rule {
    code: "LV002",
    name: "device-in-place-of-volume",
    severity: Severity::High,
    summary: "lvcreate, vgcreate or vgextend is given a disk where the name of a volume group or of a logical volume belongs",
    why: "the command fails: there is no snapshot and no volume, and a script that goes on copies or formats something else",
    fix: "`lvcreate -s -n NAME -L SIZE VG/LV`, `vgcreate VG DISK`, `vgextend VG DISK`; `pvs`, `vgs` and `lvs` tell the names",
    source: "lvcreate(8), usage: `lvcreate -s|--snapshot -L|--size Size LV`, `lvcreate -L|--size Size VG`; vgcreate(8), vgextend(8)",
    layer: "static",
    bad: &[
        Example::Script("lvcreate -s -n snap -L 10G /dev/sda2\n"),
        Example::Script(
            "#!/bin/bash\nset -e\nlvcreate --size 5G --snapshot --name backup_snap /dev/nvme0n1p3\nmount /dev/vg0/backup_snap /mnt/snap\nrsync -a /mnt/snap/ /backup/root/\numount /mnt/snap\nlvremove -f /dev/vg0/backup_snap\n",
        ),
        Example::Script("lvcreate -n restore -L 50G /dev/sdb\nmkfs.ext4 /dev/vg0/restore\n"),
        Example::Script("vgextend /dev/sdc vg0\n"),
    ],
    good: &[
        Example::Script(
            r#"#!/bin/bash
set -euo pipefail
# copies the root file system from a snapshot
lvcreate --size 5G --snapshot --name root_snap /dev/vg0/root
mount -o ro /dev/vg0/root_snap /mnt/snap
rsync -aHAX --numeric-ids /mnt/snap/ "/backup/root-$(date +%F)/"
umount /mnt/snap
lvremove -f /dev/vg0/root_snap
vgextend vg0 /dev/nvme0n1p3
"#,
        ),
        Example::Script(
            "lvcreate -s -n snap -L 10G /dev/vg0/data\nlvcreate -s -n snap2 -L 10G vg0/data\n",
        ),
        Example::Script(
            "pvcreate /dev/sdb\nvgextend vg0 /dev/sdb\nlvcreate -n restore -L 50G vg0 /dev/sdb\n",
        ),
        Example::Script(
            "set -euo pipefail\nvgcreate vgnew /dev/sdb /dev/sdc\nlvcreate --type raid1 -m1 -n data -L 100G vgnew\nmkfs.xfs /dev/vgnew/data\n",
        ),
        Example::Script("lvcreate -s -n snap -l 20%ORIGIN /dev/mapper/vg0-data\n"),
    ],
    run,
};

fn run(context: &Context<'_>, report: &mut Report) {
    for (unit, run) in context.named(&["lvcreate", "vgcreate", "vgextend"]) {
        if !run.command.is(&["lvcreate", "vgcreate", "vgextend"]) {
            continue;
        }
        let Some(call) = unit.take_apart(run.command) else { continue };
        // Where the name came with a flag, the operands may be disks.
        if call.has(&["volumegroup", "thinpool", "T", "cachepool", "test", "t"]) {
            continue;
        }
        if let Some(word) = call.operands.first().filter(|word| is_disk(&word.text)) {
            let expected = match (call.name, call.has(&["snapshot"])) {
                ("lvcreate", true) => "a logical volume",
                _ => "a volume group",
            };
            let message =
                format!("{} is a disk, and `{}` expects {expected} there", word.text, call.name);
            report.add(&RULE, unit, run.command.span, message);
        }
    }
}

/// Tells whether a path names a disk or a partition of one, by the kernel's names.
fn is_disk(path: &str) -> bool {
    let Some(name) = path.strip_prefix("/dev/") else { return false };
    let tail =
        ["sd", "vd", "xvd", "hd", "nvme", "mmcblk"].iter().find_map(|kind| name.strip_prefix(kind));
    tail.is_some_and(|tail| !tail.is_empty() && !tail.contains('/') && tail.len() <= 6)
}
