//! PG014: a copy of a data directory that is torn.

use crate::check::rule::{Example, Report, Rule};
use crate::check::{Context, Unit, postgres};
use crate::evidence::Place;
use crate::evidence::Severity;
use crate::shell::Command;
use crate::tools::tar;

/// A running server changes its files while they are read one after the other.
pub const RULE: Rule = Rule {
    code: "PG014",
    name: "live-data-directory-copied",
    severity: Severity::Critical,
    summary: "the files of a running server are copied, and it was neither stopped nor put into backup mode",
    why: "the copy mixes pages of different instants; it may start, and be wrong",
    fix: "`pg_basebackup`, pgBackRest, one snapshot of all of its volumes, or stop the server first",
    source: "PostgreSQL manual, File System Level Backup",
    layer: "static",
    bad: &[
        Example::Script(
            "set -euo pipefail\nmkdir -p /backup/pg\nrsync -a /var/lib/postgresql/15/main/ /backup/pg/\n",
        ),
        Example::Script("tar -czf \"/backup/pg-$(date +%F).tgz\" /var/lib/postgresql/15/main\n"),
        Example::Script("lvcreate -s -n a -L 20G vg0/pgdata\nlvcreate -s -n b -L 20G vg0/pgwal\n"),
        Example::Plan {
            plan: "schema: blackstart/plan/v1\nid: p\nkind: backup\ntitle: t\nsteps:\n  - {id: copy, title: t, kind: command, risk: write, run: 'cp -a /srv/pg \"/backup/pg-$(date +%F)\"'}\n",
            inventory: "schema: blackstart/inventory/v1\nhosts: [{id: db1}, {id: db2}, {id: web1}]\nassets:\n  - {id: shop, kind: postgres, host: db1, version: \"15\", size: 300GB, paths: [/srv/pg]}\n  - {id: web, kind: app, host: web1, depends_on: [shop], services: [app.service]}\n",
        },
    ],
    good: &[
        Example::Script(
            "systemctl stop postgresql@15-main\nrsync -a /var/lib/postgresql/15/main/ /backup/pg/\n",
        ),
        Example::Script(
            "pg_basebackup -D \"/backup/base-$(date +%F)\"\ncp -a /etc/postgresql /backup/etc-pg\n",
        ),
        Example::Script(
            "psql -X -c \"select pg_backup_start('x')\"\nrsync -a /var/lib/postgresql/15/main/ /backup/pg/\npsql -X -c \"select pg_backup_stop()\"\n",
        ),
        Example::Script("cp /backup/pg_hba.conf /var/lib/postgresql/15/main/pg_hba.conf\n"),
        Example::Script("lvcreate -s -n a -L 20G vg0/pg\n"),
        Example::Script(
            r#"#!/usr/bin/env bash
set -euo pipefail
# cold copy before the upgrade
systemctl stop postgresql@15-main
if pgrep -u postgres -x postgres > /dev/null; then echo "still running" >&2; exit 1; fi
cp -a /var/lib/postgresql/15/main "/backup/pg/main.$(date +%s)"
systemctl start postgresql@15-main
pg_isready -t 60
"#,
        ),
    ],
    run,
};

fn run(context: &Context<'_>, report: &mut Report) {
    for (unit, run) in context.runs() {
        let command = run.command;
        if unit.part == Place::Rollback
            || command.setting.substituted
            || !copies(context, unit, command)
        {
            continue;
        }
        let safe = context.before(unit, run).any(|(unit, other)| {
            let sql = unit.sql(other.command);
            let mode = sql.iter().any(|text| {
                let text = text.to_ascii_lowercase();
                text.contains("pg_backup_start") || text.contains("pg_start_backup")
            });
            // Some other line asks whether a server runs, and goes no further if one does.
            let asked = other.command.is(&["pg_ctl", "pg_ctlcluster"])
                && other.command.has("status")
                || other.command.is(&["pg_isready", "pg_controldata"]);
            mode || asked || postgres::stops_server(other.command)
        });
        if !safe {
            let message = "the server may be running while its files are copied".to_owned();
            report.add(&RULE, unit, command.span, message);
        }
    }
}

fn copies(context: &Context<'_>, unit: &Unit<'_>, command: &Command) -> bool {
    let Some(call) = unit.take_apart(command) else { return false };
    let is_data = |path: &str| {
        // Single files of settings may be copied at any time.
        postgres::in_data_directory(context, path)
            && !path.ends_with(".conf")
            && !path.ends_with(".pem")
    };
    match (call.tool.name, call.name) {
        ("cp", "cp") | ("rsync", _) => {
            let sources = call.operands.len().saturating_sub(1);
            let recursive = call.name != "cp" || call.has(&["recursive", "archive", "r", "R", "a"]);
            recursive
                && call.operands.iter().take(sources).any(|word| is_data(&unit.path(command, word)))
        }
        ("tar", _) if tar::mode(call) == tar::Mode::Create => {
            let base =
                call.value(&["directory"]).map(|word| unit.path(command, word)).unwrap_or_default();
            is_data(&base) || call.operands.iter().any(|word| is_data(&unit.path(command, word)))
        }
        (_, "lvcreate") if call.has(&["snapshot", "s"]) => {
            // Data and log on two volumes, of which each has an instant of its own.
            let is_log = |word: &str| {
                word.contains("pgwal") || word.contains("pg_wal") || word.contains("pg-wal")
            };
            let log = command.literals().iter().any(|word| is_log(word));
            log && unit.runs().filter(|other| other.command.is(&["lvcreate"])).count() > 1
        }
        _ => false,
    }
}
