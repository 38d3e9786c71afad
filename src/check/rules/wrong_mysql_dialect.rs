//! MY008: flags of MySQL given to MariaDB, and the other way round.

use crate::base::AssetKind;
use crate::check::rule::{Example, Report, Rule};
use crate::check::{Context, Unit};
use crate::evidence::Severity;
use crate::shell::Command;

/// The two products share the names of their programs and no longer their flags.
pub const RULE: Rule = Rule {
    code: "MY008",
    name: "wrong-mysql-dialect",
    severity: Severity::High,
    summary: "a flag that only MySQL knows is given to MariaDB, or one of MariaDB to MySQL",
    why: "the program refuses the flag and ends before it has read a row; in a pipe the empty result can look like a dump",
    fix: "use the flag of the product: --master-data and --system for MariaDB, --source-data and --set-gtid-purged for MySQL",
    source: "measured: mariadb-dump 10.11 rejects set-gtid-purged, source-data and column-statistics",
    layer: "inventory",
    bad: &[
        Example::Script(
            "mariadb-dump --single-transaction -A -R -E --source-data=2 > \"/backup/all-$(date +%s).sql\"\n",
        ),
        Example::Plan {
            plan: "schema: blackstart/plan/v1\nid: p\nkind: backup\ntitle: t\nsteps:\n  - {id: dump, title: Dump, kind: command, asset: db, risk: write, run: 'mysqldump --single-transaction -A -R -E --set-gtid-purged=OFF > \"/backup/all-$(date +%s).sql\"'}\n",
            inventory: "schema: blackstart/inventory/v1\nassets:\n  - {id: db, kind: mariadb}\n",
        },
        Example::Plan {
            plan: "schema: blackstart/plan/v1\nid: p\nkind: backup\ntitle: t\nsteps:\n  - {id: dump, title: Dump, kind: command, asset: db, risk: write, run: 'mysqldump --system=users > \"/backup/users-$(date +%s).sql\"'}\n",
            inventory: "schema: blackstart/inventory/v1\nassets:\n  - {id: db, kind: mysql}\n",
        },
    ],
    good: &[
        Example::Script(
            "mariadb-dump --single-transaction -A -R -E --master-data=2 > \"/backup/all-$(date +%s).sql\"\n",
        ),
        Example::Script(
            "mysqldump --single-transaction -A -R -E --source-data=2 --set-gtid-purged=OFF > \"/backup/all-$(date +%s).sql\"\n",
        ),
        Example::Plan {
            plan: "schema: blackstart/plan/v1\nid: p\nkind: backup\ntitle: t\nsteps:\n  - {id: dump, title: Dump, kind: command, asset: db, risk: write, run: 'mysqldump --single-transaction -A -R -E --set-gtid-purged=OFF > \"/backup/all-$(date +%s).sql\"'}\n",
            inventory: "schema: blackstart/inventory/v1\nassets:\n  - {id: db, kind: mysql}\n",
        },
    ],
    run,
};

const MYSQL_ONLY: &[&str] = &[
    "set-gtid-purged",
    "source-data",
    "dump-replica",
    "column-statistics",
    "get-server-public-key",
    "login-path",
    "ssl-mode",
    "skip-gtids",
    "include-gtids",
    "exclude-gtids",
    "mysqld-long-query-time",
];

const MARIADB_ONLY: &[&str] =
    &["system", "gtid", "galera-sst-mode", "dump-history", "skip-gtid-strict-mode", "as-of"];

fn run(context: &Context<'_>, report: &mut Report) {
    for (unit, run) in context.runs() {
        let (Some(name), Some(product)) = (run.command.name(), product(context, unit, run.command))
        else {
            continue;
        };
        let (foreign, other) = match product {
            AssetKind::Mariadb => (MYSQL_ONLY, "MySQL"),
            _ => (MARIADB_ONLY, "MariaDB"),
        };
        for argument in run.command.arguments() {
            let shown = argument.shown();
            let Some(long) = shown.strip_prefix("--") else {
                continue;
            };
            let flag = long.split('=').next().unwrap_or_default();
            if foreign.contains(&flag) {
                let message = format!(
                    "{name} is of {}, and --{flag} is a flag of {other}",
                    if other == "MySQL" { "MariaDB" } else { "MySQL" }
                );
                report.add(&RULE, unit, argument.span, message);
            }
        }
    }
}

/// Returns which product a program is of: by its name, or by the asset of its step.
fn product(context: &Context<'_>, unit: &Unit<'_>, command: &Command) -> Option<AssetKind> {
    if command.is(&["mariadb-dump", "mariadb", "mariadb-binlog", "mariadb-admin", "mariadb-check"])
    {
        return Some(AssetKind::Mariadb);
    }
    if !command.is(&["mysqldump", "mysql", "mysqlbinlog", "mysqladmin", "mysqlcheck"]) {
        return None;
    }
    let asset = unit.step?.asset.as_ref()?;
    let kind = context.inventory?.asset(asset.as_str())?.kind;
    [AssetKind::Mysql, AssetKind::Mariadb].contains(&kind).then_some(kind)
}
