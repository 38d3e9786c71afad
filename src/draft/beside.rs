//! Steps beside the recovery itself: what the kind of disaster asks for, and what stands around the asset. They come from
//! runbooks that are added to whatever runbook recovers the asset.

use super::facts::Facts;
use super::library::Entry;
use super::{Request, render};
use crate::base::Id;
use crate::estimate::Choice;
use crate::inventory::{Asset, Inventory};
use crate::plan::{Phase, Plan, Step};

/// Returns the runbooks that are added to a plan for this asset and this kind of disaster.
fn fitting<'a>(request: &Request<'a>, asset: &Asset) -> Vec<&'a Entry> {
    let scenario =
        request.scenario.or(request.incident.and_then(|incident| incident.scenario.as_deref()));
    let fits = |entry: &&Entry| {
        let (runbook, matches) = (&entry.runbook, &entry.runbook.matches);
        let kind = matches.kinds.is_empty() || matches.kinds.contains(&asset.kind);
        let answers = |known: &String| scenario == Some(known.as_str());
        runbook.beside
            && runbook.kind == request.kind
            && kind
            && (matches.scenarios.is_empty() || matches.scenarios.iter().any(answers))
    };
    request.library.entries.iter().filter(fits).collect()
}

/// Adds to a plan what stands beside it. What cannot be rendered becomes a question.
pub fn add(
    request: &Request<'_>,
    asset: &Asset,
    choice: &Choice<'_>,
    facts: &Facts,
    plan: &mut Plan,
    questions: &mut Vec<String>,
) {
    // Ahead of time nobody knows what else is hit.
    if request.incident.is_none() {
        return;
    }
    let needed = needed(request.inventory, asset);
    for entry in fitting(request, asset) {
        match render::plan(request, asset, choice, facts, entry) {
            Ok(beside) => merge(plan, beside.steps, &needed),
            Err(why) => questions.push(format!("{} is not added: {why}", entry.path)),
        }
    }
}

/// Returns everything an asset cannot work without, near and far.
fn needed(inventory: &Inventory, asset: &Asset) -> Vec<Id> {
    let mut found = asset.depends_on.clone();
    let mut looked = 0;
    while let Some(id) = found.get(looked) {
        let further = inventory.asset(id.as_str()).map_or(&[][..], |asset| &asset.depends_on);
        let new: Vec<Id> = further.iter().filter(|id| !found.contains(id)).cloned().collect();
        found.extend(new);
        looked += 1;
    }
    found
}

/// Puts each step behind the steps of its phase. What belongs to the activation comes first, and nothing is recovered before
/// it is done, nor before what it needs is recovered; nobody is let in before what belongs to the validation is done.
fn merge(plan: &mut Plan, added: Vec<Step>, needed: &[Id]) {
    let known: Vec<Id> = plan.steps.iter().map(|step| step.id.clone()).collect();
    let added: Vec<Step> = added.into_iter().filter(|step| !known.contains(&step.id)).collect();
    let (first, added): (Vec<Step>, Vec<Step>) = added.into_iter().partition(|step| {
        let is_needed = step.asset.as_ref().is_some_and(|asset| needed.contains(asset));
        step.phase == Some(Phase::Recovery) && is_needed
    });
    if !first.is_empty() {
        let recovers = |step: &Step| step.phase >= Some(Phase::Recovery);
        let at = plan.steps.iter().position(recovers).unwrap_or(plan.steps.len());
        insert(plan, at, first, Some(Phase::Recovery));
    }
    for phase in Phase::ALL {
        let steps: Vec<Step> =
            added.iter().filter(|step| step.phase == Some(*phase)).cloned().collect();
        if steps.is_empty() {
            continue;
        }
        let later = plan.steps.iter().position(|step| step.phase > Some(*phase));
        let (at, gated) = match phase {
            Phase::Activation => (0, Some(Phase::Recovery)),
            Phase::Recovery => (later.unwrap_or(plan.steps.len()), None),
            Phase::Validation => (later.unwrap_or(plan.steps.len()), Some(Phase::Cutover)),
            Phase::Cutover => (later.unwrap_or(plan.steps.len()), None),
            Phase::Reconstitution => (plan.steps.len(), None),
        };
        insert(plan, at, steps, gated);
    }
}

/// Inserts steps behind what stands before `at`; the later steps of the gated phase wait for them.
fn insert(plan: &mut Plan, at: usize, mut steps: Vec<Step>, gated: Option<Phase>) {
    let ids: Vec<Id> = steps.iter().map(|step| step.id.clone()).collect();
    let waits = |step: &&mut Step| gated.is_some() && step.phase == gated;
    for step in plan.steps[at..].iter_mut().filter(waits) {
        step.needs.extend(ids.iter().cloned());
    }
    if let Some(before) = at.checked_sub(1).map(|before| plan.steps[before].id.clone()) {
        for step in steps.iter_mut().filter(|step| step.needs.is_empty()) {
            step.needs.push(before.clone());
        }
    }
    plan.steps.splice(at..at, steps);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan;

    fn steps(list: &[(&str, &str)]) -> Plan {
        let step = |(id, phase): &(&str, &str)| {
            format!("  - {{id: {id}, title: Act, kind: manual, phase: {phase}}}\n")
        };
        let steps: String = list.iter().map(step).collect();
        let text =
            format!("schema: blackstart/plan/v1\nid: p\nkind: recovery\ntitle: t\nsteps:\n{steps}");
        plan::read(&text).0.expect("reads")
    }

    #[test]
    fn what_stands_beside_comes_with_its_phase_and_what_follows_waits_for_it() {
        let mut plan = steps(&[
            ("stop", "activation"),
            ("restore", "recovery"),
            ("verify", "validation"),
            ("open", "cutover"),
            ("accept", "validation"),
        ]);
        let mut beside = steps(&[
            ("rebuild", "reconstitution"),
            ("renew", "validation"),
            ("isolate", "activation"),
            ("others", "recovery"),
            ("open", "cutover"),
            ("store", "recovery"),
        ]);
        let store = beside.steps.iter_mut().find(|step| step.id.as_str() == "store");
        let store = store.expect("it is one of them");
        store.asset = Some(store.id.clone());
        merge(&mut plan, beside.steps, &[Id::parse("store").expect("an id")]);
        let written: Vec<(&str, Vec<&str>)> = plan
            .steps
            .iter()
            .map(|step| (step.id.as_str(), step.needs.iter().map(Id::as_str).collect()))
            .collect();
        let expected: [(&str, Vec<&str>); 10] = [
            ("isolate", vec![]),
            ("stop", vec![]),
            ("store", vec!["stop", "isolate"]),
            ("restore", vec!["store", "isolate"]),
            ("others", vec!["restore"]),
            ("verify", vec![]),
            ("renew", vec!["verify"]),
            ("open", vec!["renew"]),
            ("accept", vec![]),
            ("rebuild", vec!["accept"]),
        ];
        assert_eq!(written, expected);
        let (read, problems) = plan::read(&plan::write(&plan));
        assert_eq!((read, problems), (Some(plan), vec![]));
    }
}
