//! TG001: destruction without a look at where one is.

use crate::base::{Risk, Span};
use crate::check::losses::{self, Hit};
use crate::check::names::works_on_scratch;
use crate::check::outcome::{each, within};
use crate::check::rule::{Example, Report, Rule};
use crate::check::{Context, Run, Unit, provenance};
use crate::evidence::Severity;
use crate::shell::ast::{Statement, StatementKind};
use crate::shell::{Argument, Command, Origin, Unknown};
use crate::tools::{Call, Loss, Reach};

/// The right command on the wrong host is the classic of data loss.
pub const RULE: Rule = Rule {
    code: "TG001",
    name: "destroys-unasserted-target",
    severity: Severity::Critical,
    summary: "a database, cluster, bucket or disk is emptied, and nothing asserts that it is the intended one",
    why: "the same command is right on the replica and a disaster on the primary; two terminals look alike",
    fix: "assert identity first: `[ \"$(hostname -s)\" = db2 ] || exit 1`, the server's role, the cluster's context, the cloud account",
    source: "GitLab, postmortem of 31 January 2017: rm on db1 in place of db2",
    layer: "static",
    bad: &[
        Example::Script(
            "redis-cli -h \"$CACHE_HOST\" FLUSHALL\nredis-cli -h \"$CACHE_HOST\" --pipe < /backup/redis.commands\n",
        ),
        Example::Script(
            "set -euo pipefail\nsystemctl stop postgresql\nrm -rf /var/lib/postgresql/15/main\npg_basebackup -h db1 -D /var/lib/postgresql/15/main -X stream\n",
        ),
        Example::Script(
            "set -eu\nsystemctl stop mariadb\nfind /var/lib/mysql -mindepth 1 -delete\nmariabackup --copy-back --target-dir=/backup/full\n",
        ),
        Example::Script(
            "set -e\numount /srv\nzcat /backup/srv.img.gz > /dev/vg0/srv\nmount /srv\n",
        ),
        Example::Script("umount /dev/sdb1\ncp /backup/usb.img /dev/sdb\n"),
        Example::Script("umount -a\ndd if=/dev/sdb of=/dev/sda bs=4M conv=fsync\nsync\n"),
        Example::Script("zfs destroy -r tank/shop\nzfs create tank/shop\n"),
        Example::Script("etcdctl --endpoints \"$E\" del '' --from-key\n"),
        Example::Script(
            "#!/bin/sh\nset -e\ncd /opt/wiki\ndocker compose pull\ndocker compose down --volumes\ndocker compose up -d\n",
        ),
        Example::Script("mongosh --quiet shop --eval 'db.dropDatabase()'\n"),
        Example::Script(
            "set -e\npgbackrest --stanza=shop stop\npgbackrest --stanza=shop stanza-delete --force\npgbackrest --stanza=shop stanza-create\n",
        ),
        Example::Script("cqlsh db1 -e 'DROP KEYSPACE shop'\n"),
        Example::Script("gpg --batch --yes --delete-secret-keys backup@example.org\n"),
        Example::Script("mkfs.xfs -f /dev/vdb1\nmount /dev/vdb1 /srv/app\n"),
        Example::Script(
            "psql -U postgres -c 'DROP DATABASE shop'\npsql -U postgres -c 'CREATE DATABASE shop'\n",
        ),
        Example::Script(
            "kubectl delete pvc -n shop data-pg-0\nkubectl apply -f /backup/pvc.yaml\n",
        ),
    ],
    good: &[
        Example::Script(
            r#"#!/bin/bash
set -euo pipefail
# rebuilds the standby from its primary
[ "$(hostname -s)" = db2 ] || { echo "this is not db2" >&2; exit 1; }
systemctl stop postgresql
mv /var/lib/postgresql/15/main "/var/lib/postgresql/15/main.before.$(date +%s)"
sudo -u postgres pg_basebackup -h db1 -D /var/lib/postgresql/15/main -X stream -R
systemctl start postgresql
rm -rf "/var/lib/postgresql/15/main.old"
"#,
        ),
        Example::Script("psql -c 'DROP DATABASE \"shop_verify\"'\n"),
        Example::Script("mysql -e 'DROP DATABASE `shop_verify`'\n"),
        Example::Script(
            "[ \"$(hostname -s)\" = db2 ] || exit 1\nrm -rf /var/lib/postgresql/15/main\n",
        ),
        Example::Script(
            "role=$(redis-cli -h \"$H\" ROLE | head -n 1)\n[ \"$role\" = master ] || exit 1\nredis-cli -h \"$H\" FLUSHALL\n",
        ),
        Example::Script("kubectl --context dr-1 delete pod -n shop pg-0\n"),
        Example::Script(
            "lvcreate -s -n snap -L 10G vg0/data\nmount -o ro /dev/vg0/snap /mnt/snap\numount /mnt/snap\nlvremove -y vg0/snap\n",
        ),
        Example::Script(
            "#!/bin/sh\nset -e\ncase \"$1\" in\n  purge)\n    rm -rf /var/lib/rabbitmq\n    ;;\nesac\nif [ \"$1\" = purge ]; then\n  rm -rf /var/lib/etcd || true\nfi\n",
        ),
        Example::Script(
            "base=$HOME/tapes\n[ -f \"$base/changer\" ] || dd if=/dev/zero of=\"$base/changer\" bs=1k count=1\nmdadm -W /dev/md0\nsfdisk -g /dev/vdb | awk '{print $2}'\n",
        ),
        Example::Script(
            "set -eu\nname=drive-$$\ndocker run -d --network none --name \"$name\" postgres:15\ndocker exec \"$name\" createdb -U postgres shop\ndocker exec -i \"$name\" pg_restore -U postgres -d shop < /backup/shop.dump\ndocker exec \"$name\" dropdb -U postgres shop\ndocker rm -f \"$name\"\n",
        ),
        Example::Script(
            "set -eu\nt=$(mktemp -d)\ninitdb -D \"$t/pg\" >/dev/null\npg_ctl -D \"$t/pg\" -o \"-k $t -h ''\" -w start\ncreatedb -h \"$t\" shop\npg_restore -h \"$t\" -d shop /backup/shop.dump\ndropdb -h \"$t\" shop\n",
        ),
        Example::Script(
            "zfs snapshot -r tank/shop@before\nzfs send -R tank/shop@before > /backup/shop.zfs\nzfs destroy tank/shop@before\n",
        ),
        Example::Script(
            "docker compose down\ndocker volume ls\ndocker volume rm drill_pgdata_verify\n",
        ),
        Example::Script(
            "gpg --export-secret-keys --armor backup@example.org > /mnt/safe/key.asc\ngpg --batch --yes --delete-secret-keys backup@example.org\n",
        ),
        Example::Script(
            "createdb shop_verify\npg_restore -d shop_verify /backup/shop.dump\ndropdb shop_verify\n",
        ),
        Example::Script(
            "set -euo pipefail\nrm -rf /srv/stage\nfind /backup/daily -mindepth 1 -maxdepth 1 -mtime +30 -delete\n",
        ),
    ],
    run,
};

