//! The command line: every action of the terminal interface is a command.
#![allow(clippy::disallowed_methods)]

mod choice;
mod demo_model;
mod commands;
mod exit;
mod findings;
mod fixes;
mod follow;
mod interrupts;
mod model_draft;
mod output;
mod plans;
mod problems;
mod reviews;
mod rules;
mod scores;
mod seen;

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{CommandFactory, Parser};

pub use exit::{CommandError, Exit};
use output::Output;

/// From "it is gone" to a recovery that was checked, dry-run, approved, executed and recorded.
///
/// Without a command, blackstart opens its terminal interface.
#[derive(Debug, Parser)]
#[command(name = "blackstart", version, max_term_width = 100, after_help = EXAMPLES)]
pub struct Cli {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: Option<commands::Command>,
}

const EXAMPLES: &str = "Examples:
  blackstart demo                                    see the whole flow on a throw-away tree, offline
  blackstart draft --inventory inventory.yaml --incident incident.yaml
  blackstart check plan.yaml                         what is wrong with a plan, a script, a directory of them
  blackstart review runbooks/                        the same in the terminal interface, with fixes
  blackstart dry-run plan.yaml                       run it where it can do no harm
  blackstart approve plan.yaml --as ana && blackstart run plan.yaml

Exit codes: 0 ok, 1 error, 2 usage or unreadable input, 3 findings, 4 verification failed, 5 step failed,
6 rolled back, 7 identity mismatch, 8 approval missing or void, 9 RTO or RPO missed, 10 input needed,
11 model or network unavailable, 12 sandbox unavailable, 13 audit chain broken, 130 interrupted.";

/// Options every command takes.
#[derive(Debug, Clone, clap::Args)]
pub struct Global {
    /// Print JSON: one object, or JSON Lines for streams
    #[arg(long, global = true)]
    json: bool,
    /// Never ask; a question ends the command with exit code 10
    #[arg(long, global = true)]
    no_input: bool,
    /// Plain text: no colour, no cursor movement, no full screen
    #[arg(long, global = true)]
    plain: bool,
    /// Where plans, evidence and the log are kept [default: the XDG data directory]
    #[arg(long, global = true, value_name = "DIR", env = "BLACKSTART_DATA_DIR")]
    data_dir: Option<PathBuf>,
}

/// Has a panic of the shell parser say nothing: whose script it was is told as one that was not read.
fn quiet_parser() {
    let before = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        if !info.location().is_some_and(|at| at.file().contains("shuck-parser")) {
            before(info);
        }
    }));
}

/// Runs the command line and returns the exit code.
pub fn main(arguments: impl Iterator<Item = OsString>) -> ExitCode {
    quiet_parser();
    let cli = match Cli::try_parse_from(arguments) {
        Ok(cli) => cli,
        Err(error) => {
            let _ = error.print();
            return Exit::from_clap(&error).into();
        }
    };
    let mut output = Output::new(&cli.global);
    let result = match cli.command {
        Some(command) => command.run(&cli.global, &mut output),
        None => commands::without_command(&cli.global),
    };
    match result {
        Ok(exit) => exit.into(),
        Err(error) => {
            output.error(&error);
            error.exit.into()
        }
    }
}

/// Returns the definition of the command line, for completions and the manual page.
pub fn definition() -> clap::Command {
    Cli::command()
}
