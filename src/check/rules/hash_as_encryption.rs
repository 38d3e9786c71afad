//! EN001: a hash, or base64, is called encryption.

use crate::check::deeds;
use crate::check::rule::{Example, Report, Rule};
use crate::check::{Context, Python, Run, TokenKind, Unit};
use crate::evidence::Severity;
use crate::shell::path;

/// A hash cannot be turned back, and base64 can by everybody.
pub const RULE: Rule = Rule {
    code: "EN001",
    name: "hash-as-encryption",
    severity: Severity::High,
    summary: "the result of a hash or an encoding is kept under a name that says encrypted",
    why: "nothing is encrypted: the copy beside it is in the clear, and when the original is deleted only a number is left of the data",
    fix: "age or gpg for encryption; a checksum belongs into a file that is called one",
    source: "sha256sum(1): prints a checksum of 256 bits, whatever the size of the file; published backup script that names a SHA-256 hex string its encrypted file",
    layer: "static",
    bad: &[
        Example::Script("sha256sum /backup/shop.sql > /backup/shop.sql.enc\n"),
        Example::Script(
            r#"#!/bin/bash
set -euo pipefail
umask 077
# encrypt the dump before it leaves
out="/backup/shop-$(date +%F).sql"
mysqldump --single-transaction shop > "$out"
openssl dgst -sha256 -out "$out.encrypted" "$out"
rm "$out"
rclone copy "$out.encrypted" offsite:shop
"#,
        ),
        Example::Script("base64 /backup/app.tgz > /backup/app.tgz.enc\n"),
        Example::Script("md5sum < /backup/x.dump | cut -d' ' -f1 > /backup/x.dump.crypt\n"),
        Example::Script(
            "#!/usr/bin/env python3\nimport hashlib\ndef encrypt_backup(path):\n    with open(path, 'rb') as f:\n        return hashlib.sha256(f.read()).hexdigest()\nencrypt_backup('/backup/x.sql')\n",
        ),
    ],
    good: &[
        Example::Script("sha256sum /backup/shop.sql.gpg > /backup/shop.sql.gpg.sha256\n"),
        Example::Script(
            r#"#!/bin/bash
set -euo pipefail
umask 077
out="/backup/shop-$(date +%F).sql.age"
mysqldump --single-transaction shop | age -R /etc/backup/recipients > "$out.new"
sha256sum "$out.new" > "$out.sum"
mv "$out.new" "$out"
base64 "$out" > "$out.b64"
"#,
        ),
        Example::Script("sha256sum /backup/encrypted/*.age > /backup/encrypted/SHA256SUMS\n"),
    ],
    run,
};

fn run(context: &Context<'_>, report: &mut Report) {
    if let Some(python) = &context.python {
        in_python(python, report);
    }
    for unit in &context.units {
        for run in unit.named(&[
            "sha256sum",
            "sha512sum",
            "sha1sum",
            "md5sum",
            "b2sum",
            "shasum",
            "base64",
            "openssl",
            "xxd",
        ]) {
            let words = run.command.literals();
            let digest =
                words.first().is_some_and(|w| matches!(*w, "dgst" | "base64" | "sha256" | "md5"));
            let decodes = words.iter().any(|w| matches!(*w, "-d" | "--decode" | "-c" | "--check"));
            if run.command.is(&["openssl"]) && !digest || decodes || encrypted_before(unit, run) {
                continue;
            }
            let outputs = deeds::outputs_of_line(unit, run);
            let Some((argument, target)) = outputs.iter().find(|(_, p)| says_encrypted(p)) else {
                continue;
            };
            let name = run.command.name().unwrap_or_default();
            let message =
                format!("{target} holds what `{name}` prints: nothing in it is encrypted");
            let finding = report.add(&RULE, unit, argument.span, message);
            let deleted = unit.named(&["rm", "shred"]).any(|other| other.index > run.index);
            if deleted {
                finding.severity = Severity::Critical;
            }
        }
    }
}

/// Judges a Python script whose function that encrypts only hashes, or that writes a digest under such a name.
fn in_python(python: &Python<'_>, report: &mut Report) {
    let outline = python.outline();
    let ciphers = [
        "cryptography",
        "Crypto",
        "Cryptodome",
        "nacl",
        "gnupg",
        "pyrage",
        "age",
        "gpg",
        "openssl",
    ];
    let real =
        outline.imports.iter().any(|i| ciphers.iter().any(|c| i.path.split('.').next() == Some(c)))
            || python
                .tokens
                .iter()
                .any(|t| t.kind == TokenKind::Text && ["gpg", "openssl", "age"].contains(&t.text));
    if real {
        return;
    }
    for call in outline
        .calls
        .iter()
        .filter(|c| c.path.starts_with("hashlib.") || c.path.starts_with("base64.b64encode"))
    {
        let inside = outline.definitions.iter().find(|d| d.body.0 <= call.at && call.at < d.body.1);
        let named = inside.is_some_and(|d| {
            let name = d.name.to_ascii_lowercase();
            name.contains("encrypt") && !name.contains("decrypt")
        });
        let written =
            python.tokens.iter().any(|t| t.kind == TokenKind::Text && says_encrypted(t.text));
        if named || written && inside.is_none() {
            let message =
                "this is called encryption, and only computes a number or another spelling"
                    .to_owned();
            report.add_python(&RULE, python.span_of((call.at, call.end)), message);
        }
    }
}

/// Tells whether the name of a file says that it is encrypted.
fn says_encrypted(file: &str) -> bool {
    let name = path::file_name(file).to_ascii_lowercase();
    [".enc", ".encrypted", ".crypt", ".crypted", ".gpg", ".age", ".aes"]
        .iter()
        .any(|end| name.ends_with(end))
        || name.starts_with("encrypted")
}

/// Tells whether an earlier stage of the pipeline does encrypt.
fn encrypted_before(unit: &Unit<'_>, run: Run<'_>) -> bool {
    run.command.setting.stage.is_some_and(|stage| {
        unit.commands.list.iter().any(|other| {
            let earlier = other
                .setting
                .stage
                .is_some_and(|s| s.pipeline == stage.pipeline && s.position < stage.position);
            earlier && other.is(&["gpg", "gpg2", "age", "openssl"])
        })
    })
}
