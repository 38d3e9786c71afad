//! RD003: Redis is emptied, blocked or crashed by a single word.

use crate::check::Context;
use crate::check::redis::{sends, sent};
use crate::check::rule::{Example, Report, Rule};
use crate::evidence::Severity;

/// A flush also empties every replica.
pub const RULE: Rule = Rule {
    code: "RD003",
    name: "redis-emptied-uncopied",
    severity: Severity::High,
    summary: "FLUSHALL, FLUSHDB or a DEBUG command in a script that keeps no copy first",
    why: "the flush reaches every replica at once and the next automatic save makes it final; DEBUG stops or crashes the server",
    fix: "keep a copy first (`redis-cli --rdb FILE`, then redis-check-rdb), assert the host and role, and delete by `SCAN` and `UNLINK` where a part is meant",
    source: "redis.io commands FLUSHALL, KEYS (\"should only be used in production environments with extreme care\"), DEBUG",
    layer: "static",
    bad: &[
        Example::Script(
            "redis-cli -h \"$CACHE\" FLUSHALL\nredis-cli -h \"$CACHE\" --pipe < /backup/redis.commands\n",
        ),
        Example::Script(
            "#!/bin/bash\nset -euo pipefail\n[ \"$(hostname -s)\" = cache2 ] || exit 1\nredis-cli -n 3 flushdb async\n/srv/app/bin/warm-cache --from /backup/cache.jsonl\nredis-cli -n 3 dbsize\n",
        ),
        Example::Script("echo FLUSHALL | redis-cli -h cache1\n"),
        Example::Script("valkey-cli -h cache1 DEBUG SEGFAULT\n"),
        Example::Script("redis-cli --raw keys \"session:*\" | xargs redis-cli del\n"),
    ],
    good: &[
        Example::Script(
            r#"#!/bin/bash
set -euo pipefail
# empties the third database of the cache, after its rows are saved
[ "$(hostname -s)" = cache2 ] || exit 1
redis-cli SAVE
cp -p /var/lib/redis/dump.rdb "/backup/redis/before-$(date +%s).rdb"
redis-cli -n 3 flushdb async
/srv/app/bin/warm-cache --from /backup/cache.jsonl
redis-cli -n 3 dbsize
"#,
        ),
        Example::Script("redis-cli --rdb \"/backup/before-$(date +%s).rdb\"\nredis-cli FLUSHALL\n"),
        Example::Script(
            "redis-cli SAVE\ncp /var/lib/redis/dump.rdb \"/backup/before-$(date +%s).rdb\"\nredis-cli -n 1 FLUSHDB\n",
        ),
        Example::Script(
            "set -euo pipefail\nredis-cli -h cache1 --scan --pattern 'session:*' | xargs -r -n 100 redis-cli -h cache1 UNLINK\nredis-cli -h cache1 DBSIZE\n",
        ),
        Example::Script(
            "redis-cli CONFIG SET rename-command \"FLUSHALL\"\nredis-cli INFO keyspace\n",
        ),
    ],
    run,
};

fn run(context: &Context<'_>, report: &mut Report) {
    for (unit, run) in context.named(crate::check::redis::CLIENTS) {
        for words in sent(run.command) {
            let verb = words
                .iter()
                .find(|w| VERBS.contains(&w.as_str()))
                .filter(|_| !words.iter().any(|w| w == "CONFIG" || w == "ACL" || w == "HELP"));
            let Some(verb) = verb else { continue };
            let copied = context.before(unit, run).any(|(_, other)| {
                let copies = other.command.is(&["cp", "rsync", "install"])
                    && other.command.arguments().iter().any(|a| a.shown().contains(".rdb"));
                copies || other.command.has("--rdb") || sends(other.command, &["SAVE", "BGSAVE"])
            });
            let span = run.command.span;
            match verb.as_str() {
                "FLUSHALL" | "FLUSHDB" if !copied => {
                    let message = format!("{verb} here and on every replica, and no copy was kept");
                    report.add(&RULE, unit, span, message);
                }
                "DEBUG" => {
                    report.add(&RULE, unit, span, "DEBUG stops or crashes the server".to_owned());
                }
                "KEYS" => {
                    let message = "KEYS blocks the server until it has read every key".to_owned();
                    report.add(&RULE, unit, span, message).severity = Severity::Low;
                }
                _ => {}
            }
        }
    }
}

const VERBS: &[&str] = &["FLUSHALL", "FLUSHDB", "DEBUG", "KEYS"];
