//! Reads the scripts of drafted plans with bash and ShellCheck.
#![allow(clippy::disallowed_methods, clippy::unwrap_used, clippy::print_stderr, dead_code)]

#[path = "../left_out/mod.rs"]
pub mod left_out;

use std::collections::BTreeMap;
use std::process::Command;

use blackstart::draft::{Draft, artifacts};
use left_out::has;

/// Every script of a draft with its name: those of the steps as they are run, and the executable files made of it.
pub fn scripts(made: &Draft) -> Vec<(String, String)> {
    let mut scripts = vec![];
    for step in &made.plan.steps {
        for (part, text) in
            [("run", &step.run), ("check", &step.check), ("rollback", &step.rollback)]
        {
            if let Some(text) = text {
                scripts.push((
                    format!("{}, {part}", step.id),
                    format!("#!/bin/bash\nset -euo pipefail\n{text}"),
                ));
            }
        }
    }
    let files = artifacts(&made.plan).into_iter().filter(|file| file.executable);
    scripts.extend(files.map(|file| (file.name, file.contents)));
    scripts
}

/// Fails where bash or ShellCheck finds something in a script, or where there are fewer different ones than expected.
/// Where there is no ShellCheck, it says so, and fails in CI.
#[track_caller]
pub fn assert_accepted(named: impl IntoIterator<Item = (String, String)>, more_than: usize) {
    let has_shellcheck = has(&["shellcheck"]);
    let different: BTreeMap<String, String> =
        named.into_iter().map(|(name, text)| (text, name)).collect();
    let directory = tempfile::tempdir().unwrap();
    let mut files = vec![];
    for (at, (text, name)) in different.iter().enumerate() {
        let output = Command::new("bash").args(["-n", "-c", text]).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{name}: {said}\n{text}");
        let name = name.replace([' ', ',', '/', ':', '"'], "_");
        let file = directory.path().join(format!("{at}-{name}.sh"));
        std::fs::write(&file, text).unwrap();
        files.push(file);
    }
    assert!(files.len() > more_than, "only {} scripts", files.len());
    if has_shellcheck {
        let output = Command::new("shellcheck")
            .args(["-S", "warning", "-s", "bash"])
            .args(&files)
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    }
}
