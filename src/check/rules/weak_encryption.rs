//! EN004: encryption that a leaked copy does not stand on.

use crate::check::Context;
use crate::check::deeds::short;
use crate::check::rule::{Example, Report, Rule};
use crate::evidence::Severity;
use crate::shell::Command;

/// A copy that leaves the house is attacked offline, with all the time there is.
pub const RULE: Rule = Rule {
    code: "EN004",
    name: "weak-encryption",
    severity: Severity::Medium,
    summary: "a copy is encrypted with a broken cipher, or with a key that is derived from the passphrase in one cheap step",
    why: "whoever gets the copy tries passphrases at the speed of a hash, or needs none at all",
    fix: "age, or gpg with AES256, or `openssl enc -aes-256-cbc -pbkdf2 -iter 600000`; for zip archives another tool",
    source: "openssl-enc(1), -pbkdf2, -iter; zip(1), --encrypt: the standard encryption is weak; measured: OpenSSL 3.0 warns of a deprecated key derivation",
    layer: "static",
    bad: &[
        Example::Script(
            "openssl enc -aes-256-cbc -salt -pass file:/etc/backup/pass -in /backup/app.tgz -out /backup/app.tgz.enc\n",
        ),
        Example::Script(
            r#"#!/bin/bash
set -euo pipefail
umask 077
stamp=$(date +%F)
pg_dump -U postgres shop | gzip | openssl aes-128-cbc -kfile /etc/backup/key > "/backup/shop-$stamp.sql.gz.enc"
rclone copy "/backup/shop-$stamp.sql.gz.enc" offsite:shop
"#,
        ),
        Example::Script("cd /srv && zip -r -e /backup/app.zip app\n"),
        Example::Script(
            "gpg --batch --symmetric --cipher-algo CAST5 --passphrase-file /etc/backup/pass -o /backup/x.gpg /backup/x\n",
        ),
        Example::Script(
            "openssl enc -des-ede3 -pbkdf2 -pass file:/etc/backup/pass -in x -out x.enc\n",
        ),
    ],
    good: &[
        Example::Script(
            "openssl enc -aes-256-cbc -salt -pbkdf2 -iter 600000 -pass file:/etc/backup/pass -in /backup/app.tgz -out /backup/app.tgz.enc\n",
        ),
        Example::Script(
            r#"#!/bin/bash
set -euo pipefail
umask 077
stamp=$(date +%F)
pg_dump -U postgres shop | zstd | age -R /etc/backup/recipients > "/backup/shop-$stamp.sql.zst.age"
gpg --batch --symmetric --cipher-algo AES256 --passphrase-file /etc/backup/pass -o "/backup/$stamp.gpg" "/backup/shop-$stamp.sql.zst.age"
openssl dgst -sha256 "/backup/$stamp.gpg" > "/backup/$stamp.sum"
"#,
        ),
        Example::Script(
            "openssl enc -aes-256-ctr -K \"$KEY\" -iv \"$IV\" -in x -out x.enc\nopenssl enc -base64 -in x -out x.b64\n",
        ),
        Example::Script("zip -r /backup/app.zip app\n7z a -pX -mhe=on /backup/app.7z app\n"),
    ],
    run,
};

fn run(context: &Context<'_>, report: &mut Report) {
    for (unit, run) in context.named(&["openssl", "gpg", "gpg2", "zip", "7z", "7za", "mcrypt"]) {
        if !run.command.is(&["openssl", "gpg", "gpg2", "zip", "7z", "7za", "mcrypt"]) {
            continue;
        }
        if let Some((message, severity)) = weak(run.command) {
            report.add(&RULE, unit, run.command.span, message.to_owned()).severity = severity;
        }
    }
}

fn weak(command: &Command) -> Option<(&'static str, Severity)> {
    let words = command.literals();
    let has = |names: &[&str]| words.iter().any(|w| names.contains(w));
    match command.name()? {
        "openssl" => openssl(&words),
        "gpg" | "gpg2" => {
            let at = words.iter().position(|w| *w == "--cipher-algo")?;
            let algorithm = words.get(at + 1)?.to_ascii_uppercase();
            let old = ["CAST5", "3DES", "IDEA", "BLOWFISH"].contains(&algorithm.as_str());
            old.then_some((
                "this cipher has blocks of 64 bits and is kept for old messages only",
                Severity::Medium,
            ))
        }
        "zip" => {
            let own = words.iter().any(|w| short(w, 'e') || short(w, 'P'));
            (own || has(&["--encrypt", "--password"])).then_some((
                "the encryption of zip is broken: known text of 12 bytes opens the archive",
                Severity::High,
            ))
        }
        "7z" | "7za" => {
            let secret = words.iter().any(|w| w.starts_with("-p"));
            let zip =
                has(&["-tzip"]) || words.iter().any(|w| !w.starts_with('-') && w.ends_with(".zip"));
            let aes = words.iter().any(|w| w.to_ascii_lowercase().starts_with("-mem=aes"));
            (secret && zip && !aes).then_some((
                "without -mem=AES256 this is the broken encryption of zip",
                Severity::High,
            ))
        }
        "mcrypt" => Some((
            "mcrypt is not maintained, and its format protects nothing against changes",
            Severity::Medium,
        )),
        _ => None,
    }
}

/// Judges a call of `openssl enc`, also under a cipher's own name.
fn openssl(words: &[&str]) -> Option<(&'static str, Severity)> {
    let ciphers: Vec<String> = words
        .iter()
        .enumerate()
        .map(|(at, w)| if at == 0 { w } else { w.strip_prefix('-').unwrap_or_default() })
        .map(str::to_ascii_lowercase)
        .filter(|w| {
            let families = [
                "aes", "des", "bf", "rc2", "rc4", "cast", "seed", "camellia", "aria", "chacha20",
                "idea", "sm4",
            ];
            families.iter().any(|f| {
                w == f
                    || w.starts_with(&format!("{f}-"))
                    || w.starts_with(&format!("{f}1"))
                    || w.starts_with(&format!("{f}2"))
                    || w == "des3"
            })
        })
        .collect();
    let enc = words.first().is_some_and(|w| *w == "enc");
    let cipher = ciphers.first()?;
    if !enc && !words.first().is_some_and(|w| w.eq_ignore_ascii_case(cipher)) {
        return None;
    }
    let decrypts = words.contains(&"-d");
    let old = ["des", "bf", "rc2", "rc4", "cast", "idea"].iter().any(|f| cipher.starts_with(f));
    if (old || cipher.ends_with("-ecb")) && !decrypts {
        return Some(("this cipher or mode is broken", Severity::High));
    }
    let derives = !words.iter().any(|w| matches!(*w, "-K" | "-pbkdf2" | "-iter"));
    (derives && !decrypts).then_some((
        "without -pbkdf2 the key comes from one round of a hash over the passphrase",
        Severity::Medium,
    ))
}
