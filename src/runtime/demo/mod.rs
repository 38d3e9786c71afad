//! The demo: a throw-away tree, a real backup of it, real damage, and the documents that tell of it.

pub mod exchange;
pub mod manifest;
pub mod tree;

use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

use schemars::JsonSchema;
use serde::de::DeserializeOwned;

use crate::base::document::{Read, read, write};
use crate::base::{Id, Problem, Risk, Size, Timestamp};
use crate::incident::Incident;
use crate::inventory::v1;
use crate::inventory::{self, Inventory};
use crate::plan::{Phase, Plan, Provenance, Step, StepKind};
use crate::probe::Here;
use crate::tools::PATH;
use manifest::Manifest;

/// The asset of the demo.
pub const ASSET: &str = "office";

/// The demo's place: everything it makes lies in one directory.
#[derive(Debug)]
pub struct Demo {
    root: PathBuf,
    script: PathBuf,
    /// The tree as it was before the damage.
    pub before: Manifest,
    /// What there is.
    pub inventory: Inventory,
    /// The text of the inventory.
    pub inventory_text: String,
    /// What happened.
    pub incident: Incident,
}

/// Why the demo could not be set up.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    /// A file or a directory of the demo.
    #[error("the demo cannot be set up")]
    Io(#[from] io::Error),
    /// The demo's own documents or runbooks are wrong.
    #[error("the demo cannot be set up: {0}")]
    Document(String),
    /// The backup failed.
    #[error("the demo's backup failed: {0}")]
    Backup(String),
}

impl Demo {
    /// Returns the directory that is the asset.
    pub fn data(&self) -> PathBuf {
        self.root.join("office")
    }

    /// Makes the tree and the inventory below `root`, which must be an empty directory; backs it up with the script that
    /// `backup` makes of the inventory; damages the tree and writes the incident.
    pub fn prepare(
        root: &Path,
        now: impl Fn() -> Timestamp,
        backup: impl FnOnce(&Inventory) -> Result<PathBuf, String>,
    ) -> Result<Self, DemoError> {
        let data = root.join("office");
        let copies = root.join("copies");
        std::fs::create_dir(&data)?;
        std::fs::create_dir(&copies)?;
        tree::make(&data)?;
        let before = Manifest::of(&data)?;

        let (without_copy, _) = inventory_of(root, &before, None)?;
        let script = backup(&without_copy).map_err(DemoError::Backup)?;
        let copy = back_up(&script)?;
        // What an earlier attempt left behind; the planted step clears it.
        let leftover = root.join("leftover-4711");
        std::fs::create_dir(&leftover)?;
        std::fs::write(
            leftover.join("half-extracted.tmp"),
            "left behind by an attempt at night\n",
        )?;

        let (inventory, inventory_text) = inventory_of(root, &before, Some(copy))?;
        tree::damage(&data)?;
        // Whole seconds, rounded up: the copy's own time is rounded down, and must lie before the damage.
        let damaged = Timestamp::from_second(now().as_second() + 1).unwrap_or_else(|_| now());
        let incident = incident_of(damaged)?;
        Ok(Self { script, root: root.to_owned(), before, inventory, inventory_text, incident })
    }

    /// Makes another backup, as the recovery plan asks for at its end.
    pub fn back_up(&self) -> Result<(), DemoError> {
        back_up(&self.script).map(drop)
    }

    /// Returns what differs between the tree before the damage and as it is.
    pub fn differences(&self) -> io::Result<Vec<String>> {
        Ok(self.before.differences(&Manifest::of(&self.data())?))
    }

