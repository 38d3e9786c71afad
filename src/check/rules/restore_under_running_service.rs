//! TG006: files of a server exchanged while it runs.

use crate::base::AssetKind;
use crate::check::names::looks_scratch;
use crate::check::rule::{Example, Report, Rule};
use crate::check::{Context, Run, Unit};
use crate::evidence::{Place, Severity};
use crate::plan::StepKind;
use crate::shell::path;
use crate::tools::tar;

/// A running server writes what it has in memory over whatever is put under it.
pub const RULE: Rule = Rule {
    code: "TG006",
    name: "restore-under-running-service",
    severity: Severity::High,
    summary: "files are restored into the data directory of a server that nothing stopped",
    why: "the server mixes its memory with the new files: the restore is lost at its next write, or the data is destroyed",
    fix: "stop the service, assert that it is stopped, restore, start it",
    source: "measured with Redis: 20000 restored keys became 1",
    layer: "plan",
    bad: &[
        Example::Script(
            "set -euo pipefail\nmv /var/lib/redis/dump.rdb \"/var/lib/redis/dump.$(date +%s)\"\ncp /backup/redis/dump.rdb /var/lib/redis/dump.rdb\nsystemctl restart redis\n",
        ),
        Example::Script(
            "cp -a /var/lib/mysql \"/srv/keep.$(date +%s)\"\nrsync -a /backup/mysql/ /var/lib/mysql/\n",
        ),
        Example::Plan {
            plan: "schema: blackstart/plan/v1\nid: p\nkind: recovery\ntitle: t\nsteps:\n  - {id: back, title: Put the files back, kind: command, risk: destructive, run: rsync -a /mnt/copy/pg/ /srv/pg/main/}\n",
            inventory: INVENTORY,
        },
    ],
    good: &[
        Example::Script(
            "systemctl stop redis\ncp /backup/redis/dump.rdb /var/lib/redis/dump.rdb\nsystemctl start redis\n",
        ),
        Example::Script("rsync -a /var/lib/mysql/ /backup/mysql/\n"),
        Example::Script(
            "if systemctl is-active --quiet mysql; then exit 1; fi\nrsync -a /backup/mysql/ /var/lib/mysql/\n",
        ),
        Example::Plan {
            plan: "schema: blackstart/plan/v1\nid: p\nkind: recovery\ntitle: t\nsteps:\n  - {id: stop, title: Stop PostgreSQL by hand, kind: manual}\n  - {id: back, title: Put the files back, kind: command, needs: [stop], risk: destructive, run: rsync -a /mnt/copy/pg/ /srv/pg/main/}\n",
            inventory: INVENTORY,
        },
    ],
    run,
};

const INVENTORY: &str = "schema: blackstart/inventory/v1\nassets:\n  - {id: pg, kind: postgres, paths: [/srv/pg/main]}\n";

const DIRECTORIES: &[&str] = &[
    "/var/lib/mysql",
    "/var/lib/postgresql",
    "/var/lib/pgsql",
    "/var/lib/redis",
    "/var/lib/mongodb",
    "/var/lib/etcd",
    "/var/lib/ldap",
    "/var/lib/elasticsearch",
    "/var/lib/rabbitmq",
    "/var/lib/zookeeper",
];

fn run(context: &Context<'_>, report: &mut Report) {
    for (unit, run) in context.runs() {
        if unit.part == Place::Check
            || unit.part == Place::Rollback
            || run.command.setting.contained
        {
            continue;
        }
        for target in written(unit, run) {
            let fresh =
                unit.words(run.command).iter().any(|word| word.fresh && word.text == target);
            if !fresh
                && !looks_scratch(&target)
                && is_served(context, &target)
                && !stopped(context, unit, run)
            {
                let message =
                    format!("{target} is written, and nothing stopped the server it belongs to");
                report.add(&RULE, unit, run.command.span, message);
            }
        }
    }
}

/// Returns the directories of data a command restores into.
fn written(unit: &Unit<'_>, run: Run<'_>) -> Vec<String> {
    let Some(call) = unit.take_apart(run.command) else {
        return vec![];
    };
    match call.tool.name {
        "tar" if tar::mode(call) == tar::Mode::Extract => call
            .value(&["directory"])
            .map(|word| unit.path(run.command, word))
            .into_iter()
            .collect(),
        "restic" if call.names("restore") => {
            call.value(&["target"]).map(|word| unit.path(run.command, word)).into_iter().collect()
        }
        // Beside itself a tree is kept, not restored.
        "cp" | "rsync" => unit
            .copies(run.command)
            .into_iter()
            .filter(|(source, target)| {
                path::parent(source) != path::parent(target) && !path::within(target, source)
            })
            .map(|(_, target)| target)
            .collect(),
        _ => vec![],
    }
}

fn is_served(context: &Context<'_>, target: &str) -> bool {
    let kinds = [
        AssetKind::Postgres,
        AssetKind::Mysql,
        AssetKind::Mariadb,
        AssetKind::Redis,
        AssetKind::Etcd,
        AssetKind::Mongodb,
        AssetKind::Zookeeper,
    ];
    let known = context.inventory.is_some_and(|inventory| {
        let served = inventory.assets.iter().filter(|asset| kinds.contains(&asset.kind));
        served.flat_map(|asset| &asset.paths).any(|data| path::within(target, data))
    });
    known || DIRECTORIES.iter().any(|directory| path::within(target, directory))
}

/// Tells whether something before stops a server, or looks whether one runs; a person may do it too.
fn stopped(context: &Context<'_>, unit: &Unit<'_>, run: Run<'_>) -> bool {
    let by_command = context.before(unit, run).any(|(_, other)| {
        let command = other.command;
        let words = command.literals();
        let stops = [
            "stop",
            "shutdown",
            "down",
            "disable",
            "is-active",
            "status",
            "kill",
            "scale",
            "SHUTDOWN",
            "drain",
        ];
        command.is(&[
            "pg_isready",
            "pgrep",
            "pidof",
            "fuser",
            "lsof",
            "kill",
            "pkill",
            "killall",
            "pg_dropcluster",
            "mountpoint",
        ]) || words.iter().any(|word| stops.contains(word))
            || command.arguments().iter().any(|a| {
                let text = a.shown();
                text.contains("postmaster.pid") || text.contains(".pid") || text.contains("/proc/")
            })
    });
    let by_hand = context.plan.is_some_and(|plan| {
        plan.steps.iter().any(|step| {
            step.kind == StepKind::Manual
                && step
                    .title
                    .to_lowercase()
                    .split_whitespace()
                    .any(|word| word.starts_with("stop") || word.starts_with("shut"))
        })
    });
    by_command || by_hand
}
