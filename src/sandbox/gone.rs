//! Finds what is gone: everything below deleted and replaced directories, except what only moved.

use std::io;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use rustix::fs::{FileType, Stat};

use super::entry::Marks;
use super::protocol::Kind;
use super::record::Entry;
use super::tally::Node;
use super::tree::{Place, file_type};
use super::walk::{DEEPEST, LONGEST, Old, Walk, join};

/// A directory that is gone.
struct Gone {
    old: Old,
    node: Node,
    depth: usize,
}

/// A directory at whose place something else stands: all that was in it is gone, but for some
/// names, unless it turns out that the directory itself only moved.
#[derive(Debug)]
pub(super) struct Replaced {
    directory: PathBuf,
    node: Node,
    /// The names that are still there, sorted.
    stay: Vec<Vec<u8>>,
}

impl Walk<'_> {
    /// Takes what was in a directory as gone, except the sorted names that are still there.
    pub(super) fn replaced(&mut self, directory: &Path, node: Node, stay: Vec<Vec<u8>>) {
        self.replaced.push(Replaced { directory: directory.to_owned(), node, stay });
    }

    /// Returns a directory of this branch, to find what was in it before the run.
    fn as_before(&self, directory: &Path) -> io::Result<Place> {
        let below = directory.strip_prefix(&self.branch.at).unwrap_or(directory);
        match (&self.lower, self.holds_the_hosts(below)) {
            (Some(lower), Ok(true)) => lower.descend(below),
            (_, _) => self.view.descend(below),
        }
    }

    /// Returns a path of this branch by way of its directory, which is opened unless it is the `last` one.
    fn in_directory(&self, path: &Path, last: &mut Option<(PathBuf, Place)>) -> io::Result<Place> {
        let (Some(above), Some(name)) = (path.parent(), path.file_name()) else {
            return self.view.descend(path.strip_prefix(&self.branch.at).unwrap_or(path));
        };
        match last {
            Some((known, place)) if known == above => place.child(name.as_bytes()),
            _ => {
                let place = self.as_before(above)?.here()?;
                let child = place.child(name.as_bytes());
                *last = Some((above.to_owned(), place));
                child
            }
        }
    }

    fn gone_below(&mut self, Replaced { directory, node, stay }: &Replaced) {
        let names = match self.as_before(directory).and_then(|place| place.names()) {
            Ok(names) => names,
            Err(error) => {
                let why = format!("is gone, and what was in it cannot be read: {error}");
                return self.note(directory, &why);
            }
        };
        let gone = names.into_iter().filter(|name| stay.binary_search(name).is_err());
        self.gone.extend(gone.map(|name| (join(directory, &name), *node)));
    }

    /// Lists what is gone: first what stood at the top, then what was below.
    pub(super) fn account_for_gone(&mut self) {
        for replaced in std::mem::take(&mut self.replaced) {
            if !self.moved_from.contains(&replaced.directory) {
                self.gone_below(&replaced);
            }
        }
        let mut left = Vec::new();
        // What is gone often stood in one directory.
        let mut last: Option<(PathBuf, Place)> = None;
        for (path, parent) in std::mem::take(&mut self.gone) {
            let found = self.in_directory(&path, &mut last);
            match found.and_then(|place| Ok((place.stat()?, place))) {
                Ok((Some(stat), mut place)) => {
                    if file_type(&stat) == FileType::Directory {
                        place = self.as_before(&path).unwrap_or(place);
                    }
                    self.one_gone(Old { place, path, parent }, stat, 0, &mut left);
                }
                Ok((None, _)) => {}
                Err(error) => self.note(&path, &format!("was not counted: {error}")),
            }
        }
        while let Some(Gone { old, node, depth }) = left.pop() {
            if depth > DEEPEST || old.path.as_os_str().len() > LONGEST {
                self.note(&old.path, "is gone, and what was in it was not counted: it is too deep");
                continue;
            }
            let entries = old.place.here().and_then(|here| Ok((here.entries()?, here)));
            let (entries, here) = match entries {
                Ok(found) => found,
                Err(error) => {
                    let why = format!("is gone, and what was in it cannot be read: {error}");
                    self.note(&old.path, &why);
                    continue;
                }
            };
            for (name, stat) in entries {
                let path = join(&old.path, &name);
                match here.child(&name) {
                    Ok(place) => {
                        let old = Old { place, path, parent: node };
                        self.one_gone(old, stat, depth + 1, &mut left);
                    }
                    Err(error) => self.note(&path, &format!("was not counted: {error}")),
                }
            }
        }
    }

    /// Tells whether no kept layer has a part in what is in a directory, so that what the host has there is all that was
    /// there. Looking there is several times as fast as through the overlay.
    fn holds_the_hosts(&self, below: &Path) -> io::Result<bool> {
        for kept in &self.kept {
            let mut place = kept.clone();
            let mut missing = false;
            for name in below.iter() {
                place = place.child(name.as_bytes())?;
                let Some(stat) = place.stat()? else {
                    missing = true;
                    break;
                };
                let marks = Marks::of(self.ground.mode, place.attributes()?);
                let merged = file_type(&stat) == FileType::Directory;
                if !merged || marks.opaque || marks.redirect.is_some() {
                    return Ok(false);
                }
            }
            // A directory that was only copied up adds nothing to what is in it.
            if !missing && !place.names()?.is_empty() {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn one_gone(&mut self, old: Old, stat: Stat, depth: usize, left: &mut Vec<Gone>) {
        self.check_sticky(&old.path, &stat);
        if self.moved_from.contains(&old.path) {
            return;
        }
        let mut what = Vec::new();
        if self.found.record.has_room(Kind::Deleted, &stat) {
            what = said_of(&old.place, &stat);
            self.host_changed(&old.path, &stat);
        }
        let entry = Entry::new(Kind::Deleted, &old.path, old.parent, &stat);
        self.found.record.add(Entry { what, ..entry });
        if file_type(&stat) == FileType::Directory {
            let name = old.path.file_name().unwrap_or_default();
            let node = self.found.record.tally.below(old.parent, name.as_bytes());
            left.push(Gone { old, node, depth });
        }
    }
}

fn said_of(place: &Place, stat: &Stat) -> Vec<String> {
    match file_type(stat) {
        FileType::Symlink => place
            .link_target()
            .map(|target| format!("link to {}", crate::base::escape::bytes(&target)))
            .into_iter()
            .collect(),
        FileType::RegularFile if stat.st_nlink > 1 => {
            vec![format!("one of {} names of one file", stat.st_nlink)]
        }
        _ => Vec::new(),
    }
}
