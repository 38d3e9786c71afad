//! One step: announced in the journal, run by a keeper, judged by its check.

use std::fs::{self, DirBuilder, File};
use std::io::{self, Write as _};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, Signal, kill_process};

use super::ending::Ending;
use super::engine::Engine;
use super::order::{self, GO, Order};
use super::{account, processes, secrets};
use crate::evidence::{Event, Part, Process, StepEnd, StepOutcome};
use crate::plan::{Step, StepKind};
use crate::tools::PATH;

/// How long a command may take to end when it is asked to.
const GRACE: Duration = Duration::from_secs(5);
/// How long a check may take where its step has no timeout.
const CHECK_LIMIT: Duration = Duration::from_secs(5 * 60);
/// How long a step may wait for its check where it has no timeout.
const WAIT_LIMIT: Duration = Duration::from_secs(60 * 60);
/// How often a waiting step asks its check.
const WAIT_PAUSE: Duration = Duration::from_secs(1);

/// A keeper at work, or one that an earlier runner started.
pub struct Kept {
    pub process: Process,
    /// Directory of the try.
    pub files: PathBuf,
    /// What marks every process of the try in its environment.
    pub marker: String,
    own: Option<(Child, Option<ChildStdin>, Option<ChildStdout>)>,
}

impl Kept {
    /// Returns a keeper that an earlier runner started.
    pub fn adopted(process: &Process, files: PathBuf, marker: String) -> Self {
        Self { process: process.clone(), files, marker, own: None }
    }

    /// Lets it begin.
    fn go(&mut self) -> io::Result<()> {
        let pipe = self.own.as_mut().and_then(|(_, pipe, _)| pipe.take());
        pipe.map_or(Ok(()), |mut pipe| writeln!(pipe, "{GO}"))
    }
}

