//! RB005: a policy that looks at the wrong copies.

use crate::check::Context;
use crate::check::repository::{Act, Operation, operations};
use crate::check::rule::{Example, Report, Rule};
use crate::evidence::Severity;
use crate::shell::{Argument, Origin};

/// borg prunes every archive of a repository unless told which.
pub const RULE: Rule = Rule {
    code: "RB005",
    name: "archive-of-all-hosts-pruned",
    severity: Severity::Medium,
    summary: "borg prunes a repository of several series without saying which, or restic forgets by groups that change with every run",
    why: "the copies of other hosts count as this one's and are removed; or every run is a group of its own and nothing is ever removed",
    fix: "`borg prune --glob-archives \"{hostname}-*\"`; `restic forget --host H --group-by host,tags`, and back up under a path that stays the same",
    source: "borg-prune(1): \"Otherwise, all archives in the repository are candidates for deletion!\"; restic-forget(1), --group-by \"host,paths\"",
    layer: "static",
    bad: &[
        Example::Script(
            "borg create /backup/borg::\"$(hostname)-$(date +%F)\" /srv\nborg prune --keep-daily 7 /backup/borg\n",
        ),
        Example::Script(
            "#!/usr/bin/env bash\nset -euo pipefail\nexport BORG_REPO=ssh://store/./all BORG_PASSCOMMAND=\"cat /root/.borg\"\nborg create --stats '::mysql-{now}' /srv/dumps\nborg create --stats '::files-{now}' /srv/www\nborg prune --keep-daily 14 --keep-weekly 8\nborg compact\n",
        ),
        Example::Script(
            "d=$(mktemp -d)\npg_dump -Fc -f \"$d/shop.dump\" shop\nrestic backup \"$d\"\nrestic forget --keep-daily 14 --prune\n",
        ),
    ],
    good: &[
        Example::Script(
            r#"#!/bin/bash
set -euo pipefail
# two series in one repository, each pruned by its own name
export BORG_REPO=ssh://store/./all BORG_PASSCOMMAND="cat /root/.borg"
borg create --stats '::mysql-{now}' /srv/dumps
borg create --stats '::files-{now}' /srv/www
borg prune --glob-archives 'mysql-*' --keep-daily 14 --keep-weekly 8
borg prune --glob-archives 'files-*' --keep-daily 7
borg compact
"#,
        ),
        Example::Script(
            "borg create /backup/borg::\"$(hostname)-$(date +%F)\" /srv\nborg prune --keep-daily 7 --glob-archives \"$(hostname)-*\" /backup/borg\n",
        ),
        Example::Script(
            "borg create \"/backup/borg-web1::$(date +%F)\" /srv\nborg prune --keep-daily 7 /backup/borg-web1\n",
        ),
        Example::Script(
            "set -euo pipefail\nrestic backup /srv/app\nrestic forget --keep-daily 14 --prune\n",
        ),
        Example::Script(
            "d=$(mktemp -d)\nrestic backup --tag shop \"$d\"\nrestic forget --tag shop --group-by host,tags --keep-daily 14\n",
        ),
    ],
    run,
};

fn run(context: &Context<'_>, report: &mut Report) {
    let all = operations(context);
    for one in all.iter().filter(|one| one.act == Act::Forget && !one.is_rehearsal()) {
        let saves =
            || all.iter().filter(|other| other.act == Act::Save && other.program == one.program);
        let span = one.run.command.span;
        let prunes = one.run.command.has("prune");
        if one.program == "borg"
            && prunes
            && !one.call.has(&["glob-archives", "prefix", "match-archives", "a", "P"])
        {
            let series: Vec<String> = saves().filter_map(series).collect();
            let hosts =
                series.iter().any(|name| name.contains("hostname") || name.contains("HOST"));
            if hosts || series.iter().any(|name| *name != series[0]) {
                let message =
                    "every archive of the repository counts, not only those of this series"
                        .to_owned();
                report.add(&RULE, one.unit, span, message);
            }
        }
        if one.program == "restic" && !one.call.has(&["group-by", "g"]) {
            let moving = |a: &Argument| {
                (a.comes_from(Origin::Temporary) || a.comes_from(Origin::Time))
                    && !a.shown().starts_with('-')
            };
            let changes = saves().any(|save| {
                let words = save.run.command.arguments();
                words.iter().enumerate().any(|(at, a)| {
                    let value = at > 0 && words[at - 1].shown().starts_with("--");
                    moving(a) && !value
                })
            });
            if changes {
                let message = "every run saves another path, so each is a group of its own and none is ever removed".to_owned();
                report.add(&RULE, one.unit, span, message);
            }
        }
    }
}

/// Returns the name of an archive up to its date.
fn series(save: &Operation<'_, '_>) -> Option<String> {
    let archive =
        save.run.command.arguments().iter().map(Argument::shown).find(|w| w.contains("::"))?;
    let (_, name) = archive.split_once("::")?;
    let end = name
        .find("{now")
        .or_else(|| name.find("$(date"))
        .or_else(|| name.find("{utcnow"))
        .unwrap_or(name.len());
    Some(name[..end].to_owned())
}
