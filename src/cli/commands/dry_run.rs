//! `blackstart dry-run`: runs a plan or a script where it can do no harm, and reports what it did.

use crate::base::{Id, escape, nearest};
use crate::cli::output::Output;
use crate::cli::plans::PlanArgs;
use crate::cli::{CommandError, Exit, Global};
use crate::evidence::{
    Change, Declared, DryRun, Effect, Ended, FileEffect, Outcome, StepDryRun, v1,
};
use crate::runtime::files::{read_text, shown};
use crate::runtime::{DryRunProgress, Runtime};

/// Run a plan or a script where it can do no harm, and report what it did
///
/// Every step runs over a view of the whole file system, on top of the steps before it. Nothing outside changes and
/// nothing leaves the machine. What is simulated is labelled so.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  blackstart dry-run plan.yaml
  blackstart dry-run plan.yaml --step restore      only up to this step
  blackstart dry-run cleanup.sh --json             any script")]
pub struct Args {
    #[command(flatten)]
    plan: PlanArgs,
    /// Stop behind this step; the result is shown, not kept as evidence
    #[arg(long, value_name = "ID")]
    step: Option<String>,
    /// Show every effect and diff, not the first few
    #[arg(long)]
    all: bool,
}

/// Runs the command. Exit code 5 says that a step failed, 12 that no dry run counts here.
pub fn run(args: Args, global: &Global, output: &mut Output) -> Result<Exit, CommandError> {
    let runtime = Runtime::open(global.data_dir.clone())?;
    let path = args.plan.plan.clone();
    let mut watch = |progress: DryRunProgress<'_>| match progress {
        DryRunProgress::Level(_) => {}
        DryRunProgress::Begins(step) => output.progress(&format!("{step} …")),
        DryRunProgress::Ended(_) => output.progress_done(),
    };
    let result = if is_script(&path)? {
        runtime.dry_run_script(&path, &mut watch)?
    } else {
        let mut quiet = Output::new(global);
        let loaded = args.plan.load(&runtime, &mut quiet)?;
        let last = args.step.as_deref().map(|step| known(&loaded.plan, step)).transpose()?;
        runtime.dry_run(
            &loaded.plan,
            loaded.inventory.as_ref(),
            loaded.fingerprint,
            last.as_ref(),
            &mut watch,
        )?
    };
    if output.is_json() {
        output.data(&(v1::write_dry_run(&result) + "\n"))?;
    } else {
        output.data(&text(&result, if args.all { usize::MAX } else { 12 }))?;
    }
    let failed = result
        .steps
        .iter()
        .any(|step| matches!(step.outcome, Outcome::Failed | Outcome::TimedOut | Outcome::Limited));
    Ok(match (result.level.counts(), failed) {
        (false, _) => Exit::Sandbox,
        (true, true) => Exit::StepFailed,
        (true, false) => Exit::Ok,
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
    let text = read_text(path)?;
    let says_plan = text.lines().take(50).any(|line| line.trim_start().starts_with("schema:"));
    Ok(!yaml && !says_plan)
}

/// Returns a dry run as text for people: at most `most` effects of each step.
pub fn text(run: &DryRun, most: usize) -> String {
    let mut lines = vec![];
    let counts = if run.level.counts() { "" } else { "  THIS DOES NOT COUNT AS A DRY RUN" };
    lines.push(format!("level {}{counts}", run.level.word()));
    lines.extend(run.level_reason.iter().map(|reason| format!("  {}", escape::one_line(reason))));
    for step in &run.steps {
        lines.push(headline(step));
        lines.extend(step.notes.iter().map(|note| format!("    {}", escape::one_line(note))));
        if step.outcome == Outcome::Failed {
            let said = step.stderr.text.lines().rev().take(5).collect::<Vec<_>>();
            lines.extend(
                said.into_iter().rev().map(|line| format!("    | {}", escape::one_line(line))),
            );
        }
        let calls = step.simulated_calls.iter().filter(|call| !call.would.is_empty());
        lines.extend(calls.take(most).map(|call| {
            format!(
                "    would    {} ({})",
                escape::one_line(&call.would),
                escape::one_line(&call.tool)
            )
        }));
        for effect in step.effects.iter().take(most) {
            lines.extend(effect_lines(effect));
        }
        let left = step.effects_total.saturating_sub(step.effects.len().min(most) as u64);
        if left > 0 {
            lines.push(format!("    … and {left} more effects (--all, --json)"));
        }
        if let Some(proof) = &step.rollback {
            match (proof.outcome, proof.differences.as_slice()) {
                (Outcome::Passed, []) => {
                    lines.push("    rollback proven: the tree is what it was".into())
                }
                (Outcome::Simulated, []) => lines.push(
                    "    rollback simulated: the files are what they were, stand-ins answered for the rest"
                        .into(),
                ),
                (outcome, differences) => {
                    lines.push(format!(
                        "    ROLLBACK NOT PROVEN ({}), {} differences",
                        outcome.word(),
                        differences.len()
                    ));
                    lines.extend(
                        differences
                            .iter()
                            .take(most)
                            .map(|one| format!("      {}", escape::one_line(one))),
                    );
                }
            }
        }
    }
    lines.iter().map(|line| line.trim_end().to_owned() + "\n").collect()
}

fn headline(step: &StepDryRun) -> String {
    let exit = match (step.exit_code, step.signal) {
        (Some(0), _) | (None, None) => String::new(),
        (Some(code), _) => format!("  exit {code}"),
        (None, Some(signal)) => format!("  signal {signal}"),
    };
    let limit = step.limit.as_ref().map(|limit| format!("  limit {limit}")).unwrap_or_default();
    let simulated = match step.simulated.as_slice() {
        [] => String::new(),
        tools => format!("  simulated: {}", escape::one_line(&tools.join(", "))),
    };
    format!(
        "{:10} {:28} {:>7.1} s{exit}{limit}{simulated}",
        step.outcome.word(),
        step.id,
        step.duration.as_secs_f64()
    )
}

fn effect_lines(effect: &Effect) -> Vec<String> {
    match effect {
        Effect::File(file) => file_lines(file),
        Effect::Exec { argv, file, ended, .. } => {
            let file = file.as_ref().map(|file| format!("  (the file is {file})"));
            let words = format!("{}{}", argv.join(" "), file.unwrap_or_default());
            vec![format!("    runs     {}{}", escape::one_line(&words), end(ended.as_ref()))]
        }
        Effect::Lookup { name } => vec![format!("    asks for {}", escape::one_line(name))],
        Effect::Connect { destination, declared, .. } => {
            vec![format!("    connects {}{}", escape::one_line(destination), undeclared(*declared))]
        }
        Effect::Denied { what } => vec![format!("    denied   {}", escape::one_line(what))],
    }
}

/// How a program ended, where it did not end well.
fn end(ended: Option<&Ended>) -> String {
    match ended {
        None | Some(Ended::Code(0)) => String::new(),
        Some(Ended::NotStarted(why)) => format!("  NOT STARTED: {}", escape::one_line(why)),
        Some(Ended::Code(code)) => format!("  exit {code}"),
        Some(Ended::Signal(signal)) => format!("  signal {signal}"),
    }
}

fn file_lines(file: &FileEffect) -> Vec<String> {
    let sign = match file.change {
        Change::Created => "+",
        Change::Deleted => "-",
        Change::Modified => "~",
        Change::Renamed => ">",
        Change::TypeChanged => "!",
        Change::Metadata => "m",
    };
    let from =
        file.from.as_ref().map(|from| format!(" (from {})", shown(from))).unwrap_or_default();
    let size =
        file.bytes.map(|bytes| format!("  {}", crate::base::Size(bytes))).unwrap_or_default();
    let mut lines =
        vec![format!("    {sign} {}{from}{size}{}", shown(&file.path), undeclared(file.declared))];
    if let Some(diff) = &file.diff {
        lines.extend(diff.lines().map(|line| format!("        {}", escape::one_line(line))));
    }
    lines
}

fn undeclared(declared: Declared) -> &'static str {
    match declared {
        Declared::No => "  NOT DECLARED",
        Declared::Yes | Declared::NothingDeclared => "",
    }
}
