//! FO001: two primaries under one name.

use crate::check::rule::{Example, Report, Rule};
use crate::check::{Context, failover};
use crate::evidence::Severity;

/// The old primary is stopped and kept down before the standby takes its place.
pub const RULE: Rule = Rule {
    code: "FO001",
    name: "promoted-without-fence",
    severity: Severity::Critical,
    summary: "a standby is promoted, and nothing before it stops or isolates the old primary",
    why: "both take writes; the two histories cannot be merged, and one of them is lost",
    fix: "stop and mask the old primary, or cut its power, and see that nobody answers at its address, before the promotion",
    source: "GitHub 2018: writes on both sides of a partition took a day to reconcile",
    layer: "static",
    bad: &[
        Example::Script(
            "psql -X -h db2 -Atc 'select pg_last_wal_receive_lsn(), pg_last_wal_replay_lsn()'\npsql -X -h db2 -c 'select pg_promote()'\n",
        ),
        Example::Plan {
            plan: "schema: blackstart/plan/v1\nid: p\nkind: recovery\ntitle: t\nsteps:\n  - {id: lag, title: t, kind: command, risk: disruptive, host: db2, run: \"psql -X -h db2 -Atc 'select pg_last_wal_receive_lsn(), pg_last_wal_replay_lsn()'\"}\n  - {id: promote, title: t, kind: command, risk: disruptive, host: db2, run: \"pg_ctl promote -D /srv/pg\"}\n",
            inventory: "schema: blackstart/inventory/v1\nhosts: [{id: db1}, {id: db2}, {id: web1}]\nassets:\n  - {id: shop, kind: postgres, host: db1, version: \"15\", size: 300GB, paths: [/srv/pg]}\n  - {id: web, kind: app, host: web1, depends_on: [shop], services: [app.service]}\n",
        },
        Example::Script(
            "mysql -h m2 -e 'STOP REPLICA; RESET REPLICA ALL; SET GLOBAL read_only = OFF'\n",
        ),
    ],
    good: &[
        Example::Script(
            "ssh db1 systemctl stop postgresql@15-main\npsql -X -h db2 -Atc 'select pg_last_wal_receive_lsn(), pg_last_wal_replay_lsn()'\npsql -X -h db2 -c 'select pg_promote()'\n",
        ),
        Example::Plan {
            plan: "schema: blackstart/plan/v1\nid: p\nkind: recovery\ntitle: t\nsteps:\n  - {id: fence, title: t, kind: command, risk: disruptive, host: db1, run: \"systemctl mask --now postgresql@15-main\"}\n  - {id: lag, title: t, kind: command, risk: disruptive, host: db2, run: \"psql -X -h db2 -Atc 'select pg_last_wal_receive_lsn(), pg_last_wal_replay_lsn()'\"}\n  - {id: promote, title: t, kind: command, risk: disruptive, host: db2, run: \"pg_ctl promote -D /srv/pg\"}\n",
            inventory: "schema: blackstart/inventory/v1\nhosts: [{id: db1}, {id: db2}, {id: web1}]\nassets:\n  - {id: shop, kind: postgres, host: db1, version: \"15\", size: 300GB, paths: [/srv/pg]}\n  - {id: web, kind: app, host: web1, depends_on: [shop], services: [app.service]}\n",
        },
        Example::Plan {
            plan: "schema: blackstart/plan/v1\nid: p\nkind: recovery\ntitle: t\nsteps:\n  - {id: fence, title: Cut the power of the old primary, kind: manual}\n  - {id: promote, title: t, kind: command, risk: disruptive, needs: [fence], host: db2, run: \"pg_ctl promote -D /srv/pg\"}\n",
            inventory: "schema: blackstart/inventory/v1\nhosts: [{id: db1}, {id: db2}, {id: web1}]\nassets:\n  - {id: shop, kind: postgres, host: db1, version: \"15\", size: 300GB, paths: [/srv/pg]}\n  - {id: web, kind: app, host: web1, depends_on: [shop], services: [app.service]}\n",
        },
        Example::Script(
            "P=/srv/pitr/main\ncat >> \"$P/postgresql.auto.conf\" <<'CONF'\nrestore_command = 'cp /backup/wal/%f %p'\nrecovery_target_time = '2026-03-02 14:03:00+00'\nCONF\ntouch \"$P/recovery.signal\"\npg_ctl start -w -D /srv/pitr/main\npg_ctl promote -D /srv/pitr/main\n",
        ),
        Example::Script("patronictl failover --candidate db2 --force\n"),
    ],
    run,
};

fn run(context: &Context<'_>, report: &mut Report) {
    for (unit, run) in context.named(&["pg_ctl", "pg_ctlcluster", "psql", "mysql", "mariadb"]) {
        if !failover::promotes(context, unit, run) || failover::fenced(context, unit, run) {
            continue;
        }
        let message = "nothing stops the old primary before this promotion".to_owned();
        report.add(&RULE, unit, run.command.span, message);
    }
}
