//! RT003: increments outlive the copy they are increments of.

use super::retention_by_age_alone::by_age;
use super::retention_of_almost_nothing::reach;
use crate::check::deeds;
use crate::check::rule::{Example, Report, Rule};
use crate::check::{Context, Run, Unit};
use crate::evidence::Severity;

/// An increment restores nothing without its base.
pub const RULE: Rule = Rule {
    code: "RT003",
    name: "base-expires-before-increments",
    severity: Severity::High,
    summary: "the full copy that increments rest on is deleted before them, files of a chain are deleted one by one by their age, or the log that a kept base needs goes before it",
    why: "what is left of the chain cannot be restored: the newest increments are there, and their base is not",
    fix: "expire whole chains (the base together with all of its increments), or use a tool that knows them (pgBackRest, restic, borg)",
    source: "GNU tar manual, Incremental Dumps: a restore starts with the level 0 archive and needs each level after it",
    layer: "inventory",
    bad: &[
        Example::Inventory(
            "schema: blackstart/inventory/v1\nassets: [{id: db, kind: mysql}]\nbackups: [{id: full, asset: db, retention: {daily: 7}}, {id: inc, asset: db, base: full, retention: {daily: 14}}]\n",
        ),
        Example::Inventory(
            "schema: blackstart/inventory/v1\nassets: [{id: files, kind: files}]\nbackups: [{id: weekly, asset: files, interval: 7d, retention: {keep_last: 2}}, {id: daily, asset: files, base: weekly, interval: 1d, retention: {keep_last: 30}}]\n",
        ),
        Example::Script(
            "#!/bin/bash\nset -euo pipefail\nday=$(date +%F)\ntar --listed-incremental=/backup/inc/app.snar -czf \"/backup/inc/app-$day.tgz\" -C /srv app\nfind /backup/inc -name 'app-*.tgz' -mtime +14 -delete\n",
        ),
        Example::Script(
            r#"#!/bin/bash
# Sunday: base backup. Every night: thin out the log.
set -euo pipefail
base=/backup/pg/base
if [ "$(date +%u)" = 7 ]; then
  pg_basebackup -D "$base/$(date -u +%Y%m%d).part" -X stream -c fast
  mv "$base/$(date -u +%Y%m%d).part" "$base/$(date -u +%Y%m%d)"
fi
mapfile -t old < <(find "$base" -mindepth 1 -maxdepth 1 -type d | sort | head -n -2)
for d in "${old[@]}"; do rm -rf -- "$d"; done
find /backup/pg/wal -type f -name '0000*' -mtime +2 -delete
"#,
        ),
        Example::Script(
            "set -e\nmariabackup --backup --target-dir=/backup/full/$(date +%F)\nfind /backup/full -mindepth 1 -maxdepth 1 -mtime +28 -exec rm -rf {} +\nfind /backup/binlog -name 'binlog.*' -mtime +7 -delete\n",
        ),
    ],
    good: &[
        Example::Inventory(
            "schema: blackstart/inventory/v1\nassets: [{id: db, kind: mysql}]\nbackups: [{id: full, asset: db, retention: {daily: 14}}, {id: inc, asset: db, base: full, retention: {daily: 7}}]\n",
        ),
        Example::Inventory(
            "schema: blackstart/inventory/v1\nassets: [{id: db, kind: mysql}]\nbackups: [{id: full, asset: db}, {id: inc, asset: db, base: full, retention: {daily: 7}}]\n",
        ),
        Example::Script(
            "set -e\nmariabackup --backup --target-dir=/backup/full/$(date +%F)\nfind /backup/full -mindepth 1 -maxdepth 1 -mtime +28 -exec rm -rf {} +\nfind /backup/binlog -name 'binlog.*' -mtime +35 -delete\nfind /var/log/wal -name '*.log' -mtime +3 -delete\n",
        ),
        Example::Script(
            "#!/bin/bash\nset -euo pipefail\nday=$(date +%F)\nweek=$(date +%G-%V)\nmkdir -p \"/backup/inc/$week\"\ntar --listed-incremental=\"/backup/inc/$week/app.snar\" -czf \"/backup/inc/$week/app-$day.tgz\" -C /srv app\nfind /backup/inc -mindepth 1 -maxdepth 1 -type d -mtime +42 -exec rm -rf -- {} +\n",
        ),
    ],
    run,
};

