//! The order in which the steps of a plan run.

use std::collections::{BTreeSet, HashMap};

use super::Plan;
use crate::base::Id;

/// The order of a plan's steps, or what makes an order impossible.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Order {
    /// Indices into `plan.steps`: every step behind all that it needs, otherwise as written.
    Steps(Vec<usize>),
    /// These steps need each other in a circle.
    Circle(Vec<Id>),
}

impl Order {
    /// Returns the order, or the steps as written where there is none: for whoever only looks at a plan.
    pub fn or_as_written(self, plan: &Plan) -> Vec<usize> {
        match self {
            Self::Steps(steps) => steps,
            Self::Circle(_) => (0..plan.steps.len()).collect(),
        }
    }
}

/// Returns the order of the steps: Kahn's algorithm that always takes the first ready step as written.
/// A need that names no step is ignored here; the reader reports it.
pub fn order(plan: &Plan) -> Order {
    let index: HashMap<&str, usize> =
        plan.steps.iter().enumerate().map(|(at, step)| (step.id.as_str(), at)).collect();
    let needs: Vec<BTreeSet<usize>> = plan
        .steps
        .iter()
        .map(|step| step.needs.iter().filter_map(|id| index.get(id.as_str()).copied()).collect())
        .collect();
    let mut waiting: Vec<usize> = needs.iter().map(BTreeSet::len).collect();
    let mut wanted_by: Vec<Vec<usize>> = vec![vec![]; plan.steps.len()];
    for (at, needs) in needs.iter().enumerate() {
        for needed in needs {
            wanted_by[*needed].push(at);
        }
    }
    let mut ready: BTreeSet<usize> = (0..plan.steps.len()).filter(|at| waiting[*at] == 0).collect();
    let mut steps = Vec::with_capacity(plan.steps.len());
    while let Some(at) = ready.pop_first() {
        steps.push(at);
        for next in &wanted_by[at] {
            waiting[*next] -= 1;
            if waiting[*next] == 0 {
                ready.insert(*next);
            }
        }
    }
    if steps.len() == plan.steps.len() {
        return Order::Steps(steps);
    }
    let Some(mut at) = (0..plan.steps.len()).find(|at| waiting[*at] > 0) else {
        return Order::Steps(steps);
    };
    let mut path = vec![];
    while !path.contains(&at) {
        path.push(at);
        at = needs[at].iter().copied().find(|needed| waiting[*needed] > 0).unwrap_or(at);
    }
    let circle = path.iter().skip_while(|seen| **seen != at).chain(std::iter::once(&at));
    Order::Circle(circle.map(|at| plan.steps[*at].id.clone()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(steps: &[(&str, &[&str])], expected: Result<&[&str], &[&str]>) {
        let steps: Vec<String> = steps
            .iter()
            .map(|(id, needs)| {
                format!("{{id: {id}, title: t, kind: manual, needs: [{}]}}", needs.join(", "))
            })
            .collect();
        let text = format!(
            "schema: blackstart/plan/v1\nid: p\nkind: recovery\ntitle: t\nsteps: [{}]\n",
            steps.join(", ")
        );
        let plan = super::super::read(&text).0.expect("reads");
        let order = match order(&plan) {
            Order::Steps(steps) => {
                Ok(steps.iter().map(|at| plan.steps[*at].id.to_string()).collect::<Vec<_>>())
            }
            Order::Circle(ids) => Err(ids.iter().map(ToString::to_string).collect::<Vec<_>>()),
        };
        assert_eq!(
            order,
            expected
                .map(|v| v.iter().map(|s| s.to_string()).collect())
                .map_err(|v| v.iter().map(|s| s.to_string()).collect())
        );
    }

    #[test]
    fn steps_run_as_written_but_behind_what_they_need() {
        check(&[("a", &[]), ("b", &[]), ("c", &[])], Ok(&["a", "b", "c"]));
        check(&[("a", &["c"]), ("b", &[]), ("c", &[])], Ok(&["b", "c", "a"]));
    }

    #[test]
    fn a_circle_is_named() {
        check(&[("x", &[]), ("a", &["b"]), ("b", &["c"]), ("c", &["b"])], Err(&["b", "c", "b"]));
        check(&[("a", &["a"])], Err(&["a", "a"]));
    }
}
