//! SH001: a script that goes on after its backup failed.

use std::collections::HashMap;

use crate::base::Span;
use crate::check::deeds::{self, Deed};
use crate::check::names::{is_archive, looks_backup};
use crate::check::outcome::{Outcome, each, outcome, within};
use crate::check::rule::{Example, Report, Rule};
use crate::check::{Context, Run, Unit};
use crate::evidence::Severity;
use crate::shell::ast::{Statement, StatementKind, Word};

/// A shell goes on after a command that failed, unless it is told to stop.
pub const RULE: Rule = Rule {
    code: "SH001",
    name: "errors-ignored",
    severity: Severity::Medium,
    summary: "a backup or restore step can fail, and the script goes on and ends with success",
    why: "whoever calls the script is told that all is well; what stands behind the failed step then works with a copy that is not there",
    fix: "`set -euo pipefail` as the first command, or ask for the exit code of each step that matters",
    source: "bash(1), The Set Builtin (-e, pipefail); measured with bash 5.2: `false; echo went on` prints, and exits with 0",
    layer: "static",
    bad: &[
        Example::Script(
            "#!/bin/bash\npg_dump -Fc -f /backup/shop.new shop\nmv /backup/shop.new /backup/shop.dump\n",
        ),
        Example::Script(
            r#"#!/bin/bash
# nightly copy of the shop
DEST=/backup/mysql
STAMP=$(date +%F)
mysqldump --defaults-extra-file=/etc/backup/my.cnf --single-transaction shop > "$DEST/shop-$STAMP.sql"
gzip "$DEST/shop-$STAMP.sql"
find "$DEST" -name 'shop-*.sql.gz' -mtime +14 -delete
"#,
        ),
        Example::Script(
            "#!/bin/sh\ntar -xzf /backup/app.tgz -C /srv/stage\nrm -rf /srv/app/data\nmv /srv/stage/data /srv/app/data\n",
        ),
    ],
    good: &[
        Example::Script(
            "#!/bin/bash\nset -euo pipefail\npg_dump -Fc -f /backup/shop.new shop\nmv /backup/shop.new /backup/shop.dump\n",
        ),
        Example::Script(
            r#"#!/bin/bash
# each step is asked
DEST=/backup/mysql
STAMP=$(date +%F)
if ! mysqldump --single-transaction shop > "$DEST/shop-$STAMP.sql"; then
  logger -p user.err "dump of shop failed"
  exit 1
fi
gzip "$DEST/shop-$STAMP.sql" || exit 1
find "$DEST" -name 'shop-*.sql.gz' -mtime +14 -delete
"#,
        ),
        Example::Script(
            "#!/bin/bash\npg_dump -Fc -f /backup/shop.new shop\nrc=$?\n[ $rc -eq 0 ] || exit $rc\nmv /backup/shop.new /backup/shop.dump\n",
        ),
        Example::Script(
            "#!/bin/sh\n# the last command's code is the script's\nmkdir -p /backup\nrestic backup /srv/app\n",
        ),
    ],
    run,
};

fn run(context: &Context<'_>, report: &mut Report) {
    for unit in context.units.iter().filter(|unit| unit.step.is_none()) {
        if let Some((failing, harmed)) = unnoticed(unit) {
            let name = failing.command.name().unwrap_or_default();
            let message = match harmed {
                Some(harmed) => format!(
                    "when `{name}` fails, the script goes on, and `{}` acts on good copies",
                    harmed.command.name().unwrap_or_default()
                ),
                None => format!("when `{name}` fails, the script goes on as if it had not"),
            };
            let finding = report.add(&RULE, unit, failing.command.span, message);
            if moves_anything(unit, failing) {
                finding.severity = Severity::Low;
            } else if harmed.is_some() {
                finding.severity = Severity::High;
            }
            // No edit: a script that was written to go on may end in the middle under `set -e`, with its service stopped.
        }
    }
}

/// Tells whether a step only packs, unpacks or carries files, and nothing says that they are a copy or go to one.
fn moves_anything(unit: &Unit<'_>, run: Run<'_>) -> bool {
    let command = run.command;
    let files = ["tar", "gtar", "bsdtar", "cpio", "rsync", "scp", "sftp", "lftp"];
    let named = |a: &crate::shell::Argument| looks_backup(&command.path(a));
    let target = || deeds::outputs_of_line(unit, run).iter().any(|(_, path)| looks_backup(path));
    command.is(&files) && !command.arguments().iter().any(named) && !target()
}

/// Returns the first step whose failure nobody notices, and what does harm behind it.
fn unnoticed<'u>(unit: &'u Unit<'_>) -> Option<(Run<'u>, Option<Run<'u>>)> {
    let mut first = None;
    // The commands that may do harm.
    let deletes = deeds::deeds(unit).filter(|(_, deed)| *deed == Deed::Delete).map(|(run, _)| run);
    let mut harmful: Vec<usize> = deletes.chain(unit.named(&["mv"])).map(|run| run.index).collect();
    harmful.sort_unstable();
    for (run, deed) in deeds::deeds(unit) {
        let counts = match deed {
            Deed::Dump | Deed::Restore | Deed::Send => true,
            // A test that is not read proves nothing, but harms nothing either.
            Deed::Verify | Deed::Delete => false,
        };
        if !counts || outcome(unit, run) != Outcome::Ignored {
            continue;
        }
        let last = ends_at(unit, run);
        let end = last.unwrap_or(unit.commands.list.len());
        let from = harmful.partition_point(|index| *index <= run.index);
        let reached = harmful[from..].iter().take_while(|index| **index < end);
        let mut reached =
            reached.map(|index| Run { index: *index, command: &unit.commands.list[*index] });
        if let Some(harm) = reached.find(|other| behind(*other, run) && harms(unit, run, *other)) {
            return Some((run, Some(harm)));
        }
        let mut later = unit.runs().take(end).skip(run.index + 1);
        let goes_on = |other: Run<'_>| behind(other, run) && !other.command.is(&["exit", "return"]);
        if first.is_none() && later.any(goes_on) {
            first = Some((run, None));
        }
    }
    first
}

