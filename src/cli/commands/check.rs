//! `blackstart check`: what is wrong with plans, scripts and runbooks, without running anything.

use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::base::Risk;
use crate::check::Reviewed;
use crate::cli::interrupts::Interrupts;
use crate::cli::output::Output;
use crate::cli::plans::name_of;
use crate::cli::problems::{load, refusal};
use crate::cli::reviews::{Format, Printer, Totals, not_kept};
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
    let format = if output.is_json() { Format::Json } else { args.format };
    let jobs = args.jobs.map_or_else(cores, usize::from);
    if args.fix {
        let asked = fixes::Asked { yes: args.yes, fail_on: args.fail_on, format, jobs };
        return fixes::run(&reviewer, &files, &asked, global, output);
    }
    let alone = args.paths.len() == 1 && files.iter().all(|found| found.named == Named::ByPerson);
    let mut review = Review {
        printer: format.printer(alone, output),
        output,
        fail_on: args.fail_on,
        // A document is printed whole, whatever is wrong with a file.
        alone: alone && format == Format::Human,
        totals: Totals { of: files.len(), ..Totals::default() },
        failed: false,
        unreadable: false,
        refused: None,
        ended: false,
    };
    review.printer.begin(review.output)?;
    for problem in problems {
        review.unreadable = true;
        review.totals.unreadable += 1;
        review.printer.unreadable(&problem.path, &problem.why, review.output)?;
    }
    let review = Mutex::new(review);
    let held = || review.lock().unwrap_or_else(PoisonError::into_inner);
    let interrupts = Interrupts::hear()?;
    std::thread::scope(|scope| {
        scope.spawn(|| {
            if let Some(signal) = interrupts.next() {
                // Nobody prints anything behind this, so it stays held.
                let mut review = held();
                review.interrupted(signal);
                std::process::exit(128 + signal);
            }
        });
        let _closing = interrupts.closing();
        let (begun, mut last) = (Instant::now(), Instant::now());
        reviewer.each(&files, jobs, |found, looked| {
            let mut review = held();
            review.output.progress_done();
            review.totals.done += 1;
            if let Err(error) = review.take(found, looked) {
                review.refused = Some(error);
                return ControlFlow::Break(());
            }
            if begun.elapsed() > QUIET && last.elapsed() > QUIET / 4 {
                last = Instant::now();
                let Totals { done, of, .. } = review.totals;
                let line = format!("{done} of {of} files, {}", shown(&found.path));
                review.output.progress(&line);
            }
            ControlFlow::Continue(())
        });
        held().end(&reviewer)
    })
}

/// Returns how many threads this machine runs at a time.
fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
}

struct Review<'a> {
    printer: Box<dyn Printer + Send>,
    output: &'a mut Output,
    fail_on: Level,
    /// Whether a single file was named, so that what is wrong with it is an error of the command.
    alone: bool,
    totals: Totals,
    failed: bool,
    unreadable: bool,
    refused: Option<CommandError>,
    /// Whether what stands behind all files was printed.
    ended: bool,
}

impl Review<'_> {
    /// Prints what stands behind all files, and returns how the command ends.
    fn end(&mut self, reviewer: &Reviewer) -> Result<Exit, CommandError> {
        self.output.progress_done();
        self.ended = true;
        if let Some(error) = self.refused.take() {
            return Err(error);
        }
        if let Some(why) = reviewer.unkept() {
            self.output.note(&not_kept(&why));
        }
        self.printer.end(&self.totals, self.output)?;
        Ok(match (self.unreadable, self.failed) {
            (true, _) => Exit::Input,
            (false, true) => Exit::Findings,
            (false, false) => Exit::Ok,
        })
    }

    /// Ends what was printed so far, so that it can be read, and says that it is not all.
    fn interrupted(&mut self, signal: i32) {
        self.output.progress_done();
        if !self.ended && self.refused.is_none() {
            self.totals.interrupted = Some(signal);
            // There is nobody left to tell that this fails.
            let _ = self.printer.end(&self.totals, self.output);
        }
    }

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
