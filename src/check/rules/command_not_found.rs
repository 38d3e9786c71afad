//! LL001: a command nobody has ever heard of.

use std::collections::BTreeSet;

use crate::base::nearest;
use crate::check::rule::{Example, Report, Rule};
use crate::check::{Context, Language, Unit};
use crate::evidence::Severity;
use crate::tools;

/// Invented commands sound right: `lvmpvcreate`, `pg_restoredb`.
pub const RULE: Rule = Rule {
    code: "LL001",
    name: "command-not-found",
    severity: Severity::Critical,
    summary: "a command is neither a builtin, a function, a known program nor installed",
    why: "the step fails with 127 in the middle of a recovery, or worse, the script goes on without it",
    fix: "use the program that exists; install it in a step before; give its full path if it is your own",
    source: "published runbook: `lvmpvcreate`, not in the file list of lvm2 2.03.16",
    layer: "static",
    bad: &[
        Example::Script("lvmpvcreate /dev/sdb1\n"),
        Example::Script(
            "set -euo pipefail\nsystemctl stop postgresql\nsudo -u postgres pg_restoredb -d shop /backup/shop.dump\n",
        ),
        Example::Script("sqlite3-backup /srv/app/app.db /backup/app.db.new || exit 1\n"),
        Example::Script("find /backup -name '*.tgz' -exec tarcheck {} \\;\n"),
    ],
    good: &[
        Example::Script("pvcreate /dev/sdb1\nvgcreate vg1 /dev/sdb1\n"),
        Example::Script(
            "log() { logger -t backup \"$*\"; }\nlog start\n/usr/local/sbin/our-backup --full\nlog done\n",
        ),
        Example::Script(
            "if command -v our-notify > /dev/null; then our-notify 'backup done'; fi\n",
        ),
        Example::Script(
            "set -euo pipefail\nexport RESTIC_REPOSITORY=/backup/restic\nrestic backup /srv/app/data && restic check --read-data-subset=5%\n",
        ),
    ],
    run,
};

fn run(context: &Context<'_>, report: &mut Report) {
    for unit in &context.units {
        let sources = unit.named(&["source", "."]).next().is_some();
        let mut fine = BTreeSet::new();
        for run in unit.runs() {
            let command = run.command;
            let Some(program) = command.program() else {
                continue;
            };
            let valid = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | '+');
            let name_like =
                !program.is_empty() && program.chars().all(valid) && !program.starts_with('-');
            if !name_like || command.setting.contained || fine.contains(program) {
                continue;
            }
            if exists(context, unit, program) {
                fine.insert(program);
                continue;
            }
            let near = nearest(program, tools::described()).filter(|_| program.len() > 3);
            let resembles = tools::described().filter(|n| n.len() > 4).any(|n| program.contains(n));
            let message = match near {
                Some(near) => format!("no command {program} is known; the nearest is {near}"),
                None => format!("no command {program} is known"),
            };
            let finding = report.add(&RULE, unit, command.words[0].span, message);
            let installed = context.facts.installed.is_some();
            finding.severity = match (near.is_some() || resembles, sources) {
                // A file that is read in may define it.
                (_, true) => Severity::Medium,
                (true, false) => Severity::Critical,
                // A runbook is for more machines than this one.
                (false, false) if installed && unit.within != Language::Markdown => Severity::High,
                // Without the list of what is installed it may just be somebody's own program.
                (false, false) => Severity::Medium,
            };
        }
    }
}

fn exists(context: &Context<'_>, unit: &Unit<'_>, name: &str) -> bool {
    let asked = || {
        let asks = ["command", "type", "which", "hash"];
        unit.named(&asks).any(|run| run.command.has(name))
    };
    tools::exists(name)
        || unit.commands.defined.contains(name)
        || context.facts.installed.as_ref().is_some_and(|set| set.contains(name))
        || context.inventory.is_some_and(|i| i.hosts.iter().any(|h| h.tools.contains_key(name)))
        || context.named(MANAGERS).any(|(_, run)| run.command.has(name))
        || asked()
}

/// Package managers: what they are given, a script installs itself.
const MANAGERS: &[&str] =
    &["apt", "apt-get", "yum", "dnf", "apk", "zypper", "pip", "pip3", "npm", "snap", "go", "cargo"];
