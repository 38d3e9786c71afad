//! LL001: a command nobody has ever heard of.

use crate::base::nearest;
use crate::check::rule::{Example, Report, Rule};
use crate::check::{Context, Run, Unit};
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
        Example::Script(
            "#!/bin/bash\nset -euo pipefail\nsystemctl stop mariadb\nrsnyc -a /backup/mysql/ /var/lib/mysql/\nmariabackupp --prepare --target-dir=/backup/mysql\nsystemctl start mariadb\n",
        ),
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
        let unknown: Vec<Run<'_>> =
            unit.runs().filter(|run| unknown(context, unit, run.command)).collect();
        if unknown.is_empty() {
            continue;
        }
        let sources = unit.named(&["source", "."]).next().is_some();
        let mut names: Vec<&str> = unknown.iter().filter_map(|run| run.command.program()).collect();
        names.sort_unstable();
        names.dedup();
        // A text with many unknown names is a part of something that defines them.
        let whole = !sources && names.len() <= MANY;
        let script = unit.step.is_none();
        if script && !whole {
            defined_elsewhere(unit, &unknown, &names, report);
            continue;
        }
        let mut said: Vec<&str> = Vec::new();
        for run in &unknown {
            let Some(program) = run.command.program() else {
                continue;
            };
            // Once is enough, and a name that is used over and over is not mistyped.
            if script && said.contains(&program) {
                continue;
            }
            said.push(program);
            let first = program.bytes().next().unwrap_or_default();
            let akin = tools::known_names_from(first).iter().copied();
            let akin = akin.filter(|name| name.len().abs_diff(program.len()) < 3);
            let near = nearest(program, akin).filter(|_| program.len() > 3);
            let written = is_written(unit, run);
            let meant = meant(program).filter(|_| !script || written && rare(&unknown, program));
            let message = match meant.or(near) {
                Some(near) => format!("no command {program} is known; the nearest is {near}"),
                None => format!("no command {program} is known"),
            };
            let finding = report.add(&RULE, unit, run.command.words[0].span, message);
            finding.severity = match (meant.is_some(), whole) {
                (true, true) => Severity::Critical,
                (true, false) => Severity::Medium,
                // What a plan runs on this machine is not there.
                (false, _) if unit.step.is_some() && context.facts.installed.is_some() => {
                    Severity::High
                }
                (false, _) if unit.step.is_some() => Severity::Medium,
                // It may be somebody's own program, or a function of what reads this file in.
                (false, _) => Severity::Low,
            };
        }
    }
}

/// Says once that the commands of a script are defined in files that were not seen, and which of them look mistyped.
fn defined_elsewhere(unit: &Unit<'_>, unknown: &[Run<'_>], names: &[&str], report: &mut Report) {
    let mut plain: Vec<&str> = Vec::new();
    for name in names {
        let first = unknown.iter().find(|run| run.command.program() == Some(name));
        let near = meant(name)
            .filter(|near| rare(unknown, name) && strsim::damerau_levenshtein(near, name) == 1);
        match (first, near) {
            (Some(run), Some(near)) if is_written(unit, run) => {
                let message = format!("no command {name} is known; the nearest is {near}");
                report.add(&RULE, unit, run.command.words[0].span, message).severity =
                    Severity::Medium;
            }
            _ => plain.push(name),
        }
    }
    let (Some(first), Some(run)) = (plain.first(), unknown.first()) else { return };
    let message = match plain.len() {
        1 => format!("no command {first} is known; a file that was not read may define it"),
        _ => {
            let shown = plain[..plain.len().min(SHOWN)].join(", ");
            let more = if plain.len() > SHOWN { ", …" } else { "" };
            format!(
                "{} commands are known nowhere, and files that were not read may define them: {shown}{more}",
                plain.len()
            )
        }
    };
    let at = run.command.words[0].span;
    let at = unknown
        .iter()
        .find(|run| run.command.program() == Some(first))
        .map_or(at, |run| run.command.words[0].span);
    report.add(&RULE, unit, at, message).severity = Severity::Low;
}

/// Names that one finding shows.
const SHOWN: usize = 6;

/// Tells whether the name stands in the text, and is not the value of a variable (`${TOOL-tool}`).
fn is_written(unit: &Unit<'_>, run: &Run<'_>) -> bool {
    let text = unit.slice(run.command.words[0].span);
    !text.trim_start_matches('"').starts_with(['$', '`'])
}

/// Tells whether a name is used hardly ever, as a mistyped one is.
fn rare(unknown: &[Run<'_>], name: &str) -> bool {
    unknown.iter().filter(|run| run.command.program() == Some(name)).count() <= 2
}

/// Tells whether two names are worth comparing: most typing errors leave the first letter and the length alone.
fn akin(name: &str, program: &str) -> bool {
    name.len().abs_diff(program.len()) < 3 && name.as_bytes().first() == program.as_bytes().first()
}

/// More unknown names than these are functions of a file that reads this one in.
const MANY: usize = 3;

/// Tools whose names are words that other programs are called after.
const WORDS: &[&str] =
    &["start", "status", "restart", "reload", "restore", "hostname", "mount", "umount", "batch"];

/// Returns the tool that a name is a mistyping of, or that it puts words to: `pg_restoredb`, `sqlite3-backup`.
fn meant(program: &str) -> Option<&'static str> {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '_' | '-');
    if program.len() < 5 || !program.chars().all(plain) {
        return None;
    }
    let mistyped = |name: &&str| {
        name.len() > 4 && akin(name, program) && strsim::damerau_levenshtein(name, program) == 1
    };
    let trade = || tools::of_the_trade().filter(|name| !WORDS.contains(name));
    trade().find(mistyped).or_else(|| {
        let joined = |name: &&str| {
            let before = program.strip_suffix(name).filter(|before| !before.contains('-'));
            let rest = program.strip_prefix(name).or(before);
            // Functions join their words so.
            name.len() > 5 && rest.is_some_and(|rest| !rest.contains('_') && rest.len() < 8)
        };
        trade().find(joined)
    })
}

fn unknown(context: &Context<'_>, unit: &Unit<'_>, command: &crate::shell::Command) -> bool {
    let Some(program) = command.program() else {
        return false;
    };
    let valid = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | '+');
    let name_like =
        !matches!(program, "" | "_") && program.chars().all(valid) && !program.starts_with('-');
    name_like && !command.setting.contained && !exists(context, unit, program)
}

fn exists(context: &Context<'_>, unit: &Unit<'_>, name: &str) -> bool {
    let asked =
        || unit.named(&["command", "type", "which", "hash"]).any(|run| run.command.has(name));
    tools::exists(name)
        || unit.commands.defined.contains(name)
        || context.facts.installed.as_ref().is_some_and(|set| set.contains(name))
        || context.inventory.is_some_and(|i| i.hosts.iter().any(|h| h.tools.contains_key(name)))
        || context.named(MANAGERS).any(|(_, run)| run.command.has(name))
        || asked()
}

/// Package managers: what they are given, the script installs itself.
const MANAGERS: &[&str] =
    &["apt", "apt-get", "yum", "dnf", "apk", "zypper", "pip", "pip3", "npm", "snap", "go", "cargo"];
