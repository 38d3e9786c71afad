//! A session: one supervisor process, one stack of layers, one command after the other.
#![allow(clippy::disallowed_methods)]

use std::path::PathBuf;
use std::time::Duration;

use super::availability;
use super::conversation::{Conversation, home};
use super::effects::observed;
use super::protocol::{
    Answer, Ask, Difference, Failure, Limit, Limits, Masked, Mode, Raw, RunAsk, Setup,
};
use crate::evidence::{Captured, Change, Effect, Level, SimulatedCall, Sum, Summary};

/// What a session may use, and which program to run as its supervisor.
#[derive(Debug, Clone)]
pub struct Options {
    /// A `blackstart` binary; it is started as `blackstart __sandbox`.
    pub program: PathBuf,
    /// Bytes that all runs together may write.
    pub disk: u64,
    /// Files that all runs together may make.
    pub files: u64,
    /// The machine that this one's tree stands in for; the name of the machine inside then says so.
    pub stand_in_for: Option<String>,
    /// Names that resolve inside, each with its address or another name for it, where it has one. Other names
    /// resolve too, to addresses that lead nowhere.
    pub names: Vec<(String, Option<String>)>,
    /// How closely programs are followed.
    pub following: Following,
}

/// How closely the programs of a run are followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Following {
    /// Their starts are seen.
    Starts,
    /// Their ends too: each process is traced (ptrace(2)), which makes starting one dearer.
    Ends,
}

impl Options {
    /// Returns the usual limits.
    pub fn new(program: impl Into<PathBuf>) -> Self {
        Self {
            program: program.into(),
            disk: 512 << 20,
            files: 200_000,
            stand_in_for: None,
            names: Vec::new(),
            following: Following::Starts,
        }
    }
}

/// Whether what a run changes stays for the runs after it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layering {
    /// Its changes become the new top layer.
    Keep,
    /// Its changes are reported and dropped.
    Discard,
}

/// A command to run.
#[derive(Debug, Clone)]
pub struct Request {
    /// Program and arguments; the program is looked up in the sandbox's `PATH`.
    pub argv: Vec<Vec<u8>>,
    /// Text placed at [`SCRIPT`], executable, for this run only.
    pub script: Option<Vec<u8>>,
    /// Text of files that the command reads, for the paths they mention: to an ordinary user only
    /// mentioned paths below other owners' directories are writable.
    pub mentions: Vec<u8>,
    /// Working directory inside.
    pub cwd: PathBuf,
    /// Added to an environment of `PATH`, `HOME`, `LANG` and `TERM` only.
    pub environment: Vec<(String, String)>,
    /// What it may use.
    pub limits: Limits,
    /// What becomes of its changes.
    pub layering: Layering,
}

/// Where a request's script is found inside.
pub const SCRIPT: &str = "/.blackstart/script";

/// An argument longer than this cannot be passed to a program (execve(2), `MAX_ARG_STRLEN`).
const ARGUMENT: usize = 100 << 10;

impl Request {
    /// Runs `argv` in `/`.
    pub fn new<Word: AsRef<[u8]>>(argv: impl IntoIterator<Item = Word>) -> Self {
        Self {
            argv: argv.into_iter().map(|word| word.as_ref().to_vec()).collect(),
            script: None,
            mentions: Vec::new(),
            cwd: PathBuf::from("/"),
            environment: Vec::new(),
            limits: Limits::default(),
            layering: Layering::Keep,
        }
    }

    /// Runs `text` with a shell whose last word is `-c`; a text too long for an argument becomes a file.
    pub fn with_shell(shell: &[&str], text: &str) -> Self {
        if text.len() < ARGUMENT {
            return Self::new(shell.iter().chain([&text]));
        }
        let shell = shell.strip_suffix(&["-c"]).unwrap_or(shell);
        let mut request = Self::new(shell.iter().chain([&SCRIPT]));
        request.script = Some(text.as_bytes().to_vec());
        request
    }
}

