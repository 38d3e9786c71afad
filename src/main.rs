//! The `blackstart` command: hands over to a helper process's entry, or to the command line.

use std::ffi::OsString;
use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<OsString> = std::env::args_os().collect();
    // Helper processes first: namespaces can only be made by a process without threads.
    blackstart::sandbox::entry(arguments.iter().cloned())
        .or_else(|| blackstart::execute::entry(arguments.get(1..).unwrap_or_default()))
        .unwrap_or_else(|| blackstart::cli::main(arguments.into_iter()))
}
