//! The changes of one run: listed up to a bound, counted beyond it.

use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};

use rustix::fs::{FileType, Stat};

use super::content::{self, Budget};
use super::entry;
use super::protocol::{Changed, Kind, Raw, Share, Time};
use super::tally::{Node, Sum, Tally};
use super::tree::{Place, file_type};

/// Of each way to change, more than this is counted, not listed.
const LISTED: usize = 2_000;
/// What is dangerous is listed beyond that, up to here.
const ALARMS: usize = 500;
/// Bytes of the listed paths together.
const PATHS: usize = 2 << 20;
/// Bytes of differences shown for one run.
const DIFFS: usize = 1 << 20;

/// The changes of one run.
#[derive(Debug)]
pub(super) struct Record {
    pub(super) listed: Vec<Listed>,
    pub(super) tally: Tally,
    pub(super) budget: Budget,
    /// Where the branches are, with what they held before and hold now.
    roots: Vec<Root>,
    rooms: [usize; Kind::ALL.len()],
    alarms: usize,
    paths: usize,
    diffs: usize,
}

#[derive(Debug)]
struct Root {
    at: PathBuf,
    before: Place,
    after: Place,
}

/// A listed change, with what finding moved files needs to know of it.
#[derive(Debug)]
pub(super) struct Listed {
    pub(super) changed: Changed,
    /// Of the path after the change, or before it for a deleted one.
    pub(super) stat: Stat,
    root: usize,
    /// The directory it is counted for.
    pub(super) parent: Node,
    pub(super) counted: u64,
}

/// A change to record.
#[derive(Debug)]
pub(super) struct Entry<'a> {
    pub(super) kind: Kind,
    pub(super) path: &'a Path,
    pub(super) parent: Node,
    pub(super) stat: &'a Stat,
    pub(super) from: Option<&'a Path>,
    pub(super) times: Option<(Time, Time)>,
    pub(super) what: Vec<String>,
    pub(super) diff: Option<String>,
    /// Whether its bytes were counted under another name.
    pub(super) counted_elsewhere: bool,
}

impl<'a> Entry<'a> {
    pub(super) fn new(kind: Kind, path: &'a Path, parent: Node, stat: &'a Stat) -> Self {
        Self {
            kind,
            path,
            parent,
            stat,
            from: None,
            times: None,
            what: Vec::new(),
            diff: None,
            counted_elsewhere: false,
        }
    }
}

/// A path before, if something was there.
pub(super) type Before<'a> = Option<(&'a Place, &'a Stat)>;

/// A path after, with its file where that is open already.
pub(super) type After<'a> = (&'a Place, &'a Stat, Option<OwnedFd>);

impl Record {
    pub(super) fn new() -> Self {
        Self {
            listed: Vec::new(),
            tally: Tally::new(),
            budget: Budget::new(),
            roots: Vec::new(),
            rooms: [LISTED; Kind::ALL.len()],
            alarms: ALARMS,
            paths: PATHS,
            diffs: DIFFS,
        }
    }

    /// The next changes are in this branch.
    pub(super) fn enter(&mut self, at: &Path, before: &Place, after: &Place) {
        let (before, after) = (before.clone(), after.clone());
        self.roots.push(Root { at: at.to_owned(), before, after });
    }

    /// Opens the file of a listed change, which for a deleted one is what was there.
    pub(super) fn open(&self, index: usize) -> std::io::Result<std::os::fd::OwnedFd> {
        let listed = &self.listed[index];
        let root = &self.roots[listed.root];
        let path = listed.changed.path.path();
        let below = path.strip_prefix(&root.at).unwrap_or(path);
        let top = if listed.changed.kind == Kind::Deleted { &root.before } else { &root.after };
        Ok(top.descend(below)?.open_file()?)
    }

    /// Tells whether the next entry of that kind is listed, so that costly details are worth finding.
    pub(super) fn has_room(&self, kind: Kind, stat: &Stat) -> bool {
        let alarming = kind != Kind::Deleted && entry::is_alarming(stat) && self.alarms > 0;
        self.paths > 0 && (self.rooms[kind as usize] > 0 || alarming)
    }

