//! ET003: members of one cluster restored from different snapshots.

use crate::check::rule::{Example, Report, Rule};
use crate::check::{Context, etcd};
use crate::evidence::Severity;

/// Every member must start from the same state, or the same question gets different answers.
pub const RULE: Rule = Rule {
    code: "ET003",
    name: "etcd-members-differ",
    severity: Severity::High,
    summary: "members of one cluster are restored from different snapshots",
    why: "each member holds other keys under the same revision; nothing notices, and readers get now the one, now the other",
    fix: "copy one snapshot to every member, compare its SHA-256 on each, and restore all from it",
    source: "etcd documentation, Disaster recovery: all members should restore using the same snapshot",
    layer: "static",
    bad: &[
        Example::Script(
            r#"set -euo pipefail
cluster=m1=https://10.0.0.11:2380,m2=https://10.0.0.12:2380,m3=https://10.0.0.13:2380
ssh m1 etcdutl snapshot restore /backup/etcd/m1.db --name m1 --initial-cluster "$cluster" --initial-cluster-token r1 --data-dir /var/lib/etcd
ssh m2 etcdutl snapshot restore /backup/etcd/m2.db --name m2 --initial-cluster "$cluster" --initial-cluster-token r1 --data-dir /var/lib/etcd
ssh m3 etcdutl snapshot restore /backup/etcd/m3.db --name m3 --initial-cluster "$cluster" --initial-cluster-token r1 --data-dir /var/lib/etcd
"#,
        ),
        Example::Script(
            "systemctl stop etcd\nmv /var/lib/etcd /var/lib/etcd.bad\netcdctl snapshot restore \"/backup/etcd/$(hostname -s).db\" --data-dir /var/lib/etcd --name \"$(hostname -s)\" --initial-cluster a=https://a:2380,b=https://b:2380 --initial-cluster-token r1\n",
        ),
    ],
    good: &[
        Example::Script(
            r#"set -euo pipefail
for m in m1 m2 m3; do
  scp /backup/etcd/snap.db "$m:/var/tmp/snap.db"
  ssh "$m" sha256sum --check /var/tmp/snap.sum
  ssh "$m" etcdutl snapshot restore /var/tmp/snap.db --name "$m" --initial-cluster m1=https://m1:2380,m2=https://m2:2380,m3=https://m3:2380 --initial-cluster-token r1 --data-dir /var/lib/etcd
done
"#,
        ),
        Example::Script(
            "etcdutl snapshot restore /backup/shop.db --data-dir /srv/shop.etcd --name shop --initial-cluster shop=https://a:2380\netcdutl snapshot restore /backup/wiki.db --data-dir /srv/wiki.etcd --name wiki --initial-cluster wiki=https://b:2380\n",
        ),
    ],
    run,
};

fn run(context: &Context<'_>, report: &mut Report) {
    let restores = etcd::restores(context);
    for restore in &restores {
        let Some(members) = restore.members.as_ref().filter(|list| list.contains(',')) else {
            continue;
        };
        let own = restore.snapshot.to_ascii_lowercase().contains("hostname");
        let other = restores.iter().find(|other| {
            other.members.as_ref() == Some(members) && other.snapshot != restore.snapshot
        });
        let message = match other {
            Some(other) => format!(
                "this member is restored from {}, another one from {}",
                restore.snapshot, other.snapshot
            ),
            None if own => {
                format!("each member is restored from a snapshot of its own, {}", restore.snapshot)
            }
            None => continue,
        };
        report.add(&RULE, restore.unit, restore.run.command.span, message);
    }
}
