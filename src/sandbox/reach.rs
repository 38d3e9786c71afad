//! Lets an ordinary user's run write below directories of other owners, as the host lets it.
//!
//! To change a file, an overlay first copies it and its directory up, with their owners; a user
//! namespace refuses that for an owner or a group it does not know (EOVERFLOW). What is there
//! already is merged, or taken instead, so each directory on the way to a path that the caller may
//! change, and the file at its end, is put into the first layer beforehand, with the permission
//! bits that the host gives the caller.
#![allow(clippy::disallowed_methods)]

use std::collections::{BTreeSet, HashSet, VecDeque};
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Component, Path, PathBuf};

use rustix::fs::{Access, FileType, Stat};

use super::ground::{Ground, Piece, Show, Source};
use super::layers::{Layers, upper};
use super::protocol::{Mode, RunAsk};
use super::skeleton::{copy_file, mode_for_caller};
use super::tree::{Place, copy_attributes, file_type};

/// More paths than this in one run are not prepared.
const MENTIONS: usize = 2_000;

/// Directories that a run goes to; relative names below more than these are not prepared.
const PLACES: usize = 16;

/// Directories that are looked at for others where the caller may write, and how deep.
const SURVEYED: usize = 1_500;
const SURVEY_DEPTH: usize = 3;

/// Trees that belong to the packages of the system, or hold nothing of anybody.
const NOT_SURVEYED: &[&str] = &["/usr", "/boot", "/nix", "/snap", "/lost+found"];

/// Files of another owner or group are copied up to this size.
const COPIED: u64 = 16 << 20;

/// What was prepared so far.
#[derive(Debug, Default)]
pub(super) struct Reach {
    /// What belongs to somebody else and seems to be the caller's.
    made: HashSet<PathBuf>,
}

/// What must be put into one branch.
#[derive(Debug)]
pub(super) struct Way {
    branch: usize,
    parts: Vec<Part>,
}

/// Something on the way to a path.
#[derive(Debug)]
struct Part {
    below: PathBuf,
    host: PathBuf,
    stat: Stat,
}

impl Reach {
    /// Starts with the directories where the caller may write although somebody else owns them.
    pub(super) fn new(ground: &Ground, layers: &mut Layers) -> Self {
        let mut reach = Self { made: ground.foreign.clone() };
        if ground.mode == Mode::User {
            let ways =
                survey(ground).iter().filter_map(|path| way_to(ground, layers, path)).collect();
            reach.prepare(ground, layers, ways);
        }
        reach
    }

    /// Returns what belongs to somebody else and seems to be the caller's.
    pub(super) fn made(&self) -> impl Iterator<Item = &Path> {
        self.made.iter().map(PathBuf::as_path)
    }

    /// Notes that a directory of somebody else seems to be the caller's.
    pub(super) fn seems(&mut self, path: &Path) {
        self.made.insert(path.to_owned());
    }

    /// Returns the ways to paths that `ask` mentions which are not prepared.
    pub(super) fn needed(&self, ground: &Ground, layers: &Layers, ask: &RunAsk) -> Vec<Way> {
        if ground.mode != Mode::User {
            return Vec::new();
        }
        let hidden = hidden(ground);
        let mut places = vec![existing(ask.cwd.path(), &hidden)];
        let mut paths = BTreeSet::from([places[0].clone()]);
        let texts = ask.argv.iter().chain(&ask.script).chain(std::iter::once(&ask.mentions));
        for text in texts.chain(ask.environment.iter().map(|(_, value)| value)) {
            mentioned(&text.0, &mut paths);
            entered(&text.0, &hidden, &mut places);
            for place in &places {
                named_below(place, &text.0, &hidden, &mut paths);
            }
        }
        let real: BTreeSet<PathBuf> = paths.iter().map(|path| existing(path, &hidden)).collect();
        real.iter().filter_map(|path| way_to(ground, layers, path)).collect()
    }

    /// Prepares ways; their branches are taken down.
    pub(super) fn prepare(&mut self, ground: &Ground, layers: &mut Layers, ways: Vec<Way>) {
        for way in ways {
            if let Ok(first) = layers.first_upper(ground, way.branch).map(upper) {
                for part in way.parts {
                    self.put(part, Path::new(&first));
                }
            }
        }
    }

