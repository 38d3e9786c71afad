//! RT001: old backups are deleted although there may be no new ones.

use crate::check::deeds::{self, Deed};
use crate::check::names::{is_archive, looks_backup};
use crate::check::outcome::{Outcome, each, outcome};
use crate::check::rule::{Example, Report, Rule};
use crate::check::{Context, Run, Unit};
use crate::evidence::Severity;
use crate::shell::Command;
use crate::shell::ast::StatementKind;

/// Age says nothing about how many copies are left.
pub const RULE: Rule = Rule {
    code: "RT001",
    name: "retention-by-age-alone",
    severity: Severity::Critical,
    summary: "backups are deleted by their age, and nothing makes sure that newer ones are there",
    why: "when new backups stop, the last good ones are removed one after the other, until there is none",
    fix: "keep a minimum number whatever their age; delete only after the new copy was made and tested in the same run (`set -e`, `&&`), and stop when the newest is too old",
    source: "find(1), -mtime; measured: with every file 20 days old, `find … -mtime +7 -delete` leaves 0",
    layer: "static",
    bad: &[
        Example::Script(
            r#"#!/bin/bash
set -euo pipefail
# rotation of the dumps, from cron beside the job that makes them
dir=/backup/daily
before=$(du -s "$dir" | cut -f1)
find "$dir" -maxdepth 1 -name 'shop-*.dump' -mtime +14 -delete
after=$(du -s "$dir" | cut -f1)
logger -t rotation "freed $((before - after)) KiB"
"#,
        ),
        Example::Script("find /var/backups/mysql -name '*.sql.gz' -mtime +7 -delete\n"),
        Example::Script(
            r#"#!/bin/bash
# rotation, runs from cron beside the backup job
BACKUPS=/srv/backups/shop
KEEP_DAYS=30
find "$BACKUPS" -maxdepth 1 -type f -name 'shop-*.dump' -mtime +"$KEEP_DAYS" -print0 | xargs -0 rm -f
"#,
        ),
        Example::Script(
            "#!/bin/bash\nmysqldump shop > /backup/shop-$(date +%F).sql\nfind /backup -name 'shop-*.sql' -mtime +14 -exec rm {} \\;\n",
        ),
        Example::Script(
            "set -e\nfind /backup/daily -mindepth 1 -maxdepth 1 -type d -mtime +30 -exec rm -rf {} +\n",
        ),
    ],
    good: &[
        Example::Script(
            "fresh=$(find /backup/db -name '*.dump' -mtime -10 | wc -l)\nif (( fresh < 7 )); then\n  echo \"only $fresh\" >&2\n  exit 1\nfi\nfind /backup/db -name '*.dump' -mtime +30 -delete\n",
        ),
        Example::Script(
            "n=$(find /backup/db -name '*.dump' -mtime -10 | wc -l)\n[[ $n -ge 7 ]] || exit 1\nfind /backup/db -name '*.dump' -mtime +30 -delete\n",
        ),
        Example::Script(
            "set -euo pipefail\npg_dump -Fc -f \"/backup/shop-$(date +%F).dump\" shop\nfind /backup -name 'shop-*.dump' -mtime +14 -delete\n",
        ),
        Example::Script(
            r#"#!/bin/bash
set -euo pipefail
dir=/backup/daily
fresh=$(find "$dir" -name '*.tgz' -mtime -2 | wc -l)
[ "$fresh" -ge 1 ] || { echo "no copy of the last two days, nothing removed" >&2; exit 1; }
kept=$(find "$dir" -name '*.tgz' -mtime -14 | wc -l)
[ "$kept" -ge 7 ] || exit 1
find "$dir" -name '*.tgz' -mtime +14 -delete
"#,
        ),
        Example::Script(
            "find /var/log/app -name '*.log' -mtime +30 -delete\nfind /tmp -user app -mtime +1 -delete\n",
        ),
        Example::Script(
            "pg_dump -f /backup/x-$(date +%F).sql shop && find /backup -name '*.sql' -mtime +14 -delete\n",
        ),
    ],
    run,
};

fn run(context: &Context<'_>, report: &mut Report) {
    for (unit, run) in context.named(&["find", "tmpreaper", "tmpwatch"]) {
        let command = run.command;
        if !command.is(&["find", "tmpreaper", "tmpwatch"]) || !by_age(unit, run) {
            continue;
        }
        if !holds_backups(unit, command) || guarded(context, unit, run) {
            continue;
        }
        let message = "this deletes the last good copy too, once no new ones are made".to_owned();
        report.add(&RULE, unit, command.span, message);
    }
}

