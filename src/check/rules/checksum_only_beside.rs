//! CK002: the checksum lies beside what it vouches for.

use crate::check::deeds;
use crate::check::rule::{Example, Report, Rule};
use crate::check::{Context, Run, Unit};
use crate::evidence::Severity;
use crate::shell::path;

/// Who can change the copy can change its sum.
pub const RULE: Rule = Rule {
    code: "CK002",
    name: "checksum-only-beside",
    severity: Severity::Low,
    summary: "the checksum of a copy is written into the directory of the copy, and nowhere else",
    why: "it finds rotten bits, but an attacker or a tool that rewrites the copy rewrites the sum along with it",
    fix: "send the list of sums elsewhere (another account, the log host), or sign it: `gpg --detach-sign SHA256SUMS`",
    source: "sha256sum(1): the sum is compared with the list it is given; CISA guide on ransomware: attackers change and delete reachable copies",
    layer: "static",
    bad: &[
        Example::Script("sha256sum /backup/shop.dump > /backup/shop.dump.sha256\n"),
        Example::Script(
            r#"#!/bin/bash
set -euo pipefail
umask 077
stamp=$(date -u +%Y%m%dT%H%M%SZ)
out="/backup/app/app-$stamp.tgz"
tar -czf "$out" -C /srv app
sha256sum "$out" > "$out.sha256"
gzip -t "$out"
"#,
        ),
    ],
    good: &[
        Example::Script("sha256sum /backup/shop.dump > /mnt/other/shop.dump.sha256\n"),
        Example::Script(
            r#"#!/bin/bash
set -euo pipefail
umask 077
stamp=$(date -u +%Y%m%dT%H%M%SZ)
out="/backup/app/app-$stamp.tgz"
tar -czf "$out" -C /srv app
sha256sum "$out" > "$out.sha256"
rclone copy "$out.sha256" audit:sums
"#,
        ),
        Example::Script(
            "sha256sum /backup/x.tgz > /backup/SHA256SUMS\ngpg --batch --detach-sign /backup/SHA256SUMS\n",
        ),
        Example::Script("sha256sum /etc/passwd > /etc/passwd.sum\n"),
    ],
    run,
};

fn run(context: &Context<'_>, report: &mut Report) {
    // Beside a plan stands its inventory: too-few-copies (ST001) asks it for a copy that nobody can rewrite.
    for unit in context.units.iter().filter(|unit| unit.step.is_none()) {
        for run in unit.named(&["sha256sum", "sha512sum", "sha1sum", "md5sum", "b2sum", "b3sum"]) {
            let outputs = deeds::outputs_of_line(unit, run);
            let Some((argument, list)) = outputs.first() else { continue };
            let dir = path::parent(list);
            let beside = run.command.arguments().iter().any(|a| {
                let file = run.command.path(a);
                path::parent(&file) == dir
                    && (crate::check::names::is_archive(&file)
                        || crate::check::names::looks_backup(&file))
            });
            // What is put together in a directory of its own goes somewhere else as a whole.
            if beside && !list.starts_with("$(mktemp") && !carried(unit, run, list) {
                let message = format!("{list} can be rewritten by whoever can rewrite the copy");
                report.add(&RULE, unit, argument.span, message);
            }
        }
    }
}

/// Tells whether the list is signed, shown, or carried elsewhere.
fn carried(unit: &Unit<'_>, run: Run<'_>, list: &str) -> bool {
    let tools = [
        "gpg", "gpg2", "minisign", "signify", "cosign", "cp", "scp", "rsync", "rclone", "aws",
        "gsutil", "s3cmd", "mc", "mail", "logger", "restic", "borg", "curl",
    ];
    unit.named(&tools).any(|other| {
        let about = |a: &crate::shell::Argument| {
            let path = other.command.path(a);
            path == list || path::within(list, &path)
        };
        other.index > run.index
            && (other.command.arguments().iter().any(about)
                || other.command.redirects.iter().any(|r| other.command.path(&r.target) == list))
    })
}
