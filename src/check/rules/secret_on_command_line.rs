//! EN006: a secret that every user of the machine can read.

use crate::check::Context;
use crate::check::rule::{Example, Report, Rule};
use crate::evidence::Severity;
use crate::shell::{Argument, Command};

/// The words of every running command can be read by everybody.
pub const RULE: Rule = Rule {
    code: "EN006",
    name: "secret-on-command-line",
    severity: Severity::Medium,
    summary: "a passphrase, key or password is a word of a command",
    why: "`ps` shows it to every user for as long as the command runs, and it lands in logs and histories; written out in the script, it is in every copy of that too",
    fix: "a file of mode 0600 (`--passphrase-file`, `-pass file:`, `--password-file`, `curl --netrc-file`), a descriptor, or an environment variable",
    source: "proc(5), /proc/pid/cmdline; openssl-passphrase-options(1): pass: is only for where security is not important",
    layer: "static",
    bad: &[
        Example::Script("gpg --batch --passphrase hunter2 -c -o /backup/x.gpg /backup/x\n"),
        Example::Script(
            r#"#!/bin/bash
set -euo pipefail
umask 077
stamp=$(date +%F)
tar -czf - -C /srv app | openssl enc -aes-256-cbc -pbkdf2 -pass pass:"$BACKUP_PASS" -out "/backup/app-$stamp.tgz.enc"
curl -fsS -u backup:s3cret -T "/backup/app-$stamp.tgz.enc" https://dav.example.org/backup/
"#,
        ),
        Example::Script("sshpass -p s3cret rsync -a /srv/ backup@dr1:/backup/srv/\n"),
        Example::Script("redis-cli -a \"$REDIS_PASS\" --rdb /backup/dump.rdb.new\n"),
        Example::Script("mongodump --uri mongodb://root:s3cret@db1/shop --out /backup/mongo.new\n"),
    ],
    good: &[
        Example::Script(
            "gpg --batch --passphrase-file /etc/backup/pass -c -o /backup/x.gpg /backup/x\n",
        ),
        Example::Script(
            r#"#!/bin/bash
set -euo pipefail
umask 077
stamp=$(date +%F)
tar -czf - -C /srv app | openssl enc -aes-256-cbc -pbkdf2 -pass file:/etc/backup/pass -out "/backup/app-$stamp.tgz.enc"
curl -fsS --netrc-file /etc/backup/netrc -T "/backup/app-$stamp.tgz.enc" https://dav.example.org/backup/
SSHPASS=$(cat /etc/backup/ssh) sshpass -e rsync -a /srv/ backup@dr1:/backup/srv/
"#,
        ),
        Example::Script(
            "openssl enc -d -aes-256-cbc -pbkdf2 -pass env:BACKUP_PASS -in x.enc -out x\nzip -r x.zip x\n",
        ),
        Example::Script(
            "curl -u \"$USER\" https://example.org/x\ncurl https://user@example.org/x\n7z a -p /backup/x.7z x\n",
        ),
    ],
    run,
};

fn run(context: &Context<'_>, report: &mut Report) {
    for (unit, run) in context.runs() {
        for (argument, secret) in secrets(run.command) {
            let known = argument.literal().is_some();
            let message = match known {
                true => {
                    "the secret stands in the script, and in the list of processes while this runs"
                }
                false => "the secret is in the list of processes while this runs",
            };
            let finding = report.add(&RULE, unit, argument.span, message.to_owned());
            if known && !secret.is_empty() && !is_filler(&secret) {
                finding.severity = Severity::High;
            }
        }
    }
}

