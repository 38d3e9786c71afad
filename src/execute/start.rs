//! What a front does with runs: set one up, start its runner, answer it, stop it, follow it.

use std::fs::{DirBuilder, OpenOptions};
use std::io::{self, BufRead as _, BufReader, Read as _, Seek as _, SeekFrom, Write as _};
use std::ops::ControlFlow;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::engine::Input;
use super::{processes, runner};
use crate::base::{Id, Secret, Timestamp};
use crate::evidence::{Answer, Event, Record, Run, RunRecord, RunState, Stop};
use crate::inventory::Inventory;
use crate::plan::Plan;
use crate::store::{DocumentKind, Store, StoreError, Who};

/// Why a front cannot do what it wants with a run.
#[derive(Debug, thiserror::Error)]
pub enum ExecuteError {
    /// The store said no.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The runner said no, with the exit code of DESIGN's table.
    #[error("{}", messages.join("\n"))]
    Refused {
        /// The exit code.
        code: u8,
        /// Why, one message each.
        messages: Vec<String>,
    },
    /// Another runner has the run: follow it.
    #[error(
        "run {run} has a runner already (process {holder}); follow it with: blackstart attach {run}"
    )]
    HasRunner {
        /// The run.
        run: Id,
        /// The runner's process id.
        holder: String,
    },
    /// The runner could not be started, or died before it said anything.
    #[error("the runner of run {run} cannot be started (see {})", log.display())]
    Start {
        /// The run.
        run: Id,
        /// Where it may have complained.
        log: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// Nobody asked.
    #[error("step {step} of run {run} does not wait for this answer")]
    NotAsked {
        /// The run.
        run: Id,
        /// The step.
        step: Id,
    },
}

/// What a runner says first, as a line of JSON on its standard output.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Greeting {
    Started { pid: u32 },
    Refused { code: u8, messages: Vec<String> },
    HasRunner { holder: String },
}

/// A secret that a person typed, as a line of JSON on the runner's standard input.
#[derive(Serialize, Deserialize)]
pub(super) struct TypedSecret {
    pub secret: Id,
    pub value: Vec<u8>,
}

/// A plan to run, over an inventory.
#[derive(Debug)]
pub struct NewRun<'a> {
    /// Its name, new.
    pub id: Id,
    /// The plan.
    pub plan: &'a Plan,
    /// The plan's text.
    pub plan_text: &'a str,
    /// The inventory with its text, where there is one.
    pub inventory: Option<(&'a Inventory, &'a str)>,
}

/// Sets a run up: keeps plan and inventory as they are, and records it. Nothing runs yet.
pub fn create(
    store: &mut Store,
    new: &NewRun<'_>,
    who: &Who,
    at: Timestamp,
) -> Result<Run, StoreError> {
    let plan = new.plan;
    let plan_digest = store.put(DocumentKind::Plan, &plan.id, &plan.title, new.plan_text, at)?;
    let inventory = match new.inventory {
        None => None,
        Some((_, text)) => {
            let name = Id::parse("inventory").expect("the word is an id");
            Some(store.put(DocumentKind::Inventory, &name, "", text, at)?)
        }
    };
    let run = Run {
        id: new.id.clone(),
        plan: plan.id.clone(),
        plan_digest,
        inventory,
        fingerprint: plan.fingerprint(new.inventory.map(|(inventory, _)| inventory)),
        by: who.name.clone(),
        os_user: who.os_user.clone(),
        created: at,
        state: RunState::Created,
    };
    store.create_run(&run)?;
    Ok(run)
}

/// How a runner is started.
#[derive(Debug)]
pub struct Start<'a> {
    /// The program, usually `std::env::current_exe()`.
    pub program: &'a Path,
    /// Where the store lies.
    pub data_dir: &'a Path,
    /// The run.
    pub run: &'a Id,
    /// Whether somebody is there to answer.
    pub input: Input,
    /// Secrets that a person typed; they go through a pipe and are not stored.
    pub typed: Vec<(Id, Secret)>,
}

/// A runner that was started. It goes on when this is dropped.
#[derive(Debug)]
pub struct Started {
    child: Child,
}

impl Started {
    /// Waits for the end of the runner and returns its exit code.
    pub fn wait(mut self) -> io::Result<u8> {
        let status = self.child.wait()?;
        Ok(status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(1))
    }

    /// Returns the process id of the runner.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }
}

