//! FS020: a backup leaves out what it is for.

use crate::check::names::looks_backup;
use crate::check::rule::{Example, Report, Rule};
use crate::check::{Context, Unit};
use crate::evidence::Severity;
use crate::shell::{Argument, Command, path};

/// An exclusion is forgotten sooner than a file.
pub const RULE: Rule = Rule {
    code: "FS020",
    name: "needed-files-left-out",
    severity: Severity::Medium,
    summary: "an exclusion of a backup names databases, keys or the path of an asset, and nothing else saves them",
    why: "the copy is complete by every check, and the one thing that cannot be made again is not in it",
    fix: "exclude caches and temporary files by path; where live database files are left out, save a dump of them in the same run",
    source: "GitLab, postmortem of 31 January 2017: uploads and data that no backup held",
    layer: "static",
    bad: &[
        Example::Script("tar -czf \"/backup/app-$(date +%F).tgz\" --exclude='*.db' -C /srv app\n"),
        Example::Script(
            "#!/usr/bin/env bash\nset -euo pipefail\nexport RESTIC_REPOSITORY=/backup/restic RESTIC_PASSWORD_FILE=/root/.restic\nrestic backup / --one-file-system \\\n  --exclude /proc --exclude /var/cache \\\n  --exclude '*.sqlite3' --exclude '/var/lib/mysql'\n",
        ),
        Example::Plan {
            plan: "schema: blackstart/plan/v1\nid: p\nkind: backup\ntitle: t\nsteps:\n  - {id: copy, title: Copy, kind: command, risk: write, run: restic backup /srv --exclude /srv/wiki/uploads}\n",
            inventory: "schema: blackstart/inventory/v1\nassets: [{id: uploads, kind: files, paths: [/srv/wiki/uploads]}]\n",
        },
        Example::Script("borg create --exclude '*.key' \"/backup/borg::$(date +%F)\" /etc\n"),
    ],
    good: &[
        Example::Script(
            r#"#!/bin/bash
set -euo pipefail
# everything but what is made again, and the database by its own dump
export RESTIC_REPOSITORY=/backup/restic RESTIC_PASSWORD_FILE=/root/.restic
mariadb-dump --single-transaction --all-databases > /srv/dump/all.sql
restic backup / --one-file-system \
  --exclude /proc --exclude /var/cache \
  --exclude '*.pyc' --exclude /var/lib/mysql
restic check --read-data-subset=5%
"#,
        ),
        Example::Script(
            "tar -czf \"/backup/app-$(date +%F).tgz\" --exclude='*.tmp' --exclude=cache -C /srv app\n",
        ),
        Example::Script(
            "sqlite3 /srv/app/app.db \".backup /srv/dump/app.db\"\nrestic backup /srv --exclude '/srv/app/*.db'\n",
        ),
        Example::Script(
            "set -euo pipefail\nmariadb-dump --single-transaction --all-databases > /srv/dump/all.sql\nrestic backup / --one-file-system --exclude /var/lib/mysql\n",
        ),
        Example::Script("rsync -a --exclude='*.db' ./site/ web1:/var/www/\n"),
    ],
    run,
};

fn run(context: &Context<'_>, report: &mut Report) {
    // Who saves a dump in the same run leaves the live files out on purpose.
    let dumps = context.runs().any(|(_, run)| {
        run.command.is(&[
            "pg_dump",
            "pg_dumpall",
            "pg_basebackup",
            "mysqldump",
            "mariadb-dump",
            "mariabackup",
            "xtrabackup",
            "sqlite3",
            "mongodump",
            "redis-cli",
            "etcdctl",
            "slapcat",
            "mydumper",
            "influxd",
            "litestream",
        ])
    });
    if dumps {
        return;
    }
    for (unit, run) in context.runs() {
        if !backs_up(unit, run.command) {
            continue;
        }
        let words: Vec<&Argument> = run.command.arguments().iter().collect();
        for (at, word) in words.iter().enumerate() {
            let shown = word.shown();
            let pattern = match shown.split_once('=') {
                Some(("--exclude" | "--iexclude", pattern)) => pattern.to_owned(),
                Some(_) => continue,
                None if shown == "--exclude"
                    || shown == "--iexclude"
                    || shown == "-e" && run.command.is(&["borg", "restic"]) =>
                {
                    words.get(at + 1).map(|next| next.shown().into_owned()).unwrap_or_default()
                }
                None => continue,
            };
            let asset = context.inventory.into_iter().flat_map(|i| &i.assets).find(|asset| {
                asset.paths.iter().any(|p| {
                    pattern.starts_with('/')
                        && path::within(
                            &path::absolute(p, None),
                            pattern.trim_end_matches(['*', '/']),
                        )
                })
            });
            if let Some(asset) = asset {
                report.add(&RULE, unit, word.span, format!("`{pattern}` leaves {} out", asset.id));
            } else if NEEDED.contains(&pattern.trim_end_matches(['/', '*']))
                || NEEDED.contains(&pattern.as_str())
            {
                report.add(
                    &RULE,
                    unit,
                    word.span,
                    format!("`{pattern}` leaves out what cannot be made again"),
                );
            }
        }
    }
}

/// Patterns of what cannot be made again.
const NEEDED: &[&str] = &[
    "*.db",
    "*.sqlite",
    "*.sqlite3",
    "*.sql",
    "*.ibd",
    "*.mdb",
    "*.key",
    "*.pem",
    "*.rdb",
    "*.dump",
    "/var/lib",
    "/var/lib/mysql",
    "/var/lib/postgresql",
    "/var/lib/mongodb",
    "/var/lib/redis",
    "/var/lib/ldap",
    "/etc",
    "/home",
];

/// Tells whether a command makes a backup, by its tool or by where it writes.
fn backs_up(unit: &Unit<'_>, command: &Command) -> bool {
    command.is(&["restic"]) && command.has("backup")
        || command.is(&["borg"]) && command.has("create")
        || command.is(&["duplicity"])
        || command.is(&["tar", "rsync", "zip"])
            && command
                .arguments()
                .iter()
                .any(|a| looks_backup(&command.path(a)) && !a.shown().starts_with("--ex"))
            && unit.take_apart(command).is_some_and(|call| {
                call.operands.last().is_some_and(|w| looks_backup(&w.text))
                    || call.value(&["file"]).is_some()
            })
}
