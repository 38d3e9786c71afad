//! SH028: whether all went well is counted in a subshell, and read outside of it.

use std::collections::{BTreeMap, BTreeSet};

use crate::base::Span;
use crate::check::deeds::{self, Deed};
use crate::check::lookups::Spans;
use crate::check::outcome::{each, within};
use crate::check::rule::{Example, Report, Rule};
use crate::check::{Context, Unit};
use crate::evidence::Severity;
use crate::shell::ast::{Statement, StatementKind};

/// A stage of a pipeline and `( … )` change copies of the variables.
pub const RULE: Rule = Rule {
    code: "SH028",
    name: "flag-lost-in-pipe",
    severity: Severity::High,
    summary: "a variable that says whether something failed is set in a pipe or in `( … )` and read outside",
    why: "the outside still has the old value: every failure is forgotten, and the script ends as a success",
    fix: "feed the loop by a redirect (`done < <(…)`, `done < file`), use `{ …; }` in place of `( … )`, or let the stage end with an exit code and look at that",
    source: "bash(1), Pipelines: each command runs in its own subshell; measured with bash: after `printf 'a\\nb\\n' | while read x; do n=$((n+1)); done` n is still 0",
    layer: "static",
    bad: &[
        Example::Script(
            r#"#!/bin/bash
set -u
dest=/backup/pg/$(date -u +%F)
mkdir -p "$dest" || exit 1
bad=0
psql -XAtc 'select datname from pg_database where datallowconn' | while read -r db; do
  pg_dump -Fc -f "$dest/$db.dump" "$db" < /dev/null || bad=$((bad + 1))
done
if [ "$bad" -gt 0 ]; then
  echo "$bad databases were not saved" >&2
  exit 1
fi
"#,
        ),
        Example::Script(
            "#!/bin/sh\nrc=0\n(\n  cd /srv || exit 1\n  tar -czf /backup/srv.tgz . || rc=1\n)\nexit \"$rc\"\n",
        ),
        Example::Script(
            "failed=false\nfind /srv/db -name '*.db' | while IFS= read -r f; do\n  sqlite3 \"$f\" \".backup '/backup/${f##*/}'\" </dev/null || failed=true\ndone\n[[ $failed == true ]] && exit 1\n",
        ),
        Example::Script(
            "errors=0\ncat /etc/backup/dirs | while read -r d; do rsync -a \"$d\" nas:/backup/ </dev/null || (( errors++ )); done\ncase $errors in 0) echo ok ;; *) exit 1 ;; esac\n",
        ),
    ],
    good: &[
        Example::Script(
            r#"#!/bin/bash
set -u
bad=0
while read -r db; do
  pg_dump -Fc -f "/backup/$db.dump" "$db" < /dev/null || bad=$((bad + 1))
done < <(psql -XAtc 'select datname from pg_database where datallowconn')
if [ "$bad" -gt 0 ]; then exit 1; fi
"#,
        ),
        Example::Script(
            "psql -XAtc 'select datname from pg_database' | {\n  bad=0\n  while read -r db; do\n    pg_dump -Fc -f \"/backup/$db.dump\" \"$db\" </dev/null || bad=1\n  done\n  [ \"$bad\" -eq 0 ]\n} || exit 1\n",
        ),
        Example::Script(
            "shopt -s lastpipe\nbad=0\nls /srv | while read -r d; do tar -czf \"/backup/$d.tgz\" \"/srv/$d\" || bad=1; done\nexit \"$bad\"\n",
        ),
        Example::Script(
            "n=0\nls /srv | while read -r d; do n=$((n + 1)); echo \"$n $d\"; done\nn=$(ls /backup | wc -l)\n[ \"$n\" -gt 0 ] || exit 1\n",
        ),
    ],
    run,
};

