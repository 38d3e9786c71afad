//! LL005: a step that says it verifies, and looks at nothing.

use crate::check::Context;
use crate::check::rule::{Example, Report, Rule};
use crate::evidence::{Place, Severity};
use crate::plan::StepKind;

/// `echo "restore verified"` proves that echo works.
pub const RULE: Rule = Rule {
    code: "LL005",
    name: "claimed-without-check",
    severity: Severity::High,
    summary: "a step is called verification, and its commands only print",
    why: "everybody who reads the report believes that the data was looked at",
    fix: "compare something: checksums, counts, a query; or make it a manual step",
    source: "a published runbook that ends in \"complete backup\" without a check",
    layer: "plan",
    bad: &[
        Example::Plan {
            plan: "schema: blackstart/plan/v1\nid: p\nkind: recovery\ntitle: t\nsteps:\n  - {id: verify, title: Verify the restored data, kind: check, check: echo 'data verified'}\n",
            inventory: "",
        },
        Example::Plan {
            plan: "schema: blackstart/plan/v1\nid: p\nkind: recovery\ntitle: t\nsteps:\n  - {id: ok, title: Validate integrity, kind: command, risk: read, run: 'sleep 5; printf \"all good\\n\"; true'}\n",
            inventory: "",
        },
    ],
    good: &[
        Example::Plan {
            plan: "schema: blackstart/plan/v1\nid: p\nkind: recovery\ntitle: t\nsteps:\n  - {id: verify, title: Verify the restored data, kind: check, check: 'sha256sum --check /backup/sums && echo verified'}\n  - {id: ask, title: Verify with the owner, kind: manual}\n",
            inventory: "",
        },
        Example::Plan {
            plan: "schema: blackstart/plan/v1\nid: p\nkind: recovery\ntitle: t\nsteps:\n  - {id: say, title: Say that it is done, kind: command, risk: read, run: echo done}\n  - {id: test, title: Check the count, kind: check, check: '[ \"$(wc -l < /srv/x)\" -gt 5 ]'}\n",
            inventory: "",
        },
    ],
    run,
};

fn run(context: &Context<'_>, report: &mut Report) {
    for step in context.plan.iter().flat_map(|plan| &plan.steps) {
        let title = step.title.to_lowercase();
        let claims = ["verify", "verif", "validat", "prove", "integrity"]
            .iter()
            .any(|word| title.contains(word));
        if !claims || !matches!(step.kind, StepKind::Check | StepKind::Command) {
            continue;
        }
        let mut units = context
            .units
            .iter()
            .filter(|unit| {
                unit.step.is_some_and(|own| own.id == step.id) && unit.part != Place::Rollback
            })
            .peekable();
        let talks = |name: &str| {
            matches!(
                name,
                "echo"
                    | "printf"
                    | "true"
                    | ":"
                    | "sleep"
                    | "date"
                    | "logger"
                    | "set"
                    | "cd"
                    | "exit"
            )
        };
        let only_talks = units.peek().is_some()
            && units.all(|unit| {
                // Reading a file can fail, and so can what is put into a word.
                unit.commands.opaque.is_empty()
                    && unit.runs().all(|run| {
                        let quiet =
                            run.command.redirects.is_empty() && !run.command.setting.substituted;
                        quiet && run.command.name().is_some_and(talks)
                    })
                    && !unit.text.contains("$(")
            });
        if only_talks {
            report.add_whole(
                &RULE,
                Some(&step.id),
                format!(
                    "\"{}\" only prints; nothing is looked at",
                    crate::base::escape::one_line(&step.title)
                ),
            );
        }
    }
}
