//! SH002: a dump that breaks off inside a pipeline counts as a success.

use crate::base::Risk;
use crate::base::Span;
use crate::check::names::looks_backup;
use crate::check::rule::{Example, Report, Rule, edit};
use crate::check::{Context, Language, Unit};
use crate::evidence::Severity;
use crate::shell::Command;
use crate::shell::ast::RedirectKind;

/// Programs whose output is data somebody will want back.
const PRODUCERS: &[&str] = &[
    "pg_dump",
    "pg_dumpall",
    "pg_basebackup",
    "mysqldump",
    "mariadb-dump",
    "mydumper",
    "mongodump",
    "mariabackup",
    "mariadb-backup",
    "xtrabackup",
    "sqlite3",
    "redis-cli",
    "etcdctl",
    "tar",
    "cpio",
    "zfs",
    "btrfs",
    "dump",
    "xfsdump",
    "dd",
    "slapcat",
    "borg",
    "restic",
    "mysqlbinlog",
    "mariadb-binlog",
    "influxd",
    "kubectl",
    "docker",
    "podman",
    "ssh",
    "curl",
    "wget",
    "aws",
    "gsutil",
    "gpg",
    "openssl",
    "age",
    "find",
    "rclone",
    "psql",
    "mysql",
    "mariadb",
    "vault",
    "consul",
    "e2image",
    "ntfsclone",
    "partclone.ext4",
    "rbd",
    "zstd",
    "gzip",
    "xz",
    "pigz",
];

/// Producers of anything, not only of copies.
const MOVERS: &[&str] =
    &["tar", "cpio", "dd", "zstd", "gzip", "xz", "pigz", "bzip2", "cat", "zcat", "xzcat"];

/// Without `pipefail` the status of a pipeline is that of its last command alone.
pub const RULE: Rule = Rule {
    code: "SH002",
    name: "dump-piped-without-pipefail",
    severity: Severity::Critical,
    summary: "the output of a dump goes through a pipe whose exit code does not show that the dump failed",
    why: "the pipeline succeeds with the exit code of its last command, so an empty or torn dump is kept as a good copy",
    fix: "`set -o pipefail` before it, or dump into a file, check it, and only then compress or send it",
    source: "bash(1), Pipelines; measured: mysqldump on a dead socket | gzip > f gives exit 0, a 20-byte f, and `gzip -t f` passes",
    layer: "static",
    bad: &[
        Example::Script(
            r#"#!/bin/bash
set -eu
# nightly dump of the shop
umask 077
out="/backup/shop-$(date -u +%Y%m%dT%H%M%SZ).sql.gz"
mysqldump --defaults-extra-file=/etc/backup/my.cnf --single-transaction shop | gzip > "$out.new"
gzip -t "$out.new"
mv "$out.new" "$out"
"#,
        ),
        Example::Script(
            "mysqldump --single-transaction shop | gzip > /backup/shop-$(date +%F).sql.gz\n",
        ),
        Example::Script(
            "#!/bin/bash\nset -eu\nssh db1 'pg_dump -U postgres -Fc shop' | aws s3 cp - \"s3://shop-dr/shop-$(date +%F).dump\"\n",
        ),
        Example::Script(
            "set -e\ntar -cf - -C /srv/app data | zstd -T0 -q -o \"/backup/app-$(date +%F).tar.zst\"\n",
        ),
        Example::Script(
            r#"#!/usr/bin/env bash
set -euo pipefail
umask 077
out=/backup/k8s/shop-$(date -u +%Y%m%dT%H%M%SZ).sql.gz
kubectl -n shop exec db-0 -c postgres -- sh -c 'pg_dump -U app shop | gzip -6' > "$out.new"
gzip -t "$out.new"
mv "$out.new" "$out"
"#,
        ),
        Example::Script(
            "set -euo pipefail\ndump() { ssh db1 'set -e; pg_dumpall | zstd -q'; }\ndump > /backup/all.new\nmv /backup/all.new /backup/all.sql.zst\n",
        ),
        Example::Script(
            "backup() { pg_dumpall | restic backup --stdin --stdin-filename all.sql; }\nbackup\n",
        ),
    ],
    good: &[
        Example::Script(
            r#"#!/bin/bash
set -euo pipefail
# nightly dump of the shop
umask 077
out="/backup/shop-$(date -u +%Y%m%dT%H%M%SZ).sql.gz"
mysqldump --defaults-extra-file=/etc/backup/my.cnf --single-transaction shop | gzip > "$out.new"
gzip -dc "$out.new" | tail -n 1 | grep -q 'Dump completed'
mv "$out.new" "$out"
"#,
        ),
        Example::Script(
            "set -euo pipefail\nmysqldump --single-transaction shop | gzip > \"/backup/shop-$(date +%F).sql.gz\"\n",
        ),
        Example::Script(
            "pg_dump shop | gzip > /backup/new.gz\n[ \"${PIPESTATUS[0]}\" -eq 0 ] || exit 1\n",
        ),
        Example::Script(
            "set -eu\npg_dump -Fc -f /backup/shop.dump.new shop\npg_restore --list /backup/shop.dump.new | grep -q orders\n",
        ),
        Example::Script(
            "set -euo pipefail\nssh db1 'set -o pipefail; pg_dumpall | gzip' > /backup/all.new\nkubectl exec db-0 -- bash -o pipefail -c 'pg_dump shop | gzip' > /backup/shop.new\nssh db1 'pg_dumpall | grep -c CREATE'\n",
        ),
        Example::Script(
            "#!/bin/bash -eu\nset -o pipefail\nzfs send tank/data@now | ssh dr1 zfs receive -u backup/data\n",
        ),
    ],
    run,
};

