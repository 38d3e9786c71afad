//! TG005: a restore over live data with no way back.

use crate::base::Risk;
use crate::check::names::{
    is_archive, is_scratch_database, looks_backup, looks_scratch, works_on_scratch,
};
use crate::check::rule::{Example, Report, Rule};
use crate::check::{Context, Run, Unit, losses, provenance};
use crate::evidence::{Place, Severity};
use crate::shell::ast::RedirectKind;
use crate::shell::{Argument, Command, path};
use crate::sql::{Kind, Statement};
use crate::tools::{Loss, Reach, tar};

/// What is damaged today may still hold rows the backup lacks.
pub const RULE: Rule = Rule {
    code: "TG005",
    name: "restore-over-live",
    severity: Severity::High,
    summary: "a restore replaces live data, and nothing was moved aside, copied or snapshotted before",
    why: "when the copy turns out bad, or older than thought, the damaged original is gone too",
    fix: "move the old tree aside (`mv data data.before-restore`), dump or snapshot it first; restore beside it and switch",
    source: "NIST SP 800-34 (recovery phase); pgBackRest refuses a non-empty directory without --delta",
    layer: "static",
    bad: &[
        Example::Script(
            "set -euo pipefail\nsystemctl stop app\ntar -xzf /backup/app.tgz -C /srv/app\nsystemctl start app\n",
        ),
        Example::Script(
            "set -euo pipefail\nsystemctl stop mysql\nrsync -a --delete /backup/mysql/ /var/lib/mysql/\nsystemctl start mysql\n",
        ),
        Example::Script(
            "dropdb -U postgres shop\ncreatedb -U postgres shop\npg_restore -U postgres -d shop /backup/shop.dump\n",
        ),
        Example::Script(
            "#!/bin/bash\nset -euo pipefail\n# backup\nrsync -aHAX /srv/wiki/ /mnt/copies/backup/wiki/\n# restore\nrsync -aHAX /mnt/copies/backup/wiki/ /srv/wiki/\n",
        ),
        Example::Script("mysql shop < /backup/shop.sql\n"),
        Example::Script("zfs rollback -R \"tank/shop@$1\"\n"),
        Example::Script(
            "systemctl stop dovecot\numount /srv/mail\nlvconvert --yes --merge vg0/mail-pre\nmount /srv/mail\n",
        ),
        Example::Script("mongorestore --uri \"$URI\" --gzip --archive=/backup/orders.gz --drop\n"),
        Example::Script("redis-cli -h old REPLICAOF new 6379\n"),
        Example::Script("umount /srv\nxfs_repair -L /dev/vg0/srv\nmount /dev/vg0/srv /srv\n"),
        Example::Script(
            "export RESTIC_REPOSITORY=/backup/restic\nsystemctl stop wiki\nrestic restore latest --target /\n",
        ),
        Example::Script(
            "psql -d shop <<'SQL'\nDELETE FROM orders;\nINSERT INTO orders SELECT * FROM restored.orders;\nSQL\n",
        ),
        Example::Plan {
            plan: "schema: blackstart/plan/v1\nid: p\nkind: recovery\ntitle: t\nsteps:\n  - {id: back, title: Copy back, kind: command, risk: destructive, run: cp -a /backup/wiki/. /srv/wiki/}\n",
            inventory: "schema: blackstart/inventory/v1\nassets:\n  - {id: wiki, kind: files, paths: [/srv/wiki]}\n",
        },
    ],
    good: &[
        Example::Script("zfs snapshot tank/shop@before\nzfs rollback -r tank/shop@good\n"),
        Example::Script(
            "umount /srv\nxfs_metadump /dev/vg0/srv /backup/srv.meta\nxfs_repair -L /dev/vg0/srv\n",
        ),
        Example::Script("redis-cli REPLICAOF NO ONE\n"),
        Example::Script("psql -c 'DROP DATABASE \"shop_verify\"'\n"),
        Example::Script(
            "rsync -aH --delete --max-delete=500 /mnt/backup/photos/ /tank/photos/\nzfs snapshot \"tank/photos@$(date +%F)\"\n",
        ),
        Example::Script(
            "systemctl stop app\nmv /srv/app/data \"/srv/app/data.before-restore.$(date +%s)\"\ntar -xzf /backup/app.tgz -C /srv/app\nsystemctl start app\n",
        ),
        Example::Script(
            "#!/bin/bash\nset -euo pipefail\ntar -czf /backup/before.tgz -C /srv/app .\n./upgrade.sh || tar -xzf /backup/before.tgz -C /srv/app\n",
        ),
        Example::Script(
            "stage=$(mktemp -d)\ntar -xzf /backup/app.tgz -C \"$stage\"\ntest -s \"$stage/data/orders.csv\"\n",
        ),
        Example::Script(
            "createdb shop_restore\npg_restore -d shop_restore /backup/shop.dump\npsql -d shop_restore -Atc 'select count(*) from orders'\n",
        ),
        Example::Script(
            "mysqldump shop > \"/backup/shop-before-$(date +%s).sql\"\nmysql shop < /backup/shop.sql\n",
        ),
        Example::Script(
            "mkdir -p /srv/stage\ntar -xzf /backup/app.tgz -C /srv/stage\ncp -a /backup/app.tgz /srv/\n",
        ),
        Example::Plan {
            plan: "schema: blackstart/plan/v1\nid: p\nkind: recovery\ntitle: t\nsteps:\n  - {id: keep, title: Keep, kind: command, risk: write, run: 'cp -a /srv/wiki \"/srv/wiki.before.$(date +%s)\"'}\n  - {id: back, title: Copy back, kind: command, needs: [keep], safety_copy: keep, risk: destructive, run: cp -a /backup/wiki/. /srv/wiki/}\n",
            inventory: "schema: blackstart/inventory/v1\nassets:\n  - {id: wiki, kind: files, paths: [/srv/wiki]}\n",
        },
    ],
    run,
};