    /// Returns the plan with a step as a tired colleague might add it: right in intention, and wiping the machine when its
    /// search finds nothing.
    pub fn plant(&self, plan: &Plan) -> Plan {
        let root = self.root.to_string_lossy();
        let mut planted = plan.clone();
        let step = Step {
            id: id("clear-leftovers"),
            phase: Some(Phase::Activation),
            title: "Clear what an earlier attempt left behind".into(),
            kind: StepKind::Command,
            host: plan.steps.iter().find_map(|step| step.host.clone()),
            asset: Some(id(ASSET)),
            run_as: None,
            secrets: vec![],
            needs: vec![],
            risk: Some(Risk::Destructive),
            run: Some(format!(
                "leftover=$(find {root} -maxdepth 1 -name 'leftover-*' -print -quit)\nrm -rf -- \"$leftover\"/*\n"
            )),
            check: Some(format!(
                "[ -z \"$(find {root}/leftover-4711 -mindepth 1 -print -quit)\" ]\n"
            )),
            rollback: None,
            effects: Some(crate::plan::Effects {
                deletes: vec![format!("{root}/leftover-*/**")],
                max_deletes: Some(1),
                ..Default::default()
            }),
            safety_copy: None,
            timeout: Some(crate::base::Period(60)),
            on_failure: None,
            resume: None,
            approval: None,
            why: Some("An earlier attempt left half-extracted files.".into()),
            expect: Some("The directory is empty.".into()),
            install: None,
            provenance: Some(Provenance { by: "person".into(), from: None }),
        };
        planted.steps.insert(1.min(planted.steps.len()), step);
        planted
    }
}

/// Runs the backup script and reads the line it prints for the inventory.
fn back_up(script: &Path) -> Result<v1::CopyMade, DemoError> {
    let ran = Command::new(script).env_clear().env("PATH", PATH).output()?;
    let said = String::from_utf8_lossy(&ran.stdout).into_owned();
    let copy = said.lines().find_map(|line| line.strip_prefix("last_success: "));
    let Some(copy) = copy.filter(|_| ran.status.success()) else {
        return Err(DemoError::Backup(String::from_utf8_lossy(&ran.stderr).trim().to_owned()));
    };
    read::<v1::CopyMade>(copy)
        .value
        .ok_or_else(|| DemoError::Document("the backup's last line".into()))
}

fn id(text: &str) -> Id {
    Id::parse(text).expect("the demo's ids are valid")
}

fn inventory_of(
    root: &Path,
    tree: &Manifest,
    copy: Option<v1::CopyMade>,
) -> Result<(Inventory, String), DemoError> {
    let path = |name: &str| root.join(name).to_string_lossy().into_owned();
    let mut document =
        fixture::<v1::Inventory>(include_str!("../../../fixtures/demo/inventory.yaml"))?;
    for host in &mut document.hosts {
        host.identity = Some(Here::look().identity());
    }
    for asset in &mut document.assets {
        asset.paths = vec![path("office")];
        asset.size = Some(Size(tree.bytes()));
        asset.files = Some(tree.len() as u64);
    }
    for repo in &mut document.repos {
        repo.path = Some(path("copies"));
    }
    for backup in &mut document.backups {
        backup.path = copy.as_ref().map_or_else(|| Some(path("copies")), |copy| copy.path.clone());
        backup.last_success = copy.clone();
    }
    let text = write(&document);
    match inventory::read(&text) {
        (Some(inventory), problems) if problems.is_empty() => Ok((inventory, text)),
        (_, problems) => Err(wrong(problems)),
    }
}

fn incident_of(now: Timestamp) -> Result<Incident, DemoError> {
    let mut incident = fixture::<Incident>(include_str!("../../../fixtures/demo/incident.yaml"))?;
    incident.detected_at = Some(now);
    incident.damage_at = Some(now);
    Ok(incident)
}

/// Reads a document of the demo, which is part of the program.
fn fixture<T: DeserializeOwned + JsonSchema>(text: &str) -> Result<T, DemoError> {
    match read::<T>(text) {
        Read { value: Some(value), problems, .. } if problems.is_empty() => Ok(value),
        Read { problems, .. } => Err(wrong(problems)),
    }
}

fn wrong(problems: Vec<Problem>) -> DemoError {
    DemoError::Document(
        problems.into_iter().map(|problem| problem.message).collect::<Vec<_>>().join("; "),
    )
}
