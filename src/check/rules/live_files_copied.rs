//! FS019: files that a database or a virtual machine is writing are copied.

use super::copied_live_sqlite::stopped;
use crate::base::AssetKind;
use crate::check::rule::{Example, Report, Rule};
use crate::check::{Context, Run, Unit};
use crate::evidence::{Place, Severity};
use crate::shell::path;

/// A read lock lasts as long as the client that took it.
pub const RULE: Rule = Rule {
    code: "FS019",
    name: "live-files-copied",
    severity: Severity::High,
    summary: "the data files of a database server or the disk of a virtual machine are copied while it may be writing",
    why: "the copy mixes pages of different instants; it may start and be wrong, or not start at all",
    fix: "use the tool of the database (mariabackup, mongodump, etcdctl snapshot), one snapshot of the volume, or stop it first; for a virtual machine freeze or `virsh backup-begin`",
    source: "MariaDB documentation, \"FLUSH TABLES WITH READ LOCK\": the lock is released when the connection ends; MySQL manual, \"Physical backups\": server not running",
    layer: "static",
    bad: &[
        Example::Script("tar -czf \"/backup/mysql-$(date +%F).tgz\" /var/lib/mysql\n"),
        Example::Script(
            "#!/usr/bin/env bash\nset -euo pipefail\ndest=/backup/raw/$(date +%F)\nmkdir -p \"$dest\"\nmariadb -e 'FLUSH TABLES WITH READ LOCK'\nrsync -a /var/lib/mysql/ \"$dest/\"\nmariadb -e 'UNLOCK TABLES'\n",
        ),
        Example::Script("rsync -a /var/lib/mongodb/ backup1:/backup/mongo/\n"),
        Example::Script(
            "cp --sparse=always /var/lib/libvirt/images/web1.qcow2 \"/backup/vm/web1-$(date +%F).qcow2\"\n",
        ),
        Example::Plan {
            plan: "schema: blackstart/plan/v1\nid: p\nkind: backup\ntitle: t\nsteps:\n  - {id: copy, title: Copy, kind: command, risk: write, run: 'cp -a /srv/etcd \"/backup/etcd-$(date +%F)\"'}\n",
            inventory: "schema: blackstart/inventory/v1\nassets:\n  - {id: etcd, kind: etcd, paths: [/srv/etcd]}\n",
        },
    ],
    good: &[
        Example::Script(
            "systemctl stop mariadb\nrsync -a /var/lib/mysql/ \"/backup/raw/$(date +%F)/\"\nsystemctl start mariadb\n",
        ),
        Example::Script(
            "lvcreate -s -n mysql_snap -L 10G vg0/mysql\nmount -o ro /dev/vg0/mysql_snap /mnt/snap\nrsync -a /mnt/snap/ \"/backup/raw/$(date +%F)/\"\n",
        ),
        Example::Script(
            "set -euo pipefail\nvirsh shutdown web1\nuntil virsh domstate web1 | grep -q 'shut off'; do sleep 2; done\ncp --sparse=always /var/lib/libvirt/images/web1.qcow2 \"/backup/vm/web1-$(date +%F).qcow2\"\nvirsh start web1\n",
        ),
        Example::Script(
            "cp -a /backup/raw/2026-03-01/. /var/lib/mysql/\ncp /etc/mysql/my.cnf /backup/etc/\n",
        ),
        Example::Script(
            "#!/bin/bash\nset -euo pipefail\nmariadb-dump --single-transaction --all-databases > /srv/dump/all.sql\nrestic backup / --one-file-system --exclude /proc --exclude /var/lib/mysql\n",
        ),
        Example::Script(
            "mongosh --quiet --eval \"db.fsyncLock()\"\nrsync -a /var/lib/mongodb/ backup1:/backup/mongo/\nmongosh --quiet --eval \"db.fsyncUnlock()\"\n",
        ),
    ],
    run,
};

fn run(context: &Context<'_>, report: &mut Report) {
    for (unit, run) in context
        .named(&["cp", "rsync", "tar", "scp", "dd", "rclone", "restic", "borg"])
        .filter(|(unit, _)| unit.part != Place::Rollback)
    {
        let command = run.command;
        if !command.is(&["cp", "rsync", "tar", "scp", "dd", "rclone", "restic", "borg"])
            || command.setting.substituted
        {
            continue;
        }
        let Some((source, what)) = copied(context, unit, run) else {
            continue;
        };
        if stopped(context, unit, run) || quiet(context, unit, run) {
            continue;
        }
        let unheld = context.before(unit, run).any(|(unit, other)| {
            other.command.is(&["mysql", "mariadb"])
                && unit
                    .sql(other.command)
                    .iter()
                    .any(|t| t.to_ascii_uppercase().contains("READ LOCK"))
        });
        let message = if unheld {
            format!(
                "{source} is copied from a writing server: the read lock ended with the client that took it"
            )
        } else {
            format!("{source} is copied while {what} may be writing")
        };
        let finding = report.add(&RULE, unit, command.span, message);
        if what == MACHINE {
            finding.severity = Severity::Medium;
        }
    }
}

