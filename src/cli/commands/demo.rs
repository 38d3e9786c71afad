//! `blackstart demo`: the whole flow on a throw-away tree, for real, offline.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::base::{Digest, escape};
use crate::check::{Checked, fixed};
use crate::cli::findings::{self, Texts};
use crate::cli::output::Output;
use crate::cli::seen::{self, Detail};
use crate::cli::{CommandError, Exit, Global};
use crate::draft::{Draft, Request, artifacts, draft};
use crate::evidence::{Answer, Event, Finding, Question, Severity, Waived};
use crate::inventory::Inventory;
use crate::plan::{Kind, Plan};
use crate::report::formats::{Format, render};
use crate::runtime::demo::{ASSET, Demo, DemoError};
use crate::runtime::files::{Executable, write_whole};
use crate::runtime::{DryRunProgress, Followed, Input, Runtime, targets};
use crate::tui::{Left, Start};

/// See the whole flow on a throw-away tree: real files, a real backup, a real sandbox, real processes, no network
///
/// Makes a small tree in a temporary directory, backs it up, damages it, and recovers it. With --auto everything is shown
/// without a question and the demo plays the operator; it succeeds only where every byte and all metadata are as before.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  blackstart demo           guided, in the terminal interface\n  blackstart demo --auto    everything at once"
)]
pub struct Args {
    /// Show everything without a question
    #[arg(long)]
    auto: bool,
    /// Keep the directory with the tree, the copies, the store and the report
    #[arg(long)]
    keep: bool,
}

/// Runs the command. Exit code 4 says that the recovered tree is not what it was.
pub fn run(args: Args, global: &Global, output: &mut Output) -> Result<Exit, CommandError> {
    let place = tempfile::Builder::new().prefix("blackstart-demo-").tempdir()?;
    let root = std::fs::canonicalize(place.path())?;
    let runtime = Runtime::open(Some(root.join("store")))?;
    let exit = if args.auto || global.plain || global.json || global.no_input {
        auto(&runtime, &root, output)
    } else {
        guided_below(global, runtime, &root)
    };
    if args.keep {
        output.note(&format!("kept {}", crate::runtime::files::shown(&place.keep())));
    }
    exit
}

/// The flow in the terminal interface, with a line of guidance at each stage.
pub fn guided(global: &Global) -> Result<Exit, CommandError> {
    let place = tempfile::Builder::new().prefix("blackstart-demo-").tempdir()?;
    let root = std::fs::canonicalize(place.path())?;
    guided_below(global, Runtime::open(Some(root.join("store")))?, &root)
}

fn guided_below(global: &Global, runtime: Runtime, root: &Path) -> Result<Exit, CommandError> {
    let demo = prepare(&runtime, root)?;
    let planted = demo.plant(&draft_of(&runtime, &demo)?.plan);
    let start = Start::Demo {
        inventory: demo.inventory_text.clone(),
        incident: crate::base::document::write(&demo.incident),
        planted: planted.steps.get(1).cloned().map(Box::new),
    };
    match super::interface(global, || Ok(runtime), start)? {
        Left::Quit | Left::Demo => Ok(Exit::Ok),
        Left::Signal(_) => Ok(Exit::Interrupted),
    }
}

/// The flow from the first stage to the last. Data goes to standard output: what a person would read, in order.
fn auto(runtime: &Runtime, root: &Path, output: &mut Output) -> Result<Exit, CommandError> {
    let mut stage = Stages { number: 0 };
    stage.begin(output, "a tree, a backup, the damage")?;
    let demo = prepare(runtime, root)?;
    let lost = demo.differences()?;
    output.say(&format!(
        "  {} entries, {} bytes, backed up with tar by a drafted script; then damaged: {} differences, like\n",
        demo.before.len(), demo.before.bytes(), lost.len()
    ))?;
    for line in lost.iter().take(4) {
        output.say(&format!("    {line}\n"))?;
    }

    stage.begin(output, "draft: a plan from the incident, the inventory and a runbook")?;
    let plan = drafted(runtime, &demo, output)?;

    stage.begin(output, "check: every command read, nothing run")?;
    output.say("  a colleague added a step to the plan; the check says:\n")?;
    let planted = demo.plant(&plan);
    let plan = mended(runtime, &demo, &planted, output)?;
    let fingerprint = plan.fingerprint(Some(&demo.inventory));

    stage.begin(output, "dry run: every step over a view of the whole file system")?;
    dry_run(runtime, &plan, &demo, fingerprint, output)?;

    stage.begin(output, "approve: bound to exactly this plan and this evidence")?;
    approve(runtime, &plan, fingerprint, output)?;

    stage.begin(output, "execute: for real, in a process of its own")?;
    let run = execute(runtime, &plan, &demo, output)?;

    stage.begin(output, "verify: content and metadata, against the tree before the damage")?;
    let differences = demo.differences()?;
    if !differences.is_empty() {
        for line in &differences {
            output.say(&format!("    {line}\n"))?;
        }
        return Err(CommandError::new(
            Exit::Verification,
            format!("the recovered tree has {} differences", differences.len()),
        ));
    }
    output.say(&format!(
        "  identical: {} entries, every byte, mode, owner, time and link\n",
        demo.before.len()
    ))?;

    stage.begin(output, "report")?;
    let report = runtime.report(&run)?;
    let text = render(&report, Format::Markdown);
    write_whole(&root.join("report.md"), text.as_bytes(), Executable::No)?;
    output.say(&escape::terminal(&text))?;
    if output.is_json() {
        output.data(&render(&report, Format::Json))?;
    }
    stage.begin(output, "with a model: what leaves, what comes back, what of it is believed")?;
    crate::cli::demo_model::stage(runtime, output)?;
    output.say("\nThe demo recovered its tree. A first real use with your own inventory: see the README, or `blackstart inventory --help`.\n")?;
    Ok(Exit::Ok)
}