fn run(context: &Context<'_>, report: &mut Report) {
    for (unit, run) in context.runs() {
        let kept =
            unit.step.is_some_and(|s| s.safety_copy.is_some()) || unit.part == Place::Rollback;
        if kept || run.command.setting.deferred || provenance::made_here(context, unit, run) {
            continue;
        }
        for target in replaced(context, unit, run) {
            let safe = kept_by_snapshots(context, unit, run, &target)
                || context.up_to(unit).iter().any(|other| kept_in(other, unit, run, &target));
            if !safe {
                let message = match &target {
                    Target::Path(path) => {
                        format!("{path} is replaced, and nothing keeps what is there")
                    }
                    Target::Database(what) => format!("{what}, and nothing keeps what is there"),
                };
                report.add(&RULE, unit, run.command.span, message);
            }
        }
        if let Some((what, severity)) = set_back(unit, run)
            && !losses::copied(context, unit, run)
            && !context
                .before(unit, run)
                .any(|(_, r)| dumps(r.command) || losses::snapshots(r.command))
        {
            let message = format!("{what}, and nothing keeps what is there");
            report.add(&RULE, unit, run.command.span, message).severity = severity;
        }
    }
}

/// Tells whether each run is followed by a snapshot of the file system that holds the target: what is replaced then stays
/// in the older ones.
fn kept_by_snapshots(
    context: &Context<'_>,
    unit: &Unit<'_>,
    run: Run<'_>,
    target: &Target,
) -> bool {
    let Target::Path(path) = target else { return false };
    context.from(unit).iter().any(|other| {
        let all = || {
            let snapshots = other.runs().filter(|run| losses::snapshots(run.command));
            snapshots.map(|run| run.index).collect()
        };
        let behind = |at: &&usize| !std::ptr::eq(other, unit) || **at > run.index;
        let mut snapshots = other.lookups.snapshots.get_or_init(all).iter().filter(behind);
        snapshots.any(|at| {
            other.commands.list[*at].arguments().iter().any(|a| {
                let shown = a.shown();
                let of = shown.split('@').next().unwrap_or_default().trim_matches('/');
                let own = path.trim_matches('/');
                !of.is_empty() && (own == of || own.starts_with(&format!("{of}/")))
                    || other.slice(a.span).starts_with(path.as_str())
            })
        })
    })
}

