//! `blackstart completions`: completion scripts for shells.

use crate::cli::output::Output;
use crate::cli::{CommandError, Exit, Global, definition};

/// Print a completion script
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  blackstart completions bash > /etc/bash_completion.d/blackstart"
)]
pub struct Args {
    /// The shell
    shell: clap_complete::Shell,
}

/// Runs the command.
pub fn run(args: Args, _: &Global, output: &mut Output) -> Result<Exit, CommandError> {
    let mut script = vec![];
    clap_complete::generate(args.shell, &mut definition(), "blackstart", &mut script);
    output.data(&String::from_utf8_lossy(&script))?;
    Ok(Exit::Ok)
}
