//! `blackstart incident`: write, list and show incidents.

use std::path::PathBuf;

use crate::base::{Id, Timestamp, document, escape};
use crate::cli::output::Output;
use crate::cli::problems::load;
use crate::cli::{CommandError, Exit, Global};
use crate::incident::{self, Incident};
use crate::runtime::files::{Executable, write_whole};
use crate::runtime::{DocumentKind, Runtime};

/// Write, list and show incidents
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  blackstart incident new --title 'the office share is empty' --affected files --scenario operator_error \\
      --damage-at 2026-01-31T23:30:00Z --out incident.yaml
  blackstart incident list
  blackstart incident show inc-20260131-2330")]
pub struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    /// Write down what happened
    New(Box<New>),
    /// List the kept incidents, newest first
    List,
    /// Print an incident
    Show {
        /// Its id
        id: String,
    },
    /// Keep an incident from a file
    Import {
        /// The file
        file: PathBuf,
    },
}

#[derive(Debug, clap::Args)]
struct New {
    /// One line that says what is wrong
    #[arg(long)]
    title: String,
    /// What happened, in your words
    #[arg(long)]
    description: Option<String>,
    /// An asset that is hit; can be given several times
    #[arg(long, value_name = "ASSET")]
    affected: Vec<String>,
    /// What kind of disaster: operator_error, disk_loss, corruption, ransomware, site_loss, …
    #[arg(long)]
    scenario: Option<String>,
    /// When the damage was done (RFC 3339); copies must be older [default: now]
    #[arg(long, value_name = "TIME")]
    damage_at: Option<Timestamp>,
    /// When it was noticed (RFC 3339) [default: now]
    #[arg(long, value_name = "TIME")]
    detected_at: Option<Timestamp>,
    /// A site, host, repository or asset that is gone
    #[arg(long, value_name = "ID")]
    lost: Vec<String>,
    /// Its id [default: inc- and the time]
    #[arg(long)]
    id: Option<String>,
    /// Write it to this file too
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

/// Runs the command.
pub fn run(args: Args, global: &Global, output: &mut Output) -> Result<Exit, CommandError> {
    match args.action {
        Action::New(new) => write(*new, global, output)?,
        Action::List => {
            let runtime = Runtime::open(global.data_dir.clone())?;
            for entry in runtime.store().list(DocumentKind::Incident)? {
                if output.is_json() {
                    output.object(&serde_json::json!({"schema": "blackstart/incident-row/v1", "id": entry.id, "title": entry.title, "at": entry.at}))?;
                } else {
                    output.data(&format!(
                        "{:28} {:22} {}\n",
                        entry.id,
                        entry.at.strftime("%Y-%m-%d %H:%M:%SZ"),
                        escape::one_line(&entry.title)
                    ))?;
                }
            }
        }
        Action::Show { id } => {
            let runtime = Runtime::open(global.data_dir.clone())?;
            let incident = runtime.incident(&id)?;
            match output.is_json() {
                true => output.object(&incident)?,
                false => output.data(&escape::terminal(&document::write(&incident)))?,
            }
        }
        Action::Import { file } => {
            let (incident, _) = load(&file, output, incident::read)?;
            let runtime = Runtime::open(global.data_dir.clone())?;
            runtime.keep_incident(&incident)?;
            output.data(&format!("kept {}\n", incident.id))?;
        }
    }
    Ok(Exit::Ok)
}

fn write(new: New, global: &Global, output: &mut Output) -> Result<(), CommandError> {
    let runtime = Runtime::open(global.data_dir.clone())?;
    let now = runtime.now();
    let id = |text: &str| {
        Id::parse(text).map_err(|why| CommandError::new(Exit::Input, format!("{text:?}: {why}")))
    };
    let ids = |texts: &[String]| texts.iter().map(|text| id(text)).collect::<Result<Vec<Id>, _>>();
    let incident = Incident {
        schema: incident::v1::Tag::V1,
        id: id(&new.id.unwrap_or_else(|| now.strftime("inc-%Y%m%d-%H%M%S").to_string()))?,
        title: Some(new.title),
        description: new.description,
        detected_at: Some(new.detected_at.unwrap_or(now)),
        damage_at: Some(new.damage_at.unwrap_or(now)),
        affected: ids(&new.affected)?,
        scenario: new.scenario,
        environment: None,
        constraints: vec![],
        data: Default::default(),
        lost: ids(&new.lost)?,
        unusable: vec![],
        evidence: vec![],
    };
    runtime.keep_incident(&incident)?;
    let text = document::write(&incident);
    match &new.out {
        Some(path) => {
            write_whole(path, text.as_bytes(), Executable::No)?;
            output.note(&format!(
                "kept {} and wrote {}",
                incident.id,
                crate::runtime::files::shown(path)
            ));
        }
        None => output.data(&text)?,
    }
    Ok(())
}
