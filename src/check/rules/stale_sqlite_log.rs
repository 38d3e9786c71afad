//! SL002: a restored SQLite file meets the write-ahead log of its predecessor.

use super::copied_live_sqlite::{named_sqlite, stopped};
use crate::check::names::{is_archive, looks_backup, looks_scratch};
use crate::check::rule::{Example, Report, Rule};
use crate::check::{Context, Run, Unit};
use crate::evidence::{Place, Severity};
use crate::shell::Argument;
use crate::shell::ast::RedirectKind;
use crate::tools::Role;

/// SQLite replays whatever log lies beside a file.
pub const RULE: Rule = Rule {
    code: "SL002",
    name: "stale-sqlite-log",
    severity: Severity::High,
    summary: "an SQLite file is put in the place of another, and the -wal and -shm files of the old one stay",
    why: "the old log is replayed into the restored file: the damage is back, and integrity_check says ok",
    fix: "with the writers stopped, move `DB-wal`, `DB-shm` and `DB-journal` away together with the old file; or `sqlite3 DB \".restore FILE\"`",
    source: "sqlite.org/howtocorrupt.html, 1.4 \"Mispairing database files and hot journals\"; measured: a restored file beside the old -wal shows the damaged rows, and integrity_check says ok",
    layer: "static",
    bad: &[
        Example::Script("cp /backup/app-2026-03-01.db /srv/app/app.db\n"),
        Example::Script(
            "#!/usr/bin/env bash\nset -euo pipefail\nDB=/var/lib/grafana/grafana.db\nsystemctl kill -s KILL grafana-server\nmv \"$DB\" \"$DB.damaged\"\ngunzip -c /backup/grafana/latest.db.gz > \"$DB\"\nchown grafana:grafana \"$DB\"\nsystemctl start grafana-server\n",
        ),
        Example::Plan {
            plan: "schema: blackstart/plan/v1\nid: p\nkind: recovery\ntitle: t\nsteps:\n  - {id: back, title: Put back, kind: command, risk: destructive, run: install -m 600 /backup/vault.sqlite3 /srv/vault/db.sqlite3}\n",
            inventory: "",
        },
    ],
    good: &[
        Example::Script(
            "systemctl stop app\nrm -f /srv/app/app.db-wal /srv/app/app.db-shm\ncp /backup/app.db /srv/app/app.db\n",
        ),
        Example::Script(
            "DB=/srv/app/app.db\nfor f in \"$DB\" \"$DB-wal\" \"$DB-shm\"; do if [ -e \"$f\" ]; then mv \"$f\" \"$f.old\"; fi; done\ncp /backup/app.db \"$DB\"\n",
        ),
        Example::Script(
            "mv /srv/app/app.db* /srv/quarantine/\ncp /backup/app.db /srv/app/app.db\n",
        ),
        Example::Script("sqlite3 /srv/app/app.db \".restore /backup/app.db\"\n"),
        Example::Script(
            "set -euo pipefail\nout=\"/backup/app-$(date +%F).db\"\nsqlite3 /srv/app/app.db \".backup '$out.new'\"\nmv \"$out.new\" \"$out\"\ncp \"$out\" /mnt/usb/backup/app.db\n",
        ),
    ],
    run,
};

fn run(context: &Context<'_>, report: &mut Report) {
    for (unit, run) in context.named(RESTORERS).filter(|(unit, _)| unit.part != Place::Rollback) {
        let Some(database) = restored(unit, run) else {
            continue;
        };
        if !cleared(context, &database) {
            let message =
                format!("{database}-wal and -shm of the old file stay beside the restored one");
            let clean = stopped(context, unit, run);
            let finding = report.add(&RULE, unit, run.command.span, message);
            // A writer that ends in good order takes its log along.
            if clean {
                finding.severity = Severity::Medium;
            }
        }
    }
}

/// Programs that put a database back in its place, from a copy or a dump.
pub const RESTORERS: &[&str] = &[
    "cp", "mv", "install", "rsync", "scp", "gunzip", "zcat", "zstd", "zstdcat", "unzstd", "xz",
    "xzcat", "unxz", "gzip", "bzcat", "cat", "gpg", "age", "openssl", "borg", "restic", "sqlite3",
];

/// Returns the SQLite file that a command replaces by a copy.
pub fn restored(unit: &Unit<'_>, run: Run<'_>) -> Option<String> {
    let command = run.command;
    if command.setting.substituted {
        return None;
    }
    let copy = |path: &str| {
        looks_backup(path)
            || is_archive(path)
            || [".old", ".orig", ".good"].iter().any(|e| path.ends_with(e))
    };
    let live = |path: &str| {
        let fresh = unit.is_fresh(command, &Argument::text(path, command.span));
        named_sqlite(path) && !looks_backup(path) && !looks_scratch(path) && !fresh
    };
    if command.is(&["cp", "mv", "install", "rsync", "scp"]) {
        let call = unit.take_apart(command)?;
        let last = call.operands.last().filter(|_| call.operands.len() > 1)?;
        let mut target = unit.path(command, last);
        let sources = call.of_role(Role::Source);
        let sources = if sources.is_empty() {
            call.operands[..call.operands.len() - 1].iter().collect()
        } else {
            sources
        };
        let from = sources.iter().map(|w| unit.path(command, w)).find(|path| copy(path))?;
        if last.text.ends_with('/') {
            target = format!(
                "{}/{}",
                target.trim_end_matches('/'),
                crate::shell::path::file_name(&from)
            );
        }
        return Some(target).filter(|target| live(target));
    }
    if command.is(&[
        "gunzip", "zcat", "zstd", "zstdcat", "unzstd", "xz", "xzcat", "unxz", "gzip", "bzcat",
        "cat", "gpg", "age", "openssl", "borg", "restic",
    ]) {
        let written = command
            .redirects
            .iter()
            .find(|r| r.kind == RedirectKind::Truncate && r.descriptor.is_none_or(|d| d == 1))?;
        let target = command.path(&written.target);
        let from =
            command.arguments().iter().any(|a| copy(&command.path(a)) || a.shown().contains("::"));
        return Some(target).filter(|target| from && live(target));
    }
    None
}

/// Tells whether some command moves or removes what lies beside a database, or lets SQLite do it.
fn cleared(context: &Context<'_>, database: &str) -> bool {
    context.runs().any(|(unit, other)| {
        let command = other.command;
        // What a loop hands over is not known; its list names the log.
        let looped = command.setting.repeated && unit.text.contains("-wal");
        let beside = |a: &Argument| {
            let shown = a.shown();
            let side = ["-wal", "-shm", "-journal"].iter().any(|end| shown.ends_with(end));
            let pattern = shown.ends_with('*')
                && database.starts_with(command.path(a).trim_end_matches(['*', '-']));
            side || pattern || shown.contains("wal_checkpoint") || shown.contains("journal_mode")
        };
        command.is(&["rm", "mv", "find", "sqlite3", "unlink", "cp", "rename"])
            && (looped || command.arguments().iter().any(beside))
    })
}
