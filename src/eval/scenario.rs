//! Scenarios, `schema: blackstart/scenario/v1`: what a good answer to an incident holds.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::pattern::Pattern;
use crate::base::document::{self, Read};
use crate::base::{Id, Period, Problem, Timestamp};
use crate::incident::{self, Incident};
use crate::inventory::{self, Inventory};

/// The tag in the first line of an expectation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Tag {
    /// Version 1.
    #[serde(rename = "blackstart/scenario/v1")]
    V1,
}

/// What is expected of an answer to an incident.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    /// The format of this file.
    pub schema: Tag,
    /// Name of the scenario.
    pub id: Id,
    /// What it is about, in a sentence for people.
    pub about: String,
    /// The language of the incident's text, like en or zh.
    pub language: String,
    /// The state to recover to; none where no copy is to be used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recovery_point: Option<ExpectedPoint>,
    /// Why no copy is to be used, where none is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub no_point: Option<String>,
    /// How long it takes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time: Option<ExpectedTime>,
    /// Steps that other predicates refer to by the name of their group.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub groups: BTreeMap<String, Vec<Pattern>>,
    /// What an answer must hold.
    pub must: Vec<Expectation>,
    /// What it must not hold.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub must_not: Vec<Expectation>,
    /// What must stand before what.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub order: Vec<Precedence>,
}

/// The state to recover to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ExpectedPoint {
    /// The asset.
    pub asset: Id,
    /// The copy that determines the point.
    pub backup: Id,
    /// The instant.
    pub at: Timestamp,
    /// The work that is lost.
    pub loss: Period,
    /// Whether that is within what was promised.
    pub meets_rpo: bool,
}

/// How long a recovery takes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ExpectedTime {
    /// The asset.
    pub asset: Id,
    /// The median, with everything people do.
    pub median: Period,
    /// The part of it that the data takes.
    pub data: Period,
    /// Whether the median is within what was promised.
    pub meets_rto: bool,
}

/// Something an answer must hold, or must not. One of `steps`, `group` and `refuses` says what.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Expectation {
    /// Its name.
    pub id: Id,
    /// What it asks for, in a sentence for people.
    pub what: String,
    /// A step like one of these.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub steps: Vec<Pattern>,
    /// A step of this group.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<Id>,
    /// The estimate names this backup among those that cannot be used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refuses: Option<Id>,
    /// The plan also names the expected recovery point.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub point: bool,
}

/// What must stand before what.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Precedence {
    /// This group comes first: its first step stands before the first step of the other.
    pub first: Id,
    /// This one comes then.
    pub then: Id,
    /// Every step of the first group stands before the first step of the other.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub every: bool,
}

/// A scenario with what there is and what happened.
#[derive(Debug, Clone)]
pub struct Case {
    /// What is expected.
    pub scenario: Scenario,
    /// What there is.
    pub inventory: Inventory,
    /// What happened.
    pub incident: Incident,
}

/// Reads the three documents of a scenario, and returns it or every problem with the name of the file it is in.
pub fn case(
    expect: &str,
    inventory: &str,
    incident: &str,
) -> Result<Case, Vec<(&'static str, Problem)>> {
    let mut problems: Vec<(&'static str, Problem)> = vec![];
    let Read { value: scenario, problems: found, root } = document::read::<Scenario>(expect);
    problems.extend(found.into_iter().map(|problem| ("expect.yaml", problem)));
    let (inventory, found) = inventory::read(inventory);
    problems.extend(found.into_iter().map(|problem| ("inventory.yaml", problem)));
    let (incident, found) = incident::read(incident);
    problems.extend(found.into_iter().map(|problem| ("incident.yaml", problem)));
    if let (Some(scenario), Some(inventory), Some(root)) = (&scenario, &inventory, &root) {
        let found = Names { scenario, inventory }.problems();
        let place = |path: &[String]| {
            let path: Vec<&str> = path.iter().map(String::as_str).collect();
            root.span_at(&path)
        };
        let found = found.into_iter().map(|(path, why)| Problem::new(place(&path), why));
        problems.extend(found.map(|problem| ("expect.yaml", problem)));
    }
    match (scenario, inventory, incident) {
        (Some(scenario), Some(inventory), Some(incident)) if problems.is_empty() => {
            Ok(Case { scenario, inventory, incident })
        }
        _ => Err(problems),
    }
}

impl Scenario {
    /// Returns the patterns of a group; none where there is no such group.
    pub fn group(&self, name: &Id) -> &[Pattern] {
        self.groups.get(name.as_str()).map_or(&[], Vec::as_slice)
    }

    /// Returns the patterns of an expectation: its own, or those of its group.
    pub fn patterns<'a>(&'a self, expectation: &'a Expectation) -> &'a [Pattern] {
        match &expectation.group {
            Some(group) => self.group(group),
            None => &expectation.steps,
        }
    }
}

/// Finds names that name nothing, and predicates that prove nothing.
struct Names<'a> {
    scenario: &'a Scenario,
    inventory: &'a Inventory,
}

