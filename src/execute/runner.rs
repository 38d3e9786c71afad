//! The runner: a process of its own that reloads plan and evidence, makes its own permit, and takes one run to its end.

use std::collections::BTreeMap;
use std::fs::{self, DirBuilder, File};
use std::io::{self, BufRead as _, Write as _};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use rustix::process::{getpid, set_child_subreaper, setsid};

use super::account;
use super::clock::SystemClock;
use super::crash::Crash;
use super::ending::{Ending, INPUT_NEEDED, NOT_APPROVED};
use super::engine::{Before, Engine, Input, elsewhere};
use super::lock::{Lock, LockError};
use super::processes;
use super::secrets;
use super::start::{Greeting, TypedSecret};
use super::target::place;
use crate::approve::{Permit, Refusal, must_be_typed, permit};
use crate::base::{Clock as _, Id, Secret};
use crate::evidence::{Event, Run, RunState, StepState};
use crate::inventory::Inventory;
use crate::plan::Plan;
use crate::probe::{Here, Place};
use crate::store::{DocumentKind, Store, StoreError, refuse_network_file_system};

/// What a runner is told on its command line.
#[derive(Debug)]
pub struct Options {
    /// Where the store lies.
    pub data_dir: PathBuf,
    /// The run.
    pub run: String,
    /// Whether somebody is there to answer.
    pub input: Input,
    /// For tests: the point of the journal to die at.
    pub die_at: Option<u64>,
}

/// A reason not to begin.
struct Refused(Greeting);

impl Refused {
    fn new(code: u8, message: impl Into<String>) -> Self {
        Self(Greeting::Refused { code, messages: vec![message.into()] })
    }
}

/// Takes a run to its end and returns the exit code that says how it stands.
pub fn main(options: &Options) -> ExitCode {
    let _ = setsid();
    let _ = set_child_subreaper(Some(getpid()));
    match begin(options) {
        Ok(code) => ExitCode::from(code),
        Err(Refused(greeting)) => {
            greet(&greeting);
            ExitCode::from(match greeting {
                Greeting::Refused { code, .. } => code,
                Greeting::Started { .. } | Greeting::HasRunner { .. } => 1,
            })
        }
    }
}

fn begin(options: &Options) -> Result<u8, Refused> {
    let typed = typed_secrets();
    let failed = |error: &dyn std::error::Error| Refused::new(1, chain(error));
    let mut store = Store::open(&options.data_dir).map_err(|error| failed(&error))?;
    refuse_network_file_system(&options.data_dir).map_err(|error| failed(&error))?;
    let run = store.run(&options.run).map_err(|error| failed(&error))?;
    // A keeper works in another directory, and the next runner must find it under the same path.
    let data_dir = fs::canonicalize(&options.data_dir).map_err(|error| failed(&error))?;
    let files = directory(&data_dir, &run.id);
    let made = DirBuilder::new().recursive(true).mode(0o700).create(&files);
    made.map_err(|error| Refused::new(1, format!("{}: {error}", files.display())))?;
    let _lock = Lock::take(&files).map_err(|error| match error {
        LockError::Held(holder) => Refused(Greeting::HasRunner { holder }),
        LockError::File(error) => Refused::new(1, format!("{}: {error}", files.display())),
    })?;
    // Only under the lock is the state that of a run nobody else has.
    let run = store.run(run.id.as_str()).map_err(|error| failed(&error))?;
    let before = match run.state {
        state if state.is_over() => {
            return Err(Refused::new(1, format!("run {} is over: it {}", run.id, past(state))));
        }
        RunState::Running => Before::Died,
        _ => Before::Left,
    };
    let _alone = alone(&store, &data_dir, &run)?;
    let (plan, inventory) = load(&store, &run)?;
    let clock = SystemClock;
    let permit = allow(&store, &run, &plan, inventory.as_ref(), clock.now())?;
    let record = store.run_record(&run.id).map_err(|error| failed(&error))?;
    preflight(&plan, inventory.as_ref(), &permit, &typed, &record.targets, options.input)?;

    let event = Event::RunStarted {
        process: processes::identity(std::process::id()).ok_or_else(|| {
            Refused::new(1, "/proc cannot be read, without which steps cannot be told apart")
        })?,
        hostname: Here::look().hostname,
        resumed: record.started.is_some(),
    };
    let mut crash = Crash::at(options.die_at);
    crash.point();
    store
        .record_state(clock.now(), &run.id, &event, RunState::Running)
        .map_err(|error| failed(&error))?;
    crash.point();
    greet(&Greeting::Started { pid: std::process::id() });
    let mut engine = Engine {
        record: store.run_record(&run.id).map_err(|error| failed(&error))?,
        store,
        run,
        plan: &plan,
        inventory: inventory.as_ref(),
        permit,
        clock: &clock,
        input: options.input,
        before,
        typed,
        files,
        crash,
        seen: -1,
    };
    let ending = engine.go();
    Ok(finish(&mut engine, ending))
}

