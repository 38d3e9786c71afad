//! PG017: a physical copy on another operating system.

use crate::base::AssetKind;
use crate::check::rule::{Example, Report, Rule};
use crate::check::{Context, Run, Unit, subcommands};
use crate::evidence::{Place, Severity};

/// Indexes are sorted by the C library; another one sorts otherwise.
pub const RULE: Rule = Rule {
    code: "PG017",
    name: "collation-may-differ",
    severity: Severity::Medium,
    summary: "a physical copy of PostgreSQL is restored on a host with another operating system, and no index is rebuilt or checked",
    why: "text indexes hold the order of the old C library: rows are not found, unique keys are broken, and nothing reports it",
    fix: "the same release of the system, or `reindexdb --all` and `ALTER DATABASE … REFRESH COLLATION VERSION` before anybody writes; pg_amcheck --heapallindexed finds what is broken",
    source: "PostgreSQL wiki, Locale data changes: \"a query could fail to find data that is actually there, and an update could insert duplicate data\"; pg_amcheck(1), --heapallindexed",
    layer: "inventory",
    bad: &[
        Example::Plan {
            plan: "schema: blackstart/plan/v1\nid: p\nkind: recovery\ntitle: t\nsteps:\n  - {id: back, title: Restore, kind: command, host: dr1, asset: shop, risk: write, run: pgbackrest --stanza=shop restore}\n  - {id: start, title: Start, kind: command, host: dr1, asset: shop, needs: [back], risk: disruptive, run: systemctl start postgresql, check: pg_isready}\n",
            inventory: "schema: blackstart/inventory/v1\nhosts: [{id: db1, os: debian-12}, {id: dr1, os: rocky-9}]\nassets: [{id: shop, kind: postgres, host: db1}]\n",
        },
        Example::Plan {
            plan: "schema: blackstart/plan/v1\nid: p\nkind: recovery\ntitle: t\nsteps:\n  - {id: back, title: Rebuild the standby, kind: command, host: dr1, asset: shop, risk: write, run: pg_basebackup -h db1 -D /srv/pg.new -X stream}\n",
            inventory: "schema: blackstart/inventory/v1\nhosts: [{id: db1, os: Debian 11}, {id: dr1, os: Debian 12}]\nassets: [{id: shop, kind: postgres, host: db1}]\n",
        },
    ],
    good: &[
        Example::Plan {
            plan: "schema: blackstart/plan/v1\nid: p\nkind: recovery\ntitle: t\nsteps:\n  - {id: back, title: Restore, kind: command, host: dr1, asset: shop, risk: write, run: pgbackrest --stanza=shop restore}\n  - {id: index, title: Rebuild the indexes, kind: command, host: dr1, asset: shop, needs: [back], risk: write, run: reindexdb --all --concurrently}\n",
            inventory: "schema: blackstart/inventory/v1\nhosts: [{id: db1, os: debian-12}, {id: dr1, os: rocky-9}]\nassets: [{id: shop, kind: postgres, host: db1}]\n",
        },
        Example::Plan {
            plan: "schema: blackstart/plan/v1\nid: p\nkind: recovery\ntitle: t\nsteps:\n  - {id: back, title: Restore, kind: command, host: dr1, asset: shop, risk: write, run: 'pgbackrest --stanza=shop restore'}\n  - {id: dump, title: Load, kind: command, host: dr2, asset: shop, risk: write, run: 'pg_restore -d shop_new /backup/shop.dump'}\n",
            inventory: "schema: blackstart/inventory/v1\nhosts: [{id: db1, os: debian-12}, {id: dr1, os: Debian 12}, {id: dr2, os: rocky-9}]\nassets: [{id: shop, kind: postgres, host: db1}]\n",
        },
    ],
    run,
};

fn run(context: &Context<'_>, report: &mut Report) {
    let Some(inventory) = context.inventory.filter(|_| context.plan.is_some()) else { return };
    let system = |id: &crate::base::Id| {
        let host = inventory.hosts.iter().find(|host| host.id == *id)?;
        let plain = |text: &String| -> String {
            text.to_ascii_lowercase().chars().filter(char::is_ascii_alphanumeric).collect()
        };
        host.os.as_ref().map(plain)
    };
    for (unit, run) in context.runs().filter(|(unit, _)| unit.part == Place::Run) {
        let Some(step) = unit.step.filter(|_| is_physical(run)) else { continue };
        let (Some(host), Some(asset)) = (&step.host, &step.asset) else { continue };
        let asset =
            inventory.asset(asset.as_str()).filter(|asset| asset.kind == AssetKind::Postgres);
        let Some(home) = asset.and_then(|asset| asset.host.as_ref()) else { continue };
        let (Some(here), Some(there)) = (system(host), system(home)) else { continue };
        if here != there && !rebuilt(context, unit, run) {
            let message = format!(
                "{host} has another system than {home}, and no index is rebuilt or checked"
            );
            report.add(&RULE, unit, run.command.span, message);
        }
    }
}

fn is_physical(run: Run<'_>) -> bool {
    let command = run.command;
    let says = |word: &str| subcommands::says(command, &[word]);
    command.is(&["pg_basebackup", "pg_rewind"])
        || command.is(&["pgbackrest"]) && says("restore")
        || command.is(&["wal-g"]) && says("backup-fetch")
        || command.is(&["barman"]) && says("recover")
}

fn rebuilt(context: &Context<'_>, unit: &Unit<'_>, run: Run<'_>) -> bool {
    context.after(unit, run).any(|(unit, other)| {
        let sql = unit.sql(other.command);
        let asks = |text: &String| {
            let text = text.to_ascii_uppercase();
            ["REINDEX", "REFRESH COLLATION", "BT_INDEX_CHECK", "BT_INDEX_PARENT_CHECK"]
                .iter()
                .any(|word| text.contains(word))
        };
        other.command.is(&["reindexdb", "pg_amcheck"]) || sql.iter().any(asks)
    })
}