struct Stages {
    number: usize,
}

impl Stages {
    fn begin(&mut self, output: &mut Output, what: &str) -> Result<(), CommandError> {
        self.number += 1;
        output.say(&format!("\n== {} {what}\n", self.number))
    }
}

/// Sets the demo up: the tree is backed up by the script that the template drafter makes.
pub fn prepare(runtime: &Runtime, root: &Path) -> Result<Demo, CommandError> {
    let demo =
        Demo::prepare(root, || runtime.now(), |inventory| backup_script(runtime, root, inventory))?;
    runtime.keep_inventory("demo", &demo.inventory_text)?;
    runtime.keep_incident(&demo.incident)?;
    Ok(demo)
}

fn backup_script(runtime: &Runtime, root: &Path, inventory: &Inventory) -> Result<PathBuf, String> {
    let drafted = draft(&Request {
        inventory,
        incident: None,
        asset: Some(ASSET),
        scenario: None,
        kind: Kind::Backup,
        parameters: &BTreeMap::new(),
        now: runtime.now(),
        library: &runtime.library(),
        runbook: None,
    })
    .map_err(|error| error.to_string())?;
    let script = artifacts(&drafted.plan)
        .into_iter()
        .find(|artifact| artifact.executable)
        .ok_or("the backup plan makes no script")?;
    let path = root.join("bin").join(script.name);
    write_whole(&path, script.contents.as_bytes(), Executable::Yes)
        .map_err(|error| error.to_string())?;
    Ok(path)
}

fn draft_of(runtime: &Runtime, demo: &Demo) -> Result<Draft, CommandError> {
    draft(&Request {
        inventory: &demo.inventory,
        incident: Some(&demo.incident),
        asset: None,
        scenario: None,
        kind: Kind::Recovery,
        parameters: &BTreeMap::new(),
        now: runtime.now(),
        library: &runtime.library(),
        runbook: None,
    })
    .map_err(|error| CommandError::caused(Exit::Error, &error))
}

fn drafted(runtime: &Runtime, demo: &Demo, output: &mut Output) -> Result<Plan, CommandError> {
    let drafted = draft_of(runtime, demo)?;
    output.say(&format!(
        "  {}: {} steps, from runbook {}\n",
        drafted.plan.title,
        drafted.plan.steps.len(),
        drafted.runbook
    ))?;
    for line in
        super::estimate::shown(&drafted.estimate).lines().take_while(|line| *line != "terms:")
    {
        output.say(&format!("  {line}\n"))?;
    }
    Ok(drafted.plan)
}

/// Shows the findings of the plan with the planted step, applies the fixes they offer as a diff, and checks again.
fn mended(
    runtime: &Runtime,
    demo: &Demo,
    planted: &Plan,
    output: &mut Output,
) -> Result<Plan, CommandError> {
    let checked = check(runtime, planted, demo)?;
    output.say(&indented(&findings::text(
        "plan",
        &checked.findings,
        &Texts::Plan { plan: planted },
        false,
    )))?;
    let bad = |checked: &Checked| {
        checked.findings.iter().filter(|finding| finding.severity >= Severity::High).count()
    };
    let fixable: Vec<&Finding> =
        checked.findings.iter().filter(|finding| finding.edit.is_some()).collect();
    let Some(finding) = fixable.first() else {
        return Err(CommandError::new(Exit::Verification, "the planted mistake was not found"));
    };
    let plan = fixed(planted, finding)
        .ok_or_else(|| CommandError::new(Exit::Error, "the fix does not fit the plan"))?;
    let text =
        |plan: &Plan| plan.steps.iter().filter_map(|step| step.run.clone()).collect::<String>();
    let (before, after) = (text(planted), text(&plan));
    let diff = similar::TextDiff::from_lines(&before, &after);
    output.say("  the fix it offers, applied:\n")?;
    for change in diff.iter_all_changes().filter(|change| change.tag() != similar::ChangeTag::Equal)
    {
        output.say(&format!(
            "    {}{}\n",
            change.tag(),
            escape::one_line(change.value().trim_end())
        ))?;
    }
    let again = check(runtime, &plan, demo)?;
    output.say(&format!(
        "  checked again: {} findings, {} high or critical; risk {}\n",
        again.findings.len(),
        bad(&again),
        again.risk
    ))?;
    match bad(&again) {
        0 => Ok(plan),
        _ => Err(CommandError::new(
            Exit::Findings,
            findings::text("plan", &again.findings, &Texts::Plan { plan: &plan }, false),
        )),
    }
}

