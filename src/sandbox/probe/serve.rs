//! The supervisor of a probe: one thread, JSON lines in, JSON lines out, no namespace.
#![allow(clippy::disallowed_methods)]

use std::ffi::CString;
use std::os::fd::AsFd as _;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use rustix::net::{AddressFamily, SocketFlags, SocketType};
use rustix::pipe::{PipeFlags, pipe_with};
use rustix::process::Pid;
use serde::{Deserialize, Serialize};

use super::super::mounts::{self, Treatment};
use super::super::protocol::{Failure, Limits, Ran, Raw, RunAsk};
use super::super::serving::{self, Server};
use super::super::session::SCRIPT;
use super::super::sys::{self, Side};
use super::follow::{self, Ends};
use super::guard::{self, Birth};
use super::judge::Judge;
use super::scratch::Scratch;
use crate::tools::PATH;

/// A line to the supervisor.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Ask {
    /// Try everything; the caller's home directory.
    Start(Raw),
    Run(RunAsk),
}

/// A line from the supervisor.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Answer {
    /// The version of the kernel's Landlock.
    Ready(u8),
    Ran(Box<Probed>),
    Failed(Failure),
}

/// What one probe saw.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Probed {
    pub(super) ran: Ran,
    /// What the command would have done first, where the run ended at it: `would delete /srv/x`.
    pub(super) stopped: Option<String>,
    /// File names of the programs that were started.
    pub(super) started: Vec<String>,
    pub(super) version: u8,
}

struct Supervisor {
    home: PathBuf,
    masked: Vec<PathBuf>,
}

#[derive(Default)]
struct Holder(Option<Supervisor>);

/// Serves one probe on standard input and output.
pub(in super::super) fn serve() -> ExitCode {
    serving::serve(Holder::default())
}

impl Server for Holder {
    type Ask = Ask;
    type Answer = Answer;

    fn answer(&mut self, ask: Ask) -> Result<Answer, Failure> {
        match (ask, &mut self.0) {
            (Ask::Start(home), none @ None) => {
                let started = Supervisor::start(&home)?;
                let version = started.trial()?;
                *none = Some(started);
                Ok(Answer::Ready(version))
            }
            (Ask::Run(run), Some(supervisor)) => Ok(Answer::Ran(Box::new(supervisor.run(&run)?))),
            (Ask::Start(_), Some(_)) | (Ask::Run(_), None) => Err(Failure::of(
                "following the order of requests",
                std::io::Error::other("out of order"),
            )),
        }
    }

    fn failed(failure: Failure) -> Answer {
        Answer::Failed(failure)
    }
}

impl Supervisor {
    fn start(home: &Raw) -> Result<Self, Failure> {
        let own = rustix::process::getpid();
        rustix::process::set_child_subreaper(Some(own))
            .map_err(|error| Failure::of("becoming a reaper", error))?;
        let table = std::fs::read("/proc/self/mountinfo")
            .map_err(|error| Failure::of("reading /proc/self/mountinfo", error))?;
        let masked = mounts::parse(&table)
            .into_iter()
            .filter(|mount| mount.treatment() == Treatment::Mask)
            .map(|mount| mount.at);
        Ok(Self { home: home.path().to_owned(), masked: masked.collect() })
    }

    /// Runs a command that writes where it may, and then to a file beside the scratch directory:
    /// only doing it shows that the first goes on, and that the second is seen and does nothing.
    fn trial(&self) -> Result<u8, Failure> {
        let failed =
            |text: String| Failure::of("running a trial command", std::io::Error::other(text));
        let beside = Scratch::make(&self.home)?;
        let target = beside.path.join("file");
        let text = format!(": >\"$TMPDIR/a\" && : >{}", target.display());
        let ask = RunAsk {
            argv: vec![Raw::of("/bin/sh"), Raw::of("-c"), Raw::of(text)],
            script: None,
            mentions: Raw::default(),
            cwd: Raw::of("/"),
            environment: Vec::new(),
            limits: Limits { wall_ms: 10_000, ..Limits::default() },
            keep: false,
        };
        let probed = self.run(&ask)?;
        let expected = format!("would open {} for writing", target.display());
        if probed.stopped == Some(expected) && !target.exists() {
            return Ok(probed.version);
        }
        Err(failed(format!(
            "{:?}, {:?}: {}",
            probed.stopped, probed.ran.exit_code, probed.ran.stderr.text
        )))
    }