/// What one run did.
#[derive(Debug, Clone)]
pub struct Observed {
    /// Exit code, where it exited.
    pub exit_code: Option<i32>,
    /// Signal that ended it.
    pub signal: Option<i32>,
    /// The limit that stopped it.
    pub limit: Option<Limit>,
    /// Wall time.
    pub duration: Duration,
    /// Standard output.
    pub stdout: Captured,
    /// Standard error.
    pub stderr: Captured,
    /// Effects, bounded; files by path, then programs, connections, refusals.
    pub effects: Vec<Effect>,
    /// How many effects there were.
    pub effects_total: u64,
    /// How many of them are deleted paths.
    pub deleted_total: u64,
    /// How many paths changed in which way, and what they hold.
    pub totals: Vec<(Change, Sum)>,
    /// The same per directory, where `effects` leaves paths out.
    pub summaries: Vec<Summary>,
    /// Stand-ins that answered.
    pub simulated: Vec<String>,
    /// What stand-ins were asked and would have done, bounded.
    pub simulated_calls: Vec<SimulatedCall>,
    /// What succeeded inside although the host would refuse it; then the run proves nothing.
    pub refused_on_host: Vec<String>,
    /// What the sandbox could not do although the host would: then the run proves nothing either.
    pub not_possible: Vec<String>,
    /// What could not be seen.
    pub notes: Vec<String>,
}

impl Observed {
    /// Tells whether the command exited with 0, within its limits, and would do so on the host.
    pub fn succeeded(&self) -> bool {
        self.exit_code == Some(0)
            && self.limit.is_none()
            && self.refused_on_host.is_empty()
            && self.not_possible.is_empty()
    }
}

/// Why there is no session, or no answer.
#[derive(Debug, thiserror::Error)]
pub enum SandboxError {
    /// This machine does not allow what the sandbox is made of; nothing can be dry-run here.
    #[error("no sandbox here: {reason}; {fix}")]
    Unavailable {
        /// What was refused.
        reason: String,
        /// What a person can do about it.
        fix: String,
    },
    /// The supervisor could not be started or is gone; another session may work.
    #[error("the sandbox's supervisor {what}")]
    Lost {
        /// What happened to it.
        what: String,
        /// The system's word for it.
        #[source]
        source: Option<std::io::Error>,
    },
    /// This one run could not be started or followed; the session goes on.
    #[error("the run failed: {0}")]
    Run(String),
}

/// A tree of layers over the host's, and the process that holds it. Dropping it kills every
/// process inside; nothing remains.
#[derive(Debug)]
pub struct Session {
    supervisor: Conversation,
    mode: Mode,
    reason: Option<String>,
    masked: Vec<Masked>,
    notes: Vec<String>,
    depth: usize,
}

impl Session {
    /// Starts a session at the best level that this machine and user allow, by trying.
    pub fn start(options: &Options) -> Result<Self, SandboxError> {
        let root = rustix::process::geteuid().is_root();
        let ways: &[Mode] =
            if root { &[Mode::RootShifted, Mode::RootIdentity, Mode::User] } else { &[Mode::User] };
        // The last way asks for least, so what refuses it is the cause.
        let mut last: Option<Failure> = None;
        for mode in ways {
            match Self::start_as(options, *mode)? {
                Ok(mut session) => {
                    session.reason = availability::why_not_better(*mode, root, last.as_ref());
                    return Ok(session);
                }
                Err(failure) => last = Some(failure),
            }
        }
        let failure =
            last.unwrap_or_else(|| Failure::of("starting", std::io::Error::other("no way")));
        let (reason, fix) = availability::explain(&failure, availability::Facts::look());
        Err(SandboxError::Unavailable { reason, fix })
    }

