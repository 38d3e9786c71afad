//! SL001: an SQLite file copied while it may be written.

use crate::base::AssetKind;
use crate::check::names::{looks_backup, looks_scratch};
use crate::check::rule::{Example, Report, Rule};
use crate::check::{Context, Run, Unit};
use crate::evidence::Severity;
use crate::shell::{Command, path};
use crate::tools::Role;

/// With a write-ahead log the newest rows are not in the file.
pub const RULE: Rule = Rule {
    code: "SL001",
    name: "copied-live-sqlite",
    severity: Severity::Critical,
    summary: "an SQLite database is copied as a file while its writers may be running",
    why: "committed rows are still in the -wal file, and a copy in the middle of a write is torn",
    fix: "`sqlite3 DB \".backup 'FILE'\"` or `VACUUM INTO`, then `pragma integrity_check` on the copy; or stop the writers first",
    source: "sqlite.org/howtocorrupt.html §1.2; measured: cp of a WAL database gives \"no such table\"",
    layer: "inventory",
    bad: &[
        Example::Script("cp /srv/app/app.db \"/backup/app-$(date +%F).db\"\n"),
        Example::Script(
            "set -euo pipefail\nDB=/var/lib/grafana/grafana.db\nrsync -a \"$DB\" backup1:/backup/grafana/\n",
        ),
        Example::Script("tar -czf \"/backup/vault-$(date +%s).tgz\" /srv/vault/db.sqlite3\n"),
        Example::Plan {
            plan: "schema: blackstart/plan/v1\nid: p\nkind: backup\ntitle: t\nsteps:\n  - {id: copy, title: Copy, kind: command, risk: write, run: 'cp -a /srv/notes \"/backup/notes-$(date +%F)\"'}\n",
            inventory: "schema: blackstart/inventory/v1\nassets:\n  - {id: notes, kind: sqlite, paths: [/srv/notes/data]}\n",
        },
    ],
    good: &[
        Example::Script(
            r#"#!/bin/bash
set -euo pipefail
# a copy of the dashboards that is one instant
umask 077
out="/backup/grafana-$(date +%F).db"
sqlite3 /var/lib/grafana/grafana.db ".timeout 5000" ".backup '$out.new'"
sqlite3 "$out.new" 'PRAGMA integrity_check' | grep -qx ok
mv "$out.new" "$out"
cp -p /etc/grafana/grafana.ini /backup/etc/grafana.ini
"#,
        ),
        Example::Script(
            "sqlite3 /srv/app/app.db \".backup '/backup/app.db.new'\"\ncp /backup/app.db.new /backup/app.db\n",
        ),
        Example::Script(
            "systemctl stop grafana-server\ncp -p /var/lib/grafana/grafana.db \"/backup/grafana-$(date +%F).db\"\nsystemctl start grafana-server\n",
        ),
        Example::Script(
            "cp -p /backup/app-2026-03-01.db /srv/app/app.db\nsqlite3 /srv/app/app.db 'pragma integrity_check'\n",
        ),
        Example::Script("cp /etc/aliases.db \"/backup/aliases-$(date +%F).db\"\n"),
    ],
    run,
};

fn run(context: &Context<'_>, report: &mut Report) {
    for (unit, run) in context.named(&["cp", "rsync", "tar", "scp", "install", "cat", "dd"]) {
        if !run.command.is(&["cp", "rsync", "tar", "scp", "install", "cat", "dd"])
            || stopped(context, unit, run)
        {
            continue;
        }
        let Some(call) = unit.take_apart(run.command) else {
            continue;
        };
        if call.tool.name == "tar"
            && crate::tools::tar::mode(call) != crate::tools::tar::Mode::Create
        {
            continue;
        }
        let base = call
            .value(&["directory"])
            .filter(|_| call.tool.name == "tar")
            .map(|w| unit.path(run.command, w));
        for word in call.of_role(Role::Source) {
            let mut source = unit.path(run.command, word);
            if let Some(base) = &base {
                source = path::absolute(&word.text, Some(base));
            }
            let span = run.command.words.get(word.index).map_or(run.command.span, |a| a.span);
            let message = if word.fresh {
                continue;
            } else if named_sqlite(&source) && !looks_backup(&source) && !looks_scratch(&source) {
                format!("{source} is copied as a file; rows in its -wal are missing")
            } else if let Some(asset) = inventory_sqlite(context, &source) {
                format!("{source} holds the SQLite database of {asset}, copied as a file")
            } else {
                continue;
            };
            if !made_here(context, unit, run, &source) {
                report.add(&RULE, unit, span, message);
            }
        }
    }
}

/// Tells whether a path is an SQLite database by its name.
pub fn named_sqlite(path: &str) -> bool {
    let name = path::file_name(path);
    let other =
        ["aliases.db", "snap.db", "access.db", "virtual.db", "transport.db", "ibdata", "mandb"];
    [".db", ".sqlite", ".sqlite3", ".db3", ".s3db", ".sqlitedb"].iter().any(|e| name.ends_with(e))
        && !other.iter().any(|o| name.ends_with(o))
        && !path.starts_with("/etc/")
        && !name.contains("dump")
}

fn inventory_sqlite<'c>(context: &'c Context<'_>, source: &str) -> Option<&'c str> {
    let assets = &context.inventory?.assets;
    let holds =
        |paths: &[String]| paths.iter().any(|p| path::within(&path::absolute(p, None), source));
    assets.iter().find(|a| a.kind == AssetKind::Sqlite && holds(&a.paths)).map(|a| a.id.as_str())
}

/// Tells whether the writers were stopped before.
pub fn stopped(context: &Context<'_>, unit: &Unit<'_>, run: Run<'_>) -> bool {
    let here = context.units.iter().position(|one| std::ptr::eq(one, unit)).unwrap_or(0);
    let earlier = context.units[..here].iter().any(|one| one.stopped_at(stops).is_some());
    earlier || unit.stopped_at(stops).is_some_and(|at| at < run.index)
}

fn stops(command: &Command) -> bool {
    let managers = [
        "systemctl",
        "service",
        "docker",
        "podman",
        "kubectl",
        "docker-compose",
        "supervisorctl",
        "rc-service",
    ];
    let begins = |word: &str| {
        word.as_bytes().windows(15).any(|part| part.eq_ignore_ascii_case(b"begin immediate"))
    };
    let literals = || command.arguments().iter().filter_map(crate::shell::Argument::literal);
    command.is(&managers)
        && ["stop", "mask", "kill", "scale", "down"].iter().any(|w| command.has(w))
        || command.is(&["fsfreeze", "pkill", "killall"])
        || command.is(&["lvcreate"]) && literals().any(|w| w.starts_with("-s") || w == "--snapshot")
        || literals().any(begins)
}

/// Tells whether the file is itself a copy this script made with SQLite's own means.
fn made_here(context: &Context<'_>, unit: &Unit<'_>, run: Run<'_>, source: &str) -> bool {
    let writers = ["sqlite3", "cp", "mv", "rsync", "restic", "litestream"];
    context.named_before(unit, run, &writers).any(|(_, other)| {
        let text = other
            .command
            .words
            .iter()
            .map(crate::shell::Argument::shown)
            .collect::<Vec<_>>()
            .join(" ");
        text.contains(source)
            && other.command.arguments().first().is_none_or(|a| a.shown() != source)
    })
}
