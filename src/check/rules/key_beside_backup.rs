//! EN002: the key lies in the box that it opens.

use crate::check::deeds::{self, Deed};
use crate::check::names::{is_archive, looks_backup};
use crate::check::rule::{Example, Report, Rule};
use crate::check::{Context, Unit};
use crate::evidence::Severity;
use crate::shell::{Command, path};
use crate::tools::Role;

/// A key is lost together with what it is kept in.
pub const RULE: Rule = Rule {
    code: "EN002",
    name: "key-beside-backup",
    severity: Severity::High,
    summary: "the key or passphrase of a copy is kept beside the copy, or only inside the data that it protects",
    why: "beside the copy it opens it for whoever takes the copy; inside the data it is gone when the data is gone, and nothing opens the copy any more",
    fix: "keep the passphrase outside of what is backed up and away from the repository (a root-only file, a secret store), export the key to a second place (`borg key export`), and keep an escrow copy off this machine",
    source: "borg init manual, Encryption mode tips: keep the key outside the repository and back it up; restic manual: losing the password means that the data is lost",
    layer: "static",
    bad: &[
        Example::Script(
            "export RESTIC_PASSWORD_FILE=/backup/restic/.pass\nrestic -r /backup/restic backup /srv/app\n",
        ),
        Example::Script(
            r#"#!/bin/bash
set -euo pipefail
umask 077
# nightly, encrypted
export BORG_PASSCOMMAND="cat /srv/app/etc/borg-pass"
export BORG_REPO=/mnt/nas/borg
borg create ::'{hostname}-{now}' /srv/app /etc/nginx
borg prune --keep-daily 14
"#,
        ),
        Example::Script(
            "openssl enc -aes-256-cbc -pbkdf2 -pass file:/backup/key.txt -in /srv/x.tar -out /backup/x.tar.enc\n",
        ),
        Example::Script(
            "#!/bin/bash\nset -euo pipefail\nD=$(mktemp -d)\nSTAMP=$(date +%F)\ntar -C /srv -czf \"$D/app-$STAMP.tgz\" app\ngpg --batch -e -r ops@example.org -o \"$D/app-$STAMP.tgz.gpg\" \"$D/app-$STAMP.tgz\"\ngpg --batch --export-secret-keys ops@example.org > \"$D/ops.asc\"\naws s3 cp \"$D/app-$STAMP.tgz.gpg\" \"s3://acme-dr/$STAMP/\"\naws s3 cp \"$D/ops.asc\" \"s3://acme-dr/$STAMP/\"\n",
        ),
        Example::Script(
            "set -eu\nOUT=/backup/vault/$(date +%F)\nmkdir -p \"$OUT\"\nvault operator raft snapshot save \"$OUT/raft.snap\"\ncp /root/unseal-keys.json \"$OUT/\"\n",
        ),
        Example::Script(
            "set -e\nage -R /etc/age.pub -o /backup/db.age /srv/db.dump\ncp /root/age-key.txt /backup/\n",
        ),
    ],
    good: &[
        Example::Script(
            "export RESTIC_PASSWORD_FILE=/etc/restic/pass\nrestic -r /backup/restic backup /srv/app\n",
        ),
        Example::Script(
            r#"#!/bin/bash
set -euo pipefail
umask 077
export BORG_PASSCOMMAND="cat /etc/borg/pass"
export BORG_REPO=/mnt/nas/borg
borg key export :: /mnt/safe/borg.key
borg create ::'{hostname}-{now}' /srv/app /srv/keys-of-guests
openssl enc -aes-256-cbc -pbkdf2 -pass file:/etc/backup/key -in /srv/x.tar -out /backup/x.tar.enc
"#,
        ),
        Example::Script(
            "set -eu\ngpg --export-secret-keys --armor ops@example.org | age -R /etc/escrow.pub -o /root/escrow.age\nrclone copyto /root/escrow.age safe:escrow/ops.age\nage -R /etc/age.pub -o /backup/db.age /srv/db.dump\naws s3 cp /backup/db.age s3://acme-dr/db/\n",
        ),
        Example::Script("cp /etc/ssl/certs/ca.pem /backup/etc/\ncp /root/notes.txt /backup/\n"),
    ],
    run,
};

