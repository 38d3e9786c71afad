//! LL013: a service that is started before what it needs, or users that are sent where nobody looked.

use crate::check::rule::{Example, Report, Rule};
use crate::check::{Context, Run, subcommands};
use crate::evidence::{Place, Severity};
use crate::inventory::Asset;
use crate::shell::Command;

/// The inventory says what cannot work without what.
pub const RULE: Rule = Rule {
    code: "LL013",
    name: "started-before-dependency",
    severity: Severity::High,
    summary: "a service is started before the asset it depends on is recovered or started, or a name is switched before anything looked at the new place",
    why: "it fails, or worse: it starts on nothing, makes new empty data and writes into it; and users who were sent to a dead site do not come back while the answer is cached",
    fix: "recover and start in the order of depends_on: what others need comes first; ask the new place (`curl --resolve NAME:443:ADDRESS`) before its name is switched",
    source: "the dependencies of the inventory; NIST SP 800-34, validation before users return",
    layer: "static",
    bad: &[
        Example::Script(
            "#!/usr/bin/env bash\nset -euo pipefail\n# users go to the other site\nnsupdate -k /etc/dns/ddns.key <<'EOF'\nupdate delete www.corp.internal. A\nupdate add www.corp.internal. 60 A 10.2.0.10\nsend\nEOF\nfor i in 1 2 3; do curl -fsS https://www.corp.internal/health && break; sleep 20; done\n",
        ),
        Example::Script(
            "gcloud dns record-sets update shop.corp.internal. --zone=corp --type=A --ttl=60 --rrdatas=10.2.0.10\n",
        ),
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
        Example::Script(
            "#!/usr/bin/env bash\nset -euo pipefail\ncurl -fsS --max-time 10 --resolve www.corp.internal:443:10.2.0.10 https://www.corp.internal/health\nnsupdate -k /etc/dns/ddns.key <<'EOF'\nupdate delete www.corp.internal. A\nupdate add www.corp.internal. 60 A 10.2.0.10\nsend\nEOF\nsleep 60\ncurl -fsS https://www.corp.internal/health\n",
        ),
        Example::Script(
            "nsupdate -k /etc/dns/ddns.key <<'EOF'\nupdate add _acme-challenge.corp.internal. 60 TXT abc\nsend\nEOF\n",
        ),
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
    switched(context, report);
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

/// Finds names that are switched before anything asked the place they are switched to.
fn switched(context: &Context<'_>, report: &mut Report) {
    for (unit, run) in context.named(&["nsupdate", "gcloud", "az", "aws"]) {
        let sends = sends_users(run.command) && unit.part != Place::Rollback;
        if sends && !context.before(unit, run).any(|(_, other)| asks(other.command)) {
            let message = "users are sent to a place that nothing has asked before".to_owned();
            report.add(&RULE, unit, run.command.span, message);
            return;
        }
    }
}

/// Tells whether a command gives a name another address.
fn sends_users(command: &Command) -> bool {
    let says = |word: &str| subcommands::says(command, &[word]);
    if command.is(&["nsupdate"]) {
        let address = |line: &str| {
            let words: Vec<&str> = line.split_whitespace().collect();
            words.contains(&"add") && words.iter().any(|w| matches!(*w, "A" | "AAAA" | "CNAME"))
        };
        return match &command.input {
            Some(input) => input.shown().lines().any(address),
            // What stands in a file is not seen; a name is switched all the same.
            None => command.arguments().last().is_some_and(|word| word.shown().starts_with('/')),
        };
    }
    let zone =
        command.is(&["gcloud", "az"]) && says("dns") || command.is(&["aws"]) && says("route53");
    let changes = ["update", "execute", "change-resource-record-sets", "add-record", "set-record"];
    zone && changes.iter().any(|word| says(word))
}

/// Tells whether a command asks something whether it answers.
fn asks(command: &Command) -> bool {
    let looks = ["status", "is-active", "wait", "get", "ping", "rollout", "list", "PING"];
    let clients = command.is(&[
        "systemctl",
        "kubectl",
        "redis-cli",
        "mysqladmin",
        "mariadb-admin",
        "docker",
        "aws",
        "az",
        "gcloud",
        "etcdctl",
        "patronictl",
        "crm",
        "pcs",
    ]);
    command.is(&[
        "curl",
        "wget",
        "pg_isready",
        "nc",
        "ncat",
        "psql",
        "mysql",
        "mariadb",
        "ping",
        "openssl",
        "http",
        "nmap",
        "httping",
        "mongosh",
        "check_http",
        "python3",
    ]) || clients && looks.iter().any(|word| subcommands::says(command, &[word]))
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
