//! What a plan must hold beyond its fields: steps that exist, no circle, what each kind requires.

use super::{Order, Plan, Step, StepKind, order};
use crate::base::yaml::Node;
use crate::base::{Digest, Id, Problem};

/// Returns every problem of a plan that its schema cannot express.
pub fn check(plan: &Plan, root: &Node) -> Vec<Problem> {
    let mut problems = vec![];
    for (at, step) in plan.steps.iter().enumerate() {
        let at = at.to_string();
        problems.extend(missing_steps(plan, step, &at, root));
        problems.extend(against_its_kind(step, &at, root));
        problems.extend(impossible_variables(step, &at, root));
    }
    problems.extend(circle(plan, root));
    let digest = plan.inventory.as_ref();
    problems.extend(digest.filter(|digest| Digest::parse(digest).is_none()).map(|digest| {
        let message = format!("{digest:?} is not a SHA-256 digest of 64 hexadecimal digits");
        Problem::new(root.span_at(&["inventory"]), message)
    }));
    problems
}

/// The steps that a step names and the plan lacks.
fn missing_steps(plan: &Plan, step: &Step, at: &str, root: &Node) -> Vec<Problem> {
    let missing = |id: &Id, path: &[&str]| {
        let known = plan.steps.iter().map(|step| step.id.as_str());
        let missing = plan.step(id.as_str()).is_none();
        missing.then(|| Problem::no_such(root.span_at(path), "step", id.as_str(), known))
    };
    let needs = step.needs.iter().enumerate();
    let needs = needs
        .filter_map(|(index, needed)| missing(needed, &["steps", at, "needs", &index.to_string()]));
    let copy = step.safety_copy.iter();
    needs.chain(copy.filter_map(|copy| missing(copy, &["steps", at, "safety_copy"]))).collect()
}

/// What a step lacks, or has too much, for its kind.
fn against_its_kind(step: &Step, at: &str, root: &Node) -> Option<Problem> {
    let (id, kind) = (step.id.as_str(), step.kind);
    let lacks = |what: &str| {
        let span = root.span_at(&["steps", at, "kind"]);
        let message = format!("step {id:?}: a {kind} step needs {what}");
        Some(Problem::new(span, message))
    };
    match kind {
        StepKind::Command if step.run.is_none() => lacks("\"run\""),
        StepKind::Check if step.check.is_none() && step.run.is_none() => lacks("\"check\""),
        StepKind::Wait if step.check.is_none() => lacks("\"check\", which ends the waiting"),
        StepKind::Manual | StepKind::Decision | StepKind::Notify if step.run.is_some() => {
            let span = root.span_at(&["steps", at, "run"]);
            let message = format!("step {id:?}: nothing runs in a {kind} step");
            Some(
                Problem::new(span, message)
                    .with_help("make it `kind: command`, or say it in `why`"),
            )
        }
        StepKind::Command
        | StepKind::Check
        | StepKind::Manual
        | StepKind::Decision
        | StepKind::Notify
        | StepKind::Wait => None,
    }
}

/// The secrets of a step that no environment variable can hold, by their names.
fn impossible_variables(step: &Step, at: &str, root: &Node) -> Vec<Problem> {
    let is_name = |name: &str| {
        !name.is_empty()
            && !name.starts_with(|c: char| c.is_ascii_digit())
            && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
    };
    let secrets = step.secrets.iter().enumerate();
    secrets
        .filter(|(_, secret)| !is_name(&secret.env))
        .map(|(index, secret)| {
            let span = root.span_at(&["steps", at, "secrets", &index.to_string(), "env"]);
            let message = format!("{:?} cannot be the name of an environment variable", secret.env);
            Problem::new(span, message)
        })
        .collect()
}

fn circle(plan: &Plan, root: &Node) -> Option<Problem> {
    let Order::Circle(ids) = order(plan) else {
        return None;
    };
    let names: Vec<&str> = ids.iter().map(Id::as_str).collect();
    let first = |step: &Step| Some(&step.id) == ids.first();
    let at = plan.steps.iter().position(first).unwrap_or(0);
    let span = root.span_at(&["steps", &at.to_string(), "needs"]);
    let message = format!("\"needs\" goes round in a circle: {}", names.join(" -> "));
    Some(Problem::new(span, message))
}

#[cfg(test)]
mod tests {
    #[track_caller]
    fn check(steps: &str, expected: &[&str]) {
        let text =
            format!("schema: blackstart/plan/v1\nid: p\nkind: recovery\ntitle: t\nsteps:\n{steps}");
        let problems = crate::plan::read(&text).1;
        let shown: Vec<String> = problems
            .into_iter()
            .map(|p| {
                format!(
                    "{} | {}{}",
                    p.span.slice(&text),
                    p.message,
                    p.help.map(|h| format!(" ({h})")).unwrap_or_default()
                )
            })
            .collect();
        assert_eq!(shown, expected);
    }

    #[test]
    fn what_a_kind_requires_must_be_there() {
        check(
            "- {id: a, title: t, kind: command}",
            &["command | step \"a\": a command step needs \"run\""],
        );
        check(
            "- {id: a, title: t, kind: manual, run: ls}",
            &[
                "ls | step \"a\": nothing runs in a manual step (make it `kind: command`, or say it in `why`)",
            ],
        );
    }

    #[test]
    fn a_need_must_name_a_step_and_not_itself() {
        check(
            "- {id: copy, title: t, kind: manual}\n- {id: b, title: t, kind: manual, needs: [cpoy]}",
            &["cpoy | there is no step \"cpoy\" (did you mean \"copy\"?)"],
        );
        check(
            "- {id: a, title: t, kind: manual, needs: [a]}",
            &["[a] | \"needs\" goes round in a circle: a -> a"],
        );
    }
}
