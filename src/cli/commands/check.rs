//! `blackstart check`: what is wrong with a plan or a script, without running anything.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::base::Risk;
use crate::check::{Checked, Language};
use crate::cli::findings::{self, Texts};
use crate::cli::output::Output;
use crate::cli::plans::PlanArgs;
use crate::cli::problems::load;
use crate::cli::{CommandError, Exit, Global};
use crate::evidence::{Severity, v1};
use crate::inventory;
use crate::runtime::files::{read_script, shown};
use crate::runtime::{Runtime, check_inventory, check_script};

/// Say what is wrong with plans, scripts and inventories, without running anything
///
/// Reads every command as the shell would, through wrappers, functions and variables. What cannot be read is
/// a finding, never silence.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  blackstart check plan.yaml backup.sh inventory.yaml
  blackstart check plan.yaml --inventory inventory.yaml --fail-on medium
  blackstart check backup.sh --format json")]
pub struct Args {
    /// Plans, scripts and inventories
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// The inventory of the plans [default: the one each was drafted from]
    #[arg(long, value_name = "FILE")]
    inventory: Option<PathBuf>,
    /// How to print
    #[arg(long, default_value = "human")]
    format: Format,
    /// The mildest severity that makes the exit code 3
    #[arg(long, value_name = "LEVEL", default_value = "high")]
    fail_on: Level,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    Human,
    Json,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Level {
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
}

/// Runs the command. Exit code 3 says that there are findings at or above `--fail-on`.
pub fn run(args: Args, global: &Global, output: &mut Output) -> Result<Exit, CommandError> {
    let as_json = args.format == Format::Json || output.is_json();
    let runtime = Runtime::open(global.data_dir.clone())?;
    let mut files: Vec<Value> = vec![];
    let mut failed = false;
    for path in &args.paths {
        let text = read_script(path)?;
        let (checked, entry) = if is_inventory(&text) {
            let (inventory, _) = load(path, output, inventory::read)?;
            let mut found = check_inventory(&inventory);
            findings::locate(&mut found, &text);
            // An inventory does nothing, so it does no harm.
            let checked = Checked {
                language: Language::Other,
                parsed: true,
                risk: Risk::Read,
                steps: vec![],
                findings: found,
                allowed: vec![],
            };
            let entry = show(path, "inventory", &checked, &Texts::Script(&text), as_json, output)?;
            (checked, entry)
        } else if is_plan(path, &text) {
            let plan_args = PlanArgs { plan: path.clone(), inventory: args.inventory.clone() };
            let loaded = plan_args.load(&runtime, output)?;
            let checked =
                runtime.check_plan(&loaded.plan, loaded.inventory.as_ref(), loaded.fingerprint)?;
            let entry = show(
                path,
                "plan",
                &checked,
                &Texts::Plan { plan: &loaded.plan, file: Some(&text) },
                as_json,
                output,
            )?;
            (checked, entry)
        } else {
            let checked = check_script(&text, path);
            let entry = show(
                path,
                checked.language.word(),
                &checked,
                &Texts::Script(&text),
                as_json,
                output,
            )?;
            (checked, entry)
        };
        failed |= checked.findings.iter().any(|finding| args.fail_on.reached(finding.severity));
        failed |= checked.risk == Risk::Unknown && !checked.parsed && args.fail_on != Level::Never;
        files.push(entry);
    }
    if as_json {
        output.object(&json!({"schema": "blackstart/check/v1", "files": files}))?;
    }
    Ok(if failed { Exit::Findings } else { Exit::Ok })
}

fn is_inventory(text: &str) -> bool {
    text.lines().take(50).any(|line| line.trim_end() == "schema: blackstart/inventory/v1")
}

/// A plan is a YAML file, or says by its schema that it is one.
fn is_plan(path: &Path, text: &str) -> bool {
    let yaml = path.extension().is_some_and(|extension| extension == "yaml" || extension == "yml");
    yaml || text.lines().take(50).any(|line| line.trim_end() == "schema: blackstart/plan/v1")
}

fn show(
    path: &Path,
    language: &str,
    checked: &Checked,
    texts: &Texts<'_>,
    as_json: bool,
    output: &mut Output,
) -> Result<Value, CommandError> {
    let name = shown(path);
    if !as_json {
        output.data(&findings::text(&name, &checked.findings, texts, false))?;
        let count = |severity| {
            checked.findings.iter().filter(|finding| finding.severity == severity).count()
        };
        let counts: Vec<String> = Severity::ALL
            .into_iter()
            .rev()
            .filter(|severity| count(*severity) > 0)
            .map(|severity| format!("{} {}", count(severity), severity.word()))
            .collect();
        let counts = if counts.is_empty() { "no findings".to_owned() } else { counts.join(", ") };
        output.data(&format!("{name}: {language}, risk {}, {counts}\n", checked.risk))?;
    }
    let (path, base64) = v1::path_fields(path);
    let mut entry = json!({
        "path": path, "language": language, "parsed": checked.parsed, "risk": checked.risk.word(),
        "findings": findings::json(&checked.findings, texts),
    });
    if let Some(base64) = base64 {
        entry["path_base64"] = base64.into();
    }
    Ok(entry)
}
