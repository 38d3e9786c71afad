//! SH025: a script for bash that is run by another shell.

use crate::base::Span;
use crate::check::outcome::each;
use crate::check::rule::{Example, Report, Rule, edit};
use crate::check::{Context, Language, Unit};
use crate::evidence::Severity;
use crate::shell::ast::{Assigned, PartKind, RedirectKind, Statement, StatementKind, Word};

/// `/bin/sh` is dash on Debian and Ubuntu, and BusyBox in rescue systems.
pub const RULE: Rule = Rule {
    code: "SH025",
    name: "bashism-in-sh",
    severity: Severity::Low,
    summary: "a script whose first line names sh uses what only bash has",
    why: "it works on the machine it was written on and breaks in the rescue system: `set -o pipefail` ends it, `&>` empties the file and goes on without waiting",
    fix: "`#!/bin/bash` as the first line, or the POSIX form",
    source: "ShellCheck SC3xxx; measured with dash 0.5.12: `set -o pipefail` ends the script with 2, `false &> f` gives 0",
    layer: "static",
    bad: &[
        Example::Script(
            "#!/bin/sh\nset -euo pipefail\npg_dump shop | gzip > /backup/shop.sql.gz.new\n",
        ),
        Example::Script(
            r#"#!/bin/sh
# nightly copy of all databases
dbs=(shop wiki crm)
for db in "${dbs[@]}"; do
  if [[ $db != wiki ]]; then
    mysqldump --single-transaction "$db" > "/backup/$db.sql.new" || exit 1
  fi
done
"#,
        ),
        Example::Script("#!/bin/sh\nrsync -a /srv/ /backup/srv/ &> /var/log/rsync.log\n"),
    ],
    good: &[
        Example::Script(
            "#!/bin/bash\nset -euo pipefail\npg_dump shop | gzip > /backup/shop.sql.gz.new\n",
        ),
        Example::Script(
            r#"#!/bin/sh
# nightly copy of all databases
set -eu
for db in shop wiki crm; do
  if [ "$db" != wiki ]; then
    mysqldump --single-transaction "$db" > "/backup/$db.sql.new"
  fi
done
rsync -a /srv/ /backup/srv/ > /var/log/rsync.log 2>&1
"#,
        ),
        Example::Script("#!/bin/sh\nif (set -o pipefail) 2>/dev/null; then set -o pipefail; fi\n"),
    ],
    run,
};

fn run(context: &Context<'_>, report: &mut Report) {
    for unit in &context.units {
        let first = unit.text.lines().next().unwrap_or_default();
        let posix = unit.language == Language::Sh
            && ["sh", "dash", "ash"]
                .iter()
                .any(|s| first.trim_end().ends_with(s) || first.contains(&format!("/{s} -")));
        if !posix
            || first.contains("bash")
            || first.contains("ksh")
            || unit.text.contains("BASH_VERSION")
        {
            continue;
        }
        let mut found: Option<(Span, &'static str, Severity)> = None;
        each(&unit.script.statements, &mut |statement, _| {
            if found.is_none() {
                found = bashism(unit, statement);
            }
        });
        if let Some((span, what, severity)) = found {
            let message = format!("{what} is not known to every sh");
            let finding = report.add(&RULE, unit, span, message);
            finding.severity = severity;
            // The options of the first line stay.
            let options = first.trim_end().rsplit_once(" -").map(|(_, options)| options);
            let plain = |options: &&str| options.chars().all(|c| c.is_ascii_alphabetic());
            finding.edit = match options {
                None => edit(Span::new(0, first.len()), "#!/bin/bash"),
                Some(letters) => Some(letters).filter(plain).and_then(|letters| {
                    edit(Span::new(0, first.len()), format!("#!/bin/bash -{letters}"))
                }),
            };
        }
    }
}

fn bashism(unit: &Unit<'_>, statement: &Statement) -> Option<(Span, &'static str, Severity)> {
    for redirect in &statement.redirects {
        if redirect.both {
            return Some((redirect.span, "`&>`", Severity::Medium));
        }
        if redirect.kind == RedirectKind::HereString {
            return Some((redirect.span, "`<<<`", Severity::Low));
        }
    }
    match &statement.kind {
        StatementKind::Condition(_) => Some((statement.span, "`[[`", Severity::Low)),
        StatementKind::Arithmetic(_) => Some((statement.span, "`((`", Severity::Low)),
        StatementKind::Simple(simple) => {
            if let Some(array) = simple
                .assignments
                .iter()
                .find(|a| matches!(a.value, Assigned::Array(_)) || a.indexed)
            {
                return Some((array.span, "an array", Severity::Low));
            }
            let words: Vec<String> =
                simple.words.iter().map(|w| w.literal().unwrap_or_default()).collect();
            let process = simple
                .words
                .iter()
                .flat_map(|w| &w.parts)
                .find(|p| matches!(p.kind, PartKind::Process { .. }));
            if let Some(part) = process {
                return Some((part.span, "`<(…)`", Severity::Low));
            }
            match words.first().map(String::as_str) {
                Some("set") if words.iter().any(|w| w == "pipefail") => {
                    let asked = unit.text[..statement.span.start].trim_end().ends_with('(')
                        || unit.text.contains("(set -o pipefail)")
                        || unit.text[statement.span.end..].trim_start().starts_with("2>/dev/null");
                    let tolerant = unit.text[statement.span.start..]
                        .lines()
                        .next()
                        .is_some_and(|line| line.contains("2>") || line.contains("||"));
                    (!asked && !tolerant).then_some((
                        statement.span,
                        "`pipefail`",
                        Severity::Medium,
                    ))
                }
                Some(
                    "source" | "mapfile" | "readarray" | "pushd" | "popd" | "shopt" | "declare"
                    | "typeset" | "let",
                ) => Some((statement.span, "this command", Severity::Low)),
                Some("trap") if words.iter().any(|w| w == "ERR") => {
                    Some((statement.span, "`trap … ERR`", Severity::Medium))
                }
                _ => None,
            }
        }
        StatementKind::Loop(one)
            if one.words.as_ref().is_some_and(|words| {
                words
                    .iter()
                    .any(|w: &Word| w.parts.iter().any(|p| matches!(p.kind, PartKind::Brace(_))))
            }) =>
        {
            Some((statement.span, "`{1..3}`", Severity::Low))
        }
        _ => None,
    }
}
