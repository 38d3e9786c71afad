//! K8S01: objects without their data.

use crate::check::rule::{Example, Report, Rule};
use crate::check::{Context, Run, Unit, subcommands};
use crate::evidence::Severity;

/// A namespace comes back with empty volumes and looks well.
pub const RULE: Rule = Rule {
    code: "K8S01",
    name: "velero-without-volumes",
    severity: Severity::High,
    summary: "a Velero backup leaves out the data of the volumes, or nothing says and nobody looks whether it holds it",
    why: "objects are restored, claims are bound to new empty volumes, and the application starts on nothing",
    fix: "--snapshot-volumes or --snapshot-move-data where the storage has snapshots, --default-volumes-to-fs-backup where it has none; `velero backup describe NAME --details` lists the volumes",
    source: "Velero documentation, How Velero works and File System Backup: volumes are snapshotted only where a location or CSI is configured, and files only by opt-in",
    layer: "static",
    bad: &[
        Example::Script(
            r#"#!/usr/bin/env bash
set -euo pipefail
name="shop-$(date -u +%Y%m%dt%H%M%Sz)"
velero backup create "$name" --include-namespaces shop --snapshot-volumes=false --wait
phase=$(kubectl --context prod-1 -n velero get backup "$name" -o jsonpath='{.status.phase}')
[ "$phase" = Completed ]
"#,
        ),
        Example::Script(
            "velero schedule create nightly --schedule '0 3 * * *' --include-namespaces shop\n",
        ),
    ],
    good: &[
        Example::Script(
            r#"#!/usr/bin/env bash
set -euo pipefail
name="shop-$(date -u +%Y%m%dt%H%M%Sz)"
velero backup create "$name" --include-namespaces shop --default-volumes-to-fs-backup --wait
phase=$(kubectl --context prod-1 -n velero get backup "$name" -o jsonpath='{.status.phase}')
[ "$phase" = Completed ]
"#,
        ),
        Example::Script(
            "velero backup create shop-1 --include-namespaces shop --wait\nvelero backup describe shop-1 --details | grep 'Completed'\n",
        ),
        Example::Script(
            "velero backup create rbac-1 --include-resources clusterroles,clusterrolebindings --snapshot-volumes=false\n",
        ),
        Example::Script("velero backup create shop-2 --from-schedule nightly\n"),
    ],
    run,
};

/// Tells whether a command makes a backup, or a schedule that does.
pub fn makes_backup(run: Run<'_>) -> bool {
    let command = run.command;
    command.is(&["velero"])
        && ["backup", "schedule"].iter().any(|noun| {
            subcommands::says(command, &[noun, "create"])
                || subcommands::says(command, &["create", noun])
        })
}

fn run(context: &Context<'_>, report: &mut Report) {
    for (unit, run) in context.named(&["velero"]).filter(|(_, run)| makes_backup(*run)) {
        let command = run.command;
        let says = |names: &[&str]| names.iter().any(|name| subcommands::has(command, name));
        // A list of kinds, or a schedule that says it, decides by itself.
        let chosen = says(&[
            "--default-volumes-to-fs-backup",
            "--default-volumes-to-restic",
            "--snapshot-move-data",
            "--snapshot-volumes",
            "--volume-snapshot-locations",
            "--include-resources",
            "--include-cluster-scoped-resources",
            "--include-namespace-scoped-resources",
            "--from-schedule",
            "--resource-policies-configmap",
        ]);
        if chosen {
            continue;
        }
        let refused = subcommands::value(command, "--snapshot-volumes").as_deref() == Some("false");
        let (message, severity) = if refused {
            ("the backup holds no data of volumes", Severity::High)
        } else if !looked_at(context, unit, run) {
            (
                "nothing says how the data of the volumes gets into the backup, and nothing looks whether it did",
                Severity::Medium,
            )
        } else {
            continue;
        };
        report.add(&RULE, unit, command.span, message.to_owned()).severity = severity;
    }
}

/// Tells whether something behind the backup lists the volumes in it.
fn looked_at(context: &Context<'_>, unit: &Unit<'_>, run: Run<'_>) -> bool {
    context.after(unit, run).any(|(_, other)| {
        let command = other.command;
        let volumes = ["podvolumebackup", "volumesnapshot", "datauploads", "dataupload"];
        command.is(&["velero"]) && subcommands::has(command, "--details")
            || command.is(&["kubectl", "oc"])
                && subcommands::plain_words(command).iter().any(|word| {
                    volumes.iter().any(|kind| word.to_ascii_lowercase().starts_with(kind))
                })
    })
}
