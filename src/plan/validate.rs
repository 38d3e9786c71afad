//! What a plan must hold beyond its fields: steps that exist, no circle, what each kind requires.

use super::{Order, Plan, StepKind, order};
use crate::base::yaml::Node;
use crate::base::{Id, Problem};

/// Returns every problem of a plan that its schema cannot express.
pub fn check(plan: &Plan, root: &Node) -> Vec<Problem> {
    let mut problems = vec![];
    let known: Vec<&str> = plan.steps.iter().map(|step| step.id.as_str()).collect();
    let missing = |id: &Id, path: &[&str]| {
        let known = known.iter().copied();
        Problem::no_such(root.span_at(path), "step", id.as_str(), known)
    };
    let is_known = |id: &Id| known.contains(&id.as_str());
    for (at, step) in plan.steps.iter().enumerate() {
        let at = at.to_string();
        for (index, needed) in step
            .needs
            .iter()
            .enumerate()
            .filter(|(_, needed)| !is_known(needed))
        {
            problems.push(missing(
                needed,
                &["steps", &at, "needs", &index.to_string()],
            ));
        }
        if let Some(copy) = step.safety_copy.as_ref().filter(|copy| !is_known(copy)) {
            problems.push(missing(copy, &["steps", &at, "safety_copy"]));
        }
        let lacks = |what: &str| {
            let span = root.span_at(&["steps", &at, "kind"]);
            Problem::new(
                span,
                format!(
                    "step {:?}: a {} step needs {what}",
                    step.id.as_str(),
                    step.kind
                ),
            )
        };
        match step.kind {
            StepKind::Command if step.run.is_none() => problems.push(lacks("\"run\"")),
            StepKind::Check if step.check.is_none() && step.run.is_none() => {
                problems.push(lacks("\"check\""))
            }
            StepKind::Wait if step.check.is_none() => {
                problems.push(lacks("\"check\", which ends the waiting"))
            }
            StepKind::Manual | StepKind::Decision | StepKind::Notify if step.run.is_some() => {
                let span = root.span_at(&["steps", &at, "run"]);
                let message = format!(
                    "step {:?}: nothing runs in a {} step",
                    step.id.as_str(),
                    step.kind
                );
                problems.push(
                    Problem::new(span, message)
                        .with_help("make it `kind: command`, or say it in `why`"),
                );
            }
            StepKind::Command
            | StepKind::Check
            | StepKind::Manual
            | StepKind::Decision
            | StepKind::Notify
            | StepKind::Wait => {}
        }
        for (index, secret) in step.secrets.iter().enumerate() {
            let valid = |c: char| c.is_ascii_alphanumeric() || c == '_';
            if secret.env.is_empty()
                || secret.env.starts_with(|c: char| c.is_ascii_digit())
                || !secret.env.chars().all(valid)
            {
                let span = root.span_at(&["steps", &at, "secrets", &index.to_string(), "env"]);
                problems.push(Problem::new(
                    span,
                    format!(
                        "{:?} cannot be the name of an environment variable",
                        secret.env
                    ),
                ));
            }
        }
    }
    if let Order::Circle(ids) = order(plan) {
        let names: Vec<&str> = ids.iter().map(Id::as_str).collect();
        let at = plan
            .steps
            .iter()
            .position(|step| Some(&step.id) == ids.first())
            .unwrap_or(0);
        let span = root.span_at(&["steps", &at.to_string(), "needs"]);
        problems.push(Problem::new(
            span,
            format!("\"needs\" goes round in a circle: {}", names.join(" -> ")),
        ));
    }
    if let Some(digest) = plan
        .inventory
        .as_ref()
        .filter(|digest| crate::base::Digest::parse(digest).is_none())
    {
        let span = root.span_at(&["inventory"]);
        problems.push(Problem::new(
            span,
            format!("{digest:?} is not a SHA-256 digest of 64 hexadecimal digits"),
        ));
    }
    problems
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
