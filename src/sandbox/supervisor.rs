//! The process that holds a session: one thread, JSON lines in, JSON lines out.
#![allow(clippy::disallowed_methods)]

use std::collections::BTreeSet;
use std::io::Write as _;
use std::os::fd::AsFd as _;
use std::process::ExitCode;

use super::assembly;
use super::difference;
use super::foreign::{Foreign, Standing};
use super::ground::{Ground, OWN, SCRIPT_HELD};
use super::layers::{Layer, Layers};
use super::names::Names;
use super::observe::{Ids, Observer};
use super::protocol::{Answer, Ask, Failure, Limit, Limits, Mode, Ran, Raw, RunAsk, Setup};
use super::reach::Reach;
use super::resolver::Resolver;
use super::rights::{Asked, Rights};
use super::serving::{self, Server};
use super::standins;
use super::sys;
use super::waiting::{Orders, Waiting};
use super::walk;
use super::watch::{self, Watched};

use crate::base::escape;
use crate::tools::PATH;

struct Supervisor {
    ground: Ground,
    layers: Layers,
    home: Raw,
    reach: Reach,
    foreign: Foreign,
    resolver: Resolver,
    exact: bool,
    /// Layers below those of the session.
    floor: usize,
    /// The first process of the next run; there is none while the tree changes.
    waiting: Option<Waiting>,
    /// The branches that the last run wrote to; they are taken down when it is answered.
    written: Vec<usize>,
}

/// The session that this process holds, once it was asked for.
#[derive(Default)]
struct Holder(Option<Supervisor>);

/// Serves one session on standard input and output.
pub(super) fn serve() -> ExitCode {
    raise_open_files();
    sys::hear_of_children();
    serving::serve(Holder::default())
}

impl Server for Holder {
    type Ask = Ask;
    type Answer = Answer;

