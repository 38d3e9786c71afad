//! TG008: a backup that dies with the disk it protects.

use crate::check::names::{is_archive, looks_backup, looks_scratch};
use crate::check::rule::{Example, Report, Rule};
use crate::check::{Context, Run, Unit};
use crate::evidence::Severity;
use crate::shell::path;

/// A second copy on the same file system is no second copy.
pub const RULE: Rule = Rule {
    code: "TG008",
    name: "same-device-backup",
    severity: Severity::Critical,
    summary: "the copy is written to the file system, or the tree, its source lies on",
    why: "a broken disk, a full file system or one rm takes the source and the copy at once",
    fix: "write to another device or host, and assert it: `[ \"$(stat -c %d SRC)\" != \"$(stat -c %d DST)\" ]`",
    source: "stat(1) %d; the 3-2-1 rule",
    layer: "inventory",
    bad: &[
        Example::Script("mkdir -p /srv/backup/data\nrsync -a /srv/app/data/ /srv/backup/data/\n"),
        Example::On {
            text: "rsync -a /srv/app/data/ /backup/data/\n",
            devices: &[("/srv", 2049), ("/backup", 2049)],
        },
        Example::Script(
            "set -euo pipefail\nout=\"/home/backups/home-$(date +%F).tgz\"\ntar -czf \"$out.new\" /home/shop\nmv \"$out.new\" \"$out\"\n",
        ),
        Example::Plan {
            plan: "schema: blackstart/plan/v1\nid: p\nkind: backup\ntitle: t\nsteps:\n  - {id: copy, title: Copy, kind: command, host: web1, risk: write, run: 'cp -a /srv/wiki \"/data/backup/wiki-$(date +%F)\"'}\n",
            inventory: "schema: blackstart/inventory/v1\nhosts:\n  - {id: web1, disks: [{device: /dev/sda1, mount: /}]}\n",
        },
    ],
    good: &[
        Example::Script("rsync -a /srv/app/data/ /backup/data/\n"),
        Example::On {
            text: "rsync -a /srv/app/data/ /srv/backup/data/\n",
            devices: &[("/srv", 2049), ("/srv/backup", 2065)],
        },
        Example::Script(
            "[ \"$(stat -c %d /srv/app)\" != \"$(stat -c %d /srv/backup)\" ] || exit 1\nrsync -a /srv/app/data/ /srv/backup/data/\n",
        ),
        Example::Script(
            "mountpoint -q /srv/backup || exit 1\nrsync -a /srv/app/data/ /srv/backup/data/\n",
        ),
        Example::Script(
            "systemctl stop app\ncp -a /srv/app/data \"/srv/app/data.keep.$(date +%s)\"\nrsync -a /backup/data/ /srv/app/data/\n",
        ),
        Example::Script(
            r#"#!/usr/bin/env bash
set -euo pipefail
# copies go to the disk that is mounted for them
mountpoint -q /srv/backup || { echo "/srv/backup is not mounted" >&2; exit 1; }
new="/srv/backup/app-$(date -u +%Y%m%dT%H%M%SZ)"
rsync -aHAX /srv/app/data/ "$new.tmp/"
mv -T "$new.tmp" "$new"
"#,
        ),
    ],
    run,
};

fn run(context: &Context<'_>, report: &mut Report) {
    for (unit, run) in context.named(crate::check::unit::COPIERS) {
        for (source, target) in unit.copies(run.command) {
            let local = |p: &str| p.starts_with('/') && !p.starts_with("/dev/");
            if !local(&source)
                || !local(&target)
                || !looks_backup(&target)
                || looks_backup(&source)
                || looks_scratch(path::parent(&target).unwrap_or_default())
                // The old text of a setting, kept beside it before a change, is no backup.
                || path::parent(&source) == path::parent(&target) && source.starts_with("/etc/")
            {
                continue;
            }
            let verdict = known(context, unit, &source, &target);
            let guess = first(&source) == first(&target) && !checked(context, unit, run, &target);
            let (severity, how) = match verdict {
                Some(true) => (RULE.severity, "lie on one device"),
                Some(false) => continue,
                None if guess => {
                    (Severity::High, "lie below one directory, so most likely on one device")
                }
                None => continue,
            };
            let beside = path::parent(&source) == path::parent(&target) && run.command.is(&["cp"]);
            // One file kept beside another of its name is a way back from a change, and mostly meant as no more.
            let severity = match severity {
                Severity::High if beside && !is_archive(&target) => Severity::Low,
                other => other,
            };
            let message = format!("{source} and its copy {target} {how}");
            report.add(&RULE, unit, run.command.span, message).severity = severity;
        }
    }
}

/// Returns whether two paths lie on one device, where facts or the inventory say.
fn known(context: &Context<'_>, unit: &Unit<'_>, source: &str, target: &str) -> Option<bool> {
    if let (Some(a), Some(b)) = (context.facts.device(source), context.facts.device(target)) {
        return Some(a == b);
    }
    let host = unit
        .step
        .and_then(|s| s.host.as_ref())
        .and_then(|h| context.inventory?.host(h.as_str()))?;
    let disk = |path: &str| {
        let mounted =
            host.disks.iter().filter_map(|d| Some((d.mount.as_deref()?, d.device.as_str())));
        mounted
            .filter(|(m, _)| *m == "/" || path::within(path, m))
            .max_by_key(|(m, _)| m.len())
            .map(|(_, d)| d)
    };
    Some(disk(source)? == disk(target)?)
}

/// Returns the first component, two for the trees that usually hold mounts.
fn first(path: &str) -> String {
    let count =
        if ["/mnt/", "/media/", "/var/"].iter().any(|d| path.starts_with(d)) { 2 } else { 1 };
    path.split('/').skip(1).take(count).collect::<Vec<_>>().join("/")
}

fn checked(context: &Context<'_>, unit: &Unit<'_>, run: Run<'_>, target: &str) -> bool {
    context.before(unit, run).any(|(_, other)| {
        other.command.is(&["mountpoint", "findmnt", "stat", "mount", "df"])
            && other.command.arguments().iter().any(|a| {
                path::within(target, &other.command.path(a)) && other.command.path(a) != "/"
            })
    })
}
