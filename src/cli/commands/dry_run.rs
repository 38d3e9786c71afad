//! `blackstart dry-run`: runs a plan or a script where it can do no harm, and reports what it did.

use crate::base::{Id, nearest};
use crate::check::Language;
use crate::cli::output::Output;
use crate::cli::plans::PlanArgs;
use crate::cli::problems::load;
use crate::cli::seen::{self, Detail};
use crate::cli::{CommandError, Exit, Global};
use crate::evidence::{Outcome, Severity, v1};
use crate::inventory;
use crate::runtime::files::{read_script, shown};
use crate::runtime::{DryRunProgress, Following, Runtime};

/// Run a plan or a script where it can do no harm, and report what it did
///
/// Every step runs over a view of the whole file system, on top of the steps before it. Nothing outside changes and
/// nothing leaves the machine. What is simulated is labelled so.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  blackstart dry-run plan.yaml
  blackstart dry-run plan.yaml --step restore      only up to this step
  blackstart dry-run cleanup.sh --json             any script
  blackstart dry-run cleanup.sh --exact            with the end of every program")]
pub struct Args {
    #[command(flatten)]
    plan: PlanArgs,
    /// Stop behind this step; the result is shown, not kept as evidence
    #[arg(long, value_name = "ID")]
    step: Option<String>,
    /// Follow every program to its end: exit codes, signals, processor time
    ///
    /// Each process is traced, so starting one takes about twice as long, and programs that trace others (strace, gdb)
    /// fail as they do without it. Use it to see which program of a long pipeline failed.
    #[arg(long)]
    exact: bool,
    /// Show every effect and diff, not the first few
    #[arg(long)]
    all: bool,
}

/// Runs the command. Exit code 5 says that a step failed, 3 that what was seen is a finding that weighs, 12 that no dry
/// run counts here.
pub fn run(args: Args, global: &Global, output: &mut Output) -> Result<Exit, CommandError> {
    let runtime = Runtime::open(global.data_dir.clone())?;
    let path = args.plan.plan.clone();
    let mut watch = |progress: DryRunProgress<'_>| match progress {
        DryRunProgress::Level(_) => {}
        DryRunProgress::Begins(step) => output.progress(&format!("{step} …")),
        DryRunProgress::Ended(_) => output.progress_done(),
    };
    let following = if args.exact { Following::Ends } else { Following::Starts };
    let mut quiet = Output::new(global);
    let result = if is_script(&path)? {
        let inventory = args.plan.inventory.as_deref();
        let inventory =
            inventory.map(|path| load(path, &mut quiet, inventory::read)).transpose()?;
        let inventory = inventory.map(|(inventory, _)| inventory);
        runtime.dry_run_script(&path, inventory.as_ref(), following, &mut watch)?
    } else {
        let loaded = args.plan.load(&runtime, &mut quiet)?;
        let last = args.step.as_deref().map(|step| known(&loaded.plan, step)).transpose()?;
        runtime.dry_run(
            &loaded.plan,
            loaded.inventory.as_ref(),
            loaded.fingerprint,
            last.as_ref(),
            following,
            &mut watch,
        )?
    };
    if output.is_json() {
        output.data(&(v1::write_dry_run(&result) + "\n"))?;
    } else {
        let detail = if args.all { Detail::All } else { Detail::First(12) };
        output.data(&seen::text(&result, detail))?;
    }
    let failed = result
        .steps
        .iter()
        .any(|step| matches!(step.outcome, Outcome::Failed | Outcome::TimedOut | Outcome::Limited));
    let mut findings = result.steps.iter().flat_map(|step| &step.findings);
    let severe = findings.any(|finding| finding.severity >= Severity::High);
    Ok(match (result.level.counts(), failed, severe) {
        (false, _, _) => Exit::Sandbox,
        (true, true, _) => Exit::StepFailed,
        (true, false, true) => Exit::Findings,
        (true, false, false) => Exit::Ok,
    })
}

fn known(plan: &crate::plan::Plan, step: &str) -> Result<Id, CommandError> {
    let found = plan.step(step).map(|step| step.id.clone());
    found.ok_or_else(|| {
        let error = CommandError::new(
            Exit::Input,
            format!("there is no step {step:?} in the plan {}", plan.id),
        );
        match nearest(step, plan.steps.iter().map(|step| step.id.as_str())) {
            Some(near) => error.hint(format!("did you mean --step {near}?")),
            None => error,
        }
    })
}

/// A plan is YAML that says so; every other readable file is a script.
fn is_script(path: &std::path::Path) -> Result<bool, CommandError> {
    if !path.exists() {
        return Ok(false);
    }
    let yaml = path.extension().is_some_and(|extension| extension == "yaml" || extension == "yml");
    let text = read_script(path)?;
    let says_plan = text.lines().take(50).any(|line| line.trim_start().starts_with("schema:"));
    let is_script = !yaml && !says_plan;
    let language = Language::of(&text, &path.to_string_lossy());
    if is_script && !language.is_shell() && !text.starts_with("#!") {
        let message = format!("{} is {}, which no shell can run", shown(path), language.word());
        return Err(CommandError::new(Exit::Input, message)
            .hint("name a plan, a shell script, or a script whose first line says what runs it"));
    }
    Ok(is_script)
}
