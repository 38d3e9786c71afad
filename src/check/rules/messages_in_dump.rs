//! FS021: what a dump says to people goes into the dump.

use crate::check::deeds::{self, Deed};
use crate::check::outcome::within;
use crate::check::rule::{Example, Report, Rule};
use crate::check::{Context, Run, Unit};
use crate::evidence::Severity;
use crate::shell::ast::RedirectKind;
use crate::shell::{Command, Redirection};

/// A dump on standard output must be alone there.
pub const RULE: Rule = Rule {
    code: "FS021",
    name: "messages-in-dump",
    severity: Severity::High,
    summary: "standard error of a dump goes into the same file or pipe as the dump",
    why: "a warning or a progress line in the middle of a dump is a syntax error at the restore, in an archive it is damage; nobody reads the message either",
    fix: "`> dump 2> dump.log`, or leave standard error alone",
    source: "bash(1), Redirecting Standard Output and Standard Error; measured with GNU tar: what `tar -czvf - dir > f 2>&1` writes gzip refuses as not in its format",
    layer: "static",
    bad: &[
        Example::Script(
            r#"#!/bin/bash
set -euo pipefail
f=/backup/crm/crm-$(date -u +%F).sql
mariadb-dump --defaults-extra-file=/root/.my.cnf --single-transaction --verbose --databases crm > "$f" 2>&1
gzip -9 "$f"
"#,
        ),
        Example::Script("set -o pipefail\npg_dumpall 2>&1 | gzip > /backup/all.sql.gz\n"),
        Example::Script("ssh db1 'pg_dump -Fc shop' &> /backup/shop.dump\n"),
        Example::Script("tar -czvf - /srv > /backup/srv.tgz 2>&1\n"),
        Example::Script(
            "kubectl exec db-0 -- mysqldump --single-transaction shop > /backup/shop.sql 2>&1\n",
        ),
    ],
    good: &[
        Example::Script(
            r#"#!/bin/bash
set -euo pipefail
f=/backup/crm/crm-$(date -u +%F).sql
mariadb-dump --defaults-extra-file=/root/.my.cnf --single-transaction --verbose --databases crm > "$f" 2> "$f.log"
pg_dump -Fc -f /backup/shop.dump shop > /var/log/dump.log 2>&1
pg_dumpall 2>&1 > /backup/all.sql | logger -t dump
"#,
        ),
        Example::Script(
            "tar -czvf /backup/srv.tgz /srv > /backup/srv.txt 2>&1\nrestic backup /srv > /var/log/restic.log 2>&1\nrsync -a /srv/ nas:/srv/ &> /var/log/rsync.log\n",
        ),
        Example::Script("mysqldump --help > /tmp/help.txt 2>&1\npg_dump shop > /dev/null 2>&1\n"),
    ],
    run,
};

fn run(context: &Context<'_>, report: &mut Report) {
    for unit in context.scripts() {
        for run in unit.runs() {
            let command = run.command;
            if !merges(unit, command) {
                continue;
            }
            let name = match dumped(unit, run) {
                Some(dump) => dump.command.name().unwrap_or_default(),
                None => continue,
            };
            let message = format!("what `{name}` says goes into what it dumps");
            report.add(&RULE, unit, command.span, message);
        }
    }
}

/// Returns the dump whose data a command's standard output is: its own, or that of what it runs elsewhere.
fn dumped<'u>(unit: &'u Unit<'_>, run: Run<'u>) -> Option<Run<'u>> {
    if prints(unit, run.command) {
        return Some(run);
    }
    let carries = run.command.is(&[
        "ssh",
        "kubectl",
        "docker",
        "podman",
        "oc",
        "nerdctl",
        "bash",
        "sh",
        "docker-compose",
    ]);
    if !carries {
        return None;
    }
    let mut inner = unit.runs().skip(run.index + 1).filter(|other| {
        let setting = &other.command.setting;
        let last = setting
            .stage
            .is_none_or(|s| s.position + 1 == s.length || run.command.setting.stage == Some(s));
        within(other.command.span, run.command.span) && !setting.substituted && last
    });
    inner.find(|other| other.command.redirects.is_empty() && prints(unit, other.command))
}

