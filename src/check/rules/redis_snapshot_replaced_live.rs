//! RD001: the snapshot file of a running Redis is replaced.

use crate::check::Context;
use crate::check::redis::{replaces_snapshot, stops};
use crate::check::rule::{Example, Report, Rule};
use crate::evidence::Place;
use crate::evidence::Severity;

/// A running server writes its own memory over the file when it stops.
pub const RULE: Rule = Rule {
    code: "RD001",
    name: "redis-snapshot-replaced-live",
    severity: Severity::Critical,
    summary: "the RDB file of Redis is put in place while the server runs",
    why: "the server reads the file only when it starts, and its shutdown saves the old memory over it: the restored copy is gone",
    fix: "stop the server first (`systemctl stop`, or `redis-cli SHUTDOWN NOSAVE`), copy, set the owner, start, compare DBSIZE",
    source: "redis.io documentation, Persistence; measured with Redis 7.0: a file of one key put beside a server of two comes back with two",
    layer: "static",
    bad: &[
        Example::Script(
            "cp /backup/redis/dump.rdb /var/lib/redis/dump.rdb\nsystemctl restart redis-server\n",
        ),
        Example::Script(
            "#!/usr/bin/env bash\nset -euo pipefail\nSNAP=/backup/redis/$1.rdb.gz\ngzip -t \"$SNAP\"\ngunzip -c \"$SNAP\" > /var/lib/redis/dump.rdb\nchown redis:redis /var/lib/redis/dump.rdb\nsystemctl restart redis\nredis-cli DBSIZE\n",
        ),
        Example::Plan {
            plan: "schema: blackstart/plan/v1\nid: p\nkind: recovery\ntitle: t\nsteps:\n  - {id: back, title: Put back, kind: command, risk: destructive, run: install -o redis -g redis /backup/cache.rdb /srv/cache/dump.rdb}\n  - {id: go, title: Start, kind: command, needs: [back], risk: disruptive, run: systemctl restart redis-server}\n",
            inventory: "schema: blackstart/inventory/v1\nassets:\n  - {id: cache, kind: redis, paths: [/srv/cache]}\n",
        },
    ],
    good: &[
        Example::Script(
            "systemctl stop redis-server\ncp /backup/redis/dump.rdb /var/lib/redis/dump.rdb\nsystemctl start redis-server\n",
        ),
        Example::Script(
            "redis-cli SHUTDOWN NOSAVE\nmv /srv/stage/dump.rdb /var/lib/redis/dump.rdb\nredis-server /etc/redis/redis.conf\n",
        ),
        Example::Script(
            "set -euo pipefail\numask 077\nout=\"/backup/redis/$(date +%F).rdb\"\nredis-cli --rdb \"$out.new\"\nredis-check-rdb \"$out.new\"\nmv \"$out.new\" \"$out\"\ncp /var/lib/redis/dump.rdb /backup/redis/dump.rdb\n",
        ),
        Example::Script(
            "docker stop cache\ncp /backup/dump.rdb /var/lib/redis/dump.rdb\ndocker start cache\n",
        ),
    ],
    run,
};

fn run(context: &Context<'_>, report: &mut Report) {
    for (unit, run) in context
        .writing(crate::check::redis::REPLACERS)
        .filter(|(unit, _)| unit.part == Place::Run || unit.step.is_none())
    {
        let Some(path) = replaces_snapshot(context, unit, run) else {
            continue;
        };
        if !context.before(unit, run).any(|(_, other)| stops(other.command)) {
            let message = format!("{path} is replaced while the server may run");
            report.add(&RULE, unit, run.command.span, message);
        }
    }
}
