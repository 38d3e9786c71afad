//! Executes a permitted plan, for real, in a process of its own.
//!
//! Three kinds of processes work together. A *front* (a command, the TUI) sets a run up, starts its runner, answers
//! questions, and follows the journal. The *runner* takes one run to its end; there is one per run, and it survives
//! its terminal. Each command of a step has a *keeper*, which survives the runner. What one must know of another goes
//! through the journal or through files that are there as a whole or not at all.
//!
//! The journal says "started" before anything runs and "finished" after; a keeper that has not been told to go runs
//! nothing. So a crash at any point leaves "not started", "done", or a keeper that is alive or left a result. Only where
//! the keeper died too is a result unknown, and then the step's check or a person decides.
#![allow(clippy::disallowed_methods)]

mod account;
mod clock;
mod crash;
mod ending;
mod engine;
mod entry;
mod keeper;
mod lock;
mod order;
mod output;
mod processes;
mod resume;
mod rollback;
mod runner;
mod secrets;
mod start;
mod step;
mod target;

pub use account::{own as own_account, who};
pub use clock::SystemClock;
pub use engine::Input;
pub use entry::entry;
pub use secrets::{to_type as secrets_to_type, without_asking as secrets_without_asking};
pub use start::{
    ExecuteError, Followed, NewRun, Start, Started, Tail, answer, confirm_target, create, follow,
    has_runner, output_file, request_stop, start,
};
pub use target::targets;
