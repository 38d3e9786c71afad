//! `blackstart check`: what is wrong with plans, scripts and runbooks, without running anything.

use std::ops::ControlFlow;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use crate::base::Risk;
use crate::check::Reviewed;
use crate::cli::output::Output;
use crate::cli::plans::name_of;
use crate::cli::problems::{load, refusal};
use crate::cli::reviews::{Format, Printer, Totals};
use crate::cli::{CommandError, Exit, Global, fixes};
use crate::evidence::Severity;
use crate::inventory;
use crate::runtime::files::shown;
use crate::runtime::reviewing::{self, Found, Given, Looked, Named, ReviewError, Reviewer};

/// Say what is wrong with plans, scripts, runbooks and inventories, without running anything
///
/// Reads every command as the shell would, through wrappers, functions and variables. What cannot be read is
/// a finding, never silence. Below a directory every file the checker knows is read, except for hidden ones and those that
/// .gitignore names. A comment accepts a finding where it is meant:
/// `# blackstart: allow CODE until YYYY-MM-DD because REASON`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  blackstart check plan.yaml backup.sh inventory.yaml
  blackstart check runbooks/                               a whole repository, on all cores
  blackstart check plan.yaml --inventory inventory.yaml --fail-on medium
  blackstart check --fix backup.sh                         shows the safe fixes as a diff, then asks
  ssh db1 cat /etc/cron.daily/backup | blackstart check -
  blackstart check . --format sarif > blackstart.sarif")]
pub struct Args {
    /// Plans, scripts, runbooks and inventories; directories of them; - for standard input
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// The inventory of the plans [default: the one each was drafted from]
    #[arg(long, value_name = "FILE")]
    inventory: Option<PathBuf>,
    /// How to print
    #[arg(long, default_value = "human", value_enum)]
    format: Format,
    /// The mildest severity that makes the exit code 3
    #[arg(long, value_name = "LEVEL", default_value = "high")]
    fail_on: Level,
    /// Apply the safe fixes; the differences are shown first
    #[arg(long)]
    fix: bool,
    /// Apply the fixes without asking
    #[arg(long, requires = "fix")]
    yes: bool,
    /// Below a directory, read what .gitignore names too
    #[arg(long)]
    no_ignore: bool,
    /// Files that are read at a time [default: one for each core]
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u16).range(1..=1024))]
    jobs: Option<u16>,
}

/// The mildest severity that is a reason to fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Level {
    Low,
    Medium,
    High,
    Critical,
    /// Findings never change the exit code
    Never,
}

impl Level {
    fn reached(self, severity: Severity) -> bool {
        match self {
            Self::Low => severity >= Severity::Low,
            Self::Medium => severity >= Severity::Medium,
            Self::High => severity >= Severity::High,
            Self::Critical => severity >= Severity::Critical,
            Self::Never => false,
        }
    }

    /// Tells whether a file is a reason to fail: what was found in it, or that it could not be read.
    pub fn fails(self, reviewed: &Reviewed) -> bool {
        let unread = reviewed.risk == Risk::Unknown && !reviewed.parsed && self != Self::Never;
        unread || reviewed.worst().is_some_and(|worst| self.reached(worst))
    }
}

/// How long work goes on before it says how far it is.
const QUIET: Duration = Duration::from_millis(400);

