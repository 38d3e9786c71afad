//! SQ008: the binary log, deleted by a statement.

use crate::check::Context;
use crate::check::rule::{Example, Report, Rule};
use crate::evidence::{Place, Severity};
use crate::sql::Kind;

/// What happened since the last backup stands only there.
pub const RULE: Rule = Rule {
    code: "SQ008",
    name: "log-purged-by-statement",
    severity: Severity::High,
    summary: "RESET MASTER or PURGE BINARY LOGS, and nothing copied the logs before",
    why: "the changes since the last backup cannot be played any more, and every replica that has not read them must be built anew",
    fix: "copy them first (`mysqlbinlog --raw --read-from-remote-server`), and let binlog_expire_logs_seconds do the rest; RESET MASTER only on a server that was just restored",
    source: "MariaDB documentation, RESET MASTER deletes all binary log files of the index; PURGE BINARY LOGS",
    layer: "sql",
    bad: &[
        Example::Script("mysql --defaults-extra-file=/etc/backup/my.cnf -e 'RESET MASTER'\n"),
        Example::Script(
            r#"#!/usr/bin/env bash
set -euo pipefail
# the disk of the logs is full
df -h /var/lib/mysql
mysql --defaults-extra-file=/etc/backup/my.cnf -e "PURGE BINARY LOGS BEFORE NOW()"
systemctl restart app
"#,
        ),
    ],
    good: &[
        Example::Script(
            r#"#!/usr/bin/env bash
set -euo pipefail
# a server that was just installed: take over the history of the dump
mysql -S /srv/new/mysql.sock -e 'RESET MASTER'
mysql -S /srv/new/mysql.sock -e "SET GLOBAL gtid_purged='3e11fa47-71ca-11e1-9e33-c80aa9429562:1-5'"
mysql -S /srv/new/mysql.sock < /backup/all.sql
"#,
        ),
        Example::Script(
            "mysqlbinlog --read-from-remote-server --raw --host=db1 --to-last-log --result-file=/backup/binlog/ bin.000040\nmysql -e \"PURGE BINARY LOGS TO 'bin.000042'\"\n",
        ),
        Example::Script("mysql -e 'FLUSH BINARY LOGS; SHOW BINARY LOGS'\n"),
    ],
    run,
};

fn run(context: &Context<'_>, report: &mut Report) {
    let queries: Vec<_> = context.queries().collect();
    for (at, query) in queries.iter().enumerate() {
        if query.statement.kind != Kind::PurgeLogs || query.unit.part == Place::Rollback {
            continue;
        }
        let takes_over = queries[at..].iter().any(|later| {
            let text = &later.statement.text;
            later.statement.kind != Kind::PurgeLogs
                && ["GTID_PURGED", "GTID_SLAVE_POS"].iter().any(|name| text.contains(name))
        });
        let copied = context.named(&["mysqlbinlog", "mariadb-binlog", "cp", "rsync", "tar"]).any(
            |(_, run)| {
                let names = ["binlog", "bin-log", "bin.", "-bin", "--raw"];
                run.command.span.start < query.statement.span.start
                    && run.command.arguments().iter().any(|word| {
                        let word = word.shown();
                        names.iter().any(|name| word.contains(name))
                    })
            },
        );
        if !takes_over && !copied {
            let message = "the binary logs are deleted, and nothing copied them before".to_owned();
            report.add(&RULE, query.unit, query.statement.span, message);
        }
    }
}
