//! K8S06: a manifest that the cluster refuses, or accepts without the part that mattered.

use crate::check::Context;
use crate::check::rule::{Example, Report, Rule};
use crate::evidence::Severity;

/// A field in the wrong place is refused today and was dropped silently yesterday.
pub const RULE: Rule = Rule {
    code: "K8S06",
    name: "manifest-not-accepted",
    severity: Severity::High,
    summary: "a manifest of Kubernetes has a field that does not belong where it stands, of the wrong shape, or twice",
    why: "`kubectl apply` stops at it in the middle of a recovery; of a key that stands twice only the last counts, and the volume or the count in the first one is not there",
    fix: "`kubectl apply --dry-run=server -f FILE` before it is kept, and the place that `kubectl explain` names",
    source: "the models of the Kubernetes Python client 34.1.0 to 37.0.2, which are made of the API of 1.34 to 1.37: every field was compared; measured: a reader of YAML keeps the last of two equal keys",
    layer: "static",
    bad: &[
        Example::File {
            name: "db.yaml",
            text: r#"apiVersion: v1
kind: Pod
metadata:
  name: db
spec:
  replicas: 3
  containers:
    - name: db
      image: postgres:15
  volumeMounts:
    - name: data
      mountPath: /var/lib/postgresql/data
  volumes:
    - name: data
      hostPath: /srv/pg
"#,
        },
        Example::File {
            name: "claim.yaml",
            text: "apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {name: data}\nspec:\n  accessModes: [ReadWriteOnce]\n  resources: {requests: {storage: 10Gi}}\n  resources: {requests: {storage: 100Gi}}\n",
        },
    ],
    good: &[
        Example::File {
            name: "nightly.yaml",
            text: r#"apiVersion: batch/v1
kind: CronJob
metadata: {name: nightly-dump}
spec:
  schedule: "20 2 * * *"
  concurrencyPolicy: Forbid
  jobTemplate:
    spec:
      backoffLimit: 1
      activeDeadlineSeconds: 7200
      template:
        spec:
          restartPolicy: Never
          containers:
            - name: dump
              image: registry.corp.internal/dump:4.2
              command: [pg_dump, -Fc, -f, /copies/shop.new, shop]
              volumeMounts: [{name: copies, mountPath: /copies}]
          volumes:
            - name: copies
              nfs: {server: nas1.corp.internal, path: /srv/copies}
"#,
        },
        Example::File {
            name: "schedule.yaml",
            text: "apiVersion: velero.io/v1\nkind: Schedule\nmetadata: {name: nightly, namespace: velero}\nspec: {schedule: '0 3 * * *', template: {includedNamespaces: [shop], ttl: 720h}}\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata: {replicas: '3'}\n",
        },
    ],
    run,
};

fn run(context: &Context<'_>, report: &mut Report) {
    for manifest in context.manifests {
        let twice =
            manifest.problems.iter().filter(|problem| problem.message.contains("a second time"));
        let wrong = manifest.wrong_fields();
        for problem in twice.chain(&wrong) {
            report.add_python(&RULE, problem.span, problem.message.clone());
        }
    }
}