/// Tells whether a command deletes what is older than something.
fn by_age(unit: &Unit<'_>, run: Run<'_>) -> bool {
    let command = run.command;
    if !command.is(&["find"]) {
        return true;
    }
    let words = command.arguments();
    let is = |at: usize, names: &[&str]| {
        words.get(at).and_then(|w| w.literal()).is_some_and(|w| names.contains(&w))
    };
    let ages = ["-mtime", "-ctime", "-atime", "-mmin", "-cmin", "-amin"];
    let older = (0..words.len()).any(|at| {
        is(at, &ages) && words.get(at + 1).is_some_and(|w| !w.prefix().starts_with('-'))
            || is(at, &["!", "-not"]) && is(at + 1, &["-newermt", "-newer"])
    });
    older && deletes(unit, run)
}

/// Tells whether what a find finds is deleted: by itself, by `-exec`, or by the end of its pipeline.
fn deletes(unit: &Unit<'_>, run: Run<'_>) -> bool {
    if run.command.has("-delete") {
        return true;
    }
    unit.named(&["rm", "unlink", "shred"]).any(|other| {
        let theirs = &other.command.setting;
        let by_exec = other.command.span == run.command.span
            && other.command.wrappers.iter().any(|w| w == "find");
        let piped = run
            .command
            .setting
            .stage
            .zip(theirs.stage)
            .is_some_and(|(a, b)| a.pipeline == b.pipeline && a.position < b.position);
        by_exec || piped
    })
}

/// Tells whether the place or the pattern of the files says that they are backups.
fn holds_backups(unit: &Unit<'_>, command: &Command) -> bool {
    let words: Vec<String> = command.arguments().iter().map(|a| a.shown().into_owned()).collect();
    let after = |flags: &[&str]| {
        let at = words.iter().position(|w| flags.contains(&w.as_str()));
        at.and_then(|at| words.get(at + 1)).cloned().unwrap_or_default()
    };
    let pattern = after(&["-name", "-iname", "-path", "-regex"]);
    let logs = |text: &str| {
        let text = text.to_ascii_lowercase();
        text.ends_with(".log")
            || text.ends_with(".log*")
            || text.ends_with(".log.*")
            || text.contains(".log.gz")
            || text.contains(".tmp")
    };
    let roots = crate::tools::find::roots(&unit.words(command)).to_vec();
    let place = roots.iter().any(|w| looks_backup(&unit.path(command, w)));
    let log_place = roots.iter().any(|w| unit.path(command, w).starts_with("/var/log"));
    let pattern = pattern.trim_end_matches('*');
    !logs(pattern) && !log_place && (place || is_archive(pattern))
}

/// Tells whether something is compared before, in `((…))` or `[[…]]`.
fn compares(unit: &Unit<'_>, run: Run<'_>) -> bool {
    let mut found = false;
    each(&unit.script.statements, &mut |statement, _| {
        let compares = match &statement.kind {
            StatementKind::Arithmetic(_) | StatementKind::Condition(_) => {
                let text = unit.slice(statement.span);
                ["<", ">", "==", "-lt", "-le", "-gt", "-ge", "-eq"]
                    .iter()
                    .any(|sign| text.contains(sign))
            }
            StatementKind::Simple(_)
            | StatementKind::Pipeline(_)
            | StatementKind::List(_)
            | StatementKind::Subshell(_)
            | StatementKind::Group(_)
            | StatementKind::If { .. }
            | StatementKind::Case { .. }
            | StatementKind::Loop(_)
            | StatementKind::Function { .. } => false,
        };
        found |= compares && statement.span.end <= run.command.span.start;
    });
    found
}

/// Tells whether something makes sure that newer copies are there: a dump of the same run that must have worked, or a test.
fn guarded(context: &Context<'_>, unit: &Unit<'_>, run: Run<'_>) -> bool {
    if run.command.setting.conditional {
        return true;
    }
    let dumped = context.before(unit, run).any(|(other_unit, other)| {
        let deed = deeds::deed(other_unit, other.command);
        let makes = matches!(deed, Some(Deed::Dump | Deed::Send | Deed::Verify))
            || other.command.is(&["cp", "mv", "ln"]);
        makes && matches!(outcome(other_unit, other), Outcome::Stops | Outcome::Asked)
    });
    let counts = context.before(unit, run).any(|(_, other)| {
        other.command.setting.substituted && other.command.is(&["find", "ls", "stat", "wc", "date"])
    });
    let tests = context.before(unit, run).any(|(_, other)| {
        other.command.is(&["[", "test"])
            && (other.command.setting.asked || other.command.setting.errexit)
    });
    dumped || counts && (tests || compares(unit, run))
}