/// Tells whether standard output goes into a file or a pipe, and standard error goes with it.
fn merges(unit: &Unit<'_>, command: &Command) -> bool {
    let kept = |r: &Redirection| {
        let path = command.path(&r.target);
        let log = path.ends_with(".log") || path.ends_with(".err") || path.ends_with(".txt");
        matches!(r.kind, RedirectKind::Truncate | RedirectKind::Append)
            && !log
            && !path.starts_with("/dev/")
            && !path.starts_with("/var/log/")
    };
    let piped = command.setting.stage.is_some_and(|s| s.position + 1 < s.length);
    let mut file: Option<&Redirection> = None;
    let mut away = false;
    let mut merged = false;
    for redirect in &command.redirects {
        let written = unit.slice(redirect.span);
        let both = written.starts_with("&>")
            || written.starts_with(">&") && redirect.kind == RedirectKind::Truncate;
        match redirect.kind {
            RedirectKind::Truncate | RedirectKind::Append if both => {
                merged = kept(redirect);
                away = true;
                file = Some(redirect);
            }
            RedirectKind::Truncate | RedirectKind::Append => match redirect.descriptor {
                None | Some(1) => {
                    // Standard error stays where standard output was before.
                    merged = false;
                    away = true;
                    file = Some(redirect);
                }
                Some(2) => merged = false,
                Some(_) => {}
            },
            RedirectKind::Duplicate
                if redirect.descriptor == Some(2) && redirect.target.literal() == Some("1") =>
            {
                // Where standard output goes at this point is where standard error goes.
                merged = match file {
                    Some(file) => kept(file),
                    None => piped && !away,
                };
            }
            RedirectKind::Duplicate
            | RedirectKind::Read
            | RedirectKind::ReadWrite
            | RedirectKind::Heredoc
            | RedirectKind::HereString => {}
        }
    }
    let read = piped && file.is_none() && shown_only(unit, command);
    merged && !read && (file.is_some() || !away)
}

/// Tells whether the end of the pipeline only shows or logs what comes in.
fn shown_only(unit: &Unit<'_>, command: &Command) -> bool {
    let Some(stage) = command.setting.stage else { return false };
    let last = unit.commands.list.iter().filter(|other| {
        let at = other.setting.stage;
        at.is_some_and(|s| s.pipeline == stage.pipeline && s.position > stage.position)
    });
    let watches = [
        "logger",
        "tee",
        "grep",
        "egrep",
        "less",
        "more",
        "mail",
        "mailx",
        "ts",
        "while",
        "read",
        "systemd-cat",
        "wc",
        "head",
        "tail",
        "awk",
        "sed",
    ];
    let keeps = |other: &Command| {
        other.redirects.iter().any(|r| {
            r.descriptor.is_none_or(|fd| fd == 1) && matches!(r.kind, RedirectKind::Truncate)
        })
    };
    let all: Vec<&Command> = last.collect();
    all.is_empty()
        || all.iter().any(|other| other.is(&watches)) && !all.iter().any(|other| keeps(other))
}

/// Tells whether a command writes a dump to its standard output.
fn prints(unit: &Unit<'_>, command: &Command) -> bool {
    if deeds::deed(unit, command) != Some(Deed::Dump) {
        return false;
    }
    let Some(call) = unit.take_apart(command) else { return false };
    let words = command.literals();
    let to = |names: &[&str]| call.value(names).is_some_and(|w| w.text == "-");
    match call.name {
        "pg_dump" | "pg_dumpall" => !call.has(&["file"]) && !call.has(&["help", "version"]),
        "mysqldump" | "mariadb-dump" => !call.has(&["result-file", "tab"]),
        "tar" => !call.has(&["file"]) || to(&["file"]),
        "mongodump" => words.contains(&"--archive"),
        "mariabackup" | "mariadb-backup" | "xtrabackup" => {
            words.iter().any(|w| w.starts_with("--stream"))
        }
        "sqlite3" => words.iter().any(|w| w.trim_start().starts_with(".dump")),
        "slapcat" => !words.contains(&"-l"),
        "zfs" | "btrfs" => words.contains(&"send"),
        _ => false,
    }
}