type Found = Vec<(Vec<String>, String)>;

impl Names<'_> {
    fn problems(&self) -> Found {
        let mut found = vec![];
        let path = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
        for (name, patterns) in &self.scenario.groups {
            self.patterns(patterns, &path(&["groups", name]), &mut found);
            if self.rests_on_itself(name) {
                found.push((path(&["groups", name]), format!("the group {name} rests on itself")));
            }
        }
        for (list, expectations) in
            [("must", &self.scenario.must), ("must_not", &self.scenario.must_not)]
        {
            for (at, expectation) in expectations.iter().enumerate() {
                let at = at.to_string();
                let here = path(&[list, &at]);
                let given = usize::from(!expectation.steps.is_empty())
                    + usize::from(expectation.group.is_some())
                    + usize::from(expectation.refuses.is_some());
                if given != 1 {
                    let why = "says with exactly one of \"steps\", \"group\" and \"refuses\" what it asks for";
                    found.push((here.clone(), why.to_owned()));
                }
                self.patterns(&expectation.steps, &path(&[list, &at, "steps"]), &mut found);
                self.known_group(expectation.group.iter(), &here, &mut found);
                if let Some(backup) = &expectation.refuses
                    && self.inventory.backup(backup.as_str()).is_none()
                {
                    found.push((here, format!("there is no backup {backup} in the inventory")));
                }
            }
        }
        for (at, order) in self.scenario.order.iter().enumerate() {
            let here = path(&["order", &at.to_string()]);
            self.known_group([&order.first, &order.then].into_iter(), &here, &mut found);
        }
        if self.scenario.recovery_point.is_some() == self.scenario.no_point.is_some() {
            let why = "has either a \"recovery_point\" or says with \"no_point\" why there is none";
            found.push((vec![], why.to_owned()));
        }
        let point = self.scenario.recovery_point.as_ref();
        if let Some(point) = point
            && (self.inventory.asset(point.asset.as_str()).is_none()
                || self.inventory.backup(point.backup.as_str()).is_none())
        {
            let why = "the recovery point names what is not in the inventory".to_owned();
            found.push((path(&["recovery_point"]), why));
        }
        found
    }

    /// Tells whether the place of the steps of a group depends on the steps of that group itself.
    fn rests_on_itself(&self, group: &str) -> bool {
        let next = |from: &str| {
            let patterns = self.scenario.groups.get(from).into_iter().flatten();
            let named = patterns.flat_map(|pattern| pattern.before.iter().chain(&pattern.after));
            named.map(ToString::to_string).collect::<Vec<_>>()
        };
        let mut waiting = next(group);
        let mut seen: Vec<String> = vec![];
        while let Some(one) = waiting.pop() {
            if one == group {
                return true;
            }
            if !seen.contains(&one) {
                waiting.extend(next(&one));
                seen.push(one);
            }
        }
        false
    }

    fn known_group<'g>(
        &self,
        groups: impl Iterator<Item = &'g Id>,
        here: &[String],
        found: &mut Found,
    ) {
        for group in groups.filter(|group| !self.scenario.groups.contains_key(group.as_str())) {
            found.push((here.to_vec(), format!("there is no group {group}")));
        }
    }

    fn patterns(&self, patterns: &[Pattern], list: &[String], found: &mut Found) {
        for (at, pattern) in patterns.iter().enumerate() {
            let mut here = list.to_vec();
            here.push(at.to_string());
            let host = |id: &&Id| {
                id.as_str() != crate::plan::LOCAL && self.inventory.host(id.as_str()).is_none()
            };
            for id in pattern.host.iter().filter(host) {
                found.push((here.clone(), format!("there is no host {id} in the inventory")));
            }
            let asset = |id: &&Id| self.inventory.asset(id.as_str()).is_none();
            for id in pattern.asset.iter().filter(asset) {
                found.push((here.clone(), format!("there is no asset {id} in the inventory")));
            }
            self.known_group(pattern.before.iter().chain(&pattern.after), &here, found);
            match &pattern.runs {
                None => {
                    let names = !pattern.asset.is_empty() || !pattern.host.is_empty();
                    if pattern.kind.is_empty() || pattern.phase.is_empty() || !names {
                        let why = "a step without commands is known by its kind, its phase and its asset or host: name all three";
                        found.push((here, why.to_owned()));
                    }
                }
                Some(runs) => {
                    let empty = runs.tool.is_empty() && runs.does.is_empty() && runs.sql.is_empty();
                    if empty || (!runs.on.is_empty() && runs.does.is_empty()) {
                        let why = "a command is known by its tool, its statement or what it does; \"on\" needs \"does\"";
                        found.push((here, why.to_owned()));
                    }
                }
            }
        }
    }
}
