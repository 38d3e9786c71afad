//! Where this machine's tree stands in for another machine's, the name of the machine says so.
#![allow(clippy::disallowed_methods, clippy::panic, clippy::print_stderr)]

mod sandbox_support;

use std::fs;

use sandbox_support::{everybody, open_directory, session_with, step};

#[test]
fn a_stand_in_never_bears_the_name_of_the_machine_it_stands_for() {
    let long = "x".repeat(200);
    let table = [
        (None, fs::read_to_string("/proc/sys/kernel/hostname").expect("a name")),
        (Some("db1"), "stand-in-for-db1\n".to_owned()),
        (Some("a b\n;c.example"), "stand-in-for-a-b--c.example\n".to_owned()),
        (Some(long.as_str()), format!("stand-in-for-{}\n", "x".repeat(51))),
    ];
    for who in everybody() {
        for (host, expected) in &table {
            let directory = open_directory();
            let arranged = session_with(who, directory.path(), |options| {
                options.stand_in_for = host.map(str::to_owned);
            });
            let Some(mut session) = arranged else { continue };
            let observed = session.run(&step("uname -n; cat /etc/hostname || true")).expect("runs");
            let tree = fs::read_to_string("/etc/hostname").unwrap_or_default();
            assert_eq!(observed.stdout.text, format!("{expected}{tree}"), "as {who:?}: {host:?}");
        }
    }
}
