//! RT004: the rules that keep copies are replaced or lifted.

use crate::check::Context;
use crate::check::rule::{Example, Report, Rule};
use crate::evidence::Severity;

/// The calls that write a bucket's configuration write all of it.
pub const RULE: Rule = Rule {
    code: "RT004",
    name: "lifecycle-replaced",
    severity: Severity::High,
    summary: "a bucket's lifecycle, lock or versioning is overwritten without keeping what was there, or a lock on copies is lifted",
    why: "every other rule of the bucket is gone (expiry, number of old versions, archive tier), or copies that had to be kept can be deleted",
    fix: "save the present configuration first (`get-bucket-lifecycle-configuration > before.json`), add to it, compare, put it back whole; leave locks on",
    source: "S3 API reference, PutBucketLifecycleConfiguration: an existing configuration is replaced",
    layer: "static",
    bad: &[
        Example::Script(
            "aws s3api put-bucket-lifecycle-configuration --bucket dr --lifecycle-configuration file://rules.json\n",
        ),
        Example::Script(
            r#"#!/bin/bash
set -euo pipefail
# make room: old dumps go after 30 days
cat > /root/lifecycle.json <<'JSON'
{"rule": [{"action": {"type": "Delete"}, "condition": {"age": 30}}]}
JSON
gsutil lifecycle set /root/lifecycle.json gs://corp-dumps
"#,
        ),
        Example::Script(
            "aws s3api put-bucket-versioning --bucket dr --versioning-configuration Status=Suspended\n",
        ),
        Example::Script(
            "aws s3api delete-object --bucket dr --key shop.dump --version-id \"$v\" --bypass-governance-retention\n",
        ),
    ],
    good: &[
        Example::Script(
            "set -e\naws s3api get-bucket-lifecycle-configuration --bucket dr > before.json\njq '.Rules += [input]' before.json new.json > after.json\naws s3api put-bucket-lifecycle-configuration --bucket dr --lifecycle-configuration file://after.json\n",
        ),
        Example::Script(
            r#"#!/bin/bash
set -euo pipefail
# only looks, and switches protection on
aws s3api get-object-lock-configuration --bucket corp-dumps
gsutil lifecycle get gs://corp-dumps > "/root/lifecycle.$(date +%s).json"
gsutil lifecycle set /root/merged.json gs://corp-dumps
aws s3api put-bucket-versioning --bucket corp-dumps --versioning-configuration Status=Enabled
"#,
        ),
    ],
    run,
};

fn run(context: &Context<'_>, report: &mut Report) {
    for (unit, run) in context.named(&["aws", "gsutil", "gcloud", "mc", "s3cmd", "az"]) {
        let command = run.command;
        if !command.is(&["aws", "gsutil", "gcloud", "mc", "s3cmd", "az"]) {
            continue;
        }
        let words: Vec<String> =
            command.arguments().iter().map(|a| a.shown().into_owned()).collect();
        let has = |text: &str| words.iter().any(|w| w == text);
        let pairs = [
            ("put-bucket-lifecycle-configuration", "get-bucket-lifecycle-configuration"),
            ("put-bucket-lifecycle", "get-bucket-lifecycle"),
            ("put-bucket-replication", "get-bucket-replication"),
            ("put-object-lock-configuration", "get-object-lock-configuration"),
            ("setlifecycle", "getlifecycle"),
        ];
        let before = |words: &[&str]| {
            context.before(unit, run).any(|(_, other)| words.iter().all(|w| other.command.has(w)))
        };
        let replaced = pairs.iter().find(|(put, get)| has(put) && !before(&[get]));
        let set = has("lifecycle") && has("set") && !before(&["lifecycle", "get"])
            || has("ilm") && has("import") && !before(&["ilm", "export"]);
        let suspended = has("put-bucket-versioning")
            && words.iter().any(|w| w.contains("Status=Suspended"))
            || has("versioning") && (has("suspend") || has("off"));
        let lifted = has("--bypass-governance-retention")
            || has("put-object-legal-hold") && words.iter().any(|w| w.contains("Status=OFF"));
        let message = if replaced.is_some() || set {
            "this replaces the whole configuration of the bucket, and nothing kept the one before"
        } else if suspended {
            "with versioning suspended, an overwrite or a deletion has no older version left"
        } else if lifted {
            "this lifts the lock that keeps copies from being deleted"
        } else {
            continue;
        };
        report.add(&RULE, unit, command.span, message.to_owned());
    }
}
