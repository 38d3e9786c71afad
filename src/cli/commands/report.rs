//! `blackstart report`: what a run did, promised and measured side by side.

use std::path::PathBuf;

use crate::cli::output::Output;
use crate::cli::{CommandError, Exit, Global};
use crate::report::formats::{Format, render};
use crate::runtime::Runtime;
use crate::runtime::files::{Executable, write_whole};

/// Tell what a run did: promised and measured, evidence, waivers, timeline
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  blackstart report latest\n  blackstart report latest --out report.md"
)]
pub struct Args {
    /// The run or the incident; `latest` is the newest run
    #[arg(default_value = "latest", value_name = "RUN|INCIDENT")]
    run: String,
    /// Write it to this file instead of standard output
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

/// Runs the command.
pub fn run(args: Args, global: &Global, output: &mut Output) -> Result<Exit, CommandError> {
    let runtime = Runtime::open(global.data_dir.clone())?;
    let report = runtime.report(&args.run)?;
    let text = render(&report, if output.is_json() { Format::Json } else { Format::Markdown });
    match &args.out {
        Some(path) => write_whole(path, text.as_bytes(), Executable::No)?,
        None => output.data(&text)?,
    }
    Ok(Exit::Ok)
}
