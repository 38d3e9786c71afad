//! `blackstart eval`: scores a drafter on scenarios with known answers, and attacks it with hostile text.

use std::path::PathBuf;

use crate::base::{Period, escape};
use crate::cli::choice::{ModelArgs, refusal};
use crate::cli::output::Output;
use crate::cli::scores::{Shares, json, shares, shares_json, summary, table};
use crate::cli::{CommandError, Exit, Global};
use crate::draft::Library;
use crate::eval::Share;
use crate::runtime::evaluating::{self, Asked, Attacked, Drafter, Evaluated, Loaded, Recording};
use crate::runtime::{ChosenModel, Runtime, Settings};

/// Score a drafter on scenarios with known answers
///
/// Each scenario is an inventory, an incident, and what a good answer holds. Points, losses and times are compared;
/// what must and must not be done, and in which order, is looked for in the parsed commands and in the places of the
/// steps, never in titles. With --injections hostile text is put where the drafter reads, and what comes of it is judged.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  blackstart eval                                     the runbooks alone, on the scenarios of the program
  blackstart eval --drafter null                      what an evaluation gives for nothing
  blackstart eval --only s01 --verbose                which predicate fails, and why
  blackstart eval --injections                        what hostile text can do
  blackstart eval --at-least must-have=90 --at-least order=90   for a pipeline; exit code 4 below that")]
pub struct Args {
    /// Who drafts
    #[arg(long, value_name = "DRAFTER", default_value = "template")]
    drafter: DrafterArg,
    #[command(flatten)]
    model: ModelArgs,
    /// How long a model may take for one scenario
    #[arg(long, value_name = "TIME", default_value = "120s", value_parser = Period::parse)]
    deadline: Period,
    /// Recorded replies: a directory with one of each scenario's name
    #[arg(long, value_name = "DIR")]
    records: Option<PathBuf>,
    /// Write prompts that have no recorded reply into --records, for somebody to answer
    #[arg(long, requires = "records")]
    record: bool,
    /// A directory of scenarios, each a directory with inventory.yaml, incident.yaml and expect.yaml [default: those of the program]
    #[arg(long, value_name = "DIR")]
    scenarios: Option<PathBuf>,
    /// Only this scenario, or the injection of this name
    #[arg(long, value_name = "ID")]
    only: Option<String>,
    /// Put hostile text where the drafter reads, instead of scoring
    #[arg(long)]
    injections: bool,
    /// Show every predicate that fails, and why
    #[arg(long)]
    verbose: bool,
    /// End with exit code 4 below this: point, loss, rto, must-have, must-not, order, findings or injections, in percent
    #[arg(long, value_name = "WHAT=PERCENT", value_parser = threshold)]
    at_least: Vec<Threshold>,
    /// Count only scenarios whose asset has runbooks of its own
    #[arg(long)]
    covered: bool,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum DrafterArg {
    /// The runbooks alone
    Template,
    /// A model that starts from the runbooks
    Model,
    /// Replies of a model that were recorded, from --records
    Recorded,
    /// Nobody
    Null,
}

/// What a share must not be below.
#[derive(Debug, Clone, PartialEq)]
struct Threshold {
    what: &'static str,
    percent: f64,
}

const SHARES: [&str; 8] =
    ["point", "loss", "rto", "must-have", "must-not", "order", "findings", "injections"];

fn threshold(text: &str) -> Result<Threshold, String> {
    let (what, percent) = text.split_once('=').ok_or("write it like must-have=90")?;
    let what = SHARES.into_iter().find(|one| *one == what);
    let what = what.ok_or_else(|| format!("it is one of: {}", SHARES.join(", ")))?;
    match percent.trim_end_matches('%').parse::<f64>() {
        Ok(percent) if (0.0..=100.0).contains(&percent) => Ok(Threshold { what, percent }),
        Ok(_) | Err(_) => Err(format!("{percent:?} is no percentage")),
    }
}

/// Who drafts in which scenario: records belong to one scenario each.
struct Drafters<'a> {
    args: &'a Args,
    runtime: &'a Runtime,
    settings: Settings,
    chosen: Option<ChosenModel>,
}

impl Drafters<'_> {
    fn word(&self) -> &'static str {
        match self.args.drafter {
            DrafterArg::Template => "template",
            DrafterArg::Null => "null",
            DrafterArg::Model => "model",
            DrafterArg::Recorded => "recorded",
        }
    }

    /// Lets the drafter of this scenario work.
    fn with<T>(&self, scenario: &str, work: impl FnOnce(Drafter<'_>) -> T) -> T {
        let (runtime, settings) = (self.runtime, &self.settings);
        let mode = if self.args.record { Recording::Record } else { Recording::Replay };
        match (self.args.drafter, &self.chosen, &self.args.records) {
            (DrafterArg::Null, ..) => work(Drafter::Null),
            (DrafterArg::Model, Some(chosen), _) => {
                work(Drafter::Model(Asked { runtime, model: &*chosen.model, settings }))
            }
            (DrafterArg::Recorded, _, Some(records)) => {
                let model = evaluating::recorded(records, scenario, mode);
                work(Drafter::Model(Asked { runtime, model: &*model, settings }))
            }
            (DrafterArg::Template | DrafterArg::Model | DrafterArg::Recorded, ..) => {
                work(Drafter::Template)
            }
        }
    }
}

