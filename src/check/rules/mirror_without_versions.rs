//! FS007: a mirror that keeps one state is the only copy.

use crate::check::names::looks_backup;
use crate::check::rule::{Example, Report, Rule};
use crate::check::{Context, Language};
use crate::evidence::Severity;
use crate::inventory::{Backup, CopyType, Immutable, Inventory};

/// A mirror repeats every mistake by the next night.
pub const RULE: Rule = Rule {
    code: "FS007",
    name: "mirror-without-versions",
    severity: Severity::High,
    summary: "the only backup of an asset is a mirror (rsync, cp, sync) that keeps no older state",
    why: "a deletion, a damaged table or an encryption reaches the mirror with the next run, and there is nothing older to go back to",
    fix: "use a program that keeps versions (restic, borg), `rsync --link-dest` into a dated directory, or snapshots of the target",
    source: "SRE book, chapter 26: \"replication and redundancy are not recoverability\"; Journalspace, 2008: a mirror as the only backup",
    layer: "inventory",
    bad: &[
        Example::Inventory(
            "schema: blackstart/inventory/v1\nassets: [{id: wiki, kind: files, targets: {rpo: 1d}}]\nrepos: [{id: nas, kind: directory}]\nbackups: [{id: nightly, asset: wiki, tool: rsync, repo: nas}]\n",
        ),
        Example::Inventory(
            "schema: blackstart/inventory/v1\nassets: [{id: photos, kind: files, targets: {rpo: 1d}}, {id: db, kind: postgres}]\nrepos: [{id: bucket, kind: s3, versioned: false}]\nbackups:\n  - {id: nightly, asset: photos, tool: rclone sync, repo: bucket, retention: {keep_last: 1}}\n  - {id: dump, asset: db, tool: pg_dump, repo: bucket}\n",
        ),
        Example::Script(
            r#"#!/usr/bin/env python3
"""Keeps a copy of the wiki."""
import shutil

shutil.copytree("/srv/wiki", "/backup/wiki", symlinks=True, dirs_exist_ok=True)
"#,
        ),
        Example::Script(
            "#!/bin/bash\nset -euo pipefail\nmountpoint -q /mnt/backup\nrsync -aHAX --numeric-ids --delete /srv/ /mnt/backup/srv/\nrsync -aHAX --numeric-ids --delete /home/ /mnt/backup/home/\n",
        ),
    ],
    good: &[
        Example::Inventory(
            "schema: blackstart/inventory/v1\nassets: [{id: wiki, kind: files, targets: {rpo: 1d}}]\nrepos: [{id: nas, kind: directory}]\nbackups: [{id: nightly, asset: wiki, tool: rsync, repo: nas, retention: {daily: 14}}]\n",
        ),
        Example::Inventory(
            "schema: blackstart/inventory/v1\nassets: [{id: wiki, kind: files, targets: {rpo: 1d}}]\nrepos: [{id: dr, kind: s3, versioned: true}, {id: nas}]\nbackups: [{id: nightly, asset: wiki, tool: aws s3 sync, repo: dr}, {id: copy, asset: wiki, tool: rsync, repo: nas}]\n",
        ),
        Example::Script(
            r#"#!/usr/bin/env python3
"""A new copy of the wiki for each day; the one before an upgrade is made by hand."""
import shutil
import subprocess
from datetime import date

shutil.copytree("/srv/wiki", f"/backup/wiki-{date.today()}", symlinks=True)
subprocess.run(["rsync", "-a", "/srv/wiki/static/", "web1:/srv/www/static/"], check=True)
"#,
        ),
        Example::Script(
            "mountpoint -q /mnt/backup\nrsync -a --delete --link-dest=/mnt/backup/last/ /srv/ \"/mnt/backup/$(date +%F)/\"\n",
        ),
        Example::Script(
            "rsync -a --delete /srv/ /mnt/backup/srv/\nbtrfs subvolume snapshot -r /mnt/backup \"/mnt/backup/.snap/$(date +%F)\"\n",
        ),
        Example::Script(
            "rsync -a --delete --backup --backup-dir=\"../old/$(date +%F)\" /srv/ /mnt/backup/srv/\n",
        ),
    ],
    run,
};

fn run(context: &Context<'_>, report: &mut Report) {
    in_inventory(context, report);
    if context.plan.is_some() {
        return;
    }
    let keeps = context.runs().any(|(_, run)| {
        run.command.is(&[
            "restic",
            "borg",
            "kopia",
            "duplicity",
            "zfs",
            "btrfs",
            "snapper",
            "lvcreate",
            "rdiff-backup",
            "rsnapshot",
            "tar",
            "hardlink",
        ]) || run.command.is(&["cp"])
            && run.command.literals().iter().any(|w| w.starts_with('-') && w.contains('l'))
    });
    if keeps {
        return;
    }
    for (unit, run) in context.named(&["rsync", "cp"]) {
        let Some(call) = unit.take_apart(run.command) else { continue };
        let deletes = call.flags.iter().any(|f| f.name.starts_with("del"));
        // One copy by hand before a change is none that the next run replaces.
        let again = unit.within == Language::Python || unit.schedule.is_some();
        let tree = call.has(&["archive", "recursive"]);
        let mirrors = tree && (call.tool.name == "rsync" || again && call.name == "cp");
        let bounded = call.has(&[
            "link-dest",
            "backup",
            "backup-dir",
            "dry-run",
            "compare-dest",
            "copy-dest",
        ]);
        let Some(target) = call.operands.last().filter(|_| mirrors && !bounded) else { continue };
        if looks_backup(&target.text) && target.certain && !target.fresh {
            let message = format!("{} holds one state only, the newest", target.text);
            let finding = report.add(&RULE, unit, run.command.span, message);
            // What is deleted at the source stays here; what is damaged there is damaged here.
            finding.severity = if deletes { Severity::Medium } else { Severity::Low };
            return;
        }
    }
}

fn in_inventory(context: &Context<'_>, report: &mut Report) {
    let Some(inventory) = context.inventory_alone() else { return };
    for asset in inventory.assets.iter().filter(|asset| asset.targets.is_some()) {
        let copies: Vec<&Backup> = inventory.backups_of(asset.id.as_str()).collect();
        if !copies.is_empty() && copies.iter().all(|backup| is_mirror(inventory, backup)) {
            let names: Vec<&str> = copies.iter().map(|b| b.id.as_str()).collect();
            let message = format!("{} of {} keeps one state only", names.join(", "), asset.id);
            report.add_whole(&RULE, None, message);
        }
    }
}

fn is_mirror(inventory: &Inventory, backup: &Backup) -> bool {
    let tool = backup.tool.as_deref().unwrap_or_default().to_ascii_lowercase();
    let first = tool.split_whitespace().next().unwrap_or_default();
    let copies =
        matches!(first, "rsync" | "cp" | "scp" | "robocopy" | "unison" | "lsyncd" | "syncthing")
            || tool.contains("sync")
            || tool.contains("mirror");
    let kept = backup.retention.as_ref().is_some_and(|r| {
        [r.keep_last, r.daily, r.weekly, r.monthly, r.yearly].into_iter().flatten().any(|n| n > 1)
    });
    let repo = backup.repo.as_ref().and_then(|id| inventory.repo(id.as_str()));
    let versions = repo.is_some_and(|r| {
        r.versioned == Some(true) || !matches!(r.immutable, None | Some(Immutable::None))
    });
    (copies || backup.copy_type == Some(CopyType::Replica))
        && !kept
        && !versions
        && backup.copies.is_empty()
}
