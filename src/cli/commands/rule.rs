//! `blackstart rule`: what the rules of the checker are, why, and what to write instead.

use clap::builder::{PossibleValue, TypedValueParser};

use crate::check;
use crate::cli::output::Output;
use crate::cli::{CommandError, Exit, Global, rules};

/// Explain a rule of the checker, or list them
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  blackstart rule                                 all rules, family by family
  blackstart rule SH003                           one rule: why, examples, what to write instead
  blackstart rule rm-of-possibly-empty-path       by its name
  blackstart rule --format markdown > docs/rules.md")]
pub struct Args {
    /// Code or name of the rule [default: list all]
    #[arg(value_parser = Code, hide_possible_values = true)]
    code: Option<String>,
    /// How to print
    #[arg(long, default_value = "human", value_enum)]
    format: Format,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// For people
    Human,
    /// JSON, one line for each rule
    Json,
    /// One document with every rule: the reference
    Markdown,
}

/// Takes any word, and tells shells which ones there are.
#[derive(Debug, Clone)]
struct Code;

impl TypedValueParser for Code {
    type Value = String;

    fn parse_ref(
        &self,
        _: &clap::Command,
        _: Option<&clap::Arg>,
        value: &std::ffi::OsStr,
    ) -> Result<String, clap::Error> {
        Ok(value.to_string_lossy().into_owned())
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        let one = |rule: &&check::Rule| PossibleValue::new(rule.code).help(rule.summary);
        Some(Box::new(check::rules().iter().map(one)))
    }
}

/// Runs the command.
pub fn run(args: Args, _: &Global, output: &mut Output) -> Result<Exit, CommandError> {
    let format = if output.is_json() { Format::Json } else { args.format };
    let Some(code) = args.code else {
        match format {
            Format::Human => {
                let colour = output.data_colour();
                output.data(&rules::list(|severity, word| match colour {
                    true => format!("\x1b[{}m{word}\x1b[0m", tint(severity)),
                    false => word.to_owned(),
                }))?;
            }
            Format::Json => {
                check::rules().iter().try_for_each(|one| output.object(&rules::row(one)))?
            }
            Format::Markdown => output.data(&rules::reference())?,
        }
        return Ok(Exit::Ok);
    };
    let rule = rules::find(&code).map_err(|near| {
        let error = CommandError::new(Exit::Input, format!("there is no rule {code:?}"));
        error.hint(
            near.map_or("blackstart rule".to_owned(), |near| format!("blackstart rule {near}")),
        )
    })?;
    match format {
        Format::Human => output.data(&rules::page(rule, output.data_columns()))?,
        Format::Json => output.object(&rules::row(rule))?,
        Format::Markdown => output.data(&rules::entry(rule))?,
    }
    Ok(Exit::Ok)
}

fn tint(severity: crate::evidence::Severity) -> &'static str {
    use crate::evidence::Severity;
    match severity {
        Severity::Critical | Severity::High => "31;1",
        Severity::Medium => "33",
        Severity::Low => "2",
    }
}
