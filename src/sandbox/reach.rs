//! Lets an ordinary user's run write below directories of other owners, as the host lets it.
//!
//! To change a file, an overlay first copies its directory up, with its owner; a user namespace
//! refuses that for an owner it does not know (EOVERFLOW). A directory that is there already is
//! merged instead, so each one on the way to a path that a run mentions is made beforehand, with
//! the permission bits that the host gives the caller.
#![allow(clippy::disallowed_methods)]

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use rustix::fs::{Access, FileType};

use super::ground::Ground;
use super::layers::{Layers, upper};
use super::protocol::{Mode, RunAsk};
use super::skeleton::mode_for_caller;
use super::tree::{Place, copy_attributes, file_type};

/// More paths than this in one run are not prepared.
const MENTIONS: usize = 2_000;

/// The directories made so far.
#[derive(Debug, Default)]
pub(super) struct Reach {
    /// With their permission bits inside.
    made: BTreeMap<PathBuf, u32>,
}

impl Reach {
    /// Tells whether a directory of somebody else seems to be the caller's inside.
    pub(super) fn seems_own(&self, path: &Path) -> bool {
        self.made.contains_key(path)
    }

    /// Notes that a directory of somebody else, with these permission bits, seems to be the caller's.
    pub(super) fn seems(&mut self, path: &Path, mode: u32) {
        self.made.insert(path.to_owned(), mode);
    }

    /// Tells whether that is so, and only the owner of a file may delete it there.
    pub(super) fn seems_own_and_sticky(&self, path: &Path) -> bool {
        self.made.get(path).is_some_and(|mode| mode & 0o1000 != 0)
    }

    /// Prepares the way to every path that `ask` mentions.
    pub(super) fn prepare(&mut self, ground: &Ground, layers: &mut Layers, ask: &RunAsk) {
        if ground.mode != Mode::User {
            return;
        }
        let mut paths = BTreeSet::from([ask.cwd.path().to_owned()]);
        let texts = ask.argv.iter().chain(&ask.script).chain(std::iter::once(&ask.mentions));
        for text in texts.chain(ask.environment.iter().map(|(_, value)| value)) {
            mentioned(&text.0, &mut paths);
            named_below(ask.cwd.path(), &text.0, &mut paths);
        }
        for path in paths {
            if let Some(real) = existing(&path) {
                self.make_way(ground, layers, &real);
            }
        }
    }

    fn make_way(&mut self, ground: &Ground, layers: &mut Layers, path: &Path) {
        let branches = ground.branches.iter().enumerate();
        let Some((index, branch)) = branches
            .filter(|(_, branch)| path.starts_with(&branch.at))
            .max_by_key(|(_, branch)| branch.at.as_os_str().len())
        else {
            return;
        };
        let below = path.strip_prefix(&branch.at).unwrap_or(path);
        let Ok(mut lower) = Place::root(format!("l/{index}").as_str()) else {
            return;
        };
        let (mut inside, mut outside) = (PathBuf::new(), branch.at.clone());
        let (mut way, mut needed) = (Vec::new(), 0);
        for part in below {
            (inside, outside) = (inside.join(part), outside.join(part));
            let Ok(next) = lower.child(part.as_bytes()) else {
                break;
            };
            lower = next;
            let Ok(Some(stat)) = lower.stat() else { break };
            let writable = rustix::fs::access(&outside, Access::WRITE_OK).is_ok();
            let directory = file_type(&stat) == FileType::Directory;
            if directory {
                way.push((inside.clone(), outside.clone(), stat));
            }
            // What the caller cannot change keeps the look that it has on the host.
            if writable {
                needed = way.len();
            }
            if !directory {
                break;
            }
        }
        way.truncate(needed);
        // The supervisor sees the caller's own files as those of user 0.
        if way.iter().all(|(_, _, stat)| stat.st_uid == 0 && stat.st_gid == 0) {
            return;
        }
        // Most are there from a run before; only for a new one the branch is taken down.
        if let Some(first) = layers.first_upper_of(index).map(upper) {
            way.retain(|(inside, _, _)| !Path::new(&first).join(inside).is_dir());
        }
        if way.is_empty() {
            return;
        }
        let Ok(first) = layers.first_upper(ground, index).map(upper) else {
            return;
        };
        for (inside, outside, mut stat) in way {
            let inside = Path::new(&first).join(inside);
            if std::fs::create_dir(&inside).is_err() {
                continue;
            }
            let foreign = stat.st_uid != 0;
            if let Ok(metadata) = std::fs::symlink_metadata(&outside)
                && foreign
            {
                stat.st_mode = (stat.st_mode & !0o7777) | mode_for_caller(&outside, &metadata, 0);
            }
            (stat.st_uid, stat.st_gid) = (0, 0);
            let _ = copy_attributes(&stat, &inside);
            if foreign {
                self.made.insert(outside, stat.st_mode & 0o7777);
            }
        }
    }
}

/// Collects what looks like an absolute path in a text.
fn mentioned(text: &[u8], found: &mut BTreeSet<PathBuf>) {
    for word in words(text) {
        if let Some(start) = word.iter().position(|byte| *byte == b'/')
            && found.len() < MENTIONS
        {
            found.insert(PathBuf::from(OsStr::from_bytes(&word[start..])));
        }
    }
}

/// Collects the words of a text that name something below a directory, or could.
fn named_below(directory: &Path, text: &[u8], found: &mut BTreeSet<PathBuf>) {
    for word in words(text).filter(|word| !word.is_empty() && word[0] != b'/') {
        let path = directory.join(OsStr::from_bytes(word));
        let named = word.contains(&b'/') || std::fs::symlink_metadata(&path).is_ok();
        if named && found.len() < MENTIONS {
            found.insert(path);
        }
    }
}

/// Splits a text at everything that is rarely part of a path.
fn words(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    let in_path =
        |byte: &u8| byte.is_ascii_alphanumeric() || *byte > 0x7f || b"/._-+@%,~".contains(byte);
    text.split(move |byte| !in_path(byte))
}

/// Returns the longest beginning of `path` that exists, without links.
fn existing(path: &Path) -> Option<PathBuf> {
    path.ancestors().find_map(|path| std::fs::canonicalize(path).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn absolute_paths_are_found_wherever_they_stand() {
        let mut found = BTreeSet::new();
        mentioned(b"D=/srv/www; cp \"/a/b.c\" '$D/x' >/tmp/out; relative/path", &mut found);
        let expected = ["/a/b.c", "/path", "/srv/www", "/tmp/out", "/x"].map(PathBuf::from);
        assert_eq!(found, BTreeSet::from(expected));
    }
}
