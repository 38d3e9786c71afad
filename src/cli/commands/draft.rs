//! `blackstart draft`: makes a plan from the runbook that fits best.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::base::{Id, escape};
use crate::cli::findings::{self, Texts};
use crate::cli::model_draft::{self, ModelDraftArgs, Revision};
use crate::cli::output::Output;
use crate::cli::plans::{name_of, read};
use crate::cli::problems::{load, load_given};
use crate::cli::{CommandError, Exit, Global};
use crate::draft::{Draft, Request, artifacts, draft};
use crate::evidence::Severity;
use crate::inventory::Inventory;
use crate::plan::{self, Kind};
use crate::runtime::files::{Executable, shown, write_whole};
use crate::runtime::{ModelDrafted, Runtime, failed_steps, recorded_instant};
use crate::{incident, inventory};

/// Make a plan from the runbook that fits best, with its recovery point, loss and duration computed
///
/// For an incident, or ahead of time for an asset and a scenario. Works with no network and no model. With --model a language
/// model starts from that plan: it is told no names and no secrets, and what it answers is checked step by step. Whatever it
/// does, a plan comes back: what cannot be accepted is replaced by the runbook's own steps, and listed.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  blackstart draft --inventory inventory.yaml --incident incident.yaml --out recovery
  blackstart draft --inventory inventory.yaml --asset files --scenario disk_loss
  blackstart draft --inventory inventory.yaml --asset files --kind backup --out backup   # the script as a file too
  blackstart draft --inventory inventory.yaml --incident incident.yaml --model qwen3:32b --base-url http://localhost:11434/v1
  blackstart draft --inventory inventory.yaml --incident incident.yaml --model work --preview   # what would be sent, byte by byte
  blackstart draft --inventory inventory.yaml --revise restore-data --comment \"keep the shop running\" --model work")]
