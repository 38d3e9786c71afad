//! Why the outside could not do what was asked, by what the front can say about it.

use crate::approve::Refusal;
use crate::dryrun::DryRunError;
use crate::execute::ExecuteError;
use crate::sandbox::SandboxError;
use crate::store::StoreError;

use super::files::FileError;

/// Why the outside could not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum RuntimeError {
    /// There is no home directory to keep things below.
    #[error(
        "there is no home directory to keep plans and evidence in (set HOME, or choose a place with --data-dir DIR)"
    )]
    NoHome,
    /// The program cannot find itself, so it cannot start its helpers.
    #[error("cannot find the running program")]
    Program {
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A file failed.
    #[error(transparent)]
    File(#[from] FileError),
    /// A dry run could not be done.
    #[error(transparent)]
    DryRun(#[from] DryRunError),
    /// A run could not be started, answered or followed.
    #[error(transparent)]
    Execute(#[from] ExecuteError),
    /// The sandbox failed.
    #[error(transparent)]
    Sandbox(#[from] SandboxError),
    /// A document in the store cannot be read any more.
    #[error("the stored {what} cannot be read: {why}")]
    Stored {
        /// Which document.
        what: String,
        /// The first problem.
        why: String,
    },
    /// A document of an evaluation cannot be read.
    #[error("{what} cannot be read: {why}")]
    Unreadable {
        /// Which document.
        what: String,
        /// The first problem.
        why: String,
    },
    /// There is no such document.
    #[error("there is no {what} {name:?}")]
    Missing {
        /// What kind.
        what: &'static str,
        /// The name that was asked for.
        name: String,
    },
    /// The plan was drafted from an inventory that is not at hand.
    #[error(
        "the plan {plan:?} was drafted from an inventory that is not in the store (name it with --inventory FILE)"
    )]
    InventoryMissing {
        /// The plan.
        plan: String,
    },
    /// A secret of the plan is to be typed, which only the command line asks for.
    #[error(
        "the secret {secret} is to be typed: start the run with `blackstart run {plan}`, then come back here"
    )]
    SecretToType {
        /// The secret.
        secret: String,
        /// The plan.
        plan: String,
    },
    /// What stands against an approval or a run.
    #[error("{}", .refusals.iter().map(|refusal| refusal.message.as_str()).collect::<Vec<_>>().join("; "))]
    Refused {
        /// Each with the next command.
        refusals: Vec<Refusal>,
    },
}
