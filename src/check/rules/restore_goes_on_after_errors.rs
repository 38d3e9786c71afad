//! PG004: a restore that ends well with half of the data.

use crate::check::names::looks_backup;
use crate::check::rule::{Example, Report, Rule};
use crate::check::{Context, Unit};
use crate::evidence::Severity;
use crate::shell::Command;
use crate::shell::ast::RedirectKind;
use crate::tools::Call;

/// psql goes on after an error unless it is told not to.
pub const RULE: Rule = Rule {
    code: "PG004",
    name: "restore-goes-on-after-errors",
    severity: Severity::High,
    summary: "a dump is restored and errors do not end it",
    why: "the exit code is that of the last statement, tables that failed are missing, and nobody sees it",
    fix: "`psql -X -v ON_ERROR_STOP=1 --single-transaction`, `pg_restore --exit-on-error`",
    source: "psql(1), ON_ERROR_STOP; pg_restore(1), --exit-on-error",
    layer: "static",
    bad: &[
        Example::Script("psql -d shop_new -f /backup/shop.sql\n"),
        Example::Script("set -o pipefail\ngunzip -c /backup/shop.sql.gz | psql -d shop_new\n"),
        Example::Script("createdb shop_new\npg_restore -d shop_new /backup/shop.dump\n"),
        Example::Script("psql shop_new < /backup/shop-dump.sql\n"),
        Example::Script(
            r#"#!/usr/bin/env bash
set -euo pipefail
archive=/backup/shop.sql.gz
gzip -t "$archive"
createdb -h db2 -O shop shop_restored
zcat "$archive" | psql -h db2 -d shop_restored
psql -X -h db2 -d shop_restored -Atc 'select count(*) from orders'
"#,
        ),
    ],
    good: &[
        Example::Script("psql -X -v ON_ERROR_STOP=1 -d shop_new -f /backup/shop.sql\n"),
        Example::Script("pg_restore --exit-on-error -j 4 -d shop_new /backup/shop.dump\n"),
        Example::Script("pg_restore -1 -d shop_new /backup/shop.dump\n"),
        Example::Script("pg_restore --list /backup/shop.dump\npsql -d shop -f report.sql\n"),
        Example::Script(
            "set -o pipefail\ngunzip -c /backup/shop.sql.gz | psql -X --set=ON_ERROR_STOP=on -d shop_new\n",
        ),
        Example::Script(
            r#"#!/usr/bin/env bash
set -euo pipefail
archive=/backup/shop.sql.gz
gzip -t "$archive"
createdb -h db2 -O shop shop_restored
zcat "$archive" | psql -X -v ON_ERROR_STOP=1 --single-transaction -h db2 -d shop_restored
psql -X -h db2 -d shop_restored -Atc 'select count(*) from orders'
"#,
        ),
    ],
    run,
};

fn run(context: &Context<'_>, report: &mut Report) {
    for (unit, run) in context.runs() {
        let command = run.command;
        let Some(call) = unit.take_apart(command) else { continue };
        let bad = match call.name {
            "pg_restore" => {
                call.value(&["dbname"]).is_some()
                    && !call.has(&["exit-on-error", "single-transaction", "1", "list"])
            }
            "psql" => {
                let stop = call.flags.iter().any(|flag| {
                    let value = flag.value.as_ref().map_or("", |word| word.text.as_str());
                    matches!(flag.name.as_str(), "set" | "variable")
                        && value.starts_with("ON_ERROR_STOP")
                }) || command
                    .arguments()
                    .iter()
                    .any(|word| word.shown().contains("ON_ERROR_STOP"));
                let one = call.has(&["single-transaction", "1"]);
                let told = unit.text.contains("\\set ON_ERROR_STOP");
                !stop && !one && !told && reads_dump(unit, command, call)
            }
            _ => false,
        };
        if bad {
            let message = format!("`{}` goes on after an error", call.name);
            report.add(&RULE, unit, command.span, message);
        }
    }
}

/// Tells whether psql reads a dump: a file that is one by its name or place, or what a decompressor prints.
fn reads_dump(unit: &Unit<'_>, command: &Command, call: &Call<'_>) -> bool {
    let is_dump = |path: &str| looks_backup(path) || path.contains("dump");
    let file = call.value(&["file"]).is_some_and(|word| is_dump(&unit.path(command, word)));
    let input = command.redirects.iter().any(|redirect| {
        redirect.kind == RedirectKind::Read && is_dump(&command.path(&redirect.target))
    });
    let unpacked = command.setting.stage.is_some_and(|stage| {
        let same = |other: &Command| {
            other
                .setting
                .stage
                .is_some_and(|s| s.pipeline == stage.pipeline && s.position < stage.position)
        };
        let unpacks =
            ["gunzip", "zcat", "gzip", "zstd", "zstdcat", "xz", "xzcat", "bzcat", "pg_restore"];
        unit.commands.list.iter().any(|other| same(other) && other.is(&unpacks))
    });
    file || input || unpacked
}