/// Returns the words of a command that hold a secret, with the secret as it can be shown.
fn secrets(command: &Command) -> Vec<(&Argument, String)> {
    let Some(name) = command.name() else { return Vec::new() };
    // Flags whose next word is the secret, flags to which it is attached, and flags of `user:secret`.
    let (next, attached, login): (&[&str], &[&str], &[&str]) = match name {
        "gpg" | "gpg2" | "gpgtar" => (&["--passphrase"], &["--passphrase="], &[]),
        "openssl" => (&["-k", "-password"], &[], &[]),
        "zip" => (&["-P", "--password"], &["-P", "--password="], &[]),
        "7z" | "7za" | "7zr" | "rar" | "unrar" => (&[], &["-p"], &[]),
        "sshpass" => (&["-p"], &["-p"], &[]),
        "curl" => (&["--pass"], &["--pass="], &["-u", "--user", "-U", "--proxy-user"]),
        "wget" => (&[], &["--password=", "--http-password=", "--ftp-password="], &[]),
        "redis-cli" => (&["-a", "--pass"], &[], &[]),
        "mongodump" | "mongorestore" | "mongo" | "mongosh" | "mongoexport" => {
            (&["-p", "--password"], &["--password="], &[])
        }
        "ldapadd" | "ldapmodify" | "ldapsearch" => (&["-w"], &[], &[]),
        "s3cmd" => (&[], &["--secret_key=", "--access_token="], &[]),
        "docker" | "podman" if command.has("login") => {
            (&["-p", "--password"], &["--password="], &[])
        }
        "lftp" | "ncftpput" => (&[], &[], &["-u"]),
        "smbclient" => (&[], &[], &["-U", "--user"]),
        "duplicity" | "restic" | "rclone" | "borg" | "git" | "psql" => (&[], &[], &[]),
        "mc" if command.has("alias") && command.has("set") => {
            let secret = command.arguments().iter().filter(|a| !a.prefix().starts_with('-')).nth(5);
            return secret.into_iter().map(|a| (a, a.shown().into_owned())).collect();
        }
        "aws" if command.has("aws_secret_access_key") => {
            return command
                .arguments()
                .last()
                .into_iter()
                .map(|a| (a, a.shown().into_owned()))
                .collect();
        }
        "mount" | "mount.cifs" => {
            return (command.arguments().iter())
                .filter(|a| {
                    a.shown()
                        .split(',')
                        .any(|o| o.starts_with("password=") || o.starts_with("pass="))
                })
                .map(|a| (a, a.shown().into_owned()))
                .collect();
        }
        _ => return Vec::new(),
    };
    let arguments = command.arguments();
    let mut found = Vec::new();
    for (at, argument) in arguments.iter().enumerate() {
        let shown = argument.shown();
        let previous = at.checked_sub(1).and_then(|before| arguments[before].literal());
        let follows = |flags: &[&str]| previous.is_some_and(|p| flags.contains(&p));
        let rest =
            attached.iter().find_map(|flag| shown.strip_prefix(flag)).filter(|r| !r.is_empty());
        let pass = name == "openssl" && shown.starts_with("pass:") && shown.len() > 5;
        let pair = follows(login) && pair(&shown, name);
        let address = login_in_address(&shown);
        if follows(next) && !shown.is_empty() || rest.is_some() || pass || pair || address {
            found.push((argument, shown.into_owned()));
        }
    }
    found
}

/// Tells whether a secret is the word that examples and tests use for one.
fn is_filler(secret: &str) -> bool {
    let value = secret.rsplit([':', '=', ',', '%']).next().unwrap_or_default();
    let words = ["password", "passwd", "pass", "secret", "test", "changeit", "example"];
    words.iter().any(|word| value.eq_ignore_ascii_case(word))
}

/// Tells whether a login holds a secret behind its separator.
fn pair(shown: &str, tool: &str) -> bool {
    let separator = match tool {
        "lftp" => ',',
        "smbclient" => '%',
        _ => ':',
    };
    shown
        .split_once(separator)
        .is_some_and(|(user, secret)| !secret.is_empty() && !user.contains(' '))
}

/// Tells whether an address holds a password (`scheme://user:password@host`).
fn login_in_address(shown: &str) -> bool {
    let Some((scheme, rest)) = shown.split_once("://") else { return false };
    let host = rest.split('/').next().unwrap_or_default();
    let login = host.rsplit_once('@').and_then(|(login, _)| login.split_once(':'));
    // Addresses of PostgreSQL are judged by a rule of their own.
    !scheme.starts_with("postgres")
        && !scheme.contains(' ')
        && login.is_some_and(|(_, secret)| !secret.is_empty())
}
