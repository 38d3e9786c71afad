//! MY015: a replica that is promoted before it applied what it received.

use crate::check::Context;
use crate::check::rule::{Example, Report, Rule};
use crate::evidence::{Place, Severity};

/// What lies in the relay log was acknowledged to somebody.
pub const RULE: Rule = Rule {
    code: "MY015",
    name: "promoted-unapplied",
    severity: Severity::Medium,
    summary: "a replica forgets its source, and nothing looked whether everything received was applied",
    why: "RESET REPLICA ALL deletes the relay log; transactions in it that were not yet applied are lost",
    fix: "stop the receiver, compare the received with the applied position (SHOW REPLICA STATUS) or wait with MASTER_GTID_WAIT, then STOP REPLICA and RESET REPLICA ALL",
    source: "MariaDB manual, RESET REPLICA; MySQL manual, Switching Sources During Failover",
    layer: "static",
    bad: &[
        Example::Script("mysql -e 'STOP REPLICA; RESET REPLICA ALL; SET GLOBAL read_only = OFF'\n"),
        Example::Script("mariadb -e 'STOP SLAVE'\nmariadb -e 'RESET SLAVE ALL'\n"),
        Example::Script(
            r#"#!/usr/bin/env bash
set -euo pipefail
# the primary is dead, make this replica the new one
ssh db1 systemctl stop mysql || true
mysql --defaults-extra-file=/etc/dr/my.cnf -e 'STOP REPLICA'
mysql --defaults-extra-file=/etc/dr/my.cnf -e 'RESET REPLICA ALL'
mysql --defaults-extra-file=/etc/dr/my.cnf -e 'SET GLOBAL read_only = OFF'
"#,
        ),
    ],
    good: &[
        Example::Script(
            "mysql -e 'STOP REPLICA IO_THREAD'\nmysql -e 'SHOW REPLICA STATUS\\G' | grep -q 'has read all relay log'\nmysql -e 'STOP REPLICA; RESET REPLICA ALL'\n",
        ),
        Example::Script(
            "mariadb -e \"SELECT MASTER_GTID_WAIT('0-1-100', 600)\"\nmariadb -e 'STOP SLAVE; RESET SLAVE ALL'\n",
        ),
        Example::Script(
            r#"#!/usr/bin/env bash
set -euo pipefail
# the primary is dead, make this replica the new one
mysql --defaults-extra-file=/etc/dr/my.cnf -e 'STOP REPLICA IO_THREAD'
until mysql --defaults-extra-file=/etc/dr/my.cnf -e 'SHOW REPLICA STATUS\G' | grep -q 'has read all relay log'; do sleep 5; done
mysql --defaults-extra-file=/etc/dr/my.cnf -e 'STOP REPLICA; RESET REPLICA ALL'
mysql --defaults-extra-file=/etc/dr/my.cnf -e 'SET GLOBAL read_only = OFF'
"#,
        ),
    ],
    run,
};

fn run(context: &Context<'_>, report: &mut Report) {
    let words = |texts: &[String]| texts.join(";").to_ascii_uppercase();
    for (unit, run) in context.named(&["mysql", "mariadb"]) {
        let text = words(unit.sql(run.command));
        let forgets = text.contains("RESET REPLICA ALL") || text.contains("RESET SLAVE ALL");
        if !forgets || unit.part == Place::Rollback {
            continue;
        }
        let looks = |text: &str| {
            [
                "REPLICA STATUS",
                "SLAVE STATUS",
                "GTID_WAIT",
                "WAIT_FOR_EXECUTED_GTID_SET",
                "POS_WAIT",
                "GTID_SUBSET",
            ]
            .iter()
            .any(|word| text.contains(word))
        };
        let looked = looks(&text)
            || context.before(unit, run).any(|(u, other)| looks(&words(u.sql(other.command))));
        if !looked {
            report.add(
                &RULE,
                unit,
                run.command.span,
                "the relay log is deleted, and nothing says that it was applied".to_owned(),
            );
        }
    }
}
