//! MY014: a physical copy put back as it was taken.

use crate::check::names::looks_scratch;
use crate::check::rule::{Example, Report, Rule};
use crate::check::{Context, Run, Unit};
use crate::evidence::{Place, Severity};

/// A copy of a running server is consistent only when its log was applied, and the server's account must own it.
pub const RULE: Rule = Rule {
    code: "MY014",
    name: "physical-copy-not-prepared",
    severity: Severity::High,
    summary: "a physical copy is put back without --prepare, or is left to an account that is not the server's",
    why: "files of different instants start a server that crashes or loses rows; files of root do not start one at all",
    fix: "run --prepare first, put it into an empty directory, and chown it to the server's account before the start",
    source: "mariadb-backup manual, Full Backup and Restore; measured: backup, prepare, copy-back",
    layer: "plan",
    bad: &[
        Example::Script(
            "systemctl stop mariadb\nmv /var/lib/mysql \"/var/lib/mysql.$(date +%s)\"\nmariadb-backup --copy-back --target-dir=/backup/full\nchown -R mysql:mysql /var/lib/mysql\nsystemctl start mariadb\n",
        ),
        Example::Script(
            "systemctl stop mysql\nmv /var/lib/mysql \"/var/lib/mysql.$(date +%s)\"\nxtrabackup --prepare --target-dir=/backup/full\nxtrabackup --copy-back --target-dir=/backup/full\nsystemctl start mysql\n",
        ),
        Example::Script(
            "systemctl stop mysql\nxtrabackup --prepare --target-dir=/backup/full\nxtrabackup --copy-back --target-dir=/backup/full --datadir=/var/lib/mysql --force-non-empty-directories\nchown -R mysql: /var/lib/mysql\nsystemctl start mysql\n",
        ),
        Example::Script(
            r#"#!/bin/bash
set -euo pipefail
src=$1
[ -f "$src/xtrabackup_checkpoints" ] || exit 2
systemctl stop mysql
mv /var/lib/mysql "/var/lib/mysql.before-$(date +%s)"
restore() {
  xtrabackup --copy-back --target-dir="$1" --datadir=/var/lib/mysql
  chown -R mysql:mysql /var/lib/mysql
}
restore "$src"
systemctl start mysql
"#,
        ),
    ],
    good: &[
        Example::Script(
            "systemctl stop mariadb\nmariadb-backup --prepare --target-dir=/backup/full\nmv /var/lib/mysql \"/var/lib/mysql.$(date +%s)\"\nmariadb-backup --copy-back --target-dir=/backup/full\nchown -R mysql:mysql /var/lib/mysql\nsystemctl start mariadb\n",
        ),
        Example::Script(
            "grep -q full-prepared /backup/full/xtrabackup_checkpoints\nsudo -u mysql xtrabackup --copy-back --target-dir=/backup/full --datadir=/srv/scratch/mysql\n",
        ),
    ],
    run,
};

const COPIERS: &[&str] = &["mariabackup", "mariadb-backup", "xtrabackup", "innobackupex"];

fn run(context: &Context<'_>, report: &mut Report) {
    for (unit, run) in context.named(COPIERS) {
        let Some(call) = unit.take_apart(run.command) else {
            continue;
        };
        if !call.has(&["copy-back", "move-back"]) || unit.part == Place::Rollback {
            continue;
        }
        let prepared = context.before(unit, run).any(|(_, other)| {
            let words = other.command.literals();
            other.command.is(COPIERS)
                && words.iter().any(|w| *w == "--prepare" || *w == "--apply-log")
                || other.command.arguments().iter().any(|a| {
                    let text = a.shown();
                    // That the file is there says nothing; what is in it does.
                    !text.contains(char::is_whitespace)
                        && (text.contains("full-prepared") || text.contains("_checkpoints"))
                        && !other.command.is(&["[", "test", "ls", "stat", "cp", "rm"])
                })
        });
        let mut add = |message: &str| {
            report.add(&RULE, unit, run.command.span, message.to_owned());
        };
        if !prepared {
            add("the copy is put back and was not prepared");
        } else if call.has(&["force-non-empty-directories"]) {
            add("the copy is mixed with what is left in the directory");
        } else if starts_unowned(context, unit, run) {
            add("the server is started on files that belong to the account that copied them");
        }
    }
}

/// Tells whether a service is started behind a copy by root, and nothing gave the files to its account.
fn starts_unowned(context: &Context<'_>, unit: &Unit<'_>, run: Run<'_>) -> bool {
    let by_server = run.command.setting.user.as_deref().is_some_and(|user| user != "root")
        || unit.step.is_some_and(|step| step.run_as.as_deref().is_some_and(|user| user != "root"));
    let scratch = unit
        .take_apart(run.command)
        .and_then(|call| call.value(&["datadir"]).map(|word| looks_scratch(&word.text)));
    if by_server || scratch == Some(true) {
        return false;
    }
    let behind: Vec<Run<'_>> = context.after(unit, run).map(|(_, other)| other).collect();
    let start = behind.iter().position(|other| {
        other.command.is(&["systemctl", "service"]) && other.command.has("start")
            || other.command.is(&["mysqld_safe", "mariadbd-safe", "mysqld", "mariadbd"])
    });
    start.is_some_and(|start| !behind[..start].iter().any(|other| other.command.is(&["chown"])))
}
