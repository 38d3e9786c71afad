//! The best level that this machine and user allow, found by trying, and what each level is worth.
#![allow(clippy::disallowed_methods)]

use super::availability::APP_ARMOR_PROFILE;
use super::probe::Probe;
use super::session::{Options, SandboxError, Session};
use crate::evidence::Level;

/// The best way to run a step here.
#[derive(Debug)]
pub enum Best {
    /// A dry run.
    Session(Box<Session>),
    /// Up to the first write of each step.
    Probe(Box<Probe>),
    /// Not at all.
    Nothing,
}

/// What was found by trying.
#[derive(Debug)]
pub struct Found {
    /// What there is.
    pub best: Best,
    /// Why it is not more, and how to get it.
    pub reason: Option<String>,
}

impl Found {
    /// Returns what the best is worth.
    pub fn level(&self) -> Level {
        match &self.best {
            Best::Session(session) => session.level(),
            Best::Probe(_) => Level::ReadOnlyProbe,
            Best::Nothing => Level::StaticOnly,
        }
    }
}

/// Starts the best there is; fails only where the supervisor itself cannot be started.
pub fn best(options: &Options) -> Result<Found, SandboxError> {
    let why = match Session::start(options) {
        Ok(session) => {
            let reason = session.level_reason().map(str::to_owned);
            return Ok(Found { best: Best::Session(Box::new(session)), reason });
        }
        Err(error) => refusal(error)?,
    };
    let why = format!("{}; {}", why.reason, why.fix);
    Ok(match Probe::start(options).map_err(refusal) {
        Ok(probe) => Found { best: Best::Probe(Box::new(probe)), reason: Some(why) },
        Err(probe) => {
            let probe = probe?;
            let reason = format!("{why}; nor a read-only probe: {}; {}", probe.reason, probe.fix);
            Found { best: Best::Nothing, reason: Some(reason) }
        }
    })
}

/// Why a level cannot be had.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// What was refused.
    pub reason: String,
    /// What a person can do about it.
    pub fix: String,
    /// Text to copy for it: a profile.
    pub text: Option<&'static str>,
}

fn refusal(error: SandboxError) -> Result<Refusal, SandboxError> {
    match error {
        SandboxError::Unavailable { reason, fix } => {
            let text = fix.contains("apparmor.d").then_some(APP_ARMOR_PROFILE);
            Ok(Refusal { reason, fix, text })
        }
        SandboxError::Run(reason) => {
            let fix = "run as root, or on another machine".to_owned();
            Ok(Refusal { reason, fix, text: None })
        }
        error @ SandboxError::Lost { .. } => Err(error),
    }
}

/// How a level stands here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// It was tried and works; what is weaker than usual.
    Had(Option<String>),
    /// It was tried and refused.
    Refused(Refusal),
    /// It is not for this user, or the level above it takes its place.
    NotTried(String),
}

/// A level and how it stands here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Surveyed {
    /// The level.
    pub level: Level,
    /// How it stands.
    pub standing: Standing,
}

/// Tries every level, the best first.
pub fn survey(options: &Options) -> Result<Vec<Surveyed>, SandboxError> {
    let root = rustix::process::geteuid().is_root();
    let (level, full) = match Session::start(options) {
        Ok(session) => (session.level(), Standing::Had(session.level_reason().map(str::to_owned))),
        Err(error) if root => (Level::FullRoot, Standing::Refused(refusal(error)?)),
        Err(error) => (Level::FullUser, Standing::Refused(refusal(error)?)),
    };
    let other = match (level, root, &full) {
        (Level::FullRoot, _, Standing::Refused(why)) => Standing::Refused(why.clone()),
        (Level::FullRoot, _, _) => Standing::NotTried("the level above it is had".to_owned()),
        (_, true, Standing::Had(Some(why))) => Standing::Refused(Refusal {
            reason: why.clone(),
            fix: "run where root may make namespaces".to_owned(),
            text: None,
        }),
        (_, _, _) => Standing::NotTried("only for root: `sudo blackstart doctor`".to_owned()),
    };
    let probe = match Probe::start(options) {
        Ok(probe) => Standing::Had(Some(format!("with Landlock {}", probe.landlock()))),
        Err(error) => Standing::Refused(refusal(error)?),
    };
    let (first, second) = if level == Level::FullRoot { (full, other) } else { (other, full) };
    Ok([
        (Level::FullRoot, first),
        (Level::FullUser, second),
        (Level::ReadOnlyProbe, probe),
        (Level::StaticOnly, Standing::Had(None)),
    ]
    .map(|(level, standing)| Surveyed { level, standing })
    .to_vec())
}

/// Returns what a level needs, in plain words.
pub fn needs(level: Level) -> &'static str {
    match level {
        Level::FullRoot => "root that may make namespaces (CAP_SYS_ADMIN), overlayfs, Linux 5.12",
        Level::FullUser => "user namespaces for everybody, overlayfs in them, Linux 5.12",
        Level::ReadOnlyProbe => "Landlock 3 (Linux 6.2), seccomp with user notification",
        Level::StaticOnly => "nothing",
    }
}

/// Returns what a level cannot show, in plain words.
pub fn lacks(level: Level) -> &'static str {
    match level {
        Level::FullRoot => {
            "what other machines and services would do: stand-ins answer for them, and are named"
        }
        Level::FullUser => {
            "what steps of other accounts do: they run as you; files of others show other owners"
        }
        Level::ReadOnlyProbe => {
            "everything from a step's first write on; no step runs on top of another, no rollback is tried"
        }
        Level::StaticOnly => "everything: nothing runs, only the static check speaks",
    }
}
