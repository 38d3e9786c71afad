//! EN005: the copy is encrypted, and the same data lies beside it in the clear.

use crate::check::deeds;
use crate::check::rule::{Example, Report, Rule};
use crate::check::{Context, Run, Unit};
use crate::evidence::Severity;
use crate::shell::Command;

/// Encryption makes a second file; the first one stays.
pub const RULE: Rule = Rule {
    code: "EN005",
    name: "plaintext-left",
    severity: Severity::Medium,
    summary: "a dump that this script makes is encrypted into a second file, and the first one is never deleted",
    why: "whoever may read the directory, or finds the disk, has the data without the key",
    fix: "`dump | age -R recipients > file.age`, or delete the plain file in a trap; on a temporary file system nothing is left on the disk",
    source: "gpg(1), --output: the input file stays as it is",
    layer: "static",
    bad: &[
        Example::Script(
            "mysqldump --single-transaction shop > /backup/shop.sql\ngpg --batch -e -r ops@example.org -o /backup/shop.sql.gpg /backup/shop.sql\n",
        ),
        Example::Script(
            r#"#!/bin/bash
set -euo pipefail
umask 077
stamp=$(date -u +%Y%m%dT%H%M%SZ)
plain="/var/backups/shop-$stamp.dump"
pg_dump -Fc -f "$plain" shop
openssl enc -aes-256-cbc -pbkdf2 -iter 600000 -pass file:/etc/backup/pass -in "$plain" -out "$plain.enc"
rclone copy "$plain.enc" offsite:shop
"#,
        ),
    ],
    good: &[
        Example::Script(
            "mysqldump --single-transaction shop > /backup/shop.sql\ngpg --batch -e -r ops@example.org -o /backup/shop.sql.gpg /backup/shop.sql\nshred -u /backup/shop.sql\n",
        ),
        Example::Script(
            r#"#!/bin/bash
set -euo pipefail
umask 077
stamp=$(date -u +%Y%m%dT%H%M%SZ)
plain="/dev/shm/shop-$stamp.dump"
trap 'rm -f "$plain"' EXIT
pg_dump -Fc -f "$plain" shop
age -R /etc/backup/recipients -o "/var/backups/shop-$stamp.dump.age" "$plain"
"#,
        ),
        Example::Script(
            "gpg --batch --passphrase-file /etc/backup/pass -c -o /backup/app.tgz.gpg /backup/app.tgz\n",
        ),
        Example::Script(
            "d=$(mktemp -d)\ntar -czf \"$d/x.tgz\" -C /srv app\nage -R r -o /backup/x.age \"$d/x.tgz\"\nrm -rf \"$d\"\n",
        ),
    ],
    run,
};

fn run(context: &Context<'_>, report: &mut Report) {
    for unit in &context.units {
        for run in unit.named(&["gpg", "gpg2", "openssl", "age"]) {
            let Some(plain) = encrypts(run.command) else { continue };
            let made = unit.runs().find(|other| {
                other.index < run.index
                    && deeds::outputs_of_line(unit, *other).iter().any(|(_, p)| *p == plain)
            });
            if made.is_none() || gone(unit, run, &plain) {
                continue;
            }
            let message = format!("{plain} stays behind in the clear");
            report.add(&RULE, unit, run.command.span, message);
        }
    }
}

/// Returns the file that a command encrypts, where it reads one.
fn encrypts(command: &Command) -> Option<String> {
    let words = command.arguments();
    let literal: Vec<String> = words.iter().map(|w| w.shown().into_owned()).collect();
    let has = |names: &[&str]| literal.iter().any(|w| names.contains(&w.as_str()));
    let bundled =
        |letters: &[char]| literal.iter().any(|w| letters.iter().any(|c| deeds::short(w, *c)));
    if has(&["-d", "--decrypt", "--verify"]) {
        return None;
    }
    match command.name()? {
        "openssl" => {
            let at = literal.iter().position(|w| w == "-in").filter(|_| {
                has(&["enc"]) || literal.first().is_some_and(|w| w.starts_with("aes"))
            })?;
            words.get(at + 1).map(|w| command.path(w))
        }
        "age" => words
            .last()
            .filter(|_| literal.len() > 1 && !has(&["--version"]))
            .map(|w| command.path(w)),
        _ => {
            let encrypting = bundled(&['c', 'e']) || has(&["--symmetric", "--encrypt"]);
            words.last().filter(|_| encrypting).map(|w| command.path(w))
        }
    }
}

/// Tells whether the plain file is deleted or moved, or on a file system in memory.
fn gone(unit: &Unit<'_>, run: Run<'_>, plain: &str) -> bool {
    let memory = plain.starts_with("/dev/shm/") || plain.starts_with("/run/");
    memory
        || unit.runs().any(|other| {
            let late = other.index > run.index || other.command.setting.deferred;
            let removes = other.command.is(&["rm", "shred", "mv", "unlink", "srm", "wipe"])
                || other.command.is(&["find"]) && other.command.has("-delete");
            let about = |a: &crate::shell::Argument| {
                let path = other.command.path(a);
                path == plain
                    || crate::shell::path::within(plain, &path)
                    || path.contains('*')
                        && plain.starts_with(path.split('*').next().unwrap_or("\0"))
            };
            late && removes && other.command.arguments().iter().any(about)
        })
}
