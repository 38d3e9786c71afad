//! SH015: something is frozen, locked or mounted, and stays so when the script dies.

use crate::check::rule::{Example, Report, Rule};
use crate::check::{Context, Run, Unit};
use crate::evidence::Severity;
use crate::shell::{Argument, Command};

/// A script can end at every line: by an error, a signal, a full disk.
pub const RULE: Rule = Rule {
    code: "SH015",
    name: "cleanup-not-trapped",
    severity: Severity::Medium,
    summary: "a freeze, a snapshot or a mount is undone at the end of the script only, not in a trap",
    why: "when a step in between fails or the script is killed, the file system stays frozen, the snapshot fills up, the next run finds the mount point taken",
    fix: "`trap 'undo' EXIT` before the line that does it, and undo nothing twice",
    source: "bash(1), trap, EXIT; fsfreeze(8): the file system stays frozen until it is thawed; lvmsnapshot: a full snapshot is lost",
    layer: "static",
    bad: &[
        Example::Script(
            "set -e\nfsfreeze -f /srv/app\nlvcreate -s -n snap -L 5G vg0/app\nfsfreeze -u /srv/app\n",
        ),
        Example::Script(
            r#"#!/bin/bash
set -euo pipefail
stamp=$(date -u +%Y%m%dT%H%M%SZ)
lvcreate -s -n data_snap -L 20G vg0/data
mount -o ro /dev/vg0/data_snap /mnt/snap
rsync -aHAX /mnt/snap/ "/backup/data/$stamp.partial/"
umount /mnt/snap
lvremove -y vg0/data_snap
mv "/backup/data/$stamp.partial" "/backup/data/$stamp"
"#,
        ),
        Example::Script(
            "set -e\nvirsh domfsfreeze web1\ncp /var/lib/libvirt/web1.qcow2 /backup/web1.new\nvirsh domfsthaw web1\n",
        ),
    ],
    good: &[
        Example::Script(
            "set -e\ntrap 'fsfreeze -u /srv/app' EXIT\nfsfreeze -f /srv/app\nlvcreate -s -n snap -L 5G vg0/app\n",
        ),
        Example::Script(
            r#"#!/bin/bash
set -euo pipefail
stamp=$(date -u +%Y%m%dT%H%M%SZ)
cleanup() {
  mountpoint -q /mnt/snap && umount /mnt/snap
  lvremove -y vg0/data_snap
}
trap cleanup EXIT
lvcreate -s -n data_snap -L 20G vg0/data
mount -o ro /dev/vg0/data_snap /mnt/snap
rsync -aHAX /mnt/snap/ "/backup/data/$stamp.partial/"
mv "/backup/data/$stamp.partial" "/backup/data/$stamp"
"#,
        ),
        Example::Script("set -e\nmount /dev/vg0/new /srv/new\ncp -a /srv/app/. /srv/new/\n"),
        Example::Script("lvcreate -s -n before_upgrade -L 5G vg0/root\n"),
    ],
    run,
};

/// A command that holds something, and the one that lets it go.
struct Hold {
    /// The commands it is about.
    of: &'static [&'static str],
    takes: fn(&Command) -> bool,
    lets_go: fn(&Command) -> bool,
    what: &'static str,
    weight: Severity,
}

const HOLDS: &[Hold] = &[
    Hold {
        of: &["fsfreeze", "xfs_freeze"],
        takes: |c| c.is(&["fsfreeze", "xfs_freeze"]) && (c.has("-f") || c.has("--freeze")),
        lets_go: |c| c.is(&["fsfreeze", "xfs_freeze"]) && (c.has("-u") || c.has("--unfreeze")),
        what: "the file system stays frozen",
        weight: Severity::High,
    },
    Hold {
        of: &["virsh"],
        takes: |c| c.is(&["virsh"]) && c.has("domfsfreeze"),
        lets_go: |c| c.is(&["virsh"]) && c.has("domfsthaw"),
        what: "the guest stays frozen",
        weight: Severity::High,
    },
    Hold {
        of: &["lvcreate", "lvremove"],
        takes: |c| c.is(&["lvcreate"]) && (c.has("--snapshot") || c.has("-s") || letters(c, 's')),
        lets_go: |c| c.is(&["lvremove"]),
        what: "the snapshot stays and fills up",
        weight: Severity::Medium,
    },
    Hold {
        of: &["mount", "umount"],
        takes: |c| c.is(&["mount"]) && operands(c) >= 2,
        lets_go: |c| c.is(&["umount"]),
        what: "the mount stays",
        weight: Severity::Low,
    },
    Hold {
        of: &["cryptsetup"],
        takes: |c| c.is(&["cryptsetup"]) && (c.has("open") || c.has("luksOpen")),
        lets_go: |c| c.is(&["cryptsetup"]) && (c.has("close") || c.has("luksClose")),
        what: "the volume stays open",
        weight: Severity::Low,
    },
];

fn letters(command: &Command, letter: char) -> bool {
    command.literals().iter().any(|w| crate::check::deeds::short(w, letter) && w.len() <= 4)
}

fn operands(command: &Command) -> usize {
    let plain = |a: &&Argument| !a.prefix().starts_with('-');
    command.arguments().iter().filter(plain).count()
}

fn run(context: &Context<'_>, report: &mut Report) {
    for unit in context.units.iter().filter(|unit| unit.step.is_none()) {
        for hold in HOLDS {
            if let Some(taken) = held(unit, hold) {
                let message = format!("when the script ends early, {}", hold.what);
                report.add(&RULE, unit, taken.command.span, message).severity = hold.weight;
            }
        }
    }
}

/// Returns where something is taken that the script lets go at its end, but not in a trap.
fn held<'u>(unit: &'u Unit<'_>, hold: &Hold) -> Option<Run<'u>> {
    let taken = unit.named(hold.of).find(|run| {
        let setting = &run.command.setting;
        let here = setting.remote.is_none() && !setting.contained && !setting.deferred;
        here && (hold.takes)(run.command)
    })?;
    let releases: Vec<Run<'_>> =
        unit.named(hold.of).filter(|r| (hold.lets_go)(r.command)).collect();
    let trapped = releases.iter().any(|r| r.command.setting.deferred);
    let later = releases.iter().any(|r| r.index > taken.index + 1);
    (later && !trapped).then_some(taken)
}