fn run(context: &Context<'_>, report: &mut Report) {
    for unit in context.scripts() {
        let keys = key_files(unit);
        let seals = unit.named(SEALS).next().is_some()
            || unit.named(&["vault", "bao"]).any(|run| run.command.has("snapshot"));
        for run in unit.runs() {
            let command = run.command;
            // Only where this text encrypts copies: elsewhere a key is data like any other.
            let copied = if seals { copies_key(unit, command) } else { None };
            if let Some(key) = copied {
                let message = format!("{key} opens the copies, and goes where they are");
                report.add(&RULE, unit, command.span, message);
                continue;
            }
            if deeds::deed(unit, command) != Some(Deed::Dump)
                && !command.is(&["openssl", "gpg", "gpg2", "age"])
            {
                continue;
            }
            let (sources, targets) = ends(unit, command);
            let own = own_key(command);
            for key in keys.iter().chain(own.iter()).filter(|_| encrypts(command)) {
                let inside = sources.iter().find(|source| path::within(key, source));
                let beside = targets.iter().find(|target| {
                    let dir = path::parent(target).filter(|dir| *dir != "/" && !dir.is_empty());
                    path::within(key, target) || dir.is_some_and(|dir| path::within(key, dir))
                });
                let message = match (inside, beside) {
                    (Some(source), _) => format!(
                        "{key} lies in {source}: it is inside the copy that it opens, and gone with what was copied"
                    ),
                    (None, Some(target)) => format!("{key} lies beside {target}, which it opens"),
                    (None, None) => continue,
                };
                report.add(&RULE, unit, command.span, message);
                break;
            }
        }
    }
}

/// Programs that encrypt copies.
const SEALS: &[&str] = &["age", "gpg", "gpg2", "openssl", "restic", "borg", "duplicity"];

/// Tells whether the program encrypts what it stores.
fn encrypts(command: &Command) -> bool {
    command.is(&["restic", "borg", "duplicity", "kopia", "openssl", "gpg", "gpg2", "age"])
}

/// Returns the files from which the environment takes passphrases and keys.
fn key_files(unit: &Unit<'_>) -> Vec<String> {
    let names = [
        "RESTIC_PASSWORD_FILE",
        "RESTIC_PASSWORD_COMMAND",
        "BORG_PASSCOMMAND",
        "BORG_KEY_FILE",
        "PASSPHRASE_FILE",
    ];
    let mut found = Vec::new();
    crate::check::outcome::each(&unit.script.statements, &mut |statement, _| {
        let crate::shell::ast::StatementKind::Simple(simple) = &statement.kind else { return };
        for assignment in simple.assignments.iter().filter(|a| names.contains(&a.name.as_str())) {
            let crate::shell::ast::Assigned::Scalar(word) = &assignment.value else { continue };
            let text = word
                .literal()
                .unwrap_or_else(|| unit.slice(word.span).trim_matches(['"', '\'']).to_owned());
            found.extend(text.split_whitespace().filter(|w| w.starts_with('/')).map(str::to_owned));
        }
    });
    found
}

/// Returns the key file that a command names itself.
fn own_key(command: &Command) -> Option<String> {
    let words = command.arguments();
    let value = |flags: &[&str]| {
        let at = words.iter().position(|w| w.literal().is_some_and(|w| flags.contains(&w)))?;
        Some(command.path(words.get(at + 1)?))
    };
    let attached = |prefix: &str| {
        words
            .iter()
            .find_map(|w| w.shown().strip_prefix(prefix).map(str::to_owned))
            .filter(|w| w.starts_with('/'))
    };
    match command.name()? {
        "restic" => value(&["-p", "--password-file"]).or_else(|| attached("--password-file=")),
        "openssl" => words
            .iter()
            .find_map(|w| w.shown().strip_prefix("file:").map(str::to_owned))
            .or_else(|| value(&["-kfile"])),
        "gpg" | "gpg2" => value(&["--passphrase-file"]).or_else(|| attached("--passphrase-file=")),
        _ => None,
    }
}

