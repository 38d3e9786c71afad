//! RB012: a repository of copies is repaired in place.

use crate::check::Context;
use crate::check::repository::{Act, operations};
use crate::check::rule::{Example, Report, Rule};
use crate::evidence::Severity;

/// A repair throws away what it cannot read.
pub const RULE: Rule = Rule {
    code: "RB012",
    name: "repair-without-copy",
    severity: Severity::High,
    summary: "a repository is repaired or its index rebuilt, and no copy of the repository was made before",
    why: "what cannot be read is dropped for good: copies that a second try, another version or another disk could have read",
    fix: "stop the backups, copy the repository (`rsync -a`, `rclone copy`), repair the copy or keep it as the way back",
    source: "borg-check(1): \"check --repair is a potentially dangerous function and might lead to data loss\"; restic documentation, Troubleshooting, 2: \"Create a full copy of the repository if possible\"",
    layer: "static",
    bad: &[
        Example::Script("borg check --repair /backup/borg\n"),
        Example::Script(
            "#!/bin/bash\nset -e\nexport RESTIC_REPOSITORY=/backup/restic RESTIC_PASSWORD_FILE=/root/.restic\nrestic unlock\nrestic repair index\nrestic repair snapshots --forget\nrestic check\n",
        ),
        Example::Script("restic -r /backup/restic rebuild-index\n"),
    ],
    good: &[
        Example::Script(
            "rsync -a /backup/borg/ /mnt/spare/borg-before-repair/\nborg check --repair /backup/borg\n",
        ),
        Example::Script("borg check --verify-data /backup/borg\n"),
        Example::Script(
            "set -euo pipefail\ncp -a --reflink=auto /backup/restic /mnt/spare/restic.copy\nrestic -r /backup/restic repair index\nrestic -r /backup/restic check --read-data\n",
        ),
        Example::Script(
            "zfs snapshot tank/backup@before-repair\nborg check --repair /tank/backup/borg\n",
        ),
        Example::Script("restic -r /backup/restic repair snapshots --dry-run\n"),
    ],
    run,
};

fn run(context: &Context<'_>, report: &mut Report) {
    for one in operations(context) {
        if one.act != Act::Repair || one.is_rehearsal() {
            continue;
        }
        let kept = context.before(one.unit, one.run).any(|(_, other)| {
            let command = other.command;
            command.is(&["rsync", "cp", "tar", "dd"])
                || command.is(&["rclone", "aws", "gsutil"])
                    && (command.has("copy") || command.has("sync") || command.has("cp"))
                || command.is(&["restic"]) && command.has("copy")
                || command.is(&["zfs", "btrfs", "lvcreate"])
                    && command.literals().iter().any(|w| w.contains("snap") || *w == "-s")
        });
        if !kept {
            let message = format!("{} rewrites its only repository", one.program);
            report.add(&RULE, one.unit, one.run.command.span, message);
            return;
        }
    }
}
