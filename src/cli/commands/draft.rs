//! `blackstart draft`: makes a plan from the runbook that fits best.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::base::escape;
use crate::cli::findings::{self, Texts};
use crate::cli::output::Output;
use crate::cli::plans::name_of;
use crate::cli::problems::{load, load_given};
use crate::cli::{CommandError, Exit, Global};
use crate::draft::{Draft, Request, artifacts, draft};
use crate::evidence::Severity;
use crate::inventory::Inventory;
use crate::plan::{self, Kind};
use crate::runtime::Runtime;
use crate::runtime::files::{Executable, shown, write_whole};
use crate::{incident, inventory};

/// Make a plan from the runbook that fits best, with its recovery point, loss and duration computed
///
/// For an incident, or ahead of time for an asset and a scenario. Works with no network and no model.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  blackstart draft --inventory inventory.yaml --incident incident.yaml --out recovery
  blackstart draft --inventory inventory.yaml --asset files --scenario disk_loss
  blackstart draft --inventory inventory.yaml --asset files --kind backup --out backup   # the script as a file too")]
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
    /// Draft from runbooks alone; there is nothing else yet, so this is what always happens
    #[arg(long)]
    offline: bool,
    /// Write the plan, and for backups the script, into this directory
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum KindArg {
    Recovery,
    Backup,
}

/// Runs the command.
pub fn run(args: Args, global: &Global, output: &mut Output) -> Result<Exit, CommandError> {
    let (inventory, text) = load(&args.inventory, output, inventory::read)?;
    let incident = load_given(args.incident.as_deref(), output, incident::read)?;
    let parameters =
        args.set.iter().map(|text| parameter(text)).collect::<Result<BTreeMap<_, _>, _>>()?;
    let runtime = Runtime::open(global.data_dir.clone())?;
    let library = runtime.library();
    let drafted = draft(&Request {
        inventory: &inventory,
        incident: incident.as_ref(),
        asset: args.asset.as_deref(),
        scenario: args.scenario.as_deref(),
        kind: match args.kind {
            KindArg::Recovery => Kind::Recovery,
            KindArg::Backup => Kind::Backup,
        },
        parameters: &parameters,
        now: runtime.now(),
        library: &library,
        runbook: args.runbook.as_deref(),
    })
    .map_err(|error| CommandError::caused(Exit::Input, &error))?;
    runtime.keep_inventory(&name_of(&args.inventory), &text)?;
    if let Some(incident) = &incident {
        runtime.keep_incident(incident)?;
    }
    runtime.keep_plan(&drafted.plan)?;
    let written = args
        .out
        .as_deref()
        .map(|directory| write(&drafted, directory))
        .transpose()?
        .unwrap_or_default();
    print(&drafted, &written, &runtime, &inventory, output)?;
    Ok(Exit::Ok)
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
    drafted: &Draft,
    written: &[PathBuf],
    runtime: &Runtime,
    inventory: &Inventory,
    output: &mut Output,
) -> Result<(), CommandError> {
    let fingerprint = drafted.plan.fingerprint(Some(inventory));
    let checked = runtime.check_plan(&drafted.plan, Some(inventory), fingerprint)?;
    if output.is_json() {
        return output.object(&serde_json::json!({
            "schema": "blackstart/draft/v1", "plan": drafted.plan, "drafter": "template", "rounds": 0, "rejected": [],
            "estimate": drafted.estimate, "findings": findings::json(&checked.findings, &Texts::Plan { plan: &drafted.plan, file: None }),
            "runbook": drafted.runbook, "questions": drafted.questions, "fingerprint": fingerprint.to_string(),
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
