//! Files with several names in one layer: which of them are new, and which show the same write.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use super::entry::shown;
use super::record::Record;

/// More earlier names of one file than this are not told apart.
const EARLIER: usize = 20;

/// One of several names of a file.
#[derive(Debug)]
struct Name {
    path: PathBuf,
    /// Its place in the list of changes.
    index: Option<usize>,
}

/// The names of one file in a layer.
#[derive(Debug, Default)]
pub(super) struct FileNames {
    /// How many there are.
    pub(super) count: u64,
    /// Those that were there before.
    before: Vec<Name>,
    /// The first new one, and those further ones that are listed.
    new: Vec<Name>,
}

impl FileNames {
    /// Adds a name that the file had before.
    pub(super) fn was_there(&mut self, path: &Path, index: Option<usize>) {
        if let Some(known) = self.before.iter_mut().find(|known| known.path == path) {
            known.index = known.index.or(index);
        } else if self.before.len() < EARLIER {
            self.before.push(Name { path: path.to_owned(), index });
        }
    }

    /// Adds a name that it has only now.
    pub(super) fn is_new(&mut self, path: &Path, index: Option<usize>) {
        if index.is_some() || self.new.is_empty() {
            self.new.push(Name { path: path.to_owned(), index });
        }
    }
}

/// Says of the listed names of each file, by inode, whose names they are.
pub(super) fn settle(files: HashMap<u64, FileNames>, record: &mut Record) {
    for names in files.into_values() {
        let Some(anchor) = names.before.first().or(names.new.first()) else { continue };
        for name in names.new.iter().filter(|name| name.path != anchor.path) {
            if let Some(index) = name.index {
                let changed = &mut record.listed[index].changed;
                changed.what.push(format!("hard link of {}", shown(&anchor.path)));
                changed.diff = None;
            }
        }
        let written = names.before.iter().filter_map(|name| name.index);
        for index in written.filter(|_| names.count > 1) {
            let what = &mut record.listed[index].changed.what;
            what.push(format!("one write, seen under {} names", names.count));
        }
    }
}
