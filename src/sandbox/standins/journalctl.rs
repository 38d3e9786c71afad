//! journalctl: nothing happened in the sandbox that a journal could tell of.

use super::answer::Answer;
use super::book::State;
use super::{Real, StandIn};
use crate::tools::usage::Line;

pub(super) const JOURNALCTL: StandIn =
    StandIn { names: &["journalctl"], real: Real::Never, answer: journalctl };

/// Outputs that journalctl knows.
const OUTPUTS: &[&str] = &[
    "short",
    "short-full",
    "short-iso",
    "short-iso-precise",
    "short-precise",
    "short-monotonic",
    "short-delta",
    "short-unix",
    "verbose",
    "export",
    "json",
    "json-pretty",
    "json-sse",
    "json-seq",
    "cat",
    "with-unit",
];

fn journalctl(line: &Line, _state: &mut State) -> Answer {
    if let Some(output) = line.value("--output").filter(|output| !OUTPUTS.contains(output)) {
        return Answer::fails(1, format!("Unknown output format '{output}'."));
    }
    for (flag, what) in [
        ("--vacuum-size", "remove journal files"),
        ("--vacuum-files", "remove journal files"),
        ("--vacuum-time", "remove journal files"),
        ("--rotate", "rotate the journal"),
        ("--flush", "write the journal to disk"),
        ("--sync", "write the journal to disk"),
        ("--relinquish-var", "stop writing the journal to disk"),
    ] {
        if line.has(flag) {
            return Answer::quiet().would(what);
        }
    }
    if line.has("--disk-usage") {
        return Answer::prints("Archived and active journals take up 0B in the file system.");
    }
    if line.has("--verify") || line.has("--header") {
        return Answer::quiet();
    }
    if line.has("--quiet") { Answer::quiet() } else { Answer::prints("-- No entries --") }
}

#[cfg(test)]
mod tests {
    use super::super::tests::ask;
    use super::*;

    #[test]
    fn the_journal_is_empty_and_a_wrong_call_fails() {
        let mut state = State::new("/nonexistent");
        for (line, code, out) in [
            ("journalctl -u app -n 5 --no-pager", 0, "-- No entries --\n"),
            ("journalctl -qu app", 0, ""),
            ("journalctl -o nonsense", 1, ""),
            ("journalctl --vacuum-time=1d", 0, ""),
            ("journalctl --unti=now", 0, "-- No entries --\n"),
            ("journalctl --nonsense", 1, ""),
        ] {
            let answer = ask(line, &mut state);
            assert_eq!((answer.code, answer.out.as_str()), (code, out), "{line}");
        }
    }
}
