//! K8S04: a restore that changes nothing that exists.

use super::velero_restored_into_writable::restores;
use crate::check::rule::{Example, Report, Rule};
use crate::check::{Context, subcommands};
use crate::evidence::{Place, Severity};

/// By default Velero leaves alone whatever has the same name.
pub const RULE: Rule = Rule {
    code: "K8S04",
    name: "velero-keeps-what-is-there",
    severity: Severity::Medium,
    summary: "a Velero restore says nothing of what exists already, and nothing looked whether something does",
    why: "objects of the same name are skipped with a warning: the damaged ones stay as they are, and the restore says Completed",
    fix: "--existing-resource-policy=update where the old state shall win, --namespace-mappings to restore beside it, or a look that the namespace is not there",
    source: "Velero documentation, Restore Reference: existing resources are not overwritten by default",
    layer: "static",
    bad: &[
        Example::Script("velero restore create --from-backup shop-20261120\n"),
        Example::Script(
            r#"set -euo pipefail
kubectl --context dr-1 patch backupstoragelocation default -n velero --type merge --patch '{"spec":{"accessMode":"ReadOnly"}}'
velero restore create shop-back --from-backup nightly-20261120030000 --include-namespaces shop --wait
kubectl --context dr-1 -n shop rollout status deployment/web --timeout=10m
"#,
        ),
    ],
    good: &[
        Example::Script(
            r#"#!/bin/bash
set -euo pipefail
# restores the shop into a cluster where it must not be yet
kubectl --context dr-1 patch backupstoragelocation default -n velero --type merge --patch '{"spec":{"accessMode":"ReadOnly"}}'
if kubectl --context dr-1 get namespace shop > /dev/null 2>&1; then
  echo "shop is there already" >&2
  exit 1
fi
velero restore create shop-back --from-backup nightly-20261120030000 --include-namespaces shop --wait
kubectl --context dr-1 -n shop rollout status deployment/web --timeout=10m
"#,
        ),
        Example::Script(
            r#"set -euo pipefail
if kubectl --context dr-1 get namespace shop > /dev/null 2>&1; then echo "shop is there already" >&2; exit 1; fi
velero restore create shop-back --from-backup nightly-20261120030000 --include-namespaces shop --wait
"#,
        ),
        Example::Script(
            "velero restore create b --from-backup shop-20261120 --existing-resource-policy=update\nvelero restore create d --from-backup shop-20261120 --namespace-mappings shop:shop-drill\n",
        ),
    ],
    run,
};

fn run(context: &Context<'_>, report: &mut Report) {
    for (unit, run) in context.named(&["velero"]).filter(|(_, run)| restores(*run)) {
        let command = run.command;
        let decided = ["--existing-resource-policy", "--namespace-mappings"]
            .iter()
            .any(|flag| subcommands::has(command, flag));
        let looked = context.before(unit, run).any(|(_, other)| {
            let words = subcommands::plain_words(other.command);
            let about = |kinds: &[&str]| words.iter().any(|word| kinds.contains(&word.as_str()));
            let cluster = other.command.is(&["kubectl", "oc"])
                && about(&["get", "delete", "rename"])
                && about(&["namespace", "namespaces", "ns", "all", "pods", "project"]);
            let new =
                other.command.is(&["kind", "eksctl", "k3d", "minikube", "kubeadm", "gcloud", "az"])
                    && about(&["create", "init", "start"]);
            cluster || new
        });
        if !decided && !looked && unit.part != Place::Rollback {
            let message =
                "what exists already stays as it is, and nothing looked whether something does"
                    .to_owned();
            report.add(&RULE, unit, command.span, message);
        }
    }
}
