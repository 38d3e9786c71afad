//! SH005: the last good copy is emptied before the new one exists.

use crate::check::names::{is_archive, looks_backup};
use crate::check::rule::{Example, Report, Rule};
use crate::check::{Context, Language, Python, Run, TokenKind, Unit};
use crate::evidence::Severity;
use crate::shell::ast::RedirectKind;
use crate::shell::{Argument, Command};
use crate::tools::tar;

const DUMPERS: &[&str] = &[
    "pg_dump",
    "pg_dumpall",
    "mysqldump",
    "mariadb-dump",
    "mongodump",
    "sqlite3",
    "slapcat",
    "tar",
    "cpio",
    "etcdctl",
    "redis-cli",
    "mariabackup",
    "mariadb-backup",
    "xtrabackup",
    "kubectl",
    "zfs",
    "btrfs",
    "dump",
    "xfsdump",
    "influxd",
    "consul",
    "vault",
    "ssh",
];

const FILTERS: &[&str] =
    &["gzip", "pigz", "zstd", "xz", "bzip2", "lz4", "gpg", "openssl", "age", "pv", "cat", "tee"];

/// The shell empties the target of `>` before the command starts; dump programs do the same with `-f`.
pub const RULE: Rule = Rule {
    code: "SH005",
    name: "dump-over-only-copy",
    severity: Severity::Critical,
    summary: "a dump is written straight over a file that has the same name in every run",
    why: "the previous copy is gone the moment the dump starts; when the dump fails there is none",
    fix: "write to a new name (`$out.new`), check it, then `mv` it over the old one; keep several generations",
    source: "bash(1), Redirecting Output: the file is truncated to zero size; measured: 0 bytes after a failing producer",
    layer: "static",
    bad: &[
        Example::Script(
            r#"#!/bin/bash
set -euo pipefail
# nightly archive of the application
umask 077
mountpoint -q /backup
cd /srv
tar -czf /backup/app.tgz --acls --xattrs app
tar -tzf /backup/app.tgz > /dev/null
"#,
        ),
        Example::Script("set -euo pipefail\npg_dump -U postgres shop > /backup/shop.sql\n"),
        Example::Script(
            "OUT=/backup/mysql/latest.sql.gz\nset -o pipefail\nmysqldump --single-transaction shop | gzip > \"$OUT\"\n",
        ),
        Example::Script("tar -czf /backup/app.tgz -C /srv/app data\n"),
        Example::Script("pg_dump -Fc -f /var/backups/shop.dump shop\n"),
        Example::Script("ssh db1 pg_dumpall > /backup/db1-all.sql\n"),
        Example::Script(
            "#!/usr/bin/env python3\nimport tarfile\nwith tarfile.open('/backup/app.tgz', 'w:gz') as archive:\n    archive.add('/srv/app', arcname='app')\n",
        ),
    ],
    good: &[
        Example::Script(
            "set -euo pipefail\nout=/backup/shop.sql\npg_dump shop > \"$out.new\"\ntail -n 5 \"$out.new\" | grep -q complete\nmv \"$out.new\" \"$out\"\n",
        ),
        Example::Script("pg_dump -Fc -f \"/backup/shop-$(date +%F).dump\" shop\n"),
        Example::Script(
            "mv /backup/app.tgz /backup/app.tgz.1\ntar -czf /backup/app.tgz -C /srv/app data\n",
        ),
        Example::Script("d=$(mktemp -d)\nmysqldump shop > \"$d/shop.sql\"\nrestic backup \"$d\"\n"),
        Example::Script(
            "cd /var/backups\ntar -cf settings.tar -C /etc app\nsavelog -c 7 settings.tar > /dev/null\n",
        ),
        Example::Script(
            "cd /backup/daily\ntar -cf - app/ | gpg -e -r ops > \"/backup/app-$(date +%F).gpg\"\n",
        ),
        Example::Script(
            "tar -cf - /srv/app | ssh dr1 'cat > /dev/null'\npg_dump shop > /dev/null\n",
        ),
        Example::Script(
            "#!/usr/bin/env python3\nimport os, tarfile\nwith tarfile.open('/backup/app.tgz.new', 'w:gz') as archive:\n    archive.add('/srv/app', arcname='app')\nos.replace('/backup/app.tgz.new', '/backup/app.tgz')\n",
        ),
    ],
    run,
};

