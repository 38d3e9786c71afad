//! Stand-ins in the sandbox: calls by name and by path, state over steps, wrong calls, what a result says of them.
#![allow(clippy::disallowed_methods, clippy::unwrap_used, clippy::panic, clippy::print_stderr)]

mod sandbox_support;

use blackstart::sandbox::{Layering, Observed, Session};
use sandbox_support::{Who, everybody, open_directory, session, step};

fn with_session(check: impl Fn(Who, &mut Session)) {
    for who in everybody() {
        let directory = open_directory();
        if let Some(mut session) = session(who, directory.path()) {
            check(who, &mut session);
        }
    }
}

fn run(session: &mut Session, text: &str) -> Observed {
    session.run(&step(text)).expect("runs")
}

fn discarded(session: &mut Session, text: &str) -> Observed {
    let mut request = step(text);
    request.layering = Layering::Discard;
    session.run(&request).expect("runs")
}

#[test]
fn a_tool_is_covered_by_name_and_by_path() {
    with_session(|who, session| {
        let paths = ["systemctl", "/usr/bin/systemctl", "/bin/systemctl"];
        for path in paths.iter().filter(|path| !path.starts_with('/') || std::path::Path::new(path).exists()) {
            let seen = discarded(session, &format!("{path} is-system-running"));
            assert_eq!((seen.stdout.text.as_str(), seen.exit_code), ("running\n", Some(0)), "{who:?} {path}: {}", seen.stderr.text);
            assert_eq!(seen.simulated, ["systemctl"], "{who:?} {path}");
            assert_eq!(seen.simulated_calls[0].call, "is-system-running", "{who:?} {path}");
            assert!(seen.notes.is_empty(), "{:?}", seen.notes);
        }
        let look = discarded(session, "ls -ld /usr/bin /usr/sbin | cut -c1-10; ls /usr/bin | wc -l");
        let host = std::process::Command::new("sh").arg("-c").arg("ls /usr/bin | wc -l").output().unwrap();
        assert!(look.stdout.text.ends_with(&String::from_utf8_lossy(&host.stdout).into_owned()), "{who:?}: {}", look.stdout.text);
        let files = |seen: &Observed| seen.effects.iter().filter(|effect| matches!(effect, blackstart::evidence::Effect::File(_))).count();
        assert_eq!(files(&look), 0);
        let removed = discarded(session, "rm /usr/bin/systemctl");
        assert_eq!(removed.succeeded(), who == Who::Root, "{who:?}: {:?}", removed);
    });
}