fn run(context: &Context<'_>, report: &mut Report) {
    for (unit, run) in context.runs() {
        let Some(Harm { what, scope, severity, copy_counts }) = destroys(unit, run) else {
            continue;
        };
        // The runner asserts the host of every step that names one; it knows nothing of clusters.
        let host_named = unit.step.is_some_and(|s| s.host.is_some());
        if host_named && scope == Scope::Host
            || made_here(context, unit, run)
            || unit.step.is_none() && purged(unit, run)
            || asserted(context, unit, run, scope)
            || copy_counts
                && (unit.step.is_some_and(|s| s.safety_copy.is_some())
                    || run.command.setting.deferred
                    || losses::copied(context, unit, run))
        {
            continue;
        }
        let message = format!("{what} without asserting where");
        let finding = report.add(&RULE, unit, run.command.span, message);
        finding.severity = severity;
        if unit.step.is_none() && left_to_caller(unit, run) {
            finding.severity = severity.min(Severity::Medium);
        }
    }
}

/// What a command destroys.
struct Harm {
    what: String,
    scope: Scope,
    severity: Severity,
    /// Whether a copy made before makes up for it.
    copy_counts: bool,
}

/// Tells whether the script works on what its caller or a person names, who then has to assert it: the device or the
/// directory is an argument or is found out by the script, or the script asks before.
fn left_to_caller(unit: &Unit<'_>, run: Run<'_>) -> bool {
    let device = unit
        .take_apart(run.command)
        .is_some_and(|call| matches!(call.tool.name, "mkfs" | "dd" | "lvcreate" | "zfs" | "btrfs"));
    let named = |a: &Argument| {
        let open = |u: &Unknown| !matches!(u.origin, Origin::Temporary | Origin::Time);
        let first = a.unknowns().next().is_some_and(open);
        a.comes_from(Origin::Argument)
            || a.unknowns().any(|u| u.shown.starts_with("$1"))
            || device && first && matches!(value_of(a.prefix()), "" | "/dev/" | "/dev/mapper/")
    };
    let by_name = run.command.arguments().iter().any(named);
    let host = run.command.setting.remote.as_deref().is_some_and(|host| host.contains('$'));
    by_name || host || confirmed(unit, run)
}

