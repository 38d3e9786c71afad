//! `blackstart log`: shows, verifies, exports and anchors the hash-chained log.

use std::path::PathBuf;

use crate::base::{Id, escape};
use crate::cli::output::Output;
use crate::cli::{CommandError, Exit, Global};
use crate::evidence::Record;
use crate::runtime::{Anchor, Runtime};

/// Show, verify, export and anchor the log
///
/// Every approval and every event of every run is one record; each holds a digest over itself and the record
/// before. A changed, removed or moved record is found by `verify`; a cut-off end only against an anchor.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  blackstart log show --run latest
  blackstart log anchor /mnt/usb/blackstart.anchors
  blackstart log verify --anchor /mnt/usb/blackstart.anchors")]
pub struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    /// Show the records
    Show {
        /// Only those of this run; `latest` is the newest
        #[arg(long)]
        run: Option<String>,
    },
    /// Prove that no record was changed, removed or moved
    Verify {
        /// A file of anchors to compare with
        #[arg(long, value_name = "FILE")]
        anchor: Option<PathBuf>,
    },
    /// Print every record as JSON Lines
    Export,
    /// Add the number and digest of the last record to a file that should lie elsewhere
    Anchor {
        /// The file; it is made where it is missing
        file: PathBuf,
    },
}

/// Runs the command.
pub fn run(args: Args, global: &Global, output: &mut Output) -> Result<Exit, CommandError> {
    let runtime = Runtime::open(global.data_dir.clone())?;
    let store = runtime.store();
    match args.action {
        Action::Show { run } => {
            let run: Option<Id> = run.map(|name| store.run(&name)).transpose()?.map(|run| run.id);
            for record in store.records(run.as_ref(), 0)? {
                let text = if output.is_json() { record.json() } else { line(&record) };
                output.data(&(text + "\n"))?;
            }
            Ok(Exit::Ok)
        }
        Action::Export => {
            for record in store.records(None, 0)? {
                output.data(&(record.json() + "\n"))?;
            }
            Ok(Exit::Ok)
        }
        Action::Anchor { file } => {
            let anchor = store.anchor(&file, runtime.now())?;
            if output.is_json() {
                output.object(&serde_json::json!({
                    "schema": "blackstart/anchor/v1", "seq": anchor.seq, "head": anchor.head.to_string(),
                    "at": anchor.at, "file": file.to_string_lossy(),
                }))?;
                return Ok(Exit::Ok);
            }
            output.data(&format!(
                "anchored record {} ({}) in {}\n",
                anchor.seq,
                anchor.head.short(),
                crate::runtime::files::shown(&file)
            ))?;
            Ok(Exit::Ok)
        }
        Action::Verify { anchor } => {
            let anchors = anchor.map(|file| Anchor::read(&file)).transpose()?.unwrap_or_default();
            let verified = store.verify(&anchors)?;
            let broken: Vec<String> = verified
                .broken
                .iter()
                .map(|broken| escape::one_line(&broken.to_string()))
                .collect();
            if output.is_json() {
                output.object(&serde_json::json!({
                    "schema": "blackstart/log-verify/v1", "records": verified.records, "anchors": verified.anchors,
                    "intact": broken.is_empty(), "broken": broken,
                }))?;
            } else if broken.is_empty() {
                output.data(&format!(
                    "intact: {} records, {} anchors\n",
                    verified.records, verified.anchors
                ))?;
            } else {
                output.data(&format!("BROKEN: {} records\n", verified.records))?;
                for one in &broken {
                    output.data(&format!("  {one}\n"))?;
                }
            }
            Ok(if broken.is_empty() { Exit::Ok } else { Exit::Chain })
        }
    }
}

fn line(record: &Record) -> String {
    let of = |id: &Option<Id>| id.as_ref().map_or("-".to_owned(), ToString::to_string);
    let detail = escape::one_line(&record.detail);
    format!(
        "{:>6}  {}  {:26}  {:20}  {:18}  {}",
        record.seq,
        record.at,
        of(&record.run),
        of(&record.step),
        record.name,
        detail
    )
}