/// Returns what a command copies, and where to.
fn ends(unit: &Unit<'_>, command: &Command) -> (Vec<String>, Vec<String>) {
    let paths: Vec<String> = command
        .arguments()
        .iter()
        .map(|a| command.path(a))
        .filter(|p| p.starts_with('/') && !p.contains(':'))
        .collect();
    let mut targets: Vec<String> =
        deeds::outputs(unit, command).into_iter().map(|(_, p)| p).collect();
    let call = unit.take_apart(command);
    let repo = call.as_ref().and_then(|c| c.value(&["repo"]).map(|w| unit.path(command, w)));
    targets.extend(repo.clone());
    targets.extend(command.arguments().iter().filter_map(|a| {
        let shown = a.shown();
        shown.split_once("::").map(|(repo, _)| repo.to_owned()).filter(|r| r.starts_with('/'))
    }));
    let keys = call.map(|c| {
        c.of_role(Role::Source).into_iter().map(|w| unit.path(command, w)).collect::<Vec<_>>()
    });
    let sources = match command.is(&["openssl", "gpg", "gpg2", "age"]) {
        true => Vec::new(),
        false => paths
            .into_iter()
            .filter(|p| {
                !targets.contains(p)
                    && !keys.as_ref().is_some_and(|k| k.contains(p) && command.is(&["restic"]))
            })
            .collect(),
    };
    (sources, targets)
}

/// Returns the private key or passphrase that a command copies to where backups are.
fn copies_key(unit: &Unit<'_>, command: &Command) -> Option<String> {
    let (sources, target) = carried(command)?;
    let key = sources.into_iter().find(|source| secret(source) || exported(unit, source))?;
    // Another file of the same script goes to the same place.
    let with_copies = || {
        unit.runs().any(|other| {
            other.index != command.index
                && carried(other.command).is_some_and(|(sources, to)| {
                    to.trim_end_matches('/') == target.trim_end_matches('/')
                        && sources
                            .iter()
                            .any(|one| !secret(one) && !exported(unit, one) && is_archive(one))
                })
        })
    };
    (looks_backup(&target) || with_copies()).then_some(key)
}

/// Returns what a command carries, and where to; object stores count.
fn carried(command: &Command) -> Option<(Vec<String>, String)> {
    let verb: &[&str] = match command.name()? {
        "cp" | "rsync" | "scp" | "mv" | "install" => &[],
        "aws" | "gsutil" | "gcloud" | "mc" | "mcli" | "s5cmd" => &["cp", "mv", "sync", "rsync"],
        "rclone" => &["copy", "copyto", "move", "moveto", "sync"],
        "s3cmd" => &["put", "sync"],
        _ => return None,
    };
    let words: Vec<&crate::shell::Argument> =
        command.arguments().iter().filter(|a| !a.prefix().starts_with('-')).collect();
    let start = match verb {
        [] => 0,
        verbs => words.iter().position(|a| a.literal().is_some_and(|w| verbs.contains(&w)))? + 1,
    };
    let (target, sources) = words.get(start..)?.split_last()?;
    let sources = sources.iter().map(|a| command.path(a)).collect();
    let target = if verb.is_empty() { command.path(target) } else { target.shown().into_owned() };
    Some((sources, target))
}

/// Tells whether the name of a file says that it opens something.
fn secret(file: &str) -> bool {
    let name = path::file_name(file).to_ascii_lowercase();
    let words: Vec<&str> = name.split(|c: char| !c.is_ascii_alphanumeric()).collect();
    let key = [
        "key",
        "keys",
        "keyfile",
        "unseal",
        "passphrase",
        "passwd",
        "password",
        "pass",
        "secret",
        "identity",
        "restickey",
        "borgkey",
    ];
    let public = [".pub", ".crt", ".gpg", ".age", ".enc", ".sql", ".dump"];
    words.iter().any(|w| key.contains(w)) && !public.iter().any(|end| name.ends_with(end))
}

/// Tells whether the script wrote a secret key into this file (`gpg --export-secret-keys > x`, `age-keygen -o x`).
fn exported(unit: &Unit<'_>, file: &str) -> bool {
    unit.named(&["gpg", "gpg2", "age-keygen"]).any(|run| {
        let command = run.command;
        let exports = command.is(&["age-keygen"])
            || command.literals().iter().any(|word| word.starts_with("--export-secret"));
        let onward = command.setting.stage.is_some_and(|stage| stage.position + 1 < stage.length);
        exports && !onward && deeds::outputs(unit, command).iter().any(|(_, path)| path == file)
    })
}
