//! What the installed bash says about the syntax of scripts.

use std::collections::{BTreeMap, HashMap};
use std::io::{Read, Write};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::channel;
use std::sync::{LazyLock, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use crate::base::Digest;

/// How long bash may think about one script.
const LIMIT: Duration = Duration::from_secs(5);

/// Bytes of its message that are read.
const MESSAGE: u64 = 16 << 10;

/// Answers that are kept while this program runs; a script is asked about again at every check of its plan.
const KEPT: usize = 10_000;

static ANSWERS: LazyLock<Mutex<HashMap<Digest, Syntax>>> = LazyLock::new(Mutex::default);

/// What `bash -n` says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Syntax {
    /// It accepts the script.
    Accepted,
    /// It refuses the script, with its first message.
    Refused(String),
    /// There is no bash to ask, or it did not answer in time.
    NotAsked,
}

/// Asks the installed bash about several scripts at once, on every processor. Returns those it refuses, with why.
pub fn refused_scripts(scripts: &[&str]) -> BTreeMap<String, String> {
    let threads = thread::available_parallelism().map_or(1, usize::from).min(scripts.len());
    if threads <= 1 {
        return scripts.iter().filter_map(|script| refused(script)).collect();
    }
    let share = scripts.len().div_ceil(threads);
    thread::scope(|scope| {
        let ask = |some: &'_ [&str]| -> Vec<(String, String)> {
            some.iter().filter_map(|script| refused(script)).collect()
        };
        let asked: Vec<_> =
            scripts.chunks(share).map(|some| scope.spawn(move || ask(some))).collect();
        asked.into_iter().filter_map(|one| one.join().ok()).flatten().collect()
    })
}

fn refused(script: &str) -> Option<(String, String)> {
    match bash_syntax(script) {
        Syntax::Refused(why) => Some((script.to_owned(), why)),
        Syntax::Accepted | Syntax::NotAsked => None,
    }
}

/// Asks the installed bash whether it can parse `script`; nothing in it is run.
pub fn bash_syntax(script: &str) -> Syntax {
    let digest = Digest::of(script.as_bytes());
    let known = || ANSWERS.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(answer) = known().get(&digest) {
        return answer.clone();
    }
    let answer = ask(script);
    let mut answers = known();
    if answer != Syntax::NotAsked && answers.len() < KEPT {
        answers.insert(digest, answer.clone());
    }
    answer
}

fn ask(script: &str) -> Syntax {
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
    let (stdin, stderr) = (child.stdin.take(), child.stderr.take());
    thread::scope(|scope| {
        // A writer of its own: bash may stop reading before a long script is written.
        scope.spawn(move || stdin.map(|mut stdin| stdin.write_all(script.as_bytes())));
        let (send, said) = channel();
        scope.spawn(move || {
            let mut text = Vec::new();
            let read = stderr.map(|stderr| stderr.take(MESSAGE).read_to_end(&mut text));
            // The receiver is gone where bash took too long.
            let _ = send.send((read, text));
        });
        match said.recv_timeout(LIMIT) {
            Ok((_, said)) => answer(&mut child, &said),
            Err(_) => {
                // Both ends of its pipes close with it, which ends the two threads.
                let _ = child.kill();
                let _ = child.wait();
                Syntax::NotAsked
            }
        }
    })
}

fn answer(child: &mut Child, said: &[u8]) -> Syntax {
    match child.wait() {
        Ok(status) if status.success() => Syntax::Accepted,
        Ok(_) => {
            let said = String::from_utf8_lossy(said);
            let first = said.lines().next().unwrap_or("bash refuses it without a message");
            Syntax::Refused(first.trim_start_matches("/bin/bash: ").to_owned())
        }
        Err(_) => Syntax::NotAsked,
    }
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

    #[test]
    fn several_scripts_are_asked_about_at_once_and_the_refused_ones_come_back() {
        let scripts: Vec<String> = (0..40)
            .map(
                |at| if at % 4 == 0 { format!("if true; then # {at}") } else { format!("ls {at}") },
            )
            .collect();
        let scripts: Vec<&str> = scripts.iter().map(String::as_str).collect();
        let refused = refused_scripts(&scripts);
        assert_eq!(refused.len(), 10);
        assert!(refused.keys().all(|script| script.starts_with("if true")));
    }
}
