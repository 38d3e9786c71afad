//! FO001: two primaries under one name.

use crate::check::rule::{Example, Report, Rule};
use crate::check::{Context, Run, Unit, failover};
use crate::evidence::Severity;
use crate::tools::{Fence, Takeover};

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
        Example::Script(
            "#!/bin/bash\n# called by keepalived\ncase \"$3\" in\n  MASTER)\n    drbdadm primary --force shop\n    mount /dev/drbd1 /srv/shop\n    systemctl start mariadb\n    ;;\n  BACKUP) systemctl stop mariadb; umount /srv/shop; drbdadm secondary shop ;;\nesac\n",
        ),
        Example::Script(
            "set -eu\nif ! nc -z -w 3 store1 2049; then\n  zpool import -f shares\n  systemctl start nfs-kernel-server\nfi\n",
        ),
        Example::Script(
            "kubectl --context old scale sts pg --replicas=0\npsql -X -h db2 -c 'select pg_promote()'\n",
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
        Example::Script(
            "pcs stonith fence db1 || exit 1\npsql -X -h db2 -c 'select pg_promote()'\n",
        ),
        Example::Script(
            "govc vm.power -off -force store1\nzpool import -f shares\nip addr add 192.0.2.7/24 dev eth0\n",
        ),
        Example::Script(
            "drbdadm create-md shop\ndrbdadm up shop\ndrbdadm primary --force shop\nmkfs.xfs /dev/drbd1\n",
        ),
    ],
    run,
};

fn run(context: &Context<'_>, report: &mut Report) {
    for (unit, run) in context.runs() {
        let promotes = failover::promotes(context, unit, run);
        let seized = match failover::seizes(unit, run) {
            Some(Takeover::Seizes) => true,
            // Which member came furthest is another question; a manager fences by itself.
            Some(Takeover::Promotes | Takeover::Bootstraps | Takeover::HandsOver) | None => false,
        };
        if !promotes && !seized || seized && made_here(context, unit, run) {
            continue;
        }
        let fence = failover::fenced(context, unit, run);
        if fence == Some(Fence::Stops) {
            continue;
        }
        let message = match (promotes, fence) {
            (true, None) => "nothing stops the old primary before this promotion",
            (true, Some(_)) => "the old primary is cut off before this promotion, and runs on",
            (false, None) => "nothing stops the other machine before its storage is taken by force",
            (false, Some(_)) => {
                "the other machine is cut off before its storage is taken by force, and runs on"
            }
        };
        let finding = report.add(&RULE, unit, run.command.span, message.to_owned());
        if fence.is_some() || !promotes && !failover::takes_a_part(context, unit, run) {
            finding.severity = Severity::Medium;
        }
    }
}

/// Tells whether the script made the resource or the pool itself: then nobody else has it.
fn made_here(context: &Context<'_>, unit: &Unit<'_>, run: Run<'_>) -> bool {
    context.before(unit, run).any(|(_, other)| {
        other.command.is(&["drbdadm"]) && other.command.has("create-md")
            || other.command.is(&["zpool"])
                && (other.command.has("create") || other.command.has("export"))
    })
}