    fn run(&self, ask: &RunAsk) -> Result<Probed, Failure> {
        let scratch = Scratch::make(&self.home)?;
        let argv = place_script(ask, &scratch)?;
        let failed = |error: rustix::io::Errno| Failure::of("making pipes", error);
        let (talk, child_talk) = rustix::net::socketpair(
            AddressFamily::UNIX,
            SocketType::SEQPACKET,
            SocketFlags::CLOEXEC,
            None,
        )
        .map_err(failed)?;
        let (stdout, child_stdout) = pipe_with(PipeFlags::CLOEXEC).map_err(failed)?;
        let (stderr, child_stderr) = pipe_with(PipeFlags::CLOEXEC).map_err(failed)?;
        let environment = environment(ask, &scratch.path);
        let starting = "starting the guard";
        match sys::clone_process(0).map_err(|error| Failure::of(starting, error))? {
            Side::Child => {
                drop((talk, stdout, stderr));
                guard::live(Birth {
                    ask,
                    environment: &environment,
                    scratch: &scratch.path,
                    argv,
                    talk: child_talk,
                    stdout: child_stdout,
                    stderr: child_stderr,
                })
            }
            Side::Parent(pid) => {
                drop((child_talk, child_stdout, child_stderr));
                let guard = Pid::from_raw(pid)
                    .ok_or_else(|| Failure::of(starting, std::io::Error::other("no process id")))?;
                let own = argv.iter().map(|word| word.to_string_lossy().into_owned()).collect();
                let judge = Judge::new(
                    scratch.path.clone(),
                    self.masked.clone(),
                    (pid, ask.limits.processes),
                    own,
                );
                let boss = std::io::stdin();
                let ends = Ends { guard, talk, stdout, stderr };
                follow::follow(ends, ask.limits, judge, &scratch, boss.as_fd())
            }
        }
    }
}

/// Puts the script into the scratch directory and returns the command with its place there.
fn place_script(ask: &RunAsk, scratch: &Scratch) -> Result<Vec<CString>, Failure> {
    use std::os::unix::fs::PermissionsExt as _;
    let failed = |error| Failure::of("placing the script", error);
    let path = scratch.path.join("script");
    if let Some(script) = &ask.script {
        std::fs::write(&path, &script.0)
            .and_then(|()| std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)))
            .map_err(failed)?;
    }
    let here = path.as_os_str().as_bytes();
    let word = |word: &Raw| match &ask.script {
        Some(_) if word.0 == SCRIPT.as_bytes() => CString::new(here),
        Some(_) | None => CString::new(word.0.clone()),
    };
    ask.argv.iter().map(word).collect::<Result<_, _>>().map_err(|error| failed(error.into()))
}

/// The whole environment of a run: nothing of the caller's gets in unasked, and its home and
/// temporary files are in the scratch directory.
fn environment(ask: &RunAsk, scratch: &Path) -> Vec<CString> {
    let scratch = scratch.as_os_str().as_bytes();
    let mut pairs: Vec<(&[u8], &[u8])> =
        vec![(b"PATH", PATH.as_bytes()), (b"LANG", b"C.UTF-8"), (b"TERM", b"dumb")];
    for (name, value) in &ask.environment {
        pairs.retain(|(other, _)| *other != name.as_bytes());
        pairs.push((name.as_bytes(), &value.0));
    }
    for name in [b"HOME".as_slice(), b"TMPDIR"] {
        pairs.retain(|(other, _)| *other != name);
        pairs.push((name, scratch));
    }
    pairs
        .into_iter()
        .filter_map(|(name, value)| CString::new([name, b"=", value].concat()).ok())
        .collect()
}
