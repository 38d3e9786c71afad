//! EN008: nobody has seen the key open the copy.

use crate::check::Context;
use crate::check::deeds;
use crate::check::rule::{Example, Report, Rule};
use crate::evidence::Severity;
use crate::plan::Kind;
use crate::shell::Command;

/// A wrong key or a cut file encrypts without a word.
pub const RULE: Rule = Rule {
    code: "EN008",
    name: "never-decrypted",
    severity: Severity::Low,
    summary: "a copy is encrypted, its plain original deleted or the copy sent away, and the copy is never decrypted as a test",
    why: "encryption succeeds with a key that nobody has any more; that is found out in the disaster",
    fix: "decrypt once with the key from escrow and compare: `age -d -i key file.age | cmp - file`; at least in a drill",
    source: "gpg(1), --recipient: encrypts to any key that is there; restic manual: a repository is tested with `restic check --read-data`",
    layer: "static",
    bad: &[
        Example::Script(
            "set -e\ntar -czf /srv/x.tgz -C /srv app\ngpg --batch -e -r ops@example.org -o /backup/x.tgz.gpg /srv/x.tgz\nrm /srv/x.tgz\n",
        ),
        Example::Script(
            r#"#!/bin/bash
set -euo pipefail
umask 077
stamp=$(date -u +%Y%m%dT%H%M%SZ)
pg_dump -Fc -f "/srv/dump/shop-$stamp.dump" shop
openssl enc -aes-256-cbc -pbkdf2 -iter 600000 -pass file:/etc/backup/pass -in "/srv/dump/shop-$stamp.dump" -out "/backup/shop-$stamp.enc"
rm "/srv/dump/shop-$stamp.dump"
"#,
        ),
    ],
    good: &[
        Example::Script(
            "set -e\ntar -czf /srv/x.tgz -C /srv app\ngpg --batch -e -r ops@example.org -o /backup/x.tgz.gpg /srv/x.tgz\ngpg --batch -d /backup/x.tgz.gpg | cmp - /srv/x.tgz\nrm /srv/x.tgz\n",
        ),
        Example::Script(
            r#"#!/bin/bash
set -euo pipefail
umask 077
stamp=$(date -u +%Y%m%dT%H%M%SZ)
pg_dump -Fc -f "/srv/dump/shop-$stamp.dump" shop
openssl enc -aes-256-cbc -pbkdf2 -iter 600000 -pass file:/etc/backup/pass -in "/srv/dump/shop-$stamp.dump" -out "/backup/shop-$stamp.enc"
openssl enc -d -aes-256-cbc -pbkdf2 -iter 600000 -pass file:/etc/backup/pass -in "/backup/shop-$stamp.enc" | cmp - "/srv/dump/shop-$stamp.dump"
rm "/srv/dump/shop-$stamp.dump"
"#,
        ),
        Example::Script("gpg --batch -e -r a -o /backup/x.gpg /srv/x\n"),
    ],
    run,
};

const ENCRYPT: &[&str] = &["gpg", "gpg2", "openssl", "age"];

fn run(context: &Context<'_>, report: &mut Report) {
    if context.plan.is_some_and(|plan| plan.kind != Kind::Backup) {
        return;
    }
    let decrypts = |c: &Command| {
        c.is(&["gpg", "gpg2", "openssl", "age"])
            && c.literals().iter().any(|w| {
                matches!(*w, "--decrypt" | "-d") || deeds::short(w, 'd') && !c.is(&["openssl"])
            })
    };
    if context.named(ENCRYPT).any(|(_, run)| decrypts(run.command)) {
        return;
    }
    for (unit, run) in context.named(ENCRYPT) {
        let command = run.command;
        let words = command.literals();
        let encrypts = match command.name() {
            Some("gpg" | "gpg2") => words.iter().any(|w| {
                matches!(*w, "--encrypt" | "--symmetric")
                    || deeds::short(w, 'e')
                    || deeds::short(w, 'c')
            }),
            Some("openssl") => {
                words.first().is_some_and(|w| *w == "enc" || w.starts_with("aes-"))
                    && !words.iter().any(|w| matches!(*w, "-a" | "-base64"))
            }
            Some("age") => words.len() > 1 && !words.contains(&"--version"),
            Some(_) | None => false,
        };
        if !encrypts {
            continue;
        }
        let inputs: Vec<String> = command.arguments().iter().map(|a| command.path(a)).collect();
        let deleted = unit.named(&["rm", "shred", "unlink"]).any(|other| {
            other.index > run.index
                && other.command.arguments().iter().any(|a| inputs.contains(&other.command.path(a)))
        });
        if deleted {
            let message =
                "the original is deleted, and nobody has opened the encrypted copy".to_owned();
            report.add(&RULE, unit, command.span, message).severity = Severity::Medium;
            return;
        }
    }
}
