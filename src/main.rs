//! The `blackstart` command: hands over to a helper process's entry, or to the command line.

use std::process::ExitCode;

fn main() -> ExitCode {
    blackstart::cli::main(std::env::args_os())
}
