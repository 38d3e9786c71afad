//! `blackstart rule`: what the rules of the checker are, why, and what to write instead.

use crate::base::nearest;
use crate::check::{self, Example, Rule};
use crate::cli::output::Output;
use crate::cli::{CommandError, Exit, Global};

/// Explain a rule of the checker, or list them
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  blackstart rule\n  blackstart rule SH003")]
pub struct Args {
    /// Code or name of the rule [default: list all]
    code: Option<String>,
}

/// Runs the command.
pub fn run(args: Args, _: &Global, output: &mut Output) -> Result<Exit, CommandError> {
    let Some(code) = args.code else {
        for rule in check::rules() {
            if output.is_json() {
                output.object(&row(rule))?;
            } else {
                output.data(&format!(
                    "{:7} {:9} {:36} {}\n",
                    rule.code,
                    rule.severity.word(),
                    rule.name,
                    rule.summary
                ))?;
            }
        }
        return Ok(Exit::Ok);
    };
    let Some(rule) = check::rule(&code) else {
        let near = nearest(&code, check::rules().iter().flat_map(|rule| [rule.code, rule.name]));
        let error = CommandError::new(Exit::Input, format!("there is no rule {code:?}"));
        return Err(error.hint(
            near.map_or("blackstart rule".to_owned(), |near| format!("blackstart rule {near}")),
        ));
    };
    if output.is_json() {
        output.object(&row(rule))?;
    } else {
        output.data(&page(rule))?;
    }
    Ok(Exit::Ok)
}

fn row(rule: &Rule) -> serde_json::Value {
    serde_json::json!({
        "schema": "blackstart/rule/v1", "code": rule.code, "name": rule.name, "severity": rule.severity.word(),
        "layer": rule.layer, "summary": rule.summary, "why": rule.why, "fix": rule.fix, "source": rule.source,
    })
}

fn page(rule: &Rule) -> String {
    let mut page = format!(
        "{} {} ({}, {})\n\n{}\n\nWhy: {}\n\nInstead: {}\n\nSource: {}\n",
        rule.code,
        rule.name,
        rule.severity.word(),
        rule.layer,
        rule.summary,
        rule.why,
        rule.fix,
        rule.source
    );
    for (title, examples) in [("Bad", rule.bad), ("Good", rule.good)] {
        for example in examples {
            let (text, lines) = match example {
                Example::Script(text)
                | Example::File { text, .. }
                | Example::On { text, .. }
                | Example::Inventory(text) => (*text, ""),
                Example::Plan { plan, .. } => (*plan, ""),
                Example::Seen { plan, lines } => (*plan, *lines),
            };
            let seen = lines.lines().enumerate().map(|(at, line)| match at {
                0 => format!("    The dry run showed: {line}"),
                _ => format!("                        {line}"),
            });
            let indented: Vec<String> =
                text.trim().lines().map(|line| format!("    {line}")).chain(seen).collect();
            page.push_str(&format!("\n{title}:\n{}\n", indented.join("\n")));
        }
    }
    page
}
