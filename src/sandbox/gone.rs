//! Finds what is gone: everything below deleted and replaced directories, except what only moved.

use std::io;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

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

impl Walk<'_> {
    /// Takes what was in a directory as gone, where `wanted` says so of the name.
    pub(super) fn gone_below(
        &mut self,
        directory: &Old,
        node: Node,
        wanted: impl Fn(&[u8]) -> bool,
    ) {
        let names = match directory.place.names() {
            Ok(names) => names,
            Err(error) => {
                let why = format!("is gone, and what was in it cannot be read: {error}");
                return self.note(&directory.path, &why);
            }
        };
        let gone = names.into_iter().filter(|name| wanted(name));
        self.gone.extend(gone.map(|name| (join(&directory.path, &name), node)));
    }

    /// Lists what is gone: first what stood at the top, then what was below.
    pub(super) fn account_for_gone(&mut self) {
        let mut left = Vec::new();
        for (path, parent) in std::mem::take(&mut self.gone) {
            let below = path.strip_prefix(&self.branch.at).unwrap_or(&path);
            let top = match (&self.lower, self.is_the_hosts(below)) {
                (Some(lower), Ok(true)) => lower,
                (_, _) => self.view,
            };
            let found = top.descend(below).and_then(|place| Ok((place.stat()?, place)));
            match found {
                Ok((Some(stat), place)) => {
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

    /// Tells whether no kept layer has a part in a path, so that what the host has there is all that was there. Looking
    /// there is several times as fast as through the overlay.
    fn is_the_hosts(&self, below: &Path) -> io::Result<bool> {
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
            if !missing {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn one_gone(&mut self, old: Old, stat: Stat, depth: usize, left: &mut Vec<Gone>) {
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
