//! CL005: snapshots that end together with what they are snapshots of.

use crate::check::Context;
use crate::check::names::is_scratch_database;
use crate::check::rule::{Example, Report, Rule};
use crate::evidence::Severity;
use crate::inventory::CopyType;
use crate::shell::{Argument, Command};

/// Automated backups of a managed database are deleted with the instance.
pub const RULE: Rule = Rule {
    code: "CL005",
    name: "snapshots-die-with-instance",
    severity: Severity::High,
    summary: "a managed database is deleted without a final snapshot, its automated backups with it; or snapshots are the only copies an asset has",
    why: "automated backups and snapshots in the same account go with the instance, the volume or the account, and nothing brings them back",
    fix: "take a final snapshot (`--final-db-snapshot-identifier`), copy it to another account, export a dump, then delete",
    source: "Amazon RDS, DeleteDBInstance: \"all automated backups for that instance are deleted and can't be recovered\"; Code Spaces, 2014: snapshots deleted with the account",
    layer: "static",
    bad: &[
        Example::Script(
            "aws rds delete-db-instance --db-instance-identifier shop --skip-final-snapshot\n",
        ),
        Example::Script(
            "#!/usr/bin/env bash\nset -euo pipefail\n[ \"$(aws sts get-caller-identity --query Account --output text)\" = 111111111111 ]\naws rds delete-db-cluster --db-cluster-identifier shop --skip-final-snapshot --profile prod\naws rds restore-db-cluster-to-point-in-time --source-db-cluster-identifier shop --db-cluster-identifier shop2 --use-latest-restorable-time\n",
        ),
        Example::Script("gcloud sql instances delete shop --quiet --project prod\n"),
        Example::Inventory(
            "schema: blackstart/inventory/v1\nassets: [{id: shop, kind: postgres, targets: {rpo: 1h}}]\nrepos: [{id: ebs, kind: snapshot}]\nbackups: [{id: snap, asset: shop, type: snapshot, repo: ebs}]\n",
        ),
    ],
    good: &[
        Example::Script(
            "aws rds delete-db-instance --db-instance-identifier shop --final-db-snapshot-identifier \"shop-final-$(date +%s)\"\n",
        ),
        Example::Script(
            "aws rds create-db-snapshot --db-instance-identifier shop --db-snapshot-identifier keep\naws rds wait db-snapshot-available --db-snapshot-identifier keep\naws rds delete-db-instance --db-instance-identifier shop --skip-final-snapshot\n",
        ),
        Example::Script(
            "set -euo pipefail\ngcloud sql export sql shop \"gs://shop-dr/shop-$(date +%s).sql.gz\" --database=shop\ngcloud sql instances delete shop --quiet --project prod\n",
        ),
        Example::Script(
            "aws rds delete-db-instance --db-instance-identifier shop-drill --skip-final-snapshot\n",
        ),
        Example::Inventory(
            "schema: blackstart/inventory/v1\nassets: [{id: shop, kind: postgres, targets: {rpo: 1h}}]\nrepos: [{id: ebs, kind: snapshot}, {id: vault}]\nbackups: [{id: snap, asset: shop, type: snapshot, repo: ebs}, {id: dump, asset: shop, type: full, repo: vault}]\n",
        ),
    ],
    run,
};

fn run(context: &Context<'_>, report: &mut Report) {
    for (unit, run) in context.named(&["aws", "gcloud", "az"]) {
        let command = run.command;
        let Some(what) = deletes(command) else { continue };
        let scratch =
            command.literals().iter().any(|w| is_scratch_database(w) && !w.starts_with('-'));
        let kept = context.before(unit, run).any(|(_, other)| {
            let saves = |a: &Argument| {
                let text = a.shown();
                [
                    "create-db-snapshot",
                    "create-db-cluster-snapshot",
                    "copy-db-snapshot",
                    "export",
                    "start-export-task",
                ]
                .contains(&&*text)
            };
            other.command.arguments().iter().any(saves)
                || other.command.has("backups") && other.command.has("create")
                || other.command.is(&["pg_dump", "mysqldump", "mariadb-dump", "pg_dumpall"])
        });
        if !scratch && !kept {
            report.add(&RULE, unit, command.span, format!("{what} are deleted with it"));
        }
    }
    let Some(inventory) = context.inventory_alone() else { return };
    for asset in inventory.assets.iter().filter(|asset| asset.targets.is_some()) {
        let mut kinds = inventory.backups_of(asset.id.as_str()).map(|b| b.copy_type).peekable();
        if kinds.peek().is_some() && kinds.all(|kind| kind == Some(CopyType::Snapshot)) {
            report.add_whole(&RULE, None, format!("{} has no copy but snapshots", asset.id));
        }
    }
}

/// Returns what copies go with a managed database that a command deletes.
fn deletes(command: &Command) -> Option<&'static str> {
    let words = command.literals();
    let has = |word: &str| words.contains(&word);
    if command.is(&["aws"])
        && (has("delete-db-instance") || has("delete-db-cluster"))
        && has("--skip-final-snapshot")
    {
        return Some("its automated backups");
    }
    if command.is(&["gcloud"]) && has("sql") && has("instances") && has("delete") {
        return Some("its automated backups");
    }
    if command.is(&["az"]) && has("flexible-server") && has("delete") {
        return Some("its automated backups");
    }
    None
}
