//! RT003: increments outlive the copy they are increments of.

use super::retention_of_almost_nothing::reach;
use crate::check::Context;
use crate::check::deeds;
use crate::check::rule::{Example, Report, Rule};
use crate::evidence::Severity;

/// An increment restores nothing without its base.
pub const RULE: Rule = Rule {
    code: "RT003",
    name: "base-expires-before-increments",
    severity: Severity::High,
    summary: "the full copy that increments rest on is deleted before them, or files of a chain are deleted one by one by their age",
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
    ],
    good: &[
        Example::Inventory(
            "schema: blackstart/inventory/v1\nassets: [{id: db, kind: mysql}]\nbackups: [{id: full, asset: db, retention: {daily: 14}}, {id: inc, asset: db, base: full, retention: {daily: 7}}]\n",
        ),
        Example::Inventory(
            "schema: blackstart/inventory/v1\nassets: [{id: db, kind: mysql}]\nbackups: [{id: full, asset: db}, {id: inc, asset: db, base: full, retention: {daily: 7}}]\n",
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
        let chains =
            unit.named(&["tar", "mariabackup", "mariadb-backup", "xtrabackup"]).filter(|run| {
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
