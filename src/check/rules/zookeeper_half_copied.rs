//! ZK001: half of a ZooKeeper server in a copy, or one server's name on another.

use crate::check::rule::{Example, Report, Rule};
use crate::check::{Context, Run, Unit};
use crate::evidence::{Place, Severity};
use crate::shell::path;

/// A snapshot is fuzzy: only together with the log behind it is it a state that was.
pub const RULE: Rule = Rule {
    code: "ZK001",
    name: "zookeeper-half-copied",
    severity: Severity::High,
    summary: "snapshots of ZooKeeper are copied without the transaction logs, or the data directory goes to another server with its myid",
    why: "a snapshot is taken while clients write and is whole only with the log played over it; two servers with one id never form a quorum",
    fix: "copy snapshot.* and log.* of one server together (dataDir and dataLogDir); on every server stop, restore the same copy, and keep its own myid",
    source: "ZooKeeper Snapshot and Restore Guide; zookeeper-user, 25 April 2008: the server needs the latest complete fuzzy snapshot and the log files from the start of that snapshot",
    layer: "static",
    bad: &[
        Example::Script(
            r#"#!/usr/bin/env bash
set -euo pipefail
ts=$(date -u +%Y%m%dT%H%M%SZ)
mkdir -p /backup/zookeeper
tar -czf "/backup/zookeeper/$ts.tgz.tmp" /var/lib/zookeeper/version-2/snapshot.*
mv "/backup/zookeeper/$ts.tgz.tmp" "/backup/zookeeper/$ts.tgz"
"#,
        ),
        Example::Script(
            "ssh zk2 systemctl stop zookeeper\nrsync -a /var/lib/zookeeper/ zk2:/var/lib/zookeeper/\nssh zk2 systemctl start zookeeper\n",
        ),
        Example::Script("newest=/data/zk/version-2/snapshot.3a0001\ncp \"$newest\" /backup/zk/\n"),
    ],
    good: &[
        Example::Script(
            r#"#!/usr/bin/env bash
set -euo pipefail
ts=$(date -u +%Y%m%dT%H%M%SZ)
cp -a /var/lib/zookeeper/version-2/snapshot.* "/backup/zookeeper/$ts.tmp/"
cp -a /var/log/zookeeper/version-2/log.* "/backup/zookeeper/$ts.tmp/"
mv "/backup/zookeeper/$ts.tmp" "/backup/zookeeper/$ts"
"#,
        ),
        Example::Script(
            "for h in zk1 zk2 zk3; do\n  ssh \"$h\" systemctl stop zookeeper\n  rsync -a --exclude=myid /backup/zookeeper/latest/ \"$h:/var/lib/zookeeper/\"\ndone\n",
        ),
        Example::Script(
            "tar -czf \"/backup/zk-$(date +%F).tgz\" -C /var/lib zookeeper\nrsync -a /backup/zookeeper/ vault1:/backup/zookeeper/\n",
        ),
    ],
    run,
};

/// Programs that copy what they are given.
const COPIES: &[&str] = &["cp", "rsync", "tar", "scp", "aws", "rclone", "restic", "borg", "zip"];

fn run(context: &Context<'_>, report: &mut Report) {
    let copied = |unit: &Unit<'_>, run: Run<'_>| -> Vec<String> {
        let taken = unit.copies(run.command).into_iter().map(|(source, _)| source);
        taken.chain(run.command.arguments().iter().map(|a| a.shown().into_owned())).collect()
    };
    let is_log = |path: &String| {
        let name = path::file_name(path);
        name.starts_with("log.") || name == "version-2" || name == "*"
    };
    let logs = context.named(COPIES).any(|(unit, run)| copied(unit, run).iter().any(is_log));
    for (unit, run) in context.named(COPIES).filter(|(unit, _)| unit.part != Place::Rollback) {
        let paths = copied(unit, run);
        let snapshot = paths.iter().find(|path| {
            path::file_name(path).starts_with("snapshot.")
                && (path.contains("version-2") || path.to_ascii_lowercase().contains("zookeeper"))
        });
        if let Some(snapshot) = snapshot.filter(|_| !logs) {
            let message = format!("{snapshot} is copied, and no transaction log with it");
            report.add(&RULE, unit, run.command.span, message);
        } else if sends_its_name(run) {
            let message = "the data directory goes to another server together with myid".to_owned();
            report.add(&RULE, unit, run.command.span, message);
        }
    }
}

/// Tells whether a data directory is sent to where another server keeps its own.
fn sends_its_name(run: Run<'_>) -> bool {
    let command = run.command;
    if !command.is(&["rsync", "scp"]) {
        return false;
    }
    let words: Vec<String> = command.arguments().iter().map(|a| a.shown().into_owned()).collect();
    let spares = words.iter().any(|word| word.contains("myid"));
    let data = |path: &str| {
        let path = path.trim_end_matches('/').to_ascii_lowercase();
        let backup = crate::check::names::looks_backup(&path);
        !backup
            && (path.ends_with("/zookeeper")
                || path.ends_with("/zookeeper/data")
                || path.ends_with("/zk"))
    };
    let remote = |word: &String| {
        word.split_once(':').filter(|(host, _)| !host.contains('/')).is_some_and(|(_, at)| data(at))
    };
    let mut plain = words.iter().filter(|word| !word.starts_with('-'));
    let local = plain.clone().any(|word| !word.contains(':') && data(word));
    !spares && local && plain.any(remote)
}