/// Tells whether a person answers a question before the command (`read`, `select`).
fn confirmed(unit: &Unit<'_>, run: Run<'_>) -> bool {
    unit.named(&["read"]).any(|read| {
        let fed = read.command.setting.stage.is_some() || read.command.input.is_some();
        read.index < run.index && !fed && !read.command.setting.repeated
    })
}

/// What has to be asserted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Scope {
    /// The machine, or the server on it.
    Host,
    /// A cluster, an account, a server elsewhere.
    Elsewhere,
}

fn destroys(unit: &Unit<'_>, run: Run<'_>) -> Option<Harm> {
    let command = run.command;
    let harm = |what: String, scope, severity, copy_counts| {
        Some(Harm { what, scope, severity, copy_counts })
    };
    if let Some(device) = losses::overwritten_device(command).filter(|device| !is_memory(device)) {
        return harm(format!("{device} is overwritten"), Scope::Host, Severity::Critical, false);
    }
    let call = unit.take_apart(command)?;
    if let Some(path) = losses::emptied(unit, command) {
        return harm(format!("{path} is deleted"), Scope::Host, Severity::Critical, false);
    }
    if matches!(call.name, "psql" | "mysql" | "mariadb") {
        let drops = unit.statements(command).iter().any(|s| {
            let drop = ["DROP DATABASE", "DROP SCHEMA", "DROP TABLESPACE", "DROP OWNED"]
                .iter()
                .any(|d| s.starts(d));
            drop && !works_on_scratch(s)
        });
        let what = "a database is dropped".to_owned();
        return drops
            .then_some(())
            .and_then(|()| harm(what, Scope::Host, Severity::Critical, false));
    }
    losses::hits(unit, command)
        .into_iter()
        .filter_map(|hit| of_hit(unit, command, call, &hit))
        .next()
}