/// Tells whether a command follows another on every way, so that no test stands between them.
fn behind(other: Run<'_>, run: Run<'_>) -> bool {
    let (setting, first) = (&other.command.setting, &run.command.setting);
    let same = setting.stage.zip(first.stage).is_some_and(|(a, b)| a.pipeline == b.pipeline);
    !same
        && !setting.deferred
        && !setting.substituted
        && (first.conditional || !setting.conditional)
        && !other.command.words.is_empty()
}

/// Returns the `exit` that ends the script in the same branch, behind a step: nothing behind it follows the step.
fn ends_at(unit: &Unit<'_>, run: Run<'_>) -> Option<usize> {
    let exits = unit.lookups.exits.get_or_init(|| exits(unit));
    // The innermost stands last.
    let (_, end) = *exits.iter().rev().find(|(span, _)| within(run.command.span, *span))?;
    unit.runs().skip(run.index + 1).find(|other| other.command.span.start >= end).map(|r| r.index)
}

/// Returns the statements behind which an `exit` stands in the same sequence, and where.
fn exits(unit: &Unit<'_>) -> Vec<(Span, usize)> {
    let exits = |one: &Statement| match &one.kind {
        StatementKind::Simple(simple) => {
            simple.words.first().and_then(Word::literal).is_some_and(|word| word == "exit")
        }
        StatementKind::Pipeline(_)
        | StatementKind::List(_)
        | StatementKind::If { .. }
        | StatementKind::Loop(_)
        | StatementKind::Case { .. }
        | StatementKind::Subshell(_)
        | StatementKind::Group(_)
        | StatementKind::Condition(_)
        | StatementKind::Arithmetic(_)
        | StatementKind::Function { .. } => false,
    };
    let mut found = Vec::new();
    // For each sequence, by its end, how many statements behind the next exit remain.
    let mut next: HashMap<*const Statement, Option<usize>> = HashMap::new();
    each(&unit.script.statements, &mut |statement, rest| {
        let known = next.entry(rest.as_ptr_range().end).or_insert(Some(usize::MAX));
        if known.is_some_and(|remaining| remaining > rest.len()) {
            *known = rest.iter().position(exits).map(|at| rest.len() - at);
        }
        if let Some(remaining) = *known {
            found.push((statement.span, rest[rest.len() - remaining].span.start));
        }
    });
    found
}

/// Tells whether a command does harm where the step before it failed: deletes what is no scratch, or puts a file in its place.
fn harms(unit: &Unit<'_>, run: Run<'_>, other: Run<'_>) -> bool {
    if deeds::deed(unit, other.command) == Some(Deed::Delete) {
        return !other.command.setting.asked && takes_what_is_needed(unit, run, other);
    }
    if !other.command.is(&["mv"]) {
        return false;
    }
    let made: Vec<String> =
        deeds::outputs_of_line(unit, run).into_iter().map(|(_, path)| path).collect();
    let Some((target, sources)) = other.command.arguments().split_last() else { return false };
    sources.iter().any(|source| made.contains(&other.command.path(source)))
        && !unit.is_fresh(other.command, target)
}

/// Tells whether a deletion is of copies, or of the data that a restore was to replace.
fn takes_what_is_needed(unit: &Unit<'_>, run: Run<'_>, other: Run<'_>) -> bool {
    let command = other.command;
    if command.is(&[
        "restic",
        "borg",
        "kopia",
        "duplicity",
        "find",
        "rclone",
        "pgbackrest",
        "barman",
    ]) {
        return true;
    }
    let restore = deeds::deed(unit, run.command) == Some(Deed::Restore);
    // What the step carries from, and what the script writes in this run, is no copy of before.
    let own = |path: &str| run.command.arguments().iter().any(|a| run.command.path(a) == path);
    let made = || {
        let outputs = unit.runs().flat_map(|one| deeds::outputs(unit, one.command));
        outputs.map(|(_, path)| path).collect()
    };
    let recursive = command.literals().iter().any(|w| deeds::short(w, 'r') || deeds::short(w, 'R'));
    let copies = !moves_anything(unit, run);
    command.arguments().iter().map(|a| command.path(a)).any(|path| {
        let data =
            ["/srv/", "/var/lib/", "/home/", "/data/"].iter().any(|dir| path.starts_with(dir));
        let needed = looks_backup(&path)
            || is_archive(&path) && !restore && copies
            || restore && copies && recursive && data;
        needed && !own(&path) && !unit.lookups.outputs.get_or_init(made).contains(&path)
    })
}
