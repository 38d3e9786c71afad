//! One sandbox for each host of a plan, so that what a step does on one is not seen on another.

use std::collections::BTreeMap;

use super::Options;
use crate::base::escape;
use crate::evidence::Level;
use crate::plan::LOCAL;
use crate::sandbox::{self, Best, Probe, SandboxError, Session};

/// The sandboxes of a dry run.
pub(super) struct Hosts {
    sessions: BTreeMap<String, Session>,
    here: Vec<String>,
    probe: Option<Probe>,
    sandbox: crate::sandbox::Options,
    level: Level,
    reason: Option<String>,
}

/// Whether a step's host is this machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Where {
    Here,
    Elsewhere,
}

/// What a result of this sandbox does not cover, for people.
fn reason(session: &Session) -> Option<String> {
    let mut parts: Vec<String> = session.level_reason().map(str::to_owned).into_iter().collect();
    let masked: Vec<String> = session
        .masked()
        .iter()
        .map(|masked| format!("{} ({})", escape::one_line(&masked.path), masked.kind))
        .collect();
    if !masked.is_empty() {
        parts.push(format!(
            "empty inside, since another machine or a process answers for it: {}",
            masked.join(", ")
        ));
    }
    parts.extend(session.notes().iter().map(|note| escape::one_line(note)));
    (!parts.is_empty()).then(|| parts.join("; "))
}

impl Hosts {
    /// Starts the best sandbox of this machine; without one the level is `static-only`.
    pub(super) fn start(options: &Options) -> Result<Self, SandboxError> {
        let found = sandbox::best(&options.sandbox)?;
        let mut hosts = Self {
            sessions: BTreeMap::new(),
            here: options.here.clone(),
            probe: None,
            sandbox: options.sandbox.clone(),
            level: found.level(),
            reason: found.reason,
        };
        match found.best {
            Best::Session(session) => {
                hosts.reason = reason(&session);
                hosts.sessions.insert(LOCAL.to_owned(), *session);
            }
            Best::Probe(probe) => hosts.probe = Some(*probe),
            Best::Nothing => {}
        }
        Ok(hosts)
    }

    /// Returns what runs steps up to their first write, where there is no more.
    pub(super) fn probe(&mut self) -> Option<&mut Probe> {
        self.probe.as_mut()
    }

    /// Returns what this machine can prove.
    pub(super) fn level(&self) -> Level {
        self.level
    }

    /// Returns why it is not more.
    pub(super) fn level_reason(&self) -> Option<String> {
        self.reason.clone()
    }

    /// Tells whether a host of the plan is this machine.
    pub(super) fn place(&self, host: &str) -> Where {
        if host == LOCAL || self.here.iter().any(|name| name == host) {
            Where::Here
        } else {
            Where::Elsewhere
        }
    }

    /// Returns the sandbox of a host; another host's is this machine's tree under its name.
    pub(super) fn session(&mut self, host: &str) -> Result<&mut Session, SandboxError> {
        let name = match self.place(host) {
            Where::Here => LOCAL,
            Where::Elsewhere => host,
        };
        if !self.sessions.contains_key(name) {
            let mut sandbox = self.sandbox.clone();
            sandbox.stand_in_for = (name != LOCAL).then(|| name.to_owned());
            let session = Session::start(&sandbox)?;
            self.sessions.insert(name.to_owned(), session);
        }
        Ok(self.sessions.get_mut(name).expect("inserted above"))
    }
}
