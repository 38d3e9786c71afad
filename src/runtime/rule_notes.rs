//! The rules of the checker as values for a prompt: those that matter for the tools of a plan, the weightiest first.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use crate::check::{self, Example, Rule};
use crate::draft::dialogue::RuleNote;
use crate::plan::Plan;
use crate::shell::{self, Options};

/// Rules a prompt holds at most.
const MOST: usize = 12;

/// Commands that stand in every script and say nothing about what it is for.
const EVERYWHERE: &[&str] = &[
    "[",
    "[[",
    "test",
    "echo",
    "printf",
    "cd",
    "exit",
    "true",
    "false",
    "cat",
    "set",
    "command",
    "return",
    "mktemp",
    "mkdir",
    "find",
    "ls",
    "mv",
    "cp",
    "stat",
    "df",
    "du",
    "grep",
    "wc",
    "sort",
    "awk",
    "sed",
    "tee",
    "date",
    "sleep",
    "touch",
    "chmod",
    "chown",
    "sha256sum",
    "head",
    "tail",
    "sudo",
];

/// Returns the rules whose examples use a tool of the plan.
pub fn rule_notes(plan: &Plan) -> Vec<RuleNote> {
    let tools = tools(plan);
    let mut rules: Vec<&Rule> =
        check::rules().iter().copied().filter(|rule| concerns(rule, &tools)).collect();
    rules.sort_by_key(|rule| (Reverse(rule.severity), Reverse(share(rule, &tools)), rule.code));
    rules.truncate(MOST);
    rules.into_iter().map(|rule| note(rule, &tools)).collect()
}

/// Returns a rule with an example for one of the tools, where it has one for the shell.
fn note(rule: &Rule, tools: &BTreeSet<String>) -> RuleNote {
    let script = rule.good.iter().find_map(|example| match example {
        Example::Script(text) | Example::On { text, .. } => {
            (!text.starts_with("#!") && speaks_of(text, tools)).then(|| (*text).to_owned())
        }
        Example::File { .. }
        | Example::Plan { .. }
        | Example::Seen { .. }
        | Example::Inventory(_) => None,
    });
    RuleNote {
        code: rule.code.to_owned(),
        summary: rule.summary.to_owned(),
        why: rule.why.to_owned(),
        good: script,
    }
}

/// Returns the names of the commands a plan runs, and of the tools its steps speak of.
fn tools(plan: &Plan) -> BTreeSet<String> {
    let texts =
        plan.steps.iter().flat_map(|step| [&step.run, &step.check, &step.rollback]).flatten();
    let names = texts.flat_map(|text| {
        let commands =
            shell::on_deep_stack(|| shell::commands(&shell::parse(text), Options::STRICT));
        let list = commands.map(|commands| commands.list).unwrap_or_default();
        list.iter().filter_map(|command| command.name().map(str::to_owned)).collect::<Vec<_>>()
    });
    names.filter(|name| !EVERYWHERE.contains(&name.as_str())).collect()
}

fn concerns(rule: &Rule, tools: &BTreeSet<String>) -> bool {
    share(rule, tools) > 0
}

/// Returns how much a rule is about these tools: how many of a hundred of its bad examples use one.
fn share(rule: &Rule, tools: &BTreeSet<String>) -> usize {
    let about = |example: &&Example| match example {
        Example::Script(text)
        | Example::File { text, .. }
        | Example::On { text, .. }
        | Example::Inventory(text) => speaks_of(text, tools),
        Example::Plan { plan, .. } => speaks_of(plan, tools),
        // A drafter cannot know what a dry run will show.
        Example::Seen { .. } => false,
    };
    rule.bad.iter().filter(about).count() * 100 / rule.bad.len().max(1)
}

fn speaks_of(text: &str, tools: &BTreeSet<String>) -> bool {
    text.split(|c: char| !(c.is_alphanumeric() || "_-.".contains(c)))
        .any(|word| tools.contains(word))
}
