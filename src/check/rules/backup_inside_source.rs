//! TG009: a copy inside the tree it is a copy of.

use crate::check::Context;
use crate::check::rule::{Example, Report, Rule};
use crate::evidence::{Place, Severity};
use crate::shell::path;

/// Each copy then holds the copies before it.
pub const RULE: Rule = Rule {
    code: "TG009",
    name: "backup-inside-source",
    severity: Severity::High,
    summary: "the copy of a tree is written into that tree",
    why: "every copy contains the ones before it and grows without end; whoever deletes the tree deletes its copies, and cp of a tree into itself never ends",
    fix: "write to a directory outside, on another device; or leave that directory out (`--exclude`)",
    source: "tar(1): file changed as we read it; the 3-2-1 rule",
    layer: "static",
    bad: &[
        Example::Script(
            "cd /srv/app\nmkdir -p data/backups\ntar -czf \"data/backups/app-$(date +%F).tgz\" data\n",
        ),
        Example::Script("rsync -a /srv/app/ /srv/app/backup/\n"),
        Example::Script(
            r#"#!/usr/bin/env bash
set -euo pipefail
# nightly archive of the wiki
ts=$(date -u +%Y%m%dT%H%M%SZ)
mkdir -p /srv/wiki/archive
tar -czf "/srv/wiki/archive/wiki-$ts.tgz" /srv/wiki
find /srv/wiki/archive -name 'wiki-*.tgz' -mtime +14 -print
"#,
        ),
    ],
    good: &[
        Example::Script("tar -czf \"/backup/app-$(date +%F).tgz\" -C /srv/app data\n"),
        Example::Script("rsync -a --exclude=/backup /srv/app/ /srv/app/backup/\n"),
        Example::Script(
            "#!/bin/bash\nset -euo pipefail\ncd /var/log/app\nrsync -a ./ backup1:/backup/logs/\n",
        ),
        Example::Script("cp -a /srv/app \"/srv/app.before.$(date +%s)\"\n"),
        Example::Script(
            r#"#!/usr/bin/env bash
set -euo pipefail
# nightly archive of the wiki, on another disk
mountpoint -q /backup || exit 1
ts=$(date -u +%Y%m%dT%H%M%SZ)
tar -czf "/backup/wiki-$ts.tgz.tmp" -C /srv wiki
tar -tzf "/backup/wiki-$ts.tgz.tmp" > /dev/null
mv "/backup/wiki-$ts.tgz.tmp" "/backup/wiki-$ts.tgz"
"#,
        ),
    ],
    run,
};

fn run(context: &Context<'_>, report: &mut Report) {
    for (unit, run) in
        context.named(crate::check::unit::COPIERS).filter(|(unit, _)| unit.part != Place::Rollback)
    {
        let left_out = run.command.arguments().iter().any(|a| {
            a.shown().starts_with("--exclude")
                || a.shown() == "--one-file-system"
                || a.shown() == "-x"
        });
        if left_out {
            continue;
        }
        for (source, target) in unit.copies(run.command) {
            let local = source.starts_with('/') && target.starts_with('/') && source.len() > 1;
            if local && target != source && path::within(&target, &source) {
                report.add(
                    &RULE,
                    unit,
                    run.command.span,
                    format!("{target} lies inside {source}, of which it is a copy"),
                );
                break;
            }
        }
    }
}
