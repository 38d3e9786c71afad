//! Runs a command where it can do no harm, and reports what it did.
//!
//! A [`Session`] is one process, `blackstart __sandbox`, that holds namespaces and a stack of
//! copy-on-write layers over the real tree. Each [`Session::run`] adds a layer and says what is in it.

mod accounts;
mod assembly;
mod attributes;
mod availability;
mod calls;
mod capture;
mod child;
mod compared;
mod content;
mod conversation;
mod cover;
mod destination;
mod devices;
mod difference;
mod effects;
mod entry;
mod exact;
mod filter;
mod folding;
mod foreign;
mod gone;
mod ground;
mod hard_links;
mod layers;
mod levels;
mod memory;
mod message;
mod mounts;
mod named;
mod names;
mod namespaces;
mod observe;
mod probe;
mod program;
mod protocol;
mod reach;
mod record;
mod refused;
mod rename;
mod resolver;
mod rights;
mod serving;
mod session;
mod skeleton;
mod standins;
mod supervisor;
mod sys;
mod tally;
mod tree;
mod usage;
mod waiting;
mod walk;
mod watch;

use std::ffi::OsString;
use std::process::ExitCode;

pub use levels::{Best, Found, Refusal, Standing, Surveyed, best, lacks, needs, survey};
pub use probe::{Probe, Probed};
pub use protocol::{Difference, Differs, Limit, Limits, Masked};
pub use session::{Following, Layering, Observed, Options, Request, SCRIPT, SandboxError, Session};
pub use standins::ACTS_AS_ROOT;

/// Returns the names of the tools that stand-ins answer for.
pub fn stand_ins() -> Vec<&'static str> {
    standins::names().collect()
}

/// Serves as the supervisor or as a stand-in where this process was started as one. The first
/// thing a program does, before it has a second thread.
pub fn entry(arguments: impl Iterator<Item = OsString>) -> Option<ExitCode> {
    let words: Vec<String> = arguments.map(|word| word.to_string_lossy().into_owned()).collect();
    let (program, rest) = words.split_first()?;
    match rest.split_first() {
        Some((verb, [])) if verb == "__sandbox" => Some(supervisor::serve()),
        Some((verb, [])) if verb == "__probe" => Some(probe::serve()),
        Some((verb, [name, rest @ ..])) if verb == "__standin" => standins::answer_as(name, rest),
        Some(_) | None => standins::answer_as(program, rest),
    }
}
