//! FO005: a restore under the hands of its writers.

use crate::base::Risk;
use crate::check::Context;
use crate::check::rule::{Example, Report, Rule};
use crate::evidence::Place;
use crate::evidence::Severity;
use crate::plan::{Kind, Phase, Step, StepKind, order};

/// Whoever writes during a recovery writes into data that is about to be replaced.
pub const RULE: Rule = Rule {
    code: "FO005",
    name: "writers-left-running",
    severity: Severity::High,
    summary: "data is replaced while services that write to it were not stopped",
    why: "what they write is lost or done twice, and files they hold open are those of the tree that was moved away",
    fix: "stop every service of the assets that depend on it, and the jobs, before anything else",
    source: "NIST SP 800-34; queues replayed into restored databases",
    layer: "inventory",
    bad: &[
        Example::Plan {
            plan: "schema: blackstart/plan/v1\nid: p\nkind: recovery\ntitle: t\nscope: {assets: [shop]}\nsteps:\n  - {id: swap, title: t, kind: command, risk: disruptive, phase: cutover, asset: shop, host: db1, run: \"mv -T /srv/pg /srv/pg.before\\nmv -T /srv/pg.new /srv/pg\"}\n",
            inventory: "schema: blackstart/inventory/v1\nhosts: [{id: db1}, {id: db2}, {id: web1}]\nassets:\n  - {id: shop, kind: postgres, host: db1, version: \"15\", size: 300GB, paths: [/srv/pg]}\n  - {id: web, kind: app, host: web1, depends_on: [shop], services: [app.service]}\n",
        },
        Example::Plan {
            plan: "schema: blackstart/plan/v1\nid: p\nkind: recovery\ntitle: t\nscope: {assets: [shop]}\nsteps:\n  - {id: swap, title: t, kind: command, risk: disruptive, phase: cutover, asset: shop, host: db1, run: \"mv -T /srv/pg /srv/pg.before\\nmv -T /srv/pg.new /srv/pg\"}\n  - {id: stop, title: t, kind: command, risk: disruptive, phase: cutover, host: web1, needs: [swap], run: \"systemctl stop app.service\"}\n",
            inventory: "schema: blackstart/inventory/v1\nhosts: [{id: db1}, {id: db2}, {id: web1}]\nassets:\n  - {id: shop, kind: postgres, host: db1, version: \"15\", size: 300GB, paths: [/srv/pg]}\n  - {id: web, kind: app, host: web1, depends_on: [shop], services: [app.service]}\n",
        },
    ],
    good: &[
        Example::Plan {
            plan: "schema: blackstart/plan/v1\nid: p\nkind: recovery\ntitle: t\nscope: {assets: [shop]}\nsteps:\n  - {id: stop, title: t, kind: command, risk: disruptive, phase: activation, host: web1, run: \"systemctl stop app.service\"}\n  - {id: swap, title: t, kind: command, needs: [stop], risk: disruptive, phase: cutover, asset: shop, host: db1, run: \"mv -T /srv/pg /srv/pg.before\\nmv -T /srv/pg.new /srv/pg\"}\n",
            inventory: "schema: blackstart/inventory/v1\nhosts: [{id: db1}, {id: db2}, {id: web1}]\nassets:\n  - {id: shop, kind: postgres, host: db1, version: \"15\", size: 300GB, paths: [/srv/pg]}\n  - {id: web, kind: app, host: web1, depends_on: [shop], services: [app.service]}\n",
        },
        Example::Plan {
            plan: "schema: blackstart/plan/v1\nid: p\nkind: recovery\ntitle: t\nscope: {assets: [shop]}\nsteps:\n  - {id: stop, phase: activation, title: Stop all writers, kind: manual}\n  - {id: swap, title: t, kind: command, needs: [stop], risk: disruptive, phase: cutover, asset: shop, host: db1, run: \"mv -T /srv/pg /srv/pg.before\\nmv -T /srv/pg.new /srv/pg\"}\n",
            inventory: "schema: blackstart/inventory/v1\nhosts: [{id: db1}, {id: db2}, {id: web1}]\nassets:\n  - {id: shop, kind: postgres, host: db1, version: \"15\", size: 300GB, paths: [/srv/pg]}\n  - {id: web, kind: app, host: web1, depends_on: [shop], services: [app.service]}\n",
        },
        Example::Plan {
            plan: "schema: blackstart/plan/v1\nid: p\nkind: recovery\ntitle: t\nscope: {assets: [shop]}\nsteps:\n  - {id: look, title: t, kind: command, risk: disruptive, phase: activation, host: db1, run: \"ls -l /srv/pg\"}\n",
            inventory: "schema: blackstart/inventory/v1\nhosts: [{id: db1}, {id: db2}, {id: web1}]\nassets:\n  - {id: shop, kind: postgres, host: db1, version: \"15\", size: 300GB, paths: [/srv/pg]}\n  - {id: web, kind: app, host: web1, depends_on: [shop], services: [app.service]}\n",
        },
    ],
    run,
};

fn run(context: &Context<'_>, report: &mut Report) {
    let (Some(plan), Some(inventory)) =
        (context.plan.filter(|plan| plan.kind == Kind::Recovery), context.inventory)
    else {
        return;
    };
    let scope: Vec<&str> =
        plan.scope.iter().flat_map(|scope| &scope.assets).map(|id| id.as_str()).collect();
    let services: Vec<&str> = scope
        .iter()
        .flat_map(|id| inventory.dependents_of(id))
        .flat_map(|asset| &asset.services)
        .map(String::as_str)
        .collect();
    let steps: Vec<&Step> =
        order(plan).or_as_written(plan).into_iter().map(|at| &plan.steps[at]).collect();
    // Whoever stops them by hand is believed.
    let by_hand = steps
        .iter()
        .take_while(|step| step.phase.is_none_or(|phase| phase == Phase::Activation))
        .any(|step| step.kind == StepKind::Manual);
    if services.is_empty() || by_hand {
        return;
    }
    for (unit, run) in context.runs() {
        let about = unit
            .step
            .and_then(|step| step.asset.as_ref())
            .is_some_and(|asset| scope.contains(&asset.as_str()));
        let moves =
            unit.take_apart(run.command).is_some_and(|call| call.risk() >= Risk::Destructive);
        if !about || !moves || unit.part != Place::Run || run.command.setting.deferred {
            continue;
        }
        let stopped = |service: &str| {
            context.before(unit, run).any(|(_, other)| {
                let words = other.command.literals();
                let name = service.trim_end_matches(".service");
                other.command.is(&["systemctl", "service"])
                    && words
                        .iter()
                        .any(|word| *word == "stop" || *word == "--now" || *word == "kill")
                    && words.iter().any(|word| word.trim_end_matches(".service") == name)
            })
        };
        if let Some(service) = services.iter().find(|service| !stopped(service)) {
            let message =
                format!("{service} writes to what is replaced here, and nothing stopped it");
            report.add(&RULE, unit, run.command.span, message);
            return;
        }
    }
}
