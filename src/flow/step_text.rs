//! One step as the text a person edits, and back.

use crate::base::{Id, Position};
use crate::plan::{self, Plan, Step};

/// Returns a step as YAML, the way a plan has it.
pub fn write(step: &Step) -> String {
    let mut shell = empty();
    shell.steps = vec![step.clone()];
    let whole = plan::write(&shell);
    let body = whole.split_once("steps:\n").map_or("", |(_, body)| body);
    let mut text = String::from(
        "# One step of the plan. Saving a change voids its dry run and its approvals.\n",
    );
    for line in body.lines() {
        text.push_str(line.strip_prefix("- ").or_else(|| line.strip_prefix("  ")).unwrap_or(line));
        text.push('\n');
    }
    text
}

/// Returns the plan with a step replaced by an edited text, or what is wrong with the text.
///
/// The step keeps its id, so that what needs it still finds it.
pub fn replaced(plan: &Plan, id: &Id, text: &str) -> Result<Plan, String> {
    let mut document = String::from(HEAD);
    let head = document.lines().count();
    for (at, line) in text.lines().enumerate() {
        let indent = if at == 0 { "- " } else { "  " };
        if at == 0 && line.trim_start().starts_with('#') {
            // A comment may stand before the first key: the dash goes onto a line of its own.
            document.push_str("-\n  ");
        } else {
            document.push_str(indent);
        }
        document.push_str(line);
        document.push('\n');
    }
    let extra = document.lines().count() - head - text.lines().count();
    let (read, _) = plan::read(&document);
    let step = read.and_then(|read| read.steps.into_iter().next());
    let fields = crate::base::document::read::<Plan>(&document).problems;
    if let Some(problem) = fields.first() {
        let at = Position::of(&document, problem.span.start);
        let line = at.line.saturating_sub(head + extra).max(1);
        return Err(format!("line {line}: {}", problem.message));
    }
    let step = step.ok_or("it holds no step")?;
    if step.id != *id {
        return Err(format!("its id must stay {id}"));
    }
    let mut changed = plan.clone();
    let place = changed.steps.iter_mut().find(|one| one.id == *id);
    *place.ok_or_else(|| format!("there is no step {id}"))? = step;
    let (_, problems) = plan::read(&plan::write(&changed));
    match problems.first() {
        Some(problem) => Err(problem.message.clone()),
        None => Ok(changed),
    }
}

const HEAD: &str =
    "schema: blackstart/plan/v1\nid: edited\nkind: recovery\ntitle: edited\nsteps:\n";

fn empty() -> Plan {
    let text = format!("{HEAD}- {{id: x, title: x, kind: manual}}\n");
    plan::read(&text).0.expect("the smallest plan reads")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Plan {
        let text = "schema: blackstart/plan/v1\nid: p\nkind: recovery\ntitle: t\nsteps:\n\
                    - {id: a, title: A, kind: command, risk: write, run: \"touch /x\\necho '# no'\\n\", timeout: 5m}\n\
                    - {id: b, title: B, kind: manual, needs: [a]}\n";
        plan::read(text).0.expect("reads")
    }

    #[test]
    fn a_step_that_is_saved_unchanged_is_the_same_step() {
        let plan = sample();
        for step in &plan.steps {
            assert_eq!(
                replaced(&plan, &step.id, &write(step)),
                Ok(plan.clone()),
                "{}",
                write(step)
            );
        }
    }

    #[test]
    fn a_wrong_edit_is_refused_with_its_line() {
        let plan = sample();
        let id = plan.steps[0].id.clone();
        let edit =
            |from: &str, to: &str| replaced(&plan, &id, &write(&plan.steps[0]).replace(from, to));
        assert_eq!(edit("id: a", "id: c").unwrap_err(), "its id must stay a");
        assert!(edit("kind: command", "kind: comand").unwrap_err().starts_with("line 4: "));
        assert!(edit("timeout: 5m", "timeout: 5 parsecs").unwrap_err().starts_with("line "));
        assert!(edit("timeout: 5m", "needs: [b]").unwrap_err().contains('b'), "a circle");
        assert!(replaced(&plan, &id, "").is_err());
        assert_eq!(
            edit("touch /x", "touch /y").map(|plan| plan.steps[0]
                .run
                .clone()
                .unwrap_or_default()
                .contains("/y")),
            Ok(true)
        );
    }
}
