//! RT001: old backups are deleted although there may be no new ones.

use crate::base::Span;
use crate::check::asked::asked;
use crate::check::deeds::{self, Deed};
use crate::check::names::{is_archive, looks_backup};
use crate::check::outcome::{Outcome, outcome};
use crate::check::outcome::{each, within};
use crate::check::python::{Python, TokenKind};
use crate::check::rule::{Example, Report, Rule};
use crate::check::{Context, Run, Unit};
use crate::evidence::Severity;
use crate::shell::Command;
use crate::shell::ast::{Statement, StatementKind, Word};

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
            r#"#!/bin/bash
set -euo pipefail
for h in vault1 vault2; do
ssh -o ConnectTimeout=10 "root@$h" /bin/bash <<'EOS'
set -euo pipefail
cd /srv/backups/customers
find . -type f -mtime +21 -print0 | xargs -0r rm -f --
EOS
done
"#,
        ),
        Example::Script(
            "for old in $(find /backup/home -mindepth 1 -maxdepth 1 -type d -mtime +14); do rm -rf \"$old\"; done\n",
        ),
        Example::Script(
            "mapfile -t old < <(find /backup/pg -name '*.dump' -mtime +14)\nfor f in \"${old[@]}\"; do rm -f -- \"$f\"; done\n",
        ),
        Example::Script(
            "while IFS= read -r f; do rm -- \"$f\"; done < <(find /backup/pg -name '*.dump' -mtime +14)\n",
        ),
        Example::File {
            name: "prune.py",
            text: "import os, time\nBACKUPS = \"/backup/mongo\"\nfor root, _, files in os.walk(BACKUPS):\n    for name in files:\n        path = os.path.join(root, name)\n        if time.time() - os.stat(path).st_mtime > 14 * 86400:\n            os.remove(path)\n",
        },
        Example::Script(
            "set -e\nfind /backup/daily -mindepth 1 -maxdepth 1 -type d -mtime +30 -exec rm -rf {} +\n",
        ),
    ],
    good: &[
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
            "#!/bin/bash\nset -uo pipefail\nfresh=$(find /backup/pg -name '*.dump' -mtime -14 | wc -l)\nif (( fresh < 10 )); then echo 'too few copies' >&2; exit 1; fi\nfind /backup/pg -name '*.dump' -mtime +35 -delete\n",
        ),
        Example::Script(
            "fresh=$(find /backup/pg -name '*.dump' -mtime -14 | wc -l)\n[[ $fresh -ge 10 ]] || exit 1\nfor f in $(find /backup/pg -name '*.dump' -mtime +35); do rm \"$f\"; done\n",
        ),
        Example::File {
            name: "prune.py",
            text: "import os, time, glob\ncopies = sorted(glob.glob(\"/backup/pg/*.dump\"), key=os.path.getmtime)\nfor path in copies[:-7]:\n    if time.time() - os.path.getmtime(path) > 14 * 86400:\n        os.remove(path)\n",
        },
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
    if let Some(python) = &context.python {
        in_python(python, report);
    }
}

/// Finds loops that delete files of backups by the time they were changed.
fn in_python(python: &Python<'_>, report: &mut Report) {
    let outline = python.outline();
    let holds = python.tokens.iter().any(|t| {
        t.kind == TokenKind::Text
            && (looks_backup(t.text) || is_archive(t.text))
            && !t.text.contains(' ')
    });
    let aged = ["st_mtime", "st_ctime", "st_atime", "getmtime", "getctime", "getatime"];
    // A list of which a part is kept, or that is counted, keeps a number of copies.
    let counts = python.tokens.windows(3).any(|three| {
        three[0].text == "len" && three[1].text == "("
            || three[0].text == "["
                && (three[1].text == ":" || three[2].text == ":")
                && three[0].kind == TokenKind::Sign
    });
    if !holds || counts {
        return;
    }
    let mut said: Option<Span> = None;
    for one in &outline.loops {
        let mut tokens = (one.head.0..one.body.1).filter_map(|at| python.name(at));
        if !tokens.any(|name| aged.contains(&name)) {
            continue;
        }
        let removal = outline.calls.iter().find(|call| {
            let last = call.path.rsplit('.').next().unwrap_or_default();
            (one.body.0..one.body.1).contains(&call.at)
                && matches!(last, "remove" | "unlink" | "rmtree")
        });
        let span = removal.map(|call| python.span_of((call.at, call.end)));
        if let Some(span) = span.filter(|span| said != Some(*span)) {
            said = Some(span);
            let message =
                "this deletes the last good copy too, once no new ones are made".to_owned();
            report.add_python(&RULE, span, message);
        }
    }
}

/// Tells whether a command deletes what is older than something.
pub(super) fn by_age(unit: &Unit<'_>, run: Run<'_>) -> bool {
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
    let handed = handed_on(unit, run.command.span);
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
        let here = run.command.setting.substituted
            && within(run.command.span, other.command.span)
            && !theirs.substituted;
        let named = other.index > run.index
            && other.command.arguments().iter().any(|a| {
                let shown = a.shown();
                let starts = |name: &String| {
                    let rest = shown.split_once(name.as_str()).map(|(_, rest)| rest);
                    rest.is_some_and(|rest| {
                        !rest.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_')
                    })
                };
                handed.iter().any(starts)
            });
        by_exec || piped || here || named
    })
}

/// Returns how the names are shown of what holds the output of a command: the variable of a loop over it, an array that
/// `mapfile` fills, a variable that it is assigned to, and the loops over those.
fn handed_on(unit: &Unit<'_>, from: Span) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    each(&unit.script.statements, &mut |statement, _| match &statement.kind {
        StatementKind::Loop(one) => {
            let words = one.words.iter().flatten();
            let over = words.clone().any(|word| {
                let text = unit.slice(word.span);
                within(from, word.span) || names.iter().any(|name| text.contains(name.as_str()))
            });
            // `while read -r f; do …; done < <(find …)`
            let fed = statement.redirects.iter().any(|r| within(from, r.span));
            let read = one.condition.iter().filter(|_| fed).flat_map(words_of);
            names.extend(
                read.filter(|word| !word.starts_with('-') && word != "read")
                    .map(|n| format!("${n}")),
            );
            names.extend(one.variable.iter().filter(|_| over).map(|name| format!("${name}")));
        }
        StatementKind::Simple(simple) => {
            let name = words_of(statement);
            let fills = name.first().is_some_and(|n| n == "mapfile" || n == "readarray");
            if fills && within(from, statement.span) {
                names.extend(name.last().map(|name| format!("${{{name}")));
                names.extend(name.last().map(|name| format!("${name}")));
            }
            for one in simple.assignments.iter().filter(|one| within(from, one.span)) {
                names.push(format!("${}", one.name));
                names.push(format!("${{{}", one.name));
            }
        }
        _ => {}
    });
    names
}

fn words_of(statement: &Statement) -> Vec<String> {
    match &statement.kind {
        StatementKind::Simple(simple) => simple.words.iter().filter_map(Word::literal).collect(),
        _ => Vec::new(),
    }
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
    let compares = asked(unit).iter().any(|ask| ask.span.end <= run.command.span.start);
    dumped || counts && (tests || compares)
}