/// Takes the place of the one run of a plan that may be under way: two at once would work against each other on the
/// same targets. A step that outlived the runner of an earlier run counts as well.
fn alone(store: &Store, data_dir: &Path, run: &Run) -> Result<Lock, Refused> {
    let place = data_dir.join("plans").join(run.plan.as_str());
    let made = DirBuilder::new().recursive(true).mode(0o700).create(&place);
    made.map_err(|error| Refused::new(1, format!("{}: {error}", place.display())))?;
    let lock = Lock::take(&place).map_err(|error| match error {
        LockError::Held(holder) => Refused::new(
            1,
            format!(
                "another run of the plan {} is under way (process {holder}); follow it with: blackstart attach latest",
                run.plan
            ),
        ),
        LockError::File(error) => Refused::new(1, format!("{}: {error}", place.display())),
    })?;
    let failed = |error| Refused::new(1, chain(&error));
    for other in store.runs().map_err(failed)? {
        if other.plan != run.plan || other.id == run.id || other.state != RunState::Running {
            continue;
        }
        let record = store.run_record(&other.id).map_err(failed)?;
        let alive = record.steps.iter().find(|(_, step)| match &step.state {
            StepState::Started { process, .. } => processes::lives(process),
            StepState::NotStarted
            | StepState::Ended(_)
            | StepState::Skipped
            | StepState::RolledBack
            | StepState::RollbackFailed => false,
        });
        if let Some((step, _)) = alive {
            let message = format!(
                "step {step} of run {} still runs, whose runner died; go on with it: blackstart run --resume {}",
                other.id, other.id
            );
            return Err(Refused::new(1, message));
        }
    }
    Ok(lock)
}

/// Records how the run stands and returns the exit code.
fn finish(engine: &mut Engine<'_>, ending: Ending) -> u8 {
    let (state, code, why) = match ending {
        Ending::State { state, code, why } => (state, code, why),
        Ending::Journal(error) => {
            complain(&chain(&error));
            return 1;
        }
    };
    engine.crash.point();
    let event = Event::RunFinished { state, code, why };
    let now = engine.clock.now();
    let recorded = engine.store.record_state(now, &engine.run.id, &event, state);
    engine.crash.point();
    match recorded {
        Ok(_) => code,
        Err(error) => {
            complain(&chain(&error));
            1
        }
    }
}

/// Returns the plan and the inventory of a run, as they were when it was set up.
fn load(store: &Store, run: &Run) -> Result<(Plan, Option<Inventory>), Refused> {
    let text = |kind: DocumentKind, digest| match store.by_digest(kind, digest) {
        Ok(Some(document)) => Ok(document.text),
        Ok(None) => Err(Refused::new(
            1,
            format!("the store does not hold the {} of run {}", kind.word(), run.id),
        )),
        Err(error @ StoreError::Changed { .. }) => Err(Refused::new(NOT_APPROVED, chain(&error))),
        Err(error) => Err(Refused::new(1, chain(&error))),
    };
    let (plan, problems) = crate::plan::read(&text(DocumentKind::Plan, run.plan_digest)?);
    let plan = plan.filter(|_| problems.is_empty());
    let plan = plan.ok_or_else(|| {
        Refused::new(2, format!("the stored plan of run {} cannot be read", run.id))
    })?;
    let inventory = match run.inventory {
        None => None,
        Some(digest) => {
            let (inventory, problems) =
                crate::inventory::read(&text(DocumentKind::Inventory, digest)?);
            let inventory = inventory.filter(|_| problems.is_empty());
            Some(inventory.ok_or_else(|| {
                Refused::new(2, format!("the stored inventory of run {} cannot be read", run.id))
            })?)
        }
    };
    Ok((plan, inventory))
}

