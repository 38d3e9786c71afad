//! The examples of every rule are its tests: it finds something in the bad ones and is silent on the good ones.

use super::{Example, Facts, Language, RULES, plan, rule, script};
use crate::evidence::{
    Change, Declared, DryRun, Effect, FileEffect, FileKind, Finding, Level, Outcome, StepDryRun,
    Sum,
};

fn findings(example: &Example, code: &str) -> Vec<Finding> {
    let found = match example {
        Example::File { name, text } => script(text, Language::of(text, name), &on_the_day()),
        Example::Script(text) => script(text, Language::of(text, ""), &on_the_day()),
        Example::On { text, devices } => {
            let devices =
                devices.iter().map(|(path, device)| ((*path).to_owned(), *device)).collect();
            let facts = Facts { devices, ..Facts::default() };
            script(text, Language::of(text, ""), &facts)
        }
        Example::Inventory(document) => {
            let (read, problems) = crate::inventory::read(document);
            assert_eq!(problems, [], "{document}");
            let found = super::inventory(&read.unwrap(), &on_the_day());
            return found.into_iter().filter(|f| f.rule == code).collect();
        }
        Example::Plan { plan: document, inventory } => {
            let (read, problems) = crate::plan::read(document);
            assert_eq!(problems, [], "{document}");
            let inventory = (!inventory.is_empty()).then(|| {
                let (read, problems) = crate::inventory::read(inventory);
                assert_eq!(problems, [], "{inventory}");
                read.unwrap()
            });
            plan(&read.unwrap(), inventory.as_ref(), &Facts::default())
        }
        Example::Seen { plan: document, lines } => {
            let (read, problems) = crate::plan::read(document);
            assert_eq!(problems, [], "{document}");
            let read = read.unwrap();
            let found = super::observed(&read, &seen(&read, lines));
            return found.into_iter().filter(|f| f.rule == code).collect();
        }
    };
    found.findings.into_iter().filter(|f| f.rule == code).collect()
}

/// Returns the facts of the day on which examples are judged.
fn on_the_day() -> Facts {
    let now = Some("2026-11-21T12:00:00Z".parse().unwrap());
    Facts { now, ..Facts::default() }
}

/// Returns the dry run that an example tells of.
fn seen(plan: &crate::plan::Plan, lines: &str) -> DryRun {
    let (mut effects, mut totals): (Vec<Effect>, Vec<(Change, Sum)>) = (vec![], vec![]);
    for line in lines.lines() {
        let rest = line.strip_prefix("undeclared ");
        let declared = if rest.is_some() { Declared::No } else { Declared::Yes };
        let (how, what) = rest.unwrap_or(line).split_once(' ').unwrap();
        if how == "reached" {
            effects.push(Effect::Connect { destination: what.to_owned(), also: vec![], declared });
            continue;
        }
        let change = Change::ALL.into_iter().find(|change| change.word() == how).unwrap();
        effects.push(Effect::File(FileEffect {
            change,
            kind: FileKind::File,
            path: what.into(),
            from: None,
            bytes: None,
            stored: None,
            mode: None,
            times: None,
            below: None,
            what: vec![],
            diff: None,
            declared,
        }));
        match totals.iter_mut().find(|(known, _)| *known == change) {
            Some((_, sum)) => sum.entries += 1,
            None => totals.push((change, Sum { entries: 1, bytes: 0 })),
        }
    }
    let step = StepDryRun {
        id: plan.steps[0].id.clone(),
        outcome: Outcome::Passed,
        exit_code: Some(0),
        signal: None,
        limit: None,
        duration: std::time::Duration::ZERO,
        stdout: Default::default(),
        stderr: Default::default(),
        simulated: vec![],
        simulated_calls: vec![],
        effects_total: effects.len() as u64,
        effects,
        totals,
        summaries: vec![],
        findings: vec![],
        rollback: None,
        notes: vec![],
    };
    let at = "2026-11-21T12:00:00Z".parse().unwrap();
    DryRun { at, level: Level::FullRoot, level_reason: None, steps: vec![step] }
}

#[test]
fn every_rule_finds_its_bad_examples_and_is_silent_on_its_good_ones() {
    let mut wrong = Vec::new();
    for rule in RULES {
        assert!(rule.bad.len() > 1 && rule.good.len() > 1, "{}", rule.code);
        for (at, example) in rule.bad.iter().enumerate() {
            if findings(example, rule.code).is_empty() {
                wrong.push(format!("{} is silent on bad {at}: {example:?}", rule.code));
            }
        }
        for (at, example) in rule.good.iter().enumerate() {
            for finding in findings(example, rule.code) {
                wrong.push(format!(
                    "{} on good {at}: {} in {example:?}",
                    rule.code, finding.message
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Words that say that an example is about copies, data and bringing them back.
const DOMAIN: &[&str] = &[
    "/srv",
    "/var/lib",
    "archive",
    "backup",
    "base",
    "borg",
    "checkpoint",
    "copies",
    "copy",
    "data",
    "dump",
    "etcd",
    "failover",
    "mirror",
    "model",
    "promote",
    "recover",
    "replica",
    "restic",
    "restor",
    "rsync",
    "snapshot",
    "standby",
    "tar ",
    "velero",
    "wal",
];

/// Returns how many lines of an example say something.
fn weight(example: &Example) -> usize {
    let text = example.text().to_ascii_lowercase();
    let says = |line: &&str| !line.trim().is_empty() && !line.trim_start().starts_with('#');
    let about = DOMAIN.iter().any(|word| text.contains(word));
    if about { text.lines().filter(says).count() } else { 0 }
}

#[test]
fn every_rule_has_a_script_of_several_lines_on_either_side() {
    let mut thin = Vec::new();
    for rule in RULES {
        for (side, examples) in [("bad", rule.bad), ("good", rule.good)] {
            let most = examples.iter().map(weight).max().unwrap_or_default();
            if most < 4 {
                thin.push(format!(
                    "{} {}: the longest {side} example says {most}",
                    rule.code, rule.name
                ));
            }
        }
    }
    assert!(thin.is_empty(), "{}", thin.join("\n"));
}

#[test]
fn codes_are_unique_and_sorted_and_lead_to_their_rules() {
    assert!(RULES.windows(2).all(|w| w[0].code < w[1].code));
    for one in RULES {
        assert_eq!(rule(one.code).unwrap().name, one.name);
        assert_eq!(rule(one.name).unwrap().code, one.code);
    }
}

#[test]
fn a_safe_fix_removes_its_finding() {
    for rule in RULES {
        for example in rule.bad {
            let Example::Script(text) = example else {
                continue;
            };
            for finding in findings(example, rule.code) {
                let Some(edit) = finding.edit else { continue };
                let mut fixed = (*text).to_owned();
                fixed.replace_range(edit.span.start..edit.span.end, &edit.replacement);
                let left = script(&fixed, Language::of(&fixed, ""), &Facts::default());
                let same = left.findings.iter().filter(|f| f.rule == rule.code).count();
                assert!(left.parsed && same < findings(example, rule.code).len(), "{fixed}");
            }
        }
    }
}

#[test]
fn no_script_is_told_to_stop_where_it_was_written_to_go_on() {
    let script = "#!/bin/bash\nsystemctl stop app\npg_dump -Fc -f /backup/shop.new shop\nrc=$?\nmv /backup/shop.new /backup/shop.dump\nsystemctl start app\n";
    for example in rule("SH001").unwrap().bad.iter().chain(&[Example::Script(script)]) {
        assert!(findings(example, "SH001").iter().all(|finding| finding.edit.is_none()));
    }
}
