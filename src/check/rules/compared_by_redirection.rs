//! SH030: a comparison that writes a file, or compares letters.

use crate::base::Span;
use crate::check::Context;
use crate::check::deeds::{self, Deed};
use crate::check::outcome::each;
use crate::check::rule::{Example, Report, Rule};
use crate::evidence::Severity;
use crate::shell::ast::{RedirectKind, StatementKind, Word};

/// `>` in `[ … ]` is a redirect.
pub const RULE: Rule = Rule {
    code: "SH030",
    name: "compared-by-redirection",
    severity: Severity::Medium,
    summary: "numbers are compared by `>` or `<` in `[ … ]`, `test` or `[[ … ]]`",
    why: "in `[ … ]` it writes or reads a file and the test is always true, in `[[ … ]]` it compares letter by letter (9 is greater than 1000): the size or the count that was to be tested is not",
    fix: "`-gt`, `-lt`, `-ge`, `-le`, or `(( size > 1000 ))`",
    source: "bash(1), CONDITIONAL EXPRESSIONS and REDIRECTION; measured with bash: size=5; `[ $size > 1000000 ]` ends with 0 and leaves a file 1000000; `[[ 9 > 1000 ]]` is true",
    layer: "static",
    bad: &[
        Example::Script(
            r#"#!/bin/bash
set -euo pipefail
out=/backup/pg/shop-$(date -u +%F).dump
pg_dump -Fc -f "$out.part" shop
size=$(stat -c %s "$out.part")
if [ $size > 1000000 ]; then
  mv "$out.part" "$out"
  find /backup/pg -name 'shop-*.dump' ! -newer "$out" ! -samefile "$out" -delete
fi
"#,
        ),
        Example::Script(
            "free=$(df --output=avail /backup | tail -n 1)\nif [[ $free < 50000000 ]]; then echo 'too little room' >&2; exit 1; fi\ntar -czf /backup/srv.tgz /srv\n",
        ),
        Example::Script(
            "n=$(ls /backup/*.dump | wc -l)\ntest \"$n\" > 7 && rm -f \"$(ls -t /backup/*.dump | tail -n 1)\"\n",
        ),
    ],
    good: &[
        Example::Script(
            r#"#!/bin/bash
set -euo pipefail
out=/backup/pg/shop-$(date -u +%F).dump
pg_dump -Fc -f "$out.part" shop
size=$(stat -c %s "$out.part")
if [ "$size" -gt 1000000 ]; then
  mv "$out.part" "$out"
fi
"#,
        ),
        Example::Script(
            "[ -t 1 ] > /dev/null 2>&1 || exec > /var/log/backup.log\ntest -s /backup/x 2> /dev/null\n(( $(stat -c %s /backup/x) > 1000 )) || exit 1\n[ \"$a\" \\> \"$b\" ] || exit 1\n",
        ),
        Example::Script("[[ $today > $last ]] && pg_dump -f /backup/x.dump shop\n[[ a < b ]]\n"),
    ],
    run,
};

fn run(context: &Context<'_>, report: &mut Report) {
    for unit in context.scripts().filter(|unit| unit.text.contains(['<', '>'])) {
        let mut found: Vec<(Span, &str)> = Vec::new();
        each(&unit.script.statements, &mut |statement, _| match &statement.kind {
            StatementKind::Simple(simple) => {
                let name = simple.words.first().and_then(Word::literal).unwrap_or_default();
                let closed = simple.words.last().filter(|w| w.literal().as_deref() == Some("]"));
                let wrong = statement.redirects.iter().any(|one| {
                    let inside = match (name.as_str(), closed) {
                        ("[", Some(end)) => one.span.start < end.span.start,
                        ("test", _) => number(&one.target),
                        _ => false,
                    };
                    let kind = matches!(one.kind, RedirectKind::Truncate | RedirectKind::Read);
                    inside && kind && one.descriptor.is_none()
                });
                if wrong {
                    found.push((
                        statement.span,
                        "this is a redirect: the test does not compare, and writes or reads a file",
                    ));
                }
            }
            StatementKind::Condition(words) => {
                let wrong = words.windows(2).any(|pair| {
                    matches!(pair[0].literal().as_deref(), Some("<" | ">")) && number(&pair[1])
                });
                if wrong {
                    found.push((
                        statement.span,
                        "this compares letter by letter: 9 is greater than 1000",
                    ));
                }
            }
            _ => {}
        });
        for (span, message) in found {
            let matters = deeds::deeds(unit).any(|(run, deed)| {
                matches!(deed, Deed::Dump | Deed::Delete | Deed::Restore)
                    && run.command.span.end > span.start
            });
            let finding = report.add(&RULE, unit, span, message.to_owned());
            if matters {
                finding.severity = Severity::High;
            }
        }
    }
}

/// Tells whether a word is a number of at least one digit.
fn number(word: &Word) -> bool {
    word.literal().is_some_and(|text| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit()))
}
