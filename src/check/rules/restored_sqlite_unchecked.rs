//! SL003: a restored or rescued SQLite file goes into service unchecked.

use super::stale_sqlite_log::{RESTORERS, restored};
use crate::check::rule::{Example, Report, Rule};
use crate::check::{Context, Run, Unit};
use crate::evidence::{Place, Severity};
use crate::shell::Argument;
use crate::shell::ast::RedirectKind;

/// A dump of a damaged file ends in ROLLBACK, so what is made from it is empty.
pub const RULE: Rule = Rule {
    code: "SL003",
    name: "restored-sqlite-unchecked",
    severity: Severity::Medium,
    summary: "an SQLite database is restored, rescued or rebuilt, and no `pragma integrity_check` follows",
    why: "a torn copy or an empty rescue looks like a database until somebody asks for a row",
    fix: "`[ \"$(sqlite3 DB 'pragma integrity_check')\" = ok ]`, then `pragma foreign_key_check` and a count of the rows that must be there",
    source: "sqlite.org/pragma.html#pragma_integrity_check; sqlite.org/cli.html, 8.4 \".recover\"; measured: `.dump` of a damaged file ends with ROLLBACK",
    layer: "static",
    bad: &[
        Example::Script(
            "systemctl stop app\nrm -f /srv/app/app.db-wal /srv/app/app.db-shm\ncp /backup/app.db /srv/app/app.db\nsystemctl start app\n",
        ),
        Example::Script(
            "#!/usr/bin/env bash\nset -euo pipefail\nsystemctl stop wiki\nwork=$(mktemp -d)\ncp -p /srv/wiki/wiki.sqlite* \"$work/\"\nsqlite3 \"$work/wiki.sqlite\" .recover > \"$work/recovered.sql\"\nsqlite3 \"$work/new.sqlite\" < \"$work/recovered.sql\"\nmv \"$work/new.sqlite\" /srv/wiki/wiki.sqlite\nsystemctl start wiki\n",
        ),
        Example::Script("sqlite3 /srv/app/damaged.db .dump | sqlite3 /srv/app/app.db\n"),
        Example::Script("sqlite3 /srv/app/app.db \".restore /backup/app.db\"\n"),
    ],
    good: &[
        Example::Script(
            "systemctl stop app\ncp /backup/app.db /srv/app/app.db\n[ \"$(sqlite3 /srv/app/app.db 'pragma integrity_check')\" = ok ]\nsystemctl start app\n",
        ),
        Example::Script(
            "set -euo pipefail\nsqlite3 \"$work/app.db\" .recover > \"$work/recover.sql\"\nsqlite3 \"$work/new.db\" < \"$work/recover.sql\"\n[ \"$(sqlite3 \"$work/new.db\" 'PRAGMA quick_check')\" = ok ]\n[ \"$(sqlite3 \"$work/new.db\" 'select count(*) from notes')\" -gt 0 ]\n",
        ),
        Example::Script("sqlite3 /srv/app/app.db < /srv/app/schema.sql\n"),
        Example::Script("sqlite3 /srv/app/app.db .dump > \"/backup/app-$(date +%F).sql\"\n"),
    ],
    run,
};

fn run(context: &Context<'_>, report: &mut Report) {
    for (unit, run) in context.named(RESTORERS).filter(|(unit, _)| unit.part != Place::Rollback) {
        let Some(what) = made_again(unit, run) else {
            continue;
        };
        let checked = context.after(unit, run).any(|(_, other)| {
            let asks = |a: &Argument| {
                let text = a.shown().to_ascii_lowercase();
                text.contains("integrity_check") || text.contains("quick_check")
            };
            other.command.words.iter().any(asks) || other.command.input.iter().any(asks)
        });
        if !checked {
            let message = format!("{what}, and no integrity_check follows");
            report.add(&RULE, unit, run.command.span, message);
            return;
        }
    }
}

/// Returns how a command brings a database back, in words.
fn made_again(unit: &Unit<'_>, run: Run<'_>) -> Option<String> {
    let command = run.command;
    if let Some(database) = restored(unit, run) {
        return Some(format!("{database} is replaced by a copy"));
    }
    if !command.is(&["sqlite3"]) {
        return None;
    }
    let words: Vec<String> = command.arguments().iter().map(|a| a.shown().into_owned()).collect();
    if words.iter().any(|w| w.trim_start().starts_with(".restore")) {
        return Some(format!("{} is restored", words[0]));
    }
    let rescued = |name: &str| {
        let name = crate::shell::path::file_name(name).to_ascii_lowercase();
        ["dump", "recover", "rescue", "backup"].iter().any(|word| name.contains(word))
    };
    let read = command
        .redirects
        .iter()
        .any(|r| r.kind == RedirectKind::Read && rescued(&r.target.shown()))
        || words.iter().any(|w| w.trim_start().strip_prefix(".read ").is_some_and(rescued));
    let piped = command.setting.stage.is_some_and(|stage| {
        let same = |other: &Run<'_>| {
            other
                .command
                .setting
                .stage
                .is_some_and(|s| s.pipeline == stage.pipeline && s.position < stage.position)
        };
        unit.named(&["sqlite3"])
            .filter(same)
            .any(|other| other.command.has(".dump") || other.command.has(".recover"))
    });
    (read || piped).then(|| "the database is made again from a dump".to_owned())
}
