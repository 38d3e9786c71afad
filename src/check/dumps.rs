//! Calls of mysqldump and mariadb-dump: which there are, and what they dump.

use super::{Context, Run, Unit};
use crate::evidence::Place;
use crate::tools::Call;

/// Returns every call that dumps with mysqldump or mariadb-dump, where all of its options can be seen.
pub fn dumps<'c, 'a>(context: &'c Context<'a>) -> Vec<(&'c Unit<'a>, Run<'c>, &'c Call<'static>)> {
    let mut found = vec![];
    for (unit, run) in context.named(&["mysqldump", "mariadb-dump"]) {
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

/// Returns the calls that dump whole databases, not the accounts of the system alone.
pub fn whole_dumps<'c, 'a>(
    context: &'c Context<'a>,
) -> impl Iterator<Item = (&'c Unit<'a>, Run<'c>, &'c Call<'static>)> {
    dumps(context).into_iter().filter(|(_, _, call)| is_whole(call) && !call.has(&["system"]))
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
        None => !context.named(&["mysql", "mariadb"]).any(|(_, run)| plays(run)),
    }
}