const MACHINE: &str = "the virtual machine";

/// Where servers keep their files, by the custom of their packages.
const DIRECTORIES: &[(&str, &str)] = &[
    ("/var/lib/mysql", "the MySQL or MariaDB server"),
    ("/var/lib/mariadb", "the MariaDB server"),
    ("/var/lib/mongodb", "MongoDB"),
    ("/var/lib/mongo", "MongoDB"),
    ("/var/lib/etcd", "etcd"),
    ("/var/lib/elasticsearch", "Elasticsearch"),
    ("/var/lib/opensearch", "OpenSearch"),
    ("/var/lib/influxdb", "InfluxDB"),
    ("/var/lib/cassandra", "Cassandra"),
    ("/var/lib/clickhouse", "ClickHouse"),
    ("/var/lib/couchdb", "CouchDB"),
    ("/var/lib/neo4j", "Neo4j"),
    ("/var/lib/rabbitmq", "RabbitMQ"),
    ("/var/lib/ldap", "the LDAP server"),
];

/// Returns what of a server's files a command copies, and whose they are.
fn copied(context: &Context<'_>, unit: &Unit<'_>, run: Run<'_>) -> Option<(String, &'static str)> {
    let command = run.command;
    let whole = match command.name()? {
        "cp" | "scp" => command.literals().iter().any(|w| {
            *w == "--archive"
                || *w == "--recursive"
                || w.starts_with('-') && !w.starts_with("--") && w.contains(['a', 'r', 'R'])
        }),
        _ => true,
    };
    let sources: Vec<String> = match command.name()? {
        "restic" | "borg" | "rclone" => {
            if !["backup", "create", "copy", "sync"].iter().any(|verb| command.has(verb)) {
                return None;
            }
            // What follows a flag may be what is left out.
            let call = unit.take_apart(command)?;
            call.operands.iter().map(|word| unit.path(command, word)).collect()
        }
        "dd" => command
            .literals()
            .iter()
            .filter_map(|w| w.strip_prefix("if=").map(str::to_owned))
            .collect(),
        _ => unit.copies(command).into_iter().map(|(source, _)| source).collect(),
    };
    let own = |kinds: &[AssetKind], at: &str| {
        let assets = context.inventory.into_iter().flat_map(|inventory| &inventory.assets);
        assets
            .filter(|a| kinds.contains(&a.kind))
            .any(|a| a.paths.iter().any(|p| path::within(at, &path::absolute(p, None))))
    };
    sources.into_iter().find_map(|source| {
        let name = path::file_name(&source).to_owned();
        // Settings and lists that no server writes to.
        if [".cnf", ".conf", ".pem", ".yml", ".yaml", ".flag", ".txt"]
            .iter()
            .any(|end| name.ends_with(end))
        {
            return None;
        }
        if MACHINES.iter().any(|end| name.ends_with(end))
            && !crate::check::names::looks_backup(&source)
            || whole
                && (path::within(&source, "/var/lib/libvirt/images")
                    || own(&[AssetKind::Vm], &source))
        {
            return Some((source, MACHINE));
        }
        let known = DIRECTORIES
            .iter()
            .find(|(root, _)| source == *root || source.trim_end_matches(['*', '.', '/']) == *root);
        let of_asset = own(DATABASES, &source);
        let what = known.map(|(_, what)| *what).or(of_asset.then_some("its server"))?;
        whole.then_some((source, what))
    })
}

const MACHINES: &[&str] = &[".qcow2", ".vmdk", ".vdi", ".vhdx"];

const DATABASES: &[AssetKind] = &[
    AssetKind::Mysql,
    AssetKind::Mariadb,
    AssetKind::Mongodb,
    AssetKind::Etcd,
    AssetKind::VectorIndex,
];

/// Tells whether something before a copy makes the server or machine hold still.
fn quiet(context: &Context<'_>, unit: &Unit<'_>, run: Run<'_>) -> bool {
    context.before(unit, run).any(|(_, other)| {
        let words = other.command.literals();
        let has = |names: &[&str]| words.iter().any(|word| names.contains(word));
        other.command.is(&["virsh"])
            && has(&["shutdown", "destroy", "suspend", "domfsfreeze", "snapshot-create-as", "backup-begin", "managedsave", "save"])
            || other.command.is(&["mysqladmin", "mariadb-admin"]) && has(&["shutdown"])
            || other.command.is(&["qm", "pct"]) && has(&["shutdown", "stop", "suspend"])
            || other.command.is(&["zfs", "btrfs"]) && has(&["snapshot"])
            || words.iter().any(|word| word.contains("fsyncLock") || word.contains("shutdownServer"))
            // A client that is left running in a pipe or in the background holds its lock.
            || other.command.is(&["mysql", "mariadb"]) && other.command.setting.stage.is_some()
    })
}
