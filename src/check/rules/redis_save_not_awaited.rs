//! RD004: a snapshot that is still being written is copied.

use crate::check::Context;
use crate::check::redis::sends;
use crate::check::rule::{Example, Report, Rule};
use crate::evidence::Severity;
use crate::shell::Argument;

/// BGSAVE answers at once and writes later.
pub const RULE: Rule = Rule {
    code: "RD004",
    name: "redis-save-not-awaited",
    severity: Severity::Medium,
    summary: "the RDB file is copied after BGSAVE, and nothing waits for the save to end",
    why: "the copy is the snapshot of before, hours old, and nobody notices because the file is valid",
    fix: "ask LASTSAVE before and wait until it changes (`rdb_bgsave_in_progress:0`, `rdb_last_bgsave_status:ok`), or fetch it with `redis-cli --rdb`",
    source: "redis.io commands BGSAVE, LASTSAVE",
    layer: "static",
    bad: &[
        Example::Script(
            "redis-cli BGSAVE\ncp /var/lib/redis/dump.rdb \"/backup/redis-$(date +%F).rdb\"\n",
        ),
        Example::Script(
            "#!/bin/sh\nset -e\nredis-cli -a \"$(cat /etc/redis/pass)\" bgsave\nsleep 5\ngzip -c /var/lib/redis/dump.rdb > /backup/redis.rdb.gz.new\nmv /backup/redis.rdb.gz.new /backup/redis.rdb.gz\n",
        ),
    ],
    good: &[
        Example::Script(
            "before=$(redis-cli LASTSAVE)\nredis-cli BGSAVE\nuntil [ \"$(redis-cli LASTSAVE)\" != \"$before\" ]; do sleep 1; done\ncp /var/lib/redis/dump.rdb \"/backup/redis-$(date +%F).rdb\"\n",
        ),
        Example::Script(
            "set -euo pipefail\nredis-cli BGSAVE\nwhile redis-cli INFO persistence | grep -q rdb_bgsave_in_progress:1; do sleep 1; done\ncp /var/lib/redis/dump.rdb /backup/dump.rdb.new\n",
        ),
        Example::Script(
            "redis-cli SAVE\ncp /var/lib/redis/dump.rdb \"/backup/redis-$(date +%F).rdb\"\n",
        ),
        Example::Script("redis-cli --rdb \"/backup/redis-$(date +%F).rdb\"\n"),
    ],
    run,
};

fn run(context: &Context<'_>, report: &mut Report) {
    for (unit, save) in context
        .named(crate::check::redis::CLIENTS)
        .filter(|(_, run)| sends(run.command, &["BGSAVE"]))
    {
        let copies = |run: &crate::check::Run<'_>| {
            let reads = run.command.is(&[
                "cp", "mv", "rsync", "scp", "tar", "gzip", "zstd", "xz", "cat", "aws", "rclone",
                "gsutil", "restic", "borg", "install", "docker", "kubectl",
            ]);
            reads && run.command.arguments().iter().any(|a| a.shown().ends_with(".rdb"))
        };
        let Some((other, copy)) = context.after(unit, save).find(|(_, run)| copies(run)) else {
            continue;
        };
        let waits = context
            .after(unit, save)
            .take_while(|(_, run)| !std::ptr::eq(run.command, copy.command))
            .any(|(_, run)| {
                let asks = |a: &Argument| {
                    let text = a.shown().to_ascii_lowercase();
                    text.contains("rdb_") || text.contains("lastsave") || text == "persistence"
                };
                run.command.arguments().iter().any(asks)
            });
        if !waits {
            let message = "the file is copied before the save has ended".to_owned();
            report.add(&RULE, other, copy.command.span, message);
        }
    }
}
