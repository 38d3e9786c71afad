//! The `blackstart` command.

use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<_> = std::env::args_os().skip(1).collect();
    if let Some(code) = blackstart::execute::entry(&arguments) {
        return code;
    }
    ExitCode::SUCCESS
}
