//! Stand-ins for tools that cannot work in a sandbox; each keeps a small model and says that it answered.
//!
//! A stand-in is this program under the tool's name: first in `PATH`, and at every place where the
//! host has the tool. It takes a call apart by `tools::usage`, so a wrong call fails as in life.
//! What it remembers lies below `/.blackstart/state`, in the layers of the session, so a discarded
//! run takes it along. It answers only inside a sandbox, asks no network, and what it cannot know it
//! answers as a machine in order would.
#![allow(clippy::disallowed_methods)]

use std::io::Write as _;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::ExitCode;

use super::ground::OWN;
use super::layers::{Layer, Layers, upper};
use crate::base::escape;
use crate::evidence::SimulatedCall;
use crate::tools::usage::{Line, undescribed, usage};
use book::{Book, Call, State};

mod accounts;
mod answer;
mod aws;
mod aws_things;
mod az;
mod book;
mod btrfs;
mod crontab;
mod devices;
mod docker;
mod filesystem;
mod firewall;
mod gcloud;
mod helm;
mod http;
mod journalctl;
mod kube;
mod kube_files;
mod kube_verbs;
mod kubectl;
mod lvm;
mod mask;
mod mount;
mod mysql;
mod network;
mod nosql;
mod objects;
mod pick;
mod postgres;
mod power;
mod raid;
mod rclone;
mod remote;
mod service;
mod settings;
mod ssh;
mod sudo;
mod systemctl;
mod unit_reports;
mod units;
mod virsh;
mod zfs;

use answer::{Answer, Run, Then};

/// A family of tools that a stand-in answers for.
struct StandIn {
    /// Names that `tools::usage` describes.
    names: &'static [&'static str],
    /// Whether it may hand a call over to the host's own tool.
    real: Real,
    answer: fn(&Line, &mut State) -> Answer,
}

/// Whether the host's own tool can be reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Real {
    /// Some calls go to it.
    Sometimes,
    /// It is never called.
    Never,
}

const ALL: &[StandIn] = &[
    systemctl::SYSTEMCTL,
    service::SERVICE,
    journalctl::JOURNALCTL,
    power::POWER,
    lvm::LVM,
    mount::MOUNT,
    filesystem::FILESYSTEM,
    sudo::SUDO,
    ssh::SSH,
    crontab::CRONTAB,
    firewall::FIREWALL,
    network::NETWORK,
    settings::SETTINGS,
    virsh::VIRSH,
    raid::RAID,
    zfs::ZFS,
    btrfs::BTRFS,
    http::CURL,
    http::WGET,
    http::DIG,
    postgres::POSTGRES,
    mysql::MYSQL,
    nosql::REDIS,
    nosql::ETCD,
    nosql::MONGO,
    kubectl::KUBECTL,
    docker::DOCKER,
    aws::AWS,
    gcloud::GCLOUD,
    gcloud::GSUTIL,
    az::AZ,
    rclone::RCLONE,
    helm::HELM,
    helm::VELERO,
];

/// A variable that is set for what is to run as root where there is no other account: stand-ins
/// then answer as to root.
pub const ACTS_AS_ROOT: &str = "BLACKSTART_ACTS_AS_ROOT";

/// A file of this name in the sandbox's own directory: the tree stands for another machine's.
pub(super) const ELSEWHERE: &str = "elsewhere";

/// Returns the names under which stand-ins are found through `PATH`.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    ALL.iter().flat_map(|one| one.names.iter().copied())
}

/// Returns the names of which the host's own tool must stay within reach.
pub(super) fn real_names() -> impl Iterator<Item = &'static str> {
    ALL.iter().filter(|one| one.real == Real::Sometimes).flat_map(|one| one.names.iter().copied())
}

/// Makes the files of the state directory `state`, writable by every account inside.
pub(super) fn make_files(state: &str, owner: u32) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    for name in book::FILES {
        let path = format!("{state}/{name}");
        std::fs::write(&path, b"")?;
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o666))?;
        std::os::unix::fs::chown(&path, Some(owner), Some(owner))?;
    }
    Ok(())
}

/// Returns a note where the kept layers hold that an earlier run took the machine down.
pub(super) fn machine_down(layers: &Layers, own_branch: usize) -> Option<String> {
    let kept = layers.since(0).iter().rev();
    let book = kept.filter_map(|layer| read(layer, own_branch, book::book_name())).next()?;
    let verb = book::machine(&book)?;
    let verb = escape::one_line(&verb);
    Some(format!(
        "an earlier step takes the machine down ({verb}); this one would not run before it is up again"
    ))
}