/// Judges one thing that a command destroys; what an older state replaces, and old copies, other rules judge.
fn of_hit(unit: &Unit<'_>, command: &Command, call: &Call<'_>, hit: &Hit) -> Option<Harm> {
    let deed = &hit.deed;
    let scope = if hit.elsewhere { Scope::Elsewhere } else { Scope::Host };
    let harm =
        |what: String, severity, copy_counts| Some(Harm { what, scope, severity, copy_counts });
    let explicit = || {
        call.has(&[
            "context",
            "kube-context",
            "profile",
            "project",
            "subscription",
            "account",
            "kubeconfig",
            "cluster",
        ])
    };
    if matches!(hit.loss, Loss::Device)
        || call.tool.name == "lvcreate" && call.risk() == Risk::Irreversible
    {
        // What is on a snapshot is elsewhere too.
        if hit.loss == Loss::Copies || listed_snapshot(unit, command, call) {
            return None;
        }
        let device = call.operands.iter().any(|w| value_of(&w.text).starts_with("/dev/"));
        let named =
            !matches!(call.name, "zfs" | "zpool" | "btrfs" | "rbd" | "lvremove" | "vgremove");
        let image = !device && named && call.operands.iter().any(|w| is_image(value_of(&w.text)));
        let memory = call.operands.iter().any(|w| is_memory(value_of(&w.text)));
        let scratch = !named && losses::scratch(unit, command);
        if image || memory || scratch || call.risk() < Risk::Irreversible {
            return None;
        }
        return harm(format!("`{}` destroys a volume", call.name), Severity::Critical, !named);
    }
    // What is asserted by its own word needs no other assertion.
    if hit.elsewhere && explicit() && call.tool.name == "aws" || call.name == "dd" {
        return None;
    }
    if losses::scratch(unit, command) && !matches!(call.name, "pg_resetwal") {
        return None;
    }
    let redis = call.name.ends_with("-cli") && call.tool.name == "psql";
    match (hit.loss, hit.reach) {
        (Loss::Data, Reach::Whole) if redis => {
            harm("the whole of Redis is flushed".to_owned(), Severity::Critical, false)
        }
        (Loss::Data, Reach::Whole) => match call.name {
            "dropdb" => harm("a database is dropped".to_owned(), Severity::Critical, false),
            "pg_resetwal" => {
                harm("the write-ahead log is thrown away".to_owned(), Severity::Critical, false)
            }
            // A tool of the account or the cluster, whose deletions reach far.
            _ if call.tool.name == "aws" && hit.elsewhere => {
                harm(format!("{deed} deletes"), Severity::Critical, false)
            }
            // What a loop or a caller names may be anything, also what is left over.
            _ => {
                let unnamed = call.operands.iter().all(|word| !word.certain);
                let unnamed = unnamed && !call.operands.is_empty();
                let severity = if unnamed { Severity::Medium } else { Severity::High };
                harm(format!("{deed} destroys what is in use"), severity, true)
            }
        },
        (Loss::Data, Reach::Part) => {
            let severity = if call.tool.name == "curl" { Severity::Low } else { Severity::Medium };
            harm(format!("{deed} destroys what is in use"), severity, true)
        }
        (Loss::Copies, Reach::Whole) => {
            harm(format!("{deed} removes every copy"), Severity::High, false)
        }
        (Loss::Copies, Reach::Part) if call.tool.name == "aws" && hit.elsewhere => {
            harm(format!("{deed} removes a copy"), Severity::Medium, true)
        }
        (Loss::Key, Reach::Whole) => harm(format!("{deed} removes a key"), Severity::High, true),
        (Loss::Key, Reach::Part) => harm(format!("{deed} removes a key"), Severity::Medium, true),
        (
            Loss::Copies
            | Loss::Device
            | Loss::Replaced
            | Loss::Retention
            | Loss::Files
            | Loss::Statements
            | Loss::Replaceable,
            _,
        ) => None,
    }
}

/// Tells whether what is destroyed comes from a list of snapshots: then old copies go, not data.
fn listed_snapshot(unit: &Unit<'_>, command: &Command, call: &Call<'_>) -> bool {
    let open = call.operands.last().is_some_and(|word| !word.certain);
    open && unit.named(&["zfs", "btrfs", "rbd", "lvs"]).any(|other| {
        let words = other.command.literals();
        other.command.index < command.index
            && words.iter().any(|w| matches!(*w, "list" | "ls") || other.command.is(&["lvs"]))
            && words.iter().any(|w| w.contains("snap") || *w == "-s")
    })
}

/// Returns the value of an operand of dd, or the operand itself.
fn value_of(text: &str) -> &str {
    text.strip_prefix("of=").unwrap_or(text)
}

/// Tells whether an operand names a file and no device, by its path or by the name of its variable.
fn is_image(text: &str) -> bool {
    let name = text.to_ascii_lowercase();
    let called = ["img", "image", "iso", "file", "conf", "loop", "freelo", "snap"];
    let input = name.starts_with("if=");
    match text.strip_prefix('$') {
        // Below a directory that the script knows there is a file; `$dir` alone may be a device.
        Some(rest) => {
            called.iter().any(|word| name.contains(word))
                || rest.trim_end_matches('/').contains('/')
        }
        None => text.contains('/') && !input,
    }
}

/// Tells whether a device holds nothing over a restart (`/dev/zram0`, `/dev/ram1`).
fn is_memory(text: &str) -> bool {
    text.starts_with("/dev/zram") || text.starts_with("/dev/ram")
}

