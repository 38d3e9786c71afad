//! FS008: rsync flags that spend the copy or the original.

use crate::base::Span;
use crate::check::Context;
use crate::check::names::looks_backup;
use crate::check::rule::{Example, Report, Rule, edit};
use crate::evidence::Severity;

/// An error, or a break in the middle, is met with a deletion.
pub const RULE: Rule = Rule {
    code: "FS008",
    name: "copy-damaged-in-place",
    severity: Severity::Medium,
    summary: "rsync deletes although reading failed, deletes the originals, or writes into the only copy in place",
    why: "files that could not be read are deleted in the copy; a break leaves a file that is neither old nor new; an original goes before anybody read its copy",
    fix: "leave `--ignore-errors`, `--inplace` and `--remove-source-files` out; delete originals after the copy has been compared",
    source: "rsync(1): --ignore-errors \"delete even if there are I/O errors\"; --inplace; --remove-source-files",
    layer: "static",
    bad: &[
        Example::Script(
            "test -s /srv/data/list\nrsync -a --delete --ignore-errors /srv/data/ /backup/data/\n",
        ),
        Example::Script(
            "#!/usr/bin/env bash\nset -euo pipefail\ncd /var/log/app\nrsync -a --remove-source-files ./ backup1:/backup/logs/\nfind . -type d -empty -delete\n",
        ),
        Example::Script("rsync -a --inplace --no-whole-file /srv/vm/ /backup/vm/\n"),
    ],
    good: &[
        Example::Script(
            r#"#!/bin/bash
set -euo pipefail
# logs are moved by a program that looks first; the copy of the data keeps its old files until it is whole
cd /var/log/app
rsync -a ./ backup1:/backup/logs/
rsync -a --checksum --dry-run --itemize-changes ./ backup1:/backup/logs/ > /var/lib/backup/left.txt
test ! -s /var/lib/backup/left.txt
rsync -a --delay-updates /srv/app/ backup1:/backup/app/
"#,
        ),
        Example::Script("test -s /srv/data/list\nrsync -a --delete /srv/data/ /backup/data/\n"),
        Example::Script(
            "rsync -a --inplace /srv/vm/ /backup/vm/\nzfs snapshot \"tank/backup@$(date +%F)\"\n",
        ),
        Example::Script(
            "set -e\nrsync -a --remove-source-files /srv/spool/ worker:/srv/spool/\nrsync -a --ignore-errors /srv/a/ /backup/a/\n",
        ),
    ],
    run,
};

fn run(context: &Context<'_>, report: &mut Report) {
    let versions =
        context.named(&["zfs", "btrfs", "lvcreate", "snapper", "restic", "borg"]).next().is_some();
    for (unit, run) in context.named(&["rsync"]) {
        let command = run.command;
        let Some(call) = unit.take_apart(command) else { continue };
        let Some(target) = call.operands.last() else { continue };
        let copy = looks_backup(&target.text);
        if call.has(&["dry-run", "list-only"]) {
            continue;
        }
        let deletes = call.flags.iter().any(|f| f.name.starts_with("del"));
        if deletes && call.has(&["ignore-errors"]) {
            let message = "files are deleted in the copy although reading failed".to_owned();
            let word = command.words.iter().find(|w| w.literal() == Some("--ignore-errors"));
            let fix = word
                .filter(|w| w.span.start > 0)
                .and_then(|w| edit(Span::new(w.span.start - 1, w.span.end), ""));
            report.add(&RULE, unit, command.span, message).edit = fix;
        }
        if copy && call.has(&["remove-source-files"]) {
            let message = "originals are deleted, and nothing has read their copies".to_owned();
            report.add(&RULE, unit, command.span, message);
        }
        if copy
            && call.has(&["inplace"])
            && !versions
            && !call.has(&["backup", "backup-dir"])
            && !target.fresh
        {
            let message = format!("a break in the middle damages the copy in {}", target.text);
            report.add(&RULE, unit, command.span, message);
        }
    }
}