/// Reads a file of the state directory as one layer has it; a script may have put anything there.
fn read(layer: &Layer, own_branch: usize, name: &str) -> Option<Vec<u8>> {
    use std::io::Read as _;
    let place = super::tree::Place::root(upper(layer.upper_of(own_branch)?).as_str()).ok()?;
    let file = place.descend(&Path::new("state").join(name)).ok()?.open_file().ok()?;
    let mut bytes = Vec::new();
    std::fs::File::from(file).take(4 << 20).read_to_end(&mut bytes).ok()?;
    Some(bytes)
}

/// Returns the calls that stand-ins noted in `layer`, which lies on top of the kept ones.
fn noted(layers: &Layers, layer: &Layer, own_branch: usize) -> Vec<Call> {
    let read = |layer: &Layer| read(layer, own_branch, book::calls_name());
    let Some(text) = read(layer) else {
        return Vec::new();
    };
    let before = layers.since(0).iter().rev().find_map(read).unwrap_or_default();
    book::calls(&text, &before)
}

/// Returns the names of the stand-ins that answered in `layer`, and their calls. `executed` are the
/// programs that were started: a script may remove the notes.
pub(super) fn called(
    layers: &Layers,
    layer: &Layer,
    own_branch: usize,
    executed: &[Vec<String>],
) -> (Vec<String>, Vec<SimulatedCall>) {
    let noted = noted(layers, layer, own_branch);
    let mut tools: Vec<String> = Vec::new();
    let mut calls = Vec::new();
    for call in noted.iter().filter(|call| !call.real) {
        if !tools.contains(&call.tool) {
            tools.push(call.tool.clone());
        }
        calls.push(SimulatedCall {
            tool: escape::one_line(&call.tool),
            call: escape::one_line(&call.words.join(" ")),
            would: escape::one_line(&call.would.join("; ")),
        });
    }
    for argv in executed {
        let known = |name: &str| noted.iter().any(|call| call.tool == name);
        if let Some(name) =
            argv.first().and_then(|program| named(program)).filter(|name| !known(name))
            && !tools.iter().any(|one| one == name)
        {
            tools.push(name.to_owned());
        }
    }
    (tools.iter().map(|tool| escape::one_line(tool)).collect(), calls)
}

/// Returns the tool with a stand-in that a program is called as.
pub(super) fn named(program: &str) -> Option<&'static str> {
    names().find(|name| base_name(program) == *name)
}

/// Returns what stands behind the last slash.
fn base_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// Answers as the tool `program`, if it is one of ours and this is the inside of a sandbox.
pub(super) fn answer_as(program: &str, words: &[String]) -> Option<ExitCode> {
    let name = base_name(program);
    let standin = ALL.iter().find(|standin| standin.names.contains(&name))?;
    let directory = Path::new(OWN).join("state");
    if !directory.is_dir() {
        return None;
    }
    let (book, mut state) = Book::open(&directory);
    state.elsewhere = Path::new(OWN).join(ELSEWHERE).exists();
    let down = state.get::<String>("machine");
    let answer = answer_to(standin, name, words, &mut state);
    let mut would = answer.would.clone();
    if !down.is_empty() {
        would.insert(0, format!("not be answered: the machine went down before ({down})"));
    }
    let call = Call {
        tool: name.to_owned(),
        words: mask::words(name, words),
        would: would.iter().map(|what| mask::text(what)).collect(),
        real: answer.then == Then::HandOver,
    };
    let lost = state.lost;
    // The lock ends here: what follows may take long.
    let kept = book.close(state, &call);
    if lost {
        eprint(&format!("{name}: blackstart's stand-in lost what it knew\n"));
    }
    eprint(&answer.err);
    let _ = std::io::stdout().write_all(answer.out.as_bytes());
    let _ = std::io::stdout().flush();
    Some(match &answer.then {
        Then::Exit if kept => ExitCode::from(answer.code),
        Then::Exit => {
            eprint(&format!("{name}: blackstart's stand-in could not keep what it knows\n"));
            ExitCode::from(125)
        }
        Then::HandOver => hand_over(name, program, words),
        Then::Run(run) => become_another(run),
    })
}

fn eprint(text: &str) {
    let _ = std::io::stderr().write_all(text.as_bytes());
}

