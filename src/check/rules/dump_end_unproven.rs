//! MY009: a dump of which nobody knows whether it was finished.

use crate::check::dumps::dumps;
use crate::check::rule::{Example, Report, Rule};
use crate::check::{Context, Run, Unit};
use crate::evidence::Severity;
use crate::shell::Argument;

/// A dump says itself that it is complete, in its last line, and by its exit code.
pub const RULE: Rule = Rule {
    code: "MY009",
    name: "dump-end-unproven",
    severity: Severity::Medium,
    summary: "a dump is written to a file, and neither its exit code nor its last line is looked at",
    why: "a lost connection or a full disk leaves a file that looks like a dump and ends in the middle of a table",
    fix: "`set -e` or `|| exit`, and `tail -n 1 FILE | grep -q 'Dump completed'` before the file takes its place",
    source: "mariadb-dump(1), --dump-date and --comments: a finished dump ends in the comment \"Dump completed on\"; GitLab, postmortem of 31 January 2017: dumps of a few bytes that nobody looked at",
    layer: "static",
    bad: &[
        Example::Script(
            r#"#!/bin/bash
BACKUP=/backup/mysql/$(date +%F).sql
mysqldump --defaults-extra-file=/etc/backup/my.cnf --single-transaction --routines --events --triggers --all-databases > "$BACKUP"
gzip "$BACKUP"
find /backup/mysql -name '*.sql.gz' -mtime +7 -delete
echo "backup done"
"#,
        ),
        Example::Script(
            "set -euo pipefail\nmariadb-dump --single-transaction -R -E --databases shop > /backup/shop.sql.new || true\nmv /backup/shop.sql.new /backup/shop.sql\n",
        ),
    ],
    good: &[
        Example::Script(
            r#"#!/bin/bash
set -euo pipefail
new=/backup/mysql/$(date +%F).sql.new
mysqldump --defaults-extra-file=/etc/backup/my.cnf --single-transaction --routines --events --all-databases > "$new"
mv "$new" "${new%.new}"
"#,
        ),
        Example::Script(
            "mysqldump --single-transaction -R -E --all-databases > /backup/all.sql.new\ntail -n 1 /backup/all.sql.new | grep -q 'Dump completed' || exit 1\nmv /backup/all.sql.new /backup/all.sql\n",
        ),
        Example::Script(
            "if ! mysqldump --single-transaction -R -E shop > /backup/shop.sql.new; then exit 1; fi\nmysqldump --no-data shop | wc -l\n",
        ),
        Example::Script(
            "mysqldump --single-transaction -R -E shop > /backup/shop.sql.new\nrc=$?\n[ \"$rc\" -eq 0 ] || exit \"$rc\"\n",
        ),
    ],
    run,
};

fn run(context: &Context<'_>, report: &mut Report) {
    for (unit, run, call) in dumps(context) {
        let setting = &run.command.setting;
        let file = call.value(&["result-file"]).is_some()
            || run.command.redirects.iter().any(|redirect| {
                redirect.kind == crate::shell::ast::RedirectKind::Truncate
                    && redirect.descriptor.is_none_or(|number| number == 1)
            });
        // What a shell elsewhere does with it, and what stands in a pipeline, is not seen here.
        let here = setting.remote.is_none() && !setting.contained && setting.stage.is_none();
        let noticed = (setting.errexit || setting.asked) && !setting.masked || asked(unit, run);
        let last = unit.commands.list.len() == run.index + 1 && !setting.masked;
        if file && here && !noticed && !last && !proven(context, unit, run) {
            let message =
                "neither the exit code nor the last line of the dump is looked at".to_owned();
            report.add(&RULE, unit, run.command.span, message);
        }
    }
}

/// Tells whether the text asks for the exit code behind a command.
fn asked(unit: &Unit<'_>, run: Run<'_>) -> bool {
    let rest = unit.text.get(run.command.span.end..).unwrap_or_default();
    let next: String = rest.lines().take(3).collect::<Vec<_>>().join("\n");
    next.contains("$?") || next.contains("PIPESTATUS")
}

/// Tells whether something behind the dump looks at its end, or plays it.
fn proven(context: &Context<'_>, unit: &Unit<'_>, run: Run<'_>) -> bool {
    context.after(unit, run).any(|(_, other)| {
        let words = other.command.arguments().iter().map(Argument::shown).collect::<Vec<_>>();
        let completed = words
            .iter()
            .any(|word| word.contains("Dump completed") || word.contains("completed on"));
        completed || other.command.is(&["tail"])
    })
}
