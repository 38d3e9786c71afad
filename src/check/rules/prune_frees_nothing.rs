//! RB007: a prune that frees no room.

use crate::check::Context;
use crate::check::repository::{Act, operations};
use crate::check::rule::{Example, Report, Rule};
use crate::evidence::Severity;

/// Since borg 1.2 the room is freed by `borg compact` alone.
pub const RULE: Rule = Rule {
    code: "RB007",
    name: "prune-frees-nothing",
    severity: Severity::Medium,
    summary: "borg prunes or deletes archives, and no `borg compact` follows",
    why: "the repository grows although archives go, until the disk is full and the backups fail",
    fix: "run `borg compact REPO` after the prune (borg 1.2 and newer)",
    source: "borg-prune(1): \"Repository disk space is not freed until you run borg compact\"; measured with borg 1.2.4: 20 MB stay until then",
    layer: "static",
    bad: &[
        Example::Script(
            "borg create \"/backup/borg::$(date +%F)\" /srv\nborg prune --keep-daily 7 /backup/borg\n",
        ),
        Example::Script(
            "#!/usr/bin/env bash\nset -euo pipefail\nexport BORG_REPO=ssh://store/./web1 BORG_PASSCOMMAND=\"cat /root/.borg\"\nborg create --compression zstd '::{hostname}-{now}' /srv /etc\nborg prune --glob-archives '{hostname}-*' --keep-daily 14 --keep-monthly 12\nborg check --last 1\n",
        ),
    ],
    good: &[
        Example::Script("borg prune --keep-daily 7 /backup/borg\nborg compact /backup/borg\n"),
        Example::Script("borg prune --dry-run --list --keep-daily 7 /backup/borg\n"),
        Example::Script(
            "set -euo pipefail\nborg create \"$REPO::{now}\" /srv\nborg prune --keep-daily 7 \"$REPO\"\nif [ \"$(date +%u)\" = 7 ]; then borg compact \"$REPO\"; fi\n",
        ),
    ],
    run,
};

fn run(context: &Context<'_>, report: &mut Report) {
    let all = operations(context);
    if all.iter().any(|one| one.program == "borg" && one.act == Act::Compact) {
        return;
    }
    let removes = all
        .iter()
        .find(|one| one.program == "borg" && one.act == Act::Forget && !one.is_rehearsal());
    if let Some(one) = removes {
        let message = "archives go and the room they took stays taken".to_owned();
        report.add(&RULE, one.unit, one.run.command.span, message);
    }
}
