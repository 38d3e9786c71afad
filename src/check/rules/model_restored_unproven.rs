//! AI008: a model that is back and was never asked anything.

use crate::base::AssetKind;
use crate::check::rule::{Example, Report, Rule};
use crate::check::{Context, Unit};
use crate::evidence::{Place, Severity};
use crate::plan::{Kind, StepKind};
use crate::shell::Argument;

/// Weights of the wrong day load without an error and answer wrongly.
pub const RULE: Rule = Rule {
    code: "AI008",
    name: "model-restored-unproven",
    severity: Severity::Medium,
    summary: "a recovery plan brings back a model or its data, and no step compares a checksum or asks it something",
    why: "a file can be complete and still be the model of another day, quantised or torn in one shard; nothing fails, answers only get worse",
    fix: "a check that compares the SHA-256 of every file with the registry, then loads the model and compares its answer to a fixed question, within a tolerance",
    source: "NIST SP 800-34, validation of data and functionality after a restore",
    layer: "inventory",
    bad: &[
        Example::Plan {
            plan: "schema: blackstart/plan/v1\nid: p\nkind: recovery\ntitle: t\nscope: {assets: [ranker]}\nsteps:\n  - {id: back, title: Copy back, kind: command, asset: ranker, risk: write, run: rsync -a /backup/ranker/ /srv/models/ranker.new/}\n  - {id: start, title: Start, kind: command, asset: ranker, needs: [back], risk: disruptive, run: systemctl restart ranker, check: systemctl is-active ranker}\n",
            inventory: "schema: blackstart/inventory/v1\nassets: [{id: ranker, kind: ai_model}]\n",
        },
        Example::Plan {
            plan: "schema: blackstart/plan/v1\nid: p\nkind: recovery\ntitle: t\nsteps:\n  - {id: back, title: Copy back, kind: command, asset: vectors, risk: write, run: tar -xf /backup/vectors.tar -C /srv/vectors.new}\n",
            inventory: "schema: blackstart/inventory/v1\nassets: [{id: vectors, kind: vector_index}]\n",
        },
    ],
    good: &[
        Example::Plan {
            plan: "schema: blackstart/plan/v1\nid: p\nkind: recovery\ntitle: t\nscope: {assets: [ranker]}\nsteps:\n  - {id: back, title: Copy back, kind: command, asset: ranker, risk: write, run: rsync -a /backup/ranker/ /srv/models/ranker.new/}\n  - {id: sums, title: Compare, kind: check, asset: ranker, needs: [back], check: cd /srv/models/ranker.new && sha256sum --check SHA256SUMS}\n",
            inventory: "schema: blackstart/inventory/v1\nassets: [{id: ranker, kind: ai_model}]\n",
        },
        Example::Plan {
            plan: "schema: blackstart/plan/v1\nid: p\nkind: recovery\ntitle: t\nscope: {assets: [ranker]}\nsteps:\n  - {id: back, title: Copy back, kind: command, asset: ranker, risk: write, run: rsync -a /backup/ranker/ /srv/models/ranker.new/}\n  - {id: ask, title: Ask the model the fixed questions and compare, kind: manual, needs: [back]}\n",
            inventory: "schema: blackstart/inventory/v1\nassets: [{id: ranker, kind: ai_model}]\n",
        },
        Example::Plan {
            plan: "schema: blackstart/plan/v1\nid: p\nkind: recovery\ntitle: t\nsteps:\n  - {id: back, title: Copy back, kind: command, asset: web, risk: write, run: rsync -a /backup/web/ /srv/web.new/}\n",
            inventory: "schema: blackstart/inventory/v1\nassets: [{id: web, kind: files}, {id: ranker, kind: ai_model}]\n",
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
    let of_steps = plan.steps.iter().filter_map(|step| step.asset.as_ref());
    let scope = plan.scope.iter().flat_map(|scope| &scope.assets);
    let model = of_steps.chain(scope).filter_map(|id| inventory.asset(id.as_str())).find(|asset| {
        matches!(asset.kind, AssetKind::AiModel | AssetKind::VectorIndex | AssetKind::Dataset)
    });
    let Some(model) = model else { return };
    let by_hand = plan.steps.iter().any(|step| {
        let title = step.title.to_ascii_lowercase();
        let looks = ["compare", "prove", "ask ", "verify", "check", "question", "look at"];
        step.kind == StepKind::Manual && looks.iter().any(|word| title.contains(word))
    });
    let proven = context.units.iter().filter(|unit| unit.part != Place::Rollback).any(asks);
    if !by_hand && !proven {
        let message = format!("nothing compares or asks {} once it is back", model.id);
        report.add_whole(&RULE, None, message);
    }
}

/// Tells whether a text compares checksums, runs a program of the model's own, or asks a service.
fn asks(unit: &Unit<'_>) -> bool {
    unit.runs().any(|run| {
        let command = run.command;
        let words = || command.arguments().iter().map(Argument::shown);
        let sums = command.is(&["sha256sum", "sha512sum", "b2sum", "b3sum"])
            && words().any(|word| word == "-c" || word == "--check" || word.starts_with("-c"));
        sums || command.is(&["cmp", "diff", "curl", "python", "python3", "http"])
            || command.is(&["rsync"]) && words().any(|word| word == "--checksum" || word == "-c")
            || command.is(&["restic", "borg", "rclone"])
                && words().any(|word| word == "check" || word == "--verify")
    })
}
