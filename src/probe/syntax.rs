//! What the installed bash says about the syntax of a script.

use std::io::Write;
use std::process::{Command, Stdio};

/// What `bash -n` says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Syntax {
    /// It accepts the script.
    Accepted,
    /// It refuses the script, with its first message.
    Refused(String),
    /// There is no bash to ask.
    NotAsked,
}

/// Asks the installed bash whether it can parse `script`; nothing in it is run.
pub fn bash_syntax(script: &str) -> Syntax {
    // No environment: BASH_ENV and functions exported by the caller must not have a say.
    let child = Command::new("/bin/bash")
        .args(["--noprofile", "--norc", "-n"])
        .env_clear()
        .env("LC_ALL", "C")
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn();
    let Ok(mut child) = child else {
        return Syntax::NotAsked;
    };
    let stdin = child.stdin.take();
    std::thread::scope(|scope| {
        // A writer of its own: bash may stop reading before a long script is written.
        scope.spawn(move || stdin.map(|mut stdin| stdin.write_all(script.as_bytes())));
        match child.wait_with_output() {
            Ok(output) if output.status.success() => Syntax::Accepted,
            Ok(output) => {
                let said = String::from_utf8_lossy(&output.stderr);
                let first = said.lines().next().unwrap_or("bash refuses it without a message");
                Syntax::Refused(first.trim_start_matches("/bin/bash: ").to_owned())
            }
            Err(_) => Syntax::NotAsked,
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bash_is_asked_and_runs_nothing() {
        assert_eq!(
            bash_syntax("touch /tmp/blackstart-must-not-exist; for x in 1; do :; done"),
            Syntax::Accepted
        );
        assert!(!std::path::Path::new("/tmp/blackstart-must-not-exist").exists());
        assert!(
            matches!(bash_syntax("if true; then"), Syntax::Refused(why) if why.contains("syntax error"))
        );
    }
}