fn check(runtime: &Runtime, plan: &Plan, demo: &Demo) -> Result<Checked, CommandError> {
    let fingerprint = plan.fingerprint(Some(&demo.inventory));
    Ok(runtime.check_plan(plan, Some(&demo.inventory), fingerprint)?)
}

fn dry_run(
    runtime: &Runtime,
    plan: &Plan,
    demo: &Demo,
    fingerprint: Digest,
    output: &mut Output,
) -> Result<(), CommandError> {
    let mut quiet = |_: DryRunProgress<'_>| {};
    let following = crate::runtime::Following::Starts;
    let (inventory, last) = (Some(&demo.inventory), None);
    let result = runtime.dry_run(plan, inventory, fingerprint, last, following, &mut quiet)?;
    output.say(&indented(&seen::text(&result, Detail::First(3))))
}

/// Approves, with a waiver and its reason for everything a dry run cannot prove.
fn approve(
    runtime: &Runtime,
    plan: &Plan,
    fingerprint: Digest,
    output: &mut Output,
) -> Result<(), CommandError> {
    let mut waivers: Vec<(Waived, String)> = vec![];
    for gap in runtime.gaps(plan, fingerprint)? {
        let Some(what) = gap.waiver else {
            return Err(CommandError::new(Exit::Approval, gap.message));
        };
        let reason = match &what {
            Waived::Level => "this machine cannot make a sandbox; the tree is a throw-away",
            _ => "it is a throw-away tree and the demo plays the operator",
        };
        output.say(&format!("  waived: {}, because {reason}\n", escape::one_line(&gap.message)))?;
        waivers.push((what, reason.to_owned()));
    }
    let approved =
        runtime.approve(plan, fingerprint, "the demo", waivers, Duration::from_secs(3600))?;
    output.say(&format!("  approved: fingerprint {}\n", approved.approval.fingerprint.short()))
}

/// Runs the plan and answers what it asks, as an operator would.
fn execute(
    runtime: &Runtime,
    plan: &Plan,
    demo: &Demo,
    output: &mut Output,
) -> Result<String, CommandError> {
    let who = runtime.operator(Some("the demo"));
    let run = runtime.create_run(plan, Some(&demo.inventory), &who)?;
    for target in targets(plan) {
        runtime.confirm_target(&run.id, &target, &who)?;
    }
    runtime.start_run(&run.id, Input::Asked, vec![])?;
    let mut failure = None;
    let followed = runtime.follow_run(&run.id, 0, |record| {
        let Some(record) = record else {
            return ControlFlow::Continue(());
        };
        let result = match (&record.step, record.event()) {
            (Some(step), Some(Event::StepFinished(end))) => {
                let why =
                    end.why.map(|why| format!(": {}", escape::one_line(&why))).unwrap_or_default();
                output.say(
                    &format!(
                        "  {:?} {step} ({:.1} s){why}\n",
                        end.outcome,
                        end.duration_ms as f64 / 1e3
                    )
                    .to_lowercase(),
                )
            }
            (
                Some(step),
                Some(Event::Question { question: Question::Act | Question::Decide, .. }),
            ) => by_hand(demo, step.as_str(), output)
                .and_then(|()| Ok(runtime.answer(&run.id, step, Answer::Done, &who)?)),
            _ => Ok(()),
        };
        match result {
            Ok(()) => ControlFlow::Continue(()),
            Err(error) => {
                failure = Some(error);
                ControlFlow::Break(())
            }
        }
    })?;
    match (failure, followed) {
        (Some(error), _) => Err(error),
        (None, Followed::Finished { code: 0, .. }) => Ok(run.id.to_string()),
        (None, Followed::Finished { state, code }) => {
            let why = runtime.store().run_record(&run.id)?.why.unwrap_or_default();
            Err(CommandError::new(Exit::of_code(code), format!("the run {}: {why}", state.word())))
        }
        (None, Followed::RunnerGone | Followed::Left) => {
            Err(CommandError::new(Exit::Error, "the runner of the demo is gone"))
        }
    }
}

/// Does what a step by hand asks for: makes the new backup; the others only ask for a look.
fn by_hand(demo: &Demo, step: &str, output: &mut Output) -> Result<(), CommandError> {
    if step != "new-backup" {
        return Ok(());
    }
    demo.back_up()?;
    output.say("  the demo made the new backup\n")
}

fn indented(text: &str) -> String {
    text.lines().map(|line| format!("  {line}\n")).collect()
}

impl From<DemoError> for CommandError {
    fn from(error: DemoError) -> Self {
        Self::caused(Exit::Error, &error)
    }
}
