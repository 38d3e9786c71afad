//! `blackstart runbook`: list and show the runbooks.

use crate::base::{escape, nearest};
use crate::cli::output::Output;
use crate::cli::{CommandError, Exit, Global};
use crate::runtime::Runtime;

/// List and show the runbooks
///
/// A file in the user's runbook directory ($XDG_CONFIG_HOME/blackstart/runbooks) with the path or the id of a built-in
/// runbook takes its place; any other joins them.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  blackstart runbook list\n  blackstart runbook show files-restore-tar"
)]
pub struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    /// List the runbooks
    List,
    /// Print a runbook
    Show {
        /// Its id
        id: String,
    },
}

/// Runs the command. A runbook of the user's that cannot be read is said, and makes the exit code 2.
pub fn run(args: Args, global: &Global, output: &mut Output) -> Result<Exit, CommandError> {
    let runtime = Runtime::open(global.data_dir.clone())?;
    let library = runtime.library();
    match args.action {
        Action::List => {
            for entry in &library.entries {
                let runbook = &entry.runbook;
                let kinds: Vec<&str> =
                    runbook.matches.kinds.iter().map(|kind| kind.word()).collect();
                if output.is_json() {
                    output.object(&serde_json::json!({
                        "schema": "blackstart/runbook-row/v1", "id": runbook.id, "kind": runbook.kind, "path": entry.path,
                        "kinds": kinds, "scenarios": runbook.matches.scenarios, "tools": runbook.matches.tools,
                    }))?;
                } else {
                    let kinds = if kinds.is_empty() { "any".to_owned() } else { kinds.join(",") };
                    let use_when = runbook.use_when.as_deref().unwrap_or_default();
                    output.data(&format!(
                        "{:34} {:9} {:8} {}\n",
                        runbook.id,
                        runbook.kind,
                        kinds,
                        escape::one_line(use_when.trim())
                    ))?;
                }
            }
        }
        Action::Show { id } => match library.get(&id) {
            Some(entry) => output.data(&escape::terminal(&entry.text))?,
            None => {
                let error = CommandError::new(Exit::Input, format!("there is no runbook {id:?}"));
                let near =
                    nearest(&id, library.entries.iter().map(|entry| entry.runbook.id.as_str()));
                return Err(error.hint(
                    near.map_or("blackstart runbook list".to_owned(), |near| {
                        format!("blackstart runbook show {near}")
                    }),
                ));
            }
        },
    }
    for unreadable in &library.unreadable {
        output.note(&crate::cli::problems::render(
            &escape::one_line(&unreadable.path),
            &unreadable.text,
            &unreadable.problems,
            output.colour(),
        ));
    }
    Ok(if library.unreadable.is_empty() { Exit::Ok } else { Exit::Input })
}
