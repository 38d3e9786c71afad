//! MY001: a dump whose tables are of different instants.

use crate::check::rule::{Example, Report, Rule};
use crate::check::{Context, Run, Unit};
use crate::evidence::{Place, Severity};
use crate::tools::Call;

/// Without one transaction, or one lock over everything, each table is of its own instant.
pub const RULE: Rule = Rule {
    code: "MY001",
    name: "inconsistent-dump",
    severity: Severity::High,
    summary: "mysqldump or mariadb-dump reads data without --single-transaction or --lock-all-tables",
    why: "tables are read one after the other while others write; orders without their lines are found when they are restored, and the tables of a database are locked meanwhile",
    fix: "add --single-transaction (InnoDB; no change of structure meanwhile), or --lock-all-tables",
    source: "mariadb-dump(1), --single-transaction, --lock-tables",
    layer: "static",
    bad: &[
        Example::Script(
            "set -euo pipefail\nmysqldump --routines --events shop > \"/backup/shop-$(date +%F).sql.new\"\n",
        ),
        Example::Script(
            "mariadb-dump -A -R -E --skip-lock-tables --result-file=\"/backup/all-$(date +%s).sql\"\n",
        ),
    ],
    good: &[
        Example::Script(
            "mysqldump --single-transaction -R -E shop > \"/backup/shop-$(date +%F).sql.new\"\n",
        ),
        Example::Script("mariadb-dump -A -R -E -x > \"/backup/all-$(date +%s).sql\"\n"),
        Example::Script(
            "mysqldump --no-data shop > \"/backup/schema-$(date +%s).sql\"\nmysqldump --help | grep -q single\n",
        ),
        Example::Script("mysqldump $DUMP_OPTIONS shop > \"/backup/shop-$(date +%s).sql\"\n"),
    ],
    run,
};

fn run(context: &Context<'_>, report: &mut Report) {
    for (unit, run, call) in dumps(context) {
        let whole = ["single-transaction", "lock-all-tables", "no-data", "system"];
        // Behind a lock of the whole server that the script holds, nothing is written.
        if !call.has(&whole) && !call.has(&["tab"]) {
            let message = format!("`{}` reads each table at another instant", call.name);
            report.add(&RULE, unit, run.command.span, message);
        }
    }
}

/// Returns every call that dumps with mysqldump or mariadb-dump, where all of its options can be seen.
pub fn dumps<'c, 'a>(context: &'c Context<'a>) -> Vec<(&'c Unit<'a>, Run<'c>, Call<'static>)> {
    let mut found = vec![];
    for (unit, run) in context.runs() {
        if unit.part == Place::Rollback
            || !run.command.is(&["mysqldump", "mariadb-dump"])
            || hides_options(run)
        {
            continue;
        }
        if let Some(call) = unit.take_apart(run.command)
            && !call.has(&["help", "version", "print-defaults"])
        {
            found.push((unit, run, call));
        }
    }
    found
}

/// Tells whether a word of unknown content may be options: any that does not begin with known text and is not called like
/// a database or a table.
fn hides_options(run: Run<'_>) -> bool {
    run.command.arguments().iter().any(|argument| {
        let shown = argument.shown().to_ascii_lowercase();
        let names = ["db", "database", "schema", "name", "table", "tbl"];
        argument.literal().is_none()
            && argument.prefix().is_empty()
            && !names.iter().any(|word| shown.contains(word))
    })
}

/// Tells whether a call dumps whole databases with their data, not single tables or parts of them.
pub fn is_whole(call: &Call<'_>) -> bool {
    let part = ["no-data", "no-create-info", "where", "tables", "tab"];
    let named = call.has(&["all-databases", "databases"]) || call.operands.len() == 1;
    named && !call.has(&part)
}

/// Tells whether a script or plan makes backups: it plays no dump into a server.
pub fn makes_backups(context: &Context<'_>) -> bool {
    let plays = |run: Run<'_>| {
        let file = run
            .command
            .redirects
            .iter()
            .any(|redirect| redirect.kind == crate::shell::ast::RedirectKind::Read);
        let piped = run.command.setting.stage.is_some_and(|stage| stage.position > 0);
        run.command.is(&["mysql", "mariadb"]) && (file || piped)
    };
    match context.plan {
        Some(plan) => plan.kind == crate::plan::Kind::Backup,
        None => !context.runs().any(|(_, run)| plays(run)),
    }
}
