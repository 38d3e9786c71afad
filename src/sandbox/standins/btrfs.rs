//! btrfs: subvolumes that calls made or deleted; an image file is left to the real tool.
#![allow(clippy::disallowed_methods)]

use super::answer::Answer;
use super::book::State;
use super::devices;
use super::{Real, StandIn, base_name};
use crate::tools::usage::Line;

pub(super) const BTRFS: StandIn =
    StandIn { names: &["btrfs"], real: Real::Sometimes, answer: btrfs };

fn btrfs(line: &Line, state: &mut State) -> Answer {
    let verb = line.command.as_str();
    let first = line.operand(0).to_owned();
    if matches!(verb, "help" | "version")
        || !first.is_empty() && devices::is_image(state, &first) && !verb.starts_with("property")
    {
        return Answer::hands_over();
    }
    let mut gone = state.get::<Vec<String>>("btrfs-gone");
    let mut made = state.get::<Vec<String>>("btrfs-made");
    let there = |path: &str, state: &State, made: &[String], gone: &[String]| {
        let known = made.iter().any(|one| one == path)
            || state.here(path).exists()
            || path.starts_with("/dev/")
            || state.elsewhere;
        known && !gone.iter().any(|one| one == path)
    };
    let no_access = |path: &str| {
        Answer::fails(1, format!("ERROR: cannot access '{path}': No such file or directory"))
    };
    if !state.is_root()
        && !matches!(
            verb,
            "subvolume create" | "subvolume show" | "filesystem df" | "filesystem usage"
        )
    {
        return Answer::fails(1, "ERROR: Operation not permitted");
    }
    let clean = |path: &str| path.trim_end_matches('/').to_owned();
    match verb {
        "subvolume create" => {
            for path in line.operands.iter().map(|path| clean(path)) {
                if there(&path, state, &made, &gone) {
                    return Answer::fails(1, format!("ERROR: target path already exists: {path}"));
                }
                // A subvolume looks like a directory: so much can be done.
                if std::fs::create_dir(state.here(&path)).is_err() && !state.elsewhere {
                    return no_access(&path);
                }
                gone.retain(|one| *one != path);
                made.push(path);
            }
        }
        "subvolume snapshot" => {
            let (source, mut target) = (clean(&first), clean(line.operand(1)));
            if !there(&source, state, &made, &gone) {
                return no_access(&source);
            }
            if state.here(&target).is_dir() && !gone.contains(&target) {
                target = format!("{target}/{}", base_name(&source));
            }
            if made.contains(&target) {
                return Answer::fails(1, format!("ERROR: target path already exists: {target}"));
            }
            gone.retain(|one| *one != target);
            made.push(target);
        }
        "subvolume delete" => {
            for path in line.operands.iter().map(|path| clean(path)) {
                if !there(&path, state, &made, &gone) {
                    return Answer::fails(1, "ERROR: Could not statfs: No such file or directory");
                }
                made.retain(|one| *one != path);
                gone.push(path);
            }
        }
        "receive" => {
            let bytes = state.input().len();
            return Answer::quiet()
                .would(format!("receive a stream of {bytes} bytes or more into {first}"));
        }
        "subvolume list"
        | "subvolume show"
        | "filesystem show"
        | "filesystem df"
        | "filesystem usage"
        | "filesystem du"
        | "device stats"
        | "device usage"
        | "scrub status"
        | "balance status"
        | "property get"
        | "property list"
        | "qgroup show"
        | "replace status"
        | "subvolume get-default"
        | "subvolume find-new" => {
            let path = clean(&first);
            if !path.is_empty() && !there(&path, state, &made, &gone) {
                return no_access(&path);
            }
            return match verb {
                "subvolume list" => Answer::prints(made.join("\n")),
                _ => Answer::quiet(),
            };
        }
        _ => {
            if let Some(path) = line
                .operands
                .iter()
                .find(|path| path.starts_with('/') && gone.contains(&clean(path)))
            {
                return no_access(path);
            }
        }
    }
    state.set("btrfs-gone", &gone);
    state.set("btrfs-made", &made);
    Answer::quiet().would(format!("btrfs {}", line.words.join(" ")))
}

#[cfg(test)]
mod tests {
    use super::super::answer::Then;
    use super::super::tests::ask;
    use super::*;

    #[test]
    fn subvolumes_are_what_calls_made_of_them() {
        let tree = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(tree.path().join("srv/data")).unwrap();
        std::fs::write(tree.path().join("image"), "x").unwrap();
        let mut state = State::new(tree.path());
        for (line, code) in [
            ("btrfs subvolume snapshot -r /srv/data /srv/before", 0),
            ("btrfs sub snap /srv/data /srv/before", 1),
            ("btrfs subvolume show /srv/before", 0),
            ("btrfs subvolume snapshot /srv/none /srv/x", 1),
            ("btrfs subvolume delete /srv/before", 0),
            ("btrfs subvolume delete /srv/before", 1),
            ("btrfs subvolume create /srv/new", 0),
            ("btrfs subvolume create /srv/new", 1),
            ("btrfs subvolume frob /srv", 1),
            ("btrfs frob", 1),
            ("btrfs subvolume create --frob /srv/y", 1),
            ("btrfs subvolume snapshot /srv/data", 1),
            ("btrfs scrub start -B /srv", 0),
        ] {
            let answer = ask(line, &mut state);
            assert_eq!(answer.code, code, "{line}: {}", answer.err);
        }
        assert!(tree.path().join("srv/new").is_dir());
        assert_eq!(ask("btrfs check /image", &mut state).then, Then::HandOver);
    }
}
