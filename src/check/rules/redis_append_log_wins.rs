//! RD002: a snapshot is restored, and the server reads its append-only file.

use crate::check::Context;
use crate::check::redis::{replaces_snapshot, starts};
use crate::check::rule::{Example, Report, Rule};
use crate::evidence::Severity;
use crate::shell::Argument;

/// With `appendonly yes` the snapshot is not even opened.
pub const RULE: Rule = Rule {
    code: "RD002",
    name: "redis-append-log-wins",
    severity: Severity::Critical,
    summary: "an RDB file is restored and the server started, and nothing turns its append-only file off",
    why: "the server loads the append-only file, or makes an empty one, and ignores the restored snapshot: it starts with no data",
    fix: "move the append-only directory away, set `appendonly no`, start, compare DBSIZE, then `CONFIG SET appendonly yes` and wait for the rewrite",
    source: "redis.io documentation, Persistence: \"the AOF file will be used to reconstruct the original dataset\"; measured with Redis 7.0: dbsize 0",
    layer: "static",
    bad: &[
        Example::Script(
            "#!/usr/bin/env bash\nset -euo pipefail\n# /etc/redis/redis.conf: appendonly yes\nsystemctl stop redis-server\ncp /backup/redis/dump.rdb /var/lib/redis/dump.rdb\nchown redis:redis /var/lib/redis/dump.rdb\nsystemctl start redis-server\n",
        ),
        Example::Script(
            "redis-cli shutdown nosave\ncp /backup/cache.rdb /var/lib/redis/dump.rdb\nredis-server --dir /var/lib/redis --appendonly yes --daemonize yes\n",
        ),
        Example::Script(
            "systemctl stop redis\ncp /backup/cache.rdb /var/lib/redis/dump.rdb\nsystemctl start redis\n",
        ),
    ],
    good: &[
        Example::Script(
            "set -euo pipefail\nsystemctl stop redis-server\nmv /var/lib/redis/appendonlydir \"/var/lib/redis/appendonlydir.$(date +%s)\"\ncp /backup/redis.rdb /var/lib/redis/dump.rdb\nsed -i.before 's/^appendonly yes$/appendonly no/' /etc/redis/redis.conf\nsystemctl start redis-server\n[ \"$(redis-cli DBSIZE)\" -gt 0 ]\nredis-cli CONFIG SET appendonly yes\n",
        ),
        Example::Script(
            "systemctl stop redis\ncp /backup/cache.rdb /var/lib/redis/dump.rdb\nredis-server --dir /var/lib/redis --appendonly no\n",
        ),
        Example::Script(
            "systemctl stop redis\ngrep -qx \"appendonly no\" /etc/redis/redis.conf\ncp /backup/cache.rdb /var/lib/redis/dump.rdb\nsystemctl start redis\n",
        ),
    ],
    run,
};

fn run(context: &Context<'_>, report: &mut Report) {
    for (unit, run) in context.writing(crate::check::redis::REPLACERS) {
        if replaces_snapshot(context, unit, run).is_none() {
            continue;
        }
        let Some((started, start)) =
            context.after(unit, run).find(|(_, other)| starts(other.command))
        else {
            continue;
        };
        let handled = context.runs().any(|(_, other)| {
            let words = || other.command.arguments().iter().map(Argument::shown);
            let written = other.command.input.iter().map(Argument::shown);
            let off = |text: &str| text.contains("appendonly no") || text.contains("appendonly.no");
            words().any(|w| off(&w) || w.contains("appendonlydir") || w.contains("appendonly.aof"))
                || words().zip(words().skip(1)).any(|(a, b)| a.ends_with("appendonly") && b == "no")
                || written.into_iter().any(|text| off(&text))
        });
        if handled {
            continue;
        }
        let on = context.units.iter().any(|u| u.text.contains("appendonly yes"));
        let message = if on {
            "the server reads its append-only file and not the restored snapshot"
        } else {
            "if the server keeps an append-only file, it ignores the restored snapshot"
        };
        let finding = report.add(&RULE, started, start.command.span, message.to_owned());
        if !on {
            finding.severity = Severity::Medium;
        }
        return;
    }
}
