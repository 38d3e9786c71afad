//! LL001: a command nobody has ever heard of.

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet, HashSet};

use crate::base::nearest;
use crate::check::rule::{Example, Report, Rule};
use crate::check::{Context, Run, Unit};
use crate::evidence::Severity;
use crate::shell::Command;
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
    let installs = OnceCell::new();
    for unit in &context.units {
        let asks = OnceCell::new();
        let known = Known { context, unit, installs: &installs, asks: &asks };
        let unknown: Vec<Run<'_>> = unit.runs().filter(|run| known.lack(run.command)).collect();
        if unknown.is_empty() {
            continue;
        }
        let sources = unit.named(&["source", "."]).next().is_some();
        let mut names: BTreeMap<&str, Name<'_>> = BTreeMap::new();
        for run in &unknown {
            if let Some(program) = run.command.program() {
                names.entry(program).or_insert(Name { first: *run, times: 0 }).times += 1;
            }
        }
        // A text with many unknown names is a part of something that defines them.
        let whole = !sources && names.len() <= MANY;
        let script = unit.step.is_none();
        if script && !whole {
            defined_elsewhere(unit, &names, report);
            continue;
        }
        let mut said: BTreeSet<&str> = BTreeSet::new();
        for run in &unknown {
            let Some(program) = run.command.program() else {
                continue;
            };
            // Once is enough, and a name that is used over and over is not mistyped.
            if !said.insert(program) && script {
                continue;
            }
            let first = program.bytes().next().unwrap_or_default();
            let akin = tools::known_names_from(first).iter().copied();
            let akin = akin.filter(|name| name.len().abs_diff(program.len()) < 3);
            let near = nearest(program, akin).filter(|_| program.len() > 3);
            let written = is_written(unit, run);
            let meant = meant(program).filter(|_| !script || written && is_rare(&names, program));
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
fn defined_elsewhere(unit: &Unit<'_>, names: &BTreeMap<&str, Name<'_>>, report: &mut Report) {
    let mut plain: Vec<&str> = Vec::new();
    for (name, Name { first, .. }) in names {
        let near = meant(name)
            .filter(|near| is_rare(names, name) && strsim::damerau_levenshtein(near, name) == 1);
        match near {
            Some(near) if is_written(unit, first) => {
                let message = format!("no command {name} is known; the nearest is {near}");
                report.add(&RULE, unit, first.command.words[0].span, message).severity =
                    Severity::Medium;
            }
            Some(_) | None => plain.push(name),
        }
    }
    let Some(first) = plain.first() else { return };
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
    let at = names[first].first.command.words[0].span;
    report.add(&RULE, unit, at, message).severity = Severity::Low;
}

/// Names that one finding shows.
const SHOWN: usize = 6;

/// Tells whether the name stands in the text, and is not the value of a variable (`${TOOL-tool}`).
fn is_written(unit: &Unit<'_>, run: &Run<'_>) -> bool {
    let text = unit.slice(run.command.words[0].span);
    !text.trim_start_matches('"').starts_with(['$', '`'])
}

/// A name that nobody knows.
struct Name<'c> {
    first: Run<'c>,
    times: usize,
}

/// Tells whether a name is used hardly ever, as a mistyped one is.
fn is_rare(names: &BTreeMap<&str, Name<'_>>, name: &str) -> bool {
    names.get(name).is_none_or(|name| name.times <= 2)
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

/// What is known of programs where a unit runs.
struct Known<'k, 'c, 'a> {
    context: &'c Context<'a>,
    unit: &'c Unit<'a>,
    /// What package managers are given.
    installs: &'k OnceCell<HashSet<&'c str>>,
    /// What the unit asks the shell about.
    asks: &'k OnceCell<HashSet<&'c str>>,
}

impl Known<'_, '_, '_> {
    /// Tells whether nothing is known of a command's program.
    fn lack(&self, command: &Command) -> bool {
        let Some(program) = command.program() else {
            return false;
        };
        let valid = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | '+');
        let name_like =
            !matches!(program, "" | "_") && program.chars().all(valid) && !program.starts_with('-');
        name_like && !command.setting.contained && !self.exists(program)
    }

    fn exists(&self, name: &str) -> bool {
        let Context { facts, inventory, .. } = self.context;
        let asks = || words(self.unit.named(&["command", "type", "which", "hash"]));
        let installs = || words(self.context.named(MANAGERS).map(|(_, run)| run));
        tools::exists(name)
            || self.unit.commands.defined.contains(name)
            || facts.installed.as_ref().is_some_and(|set| set.contains(name))
            || inventory.is_some_and(|i| i.hosts.iter().any(|h| h.tools.contains_key(name)))
            || self.installs.get_or_init(installs).contains(name)
            || self.asks.get_or_init(asks).contains(name)
    }
}

fn words<'c>(runs: impl Iterator<Item = Run<'c>>) -> HashSet<&'c str> {
    runs.flat_map(|run| run.command.literals()).collect()
}

/// Package managers: what they are given, the script installs itself.
const MANAGERS: &[&str] =
    &["apt", "apt-get", "yum", "dnf", "apk", "zypper", "pip", "pip3", "npm", "snap", "go", "cargo"];
