//! K8S03: a Velero backup that may have failed.

use super::velero_without_volumes::makes_backup;
use crate::check::rule::{Example, Report, Rule};
use crate::check::{Context, Run, Unit, subcommands};
use crate::evidence::Severity;

/// The command ends with success whatever the backup ended with.
pub const RULE: Rule = Rule {
    code: "K8S03",
    name: "velero-phase-not-looked-at",
    severity: Severity::High,
    summary: "a Velero backup is made and its phase is not asked for, or a partly failed one counts as good",
    why: "`velero backup create --wait` exits 0 when the backup failed; nobody hears of it until a restore is needed",
    fix: "afterwards `[ \"$(kubectl -n velero get backup NAME -o jsonpath='{.status.phase}')\" = Completed ]`, and nothing else counts",
    source: "RamenDR issue 1281: \"Backup completed with status: Failed\" and exit code 0; Velero pull request 1386: PartiallyFailed is the phase of a backup with errors",
    layer: "static",
    bad: &[
        Example::Script(
            r#"#!/usr/bin/env bash
set -euo pipefail
name="shop-$(date -u +%Y%m%dt%H%M%Sz)"
velero backup create "$name" --include-namespaces shop --default-volumes-to-fs-backup --wait
echo "backup $name done"
velero backup delete "shop-$(date -u -d '30 days ago' +%Y%m%d)" --confirm
"#,
        ),
        Example::Script(
            "velero backup create shop-1 --default-volumes-to-fs-backup --wait\nvelero backup get shop-1 | grep -E 'Completed|PartiallyFailed'\n",
        ),
    ],
    good: &[
        Example::Script(
            r#"#!/usr/bin/env bash
set -euo pipefail
name="shop-$(date -u +%Y%m%dt%H%M%Sz)"
velero backup create "$name" --include-namespaces shop --default-volumes-to-fs-backup --wait
phase=$(kubectl --context prod-1 -n velero get backup "$name" -o jsonpath='{.status.phase}')
[ "$phase" = Completed ] || { echo "$name: $phase" >&2; exit 1; }
"#,
        ),
        Example::Script(
            "velero backup create shop-1 --default-volumes-to-fs-backup\nkubectl -n velero wait backup/shop-1 --for=jsonpath='{.status.phase}'=Completed --timeout=2h\n",
        ),
        Example::Script(
            "velero backup create shop-1 --snapshot-volumes --wait\nvelero backup describe shop-1 --details\n",
        ),
        Example::Script(
            "velero schedule create nightly --schedule '0 3 * * *' --snapshot-volumes\n",
        ),
    ],
    run,
};

fn run(context: &Context<'_>, report: &mut Report) {
    for (unit, run) in context.named(&["velero", "grep", "egrep", "awk", "rg"]) {
        let command = run.command;
        let pattern = command.is(&["grep", "egrep", "awk", "rg"]) && {
            let words: Vec<String> =
                command.arguments().iter().map(|a| a.shown().into_owned()).collect();
            let says = |name: &str| words.iter().any(|word| word.contains(name));
            let counts =
                words.iter().any(|word| word.starts_with("-v") || word == "--invert-match");
            says("PartiallyFailed") && says("Completed") && !counts
        };
        let velero = || context.named(&["velero"]).any(|(_, other)| makes_backup(other));
        if pattern && velero() {
            let message = "a backup that failed in part counts as good".to_owned();
            report.add(&RULE, unit, command.span, message);
        }
        let schedules = subcommands::says(command, &["schedule", "create"])
            || subcommands::says(command, &["create", "schedule"]);
        if makes_backup(run) && !schedules && !asked(context, unit, run) {
            let message = "nothing asks for the phase the backup ended in".to_owned();
            report.add(&RULE, unit, command.span, message);
        }
    }
}

/// Tells whether something behind the backup asks for its phase, or shows it to somebody.
fn asked(context: &Context<'_>, unit: &Unit<'_>, run: Run<'_>) -> bool {
    context.after(unit, run).any(|(_, other)| {
        let command = other.command;
        let words: Vec<String> =
            command.arguments().iter().map(|a| a.shown().into_owned()).collect();
        let of_velero = command.is(&["velero"])
            && (words.iter().any(|word| word == "get" || word == "describe" || word == "logs"))
            && words.iter().any(|word| word.contains("backup"));
        let of_cluster = command.is(&["kubectl", "oc"])
            && words.iter().any(|word| word == "get" || word == "wait" || word == "describe")
            && words.iter().any(|word| word.contains("backup"));
        of_velero || of_cluster
    })
}