impl Engine<'_> {
    /// Runs a step and records how it ended.
    pub fn run_step(&mut self, step: &Step, attempt: u32) -> Result<StepEnd, Ending> {
        let main = match (&step.run, step.kind) {
            (Some(run), _) => Some(run),
            (None, StepKind::Check) => step.check.as_ref(),
            (None, _) => None,
        };
        let Some(script) = main else {
            let process = processes::identity(std::process::id()).unwrap_or(Process {
                pid: std::process::id(),
                start_time: 0,
                boot: String::new(),
            });
            let files = String::new();
            self.journal(
                Some(step),
                Event::StepStarted { part: Part::Run, attempt, process, files },
            )?;
            return self.judge(
                step,
                attempt,
                None,
                order::Result { exit_code: Some(0), ..Default::default() },
            );
        };
        let (result, files) = self.run_part(step, Part::Run, script, attempt)?;
        self.judge(step, attempt, Some(files), result)
    }

    /// Records how a step ended whose `run` has ended: its check decides, where `run` did not fail already.
    pub fn judge(
        &mut self,
        step: &Step,
        attempt: u32,
        files: Option<String>,
        result: order::Result,
    ) -> Result<StepEnd, Ending> {
        let mut end = StepEnd {
            attempt,
            outcome: match (result.is_success(), result.timed_out, result.stopped) {
                (true, _, _) => StepOutcome::Succeeded,
                (false, true, _) => StepOutcome::TimedOut,
                (false, false, true) => StepOutcome::Stopped,
                (false, false, false) => StepOutcome::Failed,
            },
            exit_code: result.exit_code,
            signal: result.signal,
            duration_ms: result.duration_ms,
            files: files.clone(),
            left_running: result.left_running.clone(),
            why: result.why(),
        };
        let has_run = step.run.is_some() || step.kind == StepKind::Wait;
        if let Some(check) = step.check.as_ref().filter(|_| has_run)
            && matches!(end.outcome, StepOutcome::Succeeded | StepOutcome::Failed)
        {
            let holds = match (end.outcome, step.kind) {
                (StepOutcome::Succeeded, StepKind::Wait) => self.wait_for(step, check, attempt)?,
                _ => self.check(step, check, attempt)?,
            };
            match (end.outcome, holds) {
                (StepOutcome::Succeeded, false) => {
                    end.outcome = StepOutcome::Failed;
                    end.why = Some("its check does not hold".into());
                }
                (StepOutcome::Failed, true) => {
                    let why = end.why.unwrap_or_default();
                    end.why = Some(format!("{why}, although its check holds"));
                }
                _ => {}
            }
        }
        self.journal(Some(step), Event::StepFinished(end.clone()))?;
        Ok(end)
    }

    /// Runs a step's check once and records what it says.
    pub fn check(&mut self, step: &Step, check: &str, attempt: u32) -> Result<bool, Ending> {
        let (holds, event) = self.ask_check(step, check, attempt)?;
        self.journal(Some(step), event)?;
        Ok(holds)
    }

    fn ask_check(
        &mut self,
        step: &Step,
        check: &str,
        attempt: u32,
    ) -> Result<(bool, Event), Ending> {
        let limit = step.timeout.map_or(CHECK_LIMIT, |timeout| timeout.duration());
        let (mut kept, files) = self.prepare(step, Part::Check, check, attempt, Some(limit))?;
        kept.go().map_err(|error| files_broken(&kept.files, error))?;
        let result = self.wait(&mut kept)?.unwrap_or_else(|| lost(&kept));
        let (exit_code, duration_ms) = (result.exit_code, result.duration_ms);
        let holds = result.is_success();
        Ok((holds, Event::CheckFinished { attempt, holds, exit_code, duration_ms, files }))
    }

    /// Asks a check until it holds or the step's time is over; records what it said last.
    fn wait_for(&mut self, step: &Step, check: &str, attempt: u32) -> Result<bool, Ending> {
        let limit = step.timeout.map_or(WAIT_LIMIT, |timeout| timeout.duration());
        let since = Instant::now();
        loop {
            let (holds, event) = self.ask_check(step, check, attempt)?;
            if holds || since.elapsed() + WAIT_PAUSE > limit || self.stop_now()? {
                self.journal(Some(step), event)?;
                return Ok(holds);
            }
            if let Event::CheckFinished { files, .. } = event {
                let _ = fs::remove_dir_all(self.files.join(files));
            }
            std::thread::sleep(WAIT_PAUSE);
        }
    }

    /// Runs a rollback and returns how it ended, with the directory of its files.
    pub fn run_rollback(
        &mut self,
        step: &Step,
        script: &str,
    ) -> Result<(order::Result, String), Ending> {
        let attempt = self.record.step(step.id.as_str()).attempts.max(1);
        self.run_part(step, Part::Rollback, script, attempt)
    }

    /// Runs one part of a step to its end: announced in the journal first, then told to go. Returns how it ended and
    /// the name of its directory.
    fn run_part(
        &mut self,
        step: &Step,
        part: Part,
        script: &str,
        attempt: u32,
    ) -> Result<(order::Result, String), Ending> {
        let limit = step.timeout.map(|timeout| timeout.duration());
        let (mut kept, files) = self.prepare(step, part, script, attempt, limit)?;
        let started = Event::StepStarted {
            part,
            attempt,
            process: kept.process.clone(),
            files: files.clone(),
        };
        self.journal(Some(step), started)?;
        kept.go().map_err(|error| files_broken(&kept.files, error))?;
        self.crash.point();
        let result = self.wait(&mut kept)?.unwrap_or_else(|| lost(&kept));
        Ok((result, files))
    }

    /// Starts a keeper that waits for its go, in a directory of its own.
    fn prepare(
        &mut self,
        step: &Step,
        part: Part,
        script: &str,
        attempt: u32,
        timeout: Option<Duration>,
    ) -> Result<(Kept, String), Ending> {
        let broken = |error| files_broken(&self.files, error);
        let (files, name) = self.make_directory(step, part, attempt).map_err(broken)?;
        let order = self.order(step, script, timeout, &name)?;
        let marker = self.marker(&name);
        let start = || -> io::Result<Kept> {
            let mut child = Command::new("/proc/self/exe")
                .args(["__runner", "keep"])
                .arg(&files)
                .current_dir("/")
                .env_clear()
                .stdin(Stdio::piped())
                .stdout(Stdio::piped())
                .spawn()?;
            let (mut pipe, output) = (child.stdin.take(), child.stdout.take());
            if let Some(pipe) = &mut pipe {
                let mut line = serde_json::to_vec(&order)?;
                line.push(b'\n');
                pipe.write_all(&line)?;
            }
            let process = processes::identity(child.id())
                .ok_or_else(|| io::Error::other("the keeper of the step ended at once"))?;
            Ok(Kept { process, files, marker, own: Some((child, pipe, output)) })
        };
        let kept = start().map_err(|error| files_broken(Path::new("/proc/self/exe"), error))?;
        Ok((kept, name))
    }

    fn order(
        &self,
        step: &Step,
        script: &str,
        timeout: Option<Duration>,
        name: &str,
    ) -> Result<Order, Ending> {
        let own = account::own();
        let account = match &step.run_as {
            None => None,
            Some(name) => account::named(name).filter(|account| account.uid != own.uid),
        };
        let identity = account::environment(step.run_as.as_deref());
        let mut environment: Vec<(String, Vec<u8>)> = [
            ("PATH", PATH),
            ("LANG", "C.UTF-8"),
            ("TERM", "dumb"),
            (MARKER, &self.files.join(name).to_string_lossy()),
        ]
        .map(|(name, value)| (name.to_owned(), value.as_bytes().to_vec()))
        .to_vec();
        environment.extend(identity.into_iter().map(|(name, value)| (name, value.into_bytes())));
        let mut secret = vec![];
        for used in &step.secrets {
            let value = secrets::resolve(used, self.inventory, &self.typed)
                .map_err(|why| Ending::refused(1, format!("step {}: {why}", step.id)))?;
            environment.push((used.env.clone(), value.expose().to_vec()));
            secret.push(used.env.clone());
        }
        Ok(Order {
            script: script.to_owned(),
            environment,
            secret,
            account,
            timeout_ms: timeout
                .map(|timeout| u64::try_from(timeout.as_millis()).unwrap_or(u64::MAX)),
            grace_ms: u64::try_from(GRACE.as_millis()).unwrap_or(u64::MAX),
        })
    }

    /// Returns what marks every process of a try in its environment: no other try on this machine has its directory.
    pub fn marker(&self, name: &str) -> String {
        format!("{MARKER}={}", self.files.join(name).to_string_lossy())
    }

    fn make_directory(
        &self,
        step: &Step,
        part: Part,
        attempt: u32,
    ) -> io::Result<(PathBuf, String)> {
        for again in 0.. {
            let more = if again == 0 { String::new() } else { format!("-{again}") };
            let name = format!("{}.{}.{attempt}{more}", step.id, part.word());
            let files = self.files.join(&name);
            match DirBuilder::new().mode(0o700).create(&files) {
                Ok(()) => {
                    File::open(&self.files)?.sync_all()?;
                    return Ok((files, name));
                }
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error),
            }
        }
        Err(io::Error::other("no free name"))
    }

    /// Waits for the result; `None` where the keeper is gone without one.
    pub fn wait(&mut self, kept: &mut Kept) -> Result<Option<order::Result>, Ending> {
        let mut asked_to_stop = false;
        loop {
            if let Some(result) = order::Result::read(&kept.files) {
                return Ok(Some(result));
            }
            if let Some((child, _, _)) = &mut kept.own {
                let _ = child.try_wait();
            }
            if !processes::lives(&kept.process) {
                return Ok(order::Result::read(&kept.files));
            }
            if !asked_to_stop && self.stop_now()? {
                asked_to_stop = true;
                if let Some(pid) = Pid::from_raw(kept.process.pid as i32) {
                    let _ = kill_process(pid, Signal::TERM);
                }
            }
            match kept.own.as_ref().and_then(|(_, _, output)| output.as_ref()) {
                Some(output) => {
                    let pause = Timespec { tv_sec: 0, tv_nsec: 200_000_000 };
                    let _ = poll(&mut [PollFd::new(output, PollFlags::IN)], Some(&pause));
                }
                None => std::thread::sleep(Duration::from_millis(20)),
            }
        }
    }
}

const MARKER: &str = "BLACKSTART_TRY";

/// Ends what a keeper left behind that was killed, and says so.
fn lost(kept: &Kept) -> order::Result {
    let left = processes::end(|| processes::marked(&kept.marker), GRACE);
    let error = match left.is_empty() {
        true => "its keeper ended without a result".to_owned(),
        false => format!("its keeper ended without a result, and {left:?} could not be ended"),
    };
    order::Result { error: Some(error), ..Default::default() }
}

/// Says that a file of the run cannot be used.
pub fn files_broken(path: &Path, error: io::Error) -> Ending {
    Ending::refused(1, format!("{}: {error}", path.display()))
}
