//! The levels of a dry run: what each claims, where it is had, and that the probe changes nothing.
#![allow(clippy::disallowed_methods, clippy::unwrap_used)]

mod sandbox_support;

use blackstart::sandbox::{Options, Probe};
use sandbox_support::{everybody, open_directory, program, step};

#[test]
fn quick() {
    for who in everybody() {
        let directory = open_directory();
        let mut probe = Probe::start(&Options::new(program(who, directory.path()))).unwrap();
        println!("landlock {}", probe.landlock());
        for text in std::env::var("STEPS").unwrap().split(";;") {
            let started = std::time::Instant::now();
            let seen = probe.run(&step(text)).unwrap();
            println!(
                "{who:?} {text:?}: {:?} {:?} out {:?} err {:?} {:?} {:?} in {:?}",
                seen.stopped, seen.observed.exit_code, seen.observed.stdout.text, seen.observed.stderr.text,
                seen.observed.effects.iter().filter(|e| !matches!(e, blackstart::evidence::Effect::Exec{..})).collect::<Vec<_>>(), seen.started, started.elapsed()
            );
        }
    }
}
