//! `blackstart review`: scripts, plans and runbooks with their findings, in the terminal interface.

use std::path::PathBuf;

use super::{demo, interface};
use crate::cli::output::Output;
use crate::cli::{CommandError, Exit, Global};
use crate::runtime::Runtime;
use crate::runtime::files::shown;
use crate::tui::{Left, Start};

/// Read scripts, plans and runbooks with what is found in them, and fix what is safe to fix
///
/// Nothing is run. A file that changes is looked at again. f shows a safe fix as a difference and asks, r opens the page of the rule.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  blackstart review backup.sh
  blackstart review runbooks/ /etc/cron.daily")]
pub struct Args {
    /// Files, and directories of them
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
}

/// Runs the command.
pub fn run(args: Args, global: &Global, _: &mut Output) -> Result<Exit, CommandError> {
    if let Some(missing) = args.paths.iter().find(|path| !path.exists()) {
        return Err(CommandError::new(Exit::Input, format!("there is no {}", shown(missing))));
    }
    let names: Vec<String> = args.paths.iter().map(|path| shown(path)).collect();
    let runtime = || Runtime::open(global.data_dir.clone());
    let left = interface(global, runtime, Start::Review(args.paths)).map_err(|mut error| {
        if error.exit == Exit::Input {
            error.hints = vec![format!("blackstart check {}", names.join(" "))];
        }
        error
    })?;
    match left {
        Left::Quit => Ok(Exit::Ok),
        Left::Demo => demo::guided(global),
        Left::Signal(_) => Ok(Exit::Interrupted),
    }
}
