//! FS001: a mirror that deletes, fed from a source nobody looked at.

use crate::check::Context;
use crate::check::mirror::guarded;
use crate::check::names::looks_backup;
use crate::check::rule::{Example, Report, Rule};
use crate::evidence::Severity;

/// An empty or unmounted source makes the mirror empty too.
pub const RULE: Rule = Rule {
    code: "FS001",
    name: "mirror-without-source-guard",
    severity: Severity::Critical,
    summary: "rsync deletes at the target what the source lacks, and nothing makes sure that the source is whole",
    why: "an unmounted, emptied or encrypted source deletes the copy in the same minute",
    fix: "test a file that must be there (or `mountpoint -q`), bound it by `--max-delete`, keep the deleted with `--backup-dir`",
    source: "rsync(1), --delete, --max-delete; measured: an empty source leaves 0 files",
    layer: "static",
    bad: &[
        Example::Script(
            r#"#!/bin/bash
set -euo pipefail
# mirrors the projects of the file server to the backup host
SRC=/mnt/nas/projects
LOG=/var/log/mirror.log
echo "start $(date -u +%FT%TZ)" >> "$LOG"
rsync -aHAX --numeric-ids --delete --log-file="$LOG" "$SRC/" backup1:/backup/projects/
echo "end $(date -u +%FT%TZ)" >> "$LOG"
"#,
        ),
        Example::Script("rsync -a --delete /srv/app/data/ /backup/data/\n"),
        Example::Script(
            "set -euo pipefail\nSRC=/mnt/nas/projects\nrsync -aHAX --numeric-ids --delete-after \"$SRC/\" backup1:/backup/projects/\n",
        ),
        Example::Script(
            "mkdir -p /backup/www\nnice -n 10 rsync -az --del web1:/var/www/ /backup/www/\n",
        ),
    ],
    good: &[
        Example::Script(
            r#"#!/bin/bash
set -euo pipefail
# mirrors the projects of the file server to the backup host, when they are there
SRC=/mnt/nas/projects
LOG=/var/log/mirror.log
mountpoint -q /mnt/nas || { echo "/mnt/nas is not mounted" >&2; exit 1; }
[ "$(find "$SRC" -type f | wc -l)" -ge 1000 ] || { echo "too few files" >&2; exit 1; }
rsync -aHAX --numeric-ids --delete --max-delete=500 --log-file="$LOG" "$SRC/" backup1:/backup/projects/
echo "end $(date -u +%FT%TZ)" >> "$LOG"
"#,
        ),
        Example::Script(
            "set -euo pipefail\nmountpoint -q /mnt/nas\nrsync -a --delete /mnt/nas/projects/ /backup/projects/\n",
        ),
        Example::Script(
            "test -s /srv/app/data/orders.csv\nrsync -a --delete /srv/app/data/ /backup/data/\n",
        ),
        Example::Script("rsync -a --delete --max-delete=100 /srv/app/data/ /backup/data/\n"),
        Example::Script(
            "rsync -a --delete --backup-dir=\"/backup/old/$(date +%F)\" /srv/app/data/ /backup/data/\n",
        ),
        Example::Script(
            "n=$(find /srv/app/data -type f | wc -l)\n[ \"$n\" -gt 1000 ] || exit 1\nrsync -a --delete /srv/app/data/ /backup/data/\n",
        ),
        Example::Script(
            "rsync -an --delete /srv/app/data/ /backup/data/\nrsync -a /srv/app/data/ /backup/data/\n",
        ),
    ],
    run,
};

fn run(context: &Context<'_>, report: &mut Report) {
    for (unit, run) in context.named(&["rsync"]) {
        let Some(call) = unit.take_apart(run.command) else {
            continue;
        };
        let deletes = call.flags.iter().any(|f| f.name.starts_with("del"));
        let bounded = call.has(&["max-delete", "backup-dir", "backup", "dry-run", "list-only"]);
        let Some((target, sources)) = call.operands.split_last() else {
            continue;
        };
        if !deletes || bounded || target.fresh || sources.is_empty() {
            continue;
        }
        let looked_at = sources.iter().any(|source| {
            source.fresh || guarded(context, unit, run, &unit.path(run.command, source))
        });
        if !looked_at {
            let message = format!(
                "nothing makes sure that {} is whole before {} is made like it",
                sources[0].text, target.text
            );
            let finding = report.add(&RULE, unit, run.command.span, message);
            // What is no copy by its name (a site that is published, a home that is set back) can be made again.
            if !looks_backup(&target.text) {
                finding.severity = Severity::Medium;
            }
        }
    }
}
