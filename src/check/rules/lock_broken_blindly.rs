//! RB006: a lock of a repository is broken without asking whose it is.

use crate::check::Context;
use crate::check::repository::{Act, operations};
use crate::check::rule::{Example, Report, Rule};
use crate::evidence::Severity;

/// A lock says that somebody is writing.
pub const RULE: Rule = Rule {
    code: "RB006",
    name: "lock-broken-blindly",
    severity: Severity::Medium,
    summary: "the lock of a repository is taken away although its holder may be at work",
    why: "two writers at once, or a prune beside a backup, leave copies that refer to data that is gone",
    fix: "let the program wait (`restic --retry-lock 1h`, `borg --lock-wait 600`), `flock` the script; break a lock by hand when no process holds it on any machine",
    source: "borg-break-lock(1): \"only while no borg process (on any machine) is trying to access the Cache or the Repository\"; restic unlock --help, --remove-all: \"remove all locks, even non-stale ones\"",
    layer: "static",
    bad: &[
        Example::Script("restic unlock --remove-all\nrestic backup /srv\n"),
        Example::Script(
            "#!/bin/bash\nset -e\nexport BORG_REPO=/backup/borg BORG_PASSCOMMAND=\"cat /root/.borg\"\nborg break-lock\nborg create \"::$(date +%F)\" /srv\nborg prune --keep-daily 7\n",
        ),
        Example::Script(
            "rm -f /backup/borg/lock.exclusive\nborg create \"/backup/borg::$(date +%F)\" /srv\n",
        ),
    ],
    good: &[
        Example::Script("restic unlock\nrestic backup /srv\n"),
        Example::Script("borg create --lock-wait 600 \"/backup/borg::$(date +%F)\" /srv\n"),
        Example::Script(
            "set -euo pipefail\nexec 9>/run/lock/backup\nflock -n 9 || exit 75\nrestic --retry-lock 1h backup /srv\n",
        ),
        Example::Script("pgrep -x borg && exit 1\nborg break-lock /backup/borg\n"),
    ],
    run,
};

fn run(context: &Context<'_>, report: &mut Report) {
    let all = operations(context);
    for one in all.iter().filter(|one| one.act == Act::Unlock) {
        // restic takes away only the locks whose process is gone, unless told otherwise.
        let blind = one.program != "restic" || one.call.has(&["remove-all"]);
        let asked = context.before(one.unit, one.run).any(|(_, other)| {
            other.command.is(&["pgrep", "pidof", "lsof", "fuser", "ps", "flock", "read"])
        });
        if blind && !asked {
            let message = format!("the lock of {} is broken whoever holds it", one.program);
            report.add(&RULE, one.unit, one.run.command.span, message);
        }
    }
    if all.is_empty() {
        return;
    }
    for (unit, run) in context.named(&["rm"]) {
        let file = run.command.arguments().iter().map(|a| run.command.path(a)).find(|p| {
            p.contains("/lock.exclusive") || p.contains("/lock.roster") || p.contains("/locks/")
        });
        if let Some(file) = file {
            report.add(
                &RULE,
                unit,
                run.command.span,
                format!("{file} is deleted whoever holds the lock"),
            );
        }
    }
}
