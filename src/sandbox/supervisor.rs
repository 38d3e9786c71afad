//! The process that holds a session: one thread, JSON lines in, JSON lines out.
#![allow(clippy::disallowed_methods)]

use std::ffi::CString;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::os::fd::AsFd as _;
use std::process::ExitCode;

use rustix::net::{AddressFamily, SocketFlags, SocketType};
use rustix::pipe::{PipeFlags, pipe_with};
use rustix::process::Pid;

use super::child::{self, Birth};
use super::difference;
use super::ground::{Ground, OWN};
use super::layers::{Layer, Layers};
use super::observe::Observer;
use super::protocol::{Answer, Ask, Failure, Limit, Limits, Ran, Raw, RunAsk, Setup};
use super::reach::Reach;
use super::standins;
use super::sys::{self, Side};
use super::walk;
use super::watch::{self, Ends, Watched};
use crate::tools::PATH;

/// Longest line that is read: a script, its environment, its arguments.
const LINE: u64 = 64 << 20;

struct Supervisor {
    ground: Ground,
    layers: Layers,
    home: Raw,
    reach: Reach,
    /// Layers below those of the session.
    floor: usize,
}

/// Serves one session on standard input and output.
pub(super) fn serve() -> ExitCode {
    let stdin = std::io::stdin();
    let mut asks = BufReader::new(stdin.as_fd().try_clone_to_owned().map_or_else(
        |_| Box::new(std::io::empty()) as Box<dyn std::io::Read>,
        |stdin| Box::new(std::fs::File::from(stdin)),
    ));
    raise_open_files();
    let mut supervisor: Option<Supervisor> = None;
    loop {
        let mut line = Vec::new();
        match asks.by_ref().take(LINE).read_until(b'\n', &mut line) {
            Ok(0) | Err(_) => return ExitCode::SUCCESS,
            Ok(_) => {}
        }
        let answer = serde_json::from_slice::<Ask>(&line)
            .map_err(|error| Failure::of("reading a request", std::io::Error::other(error)))
            .and_then(|ask| answer(&mut supervisor, ask))
            .unwrap_or_else(Answer::Failed);
        let Ok(mut text) = serde_json::to_vec(&answer) else {
            return ExitCode::FAILURE;
        };
        text.push(b'\n');
        let mut out = std::io::stdout().lock();
        if out.write_all(&text).and_then(|()| out.flush()).is_err() {
            return ExitCode::FAILURE;
        }
    }
}

fn answer(supervisor: &mut Option<Supervisor>, ask: Ask) -> Result<Answer, Failure> {
    match (ask, supervisor) {
        (Ask::Start(setup), none @ None) => {
            let (started, answer) = Supervisor::start(setup)?;
            *none = Some(started);
            Ok(answer)
        }
        (Ask::Run(run), Some(supervisor)) => Ok(Answer::Ran(Box::new(supervisor.run(&run)?))),
        (Ask::DiscardTop, Some(supervisor)) => {
            if supervisor.layers.depth() > supervisor.floor {
                supervisor.layers.discard_top();
            }
            Ok(Answer::Done)
        }
        (Ask::Difference { since }, Some(supervisor)) => {
            let since = supervisor.floor + since;
            let found = difference::since(&supervisor.ground, &mut supervisor.layers, since)?;
            Ok(Answer::Differences(found))
        }
        (Ask::Start(_), Some(_))
        | (Ask::Run(_) | Ask::DiscardTop | Ask::Difference { .. }, None) => Err(Failure::of(
            "following the order of requests",
            std::io::Error::other("out of order"),
        )),
    }
}

/// Deep trees are walked with one descriptor for every few levels.
fn raise_open_files() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let most = getrlimit(Resource::Nofile).maximum;
    let _ = setrlimit(Resource::Nofile, Rlimit { current: most, maximum: most });
}

/// The runs before left no room for another layer.
fn no_room() -> Ran {
    Ran {
        limit: Some(Limit::Disk),
        notes: vec!["the runs before it used up the sandbox's disk".to_owned()],
        ..Ran::default()
    }
}

impl Supervisor {
    fn start(setup: Setup) -> Result<(Self, Answer), Failure> {
        let ground = Ground::lay(&setup)?;
        let layers = Layers::new(&ground)?;
        let floor = layers.depth();
        let mut started = Self { ground, layers, home: setup.home, reach: Reach::default(), floor };
        started.trial()?;
        let answer = Answer::Ready {
            masked: started.ground.masked_labels.clone(),
            notes: started.ground.notes.clone(),
        };
        Ok((started, answer))
    }

