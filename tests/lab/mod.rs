//! A store with one plan that was checked, dry-run and approved, and runners of the real binary over it.
#![allow(dead_code, clippy::disallowed_methods, clippy::unwrap_used)]

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use blackstart::base::{Clock as _, Id, Timestamp};
use blackstart::evidence::{
    Approval, Captured, Checked, DryRun, Event, Level, Outcome, PlanEvidence, Record, RunRecord,
    RunState, StepDryRun, Waiver,
};
use blackstart::execute::{self, NewRun, SystemClock};
use blackstart::inventory::Inventory;
use blackstart::plan::Plan;
use blackstart::store::{Store, Who};

pub const BINARY: &str = env!("CARGO_BIN_EXE_blackstart");

pub struct Lab {
    pub directory: tempfile::TempDir,
    pub run: Id,
    pub plan: Plan,
    plan_text: String,
    inventory: Option<(Inventory, String)>,
}

pub fn id(text: &str) -> Id {
    Id::parse(text).unwrap()
}

pub fn now() -> Timestamp {
    SystemClock.now()
}

pub fn ana() -> Who {
    Who { name: "ana".into(), os_user: "ana (1000)".into() }
}

impl Lab {
    /// A plan of these steps, approved, and a run of it. `$W` in the steps is a directory for their traces.
    pub fn new(steps: &str) -> Self {
        Self::with_inventory(steps, None)
    }

    pub fn with_inventory(steps: &str, inventory: Option<&str>) -> Self {
        let lab = Self::unapproved(steps, inventory);
        lab.approve(now(), Duration::from_secs(3600), vec![]);
        lab
    }

    pub fn unapproved(steps: &str, inventory: Option<&str>) -> Self {
        let directory = tempfile::tempdir().unwrap();
        std::fs::create_dir(directory.path().join("w")).unwrap();
        let work = directory.path().join("w");
        let steps = steps.replace("$W", work.to_str().unwrap());
        let plan_text = format!(
            "schema: blackstart/plan/v1\nid: p\nkind: recovery\ntitle: A plan\nsteps:\n{steps}"
        );
        let (plan, problems) = blackstart::plan::read(&plan_text);
        assert_eq!(problems, [], "{plan_text}");
        let inventory = inventory.map(|text| {
            let (inventory, problems) = blackstart::inventory::read(text);
            assert_eq!(problems, []);
            (inventory.unwrap(), text.to_owned())
        });
        let lab = Self { directory, run: id("r1"), plan: plan.unwrap(), plan_text, inventory };
        let evidence = lab.evidence();
        let mut store = lab.store();
        store.add_checked(lab.fingerprint(), evidence.checked.as_ref().unwrap()).unwrap();
        store.add_dry_run(lab.fingerprint(), evidence.dry_run.as_ref().unwrap()).unwrap();
        lab.create("r1");
        lab
    }

    pub fn create(&self, name: &str) {
        let new = NewRun {
            id: id(name),
            plan: &self.plan,
            plan_text: &self.plan_text,
            inventory: self.inventory.as_ref().map(|(inventory, text)| (inventory, text.as_str())),
        };
        execute::create(&mut self.store(), &new, &ana(), now()).unwrap();
    }

    fn fingerprint(&self) -> blackstart::base::Digest {
        let inventory = self.inventory.as_ref().map(|(inventory, _)| inventory);
        self.plan.fingerprint(inventory)
    }

    pub fn evidence(&self) -> PlanEvidence {
        let at = "2026-01-01T00:00:00Z".parse().unwrap();
        let step = |step: &blackstart::plan::Step| StepDryRun {
            id: step.id.clone(),
            outcome: Outcome::Passed,
            exit_code: Some(0),
            signal: None,
            limit: None,
            duration: Duration::from_millis(1),
            stdout: Captured::default(),
            stderr: Captured::default(),
            simulated: vec![],
            simulated_calls: vec![],
            effects: vec![],
            effects_total: 0,
            totals: vec![],
            summaries: vec![],
            findings: vec![],
            rollback: None,
            notes: vec![],
        };
        let steps = &self.plan.steps;
        PlanEvidence {
            checked: Some(Checked {
                at,
                risks: steps.iter().map(|step| (step.id.clone(), step.claimed_risk())).collect(),
                findings: vec![],
            }),
            dry_run: Some(DryRun {
                at,
                level: Level::FullRoot,
                level_reason: None,
                steps: steps.iter().map(step).collect(),
            }),
        }
    }