/// Tells whether a command of a text keeps what another one replaces, before it does.
fn kept_in(other: &Unit<'_>, unit: &Unit<'_>, run: Run<'_>, target: &Target) -> bool {
    let all = || {
        let of = |run: &Run<'_>| keeps_databases(other, run.command);
        let databases = other.runs().filter(of).map(|run| run.index).collect();
        let of = |run: &Run<'_>| may_keep_files(run.command);
        (databases, other.runs().filter(of).map(|run| run.index).collect())
    };
    let (databases, files) = other.lookups.keepers.get_or_init(all);
    let keepers = if matches!(target, Target::Database(_)) { databases } else { files };
    let before = |at: &&usize| !std::ptr::eq(other, unit) || **at < run.index;
    keepers.iter().filter(before).any(|at| {
        let made = Run { index: *at, command: &other.commands.list[*at] };
        keeps(other, made, target) && !is_what_comes_back(unit, (other, made), run)
    })
}

/// Tells whether a command makes a snapshot of a volume.
fn snapshots(command: &Command) -> bool {
    let words = command.literals();
    command.is(&["lvcreate"]) && words.iter().any(|w| w.starts_with("-s") || *w == "--snapshot")
        || command.is(&["zfs", "btrfs", "rbd", "virsh", "qm"])
            && words.iter().any(|w| w.contains("snap"))
        || words.iter().any(|w| w.contains("create-snapshot") || *w == "snapshot-create-as")
}

fn keeps_databases(unit: &Unit<'_>, command: &Command) -> bool {
    snapshots(command) || dumps(command) || unit.sql(command).iter().any(|text| copies(text))
}

fn may_keep_files(command: &Command) -> bool {
    command.is(&["tar", "restic", "borg", "mv", "cp", "rsync", "rename"])
        || snapshots(command)
        || dumps(command)
}

/// Returns how a command puts an older state, or that of another server, in the place of what is there.
fn set_back(unit: &Unit<'_>, run: Run<'_>) -> Option<(String, Severity)> {
    let command = run.command;
    let call = unit.take_apart(command)?;
    let hit = losses::hits(unit, command).into_iter().find(|hit| hit.loss == Loss::Replaced)?;
    if losses::scratch(unit, command) {
        return None;
    }
    let whole = if hit.reach == Reach::Whole { Severity::High } else { Severity::Medium };
    let severity = match call.name {
        // Other rules read them, or they refuse a place where something is.
        "pg_restore" | "etcdctl" | "etcdutl" | "psql" | "mysql" | "mariadb" | "sqlite3"
        | "pg_rewind" => return None,
        "patronictl" | "drbdadm" | "repmgr" => return None,
        // Without -F it refuses what has changed.
        "zfs" if hit.reach == Reach::Part && !call.has(&["F"]) => return None,
        "pgbackrest" if !call.has(&["delta", "force"]) => return None,
        "mongorestore" if call.has(&["nsFrom", "nsTo"]) => return None,
        "barman" | "wal-g" | "pg_probackup" => {
            let place = call.operands.last().map(|word| unit.path(command, word));
            if !place.is_some_and(|place| losses::in_live_directory(&place)) {
                return None;
            }
            whole
        }
        "pgbackrest" if command.has("--delta") => Severity::Medium,
        // Whose replica it becomes is given by a program that manages replicas.
        _ if call.name.ends_with("-cli") && call.operands.iter().skip(1).all(|w| !w.certain) => {
            Severity::Medium
        }
        // It asks for a device that is named, not for what a package finds.
        "e2fsck" | "fsck" | "tune2fs" if call.operands.iter().all(|word| !word.certain) => {
            Severity::Low
        }
        _ => whole,
    };
    Some((format!("{} puts another state in the place of this one", hit.deed), severity))
}

/// Tells whether the copy that a command made is the one that is put back at once, by the command behind it: what there
/// was is in that copy alone, and nothing has shown that it is good.
fn is_what_comes_back(unit: &Unit<'_>, (at, made): (&Unit<'_>, Run<'_>), run: Run<'_>) -> bool {
    let next = std::ptr::eq(at, unit) && made.index + 1 == run.index;
    if !next || !made.command.is(&["tar", "rsync"]) || !run.command.is(&["tar", "rsync"]) {
        return false;
    }
    let Some(call) = unit.take_apart(run.command) else { return false };
    let from = match call.value(&["file"]).filter(|_| call.tool.name == "tar") {
        Some(file) => Some(unit.path(run.command, file)),
        None => call.operands.first().map(|w| unit.path(run.command, w)),
    };
    unit.copies(made.command).into_iter().any(|(_, target)| Some(target) == from)
}

/// What a restore replaces.
enum Target {
    Path(String),
    /// What happens, as the start of a sentence.
    Database(String),
}