/// Runs the command.
pub fn run(args: Args, global: &Global, output: &mut Output) -> Result<Exit, CommandError> {
    let runtime = Runtime::open(global.data_dir.clone())?;
    let chosen = match args.drafter {
        DrafterArg::Model => {
            let chosen = runtime.model(&args.model.clone().choice());
            Some(chosen.map_err(|error| refusal(error, output))?)
        }
        DrafterArg::Template | DrafterArg::Null | DrafterArg::Recorded => None,
    };
    if matches!(args.drafter, DrafterArg::Recorded) && args.records.is_none() {
        let message = "recorded replies need a directory that holds them";
        return Err(CommandError::new(Exit::Input, message)
            .hint("blackstart eval --drafter recorded --records DIR"));
    }
    let settings = chosen.as_ref().map(ChosenModel::settings).unwrap_or_default();
    let settings = Settings { deadline: args.deadline.duration(), ..settings };
    let library = runtime.library();
    let scenarios = evaluating::scenarios(args.scenarios.as_deref())?;
    let drafters = Drafters { args: &args, runtime: &runtime, settings, chosen };
    let shares = if args.injections {
        injections(&args, &drafters, &scenarios, &library, output)?
    } else {
        scores(&args, &drafters, &scenarios, &library, output)?
    };
    let below = |threshold: &&Threshold| {
        let share = shares.iter().find(|(what, _)| *what == threshold.what);
        share.is_some_and(|(_, share)| share.percent() < threshold.percent)
    };
    let missed: Vec<&Threshold> = args.at_least.iter().filter(below).collect();
    for threshold in &missed {
        output.note(&format!("{} is below {} %", threshold.what, threshold.percent));
    }
    Ok(if missed.is_empty() { Exit::Ok } else { Exit::Verification })
}

fn scores(
    args: &Args,
    drafters: &Drafters<'_>,
    scenarios: &[Loaded],
    library: &Library,
    output: &mut Output,
) -> Result<Shares, CommandError> {
    let only = |loaded: &&Loaded| {
        args.only.as_deref().is_none_or(|only| loaded.case.scenario.id.as_str() == only)
    };
    let mut all = vec![];
    for loaded in scenarios.iter().filter(only) {
        output.progress(&format!("{} …", loaded.case.scenario.id));
        let id = loaded.case.scenario.id.as_str();
        let one = drafters.with(id, |drafter| evaluating::evaluate(loaded, drafter, library));
        if one.covered || !args.covered {
            all.push(one);
        }
    }
    output.progress_done();
    if all.is_empty() {
        return Err(nothing(args, "scenario"));
    }
    let counted = shares(&all);
    if output.is_json() {
        output.object(&json(drafters.word(), &all, &counted))?;
    } else {
        output.data(&table(&all, args.verbose))?;
        let covered: Vec<&Evaluated> = all.iter().filter(|one| one.covered).collect();
        output.data(&summary(&format!("all {}", all.len()), &all.iter().collect::<Vec<_>>()))?;
        output
            .data(&summary(&format!("with runbooks of their own {}", covered.len()), &covered))?;
    }
    Ok(counted)
}

fn nothing(args: &Args, what: &str) -> CommandError {
    let message = match &args.only {
        Some(only) => format!("there is no {what} {only:?}"),
        None => format!("there is no {what} to try"),
    };
    CommandError::new(Exit::Input, message).hint("blackstart eval")
}

fn injections(
    args: &Args,
    drafters: &Drafters<'_>,
    scenarios: &[Loaded],
    library: &Library,
    output: &mut Output,
) -> Result<Shares, CommandError> {
    let mut all: Vec<Attacked> = vec![];
    for injection in evaluating::injections()? {
        if args.only.as_deref().is_some_and(|only| injection.id.as_str() != only) {
            continue;
        }
        let scenario = scenarios.iter().find(|one| one.case.scenario.id == injection.scenario);
        let scenario = scenario.ok_or_else(|| {
            let message =
                format!("injection {} needs the scenario {}", injection.id, injection.scenario);
            CommandError::new(Exit::Input, message)
        })?;
        output.progress(&format!("{} …", injection.id));
        let id = injection.scenario.as_str();
        let judgement =
            drafters.with(id, |drafter| evaluating::attack(&injection, scenario, drafter, library));
        all.push(Attacked { injection, judgement });
    }
    output.progress_done();
    if all.is_empty() {
        return Err(nothing(args, "injection"));
    }
    let safe = all.iter().filter(|one| one.judgement.ending.is_safe()).count();
    let share = Share { met: safe, of: all.len() };
    if output.is_json() {
        let one = |one: &Attacked| {
            serde_json::json!({
                "injection": one.injection.id, "scenario": one.injection.scenario,
                "channel": one.injection.channel.word(), "technique": one.injection.technique,
                "ending": one.judgement.ending.word(), "safe": one.judgement.ending.is_safe(),
                "why": one.judgement.why,
            })
        };
        output.object(&serde_json::json!({
            "schema": "blackstart/eval/v1", "drafter": drafters.word(),
            "injections": all.iter().map(one).collect::<Vec<_>>(),
            "shares": shares_json(&vec![("injections", share)]),
        }))?;
    } else {
        for one in &all {
            output.data(&format!(
                "{:<8} {:<5} {:<19} {:<12} {}\n",
                one.injection.id.as_str(),
                one.injection.scenario.as_str(),
                one.injection.channel.word(),
                one.judgement.ending.word(),
                escape::one_line(&one.judgement.why).chars().take(120).collect::<String>(),
            ))?;
        }
        output.data(&format!("{}/{} end safe\n", share.met, share.of))?;
    }
    Ok(vec![("injections", share)])
}
