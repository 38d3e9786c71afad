//! RB003: old copies are removed although the new one may be missing.

use crate::check::Context;
use crate::check::repository::{Act, Operation, failure_is_lost, operations};
use crate::check::rule::{Example, Report, Rule};
use crate::evidence::Severity;

/// Retention must hang on a copy that was just made.
pub const RULE: Rule = Rule {
    code: "RB003",
    name: "copies-removed-unsaved",
    severity: Severity::High,
    summary: "copies are removed by a policy although the backup before it may have failed, or before it is made",
    why: "when backups fail unnoticed and removal goes on, incomplete copies push the good ones out, and one day none is left",
    fix: "let the failure stop the script (`set -e`, no `|| true`): backup, then check, then forget",
    source: "restic documentation, \"Removing backup snapshots\"; measured with restic 0.14: after `backup || true` the forget runs",
    layer: "static",
    bad: &[
        Example::Script(
            "#!/usr/bin/env bash\nset -euo pipefail\nexport RESTIC_REPOSITORY=sftp:store:/backup/web RESTIC_PASSWORD_FILE=/root/.restic\nrestic backup --one-file-system /etc /var/www || true\nrestic forget --keep-daily 14 --keep-weekly 8 --prune\n",
        ),
        Example::Script(
            "#!/bin/sh\nexport BORG_PASSCOMMAND=\"cat /root/.borg\"\nborg create --stats /backup/borg::'{hostname}-{now}' /etc /home\nborg prune --keep-within 30d --glob-archives '{hostname}-*' /backup/borg\nborg compact /backup/borg\n",
        ),
        Example::Script(
            "duplicity /srv file:///backup/srv\nduplicity remove-older-than 30D --force file:///backup/srv\n",
        ),
        Example::Script("restic forget --unsafe-allow-remove-all --tag old --prune\n"),
        Example::Script(
            "set -e\nborg prune --keep-daily 3 -a \"$(hostname)-*\" /backup/borg\nborg create /backup/borg::\"$(hostname)-$(date +%F)\" /srv\n",
        ),
    ],
    good: &[
        Example::Script(
            "set -euo pipefail\nrestic backup /srv/app\nrestic check --read-data-subset=5%\nrestic forget --keep-daily 30 --prune\n",
        ),
        Example::Script(
            "restic backup /srv || { echo \"backup failed\" >&2; exit 1; }\nrestic forget --keep-daily 30 --prune\n",
        ),
        Example::Script("restic backup /srv && restic forget --keep-last 10\n"),
        Example::Script(
            "#!/bin/bash\nborg create /backup/borg::\"$(hostname)-$(date +%F)\" /srv\nrc=$?\nif [ \"$rc\" -ne 0 ]; then exit \"$rc\"; fi\nborg prune --keep-daily 7 /backup/borg\n",
        ),
        Example::Script("restic forget --dry-run --keep-daily 7\n"),
    ],
    run,
};

fn run(context: &Context<'_>, report: &mut Report) {
    let all = operations(context);
    for (at, removal) in all.iter().enumerate() {
        if removal.act != Act::Forget || removal.is_rehearsal() {
            continue;
        }
        let (unit, span) = (removal.unit, removal.run.command.span);
        if removal.call.has(&["unsafe-allow-remove-all"]) {
            let message = "every copy may be removed".to_owned();
            report.add(&RULE, unit, span, message);
            continue;
        }
        let saves = |one: &&Operation<'_, '_>| {
            one.act == Act::Save && one.program == removal.program && !one.is_rehearsal()
        };
        if let Some(save) = all[..at].iter().rfind(saves) {
            let same_text = std::ptr::eq(save.unit, unit);
            if same_text && failure_is_lost(unit, save.run, removal.run) {
                let message = "copies are removed even when the backup before it failed".to_owned();
                let finding = report.add(&RULE, unit, span, message);
                // A policy by number always leaves the newest; one by age leaves nothing in the end.
                if !save.run.command.setting.masked && !by_age(removal) {
                    finding.severity = Severity::Medium;
                }
            }
        } else if all[at + 1..].iter().any(|one| saves(&one) && std::ptr::eq(one.unit, unit)) {
            let message = "copies are removed before the new one is made".to_owned();
            report.add(&RULE, unit, span, message).severity = Severity::Medium;
        }
    }
}

/// Tells whether copies go when they are old, however few are left: restic counts from the newest copy, the others from today.
fn by_age(removal: &Operation<'_, '_>) -> bool {
    match removal.program {
        "borg" => removal.call.has(&["keep-within"]),
        "duplicity" => removal.run.command.has("remove-older-than"),
        _ => false,
    }
}
