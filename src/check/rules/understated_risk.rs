//! PL001: a step that is more dangerous than it says.

use crate::base::{Id, Risk, Span};
use crate::check::Context;
use crate::check::rule::{Example, Report, Rule};
use crate::evidence::{Finding, Place, Severity};
use crate::plan::Plan;

/// Approvals follow from the claimed risk, so a claim below the computed one asks too few people.
pub const RULE: Rule = Rule {
    code: "PL001",
    name: "understated-risk",
    severity: Severity::Medium,
    summary: "the computed harm of a step is above what the step claims",
    why: "who must approve a step, and whether its target must be typed, follows from its risk",
    fix: "set the step's `risk` to the computed class, or make the command less dangerous",
    source: "computed from the commands of the step",
    layer: "plan",
    bad: &[
        Example::Plan {
            plan: "schema: blackstart/plan/v1\nid: p\nkind: recovery\ntitle: t\nsteps:\n  - {id: a, title: Remove the old tree, kind: command, risk: write, run: rm -rf /srv/app/old}\n",
            inventory: "",
        },
        Example::Plan {
            plan: "schema: blackstart/plan/v1\nid: p\nkind: recovery\ntitle: t\nsteps:\n  - id: stop\n    title: Stop the writers\n    kind: command\n    risk: read\n    run: |\n      systemctl stop app\n      sudo -u postgres psql -d shop -c 'drop table orders'\n",
            inventory: "",
        },
        Example::Plan {
            plan: r#"schema: blackstart/plan/v1
id: p
kind: recovery
title: t
steps:
  - id: unpack
    title: Unpack the archive
    kind: command
    risk: write
    run: |
      mkdir -p /srv/app
      tar -xzf /backup/app.tgz -C /srv/app
    rollback: rm -rf /srv/app
"#,
            inventory: "",
        },
    ],
    good: &[
        Example::Plan {
            plan: r#"schema: blackstart/plan/v1
id: p
kind: recovery
title: t
steps:
  - {id: prepare, title: Make a place to work, kind: command, risk: write, run: mkdir /srv/work, rollback: rmdir /srv/work}
  - id: dump
    title: Dump the table
    kind: command
    needs: [prepare]
    risk: write
    run: |
      pg_dump --table=orders --format=custom --file=/srv/work/orders.new shop
      pg_restore --list /srv/work/orders.new | grep --quiet 'TABLE DATA'
      mv --no-clobber -T -- /srv/work/orders.new /srv/work/orders.dump
    rollback: rm -f -- /srv/work/orders.dump /srv/work/orders.new
    effects: {writes: [/srv/work/orders.dump, /srv/work/orders.new]}
"#,
            inventory: "",
        },
        Example::Plan {
            plan: "schema: blackstart/plan/v1\nid: p\nkind: recovery\ntitle: t\nsteps:\n  - {id: a, title: Stop, kind: command, risk: disruptive, run: systemctl stop app, check: '! systemctl is-active --quiet app'}\n",
            inventory: "",
        },
        Example::Plan {
            plan: "schema: blackstart/plan/v1\nid: p\nkind: recovery\ntitle: t\nsteps:\n  - id: unpack\n    title: Unpack beside the live tree\n    kind: command\n    risk: write\n    run: |\n      mkdir /srv/app.restored\n      tar -xzf /backup/app.tgz -C /srv/app.restored\n",
            inventory: "",
        },
    ],
    run: |_: &Context<'_>, _: &mut Report| {},
};

/// Returns a finding for every step that claims less than was computed.
pub fn claims(plan: &Plan, computed: &[(Id, Risk)]) -> Vec<Finding> {
    let steps = plan.steps.iter().zip(computed);
    let understated =
        steps.filter(|(step, (_, risk))| step.runs() && step.risk.is_some_and(|c| c < *risk));
    understated
        .map(|(step, (_, risk))| {
            let claimed = step.claimed_risk();
            let heavy = *risk >= Risk::Destructive && claimed <= Risk::Disruptive;
            Finding {
                rule: RULE.code,
                name: RULE.name,
                severity: if heavy { Severity::High } else { RULE.severity },
                step: Some(step.id.clone()),
                part: Place::Whole,
                span: Span::default(),
                message: format!("the step claims {claimed}, its commands come to {risk}"),
                why: RULE.why.to_owned(),
                fix: Some(RULE.fix.to_owned()),
                layer: RULE.layer,
                edit: None,
            }
        })
        .collect()
}
