//! `blackstart attach`: comes back to a run.

use crate::cli::follow::{Role, follow};
use crate::cli::output::Output;
use crate::cli::{CommandError, Exit, Global};
use crate::runtime::Runtime;

/// Come back to a run: see what happened, follow it, answer its questions
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  blackstart attach latest\n  blackstart attach latest --watch")]
pub struct Args {
    /// The run; `latest` is the newest
    #[arg(default_value = "latest")]
    run: String,
    /// Only look: answer nothing
    #[arg(long)]
    watch: bool,
}

/// Runs the command; the exit code is that of the run.
pub fn run(args: Args, global: &Global, output: &mut Output) -> Result<Exit, CommandError> {
    let runtime = Runtime::open(global.data_dir.clone())?;
    let run = runtime.run(&args.run)?;
    let (plan, _) = runtime.plan_of(&run)?;
    let role = if args.watch || global.no_input { Role::Watcher } else { Role::Operator };
    follow(&runtime, &run.id, &plan, 0, role, output)
}