fn run(context: &Context<'_>, report: &mut Report) {
    if let Some(python) = &context.python {
        in_python(python, report);
    }
    for (unit, run) in context.runs() {
        let command = run.command;
        // What `tarfile.open` empties is judged where it stands.
        if unit.within == Language::Python && unit.text.starts_with("set -e\ntar ") {
            continue;
        }
        let dumps = command.is(DUMPERS) && dumping(unit, command) || filters(unit, run);
        if !dumps || command.setting.remote.is_some() && command.words.is_empty() {
            continue;
        }
        for (argument, path) in targets(unit, command) {
            if same_every_run(unit, command, argument, &path) && !moved(context, unit, run, &path) {
                let message = format!("{path} is emptied before the new dump is known to be good");
                let finding = report.add(&RULE, unit, argument.span, message);
                // An archiver packs anything; what is kept as no copy can be packed again.
                if command.is(&["tar", "cpio"]) && !looks_backup(&path) {
                    finding.severity = Severity::Medium;
                }
            }
        }
    }
}

/// Judges a Python script that opens its copy for writing under the same name in every run.
fn in_python(python: &Python<'_>, report: &mut Report) {
    let clock = [
        "strftime",
        "isoformat",
        "datetime",
        "date.today",
        "time.time",
        "%Y",
        "mkdtemp",
        "TemporaryDirectory",
        "uuid",
    ];
    let outline = python.outline();
    let moves = outline
        .calls
        .iter()
        .any(|call| matches!(call.path.rsplit('.').next(), Some("replace" | "rename" | "move")));
    if moves || clock.iter().any(|word| python.text.contains(word)) {
        return;
    }
    let text = |value: (usize, usize)| python.span_of(value).slice(python.text);
    for call in &outline.calls {
        let archive =
            matches!(call.path.as_str(), "tarfile.open" | "zipfile.ZipFile" | "gzip.open");
        if !archive && call.path != "open" {
            continue;
        }
        let writes = call.argument("mode", Some(1)).is_some_and(|mode| text(mode).contains('w'));
        let Some(name) = call.argument("name", Some(0)).or(call.argument("file", Some(0))) else {
            continue;
        };
        let written = python.tokens[name.0..name.1].iter().any(|token| {
            token.kind == TokenKind::Text
                && (looks_backup(token.text)
                    || is_archive(token.text) && token.text.starts_with('/'))
        });
        if writes && (archive || written) {
            let message =
                "the copy of the last run is emptied before the new one is whole".to_owned();
            report.add_python(&RULE, python.span_of((call.at, call.end)), message);
            return;
        }
    }
}

fn dumping(unit: &Unit<'_>, command: &Command) -> bool {
    let words = command.literals();
    let has = |text: &str| words.contains(&text);
    match command.name() {
        Some("sqlite3") => words.iter().any(|w| w.starts_with(".dump") || w.starts_with(".backup")),
        Some("tar") => unit.take_apart(command).is_some_and(|c| tar::mode(c) == tar::Mode::Create),
        Some("etcdctl") => has("save"),
        Some("redis-cli") => has("--rdb"),
        Some("kubectl") => has("get") || has("exec"),
        Some("zfs" | "btrfs") => has("send"),
        Some("consul" | "vault") => has("save") || has("snapshot"),
        Some("ssh") => unit.commands.list.iter().any(|c| {
            c.setting.remote.is_some()
                && c.span == command.span
                && c.is(DUMPERS)
                && !c.is(&["ssh"])
                && dumping(unit, c)
        }),
        Some(_) | None => true,
    }
}

