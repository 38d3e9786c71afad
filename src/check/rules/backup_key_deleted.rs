//! CL006: the key that opens the copies is deleted or switched off.

use crate::check::Context;
use crate::check::rule::{Example, Report, Rule};
use crate::evidence::Severity;

/// Without its key an encrypted copy is noise.
pub const RULE: Rule = Rule {
    code: "CL006",
    name: "backup-key-deleted",
    severity: Severity::High,
    summary: "a key in a key service is disabled or scheduled for deletion",
    why: "every snapshot, object and volume that was encrypted with it can never be read again, and the copies in other accounts neither",
    fix: "find what still uses the key first; disable it for a month before it is deleted; give copies at another site a key of that site",
    source: "AWS KMS, \"Deleting AWS KMS keys\": \"destructive and potentially dangerous … you can no longer decrypt the data\"",
    layer: "static",
    bad: &[
        Example::Script(
            r#"#!/bin/bash
set -euo pipefail
# cleans up after the move of the copies
export AWS_PROFILE=dr
aws s3 ls s3://shop-copies/ | tail -n 1
aws s3api head-bucket --bucket shop-copies-new
aws kms schedule-key-deletion --key-id alias/copies-main --pending-window-in-days 7
"#,
        ),
        Example::Script(
            "aws kms schedule-key-deletion --key-id alias/backup --pending-window-in-days 7\n",
        ),
        Example::Script(
            "#!/usr/bin/env bash\nset -euo pipefail\nfor key in $(aws kms list-keys --query 'Keys[].KeyId' --output text); do\n  aws kms disable-key --key-id \"$key\"\ndone\n",
        ),
        Example::Script(
            "gcloud kms keys versions destroy 1 --key backup --keyring dr --location europe-west1\n",
        ),
        Example::Script("az keyvault key purge --vault-name dr --name backup\n"),
        Example::Script("vault delete transit/keys/backup\n"),
    ],
    good: &[
        Example::Script(
            r#"#!/bin/bash
set -euo pipefail
# looks whether the keys of the copies can be used in the other region
for key in alias/copies-main alias/copies-dr; do
  aws kms describe-key --key-id "$key" --query KeyMetadata.KeyState --output text
done
aws kms cancel-key-deletion --key-id "$KEY"
aws kms enable-key --key-id "$KEY"
aws backup start-copy-job --recovery-point-arn "$POINT" --source-backup-vault-name main --destination-backup-vault-arn "$VAULT" --iam-role-arn "$ROLE"
"#,
        ),
        Example::Script(
            "aws kms cancel-key-deletion --key-id alias/backup\naws kms enable-key --key-id alias/backup\n",
        ),
        Example::Script(
            "aws kms describe-key --key-id alias/backup\naws kms enable-key-rotation --key-id alias/backup\n",
        ),
        Example::Script(
            "set -euo pipefail\naws kms replicate-key --key-id \"$KEY\" --replica-region eu-west-1\naws backup start-copy-job --recovery-point-arn \"$POINT\" --source-backup-vault-name main --destination-backup-vault-arn \"$VAULT\" --iam-role-arn \"$ROLE\"\n",
        ),
    ],
    run,
};

fn run(context: &Context<'_>, report: &mut Report) {
    for (unit, run) in context.named(&["aws", "gcloud", "az", "vault"]) {
        let words = run.command.literals();
        let has = |word: &str| words.contains(&word);
        let ends = run.command.is(&["aws"])
            && has("kms")
            && (has("schedule-key-deletion")
                || has("disable-key")
                || has("delete-imported-key-material"))
            || run.command.is(&["gcloud"]) && has("kms") && (has("destroy") || has("disable"))
            || run.command.is(&["az"]) && has("keyvault") && (has("delete") || has("purge"))
            || run.command.is(&["vault"])
                && has("delete")
                && words.iter().any(|w| w.contains("/keys/"));
        if ends {
            let message =
                "whatever this key encrypted, copies included, cannot be read any more".to_owned();
            report.add(&RULE, unit, run.command.span, message);
        }
    }
}
