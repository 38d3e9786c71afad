//! K8S07: pods that are counted as copies of data.

use crate::base::Span;
use crate::base::yaml::Node;
use crate::check::rule::{Example, Report, Rule};
use crate::check::{Context, Manifest, Volume};
use crate::evidence::Severity;
use crate::shell::path;

/// Three pods on one disk are one copy, and a directory of a node is gone with the node.
pub const RULE: Rule = Rule {
    code: "K8S07",
    name: "pods-as-copies",
    severity: Severity::High,
    summary: "a database keeps its data in emptyDir or hostPath, several pods keep theirs in hostPath, or those of a Deployment share one claim",
    why: "emptyDir goes with the pod, hostPath with the node; pods on one claim write into the same files, and none of them is a second copy",
    fix: "a StatefulSet with volumeClaimTemplates on a class with snapshots, replication of the database itself, and a backup outside of the cluster",
    source: "Kubernetes documentation, Volumes: emptyDir is deleted for ever with its pod; hostPath is a path of one node",
    layer: "static",
    bad: &[
        Example::File {
            name: "db.yaml",
            text: r#"apiVersion: apps/v1
kind: Deployment
metadata: {name: db}
spec:
  replicas: 3
  selector: {matchLabels: {app: db}}
  template:
    metadata: {labels: {app: db}}
    spec:
      containers:
        - name: db
          image: registry.corp.internal/library/postgres:15
          volumeMounts:
            - {name: data, mountPath: /var/lib/postgresql/data}
      volumes:
        - name: data
          hostPath: {path: /srv/pg}
"#,
        },
        Example::File {
            name: "cache.yaml",
            text: "apiVersion: v1\nkind: Pod\nmetadata: {name: m}\nspec:\n  containers:\n    - name: m\n      image: mariadb:10.11\n      volumeMounts: [{name: d, mountPath: /var/lib/mysql}]\n  volumes: [{name: d, emptyDir: {}}]\n",
        },
        Example::File {
            name: "files.yaml",
            text: "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: files}\nspec:\n  replicas: 2\n  selector: {matchLabels: {app: f}}\n  template:\n    metadata: {labels: {app: f}}\n    spec:\n      containers: [{name: f, image: files:1}]\n      volumes: [{name: data, persistentVolumeClaim: {claimName: data}}]\n",
        },
    ],
    good: &[
        Example::File {
            name: "db.yaml",
            text: r#"apiVersion: apps/v1
kind: StatefulSet
metadata: {name: db}
spec:
  serviceName: db
  replicas: 3
  selector: {matchLabels: {app: db}}
  template:
    metadata: {labels: {app: db}}
    spec:
      containers:
        - name: db
          image: postgres:15
          volumeMounts:
            - {name: data, mountPath: /var/lib/postgresql/data}
            - {name: scratch, mountPath: /tmp}
      volumes:
        - {name: scratch, emptyDir: {}}
  volumeClaimTemplates:
    - metadata: {name: data}
      spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 100Gi}}}
"#,
        },
        Example::File {
            name: "agent.yaml",
            text: "apiVersion: apps/v1\nkind: DaemonSet\nmetadata: {name: logs}\nspec:\n  selector: {matchLabels: {app: l}}\n  template:\n    metadata: {labels: {app: l}}\n    spec:\n      containers: [{name: l, image: fluent-bit:3, volumeMounts: [{name: v, mountPath: /var/log}]}]\n      volumes: [{name: v, hostPath: {path: /var/log}}]\n",
        },
    ],
    run,
};

fn run(context: &Context<'_>, report: &mut Report) {
    for manifest in context.manifests {
        let several = manifest.kind == "Deployment" && manifest.replicas().is_some_and(|n| n > 1);
        let copies = manifest.kind != "DaemonSet"
            && manifest.replicas().is_some_and(|replicas| replicas > 1);
        for volume in manifest.volumes() {
            let database = holds_data(manifest, volume.name);
            let (message, severity) = match volume.source {
                "emptyDir" if database => {
                    ("the data of the database go with the pod", Severity::High)
                }
                "hostPath" if database => {
                    ("the data of the database lie on one node", Severity::High)
                }
                "hostPath" if copies && keeps_data(manifest, volume) => (
                    "each of the pods sees the directory of its own node; none is a copy of another",
                    Severity::Medium,
                ),
                "persistentVolumeClaim" if several && database => {
                    ("several pods of a database write into one volume", Severity::High)
                }
                "persistentVolumeClaim" if several => {
                    ("several pods share one volume; they are no copies of it", Severity::Low)
                }
                _ => continue,
            };
            add(report, volume.span, message).severity = severity;
        }
    }
}

fn add<'r>(report: &'r mut Report, span: Span, message: &str) -> &'r mut crate::evidence::Finding {
    report.add_python(&RULE, span, message.to_owned())
}

/// Tells whether a directory of a node is one for data, and not one of the machine that pods only look at.
fn keeps_data(manifest: &Manifest, volume: Volume<'_>) -> bool {
    let path = volume.value.text().or_else(|| volume.value.get("path").and_then(Node::text));
    let machine = [
        "/dev",
        "/etc",
        "/lib",
        "/proc",
        "/run",
        "/sys",
        "/tmp",
        "/usr",
        "/var/lib/containerd",
        "/var/lib/docker",
        "/var/lib/kubelet",
        "/var/log",
        "/var/run",
    ];
    let data = |path: &str| path.len() > 1 && !machine.iter().any(|m| path::within(path, m));
    let mounts = manifest
        .containers()
        .flat_map(|container| container.get("volumeMounts").map_or(&[][..], Node::items));
    let read_only = |mount: &Node| {
        mount.get("name").and_then(Node::text) == Some(volume.name)
            && mount.get("readOnly").and_then(Node::text) == Some("true")
    };
    path.is_some_and(data) && !mounts.into_iter().any(read_only)
}

/// Tells whether a database keeps its data in this volume.
fn holds_data(manifest: &Manifest, volume: &str) -> bool {
    manifest.containers().any(|container| {
        let image = container.get("image").and_then(Node::text).unwrap_or_default();
        let name = image.rsplit('/').next().unwrap_or_default();
        let name = name.split([':', '@']).next().unwrap_or_default();
        let databases = [
            "postgres",
            "postgresql",
            "mysql",
            "mariadb",
            "percona",
            "mongo",
            "mongodb",
            "redis",
            "valkey",
            "etcd",
            "elasticsearch",
            "opensearch",
            "minio",
            "cassandra",
            "clickhouse",
            "influxdb",
            "zookeeper",
            "rabbitmq",
            "kafka",
            "postgis",
            "timescaledb",
        ];
        let mounts = container.get("volumeMounts").map_or(&[][..], Node::items);
        let data = mounts.iter().any(|mount| {
            let at = |key| mount.get(key).and_then(Node::text).unwrap_or_default();
            let path = at("mountPath");
            let kept = path.contains("/data")
                || path.starts_with("/var/lib")
                || path.starts_with("/bitnami");
            at("name") == volume && kept
        });
        databases.contains(&name) && data
    })
}