pub struct Args {
    /// What there is
    #[arg(long, value_name = "FILE")]
    inventory: PathBuf,
    /// What happened
    #[arg(long, value_name = "FILE")]
    incident: Option<PathBuf>,
    /// The asset [default: the first that the incident names]
    #[arg(long, value_name = "ID")]
    asset: Option<String>,
    /// The kind of disaster [default: the incident's]
    #[arg(long, value_name = "WORD")]
    scenario: Option<String>,
    /// Whether to recover or to make copies
    #[arg(long, value_name = "KIND", default_value = "recovery")]
    kind: KindArg,
    /// The runbook to use [default: the one that fits best]
    #[arg(long, value_name = "ID")]
    runbook: Option<String>,
    /// A value for a parameter of the runbook
    #[arg(long, value_name = "NAME=VALUE")]
    set: Vec<String>,
    #[command(flatten)]
    model: ModelDraftArgs,
    /// Write the plan, and for backups the script, into this directory
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum KindArg {
    Recovery,
    Backup,
}

/// A plan with all that is said beside it.
struct Made {
    draft: Draft,
    with: Option<ModelDrafted>,
}

/// Runs the command.
pub fn run(args: Args, global: &Global, output: &mut Output) -> Result<Exit, CommandError> {
    let (inventory, text) = load(&args.inventory, output, inventory::read)?;
    let given = load_given(args.incident.as_deref(), output, incident::read)?;
    let parameters =
        args.set.iter().map(|text| parameter(text)).collect::<Result<BTreeMap<_, _>, _>>()?;
    let runtime = Runtime::open(global.data_dir.clone())?;
    let library = runtime.library();
    let revision = match &args.model.revise {
        Some(path) => Some(revision(path, &runtime, &inventory, output)?),
        None => None,
    };
    let revised = revision.as_ref().map(|revision| &revision.plan);
    let kept = revised.filter(|_| given.is_none()).and_then(|plan| plan.incident.as_ref());
    let incident = match (given, kept) {
        (Some(incident), _) => Some(incident),
        (None, Some(id)) => runtime.incident(id.as_str()).ok(),
        (None, None) => None,
    };
    let scope = revised.and_then(|plan| plan.scope.as_ref());
    let request = Request {
        inventory: &inventory,
        incident: incident.as_ref(),
        asset: args
            .asset
            .as_deref()
            .or(scope.and_then(|scope| scope.assets.first()).map(Id::as_str)),
        scenario: args.scenario.as_deref().or(scope.and_then(|scope| scope.scenario.as_deref())),
        kind: match (revised, args.kind) {
            (Some(plan), _) => plan.kind,
            (None, KindArg::Recovery) => Kind::Recovery,
            (None, KindArg::Backup) => Kind::Backup,
        },
        parameters: &parameters,
        now: match args.model.is_recorded() {
            true => recorded_instant(incident.as_ref()),
            false => runtime.now(),
        },
        library: &library,
        runbook: args.runbook.as_deref(),
    };
    let made = if args.model.is_given() {
        let led = args.model.lead(&runtime, output)?;
        let revise = || revision.as_ref().map(|one| one.asked(args.model.comment.as_deref()));
        if args.model.preview {
            return model_draft::preview(&led, &runtime, &request, revise(), output);
        }
        let with = model_draft::draft(&led, &runtime, &request, revise(), output)?;
        let draft = Draft {
            plan: with.draft.plan.clone(),
            questions: with.draft.questions.clone(),
            estimate: with.draft.estimate.clone(),
            ..with.template.clone()
        };
        Made { draft, with: Some(with) }
    } else {
        let drafted = draft(&request).map_err(|error| CommandError::caused(Exit::Input, &error))?;
        Made { draft: drafted, with: None }
    };
    runtime.keep_inventory(&name_of(&args.inventory), &text)?;
    if let Some(incident) = &incident {
        runtime.keep_incident(incident)?;
    }
    runtime.keep_plan(&made.draft.plan)?;
    let written = args
        .out
        .as_deref()
        .map(|directory| write(&made.draft, directory))
        .transpose()?
        .unwrap_or_default();
    print(&made, &written, &runtime, &inventory, output)?;
    let is_template = made.with.as_ref().is_some_and(|with| with.draft.why_template.is_some());
    Ok(if args.model.require_model && is_template { Exit::Unavailable } else { Exit::Ok })
}

/// Returns a plan to revise with what the checker and its last dry run say of it.
fn revision(
    path: &Path,
    runtime: &Runtime,
    inventory: &Inventory,
    output: &mut Output,
) -> Result<Revision, CommandError> {
    let plan = read(path, runtime, output)?;
    let fingerprint = plan.fingerprint(Some(inventory));
    let findings = runtime.check_plan(&plan, Some(inventory), fingerprint)?.findings;
    let run = runtime.evidence(fingerprint)?.dry_run;
    let failed = run.as_ref().map(failed_steps).unwrap_or_default();
    Ok(Revision { plan, findings, failed })
}

fn parameter(text: &str) -> Result<(String, String), CommandError> {
    match text.split_once('=') {
        Some((name, value)) => Ok((name.to_owned(), value.to_owned())),
        None => Err(CommandError::new(Exit::Input, format!("--set {text:?}: there is no value"))
            .hint("write it like --set target=/srv/data")),
    }
}

fn write(drafted: &Draft, directory: &Path) -> Result<Vec<PathBuf>, CommandError> {
    let mut written = vec![directory.join(format!("{}.yaml", drafted.plan.id))];
    write_whole(&written[0], plan::write(&drafted.plan).as_bytes(), Executable::No)?;
    for artifact in artifacts(&drafted.plan) {
        let path = directory.join(&artifact.name);
        let executable = if artifact.executable { Executable::Yes } else { Executable::No };
        write_whole(&path, artifact.contents.as_bytes(), executable)?;
        written.push(path);
    }
    Ok(written)
}

fn print(
    made: &Made,
    written: &[PathBuf],
    runtime: &Runtime,
    inventory: &Inventory,
    output: &mut Output,
) -> Result<(), CommandError> {
    let Made { draft: drafted, with } = made;
    if let Some(with) = with {
        model_draft::warned(with, output);
    }
    let fingerprint = drafted.plan.fingerprint(Some(inventory));
    let checked = runtime.check_plan(&drafted.plan, Some(inventory), fingerprint)?;
    if output.is_json() {
        let (drafter, rounds) = with
            .as_ref()
            .map_or(("template", 0), |with| (with.draft.drafter.word(), with.draft.rounds));
        return output.object(&serde_json::json!({
            "schema": "blackstart/draft/v1", "plan": drafted.plan, "drafter": drafter, "rounds": rounds,
            "rejected": with.as_ref().map_or_else(|| serde_json::json!([]), model_draft::rejected),
            "estimate": drafted.estimate,
            "findings": findings::json(&checked.findings, &Texts::Plan { plan: &drafted.plan }),
            "runbook": drafted.runbook, "questions": drafted.questions, "fingerprint": fingerprint.to_string(),
            "usage": with.as_ref().map(model_draft::usage), "notes": with.as_ref().map_or(&[][..], |with| &with.draft.notes),
            "why_template": with.as_ref().and_then(|with| with.draft.why_template.as_ref()),
            "summary": with.as_ref().and_then(|with| with.draft.summary.as_ref()),
        }));
    }
    if written.is_empty() {
        output.data(&escape::terminal(&plan::write(&drafted.plan)))?;
    }
    output.note(&format!(
        "{} from runbook {}",
        escape::one_line(&drafted.plan.title),
        drafted.runbook
    ));
    output.note(super::estimate::shown(&drafted.estimate).trim_end());
    if let Some(with) = with {
        model_draft::told(with, output);
    }
    for question in &drafted.questions {
        output.note(&format!("question: {}", escape::one_line(question)));
    }
    let bad = checked.findings.iter().filter(|finding| finding.severity >= Severity::High).count();
    output.note(&format!("checked: {} findings, {bad} high or critical", checked.findings.len()));
    for path in written {
        output.note(&format!("wrote {}", shown(path)));
    }
    let name = written.first().map_or_else(|| drafted.plan.id.to_string(), |path| shown(path));
    output.note(&format!("next: blackstart dry-run {name}"));
    Ok(())
}
