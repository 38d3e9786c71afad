//! A dry run of one script, started as the kernel would start it.
#![allow(clippy::disallowed_methods)]

use std::io::Read as _;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

use super::hosts::Hosts;
use super::probed;
use super::step::outcome_of;
use super::{DryRunError, Options, Progress, blank};
use crate::base::{Clock, Id};
use crate::evidence::{DryRun, Outcome};
use crate::plan::LOCAL;
use crate::sandbox::{Limit, Request};

/// A longer script is searched for paths up to here.
const MENTIONS: u64 = 1 << 20;

/// Runs the script at `path` by its shebang, without one with `bash`.
pub fn dry_run_script(
    path: &Path,
    options: &Options,
    clock: &dyn Clock,
    progress: &mut dyn FnMut(Progress<'_>),
) -> Result<DryRun, DryRunError> {
    let unreadable = |source| DryRunError::Unreadable { path: path.to_owned(), source };
    let full = std::fs::canonicalize(path).map_err(unreadable)?;
    let mut text = Vec::new();
    std::fs::File::open(&full)
        .and_then(|file| file.take(MENTIONS).read_to_end(&mut text))
        .map_err(unreadable)?;
    let id = id_of(&full);
    let lost = |source| DryRunError::Sandbox { step: id.to_string(), source };
    let mut hosts = Hosts::start(options).map_err(lost)?;
    progress(Progress::Level(hosts.level()));
    progress(Progress::Begins(&id));
    let mut result = blank(&id, Outcome::NotRun, "there is no sandbox here".to_owned());
    let mut argv = interpreter(&text);
    argv.push(full.as_os_str().as_bytes().to_vec());
    let mut request = Request::new(argv);
    request.cwd.clone_from(&options.cwd);
    if let Some(probe) = hosts.probe() {
        result = probed::run_script(&id, &text, &request, probe).map_err(lost)?;
    } else if hosts.level().counts() {
        result.notes.clear();
        request.mentions = text;
        let observed =
            hosts.session(LOCAL).and_then(|session| session.run(&request)).map_err(lost)?;
        result.outcome = match outcome_of(&observed) {
            Outcome::Passed if !observed.simulated.is_empty() => Outcome::Simulated,
            outcome => outcome,
        };
        (result.exit_code, result.signal) = (observed.exit_code, observed.signal);
        result.limit = observed
            .limit
            .filter(|limit| *limit != Limit::WallClock)
            .map(|limit| limit.word().to_owned());
        result.duration = observed.duration;
        (result.stdout, result.stderr) = (observed.stdout, observed.stderr);
        (result.effects, result.effects_total) = (observed.effects, observed.effects_total);
        (result.totals, result.summaries) = (observed.totals, observed.summaries);
        result.simulated = observed.simulated;
        result.simulated_calls = observed.simulated_calls;
        let refused = observed.refused_on_host.iter();
        result.notes.extend(refused.map(|what| format!("the host would refuse it: {what}")));
        result.notes.extend(observed.not_possible);
        result.notes.extend(observed.notes);
    }
    progress(Progress::Ended(&result));
    Ok(DryRun {
        at: clock.now(),
        level: hosts.level(),
        level_reason: hosts.level_reason(),
        steps: vec![result],
    })
}

/// Returns the words that start a script with this beginning (execve(2), "Interpreter scripts":
/// one optional argument, which may hold spaces).
fn interpreter(head: &[u8]) -> Vec<Vec<u8>> {
    let line = head.strip_prefix(b"#!").and_then(|rest| rest.split(|byte| *byte == b'\n').next());
    let Some(line) = line.map(<[u8]>::trim_ascii).filter(|line| !line.is_empty()) else {
        return vec![b"bash".to_vec()];
    };
    let mut words = line.splitn(2, |byte| matches!(byte, b' ' | b'\t'));
    words.by_ref().map(|word| word.trim_ascii().to_vec()).filter(|word| !word.is_empty()).collect()
}

fn id_of(path: &Path) -> Id {
    let name: String = path
        .file_name()
        .map(|name| name.to_string_lossy().into_owned())
        .unwrap_or_default()
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-') { c } else { '-' })
        .collect();
    let name = name.trim_start_matches(['.', '_', '-']);
    Id::parse(name).or_else(|_| Id::parse("script")).expect("a word of letters is an id")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_is_started_by_its_first_line() {
        let table: [(&str, &[&str]); 5] = [
            ("#!/bin/sh -eu\necho", &["/bin/sh", "-eu"]),
            ("#! /usr/bin/env  python3 -u\n", &["/usr/bin/env", "python3 -u"]),
            ("echo no line", &["bash"]),
            ("#!\n", &["bash"]),
            ("", &["bash"]),
        ];
        for (head, words) in table {
            let got = interpreter(head.as_bytes());
            let got: Vec<_> = got.iter().map(|word| String::from_utf8_lossy(word)).collect();
            assert_eq!(got, words, "{head:?}");
        }
    }
}