/// Answers a call as far as nothing outside of `state` is needed.
fn answer_to(standin: &StandIn, name: &str, words: &[String], state: &mut State) -> Answer {
    let Some(usage) = usage(name) else {
        return Answer::fails(125, format!("{name}: blackstart has no description of it"));
    };
    match usage.parse(name, words) {
        // What is there says best which version it is.
        Ok(line)
            if (line.asks_for_help() || line.asks_for_version())
                && standin.real == Real::Sometimes
                && state.exists(&format!("{OWN}/real/{name}")) =>
        {
            Answer::hands_over()
        }
        Ok(line) if line.asks_for_help() => Answer::prints(usage.help(name)),
        Ok(line) if line.asks_for_version() => {
            Answer::prints(format!("{name} (blackstart stand-in)"))
        }
        Ok(line) => (standin.answer)(&line, state),
        Err(refusal) if undescribed(name, &refusal.problem) => {
            let text = format!(
                "{name}: blackstart does not describe this command; the dry run cannot tell whether it is right"
            );
            Answer::fails(refusal.code, text)
                .would("unknown: the limit is blackstart's, not the tool's")
        }
        Err(refusal) => {
            let mut answer = Answer::fails(refusal.code, refusal.message);
            answer.would.push("refuse the call".to_owned());
            answer
        }
    }
}

/// Becomes the next tool of that name; returns only where there is none.
fn hand_over(name: &str, program: &str, words: &[String]) -> ExitCode {
    let own = Path::new(OWN);
    let kept = own.join("real").join(name);
    let search = std::env::var("PATH").unwrap_or_default();
    let found = search
        .split(':')
        .map(|directory| Path::new(directory).join(name))
        .filter(|path| !path.starts_with(own))
        .find(|path| {
            std::fs::canonicalize(path).is_ok_and(|real| real.is_file() && !real.starts_with(own))
        });
    let place = found.unwrap_or(kept);
    let error = std::process::Command::new(&place).arg0(program).args(words).exec();
    eprint(&format!("{name}: {error}\n"));
    ExitCode::from(127)
}

/// Becomes another command; returns only where that fails.
fn become_another(run: &Run) -> ExitCode {
    use rustix::thread::{Gid, Uid};
    let Some((program, rest)) = run.words.split_first() else {
        return ExitCode::SUCCESS;
    };
    let mut command = std::process::Command::new(program);
    command.args(rest);
    if let Some(environment) = &run.environment {
        command.env_clear().envs(environment.iter().map(|(name, value)| (name, value)));
    }
    let entered = run.directory.as_ref().map_or(Ok(()), std::env::set_current_dir);
    let switched = run.account.as_ref().map_or(Ok(()), |(user, group, groups)| {
        let groups: Vec<Gid> = groups.iter().map(|group| Gid::from_raw(*group)).collect();
        let (user, group) = (Uid::from_raw(*user), Gid::from_raw(*group));
        rustix::thread::set_thread_groups(&groups)?;
        rustix::thread::set_thread_res_gid(group, group, group)?;
        rustix::thread::set_thread_res_uid(user, user, user)?;
        Ok::<(), std::io::Error>(())
    });
    let error = match entered.and(switched) {
        Ok(()) => command.exec(),
        Err(error) => error,
    };
    let missing = error.kind() == std::io::ErrorKind::NotFound;
    eprint(&format!("{program}: {error}\n"));
    ExitCode::from(if missing { 127 } else { 126 })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Answers one line of words as the sandbox would: exit code, standard output, standard error.
    pub(super) fn ask(line: &str, state: &mut State) -> Answer {
        let words: Vec<String> = line.split(' ').map(str::to_owned).collect();
        let standin =
            ALL.iter().find(|standin| standin.names.contains(&words[0].as_str())).unwrap();
        answer_to(standin, &words[0], &words[1..], state)
    }

    /// Asserts the exit code of an answer, and what one of its outputs says.
    pub(super) fn answers(line: &str, state: &mut State, code: u8, said: &str) {
        let answer = ask(line, state);
        let shown = format!("{line}: {} {}", answer.out, answer.err);
        assert_eq!(answer.code, code, "{shown}");
        assert!(answer.out.contains(said) || answer.err.contains(said), "{shown}");
    }

    #[test]
    fn every_stand_in_is_described_and_no_name_stands_twice() {
        let mut seen = std::collections::BTreeSet::new();
        for name in names() {
            assert!(seen.insert(name), "{name} stands twice");
            assert!(usage(name).is_some(), "{name} has no usage");
        }
    }
}
