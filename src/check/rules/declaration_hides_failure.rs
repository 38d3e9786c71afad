//! SH009: `local x=$(cmd)` succeeds whatever cmd does.

use crate::base::Span;
use crate::check::outcome::each;
use crate::check::rule::{Example, Report, Rule, edit};
use crate::check::{Context, Unit};
use crate::evidence::{Edit, Severity};
use crate::shell::ast::{Assigned, PartKind, Simple, Statement, StatementKind, Word};

/// The exit code of a declaration is that of the declaration.
pub const RULE: Rule = Rule {
    code: "SH009",
    name: "declaration-hides-failure",
    severity: Severity::Low,
    summary: "`local`, `export`, `declare` or `readonly` takes the output of a command, and with it the command's exit code is lost",
    why: "`set -e` does not stop, and the script goes on with an empty value: an empty path, no position, no snapshot name",
    fix: "declare and assign in two steps: `local x; x=$(cmd)`",
    source: "ShellCheck SC2155; measured with bash 5.2: `set -e; f() { local x=$(false); echo on; }; f` prints",
    layer: "static",
    bad: &[
        Example::Script(
            "set -e\nf() { local pos=$(mysql -NBe 'show master status' | cut -f2); echo \"$pos\"; }\nf\n",
        ),
        Example::Script(
            r#"#!/bin/bash
set -euo pipefail
# restore the newest archive into a side directory
restore() {
  local last="$(borg list --last 1 --format '{archive}' /backup/borg)"
  mkdir -p /srv/stage
  cd /srv/stage
  borg extract "/backup/borg::$last"
}
restore
"#,
        ),
        Example::Script(
            "set -e\nexport PGHOST=$(consul kv get pg/primary)\npg_dump -Fc -f /backup/x.new shop\n",
        ),
    ],
    good: &[
        Example::Script(
            "set -e\nf() { local pos; pos=$(mysql -NBe 'show master status' | cut -f2); echo \"$pos\"; }\nf\n",
        ),
        Example::Script(
            r#"#!/bin/bash
set -euo pipefail
restore() {
  local last
  last=$(borg list --last 1 --format '{archive}' /backup/borg)
  local here=$(pwd) stamp=$(date +%F)
  cd /srv/stage
  borg extract "/backup/borg::${last:?}"
}
restore
"#,
        ),
        Example::Script("f() { local x=$(restic snapshots --json); echo \"$x\"; }\nf\n"),
    ],
    run,
};

/// Commands that do not fail in practice, or whose failure does no harm.
const HARMLESS: &[&str] = &[
    "date", "hostname", "basename", "dirname", "pwd", "uname", "whoami", "id", "echo", "printf",
    "nproc", "tput", "wc", "readlink", "realpath", "tr", "cut", "sed", "awk", "seq", "expr",
    "head", "tail", "sort",
];

fn run(context: &Context<'_>, report: &mut Report) {
    for unit in context.scripts() {
        if !unit.runs().any(|run| run.command.setting.errexit) {
            continue;
        }
        let links = links(&unit.script.statements);
        each(&unit.script.statements, &mut |statement, _| {
            let StatementKind::Simple(simple) = &statement.kind else { return };
            if !simple.declares {
                return;
            }
            for assignment in &simple.assignments {
                let Assigned::Scalar(value) = &assignment.value else { continue };
                let Some(name) = substituted(value) else { continue };
                let message = format!("a failure of `{name}` is lost in the declaration");
                let finding = report.add(&RULE, unit, assignment.span, message);
                let inside = |run: crate::check::Run<'_>| {
                    crate::check::outcome::within(run.command.span, assignment.span)
                };
                if crate::check::deeds::deeds(unit).any(|(run, _)| inside(run)) {
                    finding.severity = Severity::Medium;
                }
                // Two statements in the place of one link: what stands behind it would run whatever the link says.
                let alone =
                    !statement.background && !statement.negated && !links.contains(&statement.span);
                finding.edit = if alone { split(unit, statement, simple) } else { None };
            }
        });
    }
}

