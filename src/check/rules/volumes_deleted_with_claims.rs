//! K8S05: claims deleted, and the disks with them.

use crate::check::names::is_scratch_database;
use crate::check::rule::{Example, Report, Rule};
use crate::check::{Context, Run, Unit, subcommands};
use crate::evidence::Severity;
use crate::plan::StepKind;

/// Deleting a claim deletes the disk behind it, unless its class or the volume says Retain.
pub const RULE: Rule = Rule {
    code: "K8S05",
    name: "volumes-deleted-with-claims",
    severity: Severity::Critical,
    summary: "a namespace, a claim or a volume is deleted, and nothing made its volumes stay",
    why: "the reclaim policy of volumes made on demand is Delete: the provider removes the disk with everything on it, and a new claim binds an empty one",
    fix: "first `kubectl patch pv NAME -p '{\"spec\":{\"persistentVolumeReclaimPolicy\":\"Retain\"}}'` for every volume, and a snapshot of each; or restore beside it into another namespace",
    source: "Kubernetes API, PersistentVolumeSpec: Delete is the default for dynamically provisioned volumes, Retain for those made by hand",
    layer: "static",
    bad: &[
        Example::Script("kubectl --context prod-1 delete pvc data-pg-0 -n shop\n"),
        Example::Script(
            r#"#!/usr/bin/env bash
set -euo pipefail
# start over with a clean namespace
kubectl --context prod-1 delete namespace shop --wait=true
kubectl --context prod-1 create namespace shop
kubectl --context prod-1 apply -n shop -f /backup/shop/manifests/
kubectl --context prod-1 -n shop rollout status statefulset/pg --timeout=10m
"#,
        ),
        Example::Script(
            "for c in $(kubectl -n shop get pvc -o name); do kubectl -n shop delete \"$c\"; done\n",
        ),
    ],
    good: &[
        Example::Script(
            "set -eu\nctx=$(kubectl config current-context)\n[[ $ctx == kind-* ]] || { echo 'no test cluster' >&2; exit 1; }\nkubectl delete ns shop\n",
        ),
        Example::Script(
            r#"#!/usr/bin/env bash
set -euo pipefail
for pv in $(kubectl --context prod-1 get pvc -n shop -o jsonpath='{.items[*].spec.volumeName}'); do
  kubectl --context prod-1 patch pv "$pv" -p '{"spec":{"persistentVolumeReclaimPolicy":"Retain"}}'
done
kubectl --context prod-1 delete namespace shop
kubectl --context prod-1 apply -f /backup/shop.yaml
"#,
        ),
        Example::Script(
            "kubectl create namespace shop-drill\nvelero restore create d1 --from-backup n1 --namespace-mappings shop:shop-drill --wait\nkubectl delete namespace shop-drill\n",
        ),
        Example::Script(
            "kubectl --context prod-1 delete namespace shop --dry-run=server\nkubectl -n shop delete pod pg-0\nkubectl -n shop delete statefulset pg --cascade=orphan\n",
        ),
    ],
    run,
};

fn run(context: &Context<'_>, report: &mut Report) {
    let told = context.plan.iter().flat_map(|plan| &plan.steps).any(|step| {
        step.kind == StepKind::Manual && step.title.to_ascii_lowercase().contains("retain")
    });
    for (unit, run) in context.named(&["kubectl", "oc"]) {
        let Some(what) = deletes(run).or_else(|| listed(context, unit, run)) else { continue };
        let own = scratch(context, unit, run);
        let kept = context.before(unit, run).any(|(_, other)| {
            let words = other
                .command
                .arguments()
                .iter()
                .map(|a| a.shown().into_owned())
                .collect::<Vec<_>>();
            let input = other.command.input.iter().map(|a| a.shown().into_owned());
            let mut all = words.iter().cloned().chain(input);
            all.any(|word| {
                word.contains("Retain")
                    || word.contains("VolumeSnapshot")
                    || word == "create-snapshot"
            })
        });
        if !own && !kept && !told && !on_test_cluster(context, unit, run) {
            let message = format!("{what} is deleted, and its volumes with it");
            report.add(&RULE, unit, run.command.span, message);
        }
    }
}

/// Tells whether the script goes on only in a cluster that runs on one machine for tests (kind, minikube, k3d).
fn on_test_cluster(context: &Context<'_>, unit: &Unit<'_>, run: Run<'_>) -> bool {
    let asks = context.before(unit, run).any(|(_, other)| other.command.has("current-context"));
    let names = ["kind-", "minikube", "k3d-", "docker-desktop", "colima"];
    let mut tests = false;
    crate::check::outcome::each(&unit.script.statements, &mut |statement, _| {
        let text = unit.slice(statement.span);
        tests |= statement.span.end <= run.command.span.start
            && text.starts_with(['[', 't'])
            && names.iter().any(|name| text.contains(name));
    });
    asks && tests
}

/// Returns what is deleted, where it can hold volumes.
fn deletes(run: Run<'_>) -> Option<&'static str> {
    let command = run.command;
    if !command.is(&["kubectl", "oc"]) || subcommands::has(command, "--dry-run") {
        return None;
    }
    let words = subcommands::plain_words(command);
    let verb = words.iter().position(|word| word == "delete")?;
    words[verb + 1..].iter().find_map(|word| {
        let kind = word.split(['/', '.']).next().unwrap_or_default().to_ascii_lowercase();
        match kind.as_str() {
            "ns" | "namespace" | "namespaces" | "project" => Some("the namespace"),
            "pvc" | "persistentvolumeclaim" | "persistentvolumeclaims" => Some("the claim"),
            "pv" | "persistentvolume" | "persistentvolumes" => Some("the volume"),
            _ => None,
        }
    })
}

/// Returns what is deleted, where a list of claims gave its names.
fn listed(context: &Context<'_>, unit: &Unit<'_>, run: Run<'_>) -> Option<&'static str> {
    let command = run.command;
    let named = |run: Run<'_>| run.command.is(&["kubectl", "oc"]);
    let open = subcommands::plain_words(command).last().is_some_and(|word| word.starts_with('$'));
    let lists = |(_, other): (&Unit<'_>, Run<'_>)| {
        let words = subcommands::plain_words(other.command);
        let claims = ["pvc", "persistentvolumeclaim", "persistentvolumeclaims"];
        named(other)
            && words.iter().any(|word| word == "get")
            && words.iter().any(|word| claims.contains(&word.as_str()))
            && words.iter().any(|word| word == "name")
    };
    let deletes = named(run) && subcommands::says(command, &["delete"]);
    (deletes && open && !subcommands::has(command, "--dry-run"))
        .then(|| context.before(unit, run).any(lists).then_some("the claim"))
        .flatten()
}

/// Tells whether what is deleted was made by the script itself, or says by its name that it holds nothing of value.
fn scratch(context: &Context<'_>, unit: &Unit<'_>, run: Run<'_>) -> bool {
    let words = subcommands::plain_words(run.command);
    let namespace = subcommands::value(run.command, "-n")
        .or_else(|| subcommands::value(run.command, "--namespace"));
    let names = words.iter().chain(&namespace);
    let of_drill = |word: &String| is_scratch_database(word) && word != "delete";
    let made = |name: &String| {
        context.before(unit, run).any(|(_, other)| {
            other.command.is(&["kubectl", "oc"])
                && subcommands::says(other.command, &["create"])
                && subcommands::plain_words(other.command).last() == Some(name)
        })
    };
    let verb = words.iter().position(|word| word == "delete").unwrap_or(0);
    names.clone().any(of_drill) || words[verb + 1..].iter().any(made)
}