fn run(context: &Context<'_>, report: &mut Report) {
    for unit in &context.units {
        let asks =
            unit.commands.uses.iter().any(|u| u.name == "PIPESTATUS" || u.name == "pipestatus");
        for (index, pipeline) in unit.commands.pipelines.iter().enumerate() {
            if pipeline.pipefail || asks {
                continue;
            }
            let stage = |position: usize| {
                unit.stages(index).filter(move |c| {
                    !c.setting.substituted
                        && c.setting.stage.is_some_and(|s| s.position == position)
                })
            };
            let producer =
                (0..pipeline.length - 1).flat_map(stage).find(|c| c.is(PRODUCERS) && produces(c));
            if let Some(producer) = producer
                && kept(unit, index)
            {
                let name = producer.name().unwrap_or_default();
                let message = format!("a failure of `{name}` is lost in the pipe");
                let finding = report.add(&RULE, unit, pipeline.span, message);
                // An archiver or a filter moves anything; what is no copy can be made again.
                let copy = |c: &Command| {
                    let named = c.arguments().iter().map(|a| c.path(a));
                    let written = c.redirects.iter().map(|r| c.path(&r.target));
                    named.chain(written).any(|path| looks_backup(&without_names(&path)))
                };
                let copies = (0..pipeline.length).flat_map(stage).any(copy);
                // What is only read behind the pipe is a test, and no copy of anything.
                let looks = |c: &Command| {
                    unit.take_apart(c)
                        .is_some_and(|call| call.risk() == Risk::Read && call.tool.name == "tar")
                };
                if producer.is(MOVERS) && !copies {
                    finding.severity = Severity::Low;
                } else if stage(pipeline.length - 1).all(looks) {
                    finding.severity = Severity::Medium;
                }
                let inner = unit.commands.payloads.iter().any(|p| p.span == pipeline.span);
                if unit.language == Language::Bash && !inner {
                    finding.edit = edit(before(unit), "set -o pipefail\n");
                }
            }
        }
    }
}

/// Leaves out the names of variables, which say what a value is for and not where it lies.
fn without_names(path: &str) -> String {
    path.split('/').filter(|part| !part.contains('$')).collect::<Vec<_>>().join("/")
}

/// Tells whether what a pipeline puts out is kept: by its end, or by what stands around it and takes it.
fn kept(unit: &Unit<'_>, index: usize) -> bool {
    let Some(pipeline) = unit.commands.pipelines.get(index) else { return false };
    let mut last = unit.commands.list.iter().filter(|c| {
        let at = c.setting.stage.is_some_and(|s| s.pipeline == index && s.position + 1 == s.length);
        at && !c.setting.substituted
    });
    let around = pipeline.output.and_then(|at| unit.commands.list.get(at));
    let taken = pipeline.within.filter(|stage| stage.pipeline < index);
    last.any(keeps) || around.is_some_and(keeps) || taken.is_some_and(|s| kept(unit, s.pipeline))
}

/// Returns the empty span at the start of the script's first line that is no comment, so that the
/// option holds for functions too.
fn before(unit: &Unit<'_>) -> Span {
    let mut at = 0;
    for line in unit.text.split_inclusive('\n') {
        if !line.starts_with('#') && !line.trim().is_empty() {
            break;
        }
        at += line.len();
    }
    Span::new(at, at)
}

fn produces(command: &Command) -> bool {
    let words = command.literals();
    let has = |names: &[&str]| words.iter().any(|w| names.contains(w));
    match command.name() {
        Some("sqlite3") => words.iter().any(|w| w.starts_with(".dump")),
        Some("kubectl" | "docker" | "podman") => has(&["exec", "get", "cp"]),
        Some("redis-cli") => has(&["--rdb"]),
        Some("zfs" | "btrfs") => has(&["send"]),
        Some("aws" | "gsutil") => has(&["cp", "-"]),
        Some("find" | "curl" | "wget" | "psql" | "mysql" | "mariadb" | "ssh") => false,
        Some("restic" | "borg") => has(&["dump", "extract", "export-tar"]),
        Some("tar") => !words.iter().any(|w| w.starts_with("-t") || *w == "--list"),
        Some(_) | None => true,
    }
}

/// Tells whether the end of a pipeline keeps what comes in, or loads it into a database.
fn keeps(command: &Command) -> bool {
    let file = command.redirects.iter().any(|r| {
        let kept = matches!(r.kind, RedirectKind::Truncate | RedirectKind::Append)
            && r.descriptor != Some(2);
        kept && !r.target.shown().starts_with("/dev/")
    });
    let words = command.literals();
    let has = |names: &[&str]| words.iter().any(|w| names.contains(w));
    file || match command.name() {
        Some("aws" | "gsutil" | "mc" | "s3cmd" | "az" | "gcloud") => {
            has(&["-", "cp", "pipe", "put"])
        }
        Some("restic") => has(&["backup"]),
        Some("borg") => has(&["create"]),
        Some("rclone") => has(&["rcat"]),
        Some(
            "tee" | "split" | "dd" | "ssh" | "psql" | "mysql" | "mariadb" | "sqlite3"
            | "pg_restore" | "sponge",
        ) => true,
        Some(
            "mongorestore" | "cpio" | "tar" | "zfs" | "btrfs" | "hdfs" | "swift" | "duplicity",
        ) => true,
        Some("gzip" | "zstd" | "xz" | "gpg" | "openssl" | "age" | "pigz" | "bzip2" | "lz4") => {
            words.iter().any(|w| {
                w.starts_with("-o")
                    || *w == "--output"
                    || w.starts_with("--output=")
                    || *w == "-out"
            })
        }
        Some(_) | None => false,
    }
}
