//! CL007: the tag of an object is taken for its checksum.

use crate::check::Context;
use crate::check::rule::{Example, Report, Rule};
use crate::evidence::Severity;
use crate::shell::Argument;

/// The tag of an object that was sent in parts is no MD5 of it.
pub const RULE: Rule = Rule {
    code: "CL007",
    name: "etag-taken-for-md5",
    severity: Severity::Medium,
    summary: "the ETag of an object is compared with an MD5 of the file",
    why: "for files above some megabytes, or with a key of KMS, the two differ although nothing is wrong, or the check is left out and proves nothing",
    fix: "upload with `--checksum-algorithm SHA256` and compare that, or `rclone check --download`",
    source: "Amazon S3 API: \"the entity tag may or may not be an MD5 digest of the object data\"; cyberduck issue 10371",
    layer: "static",
    bad: &[
        Example::Script(
            "etag=$(aws s3api head-object --bucket dr --key a.tgz --query ETag --output text)\n[ \"$etag\" = \"\\\"$(md5sum a.tgz | cut -d\" \" -f1)\\\"\" ]\n",
        ),
        Example::Script(
            "#!/bin/bash\nset -euo pipefail\nf=/backup/shop.dump\naws s3 cp \"$f\" s3://dr/shop.dump\nlocal_sum=$(md5sum \"$f\" | awk '{print $1}')\nremote_sum=$(aws s3api head-object --bucket dr --key shop.dump | jq -r .ETag | tr -d '\"')\n[ \"$local_sum\" = \"$remote_sum\" ]\n",
        ),
    ],
    good: &[
        Example::Script(
            r#"#!/bin/bash
set -euo pipefail
# asks the store to compare by a sum of its own
f=/backup/shop.dump
aws s3 cp --checksum-algorithm SHA256 "$f" s3://dr/shop.dump
ours=$(openssl dgst -sha256 -binary "$f" | base64)
theirs=$(aws s3api head-object --bucket dr --key shop.dump --checksum-mode ENABLED --query ChecksumSHA256 --output text)
[ "$ours" = "$theirs" ]
aws s3api head-object --bucket dr --key shop.dump --query ETag >> /var/log/copies.log
"#,
        ),
        Example::Script(
            "aws s3api head-object --bucket dr --key a.tgz --checksum-mode ENABLED --query ChecksumSHA256\nsha256sum a.tgz\n",
        ),
        Example::Script("aws s3api head-object --bucket dr --key a.tgz --query ETag\n"),
        Example::Script(
            "set -e\nmd5sum /backup/a.tgz > /backup/a.tgz.md5\naws s3api head-object --bucket dr --key a.tgz --query ContentLength\n",
        ),
    ],
    run,
};

fn run(context: &Context<'_>, report: &mut Report) {
    let sums = context.named(&["md5sum", "md5", "openssl"]).any(|(_, run)| {
        run.command.is(&["md5sum", "md5"]) || run.command.is(&["openssl"]) && run.command.has("md5")
    });
    if !sums {
        return;
    }
    for (unit, run) in context.named(&["aws", "jq", "curl", "grep", "awk", "sed", "mc", "s3cmd"]) {
        let about = |a: &Argument| a.shown().to_ascii_lowercase().contains("etag");
        if run.command.is(&["aws", "jq", "curl", "grep", "awk", "sed", "mc", "s3cmd"])
            && run.command.arguments().iter().any(about)
        {
            let message = "an ETag is no MD5 of an object that was sent in parts".to_owned();
            report.add(&RULE, unit, run.command.span, message);
            return;
        }
    }
}