/// Tells whether the command is the end of a pipeline that starts with a dump.
fn filters(unit: &Unit<'_>, run: Run<'_>) -> bool {
    let Some(stage) = run.command.setting.stage.filter(|s| s.position > 0) else {
        return false;
    };
    run.command.is(FILTERS)
        && unit.stages(stage.pipeline).any(|c| {
            let earlier = c.setting.stage.is_some_and(|s| s.position < stage.position);
            earlier && c.is(DUMPERS) && dumping(unit, c)
        })
}

/// Returns the files a command writes its dump to.
fn targets<'u>(unit: &Unit<'_>, command: &'u Command) -> Vec<(&'u Argument, String)> {
    let mut out: Vec<(&Argument, String)> = command
        .redirects
        .iter()
        .filter(|r| r.kind == RedirectKind::Truncate && r.descriptor != Some(2))
        .map(|r| (&r.target, command.path(&r.target)))
        .collect();
    if let Some(call) = unit.take_apart(command) {
        let names: &[&str] = match call.name {
            "tar" | "pg_dump" | "pg_dumpall" => &["file"],
            "redis-cli" => &["rdb"],
            "gpg" | "zstd" | "age" => &["o", "output"],
            "mysqldump" | "mariadb-dump" => &["result-file", "r"],
            _ => &[],
        };
        if let Some(word) = call.value(names).filter(|word| word.text != "-")
            && let Some(argument) = command.words.get(word.index)
        {
            out.push((argument, unit.path(command, word)));
        }
    }
    out
}

fn same_every_run(unit: &Unit<'_>, command: &Command, argument: &Argument, path: &str) -> bool {
    let host_only =
        argument.unknowns().all(|u| u.shown.starts_with("$(hostname") || u.shown == "$HOSTNAME");
    path.starts_with('/')
        && host_only
        && !["/dev/", "/tmp/", "/run/"].iter().any(|d| path.starts_with(d))
        && !unit.is_fresh(command, argument)
}

/// Tells whether the file is only on its way: a program that keeps generations takes it, or it is
/// deleted in the end.
fn passed_on(unit: &Unit<'_>, run: Run<'_>, path: &str) -> bool {
    unit.runs().any(|other| {
        let later = other.index > run.index || other.command.setting.deferred;
        let packs =
            unit.take_apart(other.command).is_some_and(|c| tar::mode(c) == tar::Mode::Create);
        let takes = other.command.is(&["restic", "borg", "duplicity", "kopia", "rm", "shred"])
            || other.command.is(&["tar"]) && packs;
        let about = |a: &Argument| crate::shell::path::within(path, &other.command.path(a));
        later && takes && other.command.arguments().iter().any(about)
    })
}

/// Tells whether the file is put aside before, or moved into place behind.
fn moved(context: &Context<'_>, unit: &Unit<'_>, run: Run<'_>, path: &str) -> bool {
    let sources = |unit: &Unit<'_>, other: Run<'_>| {
        other.command.arguments().iter().any(|a| other.command.path(a) == path)
            && unit.text.len() > other.command.span.start
    };
    let turn = &["mv", "cp", "ln", "savelog", "logrotate", "rename"];
    let before = context.named_before(unit, run, turn).any(|(u, r)| sources(u, r));
    let turn = &["mv", "savelog", "logrotate"];
    let behind = context.named_after(unit, run, turn).any(|(_, r)| {
        let moved = r.command.arguments().split_last().map_or(&[][..], |(_, sources)| sources);
        let turns = r.command.is(&["savelog", "logrotate"])
            && r.command.arguments().iter().any(|a| r.command.path(a) == path);
        turns || r.command.is(&["mv"]) && moved.iter().any(|a| r.command.path(a) == path)
    });
    before || behind || passed_on(unit, run, path)
}
