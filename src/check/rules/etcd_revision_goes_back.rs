//! ET004: a restore of a Kubernetes store after which revisions run backwards.

use crate::check::rule::{Example, Report, Rule};
use crate::check::{Context, etcd, subcommands};
use crate::evidence::Severity;

/// Controllers remember the last revision they saw, and wait for higher ones.
pub const RULE: Rule = Rule {
    code: "ET004",
    name: "etcd-revision-goes-back",
    severity: Severity::Medium,
    summary: "the store of a Kubernetes cluster is restored without raising its revision",
    why: "controllers and kubelets keep what they saw after the snapshot, miss changes below the revision they know, and act on objects that are gone",
    fix: "`etcdutl snapshot restore --bump-revision 1000000000 --mark-compacted`, and restart every client of the API; where the version lacks the flags, restart all of them",
    source: "etcd documentation 3.6, Disaster recovery, restoring with revision bump",
    layer: "static",
    bad: &[
        Example::Script(
            r#"set -euo pipefail
mv /etc/kubernetes/manifests/kube-apiserver.yaml /etc/kubernetes/manifests/etcd.yaml /root/held/
mv /var/lib/etcd "/var/lib/etcd.bad.$(date +%s)"
etcdutl snapshot restore /backup/etcd/snap.db --data-dir /var/lib/etcd --name cp1 --initial-cluster cp1=https://10.0.0.11:2380 --initial-advertise-peer-urls https://10.0.0.11:2380
mv /root/held/etcd.yaml /root/held/kube-apiserver.yaml /etc/kubernetes/manifests/
kubectl get nodes
"#,
        ),
        Example::Script(
            "systemctl stop kubelet\netcdutl snapshot restore --bump-revision 1000000000 /b/snap.db --data-dir /var/lib/etcd.new\nsystemctl start kubelet\n",
        ),
    ],
    good: &[
        Example::Script(
            r#"set -euo pipefail
mv /etc/kubernetes/manifests/kube-apiserver.yaml /root/held/
etcdutl snapshot restore /backup/etcd/snap.db --bump-revision 1000000000 --mark-compacted --data-dir /var/lib/etcd.new
mv /root/held/kube-apiserver.yaml /etc/kubernetes/manifests/
"#,
        ),
        Example::Script(
            "systemctl stop etcd patroni\netcdutl snapshot restore /backup/patroni-etcd.db --data-dir /var/lib/etcd.new\nsystemctl start etcd\n",
        ),
        // The client of 3.4 has no such flags.
        Example::Script(
            "ETCDCTL_API=3 etcdctl snapshot restore /backup/etcd/snap.db --data-dir /var/lib/etcd.new\nsystemctl restart kubelet\n",
        ),
    ],
    run,
};

fn run(context: &Context<'_>, report: &mut Report) {
    let restores = etcd::restores(context);
    if restores.is_empty() || !etcd::is_of_kubernetes(context) {
        return;
    }
    for restore in restores {
        let command = restore.run.command;
        let bumped = subcommands::has(command, "--bump-revision")
            && subcommands::has(command, "--mark-compacted");
        if command.is(&["etcdutl"]) && !bumped {
            report.add(
                &RULE,
                restore.unit,
                command.span,
                "the revision goes back to that of the snapshot, and clients know a higher one"
                    .to_owned(),
            );
        }
    }
}
