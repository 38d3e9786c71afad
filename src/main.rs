//! The `blackstart` command: hands over to a helper process's entry, or to the command line.

use std::process::ExitCode;

fn main() -> ExitCode {
    if let Some(code) = blackstart::sandbox::entry(std::env::args_os()) {
        return code;
    }
    blackstart::cli::main(std::env::args_os())
}
