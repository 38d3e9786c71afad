//! EN003: a copy in the clear where other people can take it.

use crate::check::deeds::{self, Deed};
use crate::check::names::{is_archive, looks_backup};
use crate::check::rule::{Example, Report, Rule};
use crate::check::{Called, Context, Python};
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
        Example::Script(
            r#"#!/bin/bash
set -euo pipefail
umask 077
out=/backup/shop-$(date +%F).sql.gz
mariadb-dump --single-transaction shop | gzip > "$out"
gzip -t "$out"
curl -fsS --netrc -T "$out" ftp://dr1.example.org/shop/
"#,
        ),
        Example::Script(
            r#"#!/usr/bin/env python3
"""Sends the backup of the shop to the other house."""
import ftplib

with ftplib.FTP("dr1.example.org") as server, open("/backup/shop.sql.gz", "rb") as source:
    server.login()
    server.storbinary("STOR shop.sql.gz", source)
"#,
        ),
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
        Example::Script(
            r#"#!/bin/bash
set -euo pipefail
out=/backup/shop-$(date +%F).dump
pg_dump -Fc shop | age -R /etc/backup/recipients > "$out.age"
curl -fsS -T "$out.age" ftp://dr1.example.org/shop/
curl -fsS -T "$out.age" https://dr1.example.org/shop/
curl -fsS -T release.tgz http://localhost:8081/releases/
"#,
        ),
        Example::Script(
            r#"#!/usr/bin/env python3
"""Sends the backup of the shop over TLS."""
import ftplib

with ftplib.FTP_TLS("dr1.example.org") as server, open("/backup/shop.sql.gz", "rb") as source:
    server.login()
    server.prot_p()
    server.storbinary("STOR shop.sql.gz", source)
"#,
        ),
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
    if let Some(python) = &context.python {
        in_python(python, report);
    }
    for unit in &context.units {
        for run in unit.named(&["curl", "wput", "ncftpput"]) {
            let words: Vec<String> =
                run.command.arguments().iter().map(|a| a.shown().into_owned()).collect();
            let clear = words.iter().any(|w| w.starts_with("ftp://") || w.starts_with("http://"));
            let clear = clear || run.command.is(&["ncftpput"]);
            let home = words.iter().any(|w| w.contains("localhost") || w.contains("127.0.0.1"));
            let sends = !run.command.is(&["curl"])
                || words.iter().any(|w| w.starts_with("-T") || w.starts_with("--upload-file"));
            let sealed = |w: &str| [".gpg", ".age", ".enc"].iter().any(|end| w.ends_with(end));
            let copy = words.iter().any(|w| {
                !w.contains("://")
                    && (is_archive(w) || looks_backup(w) && w.contains('/'))
                    && !sealed(w)
            });
            if sends && clear && copy && !home {
                let message = "the copy crosses the network in the clear".to_owned();
                report.add(&RULE, unit, run.command.span, message);
            }
        }
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

/// Judges a Python script that sends its copy by FTP without TLS.
fn in_python(python: &Python<'_>, report: &mut Report) {
    let outline = python.outline();
    let plain = outline.calls.iter().any(|call| call.path == "ftplib.FTP");
    let text = |call: &Called<'_>| python.span_of((call.at, call.end)).slice(python.text);
    let sealed = |text: &str| [".gpg", ".age", ".enc"].iter().any(|end| text.contains(end));
    let sent = outline.calls.iter().find(|call| {
        matches!(call.path.rsplit('.').next(), Some("storbinary" | "storlines"))
            && !sealed(text(call))
    });
    let copies = ["backup", "dump", "archive"].iter().any(|word| python.text.contains(word));
    if let Some(call) = sent.filter(|_| plain && copies) {
        let message = "the copy crosses the network in the clear".to_owned();
        report.add_python(&RULE, python.span_of((call.at, call.end)), message);
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
