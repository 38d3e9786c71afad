//! The `blackstart` command.

fn main() {}
