//! `blackstart run`: runs an approved plan, for real.

use std::io::{self, BufRead, IsTerminal, Write};
use std::path::PathBuf;

use crate::base::{Id, Secret, escape, nearest};
use crate::cli::follow::{Role, follow};
use crate::cli::output::Output;
use crate::cli::plans::PlanArgs;
use crate::cli::{CommandError, Exit, Global};
use crate::runtime::{Input, Runtime, secrets_to_type};

/// Run an approved plan, for real
///
/// The run goes on when this command or its terminal ends; `attach` comes back to it. Before each step the machine's
/// identity is asserted. Steps that destroy need the full name of their target typed, or given with --confirm-target.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  blackstart run plan.yaml
  blackstart run plan.yaml --no-input --confirm-target files
  blackstart run --resume latest")]
pub struct Args {
    /// The plan: a file, or the name of a kept plan
    #[arg(value_name = "PLAN", required_unless_present = "resume", conflicts_with = "resume")]
    plan: Option<PathBuf>,
    /// The inventory it rests on [default: the one it was drafted from]
    #[arg(long, value_name = "FILE", conflicts_with = "resume")]
    inventory: Option<PathBuf>,
    /// Go on with a run that was interrupted; `latest` is the newest
    #[arg(long, value_name = "RUN")]
    resume: Option<String>,
    /// The full name of a target that steps may destroy; can be given several times
    #[arg(long, value_name = "NAME")]
    confirm_target: Vec<String>,
    /// Your name, as it shall stand in the report [default: the account's]
    #[arg(long = "as", value_name = "NAME")]
    by: Option<String>,
}

/// Runs the command; the exit code is that of the run, or 9 where it worked but missed its objectives.
pub fn run(args: Args, global: &Global, output: &mut Output) -> Result<Exit, CommandError> {
    let runtime = Runtime::open(global.data_dir.clone())?;
    let who = runtime.operator(args.by.as_deref());
    let run = match (&args.resume, args.plan) {
        (Some(name), _) => runtime.run(name)?,
        (None, Some(plan)) => {
            let plan_args = PlanArgs { plan, inventory: args.inventory };
            let loaded = plan_args.load(&runtime, output)?;
            known_targets(&loaded.plan, &args.confirm_target)?;
            runtime
                .permitted(&loaded.plan, loaded.fingerprint, &who)
                .map_err(|error| CommandError::from(error).naming(&plan_args.plan))?;
            runtime.create_run(&loaded.plan, loaded.inventory.as_ref(), &who)?
        }
        (None, None) => {
            return Err(
                CommandError::new(Exit::Input, "no plan given").hint("blackstart run --help")
            );
        }
    };
    let (plan, inventory) = runtime.plan_of(&run)?;
    known_targets(&plan, &args.confirm_target)?;
    for target in &args.confirm_target {
        runtime.confirm_target(&run.id, target, &who)?;
    }
    output.note(&format!("run {} of {}", run.id, escape::one_line(&plan.title)));
    let before = runtime.store().run_record(&run.id)?;
    if before.state.is_some_and(|state| state.is_over()) {
        return Err(CommandError::new(
            Exit::Error,
            format!("the run {} is over: {}", run.id, run.state.word()),
        )
        .hint(format!("blackstart report {}", run.id)));
    }
    if !runtime.has_runner(&run.id)? {
        let answers = !global.no_input && io::stdin().is_terminal();
        let input = if answers { Input::Asked } else { Input::Never };
        let typed = typed_secrets(&secrets_to_type(&plan, inventory.as_ref()), answers)?;
        runtime.start_run(&run.id, input, typed)?;
    }
    let exit = follow(
        &runtime,
        &run.id,
        &plan,
        if args.resume.is_some() { before.last } else { 0 },
        Role::Operator,
        output,
    )?;
    if exit != Exit::Ok {
        return Ok(exit);
    }
    let report = runtime.report(run.id.as_str())?;
    let missed: Vec<&str> = report
        .objectives
        .iter()
        .flat_map(|objective| [(objective.rto_met, "RTO"), (objective.rpo_met, "RPO")])
        .filter(|(met, _)| *met == Some(false))
        .map(|(_, name)| name)
        .collect();
    output.note(&format!("next: blackstart report {}", run.id));
    if missed.is_empty() {
        return Ok(Exit::Ok);
    }
    output.note(&format!("the recovery worked, but missed: {}", missed.join(", ")));
    Ok(Exit::ObjectiveMissed)
}

/// A confirmed name that is no target of the plan is a mistake, and the wrong one to let pass.
fn known_targets(plan: &crate::plan::Plan, confirmed: &[String]) -> Result<(), CommandError> {
    let targets = crate::runtime::targets(plan);
    for name in confirmed {
        if !targets.contains(name) {
            let error = CommandError::new(
                Exit::Input,
                format!("{name:?} is not a target of the plan {}", plan.id),
            );
            let near = nearest(name, targets.iter().map(String::as_str));
            return Err(match near {
                Some(near) => error.hint(format!(
                    "its targets are {}; did you mean {near:?}?",
                    targets.join(", ")
                )),
                None => error.hint(format!("its targets are {}", targets.join(", "))),
            });
        }
    }
    Ok(())
}

/// Asks for the secrets that are to be typed, without showing them.
fn typed_secrets(
    wanted: &[(Id, String)],
    answers: bool,
) -> Result<Vec<(Id, Secret)>, CommandError> {
    if wanted.is_empty() {
        return Ok(vec![]);
    }
    if !answers {
        let message =
            format!("the secret {} is to be typed, and nobody is there to type it", wanted[0].0);
        return Err(CommandError::new(Exit::InputNeeded, message)
            .hint("run it on a terminal, or let the inventory read it from env or file"));
    }
    let stdin = io::stdin();
    let before = rustix::termios::tcgetattr(&stdin).map_err(io::Error::from)?;
    let mut hidden = before.clone();
    hidden.local_modes -= rustix::termios::LocalModes::ECHO;
    rustix::termios::tcsetattr(&stdin, rustix::termios::OptionalActions::Now, &hidden)
        .map_err(io::Error::from)?;
    let ask = |(id, prompt): &(Id, String)| {
        let _ = write!(io::stderr().lock(), "{}: ", escape::one_line(prompt));
        let mut line = String::new();
        io::stdin().lock().read_line(&mut line)?;
        let _ = writeln!(io::stderr().lock());
        Ok((id.clone(), Secret::new(line.trim_end_matches('\n'))))
    };
    let typed: io::Result<Vec<_>> = wanted.iter().map(ask).collect();
    rustix::termios::tcsetattr(&stdin, rustix::termios::OptionalActions::Now, &before)
        .map_err(io::Error::from)?;
    Ok(typed?)
}
