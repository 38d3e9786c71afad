//! The read-only probe: runs a command on the real tree, where nothing can be changed, up to its first write.
//!
//! It is for machines that allow no namespaces. The tree is not copied: Landlock refuses writes
//! outside a scratch directory, a system call filter refuses what Landlock does not know, and the
//! supervisor is asked about each call that may change something. It is no dry run.

mod census;
mod family;
mod files;
mod filter;
mod follow;
mod guard;
mod judge;
mod others;
mod place;
mod scratch;
mod serve;
mod wall;

use super::availability;
use super::conversation::{Conversation, home};
use super::effects::observed;
use super::protocol::Failure;
use super::session::{Observed, Options, Request, SandboxError, run_ask};

pub(super) use serve::serve;
use serve::{Answer, Ask};

/// What one probe saw; it proves nothing, but what it saw is so.
#[derive(Debug, Clone)]
pub struct Probed {
    /// Output, programs, destinations and refusals up to the end; there are no changes to files.
    pub observed: Observed,
    /// What the command would have changed first, where the run was stopped at it:
    /// `would open /srv/x for writing`.
    pub stopped: Option<String>,
    /// File names of the programs that were started, each once.
    pub started: Vec<String>,
}

/// A process that runs commands read-only, one after the other. Dropping it ends them.
#[derive(Debug)]
pub struct Probe {
    supervisor: Conversation,
    landlock: u8,
}

impl Probe {
    /// Starts one, by trying.
    pub fn start(options: &Options) -> Result<Self, SandboxError> {
        let mut supervisor = Conversation::start(&options.program, "__probe")?;
        match supervisor.ask(&Ask::Start(home()))? {
            Answer::Ready(landlock) => Ok(Self { supervisor, landlock }),
            Answer::Failed(failure) => Err(unavailable(&failure)),
            Answer::Ran(_) => Err(out_of_order()),
        }
    }

    /// Returns the version of the kernel's Landlock (ABI), at least 3.
    pub fn landlock(&self) -> u8 {
        self.landlock
    }

    /// Runs a command until it ends, or would change something.
    pub fn run(&mut self, request: &Request) -> Result<Probed, SandboxError> {
        match self.supervisor.ask(&Ask::Run(run_ask(request)))? {
            Answer::Ran(probed) => Ok(Probed {
                observed: observed(probed.ran),
                stopped: probed.stopped,
                started: probed.started,
            }),
            Answer::Failed(failure) => Err(SandboxError::Run(availability::plain(&failure))),
            Answer::Ready(_) => Err(out_of_order()),
        }
    }
}

fn unavailable(failure: &Failure) -> SandboxError {
    let (reason, fix) = availability::explain(failure, availability::Facts::look());
    SandboxError::Unavailable { reason, fix }
}

fn out_of_order() -> SandboxError {
    SandboxError::Lost { what: "answered something else".to_owned(), source: None }
}
