//! FS004: a whole tree copied by rsync without what `-a` leaves out.

use crate::check::Context;
use crate::check::names::looks_backup;
use crate::check::rule::{Example, Report, Rule};
use crate::evidence::Severity;
use crate::tools::Word;

/// `-a` keeps neither hard links nor ACLs nor extended attributes.
pub const RULE: Rule = Rule {
    code: "FS004",
    name: "attributes-not-copied",
    severity: Severity::Medium,
    summary: "a system tree, a home, or a tree that the script also puts back, is copied by `rsync -a` without `-H`, `-A` or `-X`",
    why: "hard links become copies, ACLs and capabilities are gone, and nobody notices before the restore",
    fix: "`rsync -aHAX --numeric-ids`, and `-S` where there are sparse images",
    source: "rsync(1): \"-a … does not include preserving ACLs (-A), xattrs (-X), atimes (-U), crtimes (-N), nor the finding and preserving of hardlinks (-H)\"; measured: 2 links become 1, an attribute is lost",
    layer: "static",
    bad: &[
        Example::Script("rsync -a /home/ backup1:/backup/home/\n"),
        Example::Script(
            "#!/bin/bash\nset -euo pipefail\ncase \"$1\" in\n  backup) rsync -a /srv/app/data/ /backup/data/ ;;\n  restore) rsync -a /backup/data/ /srv/app/data/ ;;\nesac\n",
        ),
        Example::Script(
            "#!/usr/bin/env bash\nset -euo pipefail\nmountpoint -q /mnt/backup\nrsync -aH --delete --backup-dir=\"/mnt/backup/old/$(date +%F)\" / /mnt/backup/root/ --exclude=/proc --exclude=/sys --exclude=/mnt\n",
        ),
    ],
    good: &[
        Example::Script(
            r#"#!/bin/bash
set -euo pipefail
# the homes with all they have; settings go to the other web server as they are
mountpoint -q /mnt/backup
new="/mnt/backup/home-$(date -u +%Y%m%dT%H%M%SZ)"
rsync -aHAX --numeric-ids /home/ "$new.partial/"
mv "$new.partial" "$new"
rsync -a /etc/nginx/ web1:/etc/nginx/
"#,
        ),
        Example::Script("rsync -aHAX --numeric-ids /home/ backup1:/backup/home/\n"),
        Example::Script("rsync -a /srv/app/data/ /backup/data/\n"),
        Example::Script(
            "rsync -a --hard-links --acls --xattrs /var/ /backup/var/\nrsync -n -a /etc/ /backup/etc/\n",
        ),
        Example::Script(
            "set -e\nrsync -rt /home/www/public/ web1:/var/www/\nrsync -a /etc/nginx/ web1:/etc/nginx/\n",
        ),
    ],
    run,
};

fn run(context: &Context<'_>, report: &mut Report) {
    for (unit, run) in context.named(&["rsync"]) {
        let Some(call) = unit.take_apart(run.command) else { continue };
        let Some((target, sources)) = call.operands.split_last() else { continue };
        if !call.has(&["archive"]) || call.has(&["dry-run", "list-only"]) {
            continue;
        }
        let tree = |text: &str| {
            let local = text.rsplit_once(':').map_or(text, |(_, path)| path);
            let local = local.trim_end_matches('/');
            // A directory of the root is a whole tree of its own: `/data`.
            let top = local.starts_with('/') && local.matches('/').count() == 1;
            TREES.contains(&local) || top && !looks_backup(local) && local != "/tmp"
        };
        let backs_up = sources.iter().any(|w| tree(&w.text)) && looks_backup(&target.text);
        let restores = tree(&target.text) && sources.iter().any(|w| looks_backup(&w.text));
        let plain = |w: &Word| w.text.trim_end_matches('/').to_owned();
        let back = context.after(unit, run).any(|(other_unit, other)| {
            let Some(other) = other_unit.take_apart(other.command) else { return false };
            let Some((end, from)) = other.operands.split_last() else { return false };
            other.tool.name == "rsync"
                && sources.iter().any(|w| plain(w) == plain(end))
                && from.iter().any(|w| plain(w) == plain(target))
        });
        let missing: Vec<&str> =
            FLAGS.iter().filter(|names| !call.has(&names[..2])).map(|names| names[2]).collect();
        if (backs_up || restores || back) && !missing.is_empty() {
            let message = format!("{} are not copied", missing.join(" and "));
            report.add(&RULE, unit, run.command.span, message);
        }
    }
}

const TREES: &[&str] =
    &["", "/etc", "/home", "/usr", "/var", "/var/lib", "/opt", "/root", "/var/mail", "/srv"];

const FLAGS: &[[&str; 3]] = &[
    ["H", "hard-links", "hard links"],
    ["A", "acls", "ACLs"],
    ["X", "xattrs", "extended attributes"],
];