    fn answer(&mut self, ask: Ask) -> Result<Answer, Failure> {
        match (ask, &mut self.0) {
            (Ask::Start(setup), none @ None) => {
                let (started, answer) = Supervisor::start(setup)?;
                *none = Some(started);
                Ok(answer)
            }
            (Ask::Run(run), Some(supervisor)) => Ok(Answer::Ran(Box::new(supervisor.run(&run)?))),
            (Ask::DiscardTop, Some(supervisor)) => {
                supervisor.discard_top();
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

    fn failed(failure: Failure) -> Answer {
        Answer::Failed(failure)
    }

    fn get_ready(&mut self) {
        // What fails here is tried again, and reported, by the next run.
        let _ = self.0.as_mut().map(Supervisor::get_ready);
    }

    fn end(&mut self) {
        self.0.iter_mut().for_each(Supervisor::release);
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

/// Says what was still under way when the command ended, because nobody saw what it would have done.
fn went_on(count: u32, names: &str) -> String {
    let names = names.lines().map(escape::one_line).collect::<Vec<_>>().join(", ");
    let those = if count == 1 { "1 process".to_owned() } else { format!("{count} processes") };
    format!(
        "{those} ({names}) went on behind the command and ended with the dry run: what they do later was not seen"
    )
}

/// Why a run of an ordinary user does not count where another program listens to its calls.
const NOT_OBSERVED: &str = "another filter of system calls is in place, so nothing refused what only the owner of a file may do";

/// More than this that could not be copied is not listed.
const NOT_COPIED: usize = 20;

/// Finds what an ordinary user's overlay refused by itself: it cannot copy what belongs to an owner
/// or a group that its user namespace does not know (EOVERFLOW), and leaves no other trace of it.
fn could_not_copy(outputs: [&str; 2]) -> Vec<String> {
    let refused =
        ["Value too large for defined data type", "EOVERFLOW", "os error 75", "[Errno 75]"];
    let lines = outputs.into_iter().flat_map(str::lines);
    lines
        .filter(|line| refused.iter().any(|words| line.contains(words)))
        .take(NOT_COPIED)
        .map(|line| {
            format!(
                "the sandbox could not copy a file or directory of another owner or group; as root it could: {}",
                escape::one_line(line)
            )
        })
        .collect()
}

/// Puts the script where the payload finds it, or takes away the one before it.
fn place_script(script: Option<&Raw>) -> Result<(), Failure> {
    let text = script.map_or(&[][..], |script| &script.0);
    let there = std::fs::metadata(SCRIPT_HELD).map_or(0, |metadata| metadata.len());
    if text.is_empty() && there == 0 {
        return Ok(());
    }
    // The same file, since it is mounted inside.
    std::fs::OpenOptions::new()
        .write(true)
        .truncate(true)
        .open(SCRIPT_HELD)
        .and_then(|mut file| file.write_all(text))
        .map_err(|error| Failure::of("placing the script", error))
}

impl Supervisor {
    fn start(setup: Setup) -> Result<(Self, Answer), Failure> {
        let lines = |path: &str| std::fs::read_to_string(path).unwrap_or_default();
        let names = Names::new(&lines("/etc/resolv.conf"), &lines("/etc/hosts"), &setup.names);
        let mut ground = Ground::lay(&setup)?;
        let mut layers = Layers::new(&ground)?;
        let mut reach = Reach::new(&ground, &mut layers);
        super::cover::cover(&mut ground, &mut layers, &mut reach)?;
        let floor = layers.depth();
        let (resolver, mut notes) = Resolver::start(names);
        ground.notes.append(&mut notes);
        let (home, exact) = (setup.home, setup.exact);
        let (waiting, written, foreign) = (None, Vec::new(), Foreign::default());
        let mut started =
            Self { ground, layers, home, reach, foreign, resolver, exact, floor, waiting, written };
        let mut notes = assembly::stand_first(&started.ground, &mut started.layers)?;
        started.ground.notes.append(&mut notes);
        started.trial()?;
        let answer = Answer::Ready {
            masked: started.ground.masked.clone(),
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
        let ways = self.reach.needed(&self.ground, &self.layers, ask);
        if !ways.is_empty() {
            self.release();
            self.reach.prepare(&self.ground, &mut self.layers, ways);
        }
        match assembly::stand(&self.ground, &mut self.layers) {
            Err(failure) if failure.errno == libc::ENOSPC => {
                if ask.keep {
                    // Who asked counts a layer for every run that is answered.
                    self.layers.keep(Layer::default());
                }
                return Ok(no_room());
            }
            stood => stood?,
        }
        place_script(ask.script.as_ref())?;
        let standing = self.foreign.standing(&self.ground, &self.reach);
        let watched = self.execute(ask, &standing);
        let layer = self.layers.written();
        let ran = watched.and_then(|(watched, asked)| {
            if ask.keep {
                self.foreign.keep(&standing, &asked, self.layers.depth());
            }
            let unjudged = asked.unjudged;
            let mut ran = self.report(watched, (asked.not_copied, &standing), &layer)?;
            if unjudged > 0 {
                ran.notes.push(format!(
                    "{unjudged} of its calls on files were not looked at one by one: what only the owner of a file may do is told by what changed"
                ));
            }
            Ok(ran)
        });
        self.written = layer.holds.iter().map(|held| held.branch).collect();
        if ran.is_ok() && ask.keep {
            self.layers.keep(layer);
        }
        ran
    }

    fn report(
        &mut self,
        watched: Watched,
        (not_copied, standing): (BTreeSet<String>, &Standing),
        layer: &Layer,
    ) -> Result<Ran, Failure> {
        let changes = walk::changes(&self.ground, standing, &mut self.layers, layer)?;
        let Watched { ended, limit, outlasted, observed, duration, stdout, stderr, observer } =
            watched;
        let mut notes: Vec<String> =
            standins::machine_down(&self.layers, self.ground.own).into_iter().collect();
        notes.extend(changes.notes);
        notes.extend(outlasted.map(|(count, names)| went_on(count, &names)));
        notes.extend(self.ground.host.changed().map(str::to_owned));
        let not_possible = match self.ground.mode {
            // Without a listener the words of the programs are all there is.
            Mode::User if !observed => {
                let mut said = could_not_copy([&stderr.text, &stdout.text]);
                said.insert(0, NOT_OBSERVED.to_owned());
                said
            }
            Mode::User if not_copied.is_empty() => could_not_copy([&stderr.text, &stdout.text]),
            Mode::User => not_copied.into_iter().collect(),
            Mode::RootShifted | Mode::RootIdentity => changes.not_followed,
        };
        let (asked, more_asked) = self.resolver.asked();
        let ran = observer.executed.iter().filter(|one| !one.failed());
        let mut programs: Vec<Vec<String>> =
            ran.map(|one| one.argv.iter().take(1).cloned().collect()).collect();
        programs.extend(observer.unlisted_tools.iter().map(|tool| vec![(*tool).to_owned()]));
        let (simulated, simulated_calls) =
            standins::called(&self.layers, layer, self.ground.own, &programs);
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
            simulated,
            simulated_calls,
            executed: observer.executed,
            connected: observer.connected,
            asked,
            denied: observer.denied,
            unlisted: observer.unlisted + more_asked,
            refused_on_host: changes.refused_on_host,
            not_possible,
            notes,
        })
    }

    fn execute(&mut self, ask: &RunAsk, standing: &Standing) -> Result<(Watched, Asked), Failure> {
        let orders =
            Orders { ask: ask.clone(), environment: self.environment(ask), exact: self.exact };
        let waiting = self.waiting.take().map_or_else(|| Waiting::start(&self.ground), Ok)?;
        let ends = waiting.order(&orders)?;
        let own = ask.argv.iter().map(|word| String::from_utf8_lossy(&word.0).into_owned());
        let ids = if self.exact { Ids::Inner } else { Ids::Outer };
        let mut rights = Rights::new(&self.ground, standing)?;
        let seen = (Observer::new(own.collect(), ids), &mut self.resolver, rights.as_mut());
        let boss = std::io::stdin();
        let watched = watch::watch(ends, ask.limits, seen, boss.as_fd())?;
        Ok((watched, rights.map(Rights::finish).unwrap_or_default()))
    }

    /// Makes everything ready for the next run.
    fn get_ready(&mut self) -> Result<(), Failure> {
        for branch in std::mem::take(&mut self.written) {
            self.layers.take_down(&self.ground, branch);
        }
        if self.waiting.is_none() {
            assembly::stand(&self.ground, &mut self.layers)?;
            self.waiting = Some(Waiting::start(&self.ground)?);
        }
        Ok(())
    }

    /// Forgets the newest layer of the session.
    fn discard_top(&mut self) {
        if self.layers.depth() > self.floor {
            self.release();
            self.layers.discard_top(&self.ground);
            self.foreign.discard(self.layers.depth());
        }
    }

    /// Lets the tree change: nobody looks at it any more.
    fn release(&mut self) {
        if let Some(waiting) = self.waiting.take() {
            waiting.let_go();
        }
    }

    /// The whole environment of a run: nothing of the caller's gets in unasked.
    fn environment(&self, ask: &RunAsk) -> Vec<Raw> {
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
        pairs.into_iter().map(|(name, value)| Raw([name, b"=".to_vec(), value].concat())).collect()
    }
}
