//! TG003: a recovery that writes into its copies, or a backup that writes over its data.

use crate::check::rule::{Example, Report, Rule};
use crate::check::{Context, Unit};
use crate::evidence::{Place, Severity};
use crate::inventory::Inventory;
use crate::plan::Kind as PlanKind;
use crate::shell::path;
use crate::sql::{Kind, Statement};

/// Two paths in the wrong order destroy the only thing that could have helped.
pub const RULE: Rule = Rule {
    code: "TG003",
    name: "swapped-source-and-target",
    severity: Severity::Critical,
    summary: "a recovery copies the live data into the repository, a backup copies the repository over the live data, or the account for backups may do so",
    why: "the damaged state replaces the good copy, or an old copy replaces the data of today",
    fix: "swap source and target; in a recovery nothing writes to the repository",
    source: "a class of faults of drafts made by language models",
    layer: "inventory",
    bad: &[
        Example::File {
            name: "accounts.sql",
            text: "CREATE USER 'shop_backup'@'localhost' IDENTIFIED VIA unix_socket;\nGRANT ALL PRIVILEGES ON shop.* TO 'shop_backup'@'localhost';\nFLUSH PRIVILEGES;\n",
        },
        Example::Plan {
            plan: "schema: blackstart/plan/v1\nid: p\nkind: recovery\ntitle: t\nsteps:\n  - {id: back, title: Restore, kind: command, risk: destructive, run: rsync -a --delete /srv/wiki/ /mnt/backup/wiki/}\n",
            inventory: INVENTORY,
        },
        Example::Plan {
            plan: "schema: blackstart/plan/v1\nid: p\nkind: backup\ntitle: t\nsteps:\n  - {id: copy, title: Copy, kind: command, risk: destructive, run: rsync -a /mnt/backup/wiki/ /srv/wiki/}\n",
            inventory: INVENTORY,
        },
    ],
    good: &[
        Example::File {
            name: "accounts.sql",
            text: "CREATE USER 'backup'@'localhost' IDENTIFIED VIA unix_socket;\nGRANT SELECT, LOCK TABLES, SHOW VIEW, EVENT, TRIGGER ON shop.* TO 'backup'@'localhost';\nGRANT RELOAD, PROCESS, REPLICATION CLIENT ON *.* TO 'backup'@'localhost';\nGRANT ALL PRIVILEGES ON shop_restore.* TO 'restore_backup'@'localhost';\nGRANT ALL PRIVILEGES ON shop.* TO 'shop'@'localhost';\n",
        },
        Example::Plan {
            plan: "schema: blackstart/plan/v1\nid: p\nkind: recovery\ntitle: t\nsteps:\n  - {id: keep, title: Keep, kind: command, risk: write, run: 'cp -a /srv/wiki \"/mnt/backup/before-$(date +%s)\"'}\n  - {id: back, title: Restore, kind: command, needs: [keep], safety_copy: keep, risk: destructive, run: rsync -a --delete /mnt/backup/wiki/ /srv/wiki/}\n",
            inventory: INVENTORY,
        },
        Example::Plan {
            plan: "schema: blackstart/plan/v1\nid: p\nkind: backup\ntitle: t\nsteps:\n  - {id: copy, title: Copy, kind: command, risk: destructive, run: rsync -a /srv/wiki/ /mnt/backup/wiki/}\n",
            inventory: INVENTORY,
        },
    ],
    run,
};

const INVENTORY: &str = "schema: blackstart/inventory/v1\nassets:\n  - {id: wiki, kind: files, paths: [/srv/wiki]}\nrepos: [{id: disk, path: /mnt/backup}]\nbackups: [{id: nightly, asset: wiki, repo: disk, path: wiki}]\n";

fn run(context: &Context<'_>, report: &mut Report) {
    for query in context.queries().filter(|query| query.unit.part != Place::Rollback) {
        if let Some(account) = may_write(query.unit, query.statement) {
            let message = format!(
                "{account} makes the copies and may change what it copies: a call with source and target swapped goes through"
            );
            let span = query.run.map_or(query.statement.span, |run| run.command.span);
            report.add(&RULE, query.unit, span, message).severity = Severity::Medium;
        }
    }
    let (Some(plan), Some(inventory)) = (context.plan, context.inventory) else {
        return;
    };
    for (unit, run) in context.runs().filter(|(unit, _)| unit.part == Place::Run) {
        let fresh = unit.words(run.command).iter().any(|word| word.fresh);
        for (source, target) in unit.copies(run.command) {
            let wrong = match plan.kind {
                PlanKind::Recovery => {
                    is_data(inventory, &source) && is_repository(inventory, &target) && !fresh
                }
                PlanKind::Backup => {
                    is_repository(inventory, &source) && is_data(inventory, &target)
                }
            };
            if wrong {
                let message =
                    format!("{source} is copied over {target}, which is the wrong way round");
                report.add(&RULE, unit, run.command.span, message);
            }
        }
    }
}

/// Returns the account for backups that a statement gives every right.
fn may_write(unit: &Unit<'_>, statement: &Statement) -> Option<String> {
    if statement.kind != Kind::Grant || !statement.starts("GRANT ALL") {
        return None;
    }
    let text = unit.slice(statement.span);
    let at = text.to_ascii_uppercase().rfind(" TO ")?;
    let account = text[at + 4..].split(['@', ' ', ';', ',', '\n']).find(|word| !word.is_empty())?;
    let account = account.trim_matches(['\'', '"', '`']);
    let words: Vec<String> =
        account.split(|c: char| !c.is_ascii_alphanumeric()).map(str::to_ascii_lowercase).collect();
    let has = |names: &[&str]| words.iter().any(|word| names.contains(&word.as_str()));
    (has(&["backup", "backups", "dump", "dumper", "bkp"]) && !has(&["restore", "admin"]))
        .then(|| crate::base::escape::one_line(account))
}

fn is_data(inventory: &Inventory, at: &str) -> bool {
    let mut paths = inventory.assets.iter().flat_map(|asset| &asset.paths);
    paths.any(|data| path::within(at, data)) && !is_repository(inventory, at)
}

/// Tells whether a path lies in a repository of the inventory.
pub fn is_repository(inventory: &Inventory, at: &str) -> bool {
    let mut roots = inventory.repos.iter().filter_map(|repo| repo.path.as_deref());
    roots.any(|root| root.len() > 1 && path::within(at, root))
}
