//! ET001: a member's database copied as a file.

use crate::check::rule::{Example, Report, Rule};
use crate::check::{Context, Run, Unit, etcd, subcommands};
use crate::evidence::Severity;
use crate::shell::Argument;

/// A file under the hands of a server is a state that never was.
pub const RULE: Rule = Rule {
    code: "ET001",
    name: "etcd-copied-as-file",
    severity: Severity::High,
    summary: "the data directory of an etcd member is copied while it runs, or a restore skips the hash that a saved snapshot carries",
    why: "what stands in the log and not yet in the database file is lost, pages are torn, and the copy has no hash by which a restore could tell",
    fix: "`etcdctl snapshot save FILE` against one healthy member, `etcdutl snapshot status FILE` on the result; or stop the member first",
    source: "etcd documentation, Disaster recovery: a copy of member/snap/db may lack what is only in the log, and restores only with --skip-hash-check",
    layer: "static",
    bad: &[
        Example::Script("cp /var/lib/etcd/member/snap/db \"/backup/etcd/snap-$(date +%F).db\"\n"),
        Example::Script(
            r#"#!/usr/bin/env bash
set -euo pipefail
# nightly copy of the control plane
ts=$(date -u +%Y%m%dT%H%M%SZ)
mkdir -p /backup/control-plane
tar -czf "/backup/control-plane/pki-$ts.tgz" /etc/kubernetes/pki
tar -czf "/backup/control-plane/etcd-$ts.tgz.tmp" -C /var/lib etcd
mv "/backup/control-plane/etcd-$ts.tgz.tmp" "/backup/control-plane/etcd-$ts.tgz"
find /backup/control-plane -name 'etcd-*.tgz' -mtime +14 -delete
"#,
        ),
        Example::Script(
            "systemctl stop etcd\nmv /var/lib/etcd \"/var/lib/etcd.bad.$(date +%s)\"\netcdutl snapshot restore /backup/etcd/db --skip-hash-check --data-dir /var/lib/etcd\n",
        ),
    ],
    good: &[
        Example::Script(
            r#"#!/usr/bin/env bash
set -euo pipefail
export ETCDCTL_API=3
ts=$(date -u +%Y%m%dT%H%M%SZ)
etcdctl --endpoints=https://10.0.0.11:2379 snapshot save "/backup/etcd/snap-$ts.db.tmp"
etcdctl snapshot status "/backup/etcd/snap-$ts.db.tmp" -w table
mv "/backup/etcd/snap-$ts.db.tmp" "/backup/etcd/snap-$ts.db"
rsync -a /backup/etcd/ vault1:/backup/etcd/
"#,
        ),
        Example::Script(
            "systemctl stop etcd\ncp -a /var/lib/etcd \"/var/lib/etcd.before.$(date +%s)\"\nETCDCTL_API=3 etcdctl snapshot restore /backup/snap.db --skip-hash-check=false --data-dir /var/lib/etcd.new\n",
        ),
        Example::Script(
            "etcdctl snapshot save /var/lib/etcd/backups/snap.db\ncp /var/lib/etcd/backups/snap.db /backup/etcd/snap.db.new\n",
        ),
    ],
    run,
};

/// Programs that copy what they are given.
const COPIES: &[&str] =
    &["cp", "rsync", "tar", "restic", "borg", "kopia", "duplicity", "scp", "zip", "7z"];

fn run(context: &Context<'_>, report: &mut Report) {
    for restore in etcd::restores(context) {
        if subcommands::has(restore.run.command, "--skip-hash-check") {
            let message = "the hash of the snapshot is not looked at".to_owned();
            let finding = report.add(&RULE, restore.unit, restore.run.command.span, message);
            finding.severity = Severity::Medium;
        }
    }
    for (unit, run) in context.named(COPIES) {
        let Some(source) = sources(unit, run).into_iter().find(|path| etcd::is_member_data(path))
        else {
            continue;
        };
        let stopped = context.before(unit, run).any(|(_, other)| {
            etcd::stops_or_looks(other.command) && other.command.setting.remote.is_none()
        });
        if !stopped {
            let message = format!("{source} is copied under the running member");
            report.add(&RULE, unit, run.command.span, message);
        }
    }
}

/// Returns what a command copies into a copy, as absolute paths.
fn sources(unit: &Unit<'_>, run: Run<'_>) -> Vec<String> {
    let command = run.command;
    let stores = command.is(&["restic", "borg", "kopia", "duplicity"])
        && ["backup", "create", "full", "snapshot"].iter().any(|word| command.has(word));
    if stores || command.is(&["scp", "zip", "7z"]) {
        let words =
            command.arguments().iter().filter(|word| !Argument::shown(word).starts_with('-'));
        return words.map(|word| command.path(word)).collect();
    }
    let copies = unit.copies(command).into_iter();
    copies.filter(|(_, target)| !etcd::is_member_data(target)).map(|(source, _)| source).collect()
}
