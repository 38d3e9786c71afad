//! What a test could not look at on this machine is said by name; in continuous integration that is a failure.
#![allow(dead_code, clippy::disallowed_methods, clippy::print_stderr)]

use std::fmt::Display;
use std::path::Path;

use blackstart::tools;

/// Says what is not tested here, and why.
#[track_caller]
pub fn left_out(what: impl Display) {
    assert!(std::env::var_os("CI").is_none(), "left out: {what}");
    eprintln!("left out: {what}");
}

/// Tells whether all of these tools are installed, and says it where one is not.
#[track_caller]
pub fn has(tools: &[&str]) -> bool {
    let lies_in = |directory: &str, tool: &str| Path::new(directory).join(tool).exists();
    let is_here = |tool: &&&str| tools::PATH.split(':').any(|directory| lies_in(directory, tool));
    let missing: Vec<&str> = tools.iter().filter(|tool| !is_here(tool)).copied().collect();
    if !missing.is_empty() {
        left_out(format_args!("not installed: {}", missing.join(", ")));
    }
    missing.is_empty()
}
