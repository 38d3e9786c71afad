//! SQ006: a replica that is pointed at a server and not at a place in its log.

use crate::check::Context;
use crate::check::rule::{Example, Report, Rule};
use crate::evidence::Severity;
use crate::sql::Kind;

/// Without a position replication starts at the oldest log that is left.
pub const RULE: Rule = Rule {
    code: "SQ006",
    name: "replica-without-position",
    severity: Severity::High,
    summary: "CHANGE MASTER or CHANGE REPLICATION SOURCE names a host and neither a log position nor GTIDs, or the position is thrown away unread",
    why: "the replica plays the oldest log once more over the restored data, or leaves a gap; both are found months later",
    fix: "give file and position from the dump's header (or MASTER_USE_GTID, SOURCE_AUTO_POSITION=1); note SHOW REPLICA STATUS before STOP and RESET REPLICA",
    source: "MariaDB documentation, CHANGE MASTER TO: MASTER_LOG_FILE and MASTER_LOG_POS; MySQL documentation, RESET REPLICA deletes the position",
    layer: "sql",
    bad: &[
        Example::Script(
            r#"#!/usr/bin/env bash
set -euo pipefail
mysql shop < /backup/shop.sql
mysql <<'SQL'
CHANGE MASTER TO MASTER_HOST='db1', MASTER_USER='repl', MASTER_PASSWORD='x';
START SLAVE;
SQL
"#,
        ),
        Example::Script(
            "mysql -e 'STOP REPLICA; RESET REPLICA ALL'\nmysql shop < /backup/shop.sql\n",
        ),
    ],
    good: &[
        Example::Script(
            r#"#!/usr/bin/env bash
set -euo pipefail
mysql -e 'SHOW REPLICA STATUS\G' > "/var/log/dr/replica-$(date +%s).txt"
mysql -e 'STOP REPLICA; RESET REPLICA ALL'
mysql -e "CHANGE REPLICATION SOURCE TO SOURCE_HOST='db1', SOURCE_AUTO_POSITION=1"
mysql -e 'START REPLICA'
"#,
        ),
        Example::Script(
            "mysql -e \"CHANGE MASTER TO MASTER_HOST='db1', MASTER_LOG_FILE='bin.000042', MASTER_LOG_POS=4711\"\nmysql -e \"CHANGE MASTER TO MASTER_DELAY=3600\"\n",
        ),
    ],
    run,
};

fn run(context: &Context<'_>, report: &mut Report) {
    let mut noted = false;
    for query in context.queries() {
        let statement = &query.statement;
        noted |= statement.text.contains("SLAVE STATUS")
            || statement.text.contains("REPLICA STATUS")
            || statement.text.contains("SLAVES STATUS")
            || statement.text.contains("GTID_EXECUTED")
            || statement.text.contains("GTID_SLAVE_POS")
            || statement.text.contains("GTID_CURRENT_POS");
        if statement.kind != Kind::Replicate {
            continue;
        }
        let text = &statement.text;
        let named = ["MASTER_HOST", "SOURCE_HOST"].iter().any(|word| statement.has(word));
        let placed = [
            "MASTER_LOG_FILE",
            "SOURCE_LOG_FILE",
            "MASTER_AUTO_POSITION",
            "SOURCE_AUTO_POSITION",
            "MASTER_USE_GTID",
        ]
        .iter()
        .any(|word| statement.has(word));
        let reset = statement.starts("RESET SLAVE") || statement.starts("RESET REPLICA");
        let message = if text.starts_with("CHANGE") && named && !placed {
            "the replica is given a host and no position"
        } else if reset && !noted {
            "the position of the replica is thrown away before anybody noted it"
        } else {
            continue;
        };
        let finding = report.add(&RULE, query.unit, statement.span, message.to_owned());
        if reset {
            finding.severity = Severity::Medium;
        }
    }
}