/// Returns where the links of lists and the stages of pipelines stand.
fn links(statements: &[Statement]) -> Vec<Span> {
    let mut found = Vec::new();
    each(statements, &mut |statement, _| match &statement.kind {
        StatementKind::List(links) => found.extend(links.iter().map(|(_, one)| one.span)),
        StatementKind::Pipeline(stages) => found.extend(stages.iter().map(|one| one.span)),
        StatementKind::Simple(_)
        | StatementKind::If { .. }
        | StatementKind::Loop(_)
        | StatementKind::Case { .. }
        | StatementKind::Subshell(_)
        | StatementKind::Group(_)
        | StatementKind::Function { .. }
        | StatementKind::Condition(_)
        | StatementKind::Arithmetic(_) => {}
    });
    found
}

/// Returns the name of the command whose output the word takes, where its failure matters.
fn substituted(word: &Word) -> Option<String> {
    word.parts.iter().find_map(|part| {
        let PartKind::Command(body) = &part.kind else { return None };
        first_name(body.first()?)
    })
}

fn first_name(statement: &Statement) -> Option<String> {
    match &statement.kind {
        StatementKind::Simple(simple) => {
            let name = simple.words.first()?.literal()?;
            let name = crate::shell::path::file_name(&name).to_owned();
            (!HARMLESS.contains(&name.as_str())).then_some(name)
        }
        StatementKind::Pipeline(stages) => first_name(stages.first()?),
        // A list has an end of its own for the failure.
        _ => None,
    }
}

/// Returns the edit that declares first and assigns then, where the declaration has one variable and no options.
fn split(unit: &Unit<'_>, statement: &Statement, simple: &Simple) -> Option<Edit> {
    let [assignment] = simple.assignments.as_slice() else { return None };
    if simple.words.len() != 1 || !statement.redirects.is_empty() {
        return None;
    }
    let own = unit.slice(assignment.span).trim_end();
    let end = assignment.span.start + own.len();
    let whole = Span::new(statement.span.start, end);
    // The span of a statement may take in what is behind it on its line.
    let (word, rest) = unit.slice(whole).split_once(char::is_whitespace)?;
    if rest.trim() != own {
        return None;
    }
    let name = &assignment.name;
    match word {
        "local" => edit(whole, format!("local {name}; {own}")),
        "export" | "readonly" => edit(whole, format!("{own}; {word} {name}")),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use crate::check::{Facts, Language, script};

    fn edited(text: &str) -> Option<String> {
        let checked = script(text, Language::Bash, &Facts::default());
        let finding = checked.findings.iter().find(|one| one.rule == super::RULE.code);
        let edit = finding.unwrap_or_else(|| panic!("{text}")).edit.as_ref()?;
        let mut text = text.to_owned();
        text.replace_range(edit.span.start..edit.span.end, &edit.replacement);
        Some(text)
    }

    #[test]
    fn a_declaration_is_split_only_where_nothing_depends_on_it() {
        for (text, expected) in [
            ("export X=$(pg_dump shop)\n", Some("X=$(pg_dump shop); export X\n")),
            (
                "if [ -n \"$A\" ]; then export X=$(pg_dump shop); fi\n",
                Some("if [ -n \"$A\" ]; then X=$(pg_dump shop); export X; fi\n"),
            ),
            ("[ -n \"$A\" ] && export X=$(pg_dump shop)\n", None),
            ("[ -n \"$A\" ] || export X=$(pg_dump shop)\n", None),
            ("export X=$(pg_dump shop) && echo on\n", None),
            ("export X=$(pg_dump shop) | cat\n", None),
            ("export X=$(pg_dump shop) &\nwait\n", None),
            ("! export X=$(pg_dump shop)\n", None),
            ("export X=$(pg_dump shop) 2> /dev/null\n", None),
        ] {
            assert_eq!(
                edited(&format!("set -e\n{text}")),
                expected.map(|e| format!("set -e\n{e}")),
                "{text}"
            );
        }
    }
}