fn run(context: &Context<'_>, report: &mut Report) {
    if let Some(inventory) = context.inventory_alone() {
        for backup in &inventory.backups {
            let base = inventory.backups.iter().find(|b| Some(&b.id) == backup.base.as_ref());
            if let Some(base) = base
                && let (Some(own), Some(under)) = (reach(backup), reach(base))
                && own > under
            {
                let message = format!(
                    "{} goes back {own} and rests on {}, which goes back {under}",
                    backup.id, base.id
                );
                report.add_whole(&RULE, None, message);
            }
        }
    }
    for unit in &context.units {
        logs_cut(unit, report);
        let names = ["tar", "mariabackup", "mariadb-backup", "xtrabackup"];
        let chains = unit.named(&names).filter(|run| {
            let words = run.command.arguments().iter().map(|a| a.shown()).collect::<Vec<_>>();
            let tar = run.command.is(&["tar"])
                && words.iter().any(|w| w.starts_with("--listed-incremental") || w == "-g");
            let innodb = run.command.is(&["mariabackup", "mariadb-backup", "xtrabackup"])
                && words.iter().any(|w| w.starts_with("--incremental-basedir"));
            tar || innodb
        });
        let made: Vec<String> = chains
            .flat_map(|run| deeds::outputs(unit, run.command))
            .map(|(_, path)| path)
            .collect();
        for run in unit.named(&["find"]) {
            let words = run.command.literals();
            let aged = words.iter().any(|w| matches!(*w, "-mtime" | "-mmin" | "-ctime"));
            let whole = words.windows(2).any(|w| w[0] == "-type" && w[1] == "d");
            let deletes = words.contains(&"-delete") || words.contains(&"rm");
            let roots = crate::tools::find::roots(&unit.words(run.command)).to_vec();
            let same = roots.iter().any(|root| {
                let root = unit.path(run.command, root);
                made.iter().any(|file| crate::shell::path::within(file, &root))
            });
            if aged && deletes && !whole && same {
                let message = "the full archive of the chain goes first, and leaves increments without a base".to_owned();
                report.add(&RULE, unit, run.command.span, message);
            }
        }
    }
}

/// Words by which a place says that logs are kept there, or increments.
const LOGS: &[&str] = &[
    "wal",
    "wals",
    "xlog",
    "walarchive",
    "archivelog",
    "binlog",
    "binlogs",
    "incr",
    "increment",
    "increments",
    "incremental",
    "incrementals",
];

/// Words by which a place says that whole copies are kept there.
const BASES: &[&str] =
    &["base", "bases", "basebackup", "basebackups", "full", "fulls", "weekly", "level0"];

/// Finds logs that are deleted by an age at which a base that needs them is still kept.
fn logs_cut(unit: &Unit<'_>, report: &mut Report) {
    let aged: Vec<(Run<'_>, u32)> = unit
        .named(&["find"])
        .filter(|run| by_age(unit, *run))
        .filter_map(|run| Some((run, days(run)?)))
        .collect();
    let logs = aged.iter().filter(|(run, _)| about(unit, *run, LOGS) && !about(unit, *run, BASES));
    for (run, age) in logs {
        let Some(window) = window(unit, &aged).filter(|window| window > age) else { continue };
        let message = format!(
            "the log goes after {age} days, and a base that needs it is kept for {window}: nothing leads from that base to the present"
        );
        report.add(&RULE, unit, run.command.span, message);
    }
}

/// Returns for how many days a text keeps its bases: by their age, or by their number and how often one is made.
fn window(unit: &Unit<'_>, aged: &[(Run<'_>, u32)]) -> Option<u32> {
    let by_age = aged.iter().filter(|(run, _)| about(unit, *run, BASES)).map(|(_, days)| *days);
    let weekly = unit.named(&["date"]).any(|run| {
        run.command.literals().iter().any(|word| matches!(*word, "+%u" | "+%w" | "+%a" | "+%A"))
    });
    let makes = unit
        .named(&["pg_basebackup", "mariabackup", "mariadb-backup", "xtrabackup"])
        .any(|run| run.command.setting.conditional || !weekly);
    let interval = if weekly { 7 } else { 1 };
    let kept =
        unit.named(&["find", "ls"]).filter(|run| about(unit, *run, BASES)).filter_map(|run| {
            let stage = run.command.setting.stage?;
            let mut ends = unit.named(&["head", "tail"]).filter(|other| {
                other.command.setting.stage.is_some_and(|s| s.pipeline == stage.pipeline)
            });
            let end = ends.next()?;
            let number = end.command.literals().into_iter().find_map(|word| {
                let digits = word.trim_start_matches(['-', '+', 'n']);
                digits.parse::<u32>().ok()
            })?;
            let number = if end.command.is(&["tail"]) { number.saturating_sub(1) } else { number };
            Some(number * interval)
        });
    let kept: Option<u32> = kept.max().filter(|_| makes);
    by_age.max().max(kept)
}

/// Returns the age in days that a find asks for.
fn days(run: Run<'_>) -> Option<u32> {
    let words = run.command.arguments();
    words.windows(2).find_map(|pair| {
        let unit = match pair[0].literal()? {
            "-mtime" | "-ctime" => 1,
            "-mmin" | "-cmin" => 1440,
            _ => return None,
        };
        let age: u32 = pair[1].literal()?.strip_prefix('+')?.parse().ok()?;
        Some(age / unit)
    })
}

/// Tells whether a place or a pattern that a command names has one of these words.
fn about(unit: &Unit<'_>, run: Run<'_>, words: &[&str]) -> bool {
    let roots = crate::tools::find::roots(&unit.words(run.command)).to_vec();
    let places: Vec<String> = match run.command.is(&["find"]) {
        true => roots.iter().map(|root| unit.path(run.command, root)).collect(),
        false => run.command.arguments().iter().map(|a| run.command.path(a)).collect(),
    };
    let patterns = run.command.literals();
    let log = words == LOGS
        && patterns
            .iter()
            .any(|p| p.starts_with("0000") || p.contains("-bin.") || p.starts_with("binlog"));
    let named = places.iter().any(|place| {
        let lower = place.to_ascii_lowercase();
        let mut parts = lower.split(|c: char| !c.is_ascii_alphanumeric());
        !lower.starts_with("/var/log") && parts.any(|part| words.contains(&part))
    });
    log || named
}
