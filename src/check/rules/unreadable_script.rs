//! SH000: a text that cannot be read, so nothing can be said about it.

use crate::base::Span;
use crate::check::Context;
use crate::check::rule::{Example, Report, Rule};
use crate::evidence::{Finding, Place, Severity};
use crate::plan::Step;
use crate::shell::Command;

/// What cannot be read is never taken for harmless: its risk is `unknown` and a person must look.
pub const RULE: Rule = Rule {
    code: "SH000",
    name: "unreadable-script",
    severity: Severity::High,
    summary: "the script, or a script inside it, cannot be read",
    why: "a script that cannot be read can do anything, and mostly fails half-way",
    fix: "correct the syntax; write placeholders such as <host> out",
    source: "bash(1); 15.7 % of 1,202 published runbook blocks are not valid bash, most for a `<placeholder>`",
    layer: "static",
    bad: &[
        Example::Script(
            r#"#!/bin/bash
set -euo pipefail
# nightly dumps
umask 077
for db in shop wiki; do
  out="/backup/$db-$(date +%F).dump"
  pg_dump -Fc -f "$out.new" "$db"
  if pg_restore --list "$out.new" > /dev/null; then
    mv "$out.new" "$out"
done
"#,
        ),
        Example::Script("pg_restore -d shop /backup/shop.dump &&\n"),
        Example::Script(
            "#!/bin/bash\nset -euo pipefail\nif [ -d /srv/app ]; then\n  rsync -a /srv/app/ /backup/app/\n",
        ),
        Example::Script("bash -c 'for f in /srv/*; do tar -czf'"),
    ],
    good: &[
        Example::Script(
            "set -euo pipefail\nfor db in shop wiki; do\n  pg_dump -Fc -f \"/backup/$db-$(date +%F).dump\" \"$db\"\ndone\n",
        ),
        Example::Script("cat > /etc/app.conf <<'EOF'\nif (unbalanced \" here is no shell\nEOF\n"),
    ],
    run,
};

fn run(context: &Context<'_>, report: &mut Report) {
    for unread in &context.unread {
        let finding = report.add_place(&RULE, unread.span, unread.why.clone());
        if unread.aside {
            finding.severity = Severity::Low;
            finding.fix = Some("let a person read it".to_owned());
        }
    }
    for unit in &context.units {
        if let Some(problem) = unit.script.problems.first() {
            report.add(&RULE, unit, problem.span, format!("cannot be read: {}", problem.message));
        } else if let Some(message) = context.facts.rejected.get(unit.text) {
            report.add(&RULE, unit, Span::default(), format!("bash does not read it: {message}"));
        }
        for statement in unit.queries.iter().flat_map(|script| &script.statements) {
            if let Some(why) = statement.why {
                report.add(&RULE, unit, statement.span, format!("cannot be read: {why}"));
            }
        }
        for opaque in unit.commands.opaque.iter().filter(|o| o.why.contains("cannot be read")) {
            // What is put together when it runs is known in part; its parts may be read another way than the whole.
            let put_together = unit.slice(opaque.span).contains(['$', '`']);
            let beforehand = opaque.why.contains("beforehand") || put_together;
            let finding = report.add(&RULE, unit, opaque.span, opaque.why.clone());
            if beforehand {
                // A shell at the terminal is for a person; a text put together here makes the risk unknown as it is.
                let terminal = |c: &Command| c.span == opaque.span && c.setting.stage.is_none();
                let by_person = unit.commands.list.iter().any(terminal);
                let quiet = put_together || by_person && opaque.why.contains("a shell runs");
                finding.severity = match quiet && unit.step.is_none() {
                    true => Severity::Low,
                    false => Severity::Medium,
                };
                finding.fix = Some("write what is to run into the script itself".to_owned());
            }
        }
    }
}

/// Returns the finding for a text that could not even be looked at.
pub fn unreadable(part: Place, step: Option<&Step>, message: &str) -> Finding {
    Finding {
        rule: RULE.code,
        name: RULE.name,
        severity: RULE.severity,
        step: step.map(|s| s.id.clone()),
        part,
        span: Span::default(),
        message: message.to_owned(),
        why: RULE.why.to_owned(),
        fix: Some(RULE.fix.to_owned()),
        layer: RULE.layer,
        edit: None,
    }
}
