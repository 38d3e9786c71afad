//! CK003: a list of checksums says nothing of files that are not on it.

use crate::check::deeds::{self, Deed};
use crate::check::rule::{Example, Report, Rule};
use crate::check::{Context, Run, Unit};
use crate::evidence::Severity;

/// `sha256sum -c` goes through the list, not through the directory.
pub const RULE: Rule = Rule {
    code: "CK003",
    name: "checksum-misses-extra-files",
    severity: Severity::Medium,
    summary: "a restored or copied tree is proven by `sha256sum -c` alone",
    why: "files that are too many, and files that were never written into the list, go unnoticed; an empty or half-written list proves little",
    fix: "compare the names too: `diff <(cut -c67- MANIFEST | sort) <(find . -type f -printf './%P\\n' | sort)`, and count the lines of the list",
    source: "measured with coreutils: a file that is not on the list does not change exit code 0 of `sha256sum -c`",
    layer: "static",
    bad: &[
        Example::Script(
            "set -e\nrestic restore latest --target /srv/stage\ncd /srv/stage\nsha256sum -c --quiet /backup/MANIFEST\n",
        ),
        Example::Script(
            r#"#!/bin/bash
set -euo pipefail
stage=$(mktemp -d /srv/restore.XXXXXX)
tar -xzf /backup/app.tgz -C "$stage"
( cd "$stage" && sha256sum --check /backup/app.sha256 )
systemctl stop app
mv /srv/app "/srv/app.before.$(date +%s)"
mv "$stage/app" /srv/app
systemctl start app
"#,
        ),
    ],
    good: &[
        Example::Script(
            "set -e\nrestic restore latest --target /srv/stage\ncd /srv/stage\nsha256sum -c --quiet /backup/MANIFEST\n[ \"$(find . -type f | wc -l)\" -eq \"$(wc -l < /backup/MANIFEST)\" ]\n",
        ),
        Example::Script(
            r#"#!/bin/bash
set -euo pipefail
# the archive itself is proven before it is unpacked
cd /backup
sha256sum -c app.tgz.sha256
stage=$(mktemp -d /srv/restore.XXXXXX)
tar -xzf /backup/app.tgz -C "$stage"
"#,
        ),
        Example::Script("echo \"3a7b  /backup/snap.db\" | sha256sum -c -\n"),
    ],
    run,
};

fn run(context: &Context<'_>, report: &mut Report) {
    for unit in &context.units {
        for run in unit.named(&["sha256sum", "sha512sum", "sha1sum", "md5sum", "b3sum"]) {
            let checks = deeds::deed(unit, run.command) == Some(Deed::Verify);
            if checks && !run.command.has("-") && after_restore(unit, run) && !compares_names(unit)
            {
                let message = "files that are not on the list go unnoticed".to_owned();
                report.add(&RULE, unit, run.command.span, message);
            }
        }
    }
}

/// Tells whether a tree was put back before.
fn after_restore(unit: &Unit<'_>, run: Run<'_>) -> bool {
    deeds::deeds(unit).any(|(other, deed)| {
        let tree = other.command.is(&[
            "tar",
            "restic",
            "borg",
            "rsync",
            "cpio",
            "rclone",
            "kopia",
            "duplicity",
        ]);
        other.index < run.index && tree && matches!(deed, Deed::Restore | Deed::Send)
    })
}

/// Tells whether the files that are there are listed and compared.
fn compares_names(unit: &Unit<'_>) -> bool {
    let lists = unit
        .named(&["find", "ls"])
        .any(|r| r.command.setting.stage.is_some() || r.command.setting.substituted);
    let compares = unit.named(&["diff", "comm", "cmp", "[", "test", "wc"]).next().is_some();
    lists && compares
}
