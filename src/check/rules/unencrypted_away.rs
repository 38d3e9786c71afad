//! EN003: a copy in the clear where other people can take it.

use crate::check::Context;
use crate::check::deeds::{self, Deed};
use crate::check::rule::{Example, Report, Rule};
use crate::evidence::Severity;
use crate::inventory::{Backup, Inventory};

/// Away from home, somebody else's locks and staff protect the copy.
pub const RULE: Rule = Rule {
    code: "EN003",
    name: "unencrypted-away",
    severity: Severity::High,
    summary: "a copy leaves its site or account without encryption, or travels over a connection in the clear",
    why: "whoever runs the other place, or breaks into it, or listens on the way, has all the data",
    fix: "encrypt before it leaves: `age`, `gpg`, restic or borg repositories, `rclone crypt`; write `encryption:` into the inventory where that is so",
    source: "NIST SP 800-34 rev. 1, 3.4.2: protection of backup media off site; nc(1): no encryption",
    layer: "inventory",
    bad: &[
        Example::Inventory(
            "schema: blackstart/inventory/v1\nsites: [{id: home}, {id: cloud}]\nassets: [{id: db, kind: mysql, site: home, classification: personal}]\nrepos: [{id: bucket, site: cloud}]\nbackups: [{id: nightly, asset: db, repo: bucket}]\n",
        ),
        Example::Inventory(
            "schema: blackstart/inventory/v1\nsites: [{id: home}, {id: dr}]\nhosts: [{id: db1, site: home}, {id: nas, site: dr}]\nassets: [{id: db, kind: postgres, host: db1, classification: confidential}]\nrepos: [{id: r, host: nas, path: /srv/copies}]\nbackups: [{id: b, asset: db, repo: r, tool: pg_dump}]\n",
        ),
        Example::Script(
            "#!/bin/bash\nset -euo pipefail\n# to the other house\npg_dump -Fc shop | nc dr1.example.org 9000\n",
        ),
    ],
    good: &[
        Example::Inventory(
            "schema: blackstart/inventory/v1\nsites: [{id: home}, {id: cloud}]\nassets: [{id: db, kind: mysql, site: home, classification: personal}]\nrepos: [{id: bucket, site: cloud}]\nbackups: [{id: nightly, asset: db, repo: bucket, encryption: {alg: age}}]\n",
        ),
        Example::Inventory(
            "schema: blackstart/inventory/v1\nsites: [{id: home}, {id: cloud}]\nassets: [{id: db, kind: mysql, site: home, classification: personal}, {id: www, kind: files, site: home, classification: public}]\nrepos: [{id: local, site: home}, {id: bucket, site: cloud}]\nbackups: [{id: a, asset: db, repo: local}, {id: b, asset: www, repo: bucket}, {id: c, asset: db, repo: bucket, tool: restic}]\n",
        ),
        Example::Script(
            "#!/bin/bash\nset -euo pipefail\npg_dump -Fc shop | age -R /etc/backup/recipients | nc dr1.example.org 9000\npg_dump -Fc shop | ssh dr1 'cat > /backup/shop.new'\nnc -z dr1 5432\n",
        ),
    ],
    run,
};

fn run(context: &Context<'_>, report: &mut Report) {
    if let Some(inventory) = context.inventory_alone() {
        for backup in &inventory.backups {
            if let Some(message) = leaves(inventory, backup) {
                report.add_whole(&RULE, None, message);
            }
        }
    }
    for unit in &context.units {
        for run in unit.named(&["nc", "ncat", "netcat", "socat"]) {
            let Some(stage) = run.command.setting.stage.filter(|s| s.position > 0) else {
                continue;
            };
            let words = run.command.literals();
            let closed = words.iter().any(|w| {
                let upper = w.to_ascii_uppercase();
                upper.contains("OPENSSL")
                    || upper.starts_with("UNIX")
                    || matches!(*w, "--ssl" | "-U" | "localhost" | "127.0.0.1")
            });
            let before = || {
                unit.commands.list.iter().filter(move |c| {
                    c.setting.stage.is_some_and(|s| {
                        s.pipeline == stage.pipeline && s.position < stage.position
                    })
                })
            };
            let dump = before().any(|c| deeds::deed(unit, c) == Some(Deed::Dump));
            let encrypted = before().any(|c| c.is(&["age", "gpg", "gpg2", "openssl"]));
            if dump && !encrypted && !closed {
                let message = "the dump crosses the network in the clear".to_owned();
                report.add(&RULE, unit, run.command.span, message);
            }
        }
    }
}

/// Says that a copy of protected data is kept at another site in the clear, where that is so.
fn leaves(inventory: &Inventory, backup: &Backup) -> Option<String> {
    let asset = inventory.assets.iter().find(|a| Some(&a.id) == backup.asset.as_ref())?;
    let class = asset.classification.as_deref().unwrap_or_default().to_ascii_lowercase();
    let open = class.is_empty() || class.contains("public") || class.contains("open");
    let encrypts = ["restic", "borg", "kopia", "duplicity", "duplicacy", "tarsnap"];
    let tool = backup.tool.as_deref().unwrap_or_default();
    if open || backup.encryption.is_some() || encrypts.iter().any(|t| tool.contains(t)) {
        return None;
    }
    let site_of = |host: Option<&crate::base::Id>| {
        inventory.hosts.iter().find(|h| Some(&h.id) == host).and_then(|h| h.site.as_ref())
    };
    let home = asset.site.as_ref().or_else(|| site_of(asset.host.as_ref()))?;
    let repo = inventory.repos.iter().find(|r| Some(&r.id) == backup.repo.as_ref())?;
    let away = repo.site.as_ref().or_else(|| site_of(repo.host.as_ref()))?;
    (home != away).then(|| {
        format!(
            "{} keeps {class} data of {} at {away}, and nothing says that it is encrypted",
            backup.id, asset.id
        )
    })
}
