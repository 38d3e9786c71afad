//! K8S02: a restore while backups are still made and expired in the same place.

use crate::check::rule::{Example, Report, Rule};
use crate::check::{Context, Run, subcommands};
use crate::evidence::{Place, Severity};
use crate::plan::StepKind;

/// Schedules do not know that there is a disaster.
pub const RULE: Rule = Rule {
    code: "K8S02",
    name: "velero-restored-into-writable",
    severity: Severity::Medium,
    summary: "a Velero restore starts while its storage location can still be written",
    why: "a schedule backs up the half-restored cluster, and the expiry of old backups goes on; the one that is being restored can be among them",
    fix: "`kubectl patch backupstoragelocation NAME -n velero --type merge --patch '{\"spec\":{\"accessMode\":\"ReadOnly\"}}'` before, ReadWrite again afterwards",
    source: "Velero documentation, Disaster recovery, Using Schedules and Read-Only Backup Storage Locations",
    layer: "static",
    bad: &[
        Example::Script("velero restore create --from-backup shop-20261120 --wait\n"),
        Example::Script(
            r#"set -euo pipefail
kubectl config use-context dr-1
velero backup get
velero restore create shop-back --from-backup nightly-20261120030000 --existing-resource-policy=update --wait
kubectl patch backupstoragelocation default -n velero --type merge --patch '{"spec":{"accessMode":"ReadOnly"}}'
kubectl -n shop get pods
"#,
        ),
    ],
    good: &[
        Example::Script(
            r#"set -euo pipefail
kubectl --context dr-1 patch backupstoragelocation default -n velero --type merge --patch '{"spec":{"accessMode":"ReadOnly"}}'
velero restore create shop-back --from-backup nightly-20261120030000 --wait
kubectl --context dr-1 -n shop get pods
kubectl --context dr-1 patch backupstoragelocation default -n velero --type merge --patch '{"spec":{"accessMode":"ReadWrite"}}'
"#,
        ),
        // A drill into a namespace of its own is no disaster.
        Example::Script(
            "velero restore create drill-1 --from-backup nightly-20261120030000 --namespace-mappings shop:shop-drill --wait\n",
        ),
        Example::Script("velero restore get\nvelero restore describe shop-back\n"),
    ],
    run,
};

/// Tells whether a command restores.
pub fn restores(run: Run<'_>) -> bool {
    let command = run.command;
    command.is(&["velero"])
        && (subcommands::says(command, &["restore", "create"])
            || subcommands::says(command, &["create", "restore"]))
}

fn run(context: &Context<'_>, report: &mut Report) {
    let by_hand = |words: &str| {
        let words = words.to_ascii_lowercase();
        words.contains("read-only") || words.contains("readonly") || words.contains("read only")
    };
    let told = context
        .plan
        .iter()
        .flat_map(|plan| &plan.steps)
        .any(|step| step.kind == StepKind::Manual && by_hand(&step.title));
    for (unit, run) in context.named(&["velero"]).filter(|(_, run)| restores(*run)) {
        let drill = subcommands::has(run.command, "--namespace-mappings");
        let closed = context.before(unit, run).any(|(_, other)| {
            let words =
                other.command.arguments().iter().map(|word| word.shown()).collect::<Vec<_>>();
            words.iter().any(|word| word.contains("accessMode") || word.contains("--access-mode"))
                && words.iter().any(|word| word.contains("ReadOnly"))
        });
        if !drill && !closed && !told && unit.part != Place::Rollback {
            let message =
                "the place of the backups can be written while it is restored from".to_owned();
            report.add(&RULE, unit, run.command.span, message);
        }
    }
}
