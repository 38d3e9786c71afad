//! ET002: members that are restored each for itself, or into the cluster that was.

use crate::check::rule::{Example, Report, Rule};
use crate::check::{Context, etcd, subcommands};
use crate::evidence::{Place, Severity};

/// A restored member belongs to the cluster that its flags describe, and to no other.
pub const RULE: Rule = Rule {
    code: "ET002",
    name: "etcd-restored-apart",
    severity: Severity::Critical,
    summary: "a snapshot is restored for several members without the list of members, or with the token of the cluster that was",
    why: "without the list every member starts as a cluster of its own, and writes go to one of them; with the old token old members can speak to new ones",
    fix: "on every member the same snapshot, --name, --initial-advertise-peer-urls, the same --initial-cluster and a new --initial-cluster-token; every old member stopped first",
    source: "etcd documentation, Disaster recovery: a restore starts a new logical cluster from the given configuration; etcdctl 3.4 --help: --initial-cluster defaults to one member",
    layer: "static",
    bad: &[
        Example::Script(
            r#"#!/usr/bin/env bash
set -euo pipefail
for host in m1 m2 m3; do
  ssh "$host" systemctl stop etcd
  ssh "$host" mv /var/lib/etcd /var/lib/etcd.bad
  scp /backup/etcd/snap.db "$host:/var/tmp/snap.db"
  ssh "$host" ETCDCTL_API=3 etcdctl snapshot restore /var/tmp/snap.db --data-dir /var/lib/etcd
done
for host in m1 m2 m3; do ssh "$host" systemctl start --no-block etcd; done
"#,
        ),
        Example::Plan {
            plan: "schema: blackstart/plan/v1\nid: p\nkind: recovery\ntitle: t\nsteps:\n  - {id: one, title: Restore, kind: command, host: m1, risk: write, run: etcdutl snapshot restore /backup/snap.db --data-dir /var/lib/etcd}\n  - {id: two, title: Restore, kind: command, host: m2, risk: write, run: etcdutl snapshot restore /backup/snap.db --data-dir /var/lib/etcd}\n",
            inventory: "schema: blackstart/inventory/v1\nhosts: [{id: m1}, {id: m2}]\n",
        },
        Example::Script(
            r#"systemctl stop etcd
mv /var/lib/etcd "/var/lib/etcd.bad.$(date +%s)"
etcdutl snapshot restore /backup/etcd/snap.db --data-dir /var/lib/etcd --name m1 \
  --initial-advertise-peer-urls https://10.0.0.11:2380 \
  --initial-cluster m1=https://10.0.0.11:2380,m2=https://10.0.0.12:2380,m3=https://10.0.0.13:2380
systemctl start --no-block etcd
"#,
        ),
        Example::Script(
            "systemctl stop etcd\nmv /var/lib/etcd /var/lib/etcd.bad\netcdctl snapshot restore /backup/snap.db --data-dir /var/lib/etcd\nsystemctl start etcd\netcdctl --endpoints=https://m1:2379,https://m2:2379,https://m3:2379 endpoint health\n",
        ),
    ],
    good: &[
        Example::Script(
            r#"#!/usr/bin/env bash
set -euo pipefail
if systemctl is-active --quiet etcd; then echo "etcd still runs here" >&2; exit 1; fi
name=$(hostname -s)
case "$name" in m1) ip=10.0.0.11 ;; m2) ip=10.0.0.12 ;; *) exit 1 ;; esac
mv /var/lib/etcd "/var/lib/etcd.bad.$(date +%s)"
ETCDCTL_API=3 etcdctl snapshot restore /backup/etcd/snap.db --data-dir /var/lib/etcd \
  --name "$name" --initial-advertise-peer-urls "https://$ip:2380" \
  --initial-cluster m1=https://10.0.0.11:2380,m2=https://10.0.0.12:2380 \
  --initial-cluster-token "restored-$(date +%F)"
systemctl start --no-block etcd
"#,
        ),
        // A drill into a directory of its own proves the file and starts nothing.
        Example::Script(
            "scratch=$(mktemp -d)\netcdutl snapshot restore /backup/etcd/snap.db --data-dir \"$scratch/etcd\"\netcdutl snapshot status /backup/etcd/snap.db\nrm -rf \"${scratch:?}\"\n",
        ),
        Example::Script(
            "etcdctl --endpoints=https://m1:2379,https://m2:2379 snapshot save /backup/s.db.new\n",
        ),
    ],
    run,
};

fn run(context: &Context<'_>, report: &mut Report) {
    let restores: Vec<_> = etcd::restores(context)
        .into_iter()
        .filter(|restore| restore.unit.part != Place::Rollback && !is_drill(restore))
        .collect();
    let place = |restore: &etcd::Restore<'_, '_>| {
        let step = restore.unit.step.map(|step| step.host().to_owned());
        restore.run.command.setting.remote.clone().or(step)
    };
    let several_places = restores.iter().any(|one| place(one) != place(&restores[0]));
    // Several addresses elsewhere in the text say how many members there are.
    let several_addresses = context.named(etcd::CLIENTS).any(|(_, run)| {
        subcommands::value(run.command, "--endpoints")
            .is_some_and(|list| list.split(',').filter(|one| !one.is_empty()).count() > 1)
    });
    for restore in &restores {
        let setting = &restore.run.command.setting;
        let several =
            several_places || several_addresses || setting.remote.is_some() && setting.repeated;
        let (message, severity) = match &restore.members {
            None if several => (
                "each member is restored as a cluster of its own: --initial-cluster is missing",
                Severity::Critical,
            ),
            None => (
                "the member is restored as a cluster of one: --name, --initial-cluster and its peer address are missing",
                Severity::Medium,
            ),
            Some(list)
                if list.contains(',')
                    && !subcommands::has(restore.run.command, "--initial-cluster-token") =>
            {
                (
                    "the restored cluster has the token of every other: --initial-cluster-token is missing",
                    Severity::Medium,
                )
            }
            Some(_) => continue,
        };
        let finding = report.add(&RULE, restore.unit, restore.run.command.span, message.to_owned());
        finding.severity = severity;
    }
}

/// Tells whether a restore goes to a directory that nothing will serve.
fn is_drill(restore: &etcd::Restore<'_, '_>) -> bool {
    let command = restore.run.command;
    let at = command.arguments().iter().position(|word| word.shown().starts_with("--data-dir"));
    let Some(at) = at else { return false };
    let word = &command.arguments()[at];
    let word =
        if word.shown() == "--data-dir" { command.arguments().get(at + 1) } else { Some(word) };
    word.is_some_and(|word| {
        word.comes_from(crate::shell::Origin::Temporary)
            || crate::check::names::looks_scratch(&word.shown().replace("--data-dir=", ""))
    })
}
