//! TG001: destruction without a look at where one is.

use crate::base::{Risk, Span};
use crate::check::names::{is_scratch_database, looks_scratch};
use crate::check::outcome::{each, within};
use crate::check::rule::{Example, Report, Rule};
use crate::check::{Context, Run, Unit};
use crate::evidence::Severity;
use crate::shell::ast::{Statement, StatementKind};
use crate::shell::{Argument, Origin, Unknown};

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
        let Some((what, scope)) = destroys(unit, run) else {
            continue;
        };
        // The runner asserts the host of every step that names one; it knows nothing of clusters.
        let host_named = unit.step.is_some_and(|s| s.host.is_some());
        if host_named && scope == Scope::Host
            || made_here(context, unit, run)
            || unit.step.is_none() && purged(unit, run)
            || asserted(context, unit, run, scope)
        {
            continue;
        }
        let message = format!("{what} without asserting where");
        let finding = report.add(&RULE, unit, run.command.span, message);
        if unit.step.is_none() && left_to_caller(unit, run) {
            finding.severity = Severity::Medium;
        }
    }
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

fn destroys(unit: &Unit<'_>, run: Run<'_>) -> Option<(String, Scope)> {
    let command = run.command;
    let name = command.name()?;
    let call = unit.take_apart(command)?;
    let words = command.literals();
    let remote_variable = || {
        let host = call.value(&["host", "h", "endpoints"]);
        host.and_then(|w| command.words.get(w.index))
            .is_some_and(|a| a.comes_from(Origin::Environment) || a.comes_from(Origin::Argument))
    };
    match call.tool.name {
        "mkfs" | "dd" | "lvcreate" if call.risk() == Risk::Irreversible => {
            let device = call.operands.iter().any(|w| value_of(&w.text).starts_with("/dev/"));
            let image = !device && call.operands.iter().any(|w| is_image(value_of(&w.text)));
            let memory = call.operands.iter().any(|w| is_memory(value_of(&w.text)));
            (!image && !memory).then(|| (format!("`{name}` destroys a volume"), Scope::Host))
        }
        "rm" if call.has(&["recursive"]) => {
            let vital = call.operands.iter().map(|w| unit.path(command, w)).find(|path| {
                [
                    "/var/lib/postgresql",
                    "/var/lib/mysql",
                    "/var/lib/etcd",
                    "/var/lib/redis",
                    "/var/lib/mongodb",
                    "/var/lib/docker",
                    "/var/lib/pgsql",
                    "/var/lib/kubelet",
                    "/var/lib/rabbitmq",
                    "/var/lib/ldap",
                    "/var/lib/elasticsearch",
                ]
                .iter()
                .any(|d| crate::shell::path::within(path, d))
                    && !looks_scratch(path)
            });
            vital.map(|path| (format!("{path} is deleted"), Scope::Host))
        }
        "psql" => match name {
            "redis-cli"
                if words
                    .iter()
                    .any(|w| matches!(w.to_ascii_uppercase().as_str(), "FLUSHALL" | "FLUSHDB")) =>
            {
                let scope = if remote_variable() { Scope::Elsewhere } else { Scope::Host };
                Some(("the whole of Redis is flushed".to_owned(), scope))
            }
            "dropdb" => {
                let scratch = call.operands.iter().any(|w| is_scratch_database(&w.text));
                (!scratch).then(|| ("a database is dropped".to_owned(), Scope::Host))
            }
            "psql" | "mysql" | "mariadb" => {
                let drops = unit.statements(command).iter().any(|s| {
                    let drop = ["DROP DATABASE", "DROP SCHEMA", "DROP TABLESPACE", "DROP OWNED"]
                        .iter()
                        .any(|d| s.starts(d));
                    drop && !is_scratch_database(&s.text)
                });
                drops.then(|| ("a database is dropped".to_owned(), Scope::Host))
            }
            "pg_resetwal" => Some(("the write-ahead log is thrown away".to_owned(), Scope::Host)),
            _ => None,
        },
        "aws" => {
            let explicit = call.has(&[
                "context",
                "kube-context",
                "profile",
                "project",
                "subscription",
                "account",
                "kubeconfig",
                "dry-run",
                "dryrun",
                "cluster",
            ]);
            let heavy = words.iter().any(|w| {
                matches!(
                    *w,
                    "delete"
                        | "destroy"
                        | "rb"
                        | "rm"
                        | "terminate-instances"
                        | "delete-bucket"
                        | "delete-db-instance"
                        | "delete-volume"
                        | "delete-snapshot"
                        | "uninstall"
                )
            });
            let light = words.iter().any(|w| {
                matches!(
                    *w,
                    "pod"
                        | "pods"
                        | "job"
                        | "jobs"
                        | "container"
                        | "image"
                        | "images"
                        | "rmi"
                        | "configmap"
                )
            });
            let local = matches!(
                name,
                "docker" | "podman" | "nerdctl" | "docker-compose" | "vault" | "hdfs"
            );
            (heavy && !explicit && !light && !local)
                .then(|| (format!("`{name}` deletes"), Scope::Elsewhere))
        }
        _ => None,
    }
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
        ]) || other.command.has("create");
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