/// Runs the command. Exit code 3 says that there are findings at or above `--fail-on`, 2 that something could not be
/// checked.
pub fn run(args: Args, global: &Global, output: &mut Output) -> Result<Exit, CommandError> {
    let given = match &args.inventory {
        None => None,
        Some(path) => {
            let (inventory, text) = load(path, output, inventory::read)?;
            Some(Given { inventory, name: name_of(path), text })
        }
    };
    let reviewer = Reviewer::new(global.data_dir.clone(), given);
    let (files, problems) = reviewing::files(&args.paths, args.no_ignore);
    if let ([], [], [only, ..]) = (files.as_slice(), problems.as_slice(), args.paths.as_slice()) {
        let message = format!("{} is a directory without a file that is checked", shown(only));
        return Err(CommandError::new(Exit::Input, message));
    }
    if args.fix {
        return fixes::run(&reviewer, &files, args.yes, args.fail_on, global, output);
    }
    let format = if output.is_json() { Format::Json } else { args.format };
    let alone = args.paths.len() == 1 && files.iter().all(|found| found.named == Named::ByPerson);
    let mut review = Review {
        printer: format.printer(alone, output),
        output,
        fail_on: args.fail_on,
        alone,
        totals: Totals::default(),
        failed: false,
        unreadable: false,
        refused: None,
    };
    review.printer.begin(review.output)?;
    for problem in problems {
        review.unreadable = true;
        review.totals.unreadable += 1;
        review.printer.unreadable(std::path::Path::new(""), &problem, review.output)?;
    }
    let signals = review.output.end_on_interrupt()?;
    let (begun, mut last, mut done) = (Instant::now(), Instant::now(), 0);
    let jobs = args.jobs.map_or_else(cores, usize::from);
    reviewer.each(&files, jobs, |found, looked| {
        review.output.progress_done();
        if let Err(error) = review.take(found, looked) {
            review.refused = Some(error);
            return ControlFlow::Break(());
        }
        done += 1;
        if begun.elapsed() > QUIET && last.elapsed() > QUIET / 4 {
            last = Instant::now();
            review.output.progress(&format!(
                "{done} of {} files, {}",
                files.len(),
                shown(&found.path)
            ));
        }
        ControlFlow::Continue(())
    });
    review.output.progress_done();
    signals.close();
    if let Some(error) = review.refused {
        return Err(error);
    }
    review.printer.end(&review.totals, review.output)?;
    Ok(match (review.unreadable, review.failed) {
        (true, _) => Exit::Input,
        (false, true) => Exit::Findings,
        (false, false) => Exit::Ok,
    })
}

/// Returns how many threads this machine runs at a time.
fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
}

struct Review<'a> {
    printer: Box<dyn Printer>,
    output: &'a mut Output,
    fail_on: Level,
    /// Whether a single file was named, so that what is wrong with it is an error of the command.
    alone: bool,
    totals: Totals,
    failed: bool,
    unreadable: bool,
    refused: Option<CommandError>,
}

impl Review<'_> {
    fn take(&mut self, found: &Found, looked: Looked) -> Result<(), CommandError> {
        match looked {
            Looked::Reviewed(reviewed) => {
                self.totals.add(&reviewed);
                self.failed |= self.fail_on.fails(&reviewed);
                self.printer.file(&reviewed, self.output)
            }
            Looked::Nothing => Ok(()),
            Looked::Invalid { text, problems } => {
                self.unreadable = true;
                self.totals.unreadable += 1;
                let error = refusal(&found.path, &text, &problems, self.output);
                self.say(found, error)
            }
            Looked::Refused(error) => {
                self.unreadable = true;
                self.totals.unreadable += 1;
                self.say(found, refused(error))
            }
        }
    }

    fn say(&mut self, found: &Found, error: CommandError) -> Result<(), CommandError> {
        if self.alone {
            return Err(error);
        }
        let why = std::iter::once(&error.message).chain(&error.causes).chain(&error.hints);
        let why: Vec<&str> = why.map(String::as_str).collect();
        self.printer.unreadable(&found.path, &why.join("; "), self.output)
    }
}

/// Returns why a file could not be looked at, with what to do.
pub fn refused(error: ReviewError) -> CommandError {
    match error {
        ReviewError::File(error) => error.into(),
        ReviewError::Runtime(error) => error.into(),
        ReviewError::NoInventory { .. } => CommandError::caused(Exit::Input, &error)
            .hint("name the inventory with --inventory FILE"),
        ReviewError::Empty => CommandError::caused(Exit::Input, &error)
            .hint("look whether the command before the pipe succeeded"),
        ReviewError::Failed => CommandError::caused(Exit::Error, &error),
    }
}
