//! The `blackstart` command.

use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args_os()
        .map(|argument| argument.to_string_lossy().into_owned())
        .collect();
    if let Some(code) = blackstart::sandbox::entry(&arguments) {
        return code;
    }
    ExitCode::SUCCESS
}
