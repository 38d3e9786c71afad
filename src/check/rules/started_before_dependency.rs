//! LL013: a service that is started before what it needs.

use crate::check::rule::{Example, Report, Rule};
use crate::check::{Context, Run};
use crate::evidence::{Place, Severity};
use crate::inventory::Asset;

/// The inventory says what cannot work without what.
pub const RULE: Rule = Rule {
    code: "LL013",
    name: "started-before-dependency",
    severity: Severity::High,
    summary: "a service is started before the asset it depends on is recovered or started",
    why: "it fails, or worse: it starts on nothing, makes new empty data and writes into it",
    fix: "recover and start in the order of depends_on: what others need comes first",
    source: "the dependencies of the inventory",
    layer: "inventory",
    bad: &[
        Example::Plan {
            plan: "schema: blackstart/plan/v1\nid: p\nkind: recovery\ntitle: t\nsteps:\n  - {id: app, title: Start, kind: command, asset: shop, risk: disruptive, run: systemctl start shop}\n  - {id: db, title: Start, kind: command, asset: db, needs: [app], risk: disruptive, run: systemctl start postgresql}\n",
            inventory: INVENTORY,
        },
        Example::Plan {
            plan: "schema: blackstart/plan/v1\nid: p\nkind: recovery\ntitle: t\nsteps:\n  - {id: app, title: Start, kind: command, asset: shop, risk: disruptive, run: systemctl start shop.service}\n  - {id: db, title: Restore, kind: command, asset: db, needs: [app], risk: write, run: 'pg_restore -d shop_new /backup/shop.dump'}\n",
            inventory: INVENTORY,
        },
    ],
    good: &[
        Example::Plan {
            plan: "schema: blackstart/plan/v1\nid: p\nkind: recovery\ntitle: t\nsteps:\n  - {id: db, title: Start, kind: command, asset: db, risk: disruptive, run: systemctl start postgresql}\n  - {id: app, title: Start, kind: command, asset: shop, needs: [db], risk: disruptive, run: systemctl start shop}\n",
            inventory: INVENTORY,
        },
        Example::Plan {
            plan: "schema: blackstart/plan/v1\nid: p\nkind: recovery\ntitle: t\nsteps:\n  - {id: app, title: Start, kind: command, asset: shop, risk: disruptive, run: systemctl start shop}\n  - {id: look, title: Look, kind: check, asset: db, needs: [app], check: pg_isready}\n",
            inventory: INVENTORY,
        },
    ],
    run,
};

const INVENTORY: &str = "schema: blackstart/inventory/v1\nassets:\n  - {id: db, kind: postgres, services: [postgresql.service]}\n  - {id: shop, kind: app, depends_on: [db], services: [shop.service]}\n";

fn run(context: &Context<'_>, report: &mut Report) {
    let Some(inventory) = context.inventory.filter(|_| context.plan.is_some()) else {
        return;
    };
    for (unit, run) in context.runs().filter(|(unit, _)| unit.part == Place::Run) {
        for asset in inventory.assets.iter().filter(|asset| starts(run, asset)) {
            for needed in &asset.depends_on {
                let Some(needed) = inventory.asset(needed.as_str()) else {
                    continue;
                };
                let later = context.after(unit, run).find(|(other, later)| {
                    let other_step = other
                        .step
                        .is_some_and(|step| unit.step.is_none_or(|own| own.id != step.id));
                    let restores =
                        other.step.is_some_and(|step| step.asset.as_ref() == Some(&needed.id))
                            && later.command.is(&[
                                "pg_restore",
                                "restic",
                                "tar",
                                "rsync",
                                "mysql",
                                "mariadb",
                                "mariadb-backup",
                                "xtrabackup",
                            ])
                            && other
                                .take_apart(later.command)
                                .is_some_and(|call| call.risk() > crate::base::Risk::Read);
                    other_step && other.part == Place::Run && (starts(*later, needed) || restores)
                });
                // One that runs all the time is no concern.
                if later.is_some() {
                    let message = format!(
                        "{} is started before {}, which it depends on",
                        asset.id, needed.id
                    );
                    report.add(&RULE, unit, run.command.span, message);
                }
            }
        }
    }
}

fn starts(run: Run<'_>, asset: &Asset) -> bool {
    let plain = |name: &str| name.trim_end_matches(".service").to_owned();
    run.command.is(&["systemctl", "service"])
        && (run.command.has("start") || run.command.has("restart"))
        && asset
            .services
            .iter()
            .any(|service| run.command.literals().iter().any(|word| plain(word) == plain(service)))
}
