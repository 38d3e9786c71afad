//! RB001: the key of a copy is lost together with what the copy is of.

use crate::check::repository::{Act, operations};
use crate::check::rule::{Example, Report, Rule};
use crate::check::{Context, Run};
use crate::evidence::Severity;
use crate::inventory::{Asset, Inventory, Kept};
use crate::shell::ast::RedirectKind;

/// The day the host burns is the day the key is needed.
pub const RULE: Rule = Rule {
    code: "RB001",
    name: "key-lost-with-data",
    severity: Severity::Critical,
    summary: "the key or passphrase of a backup is kept only on the protected host, at its site or in the asset itself; or a repository is made and its key is kept nowhere else",
    why: "without its key an encrypted repository is noise, and nobody can help",
    fix: "keep it in two places outside that host and site (a safe, another site, a password store that does not need this one); `borg key export`",
    source: "borg-key-export(1): \"To guard against loss of this key, the key needs to be backed up independently of the main data backup\"",
    layer: "inventory",
    bad: &[
        Example::Inventory(
            "schema: blackstart/inventory/v1\nsites: [{id: a}]\nhosts: [{id: db1, site: a}]\nassets: [{id: shop, kind: postgres, host: db1}]\nbackups: [{id: nightly, asset: shop, encryption: {key: k}}]\nsecrets: [{id: k, where: [{host: db1}, {asset: shop}]}]\n",
        ),
        Example::Inventory(
            "schema: blackstart/inventory/v1\nsites: [{id: a}, {id: b}]\nhosts: [{id: db1, site: a}, {id: nas, site: b}]\nassets: [{id: shop, kind: postgres, host: db1}, {id: wiki, kind: files, host: db1}]\nbackups: [{id: nightly, asset: shop, encryption: {key: k}}]\nsecrets: [{id: k, where: [{site: a}]}]\n",
        ),
        Example::Script(
            "#!/usr/bin/env bash\nset -euo pipefail\numask 077\nopenssl rand -base64 32 > /root/.borg-passphrase\nexport BORG_PASSCOMMAND=\"cat /root/.borg-passphrase\"\nborg init --encryption=repokey-blake2 ssh://store/./web1\nborg create ssh://store/./web1::first /srv\n",
        ),
        Example::Script(
            "head -c 32 /dev/urandom | base64 > /etc/restic/pass\nrestic -r sftp:store:/web1 -p /etc/restic/pass init\n",
        ),
    ],
    good: &[
        Example::Inventory(
            "schema: blackstart/inventory/v1\nsites: [{id: a}, {id: b}]\nhosts: [{id: db1, site: a}]\nassets: [{id: shop, kind: postgres, host: db1}]\nbackups: [{id: nightly, asset: shop, encryption: {key: k}}]\nsecrets: [{id: k, where: [{host: db1}, {place: safe in the office}]}]\n",
        ),
        Example::Inventory(
            "schema: blackstart/inventory/v1\nhosts: [{id: db1}, {id: vault}]\nassets: [{id: shop, kind: postgres, host: db1}]\nbackups: [{id: nightly, asset: shop, encryption: {key: k}}]\nsecrets: [{id: k, where: [{host: db1}, {host: vault}]}]\n",
        ),
        Example::Script(
            "openssl rand -base64 32 > /root/.pass\nexport BORG_PASSCOMMAND=\"cat /root/.pass\"\nborg init -e repokey /backup/borg\nborg key export /backup/borg /mnt/safe/borg.key\ncp /root/.pass /mnt/safe/borg.pass\n",
        ),
        Example::Script(
            "export RESTIC_PASSWORD_COMMAND=\"pass show backup/restic\"\nrestic -r /backup/restic init\n",
        ),
    ],
    run,
};

fn run(context: &Context<'_>, report: &mut Report) {
    made_here(context, report);
    let Some(inventory) = context.inventory_alone() else { return };
    for backup in &inventory.backups {
        let key = backup
            .encryption
            .as_ref()
            .and_then(|e| e.key.as_ref())
            .and_then(|key| inventory.secret(key.as_str()));
        let asset = backup.asset.as_ref().and_then(|id| inventory.asset(id.as_str()));
        let (Some(key), Some(asset)) = (key, asset) else { continue };
        if !key.kept.is_empty() && key.kept.iter().all(|kept| lost_with(inventory, kept, asset)) {
            let message = format!(
                "{}, which opens {}, is lost together with {}",
                key.id, backup.id, asset.id
            );
            report.add_whole(&RULE, None, message);
        }
    }
}

/// Tells whether a place of a key is lost when the asset, its host or its site is.
fn lost_with(inventory: &Inventory, kept: &Kept, asset: &Asset) -> bool {
    let host_site =
        |host: &crate::base::Id| inventory.host(host.as_str()).and_then(|h| h.site.as_ref());
    let home = asset.site.as_ref().or_else(|| asset.host.as_ref().and_then(host_site));
    if kept.place.is_some() {
        return false;
    }
    let store = kept.asset.as_ref().and_then(|id| inventory.asset(id.as_str()));
    let host = kept.host.as_ref().or_else(|| store.and_then(|s| s.host.as_ref()));
    let at_home = kept.site.is_some() && kept.site.as_ref() == home;
    store.is_some_and(|s| s.id == asset.id)
        || host.is_some() && host == asset.host.as_ref()
        || at_home
}

/// Looks at repositories that a script makes with a passphrase it has just thrown dice for.
fn made_here(context: &Context<'_>, report: &mut Report) {
    for one in operations(context).iter().filter(|one| one.act == Act::Init) {
        let before = || context.before(one.unit, one.run);
        let Some(file) = before().find_map(|(unit, other)| generated(unit, other)) else {
            continue;
        };
        let carried = context.runs().any(|(_, other)| {
            let words = || other.command.arguments().iter();
            let sends = other.command.is(&[
                "cp", "scp", "rsync", "gpg", "age", "mail", "pass", "vault", "aws", "lpr",
                "qrencode", "install", "ssh", "op", "bw",
            ]);
            sends
                && (words().any(|a| other.command.path(a) == file)
                    || other.command.redirects.iter().any(|r| {
                        r.kind == RedirectKind::Read && other.command.path(&r.target) == file
                    }))
                || other.command.is(&["borg"]) && other.command.has("export")
        });
        if !carried {
            let message = format!("the passphrase in {file} is kept nowhere else");
            report.add(&RULE, one.unit, one.run.command.span, message).severity = Severity::High;
        }
    }
}

/// Returns the file that a command fills with a random passphrase.
fn generated(unit: &crate::check::Unit<'_>, run: Run<'_>) -> Option<String> {
    let command = run.command;
    let to = command
        .redirects
        .iter()
        .find(|r| r.kind == RedirectKind::Truncate && r.descriptor.is_none_or(|d| d == 1))?;
    let random = |other: &crate::shell::Command| {
        other.is(&["openssl"]) && other.has("rand")
            || other.is(&["pwgen", "apg", "mkpasswd", "diceware", "xkcdpass"])
            || other
                .arguments()
                .iter()
                .any(|a| matches!(&*a.shown(), "/dev/urandom" | "/dev/random" | "if=/dev/urandom"))
            || other.redirects.iter().any(|r| r.target.shown() == "/dev/urandom")
    };
    let piped = command.setting.stage.is_some_and(|stage| {
        unit.runs().any(|other| {
            other.command.setting.stage.is_some_and(|s| s.pipeline == stage.pipeline)
                && random(other.command)
        })
    });
    (random(command) || piped).then(|| command.path(&to.target))
}
