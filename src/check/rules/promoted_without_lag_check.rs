//! FO002: a loss nobody measured.

use crate::check::rule::{Example, Report, Rule};
use crate::check::{Context, failover};
use crate::evidence::Severity;
use crate::tools::Takeover;

/// What the standby did not receive is lost by its promotion.
pub const RULE: Rule = Rule {
    code: "FO002",
    name: "promoted-without-lag-check",
    severity: Severity::Critical,
    summary: "a standby is promoted, and nothing before it looks how far behind it is",
    why: "hours of work can be given up without anybody deciding it",
    fix: "`select pg_last_wal_receive_lsn(), pg_last_wal_replay_lsn(), pg_last_xact_replay_timestamp()`, after the fence, and a decision with the number in view",
    source: "PostgreSQL manual, Recovery Information Functions",
    layer: "static",
    bad: &[
        Example::Script(
            "#!/bin/bash\nset -eu\n# after the power failure\nfor n in g2 g3; do ssh \"$n\" systemctl stop mariadb; done\nsed -i 's/safe_to_bootstrap: 0/safe_to_bootstrap: 1/' /var/lib/mysql/grastate.dat\ngalera_new_cluster\nfor n in g2 g3; do ssh \"$n\" systemctl start mariadb; done\n",
        ),
        Example::Script("patronictl -c /etc/patroni.yml failover shop --candidate db2 --force\n"),
        Example::Script(
            "ssh db1 systemctl stop postgresql\npsql -X -h db2 -c 'select pg_promote()'\n",
        ),
        Example::Plan {
            plan: "schema: blackstart/plan/v1\nid: p\nkind: recovery\ntitle: t\nsteps:\n  - {id: fence, title: t, kind: command, risk: disruptive, host: db1, run: \"systemctl stop postgresql\"}\n  - {id: promote, title: t, kind: command, risk: disruptive, host: db2, run: \"pg_ctl promote -D /srv/pg\"}\n",
            inventory: "schema: blackstart/inventory/v1\nhosts: [{id: db1}, {id: db2}, {id: web1}]\nassets:\n  - {id: shop, kind: postgres, host: db1, version: \"15\", size: 300GB, paths: [/srv/pg]}\n  - {id: web, kind: app, host: web1, depends_on: [shop], services: [app.service]}\n",
        },
    ],
    good: &[
        Example::Script(
            "set -eu\nfor n in g1 g2 g3; do ssh \"$n\" grep seqno: /var/lib/mysql/grastate.dat; done\nread -r -p 'the furthest one: ' best\nssh \"$best\" galera_new_cluster\n",
        ),
        Example::Script("patronictl list\npatronictl failover --candidate db2 --force\n"),
        Example::Script(
            "ssh db1 systemctl stop postgresql\npsql -X -h db2 -Atc 'select pg_last_wal_receive_lsn(), pg_last_wal_replay_lsn()'\npsql -X -h db2 -c 'select pg_promote()'\n",
        ),
        Example::Script(
            "P=/srv/pitr/main\ncat >> \"$P/postgresql.auto.conf\" <<'CONF'\nrestore_command = 'cp /backup/wal/%f %p'\nCONF\ntouch \"$P/recovery.signal\"\npg_ctl promote -D /srv/pitr/main\n",
        ),
        Example::Script(
            "mysql -h m2 -e \"SHOW REPLICA STATUS\\G\"\nssh m1 systemctl stop mysql\nmysql -h m2 -e \"STOP REPLICA; RESET REPLICA ALL\"\n",
        ),
    ],
    run,
};

fn run(context: &Context<'_>, report: &mut Report) {
    for (unit, run) in context.runs() {
        let message = match failover::seizes(unit, run) {
            Some(Takeover::Bootstraps) => {
                "nothing looks which member came furthest before the cluster begins anew with this one"
            }
            Some(Takeover::HandsOver) => {
                "nothing looks how far the candidate came before it is made the leader without a question"
            }
            Some(Takeover::Promotes | Takeover::Seizes) | None => {
                if !failover::promotes(context, unit, run) {
                    continue;
                }
                "nothing measures what the standby lacks before this promotion"
            }
        };
        if !failover::measured(context, unit, run) {
            report.add(&RULE, unit, run.command.span, message.to_owned());
        }
    }
}
