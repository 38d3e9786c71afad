//! SH018: the newest copy is picked from what `ls` prints.

use crate::check::deeds::{self, Deed};
use crate::check::names::{is_archive, looks_backup};
use crate::check::rule::{Example, Report, Rule};
use crate::check::{Context, Run, Unit};
use crate::evidence::Severity;

/// The listing is for people; its order is that of the last change of the file, not of the data.
pub const RULE: Rule = Rule {
    code: "SH018",
    name: "latest-by-listing",
    severity: Severity::Low,
    summary: "a backup is chosen by parsing `ls`",
    why: "a copied, touched or half-written file is \"the newest\"; names with blanks are cut; an empty listing gives an empty name",
    fix: "choose by the name or the catalogue of the tool (restic and borg ids, a manifest), and test that exactly one whole copy was found",
    source: "ls(1), -t: by modification time; ShellCheck SC2012",
    layer: "static",
    bad: &[
        Example::Script(
            "latest=$(ls -t /backup/shop-*.dump | head -1)\npg_restore -d shop_restore \"$latest\"\n",
        ),
        Example::Script(
            r#"#!/bin/bash
set -euo pipefail
systemctl stop app
cd /backup/app
LAST=`ls -1tr | tail -n 1`
tar -xzf "/backup/app/$LAST" -C /srv/stage
systemctl start app
"#,
        ),
        Example::Script("ls -t /backup/*.sql.gz | tail -n +8 | xargs rm -f\n"),
    ],
    good: &[
        Example::Script(
            "latest=$(find /backup -maxdepth 1 -name 'shop-20??-??-??.dump' -printf '%f\\n' | sort | tail -n 1)\npg_restore -d shop_restore \"/backup/${latest:?}\"\n",
        ),
        Example::Script(
            r#"#!/bin/bash
set -euo pipefail
last=$(borg list --last 1 --format '{archive}' /backup/borg)
mkdir -p /srv/stage
cd /srv/stage
borg extract "/backup/borg::${last:?}"
ls -l /srv/stage
"#,
        ),
        Example::Script("ls -lt /backup | head -5\nfree=$(ls /var/log | wc -l)\necho \"$free\"\n"),
    ],
    run,
};

fn run(context: &Context<'_>, report: &mut Report) {
    for unit in &context.units {
        for run in unit.named(&["ls"]) {
            if !picks(unit, run) || !backups(run) {
                continue;
            }
            let message = "the listing is ordered by the last change of the file, and is not made to be read by programs".to_owned();
            let finding = report.add(&RULE, unit, run.command.span, message);
            let restores = deeds::deeds(unit)
                .any(|(other, deed)| deed == Deed::Restore && other.index > run.index);
            if restores && run.command.setting.substituted {
                finding.severity = Severity::Medium;
            }
        }
    }
}

/// Tells whether the output becomes a value, or the words of a deletion.
fn picks(unit: &Unit<'_>, run: Run<'_>) -> bool {
    let Some(stage) = run.command.setting.stage else {
        return run.command.setting.substituted && ordered(run);
    };
    let later = |names: &[&str]| {
        unit.commands.list.iter().any(|other| {
            other.is(names)
                && other
                    .setting
                    .stage
                    .is_some_and(|s| s.pipeline == stage.pipeline && s.position > stage.position)
        })
    };
    run.command.setting.substituted && (later(&["head", "tail", "sed"])) || later(&["rm"])
}

fn ordered(run: Run<'_>) -> bool {
    run.command.literals().iter().any(|w| deeds::short(w, 't'))
}

/// Tells whether the place that is listed, or the pattern, is one of backups.
fn backups(run: Run<'_>) -> bool {
    let command = run.command;
    let about = |path: &str| looks_backup(path) || is_archive(path.trim_end_matches('*'));
    let mut operands =
        command.arguments().iter().filter(|a| !a.prefix().starts_with('-')).peekable();
    match operands.peek() {
        None => command.setting.cwd.as_deref().is_some_and(about),
        Some(_) => operands.any(|a| about(&command.path(a))),
    }
}