    /// Runs nothing, in everything that a run is made of: only doing it shows that it works.
    fn trial(&mut self) -> Result<(), Failure> {
        let ask = RunAsk {
            argv: vec![Raw::of("/bin/sh"), Raw::of("-c"), Raw::of("exit 0")],
            script: None,
            mentions: Raw::default(),
            cwd: Raw::of("/"),
            environment: Vec::new(),
            limits: Limits { wall_ms: 10_000, ..Limits::default() },
            keep: false,
        };
        let ran = self.run(&ask)?;
        if ran.exit_code == Some(0) {
            return Ok(());
        }
        let text =
            format!("exit {:?}, signal {:?}: {}", ran.exit_code, ran.signal, ran.stderr.text);
        Err(Failure::of("running a trial command", std::io::Error::other(text)))
    }

    fn run(&mut self, ask: &RunAsk) -> Result<Ran, Failure> {
        self.reach.prepare(&self.ground, &mut self.layers, ask);
        let layer = match self.layers.open(&self.ground) {
            Err(failure) if failure.errno == libc::ENOSPC => return Ok(no_room()),
            opened => opened?,
        };
        let result = self.run_on(ask, &layer);
        match (&result, ask.keep) {
            (Ok(_), true) => self.layers.settle(&self.ground, layer),
            (_, _) => self.layers.drop_layer(&layer),
        }
        result
    }

    fn run_on(&mut self, ask: &RunAsk, layer: &Layer) -> Result<Ran, Failure> {
        if let Some(script) = &ask.script {
            self.place_script(layer, script)?;
        }
        let watched = self.execute(ask, layer)?;
        let changes = walk::changes(&self.ground, &self.reach, &mut self.layers, layer)?;
        let simulated = standins::called(layer, self.ground.branches.len() - 1);
        let Watched { ended, limit, duration, stdout, stderr, observer } = watched;
        Ok(Ran {
            exit_code: ended.filter(|code| *code >= 0 && limit != Some(Limit::WallClock)),
            signal: ended.filter(|code| *code < 0).map(|code| -code),
            limit,
            duration_us: u64::try_from(duration.as_micros()).unwrap_or(u64::MAX),
            stdout,
            stderr,
            changes: changes.listed,
            totals: changes.totals,
            shares: changes.shares,
            simulated: standins::merge(simulated, &observer.executed),
            executed: observer.executed,
            connected: observer.connected,
            denied: observer.denied,
            refused_on_host: changes.refused_on_host,
            notes: changes.notes,
        })
    }

    /// Puts the script where the payload finds it, in the layer of this run.
    fn place_script(&self, layer: &Layer, script: &Raw) -> Result<(), Failure> {
        use std::os::unix::fs::PermissionsExt as _;
        let own = self.ground.branches.len() - 1;
        let path = format!("{}/script", super::layers::upper(layer.id, own));
        let top = &self.ground.branches[own].top;
        std::fs::write(&path, &script.0)
            .and_then(|()| std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)))
            .and_then(|()| std::os::unix::fs::chown(&path, Some(top.st_uid), Some(top.st_gid)))
            .map_err(|error| Failure::of("placing the script", error))
    }

    fn execute(&mut self, ask: &RunAsk, layer: &Layer) -> Result<Watched, Failure> {
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
        let environment = self.environment(ask);
        let kinds = libc::CLONE_NEWPID | libc::CLONE_NEWNS | libc::CLONE_NEWIPC;
        match sys::clone_process(kinds)
            .map_err(|error| Failure::of("starting the first process", error))?
        {
            Side::Child => {
                drop((talk, stdout, stderr));
                child::live(Birth {
                    ground: &self.ground,
                    layers: &self.layers,
                    layer,
                    ask,
                    environment: &environment,
                    talk: child_talk,
                    stdout: child_stdout,
                    stderr: child_stderr,
                })
            }
            Side::Parent(pid) => {
                drop((child_talk, child_stdout, child_stderr));
                let pid = Pid::from_raw(pid).ok_or_else(|| {
                    Failure::of(
                        "starting the first process",
                        std::io::Error::other("no process id"),
                    )
                })?;
                let own = ask.argv.iter().map(|word| String::from_utf8_lossy(&word.0).into_owned());
                let observer = Observer::new(own.collect());
                let boss = std::io::stdin();
                let ends = Ends { pid, talk, stdout, stderr };
                watch::watch(&self.ground, ends, ask.limits, observer, boss.as_fd())
            }
        }
    }

    /// The whole environment of a run: nothing of the caller's gets in unasked.
    fn environment(&self, ask: &RunAsk) -> Vec<CString> {
        let mut pairs: Vec<(Vec<u8>, Vec<u8>)> = vec![
            (b"PATH".to_vec(), format!("{OWN}/bin:{PATH}").into_bytes()),
            (b"HOME".to_vec(), self.home.0.clone()),
            (b"LANG".to_vec(), b"C.UTF-8".to_vec()),
            (b"TERM".to_vec(), b"dumb".to_vec()),
        ];
        for (name, value) in &ask.environment {
            pairs.retain(|(other, _)| other != name.as_bytes());
            pairs.push((name.clone().into_bytes(), value.0.clone()));
        }
        pairs
            .into_iter()
            .filter_map(|(name, value)| CString::new([name, b"=".to_vec(), value].concat()).ok())
            .collect()
    }
}
