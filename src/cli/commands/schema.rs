//! `blackstart schema`: the JSON Schema of a document.

use crate::base::document::schema_of;
use crate::cli::output::Output;
use crate::cli::{CommandError, Exit, Global};
use crate::runtime::Models;
use crate::{incident, inventory, plan};

/// Print the JSON Schema of a document, for editors and checks
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  blackstart schema plan > plan.schema.json")]
pub struct Args {
    /// Which document
    name: Name,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum Name {
    Inventory,
    Incident,
    Plan,
    Runbook,
    Models,
}

/// Runs the command.
pub fn run(args: Args, _: &Global, output: &mut Output) -> Result<Exit, CommandError> {
    let schema = match args.name {
        Name::Inventory => schema_of::<inventory::v1::Inventory>(),
        Name::Incident => schema_of::<incident::Incident>(),
        Name::Plan => schema_of::<plan::Plan>(),
        Name::Runbook => schema_of::<plan::Runbook>(),
        Name::Models => schema_of::<Models>(),
    };
    let text = serde_json::to_string_pretty(&schema).expect("a schema is JSON");
    output.data(&(text + "\n"))?;
    Ok(Exit::Ok)
}