fn live(context: &Context<'_>, unit: &Unit<'_>, command: &Command, path: &str) -> bool {
    let of_asset = context.inventory.is_some_and(|i| {
        i.assets.iter().flat_map(|a| &a.paths).any(|p| {
            let asset = path::absolute(p, None);
            path::within(path, &asset) || path::within(&asset, path)
        })
    });
    let elsewhere = ["/tmp", "/var/tmp", "/mnt", "/media", "/dev", "/run", "/proc"]
        .iter()
        .any(|d| path::within(path, d));
    let argument = Argument::text(path, command.span);
    let fresh = unit.is_fresh(command, &argument);
    path.starts_with('/')
        && !fresh
        && (of_asset || !elsewhere && !looks_scratch(path) && !looks_backup(path))
}

fn from_backup(path: &str) -> bool {
    looks_backup(path) || path.contains("before-") || is_archive(path) || path.contains("/mnt/")
}

fn replaced(context: &Context<'_>, unit: &Unit<'_>, run: Run<'_>) -> Vec<Target> {
    let command = run.command;
    let Some(call) = unit.take_apart(command) else {
        return Vec::new();
    };
    let path_if_live = |path: String| {
        if live(context, unit, command, &path) { vec![Target::Path(path)] } else { Vec::new() }
    };
    match (call.tool.name, call.name) {
        ("tar", _) if tar::mode(call) == tar::Mode::Extract => {
            let archive = call.value(&["file"]).map(|w| unit.path(command, w)).unwrap_or_default();
            let keeps = call.has(&["keep-old-files", "skip-old-files", "to-stdout", "O"]);
            let target = call
                .value(&["directory"])
                .map(|w| unit.path(command, w))
                .or_else(|| command.setting.cwd.clone());
            match target {
                Some(target)
                    if !keeps
                        && (looks_backup(&archive)
                            || archive == "-"
                            || archive.is_empty()
                            || stops(context, unit, run)) =>
                {
                    path_if_live(target)
                }
                Some(_) | None => Vec::new(),
            }
        }
        ("rsync", _) | ("cp", "cp") if call.operands.len() > 1 && call.risk() > Risk::Write => {
            let (target, sources) =
                (call.operands.len() - 1, &call.operands[..call.operands.len() - 1]);
            let into_directory =
                call.operands[target].text.ends_with('/') && !call.has(&["recursive", "archive"]);
            let backup = sources.iter().any(|w| from_backup(&unit.path(command, w)));
            let archived = sources.iter().all(|w| is_archive(&w.text) && !w.text.ends_with(".rdb"));
            let path = unit.path(command, &call.operands[target]);
            let remote =
                call.operands[target].text.split_once(':').is_some_and(|(h, _)| !h.contains('/'));
            if backup && !archived && !into_directory && !remote {
                path_if_live(path)
            } else {
                Vec::new()
            }
        }
        ("mv", _) if call.operands.len() > 1 => {
            let target = call.operands.last().map(|w| unit.path(command, w)).unwrap_or_default();
            let sources = &call.operands[..call.operands.len() - 1];
            let backup = sources.iter().any(|w| from_backup(&unit.path(command, w)));
            let whole = sources.iter().all(|w| !is_archive(&w.text));
            if backup && whole && losses::in_live_directory(&target) {
                vec![Target::Path(target)]
            } else {
                Vec::new()
            }
        }
        ("restic", "restic") if call.names("restore") => {
            let target = call.value(&["target"]).map(|w| unit.path(command, w));
            match target {
                Some(target) if target == "/" => vec![Target::Path(target)],
                Some(target) => path_if_live(target),
                None => Vec::new(),
            }
        }
        ("psql", "dropdb") => {
            let name = call.operand(0);
            if is_scratch_database(name) || call.operands.is_empty() {
                Vec::new()
            } else {
                vec![Target::Database(format!("the database {name} is dropped"))]
            }
        }
        ("psql", "pg_restore") if call.has(&["clean"]) => {
            let name = call.value(&["dbname"]).map(|w| w.text.clone()).unwrap_or_default();
            if is_scratch_database(&name) {
                Vec::new()
            } else {
                vec![Target::Database(format!("the objects of {name} are dropped"))]
            }
        }
        ("psql", "redis-cli")
            if call.operands.iter().any(|w| {
                matches!(w.text.to_ascii_uppercase().as_str(), "FLUSHALL" | "FLUSHDB")
            }) =>
        {
            vec![Target::Database("Redis is flushed".to_owned())]
        }
        ("psql", "psql" | "mysql" | "mariadb") => {
            let target = call.value(&["dbname"]).map_or(call.operand(0), |w| &w.text).to_owned();
            let file = command
                .redirects
                .iter()
                .any(|r| r.kind == RedirectKind::Read && from_backup(&command.path(&r.target)));
            if file
                && !is_scratch_database(&target)
                && call.name != "psql"
                && !target.is_empty()
                && !created(context, unit, run, &target)
            {
                return vec![Target::Database(format!("a dump is played into {target}"))];
            }
            let texts = unit.sql(command);
            let worst = unit
                .statements(command)
                .iter()
                .find(|s| wipes(s) && !works_on_scratch(s))
                .map(|s| &s.text);
            match worst {
                Some(statement) if !texts.iter().any(|t| copies(t)) => {
                    vec![Target::Database(format!(
                        "`{}` empties what is there",
                        statement.to_ascii_lowercase()
                    ))]
                }
                Some(_) | None => Vec::new(),
            }
        }
        _ => Vec::new(),
    }
}