    /// Puts one part of a way into the first layer.
    fn put(&mut self, part: Part, first: &Path) {
        let inside = first.join(&part.below);
        let Ok(metadata) = std::fs::symlink_metadata(&part.host) else {
            return;
        };
        let made = match file_type(&part.stat) {
            FileType::Directory => std::fs::create_dir(&inside),
            _ => copy_file(&part.host, &inside, &metadata),
        };
        if made.is_err() {
            return;
        }
        let mut stat = part.stat;
        let foreign = stat.st_uid != 0;
        if foreign {
            stat.st_mode = (stat.st_mode & !0o7777) | mode_for_caller(&part.host, &metadata, 0);
        }
        (stat.st_uid, stat.st_gid) = (0, 0);
        let _ = copy_attributes(&stat, &inside);
        if foreign {
            self.made.insert(part.host);
        }
    }
}

/// Returns what must be put into the first layer so that the caller can change what is at `path`.
fn way_to(ground: &Ground, layers: &Layers, path: &Path) -> Option<Way> {
    let (index, branch) = ground
        .branches
        .iter()
        .enumerate()
        .filter(|(_, branch)| path.starts_with(&branch.at))
        .max_by_key(|(_, branch)| branch.at.as_os_str().len())?;
    let lower = Place::root(format!("l/{index}").as_str()).ok()?;
    let mut parts = parts_of(&lower, &branch.at, path.strip_prefix(&branch.at).unwrap_or(path));
    // The supervisor sees the caller's own files as those of user 0.
    if parts.iter().all(|part| part.stat.st_uid == 0 && part.stat.st_gid == 0) {
        return None;
    }
    // Most are there from a run before.
    if let Some(first) = layers.first_upper_of(index).map(upper) {
        parts.retain(|part| Path::new(&first).join(&part.below).symlink_metadata().is_err());
    }
    (!parts.is_empty()).then_some(Way { branch: index, parts })
}

/// Returns what stands on the way to a path below a branch, as far as the caller may change it:
/// the rest keeps the look that it has on the host.
fn parts_of(lower: &Place, top: &Path, below: &Path) -> Vec<Part> {
    let (mut place, mut inside, mut host) = (lower.clone(), PathBuf::new(), top.to_owned());
    let (mut way, mut needed) = (Vec::new(), 0);
    for part in below {
        (inside, host) = (inside.join(part), host.join(part));
        let Ok(next) = place.child(part.as_bytes()) else {
            break;
        };
        place = next;
        let Ok(Some(stat)) = place.stat() else { break };
        let writable = rustix::fs::access(&host, Access::WRITE_OK).is_ok();
        let kind = file_type(&stat);
        let size = u64::try_from(stat.st_size).unwrap_or(u64::MAX);
        let unknown_owner = stat.st_uid != 0 || stat.st_gid != 0;
        let copied = kind == FileType::RegularFile && writable && unknown_owner && size <= COPIED;
        if kind == FileType::Directory || copied {
            way.push(Part { below: inside.clone(), host: host.clone(), stat });
        }
        if writable {
            needed = way.len();
        }
        if kind != FileType::Directory {
            break;
        }
    }
    way.truncate(needed);
    way
}

/// Finds directories of other owners where the caller may write. A branch of a user's session has
/// no mount below it, so nothing here leads to another file system.
fn survey(ground: &Ground) -> Vec<PathBuf> {
    let branches = ground.branches.iter().filter(|branch| {
        let made_here = branch.at.starts_with("/dev") || branch.show == Show::Nothing;
        !made_here && branch.at != Path::new("/")
    });
    let mut left: VecDeque<PathBuf> = branches
        .map(|branch| branch.at.clone())
        .filter(|at| !NOT_SURVEYED.iter().any(|not| at.starts_with(not)))
        .collect();
    let (mut looked, mut found) = (0, Vec::new());
    while let Some(directory) = left.pop_front() {
        let Ok(entries) = std::fs::read_dir(&directory) else {
            continue;
        };
        let deep = directory.components().count() >= SURVEY_DEPTH;
        for entry in entries.flatten() {
            if !entry.file_type().is_ok_and(|kind| kind.is_dir()) || looked >= SURVEYED {
                continue;
            }
            looked += 1;
            let path = entry.path();
            let foreign = entry.metadata().is_ok_and(|metadata| metadata.uid() != 0);
            if foreign && rustix::fs::access(&path, Access::WRITE_OK).is_ok() {
                found.push(path.clone());
            }
            if !deep {
                left.push_back(path);
            }
        }
    }
    found
}

/// Returns where the host has something that is not to be touched.
pub(super) fn hidden(ground: &Ground) -> Vec<&Path> {
    ground.pieces.iter().filter_map(nothing_at).collect()
}

