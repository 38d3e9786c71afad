//! The `blackstart` command: hands over to a helper process's entry, or to the command line.

use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args_os()
        .map(|argument| argument.to_string_lossy().into_owned())
        .collect();
    // Helper processes first: namespaces can only be made by a process without threads.
    blackstart::sandbox::entry(&arguments)
        .unwrap_or_else(|| blackstart::cli::main(std::env::args_os()))
}
