//! CL009: infrastructure is changed or destroyed without anybody seeing what.

use crate::check::Context;
use crate::check::rule::{Example, Report, Rule};
use crate::evidence::Severity;

/// In a recovery the state of Terraform is often the one of yesterday.
pub const RULE: Rule = Rule {
    code: "CL009",
    name: "terraform-unasked",
    severity: Severity::Medium,
    summary: "`terraform destroy`, or `apply` without a reviewed plan, in a script; or its state is changed and no copy kept",
    why: "a state that is old or points elsewhere makes Terraform delete and create what it was to repair, databases included",
    fix: "`terraform state pull > state.$(date +%s).json`, `terraform plan -out=plan.bin`, a person reads it, `terraform apply plan.bin`",
    source: "Terraform documentation, terraform apply: \"-auto-approve … to apply the plan without asking for confirmation\"; a saved plan is applied as it was read",
    layer: "static",
    bad: &[
        Example::Script("terraform destroy -auto-approve\n"),
        Example::Script(
            "#!/usr/bin/env bash\nset -euo pipefail\ncd /srv/infra/dr\nterraform init -input=false\nterraform apply -auto-approve -var region=eu-west-1\n",
        ),
        Example::Script("terraform state rm aws_db_instance.shop\n"),
        Example::Script("tofu apply -auto-approve\n"),
    ],
    good: &[
        Example::Script(
            r#"#!/bin/bash
set -euo pipefail
# builds the other site from a plan that two people have read
cd /srv/infra/dr
terraform init -input=false
terraform plan -input=false -out="dr-$(date -u +%Y%m%dT%H%M%SZ).plan"
terraform show -no-color ./*.plan > plan.txt
terraform state pull > "/backup/terraform/dr-$(date +%s).tfstate"
"#,
        ),
        Example::Script("terraform plan -out=dr.plan\nterraform apply dr.plan\n"),
        Example::Script(
            "terraform state pull > \"/backup/state-$(date +%s).json\"\nterraform state rm aws_db_instance.shop\n",
        ),
        Example::Script(
            "set -euo pipefail\nterraform init -input=false\nterraform validate\nterraform plan -detailed-exitcode\n",
        ),
        Example::Script("terraform workspace select drill\nterraform destroy -auto-approve\n"),
    ],
    run,
};

fn run(context: &Context<'_>, report: &mut Report) {
    for (unit, run) in context.named(TOOLS) {
        let words = run.command.literals();
        let has = |word: &str| words.contains(&word);
        let approved = words.iter().any(|w| {
            w.trim_start_matches('-').starts_with("auto-approve") && !w.ends_with("=false")
        });
        let verb = words.iter().copied().find(|w| !w.starts_with('-')).unwrap_or_default();
        let before = || context.before(unit, run).filter(|(_, other)| other.command.is(TOOLS));
        let copied = before().any(|(_, other)| other.command.has("pull"));
        let drill = before().any(|(_, other)| {
            other.command.has("workspace")
                && other
                    .command
                    .literals()
                    .iter()
                    .any(|w| crate::check::names::is_scratch_database(w) || *w == "dr-test")
        });
        let message = match verb {
            "destroy" if !drill => "everything the state names is destroyed",
            "apply" if has("-destroy") && !drill => "everything the state names is destroyed",
            "apply" if approved && !drill => "changes are made that nobody has read",
            "state" if (has("rm") || has("mv") || has("push")) && !copied => {
                "the state is changed, and no copy of it was kept"
            }
            _ => continue,
        };
        let finding = report.add(&RULE, unit, run.command.span, message.to_owned());
        if message.contains("destroyed") {
            finding.severity = Severity::High;
        }
    }
}

const TOOLS: &[&str] = &["terraform", "tofu", "terragrunt"];