fn run(context: &Context<'_>, report: &mut Report) {
    for unit in context.scripts() {
        if unit.named(&["shopt"]).any(|run| run.command.has("lastpipe")) {
            continue;
        }
        let mut asides: Vec<Span> = Vec::new();
        let mut deciding = Vec::new();
        each(&unit.script.statements, &mut |statement, _| {
            match &statement.kind {
                StatementKind::Pipeline(stages) => asides.extend(stages.iter().map(|s| s.span)),
                StatementKind::Subshell(_) => asides.push(statement.span),
                _ => {}
            }
            deciding.extend(decides(statement));
        });
        if asides.is_empty() || deciding.is_empty() {
            continue;
        }
        let mut assigned = Vec::new();
        each(&unit.script.statements, &mut |statement, _| assigned.extend(sets(unit, statement)));
        let names: BTreeSet<&str> = assigned.iter().map(|(name, _)| name.as_str()).collect();
        let decided = decided(unit, &deciding, &names);
        // Where each name is assigned first, and every start of an assignment.
        let mut own: BTreeMap<&str, (usize, Vec<usize>)> = BTreeMap::new();
        for (name, span) in &assigned {
            let (end, starts) = own.entry(name).or_insert((usize::MAX, Vec::new()));
            *end = span.end.min(*end);
            starts.push(span.start);
        }
        own.values_mut().for_each(|(_, starts)| starts.sort_unstable());
        let apart = Spans::new(asides.iter().copied().zip(0..));
        for (name, at) in &assigned {
            let Some(places) = decided.get(name.as_str()) else { continue };
            let Some(aside) = apart.first_around(*at).map(|first| asides[first]) else { continue };
            let (end, starts) = &own[name.as_str()];
            let known = *end <= aside.start;
            let again = starts.get(starts.partition_point(|start| *start < aside.end));
            let read = places.iter().find(|place| {
                place.start >= aside.end && again.is_none_or(|again| *again >= place.start)
            });
            if let (true, Some(place)) = (known, read) {
                let name = crate::base::escape::one_line(name);
                let message =
                    format!("`{name}` is set in a subshell, so it has its old value here");
                let finding = report.add(&RULE, unit, *place, message);
                if !deeds::deeds(unit)
                    .any(|(run, deed)| deed != Deed::Verify && within(run.command.span, aside))
                {
                    finding.severity = Severity::Medium;
                }
            }
        }
    }
}

/// Returns the variables that a statement sets by itself, with its place.
fn sets(unit: &Unit<'_>, statement: &Statement) -> Vec<(String, Span)> {
    let counted = |text: &str| {
        let mut found = Vec::new();
        let text = text.trim().trim_start_matches("((").trim_end_matches("))");
        for part in text.split([',', ';']) {
            let part = part.trim().trim_start_matches("++").trim_start_matches("--");
            let end =
                part.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(part.len());
            let (name, rest) = part.split_at(end);
            let rest = rest.trim_start();
            let sets = rest.is_empty() && part.len() < text.trim().len()
                || ["++", "--", "+=", "-=", "|=", "*="].iter().any(|op| rest.starts_with(op))
                || rest.starts_with('=') && !rest.starts_with("==");
            if sets && name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') {
                found.push((name.to_owned(), statement.span));
            }
        }
        found
    };
    match &statement.kind {
        StatementKind::Simple(simple) if simple.words.is_empty() || simple.declares => {
            simple.assignments.iter().map(|one| (one.name.clone(), statement.span)).collect()
        }
        StatementKind::Simple(simple)
            if simple.words.first().and_then(|w| w.literal()).as_deref() == Some("let") =>
        {
            simple.words[1..]
                .iter()
                .flat_map(|w| counted(w.span.slice(unit.text).trim_matches(['"', '\''])))
                .collect()
        }
        StatementKind::Arithmetic(text) => counted(text),
        StatementKind::Loop(one) => {
            one.variable.iter().map(|name| (name.clone(), statement.span)).collect()
        }
        _ => Vec::new(),
    }
}

/// Returns the part of a statement that decides how the script goes on.
fn decides(statement: &Statement) -> Option<Span> {
    match &statement.kind {
        StatementKind::Simple(simple) => {
            let name = simple.words.first().and_then(|word| word.literal())?;
            matches!(name.as_str(), "[" | "test" | "exit" | "return").then_some(statement.span)
        }
        StatementKind::Condition(_) | StatementKind::Arithmetic(_) => Some(statement.span),
        StatementKind::Case { word, .. } => Some(word.span),
        _ => None,
    }
}

/// Returns for each of these variables the places that decide by it.
fn decided<'n>(
    unit: &Unit<'_>,
    deciding: &[Span],
    names: &BTreeSet<&'n str>,
) -> BTreeMap<&'n str, Vec<Span>> {
    let mut found: BTreeMap<&'n str, Vec<Span>> = BTreeMap::new();
    let mut sorted = deciding.to_vec();
    sorted.sort_by_key(|span| span.start);
    for one in &unit.commands.uses {
        let Some(name) = names.get(one.name.as_str()) else { continue };
        let behind = sorted.partition_point(|span| span.start <= one.span.start);
        if let Some(place) = sorted[..behind].last().filter(|place| within(one.span, **place)) {
            found.entry(name).or_default().push(*place);
        }
    }
    for place in sorted {
        let text = unit.slice(place);
        if text.starts_with("((") {
            let words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
            for name in words.filter_map(|word| names.get(word)) {
                found.entry(name).or_default().push(place);
            }
        }
    }
    found
}