fn nothing_at(piece: &Piece) -> Option<&Path> {
    match piece.from {
        Source::Nothing => Some(&piece.at),
        Source::Branch(_) | Source::Mount(_) => None,
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

/// Collects the directories that a text goes to, the first being where it begins.
fn entered(text: &[u8], hidden: &[&Path], places: &mut Vec<PathBuf>) {
    let mut words = words(text).filter(|word| !word.is_empty());
    while let Some(word) = words.next() {
        if !matches!(word, b"cd" | b"pushd" | b"-C") {
            continue;
        }
        let Some(target) = words.next() else { return };
        let target = Path::new(OsStr::from_bytes(target));
        // Where it is by then is one of the places that it went to before.
        for from in 0..places.len() {
            if let Some(place) = real(&places[from].join(target), hidden)
                && places.len() < PLACES
                && !places.contains(&place)
            {
                places.push(place);
            }
        }
    }
}

/// Collects the words of a text that name something below a directory, or could.
fn named_below(directory: &Path, text: &[u8], hidden: &[&Path], found: &mut BTreeSet<PathBuf>) {
    for word in words(text).filter(|word| !word.is_empty() && word[0] != b'/') {
        let path = directory.join(OsStr::from_bytes(word));
        if hidden.contains(&path.as_path()) {
            continue;
        }
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

/// Links that are followed on one path (path_resolution(7)).
const LINKS: usize = 40;

/// Returns the longest beginning of `path` that exists, without links. Nothing at or below a path
/// of `hidden` is looked at: a server that is gone would never answer.
fn existing(path: &Path, hidden: &[&Path]) -> PathBuf {
    walk(path, hidden).unwrap_or_else(|beginning| beginning)
}

/// Returns `path` without links if it exists, as far as that may be looked at.
pub(super) fn real(path: &Path, hidden: &[&Path]) -> Option<PathBuf> {
    walk(path, hidden).ok()
}

/// Follows a path to its end, or, as the error, to where it ends early.
fn walk(path: &Path, hidden: &[&Path]) -> Result<PathBuf, PathBuf> {
    let mut real = PathBuf::from("/");
    let mut left: Vec<PathBuf> = names(path);
    let mut links = 0;
    while let Some(part) = left.pop() {
        if part == Path::new("..") {
            real.pop();
            continue;
        }
        let next = real.join(&part);
        if hidden.contains(&next.as_path()) {
            return Err(real);
        }
        match std::fs::symlink_metadata(&next) {
            Ok(metadata) if metadata.is_symlink() => {
                let target = std::fs::read_link(&next).ok().filter(|_| links < LINKS);
                let Some(target) = target else {
                    return Err(real);
                };
                links += 1;
                if target.is_absolute() {
                    real = PathBuf::from("/");
                }
                left.extend(names(&target));
            }
            Ok(_) => real = next,
            Err(_) => return Err(real),
        }
    }
    Ok(real)
}

/// Returns the names of a path and its steps upwards, the last one first.
fn names(path: &Path) -> Vec<PathBuf> {
    let walked = path.components().rev().filter_map(|part| match part {
        Component::Normal(name) => Some(PathBuf::from(name)),
        Component::ParentDir => Some(PathBuf::from("..")),
        Component::RootDir | Component::CurDir | Component::Prefix(_) => None,
    });
    walked.collect()
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

    #[test]
    fn links_are_followed_and_what_is_hidden_is_not_touched() {
        let directory = tempfile::tempdir().expect("a directory");
        let base = std::fs::canonicalize(directory.path()).expect("a real path");
        std::fs::create_dir_all(base.join("a/b")).expect("directories");
        std::os::unix::fs::symlink("a", base.join("relative")).expect("a link");
        std::os::unix::fs::symlink(base.join("a/b"), base.join("absolute")).expect("a link");
        std::os::unix::fs::symlink("circle", base.join("circle")).expect("a link");
        let hidden = base.join("a/b");
        let table: [(&str, &[&Path], &str); 6] = [
            ("a/b/c/d", &[], "a/b"),
            ("relative/b", &[], "a/b"),
            ("absolute/../b", &[], "a/b"),
            ("circle/x", &[], ""),
            ("absolute/x", &[hidden.as_path()], "a"),
            ("relative/b/../../a", &[hidden.as_path()], "a"),
        ];
        for (path, hidden, expected) in table {
            let found = existing(&base.join(path), hidden);
            let expected = if expected.is_empty() { base.clone() } else { base.join(expected) };
            assert_eq!(found, expected, "{path}");
        }
    }
}