/// Makes the permit of this process from what the store holds about exactly this plan over these facts.
fn allow(
    store: &Store,
    run: &Run,
    plan: &Plan,
    inventory: Option<&Inventory>,
    now: crate::base::Timestamp,
) -> Result<Permit, Refused> {
    let fingerprint = plan.fingerprint(inventory);
    if fingerprint != run.fingerprint {
        return Err(Refused::new(
            NOT_APPROVED,
            format!("run {} was set up for another plan: {}", run.id, run.fingerprint.short()),
        ));
    }
    let failed = |error| Refused::new(1, chain(&error));
    let evidence = store.plan_evidence(fingerprint).map_err(failed)?;
    let approvals = store.approvals(fingerprint).map_err(failed)?;
    permit(plan, fingerprint, &evidence, &approvals, now, &run.by).map_err(|refusals| {
        let unrecorded = store.unrecorded_approvals(fingerprint).unwrap_or_default();
        let unrecorded = unrecorded.iter().map(Refusal::unrecorded);
        let refusals = unrecorded.chain(refusals);
        let messages = refusals.map(|refusal| refusal.to_string()).collect();
        Refused(Greeting::Refused { code: NOT_APPROVED, messages })
    })
}

/// Refuses what could only fail half way: before anything runs, every step must be able to run here.
fn preflight(
    plan: &Plan,
    inventory: Option<&Inventory>,
    permit: &Permit,
    typed: &BTreeMap<Id, Secret>,
    targets: &[String],
    input: Input,
) -> Result<(), Refused> {
    let here = Here::look();
    let own = account::own();
    for step in plan.steps.iter().filter(|step| step.runs()) {
        match place(&here, step, inventory) {
            Place::Here => {}
            Place::Mismatch { why } => {
                return Err(Refused::new(
                    super::ending::IDENTITY,
                    format!("step {}: {why}", step.id),
                ));
            }
            Place::Elsewhere => return Err(Refused::new(1, elsewhere(step))),
        }
        if let Some(name) = &step.run_as {
            let account = account::named(name).ok_or_else(|| {
                Refused::new(
                    1,
                    format!("step {} runs as {name:?}, which is no account here", step.id),
                )
            })?;
            if account.uid != own.uid && own.uid != 0 {
                let message = format!(
                    "step {} runs as {name}, which only root can do; you are {}",
                    step.id, own.name
                );
                return Err(Refused::new(1, message));
            }
        }
        let target = step.target(&here.hostname);
        if input == Input::Never
            && must_be_typed(permit.risk(step.id.as_str()))
            && !targets.iter().any(|known| known == target)
        {
            let risk = permit.risk(step.id.as_str());
            let message = format!(
                "step {} is {risk}: confirm its target with --confirm-target {target}",
                step.id
            );
            return Err(Refused::new(INPUT_NEEDED, message));
        }
        for used in &step.secrets {
            let to_type =
                secrets::to_type(plan, inventory).iter().any(|(id, _)| *id == used.secret);
            let code = if to_type { INPUT_NEEDED } else { 1 };
            secrets::resolve(used, inventory, typed)
                .map_err(|why| Refused::new(code, format!("step {}: {why}", step.id)))?;
        }
    }
    Ok(())
}

/// Reads the secrets that a person typed, from standard input: the front closes it when there are no more.
fn typed_secrets() -> BTreeMap<Id, Secret> {
    let lines = io::stdin().lock().lines().map_while(Result::ok);
    let read = |line: String| serde_json::from_str::<TypedSecret>(&line).ok();
    lines.filter_map(read).map(|typed| (typed.secret, Secret::new(typed.value))).collect()
}

/// Tells the front how it went, and lets go of its pipe.
fn greet(greeting: &Greeting) {
    let text = serde_json::to_string(greeting).unwrap_or_default();
    let mut output = io::stdout().lock();
    let _ = writeln!(output, "{text}").and_then(|()| output.flush());
    if let Ok(nothing) = fs::OpenOptions::new().write(true).open("/dev/null") {
        let _ = rustix::stdio::dup2_stdout(nothing);
    }
    if let Ok(nothing) = File::open("/dev/null") {
        let _ = rustix::stdio::dup2_stdin(nothing);
    }
}

fn complain(message: &str) {
    let _ = writeln!(io::stderr(), "{message}");
}

fn chain(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(error.source(), |error| error.source());
    causes.fold(error.to_string(), |text, cause| format!("{text}: {cause}"))
}

fn past(state: RunState) -> &'static str {
    match state {
        RunState::Succeeded => "succeeded",
        RunState::Incomplete => "went to its end, without some steps",
        RunState::RolledBack => "was rolled back; set up a new one",
        RunState::Created
        | RunState::Running
        | RunState::InputNeeded
        | RunState::Refused
        | RunState::Failed
        | RunState::Stopped => "can be resumed",
    }
}

/// Returns where the files of a run lie.
pub fn directory(data_dir: &Path, run: &Id) -> PathBuf {
    data_dir.join("runs").join(run.as_str())
}
