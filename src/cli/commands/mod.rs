//! The commands, one file each.

mod completions;
mod inventory;
mod man;
mod schema;

use super::output::Output;
use super::{CommandError, Exit, Global};

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
    /// Check and show inventories
    Inventory => inventory,
    /// Print the JSON Schema of a document
    Schema => schema,
    /// Print shell completions
    Completions => completions,
    /// Print the manual page
    Man => man,
}

/// What happens without a command: the terminal interface.
pub fn without_command(_: &Global, _: &mut Output) -> Result<Exit, CommandError> {
    Err(CommandError::new(Exit::Input, "no command given").hint("blackstart --help"))
}