fn wipes(statement: &Statement) -> bool {
    statement.kind == Kind::Truncate
        || statement.kind == Kind::Delete && !statement.filtered
        || ["DROP TABLE", "DROP DATABASE", "DROP SCHEMA"].iter().any(|d| statement.starts(d))
}

fn copies(text: &str) -> bool {
    let upper = text.to_ascii_uppercase();
    upper.contains("CREATE TABLE") && upper.contains(" AS ")
        || upper.contains("RENAME TO")
        || upper.contains("SELECT * INTO")
}

fn created(context: &Context<'_>, unit: &Unit<'_>, run: Run<'_>, name: &str) -> bool {
    let drops = context.before(unit, run).any(|(_, r)| r.command.is(&["dropdb"]));
    !drops
        && context
            .before(unit, run)
            .any(|(_, r)| r.command.is(&["createdb"]) && r.command.has(name))
}

/// Tells whether a service is stopped before: what follows is a restore.
fn stops(context: &Context<'_>, unit: &Unit<'_>, run: Run<'_>) -> bool {
    context
        .before(unit, run)
        .any(|(_, r)| r.command.is(&["systemctl", "service"]) && r.command.has("stop"))
}

/// Tells whether a command keeps the target: moves it aside, copies, dumps or snapshots it.
fn keeps(unit: &Unit<'_>, run: Run<'_>, target: &Target) -> bool {
    let command = run.command;
    if snapshots(command) {
        return true;
    }
    match target {
        Target::Path(path) => {
            let about = |a: &Argument| {
                let argument = command.path(a);
                path::within(&argument, path) || path::within(path, &argument) && argument.len() > 1
            };
            let first = command.arguments().iter().rev().skip(1).any(about);
            let any = command.arguments().iter().any(about);
            let creates = command.is(&["tar"])
                && unit.take_apart(command).is_some_and(|c| tar::mode(c) == tar::Mode::Create)
                && (any
                    || unit.take_apart(command).is_some_and(|c| {
                        c.value(&["directory"])
                            .is_some_and(|w| path::within(path, &unit.path(command, w)))
                    }));
            let backs_up = command.is(&["restic", "borg"])
                && any
                && (command.has("backup") || command.has("create"));
            command.is(&["mv", "cp", "rsync", "rename"]) && first
                || creates
                || backs_up
                || dumps(command) && path.starts_with("/var/lib")
        }
        Target::Database(_) => keeps_databases(unit, command),
    }
}

fn dumps(command: &Command) -> bool {
    let words = command.literals();
    command.is(&[
        "pg_dump",
        "pg_dumpall",
        "mysqldump",
        "mariadb-dump",
        "mongodump",
        "mariabackup",
        "mariadb-backup",
        "xtrabackup",
        "pg_basebackup",
        "mydumper",
    ]) || command.is(&["redis-cli"])
        && words.iter().any(|w| *w == "--rdb" || *w == "BGSAVE" || *w == "SAVE")
        || command.is(&["sqlite3"])
            && words.iter().any(|w| w.contains(".backup") || w.contains("VACUUM INTO"))
        || command.is(&["etcdctl"]) && words.contains(&"save")
}
