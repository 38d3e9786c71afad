//! The commands, one file each.

mod approve;
mod attach;
mod check;
mod completions;
mod demo;
mod doctor;
mod draft;
mod dry_run;
mod estimate;
mod eval;
mod incident;
mod inventory;
mod log;
mod man;
mod models;
mod redact;
mod report;
mod review;
mod rule;
mod run;
mod runbook;
mod schema;

use std::io::{self, IsTerminal};
use std::sync::Arc;

pub use check::{Level as CheckLevel, refused as check_refused};

use super::output::Output;
use super::{CommandError, Exit, Global};
use crate::runtime::{Runtime, RuntimeError, SystemClock};
use crate::tui::{self, Left, Start};

/// Declares the commands: the variant, its module, in the order of the help.
macro_rules! commands {
    ($($(#[$meta:meta])* $variant:ident => $module:ident,)+) => {
        /// What to do.
        #[derive(Debug, clap::Subcommand)]
        pub enum Command {
            $($(#[$meta])* $variant($module::Args),)+
        }
        impl Command {
            /// Runs the command.
            pub fn run(self, global: &Global, output: &mut Output) -> Result<Exit, CommandError> {
                match self {
                    $(Self::$variant(args) => $module::run(args, global, output),)+
                }
            }
        }
    };
}

commands! {
    /// See the whole flow on a throw-away tree, offline
    Demo => demo,
    /// Write, list and show incidents
    Incident => incident,
    /// Check and show inventories
    Inventory => inventory,
    /// List and show the runbooks
    Runbook => runbook,
    /// Make a plan from the runbook that fits best
    Draft => draft,
    /// Say what is wrong with plans and scripts, without running anything
    Check => check,
    /// Read scripts, plans and runbooks with what is found in them, in the terminal interface
    Review => review,
    /// Explain a rule of the checker, or list them
    Rule => rule,
    /// Replace what must not leave the machine by pseudonyms
    Redact => redact,
    /// Compute the recovery point, the loss and the duration
    Estimate => estimate,
    /// Run a plan or a script where it can do no harm, and report what it did
    DryRun => dry_run,
    /// Say that a plan may run, in view of what is known about it
    Approve => approve,
    /// Run an approved plan, for real
    Run => run,
    /// Come back to a run
    Attach => attach,
    /// Tell what a run did: promised and measured
    Report => report,
    /// Score a drafter on scenarios with known answers
    Eval => eval,
    /// Show, verify, export and anchor the log
    Log => log,
    /// List the language models that are configured, and try them
    Models => models,
    /// Say what this machine can do, and how to get more
    Doctor => doctor,
    /// Print the JSON Schema of a document
    Schema => schema,
    /// Print shell completions
    Completions => completions,
    /// Print the manual page
    Man => man,
}

/// What happens without a command: the terminal interface, where there is a terminal.
pub fn without_command(global: &Global) -> Result<Exit, CommandError> {
    let runtime = || Runtime::open(global.data_dir.clone());
    match interface(global, runtime, Start::Home)? {
        Left::Quit => Ok(Exit::Ok),
        Left::Demo => demo::guided(global),
        Left::Signal(_) => Ok(Exit::Interrupted),
    }
}

/// Opens the terminal interface, where there is a terminal.
pub fn interface(
    global: &Global,
    runtime: impl FnOnce() -> Result<Runtime, RuntimeError>,
    start: Start,
) -> Result<Left, CommandError> {
    let terminal = io::stdin().is_terminal() && io::stdout().is_terminal();
    if !terminal || global.plain || global.json || global.no_input {
        return Err(CommandError::new(Exit::Input, "the interface needs a terminal")
            .hint("blackstart --help"));
    }
    Ok(tui::run(Arc::new(runtime()?), &SystemClock, start)?)
}
