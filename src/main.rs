//! The `blackstart` command: hands over to a helper process's entry, or to the command line.

use std::process::ExitCode;

/// The checker makes and drops many small things: a fifth of its time with the allocator of the C library.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    // Helper processes first: namespaces can only be made by a process without threads.
    blackstart::sandbox::entry(std::env::args_os())
        .or_else(|| blackstart::execute::entry(std::env::args_os()))
        .unwrap_or_else(|| blackstart::cli::main(std::env::args_os()))
}
