//! `blackstart man`: the manual page, from the same definition as the help.

use crate::cli::output::Output;
use crate::cli::{CommandError, Exit, Global, definition};

/// Print the manual page
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  blackstart man | man -l -")]
pub struct Args {
    /// The page of one command, like `blackstart man draft`
    command: Option<String>,
}

/// Runs the command.
pub fn run(args: Args, _: &Global, output: &mut Output) -> Result<Exit, CommandError> {
    let mut root = definition();
    root.build();
    let command = match &args.command {
        None => root,
        Some(name) => match root.find_subcommand(name) {
            Some(command) => command.clone(),
            None => {
                return Err(CommandError::new(
                    Exit::Input,
                    format!("there is no command {name:?}"),
                )
                .hint("blackstart --help"));
            }
        },
    };
    let mut page = vec![];
    clap_mangen::Man::new(command).render(&mut page)?;
    output.data(&String::from_utf8_lossy(&page))?;
    Ok(Exit::Ok)
}
