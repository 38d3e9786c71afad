//! PL002: the check of a step that changes what it looks at.

use crate::base::Risk;
use crate::check::rule::{Example, Report, Rule};
use crate::check::{Context, Unit, deeds, risk};
use crate::evidence::{Place, Severity};
use crate::shell::Command;
use crate::shell::ast::RedirectKind;
use crate::tools;

/// A check runs again after a crash, before an approval and in a rehearsal, so it must be free to run.
pub const RULE: Rule = Rule {
    code: "PL002",
    name: "check-changes-something",
    severity: Severity::Medium,
    summary: "a command in the `check` of a step changes something",
    why: "a check decides whether a step succeeded and is run again whenever that is in doubt; nobody approves what it does",
    fix: "look only (`systemctl is-active`, a SELECT, `test -s`); put what changes something into the step's `run`",
    source: "computed from the commands of the check; a plan's format says that `check` holds read-only commands",
    layer: "plan",
    bad: &[
        Example::Plan {
            plan: "schema: blackstart/plan/v1\nid: p\nkind: recovery\ntitle: t\nsteps:\n  - {id: a, title: Start, kind: command, risk: disruptive, run: systemctl start app, check: systemctl restart app}\n",
            inventory: "",
        },
        Example::Plan {
            plan: r"schema: blackstart/plan/v1
id: shop
kind: recovery
title: Bring the shop back
steps:
  - id: load
    title: Load the dump into a database of its own
    kind: command
    risk: write
    run: |
      createdb shop_restored
      pg_restore -d shop_restored --exit-on-error /backup/shop.dump
    check: |
      rows=$(psql -XAtd shop_restored -c 'select count(*) from orders')
      test $rows -gt 1000
      psql -X -c 'drop database shop'
",
            inventory: "",
        },
    ],
    good: &[
        Example::Plan {
            plan: "schema: blackstart/plan/v1\nid: p\nkind: recovery\ntitle: t\nsteps:\n  - {id: a, title: Start, kind: command, risk: disruptive, run: systemctl start app, check: systemctl is-active --quiet app}\n",
            inventory: "",
        },
        Example::Plan {
            plan: r#"schema: blackstart/plan/v1
id: shop
kind: recovery
title: Bring the shop back
steps:
  - id: unpack
    title: Unpack beside the live tree
    kind: command
    risk: write
    run: |
      mkdir /srv/app.restored
      tar -xzf /backup/app.tgz -C /srv/app.restored
    check: |
      out=$(mktemp)
      (cd /srv/app.restored && find . -type f -exec sha256sum {} +) > "$out"
      test -s "$out"
      rm -f "$out"
"#,
            inventory: "",
        },
    ],
    run,
};

fn run(context: &Context<'_>, report: &mut Report) {
    for unit in context.units.iter().filter(|unit| unit.part == Place::Check) {
        for run in unit.runs() {
            let harm = risk::of_command(unit, run.command);
            let severity = match harm {
                // What cannot be read makes the step's risk unknown; a person looks at it for that.
                Risk::Read | Risk::Unknown => continue,
                Risk::Write if only_notes(unit, run.command) => continue,
                Risk::Write => Severity::Low,
                Risk::Disruptive => RULE.severity,
                Risk::Destructive | Risk::Irreversible => Severity::High,
            };
            let name = run.command.name().unwrap_or("a redirect");
            let message = format!("`{name}` in a check comes to {harm}");
            report.add(&RULE, unit, run.command.span, message).severity = severity;
        }
    }
}

/// Tells whether a check only keeps for itself what it looked at: in a file that it made anew, or in a temporary directory.
fn only_notes(unit: &Unit<'_>, command: &Command) -> bool {
    let writes = |kind| matches!(kind, RedirectKind::Truncate | RedirectKind::Append);
    let mut targets = command.redirects.iter().filter(|r| writes(r.kind));
    let own = targets.all(|r| {
        let path = command.path(&r.target);
        let passing = ["/tmp/", "/run/", "/dev/"].iter().any(|dir| path.starts_with(dir));
        passing || unit.is_fresh(command, &r.target)
    });
    let looks = || {
        let call = unit.take_apart(command);
        call.map_or_else(
            || command.name().is_none_or(tools::only_looks),
            |call| call.risk() == Risk::Read,
        )
    };
    own && (command.is(&["mktemp"]) || deeds::scratch(unit, command) || looks())
}