    fn start_as(options: &Options, mode: Mode) -> Result<Result<Self, Failure>, SandboxError> {
        let mut session = Self {
            supervisor: Conversation::start(&options.program, "__sandbox")?,
            mode,
            reason: None,
            masked: Vec::new(),
            notes: Vec::new(),
            depth: 0,
        };
        let setup = Setup {
            mode,
            disk: options.disk,
            files: options.files,
            home: home(),
            names: options.names.clone(),
            exact: options.following == Following::Ends,
            hostname: options.stand_in_for.as_deref().map(hostname),
        };
        match session.supervisor.ask(&Ask::Start(setup))? {
            Answer::Ready { masked, notes } => {
                (session.masked, session.notes) = (masked, notes);
                Ok(Ok(session))
            }
            Answer::Failed(failure) => Ok(Err(failure)),
            other => Err(out_of_order(&other)),
        }
    }

    /// Returns what this session can prove.
    pub fn level(&self) -> Level {
        match self.mode {
            Mode::RootShifted | Mode::RootIdentity => Level::FullRoot,
            Mode::User => Level::FullUser,
        }
    }

    /// Returns why the level is not higher, or what is weaker than usual at this level.
    pub fn level_reason(&self) -> Option<&str> {
        self.reason.as_deref()
    }

    /// Returns the host's mounts that are empty inside.
    pub fn masked(&self) -> &[Masked] {
        &self.masked
    }

    /// Returns what of the host is not shown inside, and why.
    pub fn notes(&self) -> &[String] {
        &self.notes
    }

    /// Returns how many layers there are.
    pub fn depth(&self) -> usize {
        self.depth
    }

    /// Runs a command on a new layer on top of all kept ones.
    pub fn run(&mut self, request: &Request) -> Result<Observed, SandboxError> {
        match self.supervisor.ask(&Ask::Run(run_ask(request)))? {
            Answer::Ran(ran) => {
                self.depth += usize::from(request.layering == Layering::Keep);
                Ok(observed(*ran))
            }
            Answer::Failed(failure) => Err(SandboxError::Run(availability::plain(&failure))),
            other => Err(out_of_order(&other)),
        }
    }

    /// Forgets the newest layer.
    pub fn discard_top(&mut self) -> Result<(), SandboxError> {
        match self.supervisor.ask(&Ask::DiscardTop)? {
            Answer::Done => {
                self.depth = self.depth.saturating_sub(1);
                Ok(())
            }
            other => Err(out_of_order(&other)),
        }
    }

    /// Returns what differs between the tree when it had `depth` layers and the tree as it is.
    pub fn difference_since(&mut self, depth: usize) -> Result<Vec<Difference>, SandboxError> {
        match self.supervisor.ask(&Ask::Difference { since: depth })? {
            Answer::Differences(found) => Ok(found),
            Answer::Failed(failure) => Err(SandboxError::Run(availability::plain(&failure))),
            other => Err(out_of_order(&other)),
        }
    }
}

/// Returns the host name of a stand-in: letters, digits, dots and hyphens, at most 64 (sethostname(2)).
fn hostname(host: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() || c == '.' { c } else { '-' };
    "stand-in-for-".chars().chain(host.chars().map(plain)).take(64).collect()
}

fn out_of_order(answer: &Answer) -> SandboxError {
    let what = match answer {
        Answer::Failed(failure) => availability::plain(failure),
        Answer::Ready { .. } | Answer::Ran(_) | Answer::Done | Answer::Differences(_) => {
            "answered something else".to_owned()
        }
    };
    SandboxError::Lost { what, source: None }
}

/// Cores that this process may use; finding out reads files, so it is done once.
fn cores() -> u64 {
    static CORES: std::sync::OnceLock<u64> = std::sync::OnceLock::new();
    *CORES
        .get_or_init(|| std::thread::available_parallelism().map_or(1, |cores| cores.get() as u64))
}

/// Returns what the supervisor is asked.
pub(super) fn run_ask(request: &Request) -> RunAsk {
    RunAsk {
        argv: request.argv.iter().map(|word| Raw(word.clone())).collect(),
        script: request.script.clone().map(Raw),
        mentions: Raw(request.mentions.clone()),
        cwd: Raw::of(&request.cwd),
        environment: request
            .environment
            .iter()
            .map(|(name, value)| (name.clone(), Raw::of(value)))
            .collect(),
        limits: request.limits.on(cores()),
        keep: request.layering == Layering::Keep,
    }
}
