//! Stand-ins for tools that cannot work in a sandbox; each keeps a small model and says that it answered.
//!
//! A stand-in is this program under the tool's name. What it keeps lies below
//! `/.blackstart/state`, in the layers of the session, so a discarded run takes it along.
#![allow(clippy::disallowed_methods)]

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::Path;
use std::process::ExitCode;

use super::ground::OWN;
use super::layers::{Layer, upper};

mod systemctl;

/// A tool that a stand-in answers for.
struct StandIn {
    name: &'static str,
    /// Where the host may have the tool; the stand-in covers it there too.
    paths: &'static [&'static str],
    answer: fn(&[String], &mut State) -> Answer,
}

const ALL: &[StandIn] = &[systemctl::SYSTEMCTL, systemctl::SERVICE, systemctl::JOURNALCTL];

/// What a stand-in prints and returns.
#[derive(Debug, Default, PartialEq, Eq)]
struct Answer {
    code: u8,
    out: String,
    err: String,
}

/// What stand-ins remember: `unit/NAME` → `inactive`.
type State = BTreeMap<String, String>;

/// Returns the names under which stand-ins are found through `PATH`.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    ALL.iter().map(|one| one.name)
}

/// Returns the host's own copies that stand-ins cover.
pub(super) fn host_paths() -> impl Iterator<Item = &'static str> {
    ALL.iter().flat_map(|one| one.paths.iter().copied())
}

/// Returns the stand-ins that said in `layer` that they answered.
pub(super) fn called(layer: &Layer, own_branch: usize) -> Vec<String> {
    let directory = layer.upper_of(own_branch).map(|number| format!("{}/state", upper(number)));
    let Some(place) = directory.and_then(|path| super::tree::Place::root(path.as_str()).ok())
    else {
        return Vec::new();
    };
    names()
        .filter(|name| {
            let called = place.child(format!("called.{name}").as_bytes());
            called.and_then(|called| called.stat()).is_ok_and(|stat| stat.is_some())
        })
        .map(str::to_owned)
        .collect()
}

/// Adds the stand-ins among the programs that were started: a script may remove their notes.
pub(super) fn merge(mut called: Vec<String>, executed: &[Vec<String>]) -> Vec<String> {
    for argv in executed {
        let program = argv.first().map(|program| base_name(program));
        if let Some(name) = names().find(|name| program == Some(*name))
            && !called.iter().any(|one| one == name)
        {
            called.push(name.to_owned());
        }
    }
    called
}

fn base_name(program: &str) -> &str {
    program.rsplit('/').next().unwrap_or(program)
}

/// Answers as the tool `program`, if it is one of ours and this is the inside of a sandbox.
pub(super) fn answer_as(program: &str, arguments: &[String]) -> Option<ExitCode> {
    let tool = ALL.iter().find(|tool| tool.name == base_name(program))?;
    let directory = Path::new(OWN).join("state");
    if !directory.is_dir() {
        return None;
    }
    let book = directory.join("book.json");
    let mut state: State = std::fs::read(&book)
        .ok()
        .and_then(|bytes| serde_json::from_slice(&bytes).ok())
        .unwrap_or_default();
    let before = state.clone();
    let answer = (tool.answer)(arguments, &mut state);
    let mut call = arguments.join(" ");
    call.push('\n');
    let noted = std::fs::OpenOptions::new()
        .create(true)
        .append(true)
        .open(directory.join(format!("called.{}", tool.name)))
        .and_then(|mut file| file.write_all(call.as_bytes()));
    let kept = match serde_json::to_vec(&state) {
        Ok(bytes) if state != before => std::fs::write(&book, bytes),
        Ok(_) | Err(_) => Ok(()),
    };
    let _ = std::io::stdout().write_all(answer.out.as_bytes());
    let _ = std::io::stderr().write_all(answer.err.as_bytes());
    Some(match (noted, kept) {
        (Ok(()), Ok(())) => ExitCode::from(answer.code),
        (Err(_), _) | (_, Err(_)) => ExitCode::from(125),
    })
}
