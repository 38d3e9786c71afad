//! PG016: the last resort as a first one.

use crate::check::Context;
use crate::check::rule::{Example, Report, Rule};
use crate::evidence::Severity;

/// pg_resetwal makes a server start by giving up what its log still had.
pub const RULE: Rule = Rule {
    code: "PG016",
    name: "log-reset-without-copy",
    severity: Severity::High,
    summary: "pg_resetwal runs, and nothing copied the data directory before",
    why: "transactions are lost and others half done; without a copy of the directory nothing else can be tried any more",
    fix: "copy the whole data directory first, have somebody approve it, and afterwards dump and reload everything",
    source: "pg_resetwal(1): \"should be used only as a last resort\"",
    layer: "static",
    bad: &[
        Example::Script(
            r#"#!/bin/bash
set -euo pipefail
# the server does not start: its log is damaged
sudo -u postgres pg_controldata /var/lib/postgresql/15/main
systemctl stop postgresql
sudo -u postgres pg_resetwal -f /var/lib/postgresql/15/main
systemctl start postgresql
sudo -u postgres psql -Atc 'select count(*) from pg_database'
"#,
        ),
        Example::Script("pg_resetwal -f /var/lib/postgresql/15/main\n"),
        Example::Plan {
            plan: "schema: blackstart/plan/v1\nid: p\nkind: recovery\ntitle: t\nsteps:\n  - {id: a, title: t, kind: command, risk: disruptive, run: \"pg_resetwal -f /srv/pg\"}\n",
            inventory: "schema: blackstart/inventory/v1\nhosts: [{id: db1}, {id: db2}, {id: web1}]\nassets:\n  - {id: shop, kind: postgres, host: db1, version: \"15\", size: 300GB, paths: [/srv/pg]}\n  - {id: web, kind: app, host: web1, depends_on: [shop], services: [app.service]}\n",
        },
    ],
    good: &[
        Example::Script(
            r#"#!/bin/bash
set -euo pipefail
# the server does not start: its log is damaged, and there is no copy that is new enough
systemctl stop postgresql
cp -a /var/lib/postgresql/15/main "/srv/keep/main-$(date +%s)"
sudo -u postgres pg_resetwal -n /var/lib/postgresql/15/main
sudo -u postgres pg_resetwal -f /var/lib/postgresql/15/main
systemctl start postgresql
sudo -u postgres pg_dumpall -f /srv/keep/all.sql
"#,
        ),
        Example::Script("pg_resetwal --dry-run /var/lib/postgresql/15/main\n"),
        Example::Script(
            "systemctl stop postgresql\ncp -a /var/lib/postgresql/15/main /srv/keep/main\npg_resetwal /var/lib/postgresql/15/main\n",
        ),
    ],
    run,
};

fn run(context: &Context<'_>, report: &mut Report) {
    for (unit, run) in context.named(&["pg_resetwal", "pg_resetxlog"]) {
        let Some(call) = unit.take_apart(run.command) else { continue };
        let kept = context.before(unit, run).any(|(_, other)| {
            let command = other.command;
            let words = command.literals();
            command.is(&["cp", "rsync"])
                && words.iter().any(|word| word.starts_with('-') && word.contains(['a', 'r', 'R']))
                || command.is(&["tar"])
                || command.is(&["lvcreate", "zfs", "btrfs"])
                    && words.iter().any(|word| word.starts_with("-s") || word.contains("snap"))
        });
        if !call.has(&["dry-run", "help", "version", "V"]) && !kept {
            report.add(
                &RULE,
                unit,
                run.command.span,
                "the log is thrown away, and no copy of the data directory was made".to_owned(),
            );
        }
    }
}