    pub fn approve(&self, at: Timestamp, holds: Duration, waivers: Vec<Waiver>) {
        let approval = Approval {
            id: id("a1"),
            fingerprint: self.fingerprint(),
            evidence: self.evidence().digest(),
            by: "ana".into(),
            os_user: "ana (1000)".into(),
            at,
            expires: at.checked_add(holds).unwrap(),
            waivers,
        };
        self.store().add_approval(&approval).unwrap();
    }

    pub fn data(&self) -> PathBuf {
        self.directory.path().join("data")
    }

    pub fn store(&self) -> Store {
        Store::open(&self.data()).unwrap()
    }

    /// What the steps left behind.
    pub fn trace(&self, name: &str) -> String {
        std::fs::read_to_string(self.directory.path().join("w").join(name)).unwrap_or_default()
    }

    pub fn work(&self, name: &str) -> PathBuf {
        self.directory.path().join("w").join(name)
    }

    pub fn command(&self, more: &[&str]) -> Command {
        self.command_of(self.run.as_str(), more)
    }

    /// Runs the runner of another run of the same plan, and returns what it said first.
    pub fn run_of(&self, run: &str) -> String {
        let output = self.command_of(run, &["--no-input"]).output().unwrap();
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    fn command_of(&self, run: &str, more: &[&str]) -> Command {
        let mut command = Command::new(BINARY);
        command.args(["__runner", "--data-dir"]).arg(self.data()).args(["--run", run]);
        command.args(more).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
        command
    }

    pub fn spawn(&self, more: &[&str]) -> Child {
        self.command(more).spawn().unwrap()
    }

    /// Runs a runner to its end; `None` where a signal ended it. Also what it said first.
    pub fn run(&self, more: &[&str]) -> (Option<i32>, String) {
        let output = self.command(more).output().unwrap();
        (output.status.code(), String::from_utf8_lossy(&output.stdout).into_owned())
    }

    #[track_caller]
    pub fn expect(&self, code: i32) -> String {
        let (found, said) = self.run(&["--no-input"]);
        assert_eq!(found, Some(code), "{said}\n{}", self.journal());
        said
    }

    pub fn records(&self) -> Vec<Record> {
        self.store().records(Some(&self.run), 0).unwrap()
    }

    pub fn record(&self) -> RunRecord {
        RunRecord::of(&self.records())
    }

    pub fn state(&self) -> RunState {
        self.store().run(self.run.as_str()).unwrap().state
    }

    pub fn events(&self) -> Vec<Event> {
        self.records().iter().filter_map(Record::event).collect()
    }

    pub fn journal(&self) -> String {
        self.records().iter().map(|record| record.json() + "\n").collect()
    }

    #[track_caller]
    pub fn chain_holds(&self) {
        assert_eq!(self.store().verify(&[]).unwrap().broken, []);
    }
}

impl Drop for Lab {
    /// A test that failed leaves no runner behind.
    fn drop(&mut self) {
        let Some(directory) = self.directory.path().to_str().filter(|_| std::thread::panicking())
        else {
            return;
        };
        for entry in std::fs::read_dir("/proc").into_iter().flatten().flatten() {
            let arguments = std::fs::read(entry.path().join("cmdline")).unwrap_or_default();
            if String::from_utf8_lossy(&arguments).contains(directory) {
                let _ = Command::new("kill").arg("-9").arg(entry.file_name()).status();
            }
        }
    }
}

/// Waits until something is so; fails after half a minute.
#[track_caller]
pub fn until(what: &str, mut so: impl FnMut() -> bool) {
    let since = Instant::now();
    while !so() {
        assert!(since.elapsed() < Duration::from_secs(30), "waited in vain until {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Tells whether a process lives, zombies not counted.
pub fn lives(pid: &str) -> bool {
    let stat = std::fs::read_to_string(Path::new("/proc").join(pid.trim()).join("stat"));
    stat.is_ok_and(|stat| !stat.rsplit_once(')').unwrap().1.trim_start().starts_with(['Z', 'X']))
}

pub fn kill(pid: &str) {
    let status = Command::new("kill").args(["-9", pid.trim()]).status().unwrap();
    assert!(status.success());
}
