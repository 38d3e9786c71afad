//! CK001: a checksum that can be forged.

use crate::check::deeds;
use crate::check::names::{is_archive, looks_backup};
use crate::check::rule::{Example, Report, Rule};
use crate::check::{Context, Python, Run, Unit};
use crate::evidence::Severity;

/// Two files of the same MD5 or SHA-1 are made on a laptop.
pub const RULE: Rule = Rule {
    code: "CK001",
    name: "broken-hash",
    severity: Severity::Low,
    summary: "MD5 or SHA-1 vouches for a backup",
    why: "it still finds bit rot, but whoever may write to the copies can swap one without changing its sum",
    fix: "`sha256sum`, and sign the list or keep it where the copies' administrators cannot write",
    source: "md5sum(1): do not use it for security purposes; sha1sum(1): likewise",
    layer: "static",
    bad: &[
        Example::Script("md5sum /backup/shop.dump > /backup/shop.dump.md5\n"),
        Example::Script(
            r#"#!/bin/bash
set -euo pipefail
umask 077
stamp=$(date -u +%Y%m%dT%H%M%SZ)
tar -czf "/srv/copies/app-$stamp.tgz" -C /srv app
sha1sum "/srv/copies/app-$stamp.tgz" >> /srv/copies/SHA1SUMS
rclone copy /srv/copies offsite:app
"#,
        ),
        Example::Script("openssl dgst -md5 /backup/x.tgz\n"),
        Example::Script(
            "#!/usr/bin/env python3\nimport hashlib\nwith open('/backup/app.tgz', 'rb') as f:\n    print(hashlib.file_digest(f, hashlib.md5()).hexdigest())\n",
        ),
    ],
    good: &[
        Example::Script("sha256sum /backup/shop.dump > /backup/shop.dump.sha256\n"),
        Example::Script(
            r#"#!/bin/sh
set -e
# which of the shipped versions is this configuration file
sum=$(md5sum /etc/default/app | cut -d' ' -f1)
[ "$sum" = d41d8cd98f00b204e9800998ecf8427e ] && rm -f /etc/default/app
sha512sum -c /backup/SHA512SUMS
"#,
        ),
        Example::Script("md5sum /etc/passwd\nopenssl dgst -sha256 /backup/x.tgz\n"),
    ],
    run,
};

fn run(context: &Context<'_>, report: &mut Report) {
    if let Some(python) = &context.python {
        in_python(python, report);
    }
    for unit in &context.units {
        for run in unit.named(&["md5sum", "sha1sum", "openssl", "md5"]) {
            let weak = !run.command.is(&["openssl"])
                || run.command.has("dgst") && (run.command.has("-md5") || run.command.has("-sha1"));
            if weak && vouches(unit, run) {
                let message =
                    "this sum can be forged; against bit rot it is as good as any".to_owned();
                report.add(&RULE, unit, run.command.span, message);
            }
        }
    }
}

/// Judges a Python script that hashes what it calls a backup.
fn in_python(python: &Python<'_>, report: &mut Report) {
    let text = python.text.to_ascii_lowercase();
    let keeps = ["backup", "restore", "dump", "archive", "\u{5907}\u{4efd}"]
        .iter()
        .any(|w| text.contains(w));
    let outline = python.outline();
    let weak = outline
        .calls
        .iter()
        .find(|call| matches!(call.path.as_str(), "hashlib.md5" | "hashlib.sha1"));
    if let Some(call) = weak.filter(|_| keeps) {
        let message = "this sum can be forged; against bit rot it is as good as any".to_owned();
        report.add_python(&RULE, python.span_of((call.at, call.end)), message);
    }
}

/// Tells whether what is summed, or where the sum goes, is a copy.
fn vouches(unit: &Unit<'_>, run: Run<'_>) -> bool {
    let command = run.command;
    let about = |path: &str| looks_backup(path) || is_archive(path);
    command
        .arguments()
        .iter()
        .filter(|a| !a.prefix().starts_with('-'))
        .any(|a| about(&command.path(a)))
        || deeds::outputs_of_line(unit, run).iter().any(|(_, path)| about(path))
}
