//! K8S08: `kubectl get all` kept as a backup.

use crate::check::rule::{Example, Report, Rule};
use crate::check::{Context, subcommands};
use crate::evidence::Severity;
use crate::shell::ast::RedirectKind;

/// "all" is a list of nine kinds, and none of them holds a secret, a setting or a claim.
pub const RULE: Rule = Rule {
    code: "K8S08",
    name: "get-all-as-backup",
    severity: Severity::High,
    summary: "the output of `kubectl get all` is kept as the copy of a namespace",
    why: "it leaves out Secrets, ConfigMaps, claims, Ingresses, roles and every custom resource; what comes back cannot start",
    fix: "a tool that asks for every kind (Velero), or `kubectl api-resources --verbs=list --namespaced -o name` and one `kubectl get` for each; the source of the manifests in git is better than both",
    source: "kubectl: the category \"all\" of `kubectl api-resources --categories=all` (pods, services, controllers, jobs)",
    layer: "static",
    bad: &[
        Example::Script("kubectl get all -n shop -o yaml > \"/backup/shop-$(date +%F).yaml\"\n"),
        Example::Script(
            r#"#!/usr/bin/env bash
set -euo pipefail
out="/backup/k8s/$(date -u +%Y%m%dT%H%M%SZ)"
mkdir -p "$out"
for ns in $(kubectl --context prod-1 get ns -o name | cut -d/ -f2); do
  kubectl --context prod-1 get all --namespace "$ns" --output=yaml | gzip > "$out/$ns.yaml.gz"
done
"#,
        ),
    ],
    good: &[
        Example::Script(
            r#"#!/usr/bin/env bash
set -euo pipefail
out="/backup/k8s/$(date -u +%Y%m%dT%H%M%SZ)"
mkdir -p "$out"
kubectl --context prod-1 api-resources --verbs=list --namespaced -o name | while read -r kind; do
  kubectl --context prod-1 get "$kind" --all-namespaces -o yaml > "$out/$kind.yaml"
done
"#,
        ),
        Example::Script("kubectl get all -n shop\nkubectl get all -A -o wide > /dev/null\n"),
        Example::Script(
            "kubectl get all,secret,configmap,pvc,ingress -n shop -o yaml > /backup/shop.yaml.new\n",
        ),
    ],
    run,
};

fn run(context: &Context<'_>, report: &mut Report) {
    for (unit, run) in context.named(&["kubectl", "oc"]) {
        let command = run.command;
        let words = subcommands::plain_words(command);
        let only_all = words.windows(2).any(|pair| pair[0] == "get" && pair[1] == "all");
        let format =
            subcommands::value(command, "-o").or_else(|| subcommands::value(command, "--output"));
        let whole = format.is_some_and(|format| matches!(format.as_str(), "yaml" | "json"))
            || command.has("-oyaml")
            || command.has("-ojson");
        let kept = command.redirects.iter().any(|redirect| {
            matches!(redirect.kind, RedirectKind::Truncate | RedirectKind::Append)
                && redirect.target.shown() != "/dev/null"
        });
        let piped = command.setting.stage.is_some_and(|stage| stage.position + 1 < stage.length);
        let into_file = kept
            || piped
                && unit.runs().any(|other| {
                    let of =
                        |run: &crate::shell::Command| run.setting.stage.map(|stage| stage.pipeline);
                    of(other.command) == of(command)
                        && other.command.redirects.iter().any(|redirect| {
                            matches!(redirect.kind, RedirectKind::Truncate | RedirectKind::Append)
                        })
                });
        if only_all && whole && into_file {
            let message = "`all` leaves out secrets, settings and claims".to_owned();
            report.add(&RULE, unit, command.span, message);
        }
    }
}