/// Tells whether a package's own script runs because the package is purged: the administrator asked for that by name.
fn purged(unit: &Unit<'_>, run: Run<'_>) -> bool {
    let mut found = false;
    each(&unit.script.statements, &mut |statement, _| {
        let inside = |body: &[Statement]| {
            body.first().zip(body.last()).is_some_and(|(first, last)| {
                within(run.command.span, Span::new(first.span.start, last.span.end))
            })
        };
        let says = |span: Span| unit.slice(span).contains("purge");
        match &statement.kind {
            StatementKind::If { branches, .. } => {
                found |= branches.iter().any(|(condition, body)| {
                    inside(body) && condition.iter().any(|one| says(one.span))
                });
            }
            StatementKind::Case { arms, .. } => {
                found |= arms.iter().any(|arm| {
                    inside(&arm.body) && arm.patterns.iter().any(|pattern| pattern == "purge")
                });
            }
            StatementKind::Simple(_)
            | StatementKind::Pipeline(_)
            | StatementKind::List(_)
            | StatementKind::Subshell(_)
            | StatementKind::Group(_)
            | StatementKind::Loop(_)
            | StatementKind::Condition(_)
            | StatementKind::Arithmetic(_)
            | StatementKind::Function { .. } => {}
        }
    });
    found
}

/// Tells whether the script itself made what it destroys.
fn made_here(context: &Context<'_>, unit: &Unit<'_>, run: Run<'_>) -> bool {
    if provenance::made_here(context, unit, run) {
        return true;
    }
    let names: Vec<_> = run.command.arguments().iter().map(Argument::shown).collect();
    context.before(unit, run).any(|(_, other)| {
        let makes = other.command.is(&[
            "lvcreate",
            "createdb",
            "zfs",
            "btrfs",
            "losetup",
            "truncate",
            "fallocate",
        ]) || other.command.has("create")
            || other.command.has("clone")
            || other.command.has("snapshot");
        makes
            && other.command.arguments().iter().any(|a| {
                let made = a.shown();
                made.len() > 2
                    && names.iter().any(|n| {
                        n == &made
                            || n.rsplit(['/', '@']).next() == Some(&*made) && !made.starts_with('-')
                    })
            })
    })
}

/// Tells whether the script has looked at where it is.
fn asserted(context: &Context<'_>, unit: &Unit<'_>, run: Run<'_>, scope: Scope) -> bool {
    let by_variable = unit
        .commands
        .uses
        .iter()
        .any(|u| u.name == "HOSTNAME" && u.span.start < run.command.span.start);
    let by_command = context.before(unit, run).any(|(_, other)| {
        let command = other.command;
        let text = command.words.iter().map(Argument::shown).collect::<Vec<_>>().join(" ");
        let upper = text.to_ascii_uppercase();
        let host = command.is(&["hostname", "hostnamectl", "uname", "dmidecode"])
            || ["/etc/hostname", "machine-id", "/sys/class/dmi"].iter().any(|p| text.contains(p))
            || command.is(&["blkid", "lsblk", "findmnt", "mountpoint", "wipefs"])
                && !command.has("-a");
        let server = [
            "PG_IS_IN_RECOVERY",
            "SERVER_UUID",
            "@@HOSTNAME",
            "SYSTEM_IDENTIFIER",
            "INET_SERVER",
            "INFO REPLICATION",
            "SERVER_ID",
            "READ_ONLY",
            "INFO SERVER",
        ]
        .iter()
        .any(|w| upper.contains(w))
            || command.is(&["redis-cli"])
                && command
                    .literals()
                    .iter()
                    .any(|w| matches!(w.to_ascii_uppercase().as_str(), "ROLE" | "INFO"))
            || command.is(&["pg_controldata", "patronictl"]);
        let cluster = text.contains("current-context")
            || text.contains("get-caller-identity")
            || text.contains("config get-value")
            || text.contains("account show")
            || text.contains("cluster-info");
        match scope {
            Scope::Host => host || server,
            Scope::Elsewhere => server || cluster || host && !command.is(&["blkid", "lsblk"]),
        }
    });
    by_variable && scope == Scope::Host || by_command
}