/// Starts the runner of a run that is new or is to be resumed, and returns when it has begun or refused.
///
/// The runner is a session of its own: it survives the terminal and the caller. A run that has a living runner is
/// refused; follow it instead.
pub fn start(start: Start<'_>) -> Result<Started, ExecuteError> {
    let directory = runner::directory(start.data_dir, start.run);
    let log = directory.join("runner.log");
    let failed = |source| ExecuteError::Start { run: start.run.clone(), log: log.clone(), source };
    DirBuilder::new().recursive(true).mode(0o700).create(&directory).map_err(failed)?;
    let complaints = OpenOptions::new().append(true).create(true).open(&log).map_err(failed)?;
    let mut command = Command::new(start.program);
    command
        .args(["__runner", "--data-dir"])
        .arg(start.data_dir)
        .args(["--run", start.run.as_str()]);
    if start.input == Input::Never {
        command.arg("--no-input");
    }
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(complaints)
        .spawn()
        .map_err(failed)?;
    if let Some(mut pipe) = child.stdin.take() {
        for (secret, value) in &start.typed {
            let typed = TypedSecret { secret: secret.clone(), value: value.expose().to_vec() };
            let line = serde_json::to_string(&typed).map_err(|error| failed(error.into()))?;
            // A runner that refuses at once does not read; its greeting says why.
            let _ = writeln!(pipe, "{line}");
        }
    }
    let mut line = String::new();
    if let Some(pipe) = child.stdout.take() {
        BufReader::new(pipe).read_line(&mut line).map_err(failed)?;
    }
    match serde_json::from_str(&line) {
        Ok(Greeting::Started { .. }) => Ok(Started { child }),
        Ok(Greeting::Refused { code, messages }) => {
            let _ = child.wait();
            Err(ExecuteError::Refused { code, messages })
        }
        Ok(Greeting::HasRunner { holder }) => {
            let _ = child.wait();
            Err(ExecuteError::HasRunner { run: start.run.clone(), holder })
        }
        Err(_) => {
            let status = child.wait().map_err(failed)?;
            Err(failed(io::Error::other(format!("it ended with {status}"))))
        }
    }
}

/// Tells whether a runner has the run.
pub fn has_runner(record: &RunRecord) -> bool {
    record.state == Some(RunState::Running) && record.runner.as_ref().is_some_and(processes::lives)
}

/// Answers the question a step waits with. The runner, living or later, takes it from the journal.
pub fn answer(
    store: &mut Store,
    run: &Id,
    step: &Id,
    answer: Answer,
    who: &Who,
    at: Timestamp,
) -> Result<Record, ExecuteError> {
    let question = store.run_record(run)?.step(step.as_str()).question;
    if !question.is_some_and(|(question, _)| question.accepts(&answer)) {
        return Err(ExecuteError::NotAsked { run: run.clone(), step: step.clone() });
    }
    let event = Event::Answered { answer, by: who.name.clone(), os_user: who.os_user.clone() };
    Ok(store.record(at, Some(run), Some(step), &event)?)
}

/// Records that a person typed the full name of a target, so that the steps on it may run.
pub fn confirm_target(
    store: &mut Store,
    run: &Id,
    target: &str,
    who: &Who,
    at: Timestamp,
) -> Result<Record, StoreError> {
    let event = Event::TargetConfirmed {
        target: target.to_owned(),
        by: who.name.clone(),
        os_user: who.os_user.clone(),
    };
    store.record(at, Some(run), None, &event)
}

/// Records that a person wants the run to stop.
pub fn request_stop(
    store: &mut Store,
    run: &Id,
    when: Stop,
    who: &Who,
    at: Timestamp,
) -> Result<Record, StoreError> {
    let (by, os_user) = (who.name.clone(), who.os_user.clone());
    store.record(at, Some(run), None, &Event::StopRequested { when, by, os_user })
}

/// How following a run ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Followed {
    /// The runner let go of the run.
    Finished {
        /// How it stands.
        state: RunState,
        /// The exit code that says so.
        code: u8,
    },
    /// The run says that it runs, but no runner lives: it can be resumed.
    RunnerGone,
    /// The caller had enough.
    Left,
}

/// Hands every record of a run after number `from` to `each`, as they come, until the run ends, its runner is gone,
/// or `each` breaks off. `each` is also called without a record every tenth of a second, so that a caller can show
/// output and the time.
pub fn follow(
    store: &Store,
    run: &Id,
    from: u64,
    mut each: impl FnMut(Option<&Record>) -> ControlFlow<()>,
) -> Result<Followed, StoreError> {
    let mut known = RunRecord::default();
    loop {
        // Whether the runner lives is looked at before the journal: what it wrote last is then not missed.
        let alive = has_runner(&known);
        let new = store.records(Some(run), known.last)?;
        for record in &new {
            known.add(record);
            if record.seq > from && each(Some(record)).is_break() {
                return Ok(Followed::Left);
            }
        }
        match (known.state, known.code) {
            (Some(state), Some(code)) if state != RunState::Running => {
                return Ok(Followed::Finished { state, code });
            }
            _ if new.is_empty() && !alive => return Ok(Followed::RunnerGone),
            _ => {}
        }
        if new.is_empty() {
            if each(None).is_break() {
                return Ok(Followed::Left);
            }
            std::thread::sleep(Duration::from_millis(100));
        }
    }
}

/// Returns where the output of a try lies: `stdout` or `stderr` in the directory that the journal names.
pub fn output_file(data_dir: &Path, run: &Id, files: &str, stream: &str) -> PathBuf {
    runner::directory(data_dir, run).join(files).join(stream)
}

/// Reads a growing file piece by piece.
#[derive(Debug)]
pub struct Tail {
    path: PathBuf,
    offset: u64,
}

impl Tail {
    /// Returns a reader from the start of a file, which need not be there yet.
    pub fn new(path: PathBuf) -> Self {
        Self { path, offset: 0 }
    }

    /// Returns what was added since the last time, at most a mebibyte. It is not escaped for terminals.
    pub fn more(&mut self) -> io::Result<Vec<u8>> {
        let mut file = match OpenOptions::new().read(true).open(&self.path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(vec![]),
            Err(error) => return Err(error),
        };
        let mut bytes = vec![];
        file.seek(SeekFrom::Start(self.offset))?;
        file.take(1 << 20).read_to_end(&mut bytes)?;
        self.offset += bytes.len() as u64;
        Ok(bytes)
    }
}