    /// Adds a change; returns its place in the list, if it is listed.
    pub(super) fn add(&mut self, entry: Entry<'_>) -> Option<usize> {
        // Where only the metadata changed, the layer holds no data.
        let stored = content::stored(entry.stat)
            .filter(|_| entry::size(entry.stat).is_some() && entry.kind != Kind::Metadata);
        let bytes = match (file_type(entry.stat), entry.kind) {
            (FileType::RegularFile, Kind::Metadata) => 0,
            (FileType::RegularFile, _) if !entry.counted_elsewhere => {
                stored.or(entry::size(entry.stat)).unwrap_or(0)
            }
            _ => 0,
        };
        self.tally.count(entry.parent, entry.kind, bytes);
        if !self.has_room(entry.kind, entry.stat) {
            return None;
        }
        let room = &mut self.rooms[entry.kind as usize];
        match room {
            0 => self.alarms = self.alarms.saturating_sub(1),
            _ => *room -= 1,
        }
        let length =
            entry.path.as_os_str().len() + entry.from.map_or(0, |from| from.as_os_str().len());
        self.paths = self.paths.saturating_sub(length);
        self.listed.push(Listed {
            changed: Changed {
                kind: entry.kind,
                is: entry::is(entry.stat),
                path: Raw::of(entry.path),
                from: entry.from.map(Raw::of),
                bytes: entry::size(entry.stat),
                stored,
                mode: (entry.kind != Kind::Deleted).then_some(entry.stat.st_mode & 0o7777),
                times: entry.times,
                below: None,
                what: entry.what,
                diff: entry.diff,
            },
            stat: *entry.stat,
            root: self.roots.len().saturating_sub(1),
            parent: entry.parent,
            counted: bytes,
        });
        Some(self.listed.len() - 1)
    }

    /// Counts a listed change as another kind.
    pub(super) fn becomes(&mut self, index: usize, kind: Kind) {
        let listed = &mut self.listed[index];
        self.tally.take_back(listed.parent, listed.changed.kind, listed.counted);
        self.tally.count(listed.parent, kind, listed.counted);
        listed.changed.kind = kind;
    }

    /// Removes listed changes that turned out to be part of others.
    pub(super) fn drop_all(&mut self, gone: &[bool]) {
        for (listed, _) in self.listed.iter().zip(gone).filter(|(_, gone)| **gone) {
            self.tally.take_back(listed.parent, listed.changed.kind, listed.counted);
        }
        let mut gone = gone.iter();
        self.listed.retain(|_| !gone.next().copied().unwrap_or(false));
    }

    /// Tells whether everything is listed that changed in one way.
    pub(super) fn is_complete(&self, kind: Kind) -> bool {
        let listed = self.listed.iter().filter(|listed| listed.changed.kind == kind).count();
        listed as u64 == self.tally.total(kind).entries
    }

    /// Returns the list by path, with what changed below each directory.
    pub(super) fn into_changes(mut self) -> (Vec<Changed>, Vec<(Kind, Sum)>, Vec<Share>) {
        for kind in [Kind::Created, Kind::Deleted] {
            let deep = self.tally.deep_sums(kind);
            for listed in &mut self.listed {
                let directory = file_type(&listed.stat) == FileType::Directory;
                if listed.changed.kind == kind && directory {
                    let name = listed.changed.path.0.rsplit(|byte| *byte == b'/').next();
                    let own = name.and_then(|name| self.tally.known(listed.parent, name));
                    let empty = (!self.tally.is_full()).then(Sum::default);
                    listed.changed.below = own.map(|own| deep[own]).or(empty);
                }
            }
        }
        let totals: Vec<(Kind, Sum)> =
            Kind::ALL.into_iter().map(|kind| (kind, self.tally.total(kind))).collect();
        let totals: Vec<_> = totals.into_iter().filter(|(_, sum)| sum.entries > 0).collect();
        let left_out =
            totals.iter().map(|(_, sum)| sum.entries).sum::<u64>() > self.listed.len() as u64;
        let mut shares = Vec::new();
        for (kind, _) in totals.iter().filter(|_| left_out) {
            shares.extend(self.tally.summary(*kind).into_iter().map(|line| Share {
                kind: *kind,
                directory: Raw::of(line.directory),
                deep: line.deep,
                sum: line.sum,
            }));
        }
        let mut listed: Vec<Changed> =
            self.listed.into_iter().map(|listed| listed.changed).collect();
        listed.sort_by(|a, b| a.path.0.cmp(&b.path.0));
        (listed, totals, shares)
    }

    /// Describes changed content of an entry that is listed, as long as there is room for more.
    pub(super) fn content(
        &mut self,
        before: Before<'_>,
        (place, stat, opened): After<'_>,
        path: &Path,
    ) -> Option<String> {
        if file_type(stat) != FileType::RegularFile {
            return None;
        }
        if self.diffs == 0 {
            return Some("not shown: this run changed too much".to_owned());
        }
        let old =
            before.map(|(place, stat)| place.open_file().map(|file| (file, *stat))).transpose();
        let new = opened.map_or_else(|| place.open_file(), Ok);
        let (Ok(old), Ok(new)) = (old, new) else {
            return Some("not readable".to_owned());
        };
        let name = String::from_utf8_lossy(path.as_os_str().as_encoded_bytes());
        let shown = content::describe(
            old.as_ref().map(|(file, stat)| (file, stat)),
            Some((&new, stat)),
            &name,
            &mut self.budget,
        );
        self.diffs = self.diffs.saturating_sub(shown.len());
        (!shown.is_empty()).then_some(shown)
    }
}
