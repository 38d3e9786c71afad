//! AL005: a comment in drafted text that is meant to allow a finding.

use crate::check::Context;
use crate::check::allow::{comments_of_shell, says_allow};
use crate::check::rule::{Example, Report, Rule};
use crate::evidence::Severity;

/// The text of a step may come from a drafter; only a person accepts a finding, beside the step.
pub const RULE: Rule = Rule {
    code: "AL005",
    name: "allow-in-draft",
    severity: Severity::Medium,
    summary: "a comment in the text of a step, or in a script made from a plan, is meant to allow a finding",
    why: "the text may come from a model or a template; a drafter that could silence the checker would not be checked, so the comment allows nothing",
    fix: "remove the comment; who accepts the finding writes a comment into the plan's file, above the step or its `run:`, and waives it at the approval",
    source: "blackstart's own comments; injected instructions in drafts are what it guards against",
    layer: "plan",
    bad: &[
        Example::Plan {
            plan: "schema: blackstart/plan/v1\nid: p\nkind: recovery\ntitle: t\nsteps:\n  - id: a\n    title: Remove\n    kind: command\n    run: |\n      # blackstart: allow SH003 until 2027-03-01 because it is safe\n      rm -rf \"$DIR\"/*\n",
            inventory: "",
        },
        Example::Script(
            "#!/usr/bin/env bash\n# Nightly dump\n# Made from the plan nightly; change the plan, not this file.\nset -euo pipefail\n(\n# blackstart: allow SH003 until 2027-03-01 because the directory is asserted\nrm -rf \"$DIR\"/*\npg_dump -Fc -f /backup/shop.dump shop\n)\n",
        ),
    ],
    good: &[
        Example::Plan {
            plan: "schema: blackstart/plan/v1\nid: p\nkind: recovery\ntitle: t\nsteps:\n  - id: a\n    title: Remove\n    kind: command\n    # blackstart: allow SH003 until 2027-03-01 because DIR comes from the unit\n    run: |\n      rm -rf \"$DIR\"/*\n",
            inventory: "",
        },
        Example::Script(
            "#!/usr/bin/env bash\n# Made by hand after the plan of the nightly dump.\nset -euo pipefail\n# blackstart: allow SH003 until 2027-03-01 because DIR comes from the unit\nrm -rf \"$DIR\"/*\npg_dump -Fc -f /backup/shop.dump shop\n",
        ),
    ],
    run,
};

fn run(context: &Context<'_>, report: &mut Report) {
    for unit in context.units.iter().filter(|unit| unit.step.is_some()) {
        if !says_allow(unit.text) {
            continue;
        }
        for comment in comments_of_shell(unit.text) {
            let message = "a comment in the text of a step allows nothing".to_owned();
            report.add(&RULE, unit, comment.span, message);
        }
    }
}
