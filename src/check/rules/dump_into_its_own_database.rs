//! MY010: a dump that chooses its target itself.

use crate::check::names::{is_archive, looks_backup};
use crate::check::rule::{Example, Report, Rule};
use crate::check::{Context, Run, Unit};
use crate::evidence::{Place, Severity};
use crate::shell::ast::RedirectKind;

/// `USE shop` in a dump wins over the database named on the command line.
pub const RULE: Rule = Rule {
    code: "MY010",
    name: "dump-into-its-own-database",
    severity: Severity::High,
    summary: "a dump is played into a server, and nothing says that it stays in the database that is meant",
    why: "dumps made with --databases or --all-databases hold CREATE DATABASE and USE; they write into production whatever database the command names",
    fix: "look for `^USE ` and `^CREATE DATABASE` in the dump first, use --one-database, or load into a server of its own",
    source: "mariadb(1), --one-database; mariadb-dump(1), --databases",
    layer: "static",
    bad: &[
        Example::Script("mysql shop_restore < /backup/shop.sql\n"),
        Example::Script(
            "set -o pipefail\nzcat /backup/all.sql.gz | mariadb --defaults-extra-file=/root/my.cnf\n",
        ),
        Example::Script(
            r#"#!/usr/bin/env bash
set -euo pipefail
dump=/backup/mysql/shop.sql
test -s "$dump"
sha256sum --check /backup/mysql/shop.sql.sha256
mysql --defaults-extra-file=/etc/restore/my.cnf -e 'CREATE DATABASE shop_restored'
mysql --defaults-extra-file=/etc/restore/my.cnf shop_restored < "$dump"
"#,
        ),
    ],
    good: &[
        Example::Script(
            "if grep -qE '^(CREATE DATABASE|USE) ' /backup/shop.sql; then exit 1; fi\nmysql shop_restore < /backup/shop.sql\n",
        ),
        Example::Script("mysql --one-database shop < /backup/shop.sql\n"),
        Example::Script("mariadb --socket=/srv/scratch/mysql.sock < /backup/all.sql\n"),
        Example::Script("mysql shop < /srv/app/schema/migrate.sql\n"),
        Example::Script(
            r#"#!/usr/bin/env bash
set -euo pipefail
dump=/backup/mysql/shop.sql
sha256sum --check /backup/mysql/shop.sql.sha256
if grep -nE '^(CREATE DATABASE|USE) ' "$dump"; then
  echo "$dump names its own database" >&2
  exit 1
fi
mysql --defaults-extra-file=/etc/restore/my.cnf -e 'CREATE DATABASE shop_restored'
mysql --defaults-extra-file=/etc/restore/my.cnf shop_restored < "$dump"
"#,
        ),
    ],
    run,
};

fn run(context: &Context<'_>, report: &mut Report) {
    for (unit, run) in context.named(&["mysql", "mariadb"]) {
        if unit.part != Place::Run && unit.step.is_some() || run.command.setting.contained {
            continue;
        }
        let Some(dump) = played(unit, run) else {
            continue;
        };
        let looked = context.before(unit, run).any(|(_, other)| {
            other.command.is(&["grep", "zgrep", "sed", "awk", "head", "zstdgrep", "xzgrep"])
                && other.command.arguments().iter().any(|a| {
                    let text = a.shown().to_ascii_uppercase();
                    text.contains("USE")
                        || text.contains("CREATE DATABASE")
                        || text.contains("CURRENT DATABASE")
                })
        });
        let made_here = context.before(unit, run).any(|(_, other)| {
            other.command.is(&["mysqldump", "mariadb-dump"])
                && !other.command.literals().iter().any(|w| {
                    *w == "--databases" || *w == "--all-databases" || *w == "-A" || *w == "-B"
                })
                && other.command.redirects.iter().any(|r| r.target.shown() == dump)
        });
        if !looked && !made_here && !elsewhere(unit, run) {
            report.add(
                &RULE,
                unit,
                run.command.span,
                format!("{dump} may name databases of its own, and writes into those"),
            );
        }
    }
}

/// Returns the dump that a client plays, from its input or through the pipe it ends.
fn played(unit: &Unit<'_>, run: Run<'_>) -> Option<String> {
    let command = run.command;
    let dump = |path: &str| (is_archive(path) || path.contains(".sql")) && looks_backup(path);
    let redirect = command.redirects.iter().find(|r| r.kind == RedirectKind::Read);
    if let Some(redirect) = redirect {
        let path = command.path(&redirect.target);
        return dump(&path).then_some(path);
    }
    let stage = command.setting.stage.filter(|stage| stage.position > 0)?;
    unit.commands
        .list
        .iter()
        .filter(|c| {
            c.setting
                .stage
                .is_some_and(|s| s.pipeline == stage.pipeline && s.position < stage.position)
        })
        .filter(|c| {
            c.is(&[
                "zcat", "gzip", "gunzip", "zstd", "zstdcat", "xz", "xzcat", "cat", "pv", "pigz",
                "unpigz",
            ])
        })
        .flat_map(|c| c.arguments().iter().map(|a| c.path(a)))
        .find(|path| dump(path))
}

/// Tells whether the client keeps to one database, or talks to a server of its own.
fn elsewhere(unit: &Unit<'_>, run: Run<'_>) -> bool {
    let Some(call) = unit.take_apart(run.command) else {
        return true;
    };
    let usual =
        |path: &str| ["/run/", "/var/run/", "/var/lib/mysql/"].iter().any(|d| path.starts_with(d));
    let socket = call.value(&["socket"]).is_some_and(|word| !usual(&word.text));
    socket
        || call.has(&["one-database", "o"])
        || call.value(&["port"]).is_some_and(|word| word.text != "3306")
}
